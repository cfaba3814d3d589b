//! When what arrived is acknowledged (RFC 9260 §6.2).

use std::time::{Duration, Instant};

/// How long an acknowledgement may wait for company. RFC 9260 §6.2 allows half a second; less keeps
/// the sender's measurements of the path true.
const DELAY: Duration = Duration::from_millis(20);
/// Every second packet is acknowledged at once.
const PACKETS: u32 = 2;

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Acknowledgement {
    /// Packets with data since the last.
    packets: u32,
    /// The packet that is being read has data.
    has_data: bool,
    at_once: bool,
    deadline: Option<Instant>,
    /// The first data was acknowledged.
    begun: bool,
}

impl Acknowledgement {
    /// The packet that is being read has data; its sender may want to be answered at once
    /// (RFC 7053).
    pub(super) fn data(&mut self, immediate: bool) {
        self.has_data = true;
        self.at_once |= immediate;
    }

    /// The sender has to know soon.
    pub(super) fn at_once(&mut self) {
        self.at_once = true;
    }

    /// The peer may be waiting for room.
    pub(super) fn window_opened(&mut self) {
        self.at_once = true;
    }

    pub(super) fn end_of_packet(&mut self, now: Instant) {
        if !std::mem::take(&mut self.has_data) {
            return;
        }
        self.packets += 1;
        // RFC 9260 §5.1: the first at once.
        self.at_once |= !self.begun || self.packets >= PACKETS;
        self.deadline.get_or_insert(now + DELAY);
    }

    pub(super) fn sent(&mut self) {
        *self = Self {
            has_data: self.has_data,
            begun: true,
            ..Self::default()
        };
    }

    pub(super) fn is_pending(&self) -> bool {
        self.at_once || self.packets > 0
    }

    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.at_once || self.deadline.is_some_and(|deadline| deadline <= now)
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.deadline
    }
}
