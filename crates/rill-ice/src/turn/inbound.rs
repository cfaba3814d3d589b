//! What the server sends: answers, and data of peers (RFC 8656 §11.4, §12.6).

use std::net::SocketAddr;
use std::ops::Range;
use std::time::Instant;

use rill_stun::{AddressFamily, ChannelData, Class, Message, Method, is_channel_data, is_stun};

use super::client::{Client, State};
use super::{Data, Event, Failure, Input};

impl Client {
    /// A datagram came from the server, over [`Transport::Datagram`](super::Transport::Datagram).
    /// The bytes are not changed.
    pub fn handle_datagram(&mut self, now: Instant, bytes: &mut [u8]) -> Input {
        self.handle_message(now, bytes)
    }

    /// Bytes came from the server, over [`Transport::Stream`](super::Transport::Stream). What peers
    /// sent is taken out by [`poll_stream_data`](Self::poll_stream_data) before the next call.
    pub fn handle_stream(&mut self, now: Instant, bytes: &[u8]) {
        if matches!(self.state, State::Ended) {
            return;
        }
        self.stream.push(bytes);
        let mut message = Vec::new();
        loop {
            match self.stream.next(&mut message) {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => return self.broken(Failure::Protocol(error.to_string())),
            }
            if let Input::Data {
                peer,
                relayed,
                range,
            } = self.handle_message(now, &message)
            {
                self.stream.store(Data { peer, relayed }, &message[range]);
            }
            if matches!(self.state, State::Ended) {
                return;
            }
        }
    }

    /// No message can be found in the stream any more.
    fn broken(&mut self, failure: Failure) {
        match self.state {
            State::Allocating(_) => self.end(Event::Failed(failure)),
            State::Allocated(_) => self.end(Event::Lost(failure)),
            State::Closing { .. } => self.closed(),
            State::Ended => {}
        }
    }

    fn handle_message(&mut self, now: Instant, bytes: &[u8]) -> Input {
        if is_channel_data(bytes) {
            return self.handle_channel_data(bytes).unwrap_or(Input::Dropped);
        }
        if !is_stun(bytes) {
            return Input::Dropped;
        }
        let Ok(message) = Message::parse(bytes) else {
            return Input::Dropped;
        };
        match (message.class(), message.method()) {
            (Class::Success | Class::Error, _) => self.handle_response(now, &message),
            (Class::Indication, Method::DATA) => self
                .handle_data_indication(&message)
                .unwrap_or(Input::Dropped),
            _ => Input::Dropped,
        }
    }

    fn handle_channel_data(&self, bytes: &[u8]) -> Option<Input> {
        let message = ChannelData::parse(bytes).ok()?;
        let peer = self.channels.peer_of(message.channel)?;
        let start = ChannelData::HEADER_LENGTH;
        self.data(peer, start..start + message.data.len())
    }

    fn handle_data_indication(&self, message: &Message<'_>) -> Option<Input> {
        if message.unknown_attributes().next().is_some() {
            return None;
        }
        let peer = message.xor_peer_addresses().next()?;
        // Someone may have tricked the server into a permission that we did not ask for.
        if !self.permissions.is_requested(peer.ip()) {
            return None;
        }
        // Without DATA it tells of an ICMP message; ICE finds dead pairs by itself.
        self.data(peer, message.data_range()?)
    }

    fn data(&self, peer: SocketAddr, range: Range<usize>) -> Option<Input> {
        let State::Allocated(allocation) = &self.state else {
            return None;
        };
        let relayed = allocation.relayed_for(AddressFamily::of(peer.ip()))?;
        Some(Input::Data {
            peer,
            relayed,
            range,
        })
    }
}
