//! Messages that are not tried any longer (RFC 3758 §3.5).

use std::collections::BTreeMap;
use std::time::Instant;

use super::outstanding::{Fate, GivenUp, Outstanding};
use crate::wire::{ForwardTsn, Skipped, Tsn};

impl Outstanding {
    /// Gives up the messages of these lost chunks that have reached their limit.
    pub(super) fn give_up_over(
        &mut self,
        now: Instant,
        lost: impl IntoIterator<Item = Tsn>,
    ) -> Vec<GivenUp> {
        let mut given_up = Vec::new();
        for tsn in lost {
            let Some(index) = self.index(tsn) else {
                continue;
            };
            let chunk = &self.chunks[index];
            if chunk.fate == Fate::Lost && chunk.limit.forbids_another(now, chunk.transmissions) {
                given_up.push(self.give_up(index));
            }
        }
        self.advance();
        given_up
    }

    /// RFC 3758 §3.5 A3: with a chunk its whole message. The fragments lie around it.
    fn give_up(&mut self, index: usize) -> GivenUp {
        let of = |chunk: &super::outstanding::Sent| {
            let data = &chunk.data;
            (data.stream, data.flags.unordered, data.message)
        };
        let message = of(&self.chunks[index]);
        let mut first = index;
        while !(of(&self.chunks[first]) == message && self.chunks[first].data.flags.beginning) {
            let Some(before) = first.checked_sub(1) else {
                break;
            };
            first = before;
        }
        for at in first..self.chunks.len() {
            if of(&self.chunks[at]) != message {
                continue;
            }
            self.land(at, Fate::Abandoned);
            self.chunks[at].data.payload.clear();
            if self.chunks[at].data.flags.end {
                break;
            }
        }
        message
    }

    /// RFC 3758 §3.5 C2: how far the peer need not wait.
    fn advance(&mut self) {
        let past = |chunk: &super::outstanding::Sent| {
            matches!(chunk.fate, Fate::Abandoned | Fate::Acknowledged)
        };
        while let Some(index) = self.index(self.advanced.plus(1))
            && past(&self.chunks[index])
        {
            self.advanced = self.advanced.plus(1);
        }
    }

    /// How far the peer need not wait, if it does.
    pub(crate) fn advanced(&self) -> Option<Tsn> {
        self.advanced
            .is_after(self.cumulative)
            .then_some(self.advanced)
    }

    /// What tells the peer, naming at most so many messages.
    pub(crate) fn forward_tsn(&self, interleaved: bool, capacity: usize) -> ForwardTsn {
        let mut skipped = BTreeMap::new();
        let mut cumulative = self.cumulative;
        for chunk in &self.chunks {
            if chunk.data.tsn.is_after(self.advanced) {
                break;
            }
            let data = &chunk.data;
            let key = (data.stream, data.flags.unordered);
            // RFC 3758 §3.2: without interleaving, unordered messages have no number to name.
            let named = chunk.fate == Fate::Abandoned && (interleaved || !data.flags.unordered);
            if named {
                if skipped.len() == capacity && !skipped.contains_key(&key) {
                    break;
                }
                skipped.insert(key, data.message);
            }
            cumulative = data.tsn;
        }
        let skipped = skipped
            .into_iter()
            .map(|((stream, unordered), message)| Skipped {
                stream,
                unordered,
                message,
            });
        ForwardTsn {
            cumulative,
            skipped: skipped.collect(),
        }
    }
}
