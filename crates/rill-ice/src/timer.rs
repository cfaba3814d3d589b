//! The agent's deadlines.

use std::time::Instant;

use rill_stun::TransactionId;

use crate::gather::RelayId;
use crate::identifier::SessionKey;

/// What a deadline is for. Each has at most one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Timer {
    /// A server to be given up.
    Gathering(SessionKey),
    /// Server-reflexive candidates to be kept alive.
    Keepalive(SessionKey),
    /// RFC 8863 §4.
    Patience(SessionKey),
    /// The wait for a better pair is over.
    Nomination(SessionKey),
    /// The consent of the selected pair.
    Consent(SessionKey),
    /// The peer that restarted has had its time to check first.
    FirstCheck(SessionKey),
    /// An old generation to be dropped.
    Retirement(SessionKey),
    /// What a relay of a session is to do.
    Relay(SessionKey, RelayId),
    /// A request to be sent again, or its end.
    Transaction(TransactionId),
}

impl Timer {
    fn session(&self) -> Option<SessionKey> {
        match self {
            Self::Gathering(key)
            | Self::Keepalive(key)
            | Self::Patience(key)
            | Self::Nomination(key)
            | Self::Consent(key)
            | Self::Retirement(key)
            | Self::FirstCheck(key)
            | Self::Relay(key, _) => Some(*key),
            Self::Transaction(_) => None,
        }
    }
}

/// All armed timers, the latest first. There are few: some of each session, and one of each
/// transaction under way.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    queue: Vec<(Instant, Timer)>,
}

impl Timers {
    /// Gives back the room of what is over.
    pub(crate) fn rest(&mut self) {
        self.queue.shrink_to_fit();
    }

    /// Arms the timer, wherever it stood before.
    pub(crate) fn set(&mut self, timer: Timer, at: Instant) {
        self.clear(timer);
        let later = |other: &(Instant, Timer)| *other > (at, timer);
        let place = self.queue.partition_point(later);
        self.queue.insert(place, (at, timer));
    }

    pub(crate) fn clear(&mut self, timer: Timer) {
        self.queue.retain(|(_, other)| *other != timer);
    }

    pub(crate) fn is_set(&self, timer: Timer) -> bool {
        self.queue.iter().any(|(_, other)| *other == timer)
    }

    /// Clears all timers of a session.
    pub(crate) fn forget(&mut self, session: SessionKey) {
        self.queue
            .retain(|(_, timer)| timer.session() != Some(session));
    }

    pub(crate) fn next(&self) -> Option<Instant> {
        self.queue.last().map(|(at, _)| *at)
    }

    /// Takes the earliest timer that is due.
    pub(crate) fn pop(&mut self, now: Instant) -> Option<Timer> {
        let (_, timer) = self.queue.pop_if(|(at, _)| *at <= now)?;
        Some(timer)
    }
}
