//! Two sides whose drivers call things in an order that a list of numbers decides.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use rill_ice::{
    Agent, CandidatePolicy, Config, Destination, Event, Interface, LocalCandidate, Path, Protocol,
    RelayProtocol, RemoteAddress, RemoteCandidate, Request, Response, Role, SocketId, StreamId,
    TransportId, TransportState,
};
use rill_sim::{Datagram, Endpoint, Seed, StreamEvent, StreamRequest, TurnServer};

use crate::relays::{TURN, serving, turn};
use crate::scene::ip;

/// How the sides reach each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Direct,
    /// Each over a relay, which it reaches by datagrams.
    Datagrams,
    /// The same, by connections.
    Streams,
}

/// What came for a side: from where, or on its stream.
#[derive(Debug)]
enum Arrival {
    Datagram(SocketAddr, Vec<u8>),
    Bytes(Vec<u8>),
}

/// A side whose driver calls things in any order.
pub(crate) struct Side {
    pub(crate) agent: Agent,
    pub(crate) transport: TransportId,
    pub(crate) states: Vec<TransportState>,
    bound: Vec<SocketId>,
    streams: Vec<StreamId>,
    port: u16,
    arriving: Vec<Arrival>,
    leaving: Vec<(Destination, Vec<u8>)>,
    to_peer: Vec<LocalCandidate>,
    ended: bool,
    /// Whether a socket or stream was closed.
    closes: bool,
}

impl Side {
    fn new(way: Way, role: Role, part: u32, port: u16) -> Self {
        let mut config = Config::default();
        let protocol = match way {
            Way::Direct => None,
            Way::Datagrams => Some(RelayProtocol::Udp),
            Way::Streams => Some(RelayProtocol::Tcp),
        };
        if let Some(protocol) = protocol {
            config.policy = CandidatePolicy::Relay;
            config.servers.push(turn(protocol, TURN));
        }
        let mut agent = Agent::new(config, role, Seed::new(5).rng(part));
        let transport = agent.add_transport();
        Self {
            agent,
            transport,
            states: Vec::new(),
            bound: Vec::new(),
            streams: Vec::new(),
            port,
            arriving: Vec::new(),
            leaving: Vec::new(),
            to_peer: Vec::new(),
            ended: false,
            closes: false,
        }
    }

    fn address(&self) -> SocketAddr {
        (ip("198.51.100.1"), self.port).into()
    }

    /// One step, chosen by `choice`; gives whether there was anything to do.
    fn act(&mut self, now: Instant, choice: u8) -> bool {
        match choice % 5 {
            0 => self.request(now),
            1 => self.event(),
            2 => {
                let mut buffer = Vec::new();
                let transmit = self.agent.poll_transmit(now, &mut buffer);
                self.leaving.extend(transmit.map(|it| (it.to, buffer)));
                transmit.is_some()
            }
            3 if !self.arriving.is_empty() => {
                let arrival = self.arriving.remove(0);
                self.take(now, arrival);
                true
            }
            4 if self.agent.poll_timeout().is_some_and(|at| at <= now) => {
                self.agent.handle_timeout(now);
                false
            }
            _ => false,
        }
    }

    fn take(&mut self, now: Instant, arrival: Arrival) {
        match arrival {
            Arrival::Datagram(remote, mut bytes) => {
                let path = Path {
                    socket: self.bound[0],
                    local_ip: None,
                    remote,
                    ecn: None,
                };
                self.agent.handle_datagram(now, path, &mut bytes);
            }
            Arrival::Bytes(bytes) => {
                let stream = self.streams[0];
                self.agent.handle_stream(now, stream, &bytes);
                let mut datagram = Vec::new();
                while self
                    .agent
                    .poll_streamed(now, stream, &mut datagram)
                    .is_some()
                {}
            }
        }
    }

    fn request(&mut self, now: Instant) -> bool {
        let Some(request) = self.agent.poll_request() else {
            return false;
        };
        let (id, response) = match request {
            Request::ListInterfaces { id } => {
                let interface = Interface {
                    name: "eth0".into(),
                    address: ip("198.51.100.1"),
                    loopback: false,
                };
                (id, Response::Interfaces(vec![interface]))
            }
            Request::BindUdp { id, socket, .. } => {
                self.bound.push(socket);
                (id, Response::Bound(self.address()))
            }
            Request::ConnectStream { id, stream, .. } => {
                self.streams.push(stream);
                let local = self.address();
                (id, Response::Connected { local })
            }
            Request::CloseSocket { .. } | Request::CloseStream { .. } => {
                self.closes = true;
                return true;
            }
            other => panic!("{other:?}"),
        };
        self.agent.handle_response(now, id, response);
        true
    }

    fn event(&mut self) -> bool {
        let Some(event) = self.agent.poll_event() else {
            return false;
        };
        match event {
            Event::LocalCandidate { candidate, .. } => self.to_peer.push(candidate),
            Event::LocalEndOfCandidates { .. } => self.ended = true,
            Event::State { state, .. } => self.states.push(state),
            _ => {}
        }
        true
    }

    /// Closes in the order that is given: whether nothing is left to send when the way is closed.
    pub(crate) fn closes_after_its_goodbye(&mut self, order: &[u8]) -> bool {
        let now = self.agent.poll_timeout().expect("it keeps consent");
        self.agent.close(now);
        self.leaving.clear();
        let choices = order.iter().copied().chain(0..10);
        let mut said = false;
        for choice in choices {
            self.act(now, choice);
            said |= !self.leaving.is_empty();
            if self.closes && !said {
                return false;
            }
        }
        said && self.closes && self.agent.poll_timeout().is_none()
    }
}

fn signal(from: &mut Side, to: &mut Side, now: Instant) {
    for candidate in from.to_peer.drain(..) {
        let candidate = RemoteCandidate {
            foundation: candidate.foundation,
            component: 1,
            protocol: Protocol::Udp,
            priority: candidate.priority,
            kind: candidate.kind,
            address: RemoteAddress::Ip(candidate.address),
            ufrag: None,
        };
        to.agent
            .add_remote_candidate(now, to.transport, candidate)
            .expect("accepted");
    }
    if std::mem::take(&mut from.ended) {
        to.agent.end_of_remote_candidates(now, to.transport, None);
    }
}

/// What stands between the sides.
struct Middle {
    server: TurnServer,
}

impl Middle {
    fn new() -> Self {
        Self {
            server: serving(TURN),
        }
    }

    /// Carries what a side sends, to the other or to the server, and what the server sends.
    fn carry(&mut self, sides: &mut [Side; 2], now: Instant) {
        let server: SocketAddr = TURN.parse().expect("a literal address");
        for index in 0..2 {
            let address = sides[index].address();
            for (to, mut bytes) in std::mem::take(&mut sides[index].leaving) {
                match to {
                    Destination::Datagram(path) if path.remote == server => {
                        self.server
                            .handle_datagram(now, server, address, &mut bytes);
                    }
                    Destination::Datagram(path) => {
                        let other = &mut sides[1 - index];
                        if path.remote == other.address() {
                            other.arriving.push(Arrival::Datagram(address, bytes));
                        }
                    }
                    Destination::Stream(_) => {
                        let stream = rill_sim::StreamId {
                            local: server,
                            remote: address,
                        };
                        self.server
                            .handle_stream_event(now, stream, StreamEvent::Received(bytes));
                    }
                }
            }
        }
        self.deliver(sides, now);
    }

    fn deliver(&mut self, sides: &mut [Side; 2], now: Instant) {
        loop {
            let mut did = false;
            if let Some(Datagram {
                local,
                remote,
                mut bytes,
            }) = self.server.poll_transmit(now)
            {
                did = true;
                match sides.iter_mut().find(|side| side.address() == remote) {
                    Some(side) => side.arriving.push(Arrival::Datagram(local, bytes)),
                    // From one relay to the other.
                    None => self.server.handle_datagram(now, remote, local, &mut bytes),
                }
            }
            if let Some(request) = self.server.poll_stream_request(now) {
                did = true;
                if let StreamRequest::Send(stream, bytes) = request
                    && let Some(side) = sides
                        .iter_mut()
                        .find(|side| side.address() == stream.remote)
                {
                    side.arriving.push(Arrival::Bytes(bytes));
                }
            }
            if !did {
                return;
            }
        }
    }

    /// The server knows the streams of both sides.
    fn open(&mut self, sides: &[Side; 2], now: Instant) {
        for side in sides {
            let stream = rill_sim::StreamId {
                local: TURN.parse().expect("a literal address"),
                remote: side.address(),
            };
            self.server
                .handle_stream_event(now, stream, StreamEvent::Connected);
        }
    }
}

/// Runs two sides for a while.
pub(crate) fn run(way: Way, order: &[u8], start: Instant) -> [Side; 2] {
    let mut sides = [
        Side::new(way, Role::Controlling, 0, 5000),
        Side::new(way, Role::Controlled, 1, 7000),
    ];
    let mut middle = Middle::new();
    if way == Way::Streams {
        middle.open(&sides, start);
    }
    let credentials = sides.each_ref().map(|side| {
        let (_, credentials) = side
            .agent
            .local_credentials(side.transport)
            .expect("it exists");
        credentials.clone()
    });
    for (index, side) in sides.iter_mut().enumerate() {
        side.agent.gather(start, side.transport);
        let theirs = credentials[1 - index].clone();
        side.agent
            .set_remote_credentials(start, side.transport, theirs);
    }
    let mut order = order
        .iter()
        .copied()
        .chain((0..).map(|n: u32| (n % 10) as u8));
    let mut now = start;
    for _ in 0..200 {
        // Within a millisecond everything happens in the given order, until nothing is left to do.
        let mut idle = 0;
        while idle < 40 {
            let choice = order.next().expect("endless");
            let [a, b] = &mut sides;
            let (actor, other) = if choice % 2 == 0 { (a, b) } else { (b, a) };
            let did = actor.act(now, choice / 2);
            idle = if did { 0 } else { idle + 1 };
            signal(actor, other, now);
            middle.carry(&mut sides, now);
        }
        now += Duration::from_millis(1);
    }
    sides
}
