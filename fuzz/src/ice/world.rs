//! Everything around the agent: its driver, the time, and what it must not do.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use rill_ice::{
    Agent, Config, Credentials, Event, Generation, Limits, Loopback, Path, Received, Request,
    RequestId, Response, Role, ServerConfig, ServerHost, Service, SocketId, TransportId,
};
use rill_stun::{Class, Message, is_stun};

use super::interfaces;
use crate::script::EPOCH;

/// Where peers are, and where nothing must ever be sent, whoever asks for it.
pub(super) const ADDRESSES: [&str; 12] = [
    "192.0.2.1:1000",
    "192.0.2.1:1001",
    "192.0.2.2:1000",
    "[2001:db8::1]:1000",
    "10.0.0.7:1000",
    "203.0.113.5:4000",
    "224.0.0.1:1000",
    "255.255.255.255:1000",
    "0.0.0.0:1000",
    "192.0.2.3:0",
    "[ff02::1]:1000",
    "[::ffff:192.0.2.4]:1000",
];

/// One of the addresses, or another.
pub(super) fn remote(choice: u8) -> SocketAddr {
    match ADDRESSES.get(usize::from(choice)) {
        Some(address) => address.parse().expect("a literal"),
        None => ([192, 0, 2, choice], 2000).into(),
    }
}

const SERVER: &str = "198.51.100.1";
const SERVER_PORT: u16 = 3478;
const MAX_TRANSPORTS: usize = 4;

/// The agent, and what is known about it from outside.
pub(super) struct World {
    pub(super) agent: Agent,
    pub(super) now: Instant,
    pub(super) transports: Vec<TransportId>,
    /// Whether outputs are left where they are until the script asks for them.
    pub(super) lazy: bool,
    limits: Limits,
    requests: VecDeque<Asked>,
    sockets: BTreeMap<SocketId, SocketState>,
    allowed: BTreeSet<SocketAddr>,
    /// Checks sent to each address that has not answered yet.
    silent: BTreeMap<IpAddr, u32>,
    talking: BTreeSet<IpAddr>,
    generations: u32,
    /// The generations before these say nothing any more.
    confirmed: BTreeMap<TransportId, Generation>,
    /// Makes credentials.
    rng: ChaCha20Rng,
    recent: VecDeque<(Path, Vec<u8>)>,
    removed: BTreeSet<TransportId>,
    ended: BTreeSet<(TransportId, Generation)>,
    hasher: DefaultHasher,
}

/// A request that waits for its answer.
pub(super) struct Asked {
    id: RequestId,
    what: What,
}

enum What {
    Interfaces,
    Bind(SocketId, IpAddr),
    Resolve,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum SocketState {
    Asked(IpAddr),
    Bound(SocketAddr),
    /// Not bound. The agent may have asked to close it before it heard of that.
    Failed,
    Closed,
}

impl Asked {
    /// What a driver would answer.
    pub(super) fn response(&self, choice: u8) -> Response {
        match self.what {
            What::Interfaces => Response::Interfaces(interfaces(choice >> 4)),
            What::Bind(socket, address) => {
                let port = 40_000 + u16::try_from(socket.0 % 20_000).unwrap_or(0);
                Response::Bound(SocketAddr::new(address, port))
            }
            What::Resolve => Response::Resolved(vec![[198, 51, 100, choice].into()]),
        }
    }
}

impl World {
    pub(super) fn new(flags: u8) -> Self {
        let server = |host| ServerConfig {
            url: "stun:x".into(),
            host,
            port: SERVER_PORT,
            service: Service::Stun,
        };
        let by_address = server(ServerHost::Ip(SERVER.parse().expect("a literal")));
        let by_name = server(ServerHost::Name("stun.example".into()));
        let servers = [
            vec![],
            vec![by_address.clone()],
            vec![by_name.clone()],
            vec![by_address, by_name],
        ];
        let config = Config {
            servers: servers[usize::from(flags & 3)].clone(),
            include_loopback: if flags & 4 == 0 {
                Loopback::WhenAlone
            } else {
                Loopback::Always
            },
            ..Config::default()
        };
        let role = if flags & 8 == 0 {
            Role::Controlling
        } else {
            Role::Controlled
        };
        let limits = config.limits.clone();
        let mut world = Self {
            agent: Agent::new(config, role, ChaCha20Rng::seed_from_u64(u64::from(flags))),
            now: *EPOCH,
            transports: Vec::new(),
            lazy: false,
            limits,
            requests: VecDeque::new(),
            sockets: BTreeMap::new(),
            allowed: BTreeSet::new(),
            silent: BTreeMap::new(),
            talking: BTreeSet::new(),
            generations: 0,
            confirmed: BTreeMap::new(),
            rng: ChaCha20Rng::seed_from_u64(1000),
            recent: VecDeque::new(),
            removed: BTreeSet::new(),
            ended: BTreeSet::new(),
            hasher: DefaultHasher::new(),
        };
        let server: IpAddr = SERVER.parse().expect("a literal");
        world.talk_to_server(server);
        if flags & 16 == 0 {
            world.add_transport();
        }
        world
    }

    pub(super) fn add_transport(&mut self) {
        if self.transports.len() < MAX_TRANSPORTS {
            let id = self.agent.add_transport();
            assert!(
                !self.removed.contains(&id),
                "the number of a removed transport"
            );
            self.transports.push(id);
            self.generations += 1;
        }
    }

    pub(super) fn remove_transport(&mut self, id: TransportId) {
        self.agent.remove_transport(self.now, id);
        if self.transports.contains(&id) {
            self.transports.retain(|other| *other != id);
            self.removed.insert(id);
        }
    }

    pub(super) fn restart(&mut self, id: TransportId) {
        let credentials = Credentials::generate(&mut self.rng);
        if self.agent.restart(self.now, id, credentials).is_some() {
            self.generations += 1;
        }
    }

    pub(super) fn confirm_restart(&mut self, id: TransportId) {
        self.agent.confirm_restart(self.now, id);
        if let Some((newest, _)) = self.agent.local_credentials(id) {
            self.confirmed.insert(id, newest);
        }
    }

    pub(super) fn allow(&mut self, address: SocketAddr) {
        self.allowed.insert(address);
    }

    /// A server is asked a bounded number of times by other rules than a peer.
    fn talk_to_server(&mut self, address: IpAddr) {
        self.allowed.insert(SocketAddr::new(address, SERVER_PORT));
        self.talking.insert(address);
    }

    pub(super) fn answered(&mut self, address: IpAddr) {
        self.talking.insert(address);
    }

    pub(super) fn local_credentials(&self, choice: u8) -> Option<Credentials> {
        let choice = usize::from(choice) % self.transports.len().max(1);
        let (_, credentials) = self
            .agent
            .local_credentials(*self.transports.get(choice)?)?;
        Some(credentials.clone())
    }

    pub(super) fn sent(&self, choice: u8) -> Option<(Path, Vec<u8>)> {
        self.recent
            .get(usize::from(choice) % self.recent.len().max(1))
            .cloned()
    }

    pub(super) fn own_address(&self, socket: SocketId) -> SocketAddr {
        match self.sockets.get(&socket) {
            Some(SocketState::Bound(address)) => *address,
            _ => ([192, 168, 1, 2], 1).into(),
        }
    }

    pub(super) fn take_request(&mut self, choice: u8) -> Option<Asked> {
        self.requests
            .remove(usize::from(choice) % self.requests.len().max(1))
    }

    pub(super) fn respond(&mut self, asked: Asked, response: Response) {
        if let Response::Resolved(addresses) = &response {
            addresses
                .iter()
                .for_each(|address| self.talk_to_server(*address));
        }
        if let What::Bind(socket, _) = asked.what
            && let Some(SocketState::Asked(address)) = self.sockets.get(&socket).copied()
        {
            let state = match &response {
                Response::Bound(bound) => {
                    SocketState::Bound(SocketAddr::new(address, bound.port()))
                }
                _ => SocketState::Failed,
            };
            self.sockets.insert(socket, state);
        }
        self.agent.handle_response(self.now, asked.id, response);
    }

    /// A datagram to one of the sockets, or to none, from one of the addresses, or another.
    pub(super) fn receive(&mut self, at: u8, from: u8, bytes: Vec<u8>) {
        let socket = match self.sockets.keys().nth(usize::from(at)) {
            Some(socket) => *socket,
            None => SocketId(u32::from(at)),
        };
        let remote = remote(from);
        self.deliver(
            Path {
                socket,
                local_ip: None,
                remote,
                ecn: None,
            },
            bytes,
        );
    }

    pub(super) fn deliver(&mut self, path: Path, mut bytes: Vec<u8>) {
        if let Received::Application {
            transport, range, ..
        } = self.agent.handle_datagram(self.now, path, &mut bytes)
        {
            assert!(!is_stun(&bytes), "STUN is not for the application");
            assert!(
                range.end <= bytes.len() && range.start <= range.end,
                "{range:?}"
            );
            assert!(
                self.transports.contains(&transport),
                "data for a transport that is gone"
            );
        }
    }

    pub(super) fn send_error(&mut self, choice: u8) {
        if let Some((path, _)) = self.sent(choice) {
            self.agent.handle_send_error(self.now, &path);
        }
    }

    /// Lets time pass, and does what is due in it.
    pub(super) fn pass(&mut self, milliseconds: u32) {
        let until = self.now + Duration::from_millis(milliseconds.into());
        let mut idle = 0;
        while let Some(timeout) = self
            .agent
            .poll_timeout()
            .filter(|timeout| *timeout <= until)
        {
            idle = if timeout <= self.now { idle + 1 } else { 0 };
            assert!(idle < 20, "it spins: {timeout:?} at {:?}", self.now);
            self.now = self.now.max(timeout);
            self.agent.handle_timeout(self.now);
            self.poll_all();
        }
        self.now = until;
    }

    /// After a step: takes what there is, unless the script is lazy, and looks at the agent.
    pub(super) fn observe(&mut self) {
        if !self.lazy {
            self.poll_all();
        }
        let pairs: usize = self
            .transports
            .iter()
            .map(|id| self.agent.pairs(*id).count())
            .sum();
        assert!(pairs <= self.limits.pairs, "{pairs} pairs");
        for id in &self.transports {
            if let Some(path) = self.agent.route(*id) {
                self.check_path(&path);
            }
        }
    }

    /// One output of a kind.
    pub(super) fn poll_some(&mut self, choice: u8) -> bool {
        match choice % 3 {
            0 => self.poll_request(),
            1 => self.poll_transmit(),
            _ => self.poll_event(),
        }
    }

    fn poll_all(&mut self) {
        for _ in 0..10_000 {
            if !(self.poll_request() || self.poll_event() || self.poll_transmit()) {
                return;
            }
        }
        panic!("outputs without end");
    }

    fn poll_request(&mut self) -> bool {
        let Some(request) = self.agent.poll_request() else {
            return false;
        };
        format!("{request:?}").hash(&mut self.hasher);
        let (id, what) = match request {
            Request::ListInterfaces { id } => (id, What::Interfaces),
            Request::Resolve { id, .. } | Request::ResolveMdns { id, .. } => (id, What::Resolve),
            Request::BindUdp {
                id,
                socket,
                address,
                ..
            } => {
                let before = self.sockets.insert(socket, SocketState::Asked(address));
                assert!(before.is_none(), "the number of another socket");
                (id, What::Bind(socket, address))
            }
            Request::CloseSocket { socket } => {
                let before = self.sockets.insert(socket, SocketState::Closed);
                assert!(
                    before.is_some_and(|state| state != SocketState::Closed),
                    "closed again"
                );
                return true;
            }
            other => panic!("not asked yet: {other:?}"),
        };
        self.requests.push_back(Asked { id, what });
        true
    }

    fn poll_transmit(&mut self) -> bool {
        let mut bytes = Vec::new();
        let Some(transmit) = self.agent.poll_transmit(self.now, &mut bytes) else {
            return false;
        };
        format!("{:?}", transmit.to).hash(&mut self.hasher);
        bytes.hash(&mut self.hasher);
        let path = transmit.to.path().expect("no server relays");
        self.check_path(&path);
        let message = Message::parse(&bytes).expect("the agent sends STUN only");
        let address = path.remote.ip();
        if message.class() == Class::Request && !self.talking.contains(&address) {
            let count = self.silent.entry(address).or_default();
            *count += 1;
            let limit = self.limits.silent_datagrams * self.generations;
            assert!(
                *count <= limit,
                "{count} checks to {address}, which never answered"
            );
        }
        self.recent.push_front((path, bytes));
        self.recent.truncate(16);
        true
    }

    fn check_path(&self, path: &Path) {
        let state = self.sockets.get(&path.socket);
        assert!(
            matches!(state, Some(SocketState::Bound(_))),
            "socket {:?}",
            path.socket
        );
        assert!(
            self.allowed.contains(&path.remote),
            "sends to {}",
            path.remote
        );
    }

    fn poll_event(&mut self) -> bool {
        let Some(event) = self.agent.poll_event() else {
            return false;
        };
        format!("{event:?}").hash(&mut self.hasher);
        let transport = match &event {
            Event::LocalCandidate {
                transport,
                generation,
                ..
            } => {
                assert!(
                    !self.ended.contains(&(*transport, *generation)),
                    "after the last one"
                );
                self.check_generation(*transport, *generation);
                transport
            }
            Event::LocalEndOfCandidates {
                transport,
                generation,
            } => {
                assert!(self.ended.insert((*transport, *generation)), "a second end");
                self.check_generation(*transport, *generation);
                transport
            }
            Event::GatheringState { transport, .. }
            | Event::CandidateError { transport, .. }
            | Event::Server { transport, .. }
            | Event::Proved { transport, .. }
            | Event::SelectedPair { transport, .. }
            | Event::State { transport, .. } => transport,
            Event::Role(_) => return true,
        };
        assert!(
            self.transports.contains(transport),
            "{event:?} of a transport that is gone"
        );
        true
    }

    /// A generation that gathers lives, and was not confirmed away.
    fn check_generation(&self, id: TransportId, generation: Generation) {
        assert!(
            self.agent.credentials(id, generation).is_some(),
            "{generation:?} of {id:?} is gone"
        );
        let confirmed = self.confirmed.get(&id);
        assert!(
            confirmed.is_none_or(|confirmed| generation >= *confirmed),
            "{generation:?} of {id:?} is over"
        );
    }

    /// After the end there is nothing but sockets to close, and none is forgotten.
    pub(super) fn close(&mut self) {
        self.agent.close(self.now);
        assert!(self.agent.poll_event().is_none(), "an event after the end");
        assert!(self.agent.poll_timeout().is_none(), "a timer after the end");
        assert!(
            self.agent
                .poll_transmit(self.now, &mut Vec::new())
                .is_none(),
            "a datagram"
        );
        while self.poll_request() {}
        while let Some(asked) = self.take_request(0) {
            let response = asked.response(0);
            self.respond(asked, response);
        }
        while self.poll_request() {}
        let left = self
            .sockets
            .iter()
            .find(|(_, state)| !matches!(state, SocketState::Closed | SocketState::Failed));
        assert!(
            left.is_none(),
            "socket {:?} is left open",
            left.map(|(id, _)| id)
        );
        assert!(self.agent.poll_event().is_none(), "an event after the end");
    }

    pub(super) fn trace(&self) -> u64 {
        self.hasher.finish()
    }
}
