//! One agent with its driver, and what is known of it from outside.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use rill_ice::{
    Agent, Config, Credentials, Event, Generation, Interface, Path, Proof, Protocol, Received,
    RemoteAddress, RemoteCandidate, Request, Response, Role, ServerConfig, ServerHost, Service,
    SocketId, TransportId, TransportState,
};
use rill_stun::{Class, Message, Method, is_stun};

use super::line::Datagram;

/// The machine of each side; how many of them it has is the script's choice.
pub(super) const ADDRESSES: [[&str; 3]; 2] = [
    ["10.0.0.1", "2001:db8::1", "10.1.0.1"],
    ["10.0.0.2", "2001:db8::2", "10.1.0.2"],
];

/// A STUN server that does not exist.
const SERVER: &str = "192.0.2.9";

/// RFC 7675 §5.1.
const CONSENT: Duration = Duration::from_secs(30);

/// What one side says to the other by signalling, which loses nothing and keeps the order.
#[derive(Clone, Debug)]
pub(super) enum Signal {
    Offer(Credentials),
    Answer(Credentials),
    Candidate(RemoteCandidate),
    End(String),
}

pub(super) struct Side {
    pub(super) agent: Agent,
    pub(super) transport: TransportId,
    pub(super) outbox: VecDeque<Signal>,
    /// Data received over a path that the agent has proved.
    pub(super) received: usize,
    addresses: Vec<IpAddr>,
    sockets: BTreeMap<SocketId, SocketAddr>,
    /// When the other agent's last success response came, by our address and the other's.
    answered: BTreeMap<(SocketAddr, SocketAddr), Instant>,
    /// Checks sent to those who did not answer in this life.
    silent: BTreeMap<IpAddr, u32>,
    talking: BTreeSet<IpAddr>,
    generations: u32,
    rng: ChaCha20Rng,
}

impl Side {
    pub(super) fn new(number: usize, addresses: &[usize], role: Role, has_server: bool) -> Self {
        let parse = |text: &str| -> IpAddr { text.parse().expect("a literal") };
        let server = ServerConfig {
            url: format!("stun:{SERVER}"),
            host: ServerHost::Ip(parse(SERVER)),
            port: 3478,
            service: Service::Stun,
        };
        let config = Config {
            servers: if has_server { vec![server] } else { Vec::new() },
            ..Config::default()
        };
        let seed = |part: u64| ChaCha20Rng::seed_from_u64(part * 2 + number as u64);
        let mut agent = Agent::new(config, role, seed(1));
        Self {
            transport: agent.add_transport(),
            agent,
            outbox: VecDeque::new(),
            received: 0,
            addresses: addresses
                .iter()
                .map(|index| parse(ADDRESSES[number][*index]))
                .collect(),
            sockets: BTreeMap::new(),
            answered: BTreeMap::new(),
            silent: BTreeMap::new(),
            talking: BTreeSet::new(),
            generations: 1,
            rng: seed(2),
        }
    }

    pub(super) fn credentials(&self) -> Credentials {
        let (_, own) = self
            .agent
            .local_credentials(self.transport)
            .expect("it exists");
        own.clone()
    }

    pub(super) fn state(&self) -> TransportState {
        self.agent.state(self.transport)
    }

    pub(super) fn restart(&mut self, now: Instant) {
        let credentials = Credentials::generate(&mut self.rng);
        let begun = self.agent.restart(now, self.transport, credentials);
        assert!(begun.is_some(), "it is open");
        self.generations += 1;
    }

    pub(super) fn has(&self, address: SocketAddr) -> bool {
        self.sockets.values().any(|bound| *bound == address)
    }

    pub(super) fn any_address(&self) -> Option<SocketAddr> {
        self.sockets.values().next().copied()
    }

    /// Does what the agent asks for; whether there was anything.
    pub(super) fn serve(&mut self, now: Instant) -> bool {
        let Some(request) = self.agent.poll_request() else {
            return false;
        };
        let (id, response) = match request {
            Request::ListInterfaces { id } => {
                let interface = |address: &IpAddr| Interface {
                    name: "eth0".into(),
                    address: *address,
                    loopback: false,
                };
                let list = self.addresses.iter().map(interface).collect();
                (id, Response::Interfaces(list))
            }
            Request::BindUdp {
                id,
                socket,
                address,
                ..
            } => {
                let port = 40_000 + u16::try_from(socket.0 % 20_000).unwrap_or(0);
                let bound = SocketAddr::new(address, port);
                self.sockets.insert(socket, bound);
                (id, Response::Bound(bound))
            }
            Request::CloseSocket { socket } => {
                assert!(
                    self.sockets.remove(&socket).is_some(),
                    "{socket:?} is closed again"
                );
                return true;
            }
            other => panic!("not asked for: {other:?}"),
        };
        self.agent.handle_response(now, id, response);
        true
    }

    /// Signals what the agent says.
    pub(super) fn hear(&mut self) -> Option<Event> {
        let event = self.agent.poll_event()?;
        let ufrag_of = |generation: Generation| {
            let lives = self.agent.credentials(self.transport, generation);
            lives
                .expect("nothing is said of a generation that is gone")
                .ufrag
                .clone()
        };
        match &event {
            Event::LocalCandidate {
                generation,
                candidate,
                ..
            } => {
                let ufrag = Some(ufrag_of(*generation));
                self.outbox.push_back(Signal::Candidate(RemoteCandidate {
                    foundation: candidate.foundation.clone(),
                    component: 1,
                    protocol: Protocol::Udp,
                    priority: candidate.priority,
                    kind: candidate.kind,
                    address: RemoteAddress::Ip(candidate.address),
                    ufrag,
                }));
            }
            Event::LocalEndOfCandidates { generation, .. } => {
                self.outbox.push_back(Signal::End(ufrag_of(*generation)));
            }
            _ => {}
        }
        Some(event)
    }

    /// The next datagram of the agent's own.
    pub(super) fn transmit(&mut self, now: Instant) -> Option<Datagram> {
        let mut bytes = Vec::new();
        let transmit = self.agent.poll_transmit(now, &mut bytes)?;
        let path = transmit.to.path().expect("no server relays");
        let message = Message::parse(&bytes).expect("the agent sends STUN only");
        let to = path.remote.ip();
        if message.class() == Class::Request && !self.talking.contains(&to) {
            let count = self.silent.entry(to).or_default();
            *count += 1;
            let limit = 100 * self.generations;
            assert!(
                *count <= limit,
                "{count} checks to {to}, which never answered"
            );
        }
        Some(self.datagram(&path, bytes))
    }

    /// Data of the application, if the agent has a way for them.
    pub(super) fn send(&mut self, now: Instant) -> Option<Datagram> {
        let path = self.agent.route(self.transport)?;
        self.check_route(now, &path);
        let mut bytes = b"\x16data".to_vec();
        let transmit = self.agent.transmit(path, None, &mut bytes)?;
        let path = transmit.to.path().expect("no server relays");
        Some(self.datagram(&path, bytes))
    }

    fn datagram(&self, path: &Path, bytes: Vec<u8>) -> Datagram {
        let from = *self.sockets.get(&path.socket).expect("the socket is open");
        Datagram {
            from,
            to: path.remote,
            bytes,
        }
    }

    /// A datagram arrives, sent by the other agent or by a stranger.
    pub(super) fn receive(&mut self, now: Instant, datagram: Datagram, by_peer: bool) {
        let Datagram {
            from,
            to,
            mut bytes,
        } = datagram;
        let Some((&socket, _)) = self.sockets.iter().find(|(_, bound)| **bound == to) else {
            return;
        };
        let path = Path {
            socket,
            local_ip: None,
            remote: from,
            ecn: None,
        };
        if is_answer(&bytes) {
            self.answered.insert((to, from), now);
            self.talking.insert(from.ip());
        }
        if let Received::Application { proof, .. } =
            self.agent.handle_datagram(now, path, &mut bytes)
        {
            assert!(!is_stun(&bytes), "STUN is not for the application");
            let is_proved = proof == Proof::Proved;
            assert!(
                !is_proved || self.answered.contains_key(&(to, from)),
                "{from} never answered"
            );
            self.received += usize::from(is_proved && by_peer);
        }
    }

    /// A way for data is one on which the other agent answered lately.
    pub(super) fn check_route(&self, now: Instant, path: &Path) {
        let local = *self.sockets.get(&path.socket).expect("the socket is open");
        let answered = self.answered.get(&(local, path.remote));
        let answered = *answered.expect("nobody answered there");
        assert!(
            now - answered <= CONSENT,
            "the last answer came {:?} ago",
            now - answered
        );
    }

    pub(super) fn check_limits(&self, now: Instant) {
        assert!(self.agent.pairs(self.transport).count() <= 100);
        assert!(self.agent.remote_candidates(self.transport).count() <= 132);
        if let Some(path) = self.agent.route(self.transport) {
            self.check_route(now, &path);
        }
    }

    /// The nominated pair, by our address and the other's.
    pub(super) fn agreed(&self) -> Option<(SocketAddr, SocketAddr)> {
        let pair = self.agent.selected_pair(self.transport)?;
        let local = *self
            .sockets
            .get(&pair.path.socket)
            .expect("the socket is open");
        pair.nominated.then_some((local, pair.path.remote))
    }
}

/// A success response to a check.
fn is_answer(bytes: &[u8]) -> bool {
    let message = Message::parse(bytes);
    message.is_ok_and(|message| {
        (message.class(), message.method()) == (Class::Success, Method::BINDING)
    })
}
