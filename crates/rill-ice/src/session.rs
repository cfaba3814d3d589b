//! One ICE session: one generation of one transport.

use std::net::IpAddr;
use std::time::Instant;

use litemap::LiteMap;

use crate::candidate::{LocalCandidates, RemoteCandidates};
use crate::check_list::CheckList;
use crate::credentials::{LocalKey, RemoteKey};
use crate::gather::Gatherer;
use crate::identifier::SessionKey;
use crate::map::shrink;
use crate::pair::{Pair, PairId, PairInfo};
use crate::report::Notes;
use crate::{CandidatePair, Config, Credentials, GatheringState};

/// Credentials, candidates and checks of one generation.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) key: SessionKey,
    pub(crate) local: LocalSide,
    pub(crate) remote: RemoteSide,
    pub(crate) gatherer: Gatherer,
    pub(crate) checks: CheckList,
    pub(crate) silence: Silence,
    pub(crate) conclusion: Conclusion,
    pub(crate) notes: Notes,
    /// Set when a procedure changed something that selection, states or nomination depend on.
    pub(crate) unsettled: bool,
}

/// Our side.
#[derive(Debug)]
pub(crate) struct LocalSide {
    pub(crate) key: LocalKey,
    pub(crate) candidates: LocalCandidates,
    /// The end of candidates was said.
    pub(crate) ended: bool,
}

/// The peer's side.
#[derive(Debug, Default)]
pub(crate) struct RemoteSide {
    pub(crate) key: Option<RemoteKey>,
    pub(crate) candidates: RemoteCandidates,
    /// The peer said its end of candidates.
    pub(crate) ended: bool,
    /// It was said for this ufrag, ahead of the credentials.
    pub(crate) ended_early: Option<String>,
    /// The peer does not trickle: what it said at first should be all.
    pub(crate) presumed_ended: bool,
    /// Names that are being looked up.
    pub(crate) lookups: usize,
    pub(crate) lite: bool,
    /// Whether the peer knows numbered nominations, as far as it said.
    pub(crate) renominates: Option<bool>,
    /// The peer restarts beside a pair that works: its first check goes before ours.
    pub(crate) awaited: bool,
}

/// How the session stands on its way to a selected pair.
#[derive(Debug, Default)]
pub(crate) struct Conclusion {
    /// The pair that data goes over.
    pub(crate) selected: Option<Selected>,
    /// The pair whose nomination by us is under way.
    pub(crate) nominating: Option<PairId>,
    /// The last of the numbered nominations, by us or by the peer: its pair and its number.
    pub(crate) numbered: Option<(PairId, u32)>,
    /// When the best valid pair is nominated, better ones or not.
    pub(crate) nominate_at: Option<Instant>,
    /// There was a valid pair once: failure need not wait for the peer's checks.
    pub(crate) succeeded: bool,
    /// RFC 8863: the timer began, and ran out.
    pub(crate) patience: Patience,
    /// Terminal.
    pub(crate) failed: bool,
}

/// The timer of RFC 8863 §4.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Patience {
    /// Checks cannot have begun yet.
    #[default]
    Unstarted,
    Running,
    Over,
}

/// The pair that data goes over, and its consent (RFC 7675).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Selected {
    pub(crate) pair: PairId,
    pub(crate) next_check: Instant,
    /// Since when a consent check is unanswered.
    pub(crate) unanswered: Option<Instant>,
    /// Checks with retransmission are under way, because a consent check was unanswered.
    pub(crate) probing: bool,
}

/// How many addresses are kept count of. Whoever has our password can name one more with each packet;
/// beyond this many nothing is sent to another.
const MAX_ADDRESSES: usize = 1024;

/// How much was sent to addresses that never answered so that nobody is flooded
/// through us.
#[derive(Debug, Default)]
pub(crate) struct Silence {
    counts: LiteMap<IpAddr, Quiet>,
}

#[derive(Clone, Copy, Debug)]
enum Quiet {
    Silent(u32),
    Answered,
}

impl Silence {
    /// Whether a datagram may be sent there.
    pub(crate) fn permits(&self, to: IpAddr, limit: u32) -> bool {
        match self.counts.get(&to) {
            Some(Quiet::Silent(count)) => *count < limit,
            Some(Quiet::Answered) => true,
            None => self.counts.len() < MAX_ADDRESSES,
        }
    }

    /// Counts a datagram sent.
    pub(crate) fn sent(&mut self, to: IpAddr) {
        if let Quiet::Silent(count) = self.counts.entry(to).or_insert(Quiet::Silent(0)) {
            *count += 1;
        }
    }

    pub(crate) fn answered(&mut self, by: IpAddr) {
        self.counts.insert(by, Quiet::Answered);
    }
}

impl Session {
    pub(crate) fn new(key: SessionKey, credentials: Credentials) -> Self {
        Self {
            key,
            local: LocalSide {
                key: LocalKey::new(credentials),
                candidates: LocalCandidates::default(),
                ended: false,
            },
            remote: RemoteSide::default(),
            gatherer: Gatherer::default(),
            checks: CheckList::default(),
            silence: Silence::default(),
            conclusion: Conclusion::default(),
            notes: Notes::default(),
            unsettled: false,
        }
    }

    /// Gives back what gathering and checking took while they were under way.
    pub(crate) fn rest(&mut self) {
        self.checks.rest();
        self.gatherer.rest();
        self.local.candidates.rest();
        self.remote.candidates.rest();
        self.notes.rest();
        shrink(&mut self.silence.counts);
    }

    /// Takes these credentials for its own, unless it has told them already.
    pub(crate) fn adopt(&mut self, credentials: Credentials) {
        if self.gatherer.state != GatheringState::New && !self.gatherer.ahead {
            return;
        }
        if let Some(key) = &mut self.remote.key {
            *key = RemoteKey::new(key.credentials.clone(), &credentials);
        }
        self.local.key = LocalKey::new(credentials);
    }

    /// Whether a paced check is ready to be sent.
    pub(crate) fn has_check_ready(&self) -> bool {
        if self.remote.awaited {
            return false;
        }
        self.remote.key.is_some() && !self.conclusion.failed && self.checks.has_paced()
    }

    pub(crate) fn selected_pair(&self) -> Option<(PairId, &Pair)> {
        let selected = self.conclusion.selected?;
        let pair = self.checks.get(selected.pair)?;
        Some((selected.pair, pair))
    }

    /// Whether the selected pair is agreed with the peer.
    pub(crate) fn is_nominated(&self) -> bool {
        let selected = self.selected_pair();
        !self.conclusion.failed && selected.is_some_and(|(_, pair)| pair.is_nominated())
    }

    /// The selected pair as its owner sees it.
    pub(crate) fn candidate_pair(&self, pair: &Pair) -> Option<CandidatePair> {
        let local = pair.mapped.unwrap_or(pair.local);
        Some(CandidatePair {
            local: self.local.candidates[local].candidate.clone(),
            remote: self.remote.candidates.get(pair.remote)?.view(),
            path: pair.path,
            nominated: pair.is_nominated(),
        })
    }

    pub(crate) fn pair_info(&self, id: PairId, pair: &Pair) -> Option<PairInfo> {
        let view = self.candidate_pair(pair)?;
        Some(PairInfo {
            local: view.local,
            remote: view.remote,
            state: pair.state,
            nominated: view.nominated,
            selected: self
                .conclusion
                .selected
                .is_some_and(|selected| selected.pair == id),
            priority: pair.priority,
            rtt: pair.rtt,
            counters: pair.counters,
        })
    }

    /// Whether both sides said their last candidate, and every name of the peer was looked up.
    pub(crate) fn candidates_ended(&self) -> bool {
        let has_peer_ended = self.remote.ended || self.remote.presumed_ended;
        self.local.ended && has_peer_ended && self.remote.lookups == 0
    }

    /// Whether the selected pair is answering; `None` without one.
    pub(crate) fn is_answering(&self, now: Instant, config: &Config) -> Option<bool> {
        let (_, pair) = self.selected_pair()?;
        Some(pair.is_live(now, config.timing.consent_expiry))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silent_address_gets_no_more_than_the_limit() {
        let mut silence = Silence::default();
        let (victim, friend) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
        silence.answered(friend);
        for _ in 0..9 {
            assert!(silence.permits(victim, 9) && silence.permits(friend, 9));
            silence.sent(victim);
            silence.sent(friend);
        }
        assert!(!silence.permits(victim, 9));
        assert!(silence.permits(friend, 9));
    }

    #[test]
    fn addresses_are_kept_count_of_up_to_a_limit() {
        let mut silence = Silence::default();
        let address = |n: usize| IpAddr::from([10, 0, (n >> 8) as u8, n as u8]);
        (0..MAX_ADDRESSES).for_each(|n| silence.sent(address(n)));
        assert!(!silence.permits(address(MAX_ADDRESSES), 9));
        assert!(silence.permits(address(0), 9), "what is known goes on");
        silence.answered(address(1));
        assert!(silence.permits(address(1), 0));
    }
}
