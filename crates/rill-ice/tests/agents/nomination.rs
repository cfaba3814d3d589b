//! Nomination against peers of other kinds, played by the test.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use rill_ice::{
    Agent, Config, Credentials, Event, Interface, Kind, Path, Protocol, Received, RemoteAddress,
    RemoteCandidate, Request, Response, Role, SocketId, TransportId, TransportState,
};
use rill_sim::{Seed, Silent, Simulation};
use rill_stun::{Class, Message, Method, TransactionId, Writer};

const PASSWORD: &str = "a password of 22 chars";

/// An agent on one address, and what the test knows of it.
struct Subject {
    agent: Agent,
    transport: TransportId,
    socket: SocketId,
    local: Credentials,
    now: Instant,
    events: Vec<Event>,
    /// How many checks of ours carried USE-CANDIDATE, and to whom.
    nominated: Vec<SocketAddr>,
}

impl Subject {
    fn new(role: Role) -> Self {
        let now = Simulation::<Silent>::new(Seed::new(1)).start();
        let mut agent = Agent::new(Config::default(), role, Seed::new(9).rng(0));
        let transport = agent.add_transport();
        agent.gather(now, transport);
        let remote = Credentials {
            ufrag: "them".into(),
            pwd: PASSWORD.into(),
        };
        agent.set_remote_credentials(now, transport, remote);
        let (_, local) = agent.local_credentials(transport).expect("it exists");
        let mut subject = Self {
            local: local.clone(),
            agent,
            transport,
            socket: SocketId(0),
            now,
            events: Vec::new(),
            nominated: Vec::new(),
        };
        subject.drive();
        subject
    }

    fn drive(&mut self) {
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
                } => {
                    self.socket = socket;
                    (id, Response::Bound((address, 5000).into()))
                }
                other => panic!("{other:?}"),
            };
            self.agent.handle_response(self.now, id, response);
        }
        while let Some(event) = self.agent.poll_event() {
            self.events.push(event);
        }
    }

    fn feed(&mut self, from: SocketAddr, mut bytes: Vec<u8>) -> Received {
        let path = Path {
            socket: self.socket,
            local_ip: None,
            remote: from,
            ecn: None,
        };
        let received = self.agent.handle_datagram(self.now, path, &mut bytes);
        self.drive();
        received
    }

    /// Answers every check that the agent sends to an address in `answering`.
    fn answer_checks(&mut self, answering: &[SocketAddr]) {
        let mut buffer = Vec::new();
        while let Some(transmit) = self.agent.poll_transmit(self.now, &mut buffer) {
            let request = Message::parse(&buffer).expect("well formed");
            if request.class() != Class::Request {
                continue;
            }
            let to = transmit.to.remote;
            self.nominated.extend(request.use_candidate().then_some(to));
            if answering.contains(&to) {
                let mut answer = Vec::new();
                let id = request.transaction_id();
                Writer::new(&mut answer, Class::Success, Method::BINDING, id)
                    .xor_mapped_address("198.51.100.1:5000".parse().expect("a literal"))
                    .message_integrity(PASSWORD.as_bytes())
                    .fingerprint()
                    .finish();
                self.feed(to, answer);
            }
        }
    }

    fn advance(&mut self, duration: Duration) {
        self.now += duration;
        self.agent.handle_timeout(self.now);
        self.drive();
    }

    fn add(&mut self, address: SocketAddr, priority: u32) {
        let candidate = RemoteCandidate {
            foundation: priority.to_string(),
            component: 1,
            protocol: Protocol::Udp,
            priority,
            kind: Kind::Host,
            address: RemoteAddress::Ip(address),
            ufrag: None,
        };
        let added = self
            .agent
            .add_remote_candidate(self.now, self.transport, candidate);
        added.expect("accepted");
        self.drive();
    }

    fn check_from(&mut self, from: SocketAddr, nominates: bool) {
        let mut bytes = Vec::new();
        let id = TransactionId([7; 12]);
        let writer = Writer::new(&mut bytes, Class::Request, Method::BINDING, id)
            .username(format!("{}:them", self.local.ufrag))
            .priority(1_000_000)
            .ice_controlling(7);
        let writer = if nominates {
            writer.use_candidate()
        } else {
            writer
        };
        writer
            .message_integrity(self.local.pwd.as_bytes())
            .fingerprint()
            .finish();
        assert_eq!(self.feed(from, bytes), Received::Consumed);
    }

    fn selected(&self) -> Option<(SocketAddr, bool)> {
        let pair = self.agent.selected_pair(self.transport)?;
        Some((pair.path.remote, pair.nominated))
    }

    fn state(&self) -> TransportState {
        self.agent.state(self.transport)
    }
}

fn address(last: u8) -> SocketAddr {
    ([203, 0, 113, last], 9).into()
}

/// As browsers do it: every check nominates (RFC 5245), and the best pair wins (RFC 8445 §8.1.1).
#[test]
fn of_several_nominated_pairs_the_best_is_selected() {
    let (good, better) = (address(1), address(2));
    for order in [[good, better], [better, good]] {
        let mut subject = Subject::new(Role::Controlled);
        subject.add(good, 1000);
        subject.add(better, 2000);
        for from in order {
            subject.check_from(from, true);
        }
        subject.answer_checks(&[good, better]);
        assert_eq!(subject.selected(), Some((better, true)));
        subject.check_from(good, true);
        assert_eq!(
            subject.selected(),
            Some((better, true)),
            "nominated again, still worse"
        );
        assert_eq!(subject.nominated, []);
    }
}

#[test]
fn a_nomination_ahead_of_our_own_check_counts_once_that_succeeds() {
    let mut subject = Subject::new(Role::Controlled);
    subject.check_from(address(1), true);
    assert_eq!(subject.selected(), None);
    subject.answer_checks(&[address(1)]);
    assert_eq!(subject.selected(), Some((address(1), true)));
}

#[test]
fn a_controlled_agent_uses_the_best_valid_pair_until_one_is_nominated() {
    let (good, better) = (address(1), address(2));
    let mut subject = Subject::new(Role::Controlled);
    subject.add(good, 1000);
    subject.add(better, 2000);
    subject.answer_checks(&[good, better]);
    assert_eq!(subject.selected(), Some((better, false)));
    subject.check_from(good, true);
    assert_eq!(
        subject.selected(),
        Some((good, true)),
        "the controlling agent decides"
    );
}

#[test]
fn nothing_better_in_sight_means_nomination_at_once() {
    let mut subject = Subject::new(Role::Controlling);
    subject.add(address(1), 1000);
    subject.answer_checks(&[address(1)]);
    assert_eq!(subject.nominated, [address(1)]);
    assert_eq!(subject.selected(), Some((address(1), true)));
}

#[test]
fn a_better_pair_under_way_is_waited_for_briefly() {
    let (good, silent) = (address(1), address(2));
    let mut subject = Subject::new(Role::Controlling);
    subject.add(good, 1000);
    subject.add(silent, 2000);
    subject.answer_checks(&[good]);
    assert_eq!(subject.selected(), Some((good, false)), "usable already");
    assert_eq!(subject.nominated, []);
    let at = subject.agent.poll_timeout().expect("it waits");
    assert!(at - subject.now <= Duration::from_millis(100));
    subject.advance(Duration::from_millis(100));
    subject.answer_checks(&[good]);
    assert_eq!(subject.nominated, [good]);
    assert_eq!(subject.selected(), Some((good, true)));
}

#[test]
fn a_lite_peer_that_only_answers_is_connected_to() {
    let mut subject = Subject::new(Role::Controlling);
    subject.agent.set_remote_lite(subject.transport, true);
    subject.add(address(1), 1000);
    subject
        .agent
        .end_of_remote_candidates(subject.now, subject.transport);
    subject.answer_checks(&[address(1)]);
    subject.drive();
    assert_eq!(subject.state(), TransportState::Completed);
}

/// A lite peer sends no checks, so there is nothing to be patient for (RFC 8863 §4).
#[test]
fn a_lite_peer_that_does_not_answer_is_given_up_with_its_last_pair() {
    let mut subject = Subject::new(Role::Controlling);
    subject.agent.set_remote_lite(subject.transport, true);
    subject.add(address(1), 1000);
    subject
        .agent
        .end_of_remote_candidates(subject.now, subject.transport);
    for _ in 0..25 {
        subject.answer_checks(&[]);
        subject.advance(Duration::from_secs(1));
    }
    assert_eq!(subject.state(), TransportState::Failed);
}

#[test]
fn a_peer_may_revoke_consent() {
    let mut subject = Subject::new(Role::Controlling);
    subject.add(address(1), 1000);
    subject
        .agent
        .end_of_remote_candidates(subject.now, subject.transport);
    subject.answer_checks(&[address(1)]);
    subject.advance(Duration::from_secs(6));
    let mut buffer = Vec::new();
    let sent = subject.agent.poll_transmit(subject.now, &mut buffer);
    assert!(sent.is_some(), "a consent check");
    let id = Message::parse(&buffer)
        .expect("well formed")
        .transaction_id();
    let mut answer = Vec::new();
    Writer::new(&mut answer, Class::Error, Method::BINDING, id)
        .error_code(403, "Forbidden")
        .message_integrity(PASSWORD.as_bytes())
        .fingerprint()
        .finish();
    subject.feed(address(1), answer);
    assert_eq!(subject.agent.route(subject.transport), None);
    assert_eq!(subject.state(), TransportState::Failed);
}

/// Even if nobody calls `handle_timeout` (RFC 7675 §5.1: cease transmission).
#[test]
fn no_route_without_consent() {
    let mut subject = Subject::new(Role::Controlling);
    subject.add(address(1), 1000);
    subject.answer_checks(&[address(1)]);
    subject.now += Duration::from_secs(29);
    subject.answer_checks(&[]);
    assert!(subject.agent.route(subject.transport).is_some());
    subject.now += Duration::from_secs(1);
    subject.answer_checks(&[]);
    assert!(subject.agent.route(subject.transport).is_none());
}

/// A process that was stopped for long sends no burst when it goes on.
#[test]
fn a_long_stall_is_followed_by_few_datagrams() {
    let mut subject = Subject::new(Role::Controlling);
    for last in 1..=60 {
        subject.add(address(last), 1000 + u32::from(last));
    }
    subject.answer_checks(&[]);
    subject.advance(Duration::from_secs(25));
    let mut buffer = Vec::new();
    let mut sent = 0;
    while subject
        .agent
        .poll_transmit(subject.now, &mut buffer)
        .is_some()
    {
        sent += 1;
    }
    assert!((1..=20).contains(&sent), "{sent}");
    let next = subject.agent.poll_timeout().expect("more to send");
    assert!(next > subject.now);
}
