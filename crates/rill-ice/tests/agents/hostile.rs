//! Peers and strangers who mean no good.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use rill_ice::{
    AddCandidateError, Credentials, Kind, Path, Protocol, Received, RemoteAddress, RemoteCandidate,
    TransportState,
};
use rill_stun::{Class, Message, Method, TransactionId, Writer};

use crate::node::{LONG, Node};
use crate::scene::{Scene, Setting, ip};

const PASSWORD: &str = "a password of 22 chars";

fn candidate(address: SocketAddr) -> RemoteCandidate {
    RemoteCandidate {
        foundation: "1".into(),
        component: 1,
        protocol: Protocol::Udp,
        priority: 2_130_706_431,
        kind: Kind::Host,
        address: RemoteAddress::Ip(address),
        ufrag: None,
    }
}

/// Alice alone, gathered, with a peer who is played by the test.
fn alice() -> (Scene, Credentials) {
    alice_in(Setting::default())
}

fn alice_in(setting: Setting) -> (Scene, Credentials) {
    let mut scene = setting.build();
    let credentials = scene.sim.with(scene.alice, |node, now| {
        node.start(now);
        let remote = Credentials {
            ufrag: "them".into(),
            pwd: PASSWORD.into(),
        };
        node.agent
            .set_remote_credentials(now, node.transport, remote);
        let (_, local) = node
            .agent
            .local_credentials(node.transport)
            .expect("it exists");
        local.clone()
    });
    (scene, credentials)
}

fn path(node: &Node, remote: SocketAddr) -> Path {
    Path {
        socket: *node
            .driver
            .sockets()
            .keys()
            .next()
            .expect("a socket is bound"),
        local_ip: None,
        remote,
        ecn: None,
    }
}

/// A check as the peer `them` in the controlled role sends it, with something added.
fn check(local: &Credentials, add: impl FnOnce(Writer<'_>) -> Writer<'_>) -> Vec<u8> {
    addressed_check(local, "them", |writer| add(writer.ice_controlled(7)))
}

fn addressed_check(
    local: &Credentials,
    from: &str,
    add: impl FnOnce(Writer<'_>) -> Writer<'_>,
) -> Vec<u8> {
    let mut bytes = Vec::new();
    let id = TransactionId([5; 12]);
    let writer = Writer::new(&mut bytes, Class::Request, Method::BINDING, id)
        .username(format!("{}:{from}", local.ufrag))
        .priority(0x6fff_ffff);
    add(writer)
        .message_integrity(local.pwd.as_bytes())
        .fingerprint()
        .finish();
    bytes
}

fn feed(node: &mut Node, now: Instant, remote: SocketAddr, mut bytes: Vec<u8>) -> Received {
    let path = path(node, remote);
    node.agent.handle_datagram(now, path, &mut bytes)
}

/// What the agent sends now.
fn sent(node: &mut Node, now: Instant) -> Vec<(SocketAddr, Vec<u8>)> {
    let mut all = Vec::new();
    let mut buffer = Vec::new();
    while let Some(transmit) = node.agent.poll_transmit(now, &mut buffer) {
        all.push((
            transmit.to.path().expect("no server relays").remote,
            buffer.clone(),
        ));
    }
    all
}

fn stranger() -> SocketAddr {
    "203.0.113.66:4666".parse().expect("a literal address")
}

#[test]
fn unauthenticated_datagrams_get_no_answer_and_leave_nothing() {
    let (mut scene, local) = alice();
    scene.sim.with(scene.alice, |node, now| {
        let good = check(&local, |writer| writer);
        let wrong_user = Credentials {
            ufrag: "nobody".into(),
            ..local.clone()
        };
        let wrong_password = Credentials {
            pwd: "guess".into(),
            ..local.clone()
        };
        let mut bare = Vec::new();
        let id = TransactionId([9; 12]);
        Writer::new(&mut bare, Class::Request, Method::BINDING, id)
            .username(format!("{}:them", local.ufrag))
            .fingerprint()
            .finish();
        let attempts = [
            check(&wrong_user, |writer| writer),
            check(&wrong_password, |writer| writer),
            bare,
            good[..good.len() - 1].to_vec(),
            [&good[..good.len() - 4], &[0; 4]].concat(),
        ];
        for attempt in attempts {
            assert_eq!(feed(node, now, stranger(), attempt), Received::Dropped);
        }
        assert_eq!(sent(node, now), []);
        assert_eq!(node.agent.pairs(node.transport).count(), 0);
        let counters = node.agent.counters();
        assert_eq!((counters.unauthenticated, counters.malformed), (3, 2));
        assert_eq!(feed(node, now, stranger(), good), Received::Consumed);
        assert_eq!(node.agent.pairs(node.transport).count(), 1);
    });
}

#[test]
fn no_answer_is_larger_than_its_request() {
    let (mut scene, local) = alice();
    scene.sim.with(scene.alice, |node, now| {
        let without_priority = {
            let mut bytes = Vec::new();
            Writer::new(
                &mut bytes,
                Class::Request,
                Method::BINDING,
                TransactionId([3; 12]),
            )
            .username(format!("{}:them", local.ufrag))
            .message_integrity(local.pwd.as_bytes())
            .finish();
            bytes
        };
        let requests = [
            check(&local, |writer| writer),
            check(&local, |writer| writer.raw(0x7777, b"?")),
            without_priority,
            check(&local, |writer| writer.ice_controlling(0)),
        ];
        let mut codes = Vec::new();
        for request in requests {
            let length = request.len();
            feed(node, now, stranger(), request);
            for (to, bytes) in sent(node, now) {
                let message = Message::parse(&bytes).expect("well formed");
                if message.class() == Class::Request {
                    continue;
                }
                assert_eq!(to, stranger());
                assert!(bytes.len() <= length, "{} > {length}", bytes.len());
                codes.push(message.error_code().map(|error| error.code));
            }
        }
        assert_eq!(codes, [None, Some(420), Some(400), Some(487)]);
    });
}

#[test]
fn a_flood_of_candidates_stays_within_limits() {
    let (mut scene, _) = alice();
    scene.sim.with(scene.alice, |node, now| {
        let mut refused = 0;
        for n in 0..100_000_u32 {
            let [_, _, high, low] = n.to_be_bytes();
            let address = SocketAddr::from(([203, 0, high, low], 4000));
            let result = node
                .agent
                .add_remote_candidate(now, node.transport, candidate(address));
            refused += u32::from(result == Err(AddCandidateError::TooMany { limit: 100 }));
        }
        assert!(refused > 60_000, "{refused}");
        assert!(node.agent.pairs(node.transport).count() <= 100);
        for _ in 0..100_000 {
            let again = SocketAddr::from(([203, 0, 1, 1], 4000));
            let _ = node
                .agent
                .add_remote_candidate(now, node.transport, candidate(again));
        }
        assert!(node.agent.pairs(node.transport).count() <= 100);
    });
}

#[test]
fn hostile_addresses_are_accepted_and_never_contacted() {
    let (mut scene, _) = alice();
    scene.sim.with(scene.alice, |node, now| {
        for address in [
            "224.0.0.1:4000",
            "255.255.255.255:4000",
            "0.0.0.0:4000",
            "192.0.2.1:0",
            "[::]:4000",
            "[::ffff:192.0.2.1]:4000",
            "127.0.0.1:4000",
            "[fe80::1]:4000",
        ] {
            let address = address.parse().expect("a literal address");
            let result = node
                .agent
                .add_remote_candidate(now, node.transport, candidate(address));
            assert_eq!(result, Ok(()));
        }
        assert_eq!(sent(node, now), []);
        assert_eq!(node.agent.pairs(node.transport).count(), 0);
    });
}

/// Whoever we are pointed at does not get a flood.
#[test]
fn a_silent_victim_gets_no_more_datagrams_than_the_limit() {
    let mut setting = Setting::default();
    setting.configs[0].limits.silent_datagrams = 60;
    let (mut scene, _) = alice_in(setting);
    scene.sim.with(scene.alice, |node, now| {
        for port in 4001..=4100 {
            let address = SocketAddr::from(([203, 0, 113, 5], port));
            let candidate = RemoteCandidate {
                foundation: port.to_string(),
                ..candidate(address)
            };
            node.agent
                .add_remote_candidate(now, node.transport, candidate)
                .expect("accepted");
        }
    });
    scene.sim.run_for(Duration::from_millis(100));
    let after_100_ms = scene.node(scene.alice).agent.counters().checks_sent;
    assert!((30..=41).contains(&after_100_ms), "paced: {after_100_ms}");
    scene.sim.run_for(Duration::from_secs(120));
    let counters = scene.node(scene.alice).agent.counters();
    assert_eq!(counters.checks_sent, 60);
    assert!(counters.withheld_checks > 0);
}

/// Right credentials, ten thousand ports.
///
/// Reliability 3: crates/rill-ice/src/candidate/remote_list.rs: `if self.discovered >= limit {`
#[test]
fn a_flood_with_right_credentials_does_not_evict_the_honest_path() {
    let mut scene = Setting::default().build();
    scene.connect(LONG);
    scene.run_for(Duration::from_secs(1));
    let selected = |node: &Node| {
        node.agent
            .selected_pair(node.transport)
            .map(|pair| pair.path)
    };
    let before = selected(scene.node(scene.alice));
    let bob = scene.node(scene.bob).ufrag.clone().expect("it started");
    scene.sim.with(scene.alice, |node, now| {
        let (_, local) = node
            .agent
            .local_credentials(node.transport)
            .expect("it exists");
        let local = local.clone();
        for port in 11_001..=21_000 {
            let bytes = addressed_check(&local, &bob, |writer| {
                writer.ice_controlled(7).use_candidate()
            });
            feed(node, now, SocketAddr::from(([203, 0, 113, 5], port)), bytes);
        }
        // The honest one, and those that there is room for.
        assert_eq!(node.agent.pairs(node.transport).count(), 1 + 32);
        assert_eq!(node.agent.counters().over_limit, 10_000 - 32);
    });
    scene.run_for(Duration::from_secs(20));
    assert_eq!(selected(scene.node(scene.alice)), before);
    let silent = scene.node(scene.alice).agent.counters();
    assert!(silent.checks_sent < 300, "{silent:?}");
    // The flood found nobody at its addresses: there is room for an honest new one.
    scene.sim.with(scene.alice, |node, now| {
        let (_, local) = node
            .agent
            .local_credentials(node.transport)
            .expect("it exists");
        let local = local.clone();
        let honest = "203.0.113.77:7000".parse().expect("a literal address");
        let before = node.agent.counters().over_limit;
        let bytes = addressed_check(&local, &bob, |writer| writer.ice_controlled(7));
        assert_eq!(feed(node, now, honest, bytes), Received::Consumed);
        assert_eq!(node.agent.counters().over_limit, before);
    });
}

#[test]
fn a_nomination_by_a_controlled_peer_changes_nothing() {
    let (mut scene, local) = alice();
    scene.sim.with(scene.alice, |node, now| {
        let nominating = check(&local, |writer| {
            writer.raw(rill_stun::kind::USE_CANDIDATE, b"")
        });
        feed(node, now, stranger(), nominating);
        let nominated = node.agent.pairs(node.transport).any(|pair| pair.nominated);
        assert!(!nominated);
    });
}

/// What follows MESSAGE-INTEGRITY does not count (RFC 8489 §14.5).
#[test]
fn attributes_after_the_integrity_have_no_effect() {
    let mut setting = Setting::default();
    setting.roles[0] = rill_ice::Role::Controlled;
    let mut scene = setting.build();
    scene.sim.with(scene.alice, |node, now| {
        node.start(now);
        let remote = Credentials {
            ufrag: "them".into(),
            pwd: PASSWORD.into(),
        };
        node.agent
            .set_remote_credentials(now, node.transport, remote);
        let (_, local) = node
            .agent
            .local_credentials(node.transport)
            .expect("it exists");
        let mut bytes = Vec::new();
        Writer::new(
            &mut bytes,
            Class::Request,
            Method::BINDING,
            TransactionId([1; 12]),
        )
        .username(format!("{}:them", local.ufrag))
        .priority(100)
        .ice_controlling(7)
        .message_integrity(local.pwd.as_bytes())
        .use_candidate()
        .fingerprint()
        .finish();
        assert_eq!(feed(node, now, stranger(), bytes), Received::Consumed);
        let checks = sent(node, now);
        let (to, request) = &checks[1];
        let mut answer = Vec::new();
        let request = Message::parse(request).expect("our own check");
        Writer::new(
            &mut answer,
            Class::Success,
            Method::BINDING,
            request.transaction_id(),
        )
        .xor_mapped_address("198.51.100.1:20000".parse().expect("a literal"))
        .message_integrity(PASSWORD.as_bytes())
        .fingerprint()
        .finish();
        assert_eq!(feed(node, now, *to, answer), Received::Consumed);
        let pair = node
            .agent
            .selected_pair(node.transport)
            .expect("it is valid");
        assert!(!pair.nominated);
    });
}

/// RFC 8445 §7.2.5.2.1.
#[test]
fn an_answer_from_elsewhere_fails_the_pair() {
    let (mut scene, _) = alice();
    scene.sim.with(scene.alice, |node, now| {
        let asked: SocketAddr = "192.0.2.7:4000".parse().expect("a literal");
        node.agent
            .add_remote_candidate(now, node.transport, candidate(asked))
            .expect("accepted");
        let requests = sent(node, now);
        let request = Message::parse(&requests[0].1).expect("our own check");
        let mut answer = Vec::new();
        Writer::new(
            &mut answer,
            Class::Success,
            Method::BINDING,
            request.transaction_id(),
        )
        .xor_mapped_address("198.51.100.1:20000".parse().expect("a literal"))
        .message_integrity(PASSWORD.as_bytes())
        .fingerprint()
        .finish();
        feed(node, now, stranger(), answer.clone());
        let pair = node
            .agent
            .pairs(node.transport)
            .next()
            .expect("it was formed");
        assert_eq!(pair.state, rill_ice::PairState::Failed);
        assert_eq!(feed(node, now, asked, answer), Received::Dropped);
    });
}

/// Reliability 7: crates/rill-ice/src/agent/responses.rs: `if check.role == self.ctx.claim.role && self.ctx.role_switches > 0 {`
#[test]
fn a_487_without_integrity_is_ignored_and_an_endless_one_gives_up() {
    let (mut scene, _) = alice();
    let asked: SocketAddr = "192.0.2.7:4000".parse().expect("a literal");
    scene.sim.with(scene.alice, |node, now| {
        node.agent
            .add_remote_candidate(now, node.transport, candidate(asked))
            .expect("accepted");
        let mut role = node.agent.role();
        let mut switches = 0;
        for round in 0..200 {
            let now = now + Duration::from_millis(round * 10);
            node.agent.handle_timeout(now);
            for (to, bytes) in sent(node, now) {
                let request = Message::parse(&bytes).expect("our own check");
                let answer = |key: &[u8]| {
                    let mut answer = Vec::new();
                    Writer::new(
                        &mut answer,
                        Class::Error,
                        Method::BINDING,
                        request.transaction_id(),
                    )
                    .error_code(487, "Role Conflict")
                    .message_integrity(key)
                    .fingerprint()
                    .finish();
                    answer
                };
                assert_eq!(feed(node, now, to, answer(b"guess")), Received::Dropped);
                assert_eq!(node.agent.role(), role);
                feed(node, now, to, answer(PASSWORD.as_bytes()));
                switches += u32::from(node.agent.role() != role);
                role = node.agent.role();
            }
        }
        assert_eq!(switches, 16, "the limit");
        assert_ne!(node.state(), TransportState::Connected);
    });
}

#[test]
fn a_stranger_does_not_stop_an_honest_session() {
    let mut scene = Setting::default().build();
    scene.start();
    let victim = SocketAddr::new(ip("198.51.100.1"), 20_000);
    for n in 0..2000_u16 {
        let source = SocketAddr::from(([203, 0, 113, (n % 250) as u8], 1000 + n));
        let bytes = vec![(n % 4) as u8; usize::from(n % 100)];
        let datagram = rill_sim::Datagram {
            local: source,
            remote: victim,
            bytes,
        };
        scene.sim.inject(rill_sim::Realm::INTERNET, datagram);
    }
    let done = scene.run_until(LONG, |alice, bob| {
        alice.is_concluded() && bob.is_concluded()
    });
    assert!(
        done.is_some_and(|time| time < Duration::from_millis(100)),
        "{done:?}"
    );
}
