//! A client's deadlines.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Instant;

use rill_stun::{ChannelNumber, TransactionId};

/// What a deadline is for. Each has at most one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Timer {
    /// A request to be sent again, or its end.
    Transaction(TransactionId),
    /// The allocation to be refreshed.
    Refresh,
    /// A permission to be refreshed.
    Permission(IpAddr),
    /// A channel to be refreshed, or to become free.
    Channel(ChannelNumber),
}

/// All armed timers, the earliest first.
#[derive(Debug, Default)]
pub(super) struct Timers {
    queue: BTreeSet<(Instant, Timer)>,
    armed: BTreeMap<Timer, Instant>,
}

impl Timers {
    /// Arms the timer, wherever it stood before.
    pub(super) fn set(&mut self, timer: Timer, at: Instant) {
        self.clear(timer);
        self.armed.insert(timer, at);
        self.queue.insert((at, timer));
    }

    pub(super) fn clear(&mut self, timer: Timer) {
        if let Some(at) = self.armed.remove(&timer) {
            self.queue.remove(&(at, timer));
        }
    }

    pub(super) fn clear_all(&mut self) {
        self.queue.clear();
        self.armed.clear();
    }

    pub(super) fn next(&self) -> Option<Instant> {
        self.queue.first().map(|(at, _)| *at)
    }

    /// Takes the earliest timer that is due.
    pub(super) fn pop(&mut self, now: Instant) -> Option<Timer> {
        let (at, timer) = *self.queue.first()?;
        if at > now {
            return None;
        }
        self.clear(timer);
        Some(timer)
    }
}
