//! The order of messages within a stream (RFC 9260 §6.5, §6.6).

use std::collections::BTreeMap;

use super::{OVERHEAD, Received};
use crate::message::StreamId;
use crate::wire::{Data, Skipped};

/// Ordered messages that wait for those before them.
#[derive(Debug)]
pub(super) struct Order {
    interleaved: bool,
    streams: BTreeMap<StreamId, Stream>,
    /// What the waiting ones cost.
    waiting: usize,
}

#[derive(Debug, Default)]
struct Stream {
    /// The next to be delivered, counted on beyond the bits of the wire.
    next: u64,
    waiting: BTreeMap<u64, Received>,
}

impl Order {
    pub(super) fn new(interleaved: bool) -> Self {
        Self {
            interleaved,
            streams: BTreeMap::new(),
            waiting: 0,
        }
    }

    pub(super) fn waiting(&self) -> usize {
        self.waiting
    }

    /// The number of a message beyond the bits of the wire; none when it was delivered or skipped
    /// before.
    fn number(&self, stream: StreamId, message: u32) -> Option<u64> {
        let next = self.streams.get(&stream).map_or(0, |stream| stream.next);
        let (distance, half) = if self.interleaved {
            (message.wrapping_sub(next as u32), 1 << 31)
        } else {
            let distance = (message as u16).wrapping_sub(next as u16);
            (u32::from(distance), 1 << 15)
        };
        (distance < half).then(|| next + u64::from(distance))
    }

    /// The number of an interleaved fragment's message. Unordered ones have numbers of their own,
    /// which nothing is expected of.
    pub(super) fn place(&self, data: &Data<&[u8]>) -> Option<u64> {
        if data.flags.unordered {
            return Some(u64::from(data.message));
        }
        self.number(data.stream, data.message)
    }

    /// The number of the last message that is skipped; none when there is nothing to skip.
    pub(super) fn extend(&self, skipped: &Skipped) -> Option<u64> {
        if skipped.unordered {
            return Some(u64::from(skipped.message));
        }
        self.number(skipped.stream, skipped.message)
    }

    /// A complete message: hands it to `ready`, and what waited for it, if it is next.
    pub(super) fn insert(
        &mut self,
        id: StreamId,
        message: u32,
        received: Received,
        mut ready: impl FnMut(Received),
    ) {
        let Some(number) = self.number(id, message) else {
            return;
        };
        let stream = self.streams.entry(id).or_default();
        if number == stream.next {
            stream.next += 1;
            ready(received);
            self.waiting -= stream.release(ready);
        } else {
            let cost = cost(&received);
            // The same number again: the peer's mistake, the first stays.
            stream.waiting.entry(number).or_insert_with(|| {
                self.waiting += cost;
                received
            });
        }
    }

    /// Messages up to this one will not come.
    pub(super) fn skip(&mut self, skipped: &Skipped, mut ready: impl FnMut(Received)) {
        let Some(number) = self.number(skipped.stream, skipped.message) else {
            return;
        };
        let stream = self.streams.entry(skipped.stream).or_default();
        let later = stream.waiting.split_off(&(number + 1));
        // Those that are complete are delivered all the same.
        for received in std::mem::replace(&mut stream.waiting, later).into_values() {
            self.waiting -= cost(&received);
            ready(received);
        }
        stream.next = number + 1;
        self.waiting -= stream.release(ready);
    }

    /// The stream begins anew.
    pub(super) fn reset(&mut self, stream: StreamId) {
        if let Some(stream) = self.streams.remove(&stream) {
            self.waiting -= stream.waiting.values().map(cost).sum::<usize>();
        }
    }

    /// All streams begin anew.
    pub(super) fn clear(&mut self) {
        self.streams.clear();
        self.waiting = 0;
    }
}

impl Stream {
    /// Hands over what is next; what it cost while it waited.
    fn release(&mut self, mut ready: impl FnMut(Received)) -> usize {
        let mut released = 0;
        while let Some(received) = self.waiting.remove(&self.next) {
            self.next += 1;
            released += cost(&received);
            ready(received);
        }
        released
    }
}

fn cost(received: &Received) -> usize {
    received.cost() + OVERHEAD
}
