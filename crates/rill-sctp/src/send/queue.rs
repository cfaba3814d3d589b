//! Messages that wait to leave, and which stream is next (RFC 8260 §3.6, RFC 8831 §6.4).

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Instant;

use bytes::Bytes;

use crate::message::{Ppid, Reliability, SendOptions, StreamId};
use crate::send::{GivenUp, Limit};
use crate::wire::{Data, DataFlags, Tsn};

/// RFC 8831 §6.4: normal.
const NORMAL: u16 = 256;
/// A byte of a stream with weight one, in the scheduler's time.
const SCALE: u64 = 1 << 16;
/// Fragments are not cut smaller than this while there is more of the message.
pub(super) const LEAST: usize = 128;

/// A message, or what is left of it.
#[derive(Debug)]
pub(crate) struct Queued {
    ppid: Ppid,
    payload: Bytes,
    ordered: bool,
    limit: Limit,
    /// Which one of its stream it is, and how many fragments have left; once one has.
    begun: Option<(u32, u32)>,
}

impl Queued {
    pub(crate) fn new(now: Instant, ppid: Ppid, payload: Bytes, options: SendOptions) -> Self {
        let limit = match options.reliability {
            Reliability::Reliable => Limit::None,
            Reliability::MaxRetransmits(count) => Limit::Retransmissions(count),
            // A lifetime beyond what can be told is none.
            Reliability::MaxLifetime(lifetime) => {
                now.checked_add(lifetime).map_or(Limit::None, Limit::Until)
            }
        };
        Self {
            ppid,
            payload,
            ordered: options.ordered,
            limit,
            begun: None,
        }
    }
}

#[derive(Debug)]
struct Stream {
    messages: VecDeque<Queued>,
    /// Bytes that have not left.
    buffered: usize,
    low_threshold: usize,
    weight: u16,
    /// When it is next, in the scheduler's time.
    turn: u64,
    next_ordered: u32,
    next_unordered: u32,
}

impl Default for Stream {
    fn default() -> Self {
        Self {
            messages: VecDeque::new(),
            buffered: 0,
            low_threshold: 0,
            weight: NORMAL,
            turn: 0,
            next_ordered: 0,
            next_unordered: 0,
        }
    }
}

/// What waits on all streams. Streams share the capacity by their weights: fragment by fragment when
/// messages may interleave, otherwise message by message.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    interleaved: bool,
    /// The peer can be told that a message was given up (RFC 3758).
    partial_reliability: bool,
    /// Boxed, because most associations use few: a node has room for eleven.
    streams: BTreeMap<StreamId, Box<Stream>>,
    /// The streams with messages, by their turn.
    ready: BTreeSet<(u64, StreamId)>,
    /// The turn that was taken last.
    clock: u64,
    /// The stream whose message has begun to leave and must go on.
    current: Option<StreamId>,
    buffered: usize,
    /// Streams whose amount fell to their threshold.
    low: VecDeque<StreamId>,
}

impl Queue {
    /// What the peer can do is known: interleave messages (RFC 8260), give them up (RFC 3758).
    /// Nothing has left yet.
    pub(crate) fn agree(&mut self, interleaved: bool, partial_reliability: bool) {
        self.interleaved = interleaved;
        self.partial_reliability = partial_reliability;
    }

    /// Gives back the room of what has left.
    pub(crate) fn rest(&mut self) {
        self.low.shrink_to_fit();
        if self.ready.is_empty() {
            // A set that has emptied keeps a node.
            self.ready = BTreeSet::new();
        }
        for stream in self.streams.values_mut() {
            stream.messages.shrink_to_fit();
        }
    }

    pub(crate) fn push(&mut self, stream: StreamId, message: Queued) {
        let id = stream;
        let stream = self.streams.entry(id).or_default();
        stream.buffered += message.payload.len();
        self.buffered += message.payload.len();
        if stream.messages.is_empty() {
            // An idle time does not add up.
            stream.turn = stream.turn.max(self.clock);
            self.ready.insert((stream.turn, id));
        }
        stream.messages.push_back(message);
    }

    /// Cuts the next fragment, of at most `room` bytes of payload. None: nothing waits, or what waits
    /// is better not cut that small.
    pub(crate) fn fragment(
        &mut self,
        now: Instant,
        tsn: Tsn,
        room: usize,
    ) -> Option<(Data<Bytes>, Limit)> {
        self.drop_expired(now);
        let id = match self.current {
            Some(current) => current,
            None => self.ready.first()?.1,
        };
        let stream = &mut **self.streams.get_mut(&id)?;
        let message = stream.messages.front_mut()?;
        let length = message.payload.len();
        if room == 0 || room < LEAST && room < length {
            return None;
        }
        let (number, fragment) = message.begun.unwrap_or_else(|| {
            let next = if message.ordered {
                &mut stream.next_ordered
            } else {
                &mut stream.next_unordered
            };
            let number = *next;
            *next = next.wrapping_add(1);
            (number, 0)
        });
        message.begun = Some((number, fragment.wrapping_add(1)));
        let payload = message.payload.split_to(length.min(room));
        let end = message.payload.is_empty();
        let data = Data {
            tsn,
            stream: id,
            flags: DataFlags {
                immediate: false,
                unordered: !message.ordered,
                beginning: fragment == 0,
                end,
            },
            message: number,
            fragment,
            ppid: message.ppid,
            payload,
        };
        let limit = if self.partial_reliability {
            message.limit
        } else {
            Limit::None
        };
        if end {
            stream.messages.pop_front();
        }
        self.left(id, data.payload.len(), data.payload.len(), end);
        Some((data, limit))
    }

    /// So many bytes of the stream wait no longer; so many of them have used the path.
    fn left(&mut self, id: StreamId, bytes: usize, used: usize, end: bool) {
        let Some(stream) = self.streams.get_mut(&id) else {
            return;
        };
        self.ready.remove(&(stream.turn, id));
        self.clock = self.clock.max(stream.turn);
        stream.turn += used as u64 * SCALE / u64::from(stream.weight);
        if !stream.messages.is_empty() {
            self.ready.insert((stream.turn, id));
        }
        let above = stream.buffered > stream.low_threshold;
        stream.buffered -= bytes;
        self.buffered -= bytes;
        if above && stream.buffered <= stream.low_threshold {
            self.low.push_back(id);
        }
        self.current = (!end && !self.interleaved).then_some(id);
    }

    /// RFC 3758 §4.1: what has outlived its time before any of it left is not sent.
    pub(crate) fn drop_expired(&mut self, now: Instant) {
        while self.partial_reliability
            && let Some(&(_, id)) = self.ready.first()
        {
            let id = self.current.unwrap_or(id);
            let front = self
                .streams
                .get(&id)
                .and_then(|stream| stream.messages.front());
            let Some(message) = front else {
                return;
            };
            if message.begun.is_some() || !message.limit.is_over(now) {
                return;
            }
            self.drop_front(id);
        }
    }

    /// The message that is next, if something of it has left and its time is over.
    pub(crate) fn late(&mut self, now: Instant) -> Option<GivenUp> {
        self.drop_expired(now);
        let next = self.current.or_else(|| Some(self.ready.first()?.1));
        let id = next.filter(|_| self.partial_reliability)?;
        let message = self.streams.get(&id)?.messages.front()?;
        let (number, _) = message.begun.filter(|_| message.limit.is_over(now))?;
        Some((id, !message.ordered, number))
    }

    /// The message of which something has left is given up: whatever is left of it goes too. Whether
    /// something was.
    pub(crate) fn abandon(&mut self, id: StreamId, unordered: bool, number: u32) -> bool {
        let front = self
            .streams
            .get(&id)
            .and_then(|stream| stream.messages.front());
        let same = front.is_some_and(|message| {
            message.ordered != unordered && message.begun.is_some_and(|(begun, _)| begun == number)
        });
        if same {
            self.drop_front(id);
        }
        same
    }

    fn drop_front(&mut self, id: StreamId) {
        let stream = self.streams.get_mut(&id);
        if let Some(message) = stream.and_then(|stream| stream.messages.pop_front()) {
            self.left(id, message.payload.len(), 0, true);
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.ready.is_empty()
    }

    /// Bytes that wait on all streams.
    pub(crate) fn buffered(&self) -> usize {
        self.buffered
    }

    pub(crate) fn buffered_on(&self, stream: StreamId) -> usize {
        self.streams
            .get(&stream)
            .map_or(0, |stream| stream.buffered)
    }

    pub(crate) fn set_weight(&mut self, stream: StreamId, weight: u16) {
        self.streams.entry(stream).or_default().weight = weight.max(1);
    }

    pub(crate) fn set_low_threshold(&mut self, id: StreamId, bytes: usize) {
        let stream = self.streams.entry(id).or_default();
        let above = stream.buffered > stream.low_threshold;
        stream.low_threshold = bytes;
        if above && stream.buffered <= bytes {
            self.low.push_back(id);
        }
    }

    /// A stream whose amount fell to its threshold.
    pub(crate) fn poll_low(&mut self) -> Option<StreamId> {
        self.low.pop_front()
    }

    /// The stream begins anew (RFC 6525 §5.2.7); nothing waits on it.
    pub(crate) fn reset(&mut self, stream: StreamId) {
        if let Some(stream) = self.streams.get_mut(&stream) {
            stream.next_ordered = 0;
            stream.next_unordered = 0;
        }
    }

    /// Forgets messages that will not be sent.
    pub(crate) fn retain_below(&mut self, limit: u16) {
        for id in self
            .streams
            .keys()
            .copied()
            .filter(|id| id.0 >= limit)
            .collect::<Vec<_>>()
        {
            while self
                .streams
                .get(&id)
                .is_some_and(|stream| !stream.messages.is_empty())
            {
                self.drop_front(id);
            }
        }
    }

    /// Forgets all messages.
    pub(crate) fn clear(&mut self) {
        self.retain_below(0);
    }
}

#[cfg(test)]
mod tests;
