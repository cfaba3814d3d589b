//! Relays over UDP: their candidates, what goes over them, and their end.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rill_ice::{
    CandidatePolicy, Kind, PairState, RelayProtocol, RemoteAddress, ServerOutcome, TransportState,
};
use rill_sim::{Seed, TurnManner, Verdict};
use rill_stun::Method;

use crate::node::{LONG, Node};
use crate::relays::{DEAD, HOME, INSIDE, OTHER, TURN, serving, turn, udp, with_password};
use crate::scene::{Scene, Setting, ip};

fn address(text: &str) -> SocketAddr {
    text.parse().expect("a literal address")
}

/// Alice, who only lets herself be relayed, with Bob.
fn relayed_scene() -> (Scene, rill_sim::TurnServerId) {
    let mut scene = Setting::at_home().relayed().asking([udp(TURN)]).build();
    let server = scene.add_turn(serving(TURN));
    (scene, server)
}

#[test]
fn an_allocation_gives_a_relayed_and_a_reflexive_candidate() {
    let mut scene = Setting::at_home().asking([udp(TURN)]).build();
    scene.add_turn(serving(TURN));
    let time = scene.gather();
    // Two round trips: the first request is challenged.
    assert_eq!(time, Duration::from_millis(40));
    let candidates = scene.node(scene.alice).local_candidates();
    let [host, reflexive, relayed] = &candidates[..] else {
        panic!("{candidates:?}");
    };
    assert_eq!(reflexive.kind, Kind::ServerReflexive);
    assert_eq!(reflexive.address.ip(), ip(HOME));
    assert_eq!(reflexive.related, Some(host.address));
    assert_eq!(relayed.kind, Kind::Relayed);
    assert_eq!(relayed.address.ip(), ip("192.0.2.1"));
    assert_eq!(relayed.base, relayed.address);
    assert_eq!(relayed.related, Some(reflexive.address));
    assert_eq!(relayed.relay_protocol, Some(RelayProtocol::Udp));
    let url = Some("turn:192.0.2.1:3478?transport=udp".to_owned());
    assert_eq!((&relayed.url, &reflexive.url), (&url, &url));
    assert!(relayed.priority < reflexive.priority);
    let node = scene.node(scene.alice);
    assert!(node.agent.is_relayed(relayed.socket));
    assert!(!node.agent.is_relayed(host.socket));
    let outcomes = [
        ServerOutcome::Reflexive(reflexive.address),
        ServerOutcome::Relayed(relayed.address),
    ];
    assert!(
        outcomes
            .iter()
            .all(|one| scene.outcomes(scene.alice).contains(one))
    );
}

#[test]
fn a_server_of_both_families_relays_for_both() {
    let mut scene = Setting::at_home().asking([udp(TURN)]).build();
    scene.add_turn(serving(TURN).relaying_from(ip("2001:db8:ffff::1")));
    scene.gather();
    let relayed = scene.gathered(scene.alice, Kind::Relayed);
    let [v4, v6] = &relayed[..] else {
        panic!("{relayed:?}");
    };
    assert!(v4.address.is_ipv4() && v6.address.is_ipv6());
    assert!(v4.priority < v6.priority);
    assert_ne!(v4.foundation, v6.foundation);
}

/// Reliability 13: crates/rill-ice/src/agent/gathering.rs: `if self.gatherer.policy == CandidatePolicy::All {`
#[test]
fn nothing_goes_to_anybody_but_the_server_if_only_relays_are_allowed() {
    let (mut scene, _) = relayed_scene();
    scene.connect(LONG);
    scene.check_data();
    scene.run_for(Duration::from_secs(60));
    scene
        .sim
        .with(scene.alice, |node, now| node.agent.close(now));
    scene.run_for(Duration::from_secs(1));
    let sent = scene.sim.trace().sent_elsewhere("alice", &[address(TURN)]);
    assert!(sent.is_empty(), "{sent:?}");
    let candidates = scene.node(scene.alice).local_candidates();
    let [relayed] = &candidates[..] else {
        panic!("{candidates:?}");
    };
    assert_eq!(relayed.related, Some(address("0.0.0.0:0")));
    // Nor does anything that she says of herself show where she is.
    let said = format!("{:?}", scene.node(scene.alice).events);
    assert!(!said.contains(INSIDE) && !said.contains(HOME), "{said}");
}

#[test]
fn data_go_as_indications_and_then_by_a_channel() {
    let (mut scene, server) = relayed_scene();
    scene.connect(LONG);
    let kinds = (Kind::Relayed, Kind::Host);
    assert_eq!(scene.selected(scene.alice), Some(kinds));
    let indications = scene.sim.turn_server(server).counters().send_indications;
    assert!(indications > 0, "the checks");
    scene.run_for(Duration::from_secs(1));
    let counters = scene.sim.turn_server(server).counters();
    assert_eq!(counters.requests(Method::CHANNEL_BIND), 1);
    let indications = counters.send_indications;
    scene.check_data();
    let counters = scene.sim.turn_server(server).counters();
    assert_eq!(counters.send_indications, indications);
    assert_eq!(counters.without_permission, 0);
}

#[test]
fn a_train_is_wrapped_datagram_by_datagram() {
    let (mut scene, _) = relayed_scene();
    scene.connect(LONG);
    for bytes in [&b"abcdefgh"[..], b"abcdef", b"abc"] {
        let before = scene.node(scene.bob).payloads.len();
        scene.sim.with(scene.alice, |node, _| {
            let path = node.agent.route(node.transport).expect("connected");
            assert!(node.send_over(path, Some(3), bytes));
        });
        scene.run_for(Duration::from_secs(1));
        let payloads = scene.node(scene.bob).payloads[before..].iter();
        let received: Vec<&[u8]> = payloads.map(|(_, bytes)| &bytes[..]).collect();
        assert_eq!(received, bytes.chunks(3).collect::<Vec<_>>());
    }
}

/// The first two bytes of what passed between Alice and her server, and when.
fn watch(scene: &mut Scene, drop: impl Fn(usize, u16) -> bool + Send + 'static) -> Messages {
    let messages = Messages::default();
    let sink = Arc::clone(&messages);
    scene.sim.intercept(move |_, datagram| {
        let [first, second, ..] = datagram.bytes[..] else {
            return Verdict::Pass;
        };
        let kind = u16::from_be_bytes([first, second]);
        let mut sink = sink.lock().expect("not poisoned");
        let before = sink.iter().filter(|known| **known == kind).count();
        sink.push(kind);
        if drop(before, kind) {
            Verdict::Drop
        } else {
            Verdict::Pass
        }
    });
    messages
}

type Messages = Arc<Mutex<Vec<u16>>>;

const CREATE_PERMISSION: u16 = 0x0008;
const PERMITTED: u16 = 0x0108;
const SEND: u16 = 0x0016;

#[test]
fn checks_wait_for_the_permission_and_wait_once() {
    let (mut scene, _) = relayed_scene();
    // The permission takes a second and a half: long enough to repeat a check twice.
    let messages = watch(&mut scene, |before, kind| {
        kind == CREATE_PERMISSION && before < 2
    });
    scene.start();
    let sent = |messages: &Messages| messages.lock().expect("not poisoned").clone();
    scene
        .run_until(LONG, |_, _| sent(&messages).contains(&PERMITTED))
        .expect("it is granted");
    assert!(!sent(&messages).contains(&SEND));
    let alice = scene.node(scene.alice);
    let checks = alice.agent.counters().checks_sent;
    assert!(checks >= 3, "{checks} checks");
    scene.run_for(Duration::from_millis(11));
    let released = sent(&messages).iter().filter(|kind| **kind == SEND).count();
    // The check that waited, and an answer to Bob's or the triggered check at most.
    assert_eq!(released, 1);
    let connected = |alice: &Node, bob: &Node| alice.is_concluded() && bob.is_concluded();
    scene.run_until(LONG, connected).expect("both connect");
}

#[test]
fn a_peer_that_the_server_does_not_relay_to_is_given_up_at_once() {
    let mut scene = Setting::at_home().relayed().asking([udp(TURN)]).build();
    scene.add_turn(serving(TURN).denying(ip("198.51.100.2")));
    scene.start();
    scene.run_for(Duration::from_millis(200));
    let node = scene.node(scene.alice);
    let states: Vec<_> = node
        .agent
        .pairs(node.transport)
        .map(|pair| pair.state)
        .collect();
    assert_eq!(states, [PairState::Failed]);
    scene.run_for(Duration::from_secs(45));
    assert_eq!(scene.node(scene.alice).state(), TransportState::Failed);
}

/// What a server that gives nothing leads to: the error, and how long it took.
fn refusal(
    server: rill_sim::TurnServer,
    config: rill_ice::ServerConfig,
) -> (u16, String, Duration) {
    let mut scene = Setting::at_home().asking([config, udp(OTHER)]).build();
    scene.add_turn(server);
    scene.add_turn(serving(OTHER));
    let time = scene.gather();
    let errors = scene.errors(scene.alice);
    let [(_, code, reason)] = &errors[..] else {
        panic!("{errors:?}");
    };
    // The other server was not kept waiting.
    let relayed = scene.gathered(scene.alice, Kind::Relayed);
    assert_eq!(relayed.len(), 1);
    let node = scene.node(scene.alice);
    let found = node.events.iter().find(|(_, event)| matches!(event, rill_ice::Event::LocalCandidate { candidate, .. } if candidate.kind == Kind::Relayed));
    let at = found.expect("it was told").0 - scene.sim.start();
    assert_eq!(at, Duration::from_millis(40));
    (*code, reason.clone(), time)
}

#[test]
fn a_dead_family_of_a_server_keeps_nothing_waiting() {
    let mut server = udp(TURN);
    server.host = rill_ice::ServerHost::Name("turn.example".into());
    let mut setting = Setting::default().asking([server]);
    setting.addresses[0].push(ip("2001:db8::1"));
    let mut scene = setting.build();
    let both = [ip("2001:db8:ffff::1"), ip("192.0.2.1")];
    let names = scene.sim.endpoint_mut(scene.alice).driver.host.names_mut();
    names.insert("turn.example", Duration::ZERO, both);
    scene.add_turn(serving(TURN));
    let time = scene.gather();
    let relayed = scene.gathered(scene.alice, Kind::Relayed);
    assert_eq!(relayed.len(), 1);
    // One answer shows that the server lives: the rest of it is waited for half a second.
    assert!(time <= Duration::from_millis(541), "{time:?}");
    assert_eq!(scene.errors(scene.alice), []);
}

#[test]
fn a_wrong_password_is_said_at_once() {
    let wrong = with_password(udp(TURN), "wrong");
    let (code, reason, time) = refusal(serving(TURN), wrong);
    assert_eq!((code, time), (401, Duration::from_millis(40)));
    assert!(reason.contains("username and credential"), "{reason}");
}

#[test]
fn a_silent_server_is_given_up() {
    let silent = serving(TURN).manner(TurnManner::Silent);
    let (code, reason, time) = refusal(silent, udp(TURN));
    assert_eq!((code, time), (701, Duration::from_millis(1800)));
    assert!(reason.contains("not answer"), "{reason}");
    let nobody = serving("192.0.2.9:3478");
    assert_eq!(refusal(nobody, udp(DEAD)).0, 701);
}

#[test]
fn what_the_server_cannot_give_has_its_own_words() {
    for (server, expected, word) in [
        (serving(TURN).quota(0), 486, "as many allocations"),
        (serving(TURN).capacity(0), 508, "no relayed address left"),
        (refusing(437), 437, "another allocation"),
        (refusing(403), 403, "administrative"),
        (refusing(500), 500, "500 no"),
    ] {
        let (code, reason, time) = refusal(server, udp(TURN));
        assert_eq!(code, expected);
        assert!(reason.contains(word), "{reason}");
        assert_eq!(time, Duration::from_millis(40));
    }
}

fn refusing(code: u16) -> rill_sim::TurnServer {
    let reason = "no".to_owned();
    serving(TURN).manner(TurnManner::Refusing { code, reason })
}

fn redirecting(at: &str, to: &str) -> rill_sim::TurnServer {
    serving(at).manner(TurnManner::Redirecting {
        to: address(to),
        domain: None,
    })
}

#[test]
fn a_server_may_send_on_to_another() {
    let mut scene = Setting::at_home().asking([udp(TURN)]).build();
    scene.add_turn(redirecting(TURN, OTHER));
    scene.add_turn(serving(OTHER));
    scene.gather();
    let relayed = scene.gathered(scene.alice, Kind::Relayed);
    assert_eq!(relayed.len(), 1);
    assert_eq!(relayed[0].address.ip(), address(OTHER).ip());
    assert_eq!(
        relayed[0].url.as_deref(),
        Some("turn:192.0.2.1:3478?transport=udp")
    );
    assert_eq!(scene.errors(scene.alice), []);
}

/// Reliability 15: crates/rill-ice/src/agent/relay_ends.rs: `_ if !relay.may_be_sent_on() => {` => `_ if false => {`
#[test]
fn servers_that_send_in_circles_are_left() {
    let mut scene = Setting::at_home().asking([udp(TURN)]).build();
    let servers = [(TURN, OTHER), (OTHER, TURN)];
    let servers = servers.map(|(at, to)| scene.add_turn(redirecting(at, to)));
    let time = scene.gather();
    let errors = scene.errors(scene.alice);
    assert_eq!(errors.len(), 1);
    assert_eq!(errors[0].1, 300);
    assert!(errors[0].2.contains("sends on again"), "{errors:?}");
    assert!(time < Duration::from_millis(200), "{time:?}");
    let asked = servers.map(|server| {
        scene
            .sim
            .turn_server(server)
            .counters()
            .requests(Method::ALLOCATE)
    });
    assert_eq!(asked, [4, 2]);
}

#[test]
fn a_server_may_not_send_on_to_where_the_socket_does_not_reach() {
    let mut scene = Setting::at_home().asking([udp(TURN)]).build();
    scene.add_turn(redirecting(TURN, "[2001:db8:ffff::1]:3478"));
    assert!(scene.gather() < Duration::from_millis(100));
    let errors = scene.errors(scene.alice);
    assert_eq!(errors[0].1, 300);
    assert!(errors[0].2.contains("other family"), "{errors:?}");
}

#[test]
fn another_policy_counts_from_the_next_gathering_on() {
    let (mut scene, _) = relayed_scene();
    scene.sim.with(scene.alice, |node, now| {
        // Before the driver has answered anything.
        node.agent.gather(now, node.transport);
        node.agent
            .set_servers(vec![udp(TURN)], CandidatePolicy::All);
        node.start(now);
    });
    scene.run_for(Duration::from_secs(1));
    let candidates = scene.node(scene.alice).local_candidates();
    let [relayed] = &candidates[..] else {
        panic!("{candidates:?}");
    };
    assert_eq!(relayed.related, Some(address("0.0.0.0:0")));
    scene.sim.with(scene.alice, Node::restart);
    scene.run_for(Duration::from_secs(1));
    assert_eq!(scene.gathered(scene.alice, Kind::Host).len(), 1);
}

#[test]
fn what_waits_to_be_sent_to_servers_is_bounded() {
    let addresses = (1..=6).map(|n| ip(&format!("198.51.100.{}", 10 + n)));
    let mut setting = Setting::default().relayed().asking([udp(TURN)]);
    setting.addresses[0] = addresses.collect();
    setting.configs[0].limits.relays = 6;
    setting.configs[0].limits.pairs = 1000;
    let mut scene = setting.build();
    scene.add_turn(serving(TURN));
    scene.gather();
    scene.sim.with(scene.alice, |node, now| {
        for n in 1..=100 {
            let candidate = rill_ice::RemoteCandidate {
                foundation: "1".into(),
                component: 1,
                protocol: rill_ice::Protocol::Udp,
                priority: 9,
                kind: Kind::Host,
                address: rill_ice::RemoteAddress::Ip(([198, 51, 101, n], 9).into()),
                ufrag: None,
            };
            let added = node
                .agent
                .add_remote_candidate(now, node.transport, candidate);
            added.expect("there is room");
        }
        let mut buffer = Vec::new();
        let transmits = std::iter::from_fn(|| node.agent.poll_transmit(now, &mut buffer));
        assert_eq!(transmits.count(), 512);
        assert_eq!(node.agent.counters().over_limit, 600 - 512);
    });
}

#[test]
fn a_server_that_cannot_be_reached_is_given_up_at_once() {
    let mut scene = Setting::at_home().asking([udp(DEAD)]).build();
    scene.sim.add_unreachable_address(address(DEAD).ip());
    assert!(scene.gather() <= Duration::from_millis(1));
    let errors = scene.errors(scene.alice);
    assert_eq!(errors[0].1, 701);
    assert!(errors[0].2.contains("cannot be reached"), "{errors:?}");
    // Her address is no secret here.
    assert!(errors[0].0.is_some_and(|from| from.ip() == ip(INSIDE)));
}

#[test]
fn addresses_that_do_not_reach_the_server_take_no_relay_from_those_that_do() {
    let mut setting = Setting::default().asking([udp(TURN)]);
    let addresses = (1..=6).map(|n| ip(&format!("198.51.100.{}", 10 + n)));
    setting.addresses[0] = addresses.collect();
    setting.configs[0].limits.relays = 2;
    let mut scene = setting.build();
    scene.add_turn(serving(TURN));
    for dead in 11..=14 {
        // Sending is refused there.
        scene.sim.remove_address(ip(&format!("198.51.100.{dead}")));
    }
    assert!(scene.gather() < Duration::from_millis(100));
    assert_eq!(scene.gathered(scene.alice, Kind::Relayed).len(), 2);
    assert_eq!(scene.errors(scene.alice), []);
}

#[test]
fn an_error_does_not_show_an_address_that_no_candidate_shows() {
    let wrong = with_password(udp(TURN), "wrong");
    let mut scene = Setting::at_home().relayed().asking([wrong]).build();
    scene.add_turn(serving(TURN));
    scene.gather();
    let errors = scene.errors(scene.alice);
    assert_eq!((errors[0].0, errors[0].1), (None, 401));
}

#[test]
fn the_same_server_twice_is_asked_once() {
    let mut again = udp(TURN);
    again.url = "turn:192.0.2.1".into();
    let mut scene = Setting::at_home().asking([udp(TURN), again]).build();
    let server = scene.add_turn(serving(TURN));
    assert_eq!(scene.gather(), Duration::from_millis(40));
    assert_eq!(scene.gathered(scene.alice, Kind::Relayed).len(), 1);
    assert_eq!(scene.errors(scene.alice), []);
    assert_eq!(
        scene
            .sim
            .turn_server(server)
            .counters()
            .requests(Method::ALLOCATE),
        2
    );
}

#[test]
fn two_users_of_one_server_are_two_relays() {
    let wrong = with_password(udp(TURN), "wrong");
    let mut scene = Setting::at_home().asking([wrong, udp(TURN)]).build();
    scene.add_turn(serving(TURN));
    assert_eq!(scene.gather(), Duration::from_millis(40));
    assert_eq!(scene.gathered(scene.alice, Kind::Relayed).len(), 1);
    assert_eq!(scene.errors(scene.alice)[0].1, 401);
}

#[test]
fn a_server_relays_for_so_many_addresses_and_no_more() {
    let addresses = (1..=6)
        .map(|n| ip(&format!("198.51.100.{}", 10 + n)))
        .collect();
    let mut setting = Setting::default().asking([udp(TURN)]);
    setting.addresses[0] = addresses;
    setting.configs[0].limits.relays = 3;
    let mut scene = setting.build();
    let server = scene.add_turn(serving(TURN));
    scene.gather();
    assert_eq!(scene.sim.turn_server(server).allocations().count(), 3);
    let relayed = scene.gathered(scene.alice, Kind::Relayed);
    let mut priorities: Vec<u32> = relayed.iter().map(|one| one.priority).collect();
    priorities.dedup();
    assert_eq!(priorities.len(), 3);
}

#[test]
fn a_dead_server_is_noticed_and_another_relay_takes_over() {
    let mut setting = Setting::at_home().relayed().asking([udp(TURN), udp(OTHER)]);
    setting.nats[1] = None;
    let mut scene = setting.build();
    let servers = [TURN, OTHER].map(|at| scene.add_turn(serving(at)));
    scene.connect(LONG);
    scene.run_for(Duration::from_secs(5));
    let node = scene.node(scene.alice);
    let pair = node
        .agent
        .selected_pair(node.transport)
        .expect("it is selected");
    assert_eq!(pair.local.address.ip(), address(TURN).ip());
    scene.sim.turn_server_mut(servers[0]).kill();
    let moved = |alice: &Node, bob: &Node| {
        let ours = alice.agent.selected_pair(alice.transport);
        let theirs = bob.agent.selected_pair(bob.transport);
        ours.zip(theirs).is_some_and(|(ours, theirs)| {
            ours.local.address.ip() == address(OTHER).ip()
                && theirs.remote.address == RemoteAddress::Ip(ours.local.address)
        })
    };
    let killed = scene.sim.elapsed();
    let time = scene.run_until(LONG, moved).expect("both move") - killed;
    assert!(time < Duration::from_secs(15), "{time:?}");
    scene.check_data();
}

#[test]
fn without_another_way_a_dead_server_is_the_end() {
    let (mut scene, server) = relayed_scene();
    scene.connect(LONG);
    scene.sim.turn_server_mut(server).kill();
    let is = |state| move |alice: &Node, _: &Node| alice.state() == state;
    scene
        .run_until(Duration::from_secs(15), is(TransportState::Disconnected))
        .expect("it is noticed");
    scene
        .run_until(LONG, is(TransportState::Failed))
        .expect("and it is the end");
}

#[test]
fn a_restarted_agent_keeps_its_old_allocation_until_the_new_one_carries() {
    let (mut scene, server) = relayed_scene();
    scene.connect(LONG);
    scene.check_data();
    for host in [scene.alice, scene.bob] {
        scene.sim.with(host, Node::restart);
    }
    for host in [scene.alice, scene.bob] {
        scene.sim.with(host, |node, now| {
            node.agent.confirm_restart(now, node.transport);
        });
    }
    // Within the restart the old relay still carries.
    assert!(
        scene
            .sim
            .with(scene.alice, |node, _| node.send(b"meanwhile"))
    );
    scene.run_for(Duration::from_millis(30));
    let last = scene.node(scene.bob).payloads.last().expect("it came");
    assert_eq!(last.1, b"meanwhile");
    assert_eq!(scene.sim.turn_server(server).counters().deallocations, 0);
    scene.run_for(Duration::from_secs(2));
    assert_eq!(scene.sim.turn_server(server).allocations().count(), 2);
    scene.run_for(Duration::from_secs(5));
    assert_eq!(scene.sim.turn_server(server).counters().deallocations, 1);
    assert_eq!(scene.sim.turn_server(server).allocations().count(), 1);
    scene.check_data();
}

#[test]
fn closing_gives_the_allocation_back() {
    let (mut scene, server) = relayed_scene();
    scene.connect(LONG);
    scene
        .sim
        .with(scene.alice, |node, now| node.agent.close(now));
    scene.run_for(Duration::from_millis(50));
    assert_eq!(scene.sim.turn_server(server).counters().deallocations, 1);
    assert_eq!(scene.sim.turn_server(server).allocations().count(), 0);
    assert!(scene.node(scene.alice).driver.sockets().is_empty());
}

#[test]
fn an_allocation_that_was_asked_for_and_never_heard_of_is_given_back_too() {
    let (mut scene, server) = relayed_scene();
    scene.sim.with(scene.alice, Node::start);
    // The server has granted it, and its answer is on the way.
    scene.run_for(Duration::from_millis(35));
    assert_eq!(scene.sim.turn_server(server).allocations().count(), 1);
    scene
        .sim
        .with(scene.alice, |node, now| node.agent.close(now));
    scene.run_for(Duration::from_millis(50));
    assert_eq!(scene.sim.turn_server(server).allocations().count(), 0);
}

#[test]
fn failure_gives_the_allocation_back() {
    let (mut scene, server) = relayed_scene();
    scene.sim.partition(ip("198.51.100.2"), ip("192.0.2.1"));
    scene.start();
    let failed = |alice: &Node, _: &Node| alice.state() == TransportState::Failed;
    scene.run_until(LONG, failed).expect("there is no way");
    scene.run_for(Duration::from_millis(50));
    assert_eq!(scene.sim.turn_server(server).counters().deallocations, 1);
}

#[test]
fn an_allocation_is_kept_as_long_as_it_carries() {
    let (mut scene, server) = relayed_scene();
    scene.connect(LONG);
    scene.run_for(Duration::from_secs(3600));
    assert_eq!(scene.sim.turn_server(server).allocations().count(), 1);
    scene.check_data();
}

/// Reliability 8: crates/rill-ice/src/agent/consent.rs: `self.fall_silent(selected.pair);`
#[test]
fn a_relay_is_there_when_the_direct_way_ends() {
    // Her NAT keeps nothing for the server while she speaks with Bob.
    let mut setting = Setting::at_home().asking([udp(TURN)]);
    setting.nats[0] = Some(rill_sim::NatConfig::symmetric(ip(HOME)));
    let mut scene = setting.build();
    let server = scene.add_turn(serving(TURN));
    scene.connect(LONG);
    scene.run_for(Duration::from_secs(1200));
    let (ours, theirs) = scene.selected(scene.alice).expect("connected");
    assert!(ours != Kind::Relayed && theirs != Kind::Relayed);
    assert_eq!(scene.sim.turn_server(server).allocations().count(), 1);
    scene.sim.partition(ip(INSIDE), ip("198.51.100.2"));
    let is_relayed = |node: &Node| {
        let pair = node.agent.selected_pair(node.transport);
        pair.is_some_and(|pair| [pair.local.kind, pair.remote.kind].contains(&Kind::Relayed))
    };
    let time = scene.run_until(LONG, |alice, bob| is_relayed(alice) && is_relayed(bob));
    let time = time.expect("they move") - Duration::from_secs(1200);
    assert!(time < Duration::from_secs(15), "{time:?}");
    scene.check_data();
}

#[test]
fn relays_connect_under_loss() {
    for seed in Seed::many(20) {
        let _replay = rill_sim::replay!(seed);
        let link = rill_sim::Link {
            loss: 0.1,
            delay: Duration::from_millis(40),
            ..rill_sim::Link::default()
        };
        let setting = Setting {
            seed,
            link,
            ..Setting::at_home()
        };
        let mut scene = setting
            .relayed()
            .asking([udp(TURN), turn(RelayProtocol::Tcp, TURN)])
            .build();
        scene.add_turn(serving(TURN));
        let time = scene.connect(LONG);
        assert!(time < Duration::from_secs(20), "{time:?}");
    }
}
