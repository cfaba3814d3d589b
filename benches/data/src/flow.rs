//! A sender that never runs dry, and a receiver that reads at once.

use std::time::Instant;

use bytes::Bytes;

use crate::endpoint::{Endpoint, Stack};
use crate::packet::Sent;

/// The sending end of [`Flow::ends`], and the direction of what it sends.
pub(crate) const SENDER: usize = 0;
const RECEIVER: usize = 1;

const MESSAGE: usize = 16 << 10;
/// The sender fills up to this many bytes when half of them are gone, as applications do.
const BUFFERED: usize = 1 << 20;
/// So many messages differ, in their first byte.
const KINDS: u8 = 64;

pub(crate) struct Flow {
    /// The sender and the receiver.
    pub(crate) ends: [Box<dyn Endpoint>; 2],
    /// When each wants to be called, in nanoseconds.
    pub(crate) timers: [Option<u64>; 2],
    /// When both connect; none once they have.
    pub(crate) start: Option<u64>,
    pub(crate) sent: Sent,
    messages: Vec<Bytes>,
    next_sent: usize,
    next_received: usize,
    /// Bytes that arrived while `measured`.
    pub(crate) received: u64,
}

impl Flow {
    pub(crate) fn new(stack: Stack, random: &mut fastrand::Rng, now: Instant, start: u64) -> Self {
        Self {
            ends: [(); 2].map(|()| stack.endpoint(random.u64(..), now)),
            timers: [None; 2],
            start: Some(start),
            sent: Sent::default(),
            messages: (0..KINDS)
                .map(|kind| Bytes::from(vec![kind; MESSAGE]))
                .collect(),
            next_sent: 0,
            next_received: 0,
            received: 0,
        }
    }

    /// What the application at that end does whenever something happened.
    pub(crate) fn apply(&mut self, end: usize, now: Instant, measured: bool) {
        if end == RECEIVER {
            self.read(now, measured);
        } else if self.ends[SENDER].buffered() <= BUFFERED / 2 {
            self.fill(now);
        }
    }

    fn fill(&mut self, now: Instant) {
        while self.ends[SENDER].buffered() < BUFFERED {
            let message = self.messages[self.next_sent % self.messages.len()].clone();
            self.next_sent += 1;
            self.ends[SENDER].send(now, message);
        }
    }

    fn read(&mut self, now: Instant, measured: bool) {
        while let Some(message) = self.ends[RECEIVER].receive(now) {
            let expected = &self.messages[self.next_received % self.messages.len()];
            assert_eq!(message, expected, "message {}", self.next_received);
            self.next_received += 1;
            if measured {
                self.received += message.len() as u64;
            }
        }
    }
}
