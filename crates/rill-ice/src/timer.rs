//! The agent's deadlines.

use std::collections::{BTreeMap, BTreeSet};
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

/// All armed timers, the earliest first.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    queue: BTreeSet<(Instant, Timer)>,
    armed: BTreeMap<Timer, Instant>,
}

impl Timers {
    /// Arms the timer, wherever it stood before.
    pub(crate) fn set(&mut self, timer: Timer, at: Instant) {
        if let Some(before) = self.armed.insert(timer, at) {
            self.queue.remove(&(before, timer));
        }
        self.queue.insert((at, timer));
    }

    pub(crate) fn clear(&mut self, timer: Timer) {
        if let Some(before) = self.armed.remove(&timer) {
            self.queue.remove(&(before, timer));
        }
    }

    pub(crate) fn is_set(&self, timer: Timer) -> bool {
        self.armed.contains_key(&timer)
    }

    /// Clears all timers of a session.
    pub(crate) fn forget(&mut self, session: SessionKey) {
        let is_gone = |timer: &Timer| timer.session() == Some(session);
        self.queue.retain(|(_, timer)| !is_gone(timer));
        self.armed.retain(|timer, _| !is_gone(timer));
    }

    pub(crate) fn next(&self) -> Option<Instant> {
        self.queue.first().map(|(at, _)| *at)
    }

    /// Takes the earliest timer that is due.
    pub(crate) fn pop(&mut self, now: Instant) -> Option<Timer> {
        let (at, timer) = *self.queue.first()?;
        if at > now {
            return None;
        }
        self.clear(timer);
        Some(timer)
    }
}
