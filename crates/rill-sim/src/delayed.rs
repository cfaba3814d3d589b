//! Things that happen later.

use std::collections::BTreeMap;
use std::time::Instant;

/// A queue of values with the time at which each is due; equal times keep their order.
///
/// Endpoints use it for answers that take time: resolved names, slow sockets.
#[derive(Clone, Debug)]
pub struct Delayed<T> {
    values: BTreeMap<(Instant, u64), T>,
    pushed: u64,
}

impl<T> Delayed<T> {
    /// An empty queue.
    pub fn new() -> Self {
        Self {
            values: BTreeMap::new(),
            pushed: 0,
        }
    }

    /// Puts `value` in for `at`.
    pub fn push(&mut self, at: Instant, value: T) {
        self.values.insert((at, self.pushed), value);
        self.pushed += 1;
    }

    /// Takes the earliest value that is due at `now`.
    pub fn pop(&mut self, now: Instant) -> Option<T> {
        let first = self.values.first_entry()?;
        (first.key().0 <= now).then(|| first.remove())
    }

    /// When the earliest value is due.
    pub fn next_at(&self) -> Option<Instant> {
        self.values.first_key_value().map(|(&(at, _), _)| at)
    }
}

impl<T> Default for Delayed<T> {
    fn default() -> Self {
        Self::new()
    }
}
