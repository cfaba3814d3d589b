//! Whether packets as large as they may be vanish while others arrive (RFC 8899 §4.3).

use std::time::Instant;

/// So many in a row are no accident. One that is lost by accident is found lost by one behind it, which
/// is as large.
const TOO_MANY: u32 = 3;

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct FullPackets {
    /// When the last of those that have arrived left, or packets became as large as they are.
    since: Option<Instant>,
    /// How many are lost that left later.
    vanished: u32,
    /// The number of the last of them.
    last: u64,
}

impl FullPackets {
    /// Packets are of another size from now on.
    pub(super) fn restart(&mut self, now: Instant) {
        *self = Self {
            since: Some(now),
            ..Self::default()
        };
    }

    /// One that left then has arrived.
    pub(super) fn arrived(&mut self, left: Instant) {
        if self.since.is_none_or(|since| left > since) {
            self.since = Some(left);
            self.vanished = 0;
        }
    }

    /// A chunk of one that left then is lost.
    pub(super) fn lost(&mut self, left: Instant, number: u64) {
        if self.since.is_none_or(|since| left > since) && self.last != number {
            self.last = number;
            self.vanished += 1;
        }
    }

    /// Nothing was acknowledged for a whole time-out (RFC 4821 §7.7).
    pub(super) fn timeout(&mut self) {
        if self.vanished > 0 {
            self.vanished = TOO_MANY;
        }
    }

    pub(super) fn vanish(&self) -> bool {
        self.vanished >= TOO_MANY
    }
}
