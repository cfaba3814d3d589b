//! Datagrams that go through relays: unwrapped on arrival, wrapped on their way out (RFC 8656 §11,
//! §12).

use std::time::Instant;

use crate::context::Wrapping;
use crate::gather::{Relay, RelayId};
use crate::identifier::SessionKey;
use crate::socket::Nature;
use crate::turn::Input;
use crate::{Agent, Destination, Path, SocketId, StreamId, Transmit};

/// What a datagram from a TURN server was.
pub(super) enum Unwrapped {
    /// Not of the relay's protocol: perhaps an answer of the STUN server at that address.
    Foreign,
    /// The relay's own affair.
    Consumed,
    /// From a peer, over a relayed address: these bytes of it.
    Data(Path, std::ops::Range<usize>),
}

impl Agent {
    /// A datagram came from where a TURN server of ours is.
    pub(super) fn unwrap(
        &mut self,
        now: Instant,
        (key, id): (SessionKey, RelayId),
        bytes: &mut [u8],
    ) -> Unwrapped {
        let Some(session) = self.transports.session_mut(key) else {
            return Unwrapped::Foreign;
        };
        let Some(relay) = session.gatherer.relays.get_mut(&id) else {
            return Unwrapped::Foreign;
        };
        let Some(client) = relay.client_mut() else {
            return Unwrapped::Foreign;
        };
        match client.handle_datagram(now, bytes) {
            Input::Dropped => Unwrapped::Foreign,
            Input::Consumed => {
                session.relay_progressed(&self.ctx, now, id);
                session.pump_relay(&mut self.ctx, now, id);
                Unwrapped::Consumed
            }
            Input::Data {
                peer,
                relayed,
                range,
            } => {
                let allocation = relay.allocation();
                let socket = allocation.and_then(|allocation| allocation.socket_of(relayed));
                match socket {
                    Some(socket) => Unwrapped::Data(Path::new(socket, peer), range),
                    None => Unwrapped::Consumed,
                }
            }
        }
    }

    /// Bytes arrived on a stream.
    pub(super) fn receive_stream(&mut self, now: Instant, stream: StreamId, bytes: &[u8]) {
        let Some(&(key, id)) = self.ctx.streams.get(&stream) else {
            self.ctx.counters.unknown_socket += 1;
            return;
        };
        let Some(session) = self.transports.session_mut(key) else {
            return;
        };
        let client = session
            .gatherer
            .relays
            .get_mut(&id)
            .and_then(Relay::client_mut);
        if let Some(client) = client {
            client.handle_stream(now, bytes);
            session.relay_progressed(&self.ctx, now, id);
            session.pump_relay(&mut self.ctx, now, id);
        }
    }

    /// The next datagram that came over a stream: its path, and its bytes in `buffer`.
    pub(super) fn next_streamed(&mut self, stream: StreamId, buffer: &mut Vec<u8>) -> Option<Path> {
        let &(key, id) = self.ctx.streams.get(&stream)?;
        let session = self.transports.session_mut(key)?;
        let relay = session.gatherer.relays.get_mut(&id)?;
        loop {
            let data = relay.client_mut()?.poll_stream_data(buffer)?;
            let allocation = relay.allocation()?;
            if let Some(socket) = allocation.socket_of(data.relayed) {
                return Some(Path::new(socket, data.peer));
            }
        }
    }

    /// Turns bytes for a path into what the driver sends. `None` if they wait for a permission, or
    /// are lost.
    pub(super) fn wrap(
        &mut self,
        path: Path,
        segment: Option<usize>,
        buffer: &mut Vec<u8>,
    ) -> Option<Transmit> {
        let (key, nature) = self.ctx.sockets.get(path.socket)?;
        if nature == Nature::Bound {
            return Some(Transmit {
                to: Destination::Datagram(path),
                segment,
            });
        }
        let session = self.transports.session_mut(key)?;
        let id = session.gatherer.relay_by_socket(path.socket)?;
        let relay = session.gatherer.relays.get_mut(&id)?;
        let to = relay.way.destination();
        let allocation = relay.allocation_mut()?;
        let Some(segment) = segment else {
            let is_sent = allocation.wrap(path.remote, buffer);
            return is_sent.then_some(Transmit { to, segment: None });
        };
        let Wrapping { train, datagram } = &mut self.ctx.wrapping;
        std::mem::swap(train, buffer);
        buffer.clear();
        let mut wrapped = 0;
        for bytes in train.chunks(segment.max(1)) {
            datagram.clear();
            datagram.extend_from_slice(bytes);
            if allocation.wrap(path.remote, datagram) {
                wrapped = wrapped.max(datagram.len());
                buffer.extend_from_slice(datagram);
            }
        }
        let segment = match to {
            Destination::Datagram(_) if wrapped < buffer.len() => Some(wrapped),
            Destination::Datagram(_) | Destination::Stream(_) => None,
        };
        (!buffer.is_empty()).then_some(Transmit { to, segment })
    }

    /// A stream was closed by the other side, or broke.
    pub(super) fn stream_ended(&mut self, now: Instant, stream: StreamId, reason: String) {
        let Some(&(key, id)) = self.ctx.streams.get(&stream) else {
            return;
        };
        let Some(session) = self.transports.session_mut(key) else {
            return;
        };
        session.stream_broke(&mut self.ctx, now, id, reason);
    }

    /// Whether a socket stands for a relayed address.
    pub fn is_relayed(&self, socket: SocketId) -> bool {
        let found = self.ctx.sockets.get(socket);
        found.is_some_and(|(_, nature)| nature == Nature::Relayed)
    }
}
