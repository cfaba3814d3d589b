//! What the peer sends on a stream that it uses again, while the answer to our reset is under way:
//! the peer knows before us that the channel before is closed (RFC 8831 §6.7).

use std::time::Instant;

use rill_sctp::{Event, Message, Ppid, StreamId};

use super::{
    DataChannels,
    channel::{Phase, Reset},
    dcep,
};
use crate::task::TaskQueue;

/// About what one needs beside the payload.
const CHARGE: usize = 128;

/// How many resets wait for the reader, of streams one by one and of all at once.
const STALLED_STREAMS: usize = 1 << 17;
const STALLED_EVENTS: usize = 4;

/// For a channel that cannot open yet, in the order of arrival.
#[derive(Debug)]
pub(super) enum Held {
    Message(Message),
    /// The peer closed it already.
    Reset(u16),
}

impl Held {
    fn stream(&self) -> u16 {
        match self {
            Self::Message(message) => message.stream.0,
            Self::Reset(stream) => *stream,
        }
    }

    fn weight(&self) -> usize {
        match self {
            Self::Message(message) => message.payload.len() + CHARGE,
            Self::Reset(_) => 0,
        }
    }
}

impl DataChannels {
    /// Whether something waits for this stream.
    pub(super) fn is_held(&self, stream: u16) -> bool {
        self.held.iter().any(|held| held.stream() == stream)
    }

    /// Whether a message is for a channel that cannot open yet.
    pub(super) fn must_wait(&mut self, message: &Message, tasks: &mut TaskQueue) -> bool {
        let stream = message.stream.0;
        if self.is_held(stream) {
            return true;
        }
        if !is_open(message) {
            return false;
        }
        let is_closing = |own: &Self, theirs: bool| {
            let id = own.by_stream.get(&stream);
            let phase = id.and_then(|id| own.channels.get(id)).map(|c| c.phase);
            matches!(phase, Some(Phase::Closing { ours: Reset::Sent | Reset::Done, theirs: reset })
                if reset == theirs)
        };
        // The reset was before this message, and only waits until all before it is read.
        if is_closing(self, false) && self.take_reset(stream) {
            self.peer_reset(stream, tasks);
        }
        is_closing(self, true)
    }

    /// Takes the reset of a stream out of the events that wait.
    fn take_reset(&mut self, stream: u16) -> bool {
        let is_it = |reset: &StreamId| reset.0 == stream;
        for (at, event) in self.stalled.iter_mut().enumerate() {
            let Event::StreamsReset(streams) = event else {
                continue;
            };
            let Some(place) = streams.iter().position(is_it) else {
                continue;
            };
            streams.remove(place);
            // An empty list would stand for all streams (RFC 6525 §4.1).
            if streams.is_empty() {
                self.stalled.remove(at);
            }
            return true;
        }
        false
    }

    pub(super) fn hold(&mut self, held: Held) {
        self.undelivered += held.weight();
        self.held.push(held);
    }

    /// A reset behind what is held. A second one without anything between them says nothing new, so that
    /// there are no more of them than messages, which have a weight.
    pub(super) fn hold_reset(&mut self, stream: u16) {
        let mut of_stream = self
            .held
            .iter()
            .rev()
            .filter(|held| held.stream() == stream);
        if !matches!(of_stream.next(), Some(Held::Reset(_))) {
            self.hold(Held::Reset(stream));
        }
    }

    /// The end of streams comes after the messages on them. Whoever opens a channel before each reset cannot
    /// have more of them wait than the window has messages: what is more is not honest, and is dropped.
    pub(super) fn stall(&mut self, event: Event) {
        let Event::StreamsReset(streams) = event else {
            return self.stalled.push_back(event);
        };
        if let Some(Event::StreamsReset(last)) = self.stalled.back_mut()
            && last.is_empty() == streams.is_empty()
        {
            let room = STALLED_STREAMS.saturating_sub(last.len());
            last.extend(streams.into_iter().take(room));
        } else if self.stalled.len() < STALLED_EVENTS {
            self.stalled.push_back(Event::StreamsReset(streams));
        }
    }

    /// Takes what waited for streams that are free by now.
    pub(super) fn release(&mut self, now: Instant, tasks: &mut TaskQueue) {
        let is_free = |held: &Held| !self.by_stream.contains_key(&held.stream());
        let (free, held): (Vec<_>, _) = std::mem::take(&mut self.held)
            .into_iter()
            .partition(is_free);
        self.held = held;
        for held in free {
            self.undelivered -= held.weight();
            match held {
                Held::Message(message) => self.take_message(now, message, tasks),
                Held::Reset(stream) => self.peer_reset(stream, tasks),
            }
        }
    }

    /// The association is gone, and what came with it.
    pub(super) fn drop_held(&mut self) {
        for held in self.held.drain(..) {
            self.undelivered -= held.weight();
        }
    }
}

fn is_open(message: &Message) -> bool {
    let parsed = || dcep::Message::parse(&message.payload);
    message.ppid == Ppid::DCEP && matches!(parsed(), Ok(dcep::Message::Open(_)))
}
