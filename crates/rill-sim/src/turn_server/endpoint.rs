//! A TURN server among the simulation's endpoints.

use std::net::SocketAddr;
use std::time::Instant;

use rill_stun::{Class, Message, Method, frame_length, is_channel_data};

use super::allocation::{FiveTuple, Transport};
use super::{TurnManner, TurnServer};
use crate::{Acceptance, Datagram, Endpoint, StreamEvent, StreamId, StreamOffer, StreamRequest};

impl TurnServer {
    fn handle_message(&mut self, now: Instant, client: FiveTuple, bytes: &[u8]) {
        self.expire(now);
        let silent = self.manner == TurnManner::Silent;
        if is_channel_data(bytes) && !silent {
            return self.relay_channel_data(now, client, bytes);
        }
        let Ok(message) = Message::parse(bytes) else {
            return;
        };
        match (message.class(), message.method()) {
            (Class::Request, _) => {
                if let Some(response) = self.respond(now, client, &message) {
                    self.send(client, response);
                }
            }
            (Class::Indication, Method::SEND) if !silent => {
                self.relay_indication(now, client, &message);
            }
            (Class::Indication | Class::Success | Class::Error, _) => {}
        }
    }

    /// Takes the whole messages out of what came by a stream.
    fn handle_bytes(&mut self, now: Instant, stream: StreamId, bytes: &[u8]) {
        let Some(buffer) = self.streams.get_mut(&stream) else {
            return;
        };
        buffer.extend_from_slice(bytes);
        let mut rest = std::mem::take(buffer);
        let client = self.client(stream);
        loop {
            match frame_length(&rest) {
                Ok(Some(length)) if length <= rest.len() => {
                    let message: Vec<u8> = rest.drain(..length).collect();
                    self.handle_message(now, client, &message);
                }
                Ok(_) => break,
                Err(_) => {
                    self.requests.push_back(StreamRequest::Reset(stream));
                    return self.forget(stream);
                }
            }
        }
        self.streams.insert(stream, rest);
    }

    fn client(&self, stream: StreamId) -> FiveTuple {
        let transport = match self.config.tls.contains_key(&stream.local) {
            true => Transport::Tls,
            false => Transport::Tcp,
        };
        FiveTuple {
            transport,
            server: stream.local,
            client: stream.remote,
        }
    }

    /// The allocation ends with its stream (RFC 8656 §3.1).
    fn forget(&mut self, stream: StreamId) {
        self.streams.remove(&stream);
        self.allocations.remove(&self.client(stream));
    }

    fn expire(&mut self, now: Instant) {
        self.allocations
            .retain(|_, allocation| now < allocation.expires);
    }
}

impl Endpoint for TurnServer {
    fn handle_datagram(
        &mut self,
        now: Instant,
        local: SocketAddr,
        remote: SocketAddr,
        bytes: &mut [u8],
    ) {
        if !self.running {
            return;
        }
        if self.config.listening.contains(&local) {
            let client = FiveTuple {
                transport: Transport::Udp,
                server: local,
                client: remote,
            };
            self.handle_message(now, client, bytes);
        } else if self.manner != TurnManner::Silent {
            self.expire(now);
            self.relay_to_client(now, local, remote, bytes);
        }
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.expire(now);
    }

    fn poll_transmit(&mut self, _now: Instant) -> Option<Datagram> {
        self.datagrams.pop_front()
    }

    fn poll_timeout(&mut self) -> Option<Instant> {
        self.allocations.values().map(|it| it.expires).min()
    }

    fn handle_unreachable(&mut self, now: Instant, local: SocketAddr, remote: SocketAddr) {
        self.tell_unreachable(now, local, remote);
    }

    fn accept_stream(&mut self, _now: Instant, offer: &StreamOffer<'_>) -> Acceptance {
        let local = offer.stream.local;
        if !self.running {
            return Acceptance::Refuse;
        }
        match self.config.tls.get(&local) {
            Some(certificate) => Acceptance::Tls {
                certificate: certificate.clone(),
                expired: self.config.expired,
            },
            None if self.config.listening.contains(&local) => Acceptance::Plain,
            None => Acceptance::Refuse,
        }
    }

    fn poll_stream_request(&mut self, _now: Instant) -> Option<StreamRequest> {
        self.requests.pop_front()
    }

    fn handle_stream_event(&mut self, now: Instant, stream: StreamId, event: StreamEvent) {
        match event {
            StreamEvent::Connected => {
                self.streams.insert(stream, Vec::new());
            }
            StreamEvent::Received(bytes) => self.handle_bytes(now, stream, &bytes),
            StreamEvent::Closed | StreamEvent::Failed(_) => self.forget(stream),
        }
    }
}
