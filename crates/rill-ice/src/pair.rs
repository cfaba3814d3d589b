//! Candidate pairs (RFC 8445 §6.1.2.2).

use std::fmt;
use std::time::{Duration, Instant};

use rill_stun::TransactionId;

use crate::candidate::{LocalId, PairFoundation, RemoteId};
use crate::{LocalCandidate, Path, RemoteCandidate, Traffic};

/// The pair that data goes over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CandidatePair {
    /// Our candidate, as the peer sees it.
    pub local: LocalCandidate,
    /// The peer's candidate.
    pub remote: RemoteCandidate,
    /// The way from our base to the peer.
    pub path: Path,
    /// Whether it is nominated, or only the best so far.
    pub nominated: bool,
}

/// Where the check of a pair stands (RFC 8445 §6.1.2.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PairState {
    /// Waits for another pair of its foundation, or is not needed any more.
    Frozen,
    /// Its check is the next to be sent when its turn comes.
    Waiting,
    /// A check was sent.
    InProgress,
    /// A check succeeded: the pair is valid.
    Succeeded,
    /// The check failed, or consent was lost.
    Failed,
}

impl fmt::Display for PairState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Frozen => "frozen",
            Self::Waiting => "waiting",
            Self::InProgress => "in-progress",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
        })
    }
}

/// What is known of a pair, for statistics and diagnosis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PairInfo {
    /// Our candidate.
    pub local: LocalCandidate,
    /// The peer's candidate.
    pub remote: RemoteCandidate,
    /// Where its check stands.
    pub state: PairState,
    /// Whether it is nominated.
    pub nominated: bool,
    /// Whether data goes over it.
    pub selected: bool,
    /// RFC 8445 §6.1.2.3.
    pub priority: u64,
    /// The last round trip of a check that was not retransmitted.
    pub rtt: Option<Duration>,
    /// What was sent and received.
    pub counters: PairCounters,
}

/// Counts of one pair.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PairCounters {
    /// Binding requests sent, retransmissions and consent checks included.
    pub requests_sent: u64,
    /// Success responses received.
    pub responses_received: u64,
    /// Authenticated Binding requests received.
    pub requests_received: u64,
    /// Datagrams received that are not STUN.
    pub datagrams_received: u64,
    /// Binding requests sent for the first time, without consent checks.
    pub checks_sent: u64,
    /// Consent checks sent; none is sent twice (RFC 7675 §5.1).
    pub consent_checks_sent: u64,
    /// Success responses sent.
    pub responses_sent: u64,
    /// Datagrams of the transport's owner.
    pub traffic: Traffic,
    /// All round trips together; divide by `responses_received` for a mean.
    pub total_rtt: Duration,
}

/// Names a pair of one session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PairId(pub(crate) u32);

/// Where a pair stands in the peer's or our nomination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nominated {
    No,
    /// The peer nominated it before our own check succeeded (RFC 8445 §7.3.1.5).
    OnSuccess,
    Yes,
}

/// A pair of a check list. Its local candidate is always a base; `mapped` is what the peer sees.
#[derive(Debug)]
pub(crate) struct Pair {
    pub(crate) local: LocalId,
    pub(crate) remote: RemoteId,
    pub(crate) path: Path,
    pub(crate) foundation: PairFoundation,
    pub(crate) priority: u64,
    /// Changed by the check list only, which counts.
    pub(crate) state: PairState,
    /// Frozen because a better pair is nominated, not because of its foundation.
    pub(crate) held: bool,
    /// The local candidate of the valid pair (RFC 8445 §7.2.5.3.2).
    pub(crate) mapped: Option<LocalId>,
    pub(crate) nominated: Nominated,
    /// An authenticated request came over it.
    pub(crate) requested: bool,
    /// The last success response.
    pub(crate) answered: Option<Instant>,
    /// The last datagram that is not STUN.
    pub(crate) heard: Option<Instant>,
    /// Valid, but not answering at the moment.
    pub(crate) silent: bool,
    /// RFC 7675 §5.1: never again with these credentials.
    pub(crate) consent_lost: bool,
    /// The check in progress.
    pub(crate) transaction: Option<TransactionId>,
    pub(crate) rtt: Option<Duration>,
    pub(crate) counters: PairCounters,
}

impl Pair {
    pub(crate) fn new(
        (local, remote): (LocalId, RemoteId),
        path: Path,
        foundation: PairFoundation,
        priority: u64,
    ) -> Self {
        Self {
            local,
            remote,
            path,
            foundation,
            priority,
            state: PairState::Frozen,
            held: false,
            mapped: None,
            nominated: Nominated::No,
            requested: false,
            answered: None,
            heard: None,
            silent: false,
            consent_lost: false,
            transaction: None,
            rtt: None,
            counters: PairCounters::default(),
        }
    }

    pub(crate) fn is_valid(&self) -> bool {
        self.state == PairState::Succeeded
    }

    pub(crate) fn is_nominated(&self) -> bool {
        self.is_valid() && self.nominated == Nominated::Yes
    }

    /// Whether the peer agreed to receive data here, not too long ago (RFC 7675 §5.1).
    pub(crate) fn has_consent(&self, now: Instant, expiry: Duration) -> bool {
        let is_fresh = self.answered.is_some_and(|at| now < at + expiry);
        self.is_valid() && is_fresh
    }

    /// Whether it is answering too.
    pub(crate) fn is_live(&self, now: Instant, expiry: Duration) -> bool {
        self.has_consent(now, expiry) && !self.silent
    }

    /// Whether its check is still to come or to end.
    pub(crate) fn is_pending(&self) -> bool {
        match self.state {
            PairState::Waiting | PairState::InProgress => true,
            PairState::Frozen => !self.held,
            PairState::Succeeded | PairState::Failed => false,
        }
    }
}
