//! A server that tells clients their address (RFC 8489).

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Instant;

use rill_stun::{Class, Message, Method, Writer};

use crate::{Datagram, Endpoint};

/// A STUN server with the manners a test wants of it.
#[derive(Clone, Debug)]
pub struct StunServer {
    address: SocketAddr,
    manner: Manner,
    to_drop: usize,
    requests: usize,
    answers: VecDeque<Datagram>,
}

#[derive(Clone, Debug)]
enum Manner {
    Answering,
    Dead,
    Refusing { code: u16, reason: String },
}

impl StunServer {
    /// A server at this address that answers every Binding request with XOR-MAPPED-ADDRESS.
    pub fn new(address: SocketAddr) -> Self {
        let answers = VecDeque::new();
        Self {
            address,
            manner: Manner::Answering,
            to_drop: 0,
            requests: 0,
            answers,
        }
    }

    /// Takes requests and never answers.
    pub fn dead(mut self) -> Self {
        self.manner = Manner::Dead;
        self
    }

    /// Answers with this error code (300 to 699).
    pub fn refusing(mut self, code: u16, reason: &str) -> Self {
        self.manner = Manner::Refusing {
            code,
            reason: reason.to_owned(),
        };
        self
    }

    /// Does not answer the first `count` requests.
    pub fn dropping_first(mut self, count: usize) -> Self {
        self.to_drop = count;
        self
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many Binding requests it has got.
    pub fn requests(&self) -> usize {
        self.requests
    }

    fn answer(&self, message: &Message<'_>, client: SocketAddr) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        let id = message.transaction_id();
        match &self.manner {
            Manner::Dead => return None,
            Manner::Answering => Writer::new(&mut bytes, Class::Success, Method::BINDING, id)
                .xor_mapped_address(client)
                .software("rill-sim")
                .fingerprint()
                .finish(),
            Manner::Refusing { code, reason } => {
                Writer::new(&mut bytes, Class::Error, Method::BINDING, id)
                    .error_code(*code, reason)
                    .fingerprint()
                    .finish()
            }
        };
        Some(bytes)
    }
}

impl Endpoint for StunServer {
    fn handle_datagram(
        &mut self,
        _now: Instant,
        local: SocketAddr,
        remote: SocketAddr,
        bytes: &mut [u8],
    ) {
        let Ok(message) = Message::parse(bytes) else {
            return;
        };
        let wanted = (Class::Request, Method::BINDING);
        if local != self.address || (message.class(), message.method()) != wanted {
            return;
        }
        self.requests += 1;
        if self.requests <= self.to_drop {
            return;
        }
        if let Some(bytes) = self.answer(&message, remote) {
            self.answers.push_back(Datagram {
                local,
                remote,
                bytes,
            });
        }
    }

    fn handle_timeout(&mut self, _now: Instant) {}

    fn poll_transmit(&mut self, _now: Instant) -> Option<Datagram> {
        self.answers.pop_front()
    }

    fn poll_timeout(&mut self) -> Option<Instant> {
        None
    }
}
