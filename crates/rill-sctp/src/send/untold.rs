//! What has left the path while SACKs had no room to say whether it arrived.

use super::acknowledged::Change;
use super::outstanding::{Fate, Outstanding};
use crate::recovery::SentAt;
use crate::wire::Tsn;

/// Whoever tells of fewer gaps has told of all: libwebrtc names the lowest 20, others as many as a packet has
/// room for (RFC 9260 §6.2).
const FEWEST_GAPS: usize = 20;

impl Outstanding {
    /// A chunk that would be lost had the peer told of all that it has (RFC 8985 §6.2 takes that for granted).
    pub(super) fn may_be_untold(&self, tsn: Tsn) -> bool {
        self.beyond.len() >= FEWEST_GAPS
            && self.beyond.last().is_some_and(|last| tsn.is_after(last))
    }

    /// It counts as delivered now, since most of it was: when it is told of, the rate of that moment would be
    /// that of much longer. What was lost after all counts once more when it is repeated.
    pub(super) fn leave_untold(&mut self, index: usize, sent: SentAt, change: &mut Change) {
        let size = self.chunks[index].size();
        self.land(index, Fate::Untold);
        self.untold.push_back(sent);
        self.delivered += size as u64;
        change.acked += size;
    }

    /// What the peer had room to tell of meanwhile and did not.
    pub(super) fn find_lost_untold(&mut self, change: &mut Change) -> Vec<Tsn> {
        let mut lost = Vec::new();
        while let Some(&sent) = self.untold.front() {
            if let Some(index) = self.current(sent, Fate::Untold) {
                if self.may_be_untold(sent.tsn) {
                    break;
                }
                self.lose(index, change);
                lost.push(sent.tsn);
            }
            self.untold.pop_front();
        }
        lost
    }

    /// The chunk that was sent then, if that is still what became of it.
    pub(super) fn current(&self, sent: SentAt, fate: Fate) -> Option<usize> {
        self.index(sent.tsn).filter(|&index| {
            let chunk = &self.chunks[index];
            chunk.fate == fate && chunk.sent_at == sent.at
        })
    }
}
