//! Restarts in any order, with anything from the network in between: nothing panics, every limit
//! holds, and what is said makes sense.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use proptest::prelude::*;
use rill_ice::{
    Agent, Config, Credentials, Event, GatheringState, Generation, Interface, Path, Request,
    RequestId, Response, Role, SocketId, TransportId, TransportState,
};
use rill_sim::{Seed, Silent, Simulation};
use rill_stun::{Class, Method, TransactionId, Writer};

use crate::scene::{ip, stun};
use crate::subject::{PASSWORD, address, candidate, success};

/// The peer's ufrags.
const PEERS: [&str; 3] = ["them", "newer", "other"];

/// One step: what is done, and two numbers that say how.
type Step = (u8, u8, u8);

/// An agent in bad company.
struct Victim {
    agent: Agent,
    now: Instant,
    transports: Vec<TransportId>,
    unanswered: Vec<(RequestId, Request)>,
    open: BTreeSet<SocketId>,
    /// Ours, by generation.
    credentials: BTreeMap<SocketId, Credentials>,
    asked: Vec<(Path, Vec<u8>)>,
    ended: BTreeSet<(TransportId, Generation)>,
    gathering: BTreeMap<TransportId, GatheringState>,
    states: BTreeMap<TransportId, TransportState>,
    restarts: u32,
    /// All that it sent and said.
    story: String,
}

impl Victim {
    fn new(seed: u64, now: Instant) -> Self {
        let config = Config {
            servers: vec![stun("192.0.2.66:3478")],
            ..Config::default()
        };
        let mut agent = Agent::new(config, Role::Controlling, Seed::new(seed).rng(0));
        let first = agent.add_transport();
        Self {
            agent,
            now,
            transports: vec![first],
            unanswered: Vec::new(),
            open: BTreeSet::new(),
            credentials: BTreeMap::new(),
            asked: Vec::new(),
            ended: BTreeSet::new(),
            gathering: BTreeMap::new(),
            states: BTreeMap::new(),
            restarts: 0,
            story: String::new(),
        }
    }

    fn take(&mut self, (what, how, more): Step) {
        let transport = self.transports[usize::from(how) % self.transports.len()];
        match what % 16 {
            0 => self.restart(transport),
            1 => self.agent.confirm_restart(self.now, transport),
            2 => self.agent.cancel_restart(self.now, transport),
            3 => self.agent.gather(self.now, transport),
            4 => self.describe(transport, more),
            5 | 6 => self.signal(transport, how, more),
            7 => self.serve(usize::from(how), more),
            8 | 9 => self.listen(more),
            10 => self.transmit(),
            11 => self.respond(how, more),
            12 => self.request(how, more),
            13 => self.change(transport, more),
            _ => self.wait(how),
        }
        self.check();
    }

    fn restart(&mut self, transport: TransportId) {
        self.restarts += 1;
        let local = Credentials {
            ufrag: format!("anew{}", self.restarts),
            pwd: PASSWORD.into(),
        };
        let begun = self.agent.restart(self.now, transport, local.clone());
        let begun = begun.map(|generation| self.agent.credentials(transport, generation));
        assert_eq!(begun, Some(Some(&local)));
    }

    fn describe(&mut self, transport: TransportId, more: u8) {
        let remote = Credentials {
            ufrag: PEERS[usize::from(more) % 3].into(),
            pwd: PASSWORD.into(),
        };
        self.agent
            .set_remote_credentials(self.now, transport, remote);
    }

    fn signal(&mut self, transport: TransportId, how: u8, more: u8) {
        let ufrag = PEERS.get(usize::from(more) % 4).copied();
        if how.is_multiple_of(5) {
            return self
                .agent
                .end_of_remote_candidates(self.now, transport, ufrag);
        }
        let mut signalled = candidate(address(how % 32));
        signalled.ufrag = ufrag.map(str::to_owned);
        signalled.priority = u32::from(more) + 1;
        signalled.foundation = (more % 5).to_string();
        // Refusals are fine.
        let _ = self
            .agent
            .add_remote_candidate(self.now, transport, signalled);
    }

    /// Takes what the driver is to do, and perhaps does some of it.
    fn serve(&mut self, which: usize, more: u8) {
        while let Some(request) = self.agent.poll_request() {
            match request {
                Request::ListInterfaces { id } | Request::BindUdp { id, .. } => {
                    if let Request::BindUdp { socket, .. } = request {
                        assert!(self.open.insert(socket), "a new socket");
                    }
                    self.unanswered.push((id, request));
                }
                Request::CloseSocket { socket } => {
                    assert!(self.open.remove(&socket), "{socket:?} is closed once");
                    self.asked.retain(|(path, _)| path.socket != socket);
                }
                other => panic!("{other:?}"),
            }
        }
        if self.unanswered.is_empty() {
            return;
        }
        let index = which % self.unanswered.len();
        let (id, request) = self.unanswered.remove(index);
        let response = match request {
            _ if more.is_multiple_of(7) => Response::Failed("no".into()),
            Request::BindUdp { .. } => Response::Bound((ip("198.51.100.1"), 5000).into()),
            _ => Response::Interfaces(vec![Interface {
                name: "eth0".into(),
                address: ip("198.51.100.1"),
                loopback: false,
            }]),
        };
        if let (Request::BindUdp { socket, .. }, Response::Failed(_)) = (&request, &response) {
            // The driver has nothing to close then, and is not asked to.
            self.open.remove(socket);
        }
        self.agent.handle_response(self.now, id, response);
    }

    /// Polls a few events, or all.
    fn listen(&mut self, more: u8) {
        for _ in 0..more {
            let Some(event) = self.agent.poll_event() else {
                return;
            };
            self.story += &format!("{event:?}\n");
            self.hear(event);
        }
    }

    fn hear(&mut self, event: Event) {
        match event {
            Event::LocalCandidate {
                transport,
                generation,
                candidate,
            } => {
                assert!(
                    !self.ended.contains(&(transport, generation)),
                    "after the end"
                );
                let ours = self.agent.credentials(transport, generation);
                let ours = ours.expect("nothing is said of a generation that is gone");
                self.credentials.insert(candidate.socket, ours.clone());
            }
            Event::LocalEndOfCandidates {
                transport,
                generation,
            } => {
                let lives = self.agent.credentials(transport, generation).is_some();
                assert!(lives && self.ended.insert((transport, generation)));
            }
            Event::GatheringState { transport, state } => {
                let before = self.gathering.insert(transport, state).unwrap_or_default();
                assert_ne!(before, state);
            }
            Event::State { transport, state } => {
                let before = self.states.insert(transport, state).unwrap_or_default();
                assert_ne!(before, state);
            }
            _ => {}
        }
    }

    fn transmit(&mut self) {
        let mut buffer = Vec::new();
        while let Some(transmit) = self.agent.poll_transmit(self.now, &mut buffer) {
            self.story += &format!("{transmit:?} {buffer:?}\n");
            assert!(self.asked.len() < 10_000, "it sends without end");
            let path = transmit.to.path().expect("no server relays");
            self.asked.push((path, buffer.clone()));
        }
    }

    fn feed(&mut self, path: Path, mut bytes: Vec<u8>) {
        self.agent.handle_datagram(self.now, path, &mut bytes);
    }

    /// Answers something that was sent: rightly, with noise in it, or from elsewhere.
    fn respond(&mut self, how: u8, more: u8) {
        if self.asked.is_empty() {
            return;
        }
        let index = usize::from(how) % self.asked.len();
        let (mut path, request) = self.asked[index].clone();
        let mut answer = success(&request);
        match more % 5 {
            0 => {
                let at = usize::from(more) % answer.len();
                answer[at] ^= how;
            }
            1 => path.remote = address(how),
            _ => {}
        }
        self.feed(path, answer);
    }

    /// A check of the peer, on some socket, in some name.
    fn request(&mut self, how: u8, more: u8) {
        let Some((socket, ours)) = self
            .credentials
            .iter()
            .nth(usize::from(how) % self.credentials.len().max(1))
        else {
            return;
        };
        let mut bytes = Vec::new();
        let theirs = PEERS[usize::from(more) % 3];
        let writer = Writer::new(
            &mut bytes,
            Class::Request,
            Method::BINDING,
            TransactionId([how; 12]),
        );
        let writer = writer
            .username(format!("{}:{theirs}", ours.ufrag))
            .priority(7);
        let writer = match more % 4 {
            0 => writer.ice_controlling(u64::from(how)),
            1 => writer.ice_controlling(u64::MAX).use_candidate(),
            _ => writer.ice_controlled(u64::from(how)),
        };
        writer
            .message_integrity(ours.pwd.as_bytes())
            .fingerprint()
            .finish();
        let path = Path {
            socket: *socket,
            local_ip: None,
            remote: address(more),
            ecn: None,
        };
        self.feed(path, bytes);
    }

    /// Rarer things.
    fn change(&mut self, transport: TransportId, more: u8) {
        match more % 6 {
            0 if self.transports.len() < 3 => self.transports.push(self.agent.add_transport()),
            1 if self.transports.len() > 1 => {
                self.transports.retain(|other| *other != transport);
                self.agent.remove_transport(self.now, transport);
            }
            2 => self.agent.set_role(self.now, Role::Controlled),
            3 => self.agent.set_role(self.now, Role::Controlling),
            4 => self
                .agent
                .presume_end_of_remote_candidates(self.now, transport),
            _ => {
                if let Some((path, _)) = self.asked.last() {
                    self.agent.handle_send_error(self.now, path);
                }
            }
        }
    }

    /// To the next deadline, or a while.
    fn wait(&mut self, how: u8) {
        let deadline = self.agent.poll_timeout().filter(|_| how.is_multiple_of(2));
        let later = self.now + Duration::from_millis(u64::from(how) * 20);
        self.now = deadline.map_or(later, |at| at.max(self.now));
        self.agent.handle_timeout(self.now);
    }

    /// What holds at any time.
    fn check(&self) {
        for &transport in &self.transports {
            let newest = self
                .agent
                .local_credentials(transport)
                .expect("it exists")
                .0;
            let living = (0..=newest.0).filter(|number| {
                self.agent
                    .credentials(transport, Generation(*number))
                    .is_some()
            });
            assert!(living.count() <= 3);
            assert!(self.agent.pairs(transport).count() <= 100);
            assert!(self.agent.remote_candidates(transport).count() <= 100);
            if let Some(route) = self.agent.route(transport) {
                assert!(
                    self.open.contains(&route.socket),
                    "data over a closed socket"
                );
            }
        }
        // At most one address, so one socket, per generation; some may wait to be closed.
        assert!(self.credentials.len() <= usize::try_from(self.restarts).expect("few") + 9);
    }

    /// In the end nothing is left.
    fn close(&mut self) {
        self.listen(u8::MAX);
        self.agent.close(self.now);
        assert_eq!(self.agent.poll_event(), None);
        while let Some(request) = self.agent.poll_request() {
            match request {
                Request::BindUdp { socket, .. } => assert!(self.open.insert(socket)),
                Request::CloseSocket { socket } => assert!(self.open.remove(&socket)),
                _ => {}
            }
        }
        assert!(self.open.is_empty(), "{:?} stay open", self.open);
    }
}

fn story(seed: u64, steps: &[Step], now: Instant) -> String {
    let mut victim = Victim::new(seed, now);
    // Something to restart.
    for step in [
        (3, 0, 0),
        (7, 0, 1),
        (7, 0, 1),
        (8, 0, 9),
        (4, 0, 0),
        (5, 1, 0),
        (10, 0, 0),
    ] {
        victim.take(step);
    }
    for step in steps {
        victim.take(*step);
    }
    victim.close();
    victim.story
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    /// Trickle D14: crates/rill-ice/src/context.rs: `self.events.forget_session(session);` => ``
    #[test]
    fn restarts_survive_any_company(
        seed in any::<u64>(),
        steps in proptest::collection::vec(any::<Step>(), 0..400),
    ) {
        let now = Simulation::<Silent>::new(Seed::new(1)).start();
        let (once, again) = (story(seed, &steps, now), story(seed, &steps, now));
        prop_assert!(once == again, "the same steps led elsewhere");
    }
}
