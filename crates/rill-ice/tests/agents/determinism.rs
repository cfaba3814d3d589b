//! Same seed, same bytes; and no order of calls matters.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use rill_ice::{
    Agent, Config, Interface, Path, Request, Response, Role, SocketId, TransportId, TransportState,
};
use rill_sim::{Link, NatConfig, Seed};

use crate::scene::{Setting, ip};

fn trace(seed: u64) -> String {
    let mut setting = Setting {
        link: Link {
            loss: 0.1,
            jitter: Duration::from_millis(10),
            ..Link::default()
        },
        addresses: [
            vec![ip("10.0.0.1"), ip("2001:db8::1")],
            vec![ip("198.51.100.2")],
        ],
        nats: [Some(NatConfig::new(ip("203.0.113.9"))), None],
        ..Setting::seeded(seed)
    };
    setting = setting.with_server("192.0.2.1:3478");
    let mut scene = setting.build();
    let address = "192.0.2.1:3478".parse().expect("a literal");
    scene
        .sim
        .add_stun_server(rill_sim::StunServer::new(address), Link::default());
    let bytes = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let sink = bytes.clone();
    scene.sim.intercept(move |_, datagram| {
        sink.lock()
            .expect("not poisoned")
            .extend_from_slice(&datagram.bytes);
        rill_sim::Verdict::Pass
    });
    scene.start();
    scene.run_for(Duration::from_secs(12));
    let bytes = bytes.lock().expect("not poisoned");
    format!("{} {bytes:?}", scene.sim.trace())
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    assert!(trace(3) == trace(3));
    assert!(trace(3) != trace(4));
}

/// A side whose driver calls things in an order that a list of numbers decides.
struct Side {
    agent: Agent,
    transport: TransportId,
    bound: Vec<SocketId>,
    port: u16,
    arriving: Vec<Vec<u8>>,
    leaving: Vec<Vec<u8>>,
    to_peer: Vec<rill_ice::LocalCandidate>,
    ended: bool,
    states: Vec<TransportState>,
}

impl Side {
    fn new(role: Role, part: u32, port: u16) -> Self {
        let mut agent = Agent::new(Config::default(), role, Seed::new(5).rng(part));
        let transport = agent.add_transport();
        Self {
            agent,
            transport,
            bound: Vec::new(),
            port,
            arriving: Vec::new(),
            leaving: Vec::new(),
            to_peer: Vec::new(),
            ended: false,
            states: Vec::new(),
        }
    }

    fn address(&self) -> std::net::SocketAddr {
        (ip("198.51.100.1"), self.port).into()
    }

    /// One step, chosen by `choice`; gives whether there was anything to do.
    fn act(&mut self, now: Instant, choice: u8, peer: std::net::SocketAddr) -> bool {
        match choice % 5 {
            0 => self.request(now),
            1 => self.event(),
            2 => {
                let mut buffer = Vec::new();
                let sent = self.agent.poll_transmit(now, &mut buffer).is_some();
                self.leaving.extend(sent.then_some(buffer));
                sent
            }
            3 if !self.arriving.is_empty() => {
                let mut bytes = self.arriving.remove(0);
                let path = Path {
                    socket: self.bound[0],
                    local_ip: None,
                    remote: peer,
                    ecn: None,
                };
                self.agent.handle_datagram(now, path, &mut bytes);
                true
            }
            4 if self.agent.poll_timeout().is_some_and(|at| at <= now) => {
                self.agent.handle_timeout(now);
                false
            }
            _ => false,
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
            rill_ice::Event::LocalCandidate { candidate, .. } => self.to_peer.push(candidate),
            rill_ice::Event::LocalEndOfCandidates { .. } => self.ended = true,
            rill_ice::Event::State { state, .. } => self.states.push(state),
            _ => {}
        }
        true
    }
}

fn signal(from: &mut Side, to: &mut Side, now: Instant) {
    for candidate in from.to_peer.drain(..) {
        let candidate = rill_ice::RemoteCandidate {
            foundation: candidate.foundation,
            component: 1,
            protocol: rill_ice::Protocol::Udp,
            priority: candidate.priority,
            kind: candidate.kind,
            address: rill_ice::RemoteAddress::Ip(candidate.address),
            ufrag: None,
        };
        to.agent
            .add_remote_candidate(now, to.transport, candidate)
            .expect("accepted");
    }
    if std::mem::take(&mut from.ended) {
        to.agent.end_of_remote_candidates(now, to.transport, None);
    }
    to.arriving.append(&mut from.leaving);
}

fn run(order: &[u8], start: Instant) -> [Side; 2] {
    let mut sides = [
        Side::new(Role::Controlling, 0, 5000),
        Side::new(Role::Controlled, 1, 7000),
    ];
    let credentials = sides.each_ref().map(|side| {
        let (_, credentials) = side
            .agent
            .local_credentials(side.transport)
            .expect("it exists");
        credentials.clone()
    });
    let [a, b] = &mut sides;
    a.agent.gather(start, a.transport);
    b.agent.gather(start, b.transport);
    a.agent
        .set_remote_credentials(start, a.transport, credentials[1].clone());
    b.agent
        .set_remote_credentials(start, b.transport, credentials[0].clone());
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
            let did = actor.act(now, choice / 2, other.address());
            idle = if did { 0 } else { idle + 1 };
            signal(actor, other, now);
        }
        now += Duration::from_millis(1);
    }
    sides
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    /// Trickle F14: crates/rill-ice/src/agent/remote.rs: `(Some(_), _) | (None, None) => session.remote.ended = true,`
    /// Trickle F11: crates/rill-ice/src/session.rs: `self.local.ended && has_peer_ended`
    /// Trickle F9: crates/rill-ice/src/agent/states.rs: `|| !has_patience`
    #[test]
    fn every_order_of_calls_ends_alike(order in proptest::collection::vec(any::<u8>(), 0..400)) {
        let start = rill_sim::Simulation::<rill_sim::Silent>::new(Seed::new(1)).start();
        for side in run(&order, start) {
            let pair = side.agent.selected_pair(side.transport).expect("it is selected");
            prop_assert!(pair.nominated);
            prop_assert_eq!(side.agent.state(side.transport), TransportState::Completed);
            prop_assert_eq!(side.states.first(), Some(&TransportState::Checking));
            prop_assert_eq!(side.states.last(), Some(&TransportState::Completed));
        }
    }
}
