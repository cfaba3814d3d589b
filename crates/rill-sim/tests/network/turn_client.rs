//! A client that asks a TURN server, one request at a time.

use std::mem;
use std::net::SocketAddr;

use rill_sim::{
    HostConfig, HostId, Link, Security, Seed, Simulation, StreamEvent, StreamId, StreamRequest,
    Transport, TurnServer, TurnServerId,
};
use rill_stun::{
    Class, IntegrityKey, Message, Method, PasswordAlgorithm, TransactionId, Writer, frame_length,
    userhash,
};

use crate::probe::{A, Probe, SECOND, ip, socket};

pub(crate) const SERVER: &str = "192.0.2.1:3478";
pub(crate) const SERVER_TLS: &str = "192.0.2.1:443";
pub(crate) const RELAY_V6: &str = "2001:db8::1";
/// A peer that echoes.
pub(crate) const PEER: &str = "198.51.100.2:7";

/// How the client proves who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Proof {
    Md5,
    Sha256,
    Userhash,
}

pub(crate) struct Client {
    pub(crate) host: HostId,
    pub(crate) local: SocketAddr,
    pub(crate) server: SocketAddr,
    pub(crate) transport: Transport,
    pub(crate) user: String,
    pub(crate) password: String,
    pub(crate) proof: Proof,
    pub(crate) realm: Vec<u8>,
    pub(crate) nonce: Option<Vec<u8>>,
    pub(crate) algorithms: Vec<u8>,
    pub(crate) id: u8,
    inbox: Vec<u8>,
}

/// A server with the user `alice`, a client, and a peer that echoes.
pub(crate) fn network(server: TurnServer) -> (Simulation<Probe>, TurnServerId, Client) {
    let mut simulation = Simulation::new(Seed::new(1));
    let server = server
        .listening_for_tls_at(socket(SERVER_TLS), "turn.example")
        .user("alice", "secret");
    let server = simulation.add_turn_server(server, &Link::default());
    let config = HostConfig::new("client")
        .address(ip(A), Link::default())
        .address(ip("2001:db8::a"), Link::default());
    let host = simulation.add_host(config, Probe::new);
    let config = HostConfig::new("peer")
        .address(socket(PEER).ip(), Link::default())
        .address(ip("2001:db8::b"), Link::default());
    simulation.add_host(config, Probe::echoing);
    (simulation, server, Client::new(host, 5000))
}

pub(crate) fn server() -> TurnServer {
    TurnServer::new(socket(SERVER))
}

impl Client {
    pub(crate) fn new(host: HostId, port: u16) -> Self {
        Self {
            host,
            local: SocketAddr::new(ip(A), port),
            server: socket(SERVER),
            transport: Transport::Udp,
            user: "alice".to_owned(),
            password: "secret".to_owned(),
            proof: Proof::Md5,
            realm: Vec::new(),
            nonce: None,
            algorithms: Vec::new(),
            id: 0,
            inbox: Vec::new(),
        }
    }

    /// Opens a stream to the server.
    pub(crate) fn connect(&mut self, simulation: &mut Simulation<Probe>, transport: Transport) {
        let security = match transport {
            Transport::Udp | Transport::Tcp => Security::Plain,
            Transport::Tls => {
                self.server = socket(SERVER_TLS);
                Security::Tls {
                    server_name: "turn.example".to_owned(),
                    verify: true,
                }
            }
        };
        self.transport = transport;
        let probe = simulation.endpoint_mut(self.host);
        probe.request(StreamRequest::Connect(self.stream(), security));
        simulation.run_for(SECOND);
        let probe = simulation.endpoint_mut(self.host);
        let events = mem::take(&mut probe.stream_events);
        assert_eq!(events[0].2, StreamEvent::Connected);
    }

    pub(crate) fn stream(&self) -> StreamId {
        StreamId {
            local: self.local,
            remote: self.server,
        }
    }

    pub(crate) fn send(&self, simulation: &mut Simulation<Probe>, bytes: &[u8]) {
        let probe = simulation.endpoint_mut(self.host);
        match self.transport {
            Transport::Udp => probe.send(self.local, self.server, bytes),
            Transport::Tcp | Transport::Tls => {
                probe.request(StreamRequest::Send(self.stream(), bytes.to_vec()));
            }
        }
    }

    /// The messages that came from the server since the last call.
    pub(crate) fn receive(&mut self, simulation: &mut Simulation<Probe>) -> Vec<Vec<u8>> {
        simulation.run_for(SECOND);
        let probe = simulation.endpoint_mut(self.host);
        let bytes = probe.read();
        probe
            .stream_events
            .retain(|(_, _, event)| !matches!(event, StreamEvent::Received(_)));
        let received = mem::take(&mut probe.received).into_iter();
        let mine = received.filter(|it| it.local == self.local);
        let mut messages: Vec<_> = mine.map(|it| it.bytes).collect();
        self.inbox.extend(bytes);
        while let Ok(Some(length)) = frame_length(&self.inbox)
            && length <= self.inbox.len()
        {
            messages.push(self.inbox.drain(..length).collect());
        }
        messages
    }

    /// Asks once with the credentials known so far; the response, if any.
    pub(crate) fn ask(
        &mut self,
        simulation: &mut Simulation<Probe>,
        method: Method,
        attributes: impl Fn(Writer<'_>) -> Writer<'_>,
    ) -> Option<Vec<u8>> {
        self.id += 1;
        self.ask_again(simulation, method, attributes)
    }

    /// Asks with the last transaction id.
    pub(crate) fn ask_again(
        &mut self,
        simulation: &mut Simulation<Probe>,
        method: Method,
        attributes: impl Fn(Writer<'_>) -> Writer<'_>,
    ) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        let id = TransactionId([self.id; 12]);
        let writer = attributes(Writer::new(&mut bytes, Class::Request, method, id));
        self.sign(writer).finish();
        self.send(simulation, &bytes);
        let response = self.receive(simulation).pop()?;
        let message = Message::parse(&response).expect("the server writes sound messages");
        assert_eq!(message.transaction_id(), id);
        if let (Some(realm), Some(nonce)) = (message.realm(), message.nonce()) {
            (self.realm, self.nonce) = (realm.to_vec(), Some(nonce.to_vec()));
            let list = message.password_algorithms();
            self.algorithms = list.map_or_else(Vec::new, |it| it.as_bytes().to_vec());
        }
        Some(response)
    }

    /// Asks, and again if the server wants credentials or another nonce.
    pub(crate) fn request(
        &mut self,
        simulation: &mut Simulation<Probe>,
        method: Method,
        attributes: impl Fn(Writer<'_>) -> Writer<'_>,
    ) -> Vec<u8> {
        let asked_before = self.nonce.is_some();
        let response = self.ask(simulation, method, &attributes);
        let response = response.expect("the server answers");
        match (code(&response), asked_before) {
            (401, false) | (438, _) => self
                .ask(simulation, method, &attributes)
                .expect("the server answers"),
            _ => response,
        }
    }

    pub(crate) fn allocate(&mut self, simulation: &mut Simulation<Probe>) -> Vec<u8> {
        self.request(simulation, Method::ALLOCATE, |writer| {
            writer.requested_transport_udp()
        })
    }

    /// An allocation that must succeed; its relayed address.
    pub(crate) fn allocated(&mut self, simulation: &mut Simulation<Probe>) -> SocketAddr {
        let response = self.allocate(simulation);
        assert_eq!(code(&response), 0);
        relayed(&response)[0]
    }

    pub(crate) fn permit(&mut self, simulation: &mut Simulation<Probe>, peer: &str) -> u16 {
        let peer = socket(peer);
        let method = Method::CREATE_PERMISSION;
        code(&self.request(simulation, method, |writer| writer.xor_peer_address(peer)))
    }

    pub(crate) fn refresh(&mut self, simulation: &mut Simulation<Probe>, seconds: u32) -> Vec<u8> {
        self.request(simulation, Method::REFRESH, |writer| {
            writer.lifetime(seconds)
        })
    }

    fn sign<'b>(&self, writer: Writer<'b>) -> Writer<'b> {
        let Some(nonce) = &self.nonce else {
            return writer;
        };
        let writer = match self.proof {
            Proof::Userhash => writer.userhash(&userhash(&self.user, &self.realm)),
            Proof::Md5 | Proof::Sha256 => writer.username(&self.user),
        };
        let writer = writer.realm(&self.realm).nonce(nonce);
        let key = self.key();
        match self.proof {
            Proof::Md5 => writer.message_integrity_with(&key),
            Proof::Sha256 | Proof::Userhash => writer
                .password_algorithms(&self.algorithms)
                .password_algorithm(PasswordAlgorithm::Sha256)
                .message_integrity_sha256_with(&key),
        }
    }

    pub(crate) fn key(&self) -> IntegrityKey {
        let algorithm = match self.proof {
            Proof::Md5 => PasswordAlgorithm::Md5,
            Proof::Sha256 | Proof::Userhash => PasswordAlgorithm::Sha256,
        };
        IntegrityKey::long_term(algorithm, &self.user, &self.realm, &self.password)
    }
}

/// The error code of a response, or 0.
pub(crate) fn code(response: &[u8]) -> u16 {
    let message = Message::parse(response).expect("the server writes sound messages");
    let error = message.error_code().map_or(0, |error| error.code);
    assert_eq!(error == 0, message.class() == Class::Success);
    error
}

pub(crate) fn relayed(response: &[u8]) -> Vec<SocketAddr> {
    let message = Message::parse(response).expect("the server writes sound messages");
    message.xor_relayed_addresses().collect()
}
