//! From the association to the task queue.

use std::time::Instant;

use rill_sctp::{Event, Ppid};
use smallvec::SmallVec;

use super::{DataChannels, Phase, RECEIVE_QUEUE, held::Held};
use crate::{
    ChannelError, ChannelId, DataChannelState, Event as PeerEvent, Message, SctpTransportState,
    task::{Change, ChannelChange, TaskQueue},
};

impl DataChannels {
    /// Takes what the association has: events, messages as far as there is room, and what was sent.
    pub(crate) fn pump(&mut self, now: Instant, tasks: &mut TaskQueue) {
        loop {
            let Some(association) = &mut self.association else {
                return;
            };
            // Messages may come with the event that opens their channels, and are read after it; what
            // was received before the end of a stream is read before it ends.
            match association.poll_event() {
                Some(event) if is_end(&event) => self.stall(event),
                Some(event) => self.handle_event(now, event, tasks),
                None if !self.pull_messages(now, tasks) => break,
                None => match self.stalled.pop_front() {
                    Some(event) => self.handle_event(now, event, tasks),
                    None => break,
                },
            }
        }
        self.settle(now, tasks);
    }

    /// Whether nothing is left to pull.
    fn pull_messages(&mut self, now: Instant, tasks: &mut TaskQueue) -> bool {
        self.full = false;
        while self.undelivered < RECEIVE_QUEUE {
            let Some(association) = &mut self.association else {
                return true;
            };
            let Some(message) = association.poll_message(now) else {
                return true;
            };
            if self.must_wait(&message, tasks) {
                self.hold(Held::Message(message));
            } else {
                self.take_message(now, message, tasks);
            }
        }
        self.full = true;
        false
    }

    pub(super) fn take_message(
        &mut self,
        now: Instant,
        message: rill_sctp::Message,
        tasks: &mut TaskQueue,
    ) {
        let stream = message.stream.0;
        if message.ppid == Ppid::DCEP {
            self.handle_dcep(now, stream, &message.payload, tasks);
        } else if let Some(message) = decode(message) {
            self.deliver(stream, message, tasks);
        } else {
            self.dropped += 1;
        }
    }

    fn deliver(&mut self, stream: u16, message: Message, tasks: &mut TaskQueue) {
        let Some(&id) = self.by_stream.get(&stream) else {
            self.dropped += 1;
            return;
        };
        match self.channels.get(&id).map(|channel| channel.phase) {
            Some(Phase::Open { .. }) => {
                self.undelivered += message.weight();
                tasks.push(Change::Channel(id, ChannelChange::Message(message)));
            }
            // webrtc-pc §6.2: a message for a channel that is not open is discarded.
            _ => self.dropped += 1,
        }
    }

    fn handle_event(&mut self, now: Instant, event: Event, tasks: &mut TaskQueue) {
        match event {
            Event::Connected {
                max_outgoing,
                max_incoming,
            } => {
                let channels = max_outgoing.min(max_incoming);
                tasks.push(Change::Sctp(SctpTransportState::Connected, Some(channels)));
                self.announce_all(now, max_outgoing, tasks);
            }
            Event::StreamsReset(streams) if streams.is_empty() => {
                let all: Vec<_> = self.by_stream.keys().copied().collect();
                all.into_iter()
                    .for_each(|stream| self.peer_reset(stream, tasks));
            }
            Event::StreamsReset(streams) => {
                streams
                    .into_iter()
                    .for_each(|stream| self.peer_reset(stream.0, tasks));
            }
            Event::OutgoingReset(streams) => {
                streams
                    .into_iter()
                    .for_each(|stream| self.our_reset_done(stream.0, tasks));
                self.release(now, tasks);
            }
            // A peer that cannot reset will never agree; our side is done with the stream.
            Event::OutgoingResetFailed(streams) => {
                for stream in streams {
                    self.our_reset_done(stream.0, tasks);
                    self.peer_reset(stream.0, tasks);
                }
            }
            Event::Closed => {
                tasks.push(Change::Sctp(SctpTransportState::Closed, None));
                self.close_all(None, tasks);
            }
            // Also where the peer called `close()`: what was under way may be lost (webrtc-pc §6.2.4).
            Event::Aborted { reason } => {
                tasks.push(Change::Sctp(SctpTransportState::Closed, None));
                self.close_all(Some(&ChannelError::Sctp(reason.to_string())), tasks);
            }
            Event::MessageTooLarge { stream, length } => {
                tracing::debug!(%stream, length, "message above our max-message-size dropped");
                self.dropped += 1;
            }
            _ => {}
        }
    }

    /// What a channel's task changes in its getters, and what it fires.
    pub(crate) fn apply(
        &mut self,
        id: ChannelId,
        change: ChannelChange,
        events: &mut SmallVec<[PeerEvent; 1]>,
    ) {
        let Some(channel) = self.channels.get_mut(&id) else {
            return;
        };
        let over = matches!(
            channel.ready_state,
            DataChannelState::Closing | DataChannelState::Closed
        );
        match change {
            // Open already, so that the handler of `datachannel` may send (webrtc-pc §6.2).
            ChannelChange::Announced => {
                self.tally
                    .advance(&mut channel.ready_state, DataChannelState::Open);
                events.push(PeerEvent::DataChannel(id));
            }
            ChannelChange::Opened if !over => {
                self.tally
                    .advance(&mut channel.ready_state, DataChannelState::Open);
                events.push(PeerEvent::Open(id));
            }
            ChannelChange::Message(message) if !over => {
                channel.counts.received(message.len());
                events.push(PeerEvent::Message(id, message));
            }
            ChannelChange::Message(message) => {
                self.consumed(message.weight());
            }
            ChannelChange::Sent => {
                channel.sent_pending = false;
                let threshold = channel.buffered_amount_low_threshold;
                let before = std::mem::replace(&mut channel.buffered_amount, channel.queued);
                if before > threshold && channel.buffered_amount <= threshold {
                    events.push(PeerEvent::BufferedAmountLow(id));
                }
            }
            ChannelChange::Closing if !over => {
                self.tally
                    .advance(&mut channel.ready_state, DataChannelState::Closing);
                events.push(PeerEvent::Closing(id));
            }
            ChannelChange::Closed(error) if channel.ready_state != DataChannelState::Closed => {
                self.tally
                    .advance(&mut channel.ready_state, DataChannelState::Closed);
                events.extend(error.map(|error| PeerEvent::Error(id, error)));
                events.push(PeerEvent::Close(id));
                if channel.forgotten {
                    self.remove(id);
                }
            }
            ChannelChange::Opened | ChannelChange::Closing | ChannelChange::Closed(_) => {}
        }
    }
}

/// Whether an event ends streams, and so comes after the messages on them.
fn is_end(event: &Event) -> bool {
    matches!(
        event,
        Event::StreamsReset(_) | Event::Closed | Event::Aborted { .. }
    )
}

/// The payload by its identifier (RFC 8831 §6.6); `None` for one that data channels do not know.
fn decode(message: rill_sctp::Message) -> Option<Message> {
    match message.ppid {
        Ppid::STRING | Ppid::STRING_PARTIAL => Some(Message::Text(
            match String::from_utf8(message.payload.to_vec()) {
                Ok(text) => text,
                Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
            },
        )),
        Ppid::STRING_EMPTY => Some(Message::Text(String::new())),
        Ppid::BINARY | Ppid::BINARY_PARTIAL => Some(Message::Binary(message.payload)),
        Ppid::BINARY_EMPTY => Some(Message::Binary(bytes::Bytes::new())),
        _ => None,
    }
}
