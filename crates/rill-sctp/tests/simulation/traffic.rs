//! What one end sends, and whether that is what the other receives.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bytes::Bytes;
use rill_sctp::{Message, Reliability, SendOptions, StreamId};

use crate::plan::Random;

/// The messages of one direction. Each has a number of its own, which is its payload protocol
/// identifier: even a message of one byte is known by it.
#[derive(Debug, Default)]
pub(crate) struct Traffic {
    next: u32,
    /// Accepted for sending, and not yet received.
    missing: BTreeMap<u32, Sent>,
    /// The last number received on each stream in order.
    ordered: BTreeMap<StreamId, u32>,
    /// What was on its way on a stream when that was reset by a stack that drops it then.
    dropped: BTreeSet<u32>,
    /// Streams that are being reset.
    pub(crate) resetting: BTreeSet<StreamId>,
}

#[derive(Clone, Copy, Debug)]
struct Sent {
    stream: StreamId,
    length: usize,
    options: SendOptions,
}

impl Traffic {
    /// The number and bytes of the next message.
    pub(crate) fn next(&self, length: usize) -> (u32, Bytes) {
        (self.next, payload(self.next, length))
    }

    /// It was accepted.
    pub(crate) fn sent(&mut self, stream: StreamId, length: usize, options: SendOptions) {
        let sent = Sent {
            stream,
            length,
            options,
        };
        self.missing.insert(self.next, sent);
        self.next += 1;
    }

    /// A stream is being reset. `drops`: what has not yet arrived may be lost.
    pub(crate) fn reset(&mut self, stream: StreamId, drops: bool) {
        self.resetting.insert(stream);
        if drops {
            let on_it = self
                .missing
                .iter()
                .filter(|(_, sent)| sent.stream == stream);
            self.dropped.extend(on_it.map(|(number, _)| number));
        }
    }

    pub(crate) fn received(&mut self, message: &Message) {
        let number = message.ppid.0;
        let sent = self
            .missing
            .remove(&number)
            .unwrap_or_else(|| panic!("message {number} was never sent, or comes again"));
        assert_eq!(message.stream, sent.stream, "the stream of {number}");
        assert_eq!(message.payload.len(), sent.length, "the length of {number}");
        assert!(
            message.payload == payload(number, sent.length),
            "the bytes of {number}"
        );
        if sent.options.ordered {
            let before = self.ordered.insert(message.stream, number);
            assert!(before < Some(number), "{number} after {before:?}");
        }
    }

    /// Of what never arrived, only what was allowed to. `calm`: nothing was lost.
    pub(crate) fn check_all_arrived(&self, calm: bool) {
        for (number, sent) in &self.missing {
            let excused = match sent.options.reliability {
                Reliability::Reliable => false,
                Reliability::MaxRetransmits(_) => !calm,
                Reliability::MaxLifetime(_) => true,
            };
            let excused = excused || self.dropped.contains(number);
            assert!(excused, "{number} never arrived: {sent:?}");
        }
        assert!(self.resetting.is_empty(), "not reset: {:?}", self.resetting);
    }
}

/// Bytes that differ with the message and the place.
fn payload(number: u32, length: usize) -> Bytes {
    let mut bytes = Vec::with_capacity(length + 8);
    let mut random = Random::new(u64::from(number));
    while bytes.len() < length {
        bytes.extend(random.next().to_le_bytes());
    }
    bytes.truncate(length);
    Bytes::from(bytes)
}

/// A length: most are small.
pub(crate) fn length(random: &mut Random, largest: usize) -> usize {
    let limit = random.one_of(&[1, 10, 1200, 5000, largest, largest]);
    1 + random.below(limit.min(largest))
}

pub(crate) fn options(random: &mut Random) -> SendOptions {
    let reliability = match random.below(4) {
        0 | 1 => Reliability::Reliable,
        2 => Reliability::MaxRetransmits(random.below(4) as u16),
        _ => Reliability::MaxLifetime(Duration::from_millis(random.below(500) as u64)),
    };
    SendOptions {
        ordered: random.chance(600),
        reliability,
    }
}
