//! The order of messages within a stream (RFC 9260 §6.5, §6.6).

use std::collections::BTreeMap;

use super::{OVERHEAD, Received};
use crate::message::StreamId;
use crate::wire::{Data, Skipped};

/// Ordered messages that wait for those before them.
///
/// Every stream that was ever used has an entry until it is reset: some 20 bytes, which the window does
/// not count. 65,535 of them are less than 2 MiB.
#[derive(Debug)]
pub(super) struct Order {
    interleaved: bool,
    /// The next of each stream to be delivered, counted on beyond the bits of the wire.
    next: BTreeMap<StreamId, u64>,
    /// One tree for all streams: one that has emptied keeps a node.
    messages: BTreeMap<(StreamId, u64), Received>,
    /// What the waiting ones cost.
    waiting: usize,
}

impl Order {
    pub(super) fn new(interleaved: bool) -> Self {
        Self {
            interleaved,
            next: BTreeMap::new(),
            messages: BTreeMap::new(),
            waiting: 0,
        }
    }

    pub(super) fn waiting(&self) -> usize {
        self.waiting
    }

    /// The number of a message beyond the bits of the wire; none when it was delivered or skipped
    /// before.
    fn number(&self, stream: StreamId, message: u32) -> Option<u64> {
        let next = self.next.get(&stream).copied().unwrap_or_default();
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
        if self.next.get(&id).copied().unwrap_or_default() == number {
            ready(received);
            self.advance(id, number + 1, ready);
        } else {
            let cost = cost(&received);
            // The same number again: the peer's mistake, the first stays.
            self.messages.entry((id, number)).or_insert_with(|| {
                self.waiting += cost;
                received
            });
        }
    }

    /// Messages up to this one will not come.
    pub(super) fn skip(&mut self, skipped: &Skipped, mut ready: impl FnMut(Received)) {
        let id = skipped.stream;
        let Some(number) = self.number(id, skipped.message) else {
            return;
        };
        // Those that are complete are delivered all the same.
        self.take_through(id, number, &mut ready);
        self.advance(id, number + 1, ready);
    }

    /// The stream is at this number: hands over what waited for it.
    fn advance(&mut self, id: StreamId, mut next: u64, mut ready: impl FnMut(Received)) {
        while let Some(received) = self.messages.remove(&(id, next)) {
            self.waiting -= cost(&received);
            ready(received);
            next += 1;
        }
        self.next.insert(id, next);
    }

    fn take_through(&mut self, id: StreamId, last: u64, mut taken: impl FnMut(Received)) {
        while let Some((&key, _)) = self.messages.range((id, 0)..=(id, last)).next()
            && let Some(received) = self.messages.remove(&key)
        {
            self.waiting -= cost(&received);
            taken(received);
        }
    }

    /// The stream begins anew.
    pub(super) fn reset(&mut self, stream: StreamId) {
        self.next.remove(&stream);
        self.take_through(stream, u64::MAX, drop);
    }

    /// All streams begin anew.
    pub(super) fn clear(&mut self) {
        self.next.clear();
        self.messages.clear();
        self.waiting = 0;
    }
}

fn cost(received: &Received) -> usize {
    received.cost() + OVERHEAD
}
