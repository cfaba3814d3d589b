//! An agent whose peer, driver and clock the test plays.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use rill_ice::{
    AddCandidateError, Agent, Config, Credentials, Event, Generation, Interface, Kind, PairInfo,
    PairState, Path, Protocol, Received, RemoteAddress, RemoteCandidate, Request, Response, Role,
    SocketId, TransportId, TransportState,
};
use rill_sim::{Seed, Silent, Simulation};
use rill_stun::{Class, Message, Method, TransactionId, Writer};

pub(crate) const PASSWORD: &str = "a password of 22 chars";

/// An agent on one address, and what the test knows of it.
pub(crate) struct Subject {
    pub(crate) agent: Agent,
    pub(crate) transport: TransportId,
    pub(crate) socket: SocketId,
    pub(crate) local: Credentials,
    /// The peer's ufrag.
    pub(crate) remote: String,
    pub(crate) now: Instant,
    pub(crate) events: Vec<Event>,
    /// How many checks of ours carried USE-CANDIDATE, and to whom.
    pub(crate) nominated: Vec<SocketAddr>,
}

impl Subject {
    pub(crate) fn new(role: Role) -> Self {
        let mut subject = Self::unpolled(role, Config::default());
        subject.drive();
        subject
    }

    /// Told to gather, and not asked for anything yet.
    pub(crate) fn unpolled(role: Role, config: Config) -> Self {
        let now = Simulation::<Silent>::new(Seed::new(1)).start();
        let mut agent = Agent::new(config, role, Seed::new(9).rng(0));
        let transport = agent.add_transport();
        agent.gather(now, transport);
        let remote = Credentials {
            ufrag: "them".into(),
            pwd: PASSWORD.into(),
        };
        agent.set_remote_credentials(now, transport, remote);
        let (_, local) = agent.local_credentials(transport).expect("it exists");
        Self {
            local: local.clone(),
            remote: "them".into(),
            agent,
            transport,
            socket: SocketId(0),
            now,
            events: Vec::new(),
            nominated: Vec::new(),
        }
    }

    pub(crate) fn drive(&mut self) {
        self.serve();
        while let Some(event) = self.agent.poll_event() {
            self.events.push(event);
        }
    }

    /// Answers requests to the driver; events stay where they are.
    pub(crate) fn serve(&mut self) {
        while let Some(request) = self.agent.poll_request() {
            let (id, response) = match request {
                Request::ListInterfaces { id } => {
                    let interface = Interface {
                        name: "eth0".into(),
                        address: [198, 51, 100, 1].into(),
                        loopback: false,
                    };
                    (id, Response::Interfaces(vec![interface]))
                }
                Request::BindUdp {
                    id,
                    socket,
                    address,
                    ..
                } => {
                    self.socket = socket;
                    (id, Response::Bound((address, 5000).into()))
                }
                Request::CloseSocket { .. } => continue,
                other => panic!("{other:?}"),
            };
            self.agent.handle_response(self.now, id, response);
        }
    }

    /// Restarts, and gathers anew. From now on the new generation is spoken to.
    pub(crate) fn restart(&mut self) -> Generation {
        let local = Credentials {
            ufrag: format!("anew{}", self.socket.0),
            pwd: format!("password number {} of 22", self.socket.0),
        };
        self.local = local.clone();
        let (now, transport) = (self.now, self.transport);
        let generation = self.agent.restart(now, transport, local);
        self.agent.gather(now, transport);
        self.serve();
        generation.expect("it exists")
    }

    /// The peer restarts: its credentials are there before we gather.
    pub(crate) fn be_restarted(&mut self, ufrag: &str) {
        let local = Credentials {
            ufrag: format!("anew{}", self.socket.0),
            pwd: format!("password number {} of 22", self.socket.0),
        };
        self.local = local.clone();
        let (now, transport) = (self.now, self.transport);
        self.agent.restart(now, transport, local);
        self.answer(ufrag);
        self.agent.gather(now, transport);
        self.drive();
    }

    /// The peer's answer to a restart: its credentials and nothing else.
    pub(crate) fn answer(&mut self, ufrag: &str) {
        let remote = Credentials {
            ufrag: ufrag.into(),
            pwd: PASSWORD.into(),
        };
        self.remote = ufrag.into();
        let (now, transport) = (self.now, self.transport);
        self.agent.set_remote_credentials(now, transport, remote);
    }

    /// Speaks to another generation from now on; gives how to speak to the present one.
    pub(crate) fn turn_to(&mut self, other: (SocketId, Credentials)) -> (SocketId, Credentials) {
        let socket = std::mem::replace(&mut self.socket, other.0);
        (socket, std::mem::replace(&mut self.local, other.1))
    }

    pub(crate) fn feed(&mut self, from: SocketAddr, bytes: Vec<u8>) -> Received {
        self.feed_at(self.socket, from, bytes)
    }

    fn feed_at(&mut self, socket: SocketId, from: SocketAddr, mut bytes: Vec<u8>) -> Received {
        let path = Path {
            socket,
            local_ip: None,
            remote: from,
            ecn: None,
        };
        let received = self.agent.handle_datagram(self.now, path, &mut bytes);
        self.drive();
        received
    }

    /// The requests that the agent sends now: to whom, and what.
    pub(crate) fn requests(&mut self) -> Vec<(SocketAddr, Vec<u8>)> {
        let requests = self.sent_requests().into_iter();
        requests.map(|(path, bytes)| (path.remote, bytes)).collect()
    }

    fn sent_requests(&mut self) -> Vec<(Path, Vec<u8>)> {
        let mut requests = Vec::new();
        let mut buffer = Vec::new();
        while let Some(transmit) = self.agent.poll_transmit(self.now, &mut buffer) {
            let message = Message::parse(&buffer).expect("well formed");
            if message.class() == Class::Request {
                let path = transmit.to.path().expect("no server relays");
                let to = path.remote;
                self.nominated.extend(message.use_candidate().then_some(to));
                requests.push((path, buffer.clone()));
            }
        }
        requests
    }

    /// Answers every check that the agent sends to an address in `answering`, until it sends none.
    pub(crate) fn answer_checks(&mut self, answering: &[SocketAddr]) {
        loop {
            let requests = self.sent_requests();
            if requests.is_empty() {
                return;
            }
            for (to, request) in requests {
                if answering.contains(&to.remote) {
                    self.feed_at(to.socket, to.remote, success(&request));
                }
            }
        }
    }

    pub(crate) fn advance(&mut self, duration: Duration) {
        self.now += duration;
        self.agent.handle_timeout(self.now);
        self.drive();
    }

    /// Adds a remote candidate with a foundation of its own.
    pub(crate) fn add(&mut self, address: SocketAddr, priority: u32) {
        self.add_of(address, priority, &priority.to_string());
    }

    pub(crate) fn add_of(&mut self, address: SocketAddr, priority: u32, foundation: &str) {
        let candidate = RemoteCandidate {
            foundation: foundation.into(),
            priority,
            ..candidate(address)
        };
        self.try_add(candidate).expect("accepted");
    }

    /// Adds a remote candidate that names its generation.
    pub(crate) fn add_for(
        &mut self,
        address: SocketAddr,
        ufrag: &str,
    ) -> Result<(), AddCandidateError> {
        self.try_add(RemoteCandidate {
            foundation: address.to_string(),
            ufrag: Some(ufrag.into()),
            ..candidate(address)
        })
    }

    pub(crate) fn try_add(&mut self, candidate: RemoteCandidate) -> Result<(), AddCandidateError> {
        let (now, transport) = (self.now, self.transport);
        let added = self.agent.add_remote_candidate(now, transport, candidate);
        self.drive();
        added
    }

    pub(crate) fn end(&mut self, ufrag: Option<&str>) {
        let (now, transport) = (self.now, self.transport);
        self.agent.end_of_remote_candidates(now, transport, ufrag);
        self.drive();
    }

    /// A check by the peer, who has the other role.
    pub(crate) fn check(&self, nominates: bool) -> Vec<u8> {
        self.check_with(|writer| {
            if nominates {
                writer.use_candidate()
            } else {
                writer
            }
        })
    }

    /// The same with what `add` adds.
    pub(crate) fn check_with(&self, add: impl FnOnce(Writer<'_>) -> Writer<'_>) -> Vec<u8> {
        self.check_of(1_000_000, add)
    }

    /// The same of another PRIORITY.
    pub(crate) fn check_of(
        &self,
        priority: u32,
        add: impl FnOnce(Writer<'_>) -> Writer<'_>,
    ) -> Vec<u8> {
        let mut bytes = Vec::new();
        let id = TransactionId([7; 12]);
        let writer = Writer::new(&mut bytes, Class::Request, Method::BINDING, id)
            .username(format!("{}:{}", self.local.ufrag, self.remote))
            .priority(priority);
        let writer = match self.agent.role() {
            Role::Controlled => writer.ice_controlling(7),
            Role::Controlling => writer.ice_controlled(7),
        };
        add(writer)
            .message_integrity(self.local.pwd.as_bytes())
            .fingerprint()
            .finish();
        bytes
    }

    pub(crate) fn check_from(&mut self, from: SocketAddr, nominates: bool) {
        let check = self.check(nominates);
        assert_eq!(self.feed(from, check), Received::Consumed);
    }

    pub(crate) fn pairs(&self) -> Vec<PairInfo> {
        self.agent.pairs(self.transport).collect()
    }

    /// The states of the pairs, oldest first.
    pub(crate) fn pair_states(&self) -> Vec<PairState> {
        self.pairs().iter().map(|pair| pair.state).collect()
    }

    pub(crate) fn selected(&self) -> Option<(SocketAddr, bool)> {
        let pair = self.agent.selected_pair(self.transport)?;
        Some((pair.path.remote, pair.nominated))
    }

    pub(crate) fn state(&self) -> TransportState {
        self.agent.state(self.transport)
    }
}

/// A host candidate there that names no generation.
pub(crate) fn candidate(address: SocketAddr) -> RemoteCandidate {
    RemoteCandidate {
        foundation: "1".into(),
        component: 1,
        protocol: Protocol::Udp,
        priority: 1000,
        kind: Kind::Host,
        address: RemoteAddress::Ip(address),
        ufrag: None,
    }
}

pub(crate) fn address(last: u8) -> SocketAddr {
    ([203, 0, 113, last], 4000).into()
}

/// The success response to a check.
pub(crate) fn success(request: &[u8]) -> Vec<u8> {
    respond(request, Class::Success, |writer| {
        writer.xor_mapped_address("198.51.100.1:5000".parse().expect("a literal"))
    })
}

/// A response with right integrity.
pub(crate) fn respond(
    request: &[u8],
    class: Class,
    add: impl FnOnce(Writer<'_>) -> Writer<'_>,
) -> Vec<u8> {
    let id = Message::parse(request)
        .expect("well formed")
        .transaction_id();
    let mut bytes = Vec::new();
    add(Writer::new(&mut bytes, class, Method::BINDING, id))
        .message_integrity(PASSWORD.as_bytes())
        .fingerprint()
        .finish();
    bytes
}
