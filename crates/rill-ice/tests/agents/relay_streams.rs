//! Relays over TCP and TLS.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rill_ice::{Kind, RelayProtocol, ServerConfig, ServerHost, TransportState};
use rill_sim::{Firewall, NatConfig, Transport, TurnManner, TurnServer};

use crate::node::{LONG, Node};
use crate::relays::{HOME, OTHER, TURN, TURNS, serving, turn, udp, with_password};
use crate::scene::{Scene, Setting, ip};

fn tcp() -> ServerConfig {
    turn(RelayProtocol::Tcp, TURN)
}

/// By its name, which its certificate shows.
fn tls() -> ServerConfig {
    ServerConfig {
        host: ServerHost::Name("turn.example".into()),
        ..turn(RelayProtocol::Tls, TURNS)
    }
}

fn secure(certificate: &str) -> TurnServer {
    serving(TURN).listening_for_tls_at(address(TURNS), certificate)
}

fn address(text: &str) -> SocketAddr {
    text.parse().expect("a literal address")
}

fn build(setting: Setting) -> Scene {
    let mut scene = setting.build();
    let names = scene.sim.endpoint_mut(scene.alice).driver.host.names_mut();
    names.insert("turn.example", Duration::ZERO, [ip("192.0.2.1")]);
    scene
}

#[test]
fn udp_is_preferred_to_tcp_and_tcp_to_tls() {
    let mut scene = build(Setting::at_home().asking([tls(), tcp(), udp(TURN)]));
    scene.add_turn(secure("turn.example"));
    scene.gather();
    let mut relayed = scene.gathered(scene.alice, Kind::Relayed);
    relayed.sort_by_key(|candidate| std::cmp::Reverse(candidate.priority));
    let protocols: Vec<_> = relayed.iter().map(|one| one.relay_protocol).collect();
    let expected = [RelayProtocol::Udp, RelayProtocol::Tcp, RelayProtocol::Tls];
    assert_eq!(protocols, expected.map(Some));
    let mut foundations: Vec<_> = relayed.iter().map(|one| &one.foundation).collect();
    foundations.dedup();
    assert_eq!(foundations.len(), 3);
    let urls: Vec<_> = relayed.iter().filter_map(|one| one.url.clone()).collect();
    let expected = [udp(TURN), tcp(), tls()];
    assert_eq!(urls, expected.map(|server| server.url));
    // The mapped address of a connection is no candidate: nothing but the server is behind it.
    assert_eq!(scene.gathered(scene.alice, Kind::ServerReflexive).len(), 1);
    for own in &relayed[1..] {
        let related = own.related.expect("its mapped address");
        assert_eq!(related.ip(), ip(HOME));
        assert_ne!(Some(related), relayed[0].related);
    }
}

/// Both only over relays of one protocol.
fn connect_over(server: &ServerConfig, transport: Transport) -> Scene {
    let mut setting = Setting::at_home().relayed();
    setting.configs[0].servers.push(server.clone());
    setting.configs[1] = setting.configs[0].clone();
    let mut scene = build(setting);
    let names = scene.sim.endpoint_mut(scene.bob).driver.host.names_mut();
    names.insert("turn.example", Duration::ZERO, [ip("192.0.2.1")]);
    let server = scene.add_turn(secure("turn.example"));
    scene.connect(LONG);
    scene.check_data();
    let transports: Vec<_> = {
        let allocations = scene.sim.turn_server(server).allocations();
        allocations.map(|(client, _)| client.transport).collect()
    };
    assert_eq!(transports, [transport; 2]);
    for side in ["alice", "bob"] {
        let servers = [address(TURN), address(TURNS)];
        let elsewhere = scene.sim.trace().sent_elsewhere(side, &servers);
        assert!(elsewhere.is_empty(), "{elsewhere:?}");
    }
    scene
}

#[test]
fn data_go_over_tcp_at_both_ends() {
    let mut scene = connect_over(&tcp(), Transport::Tcp);
    scene.sim.with(scene.alice, |node, _| {
        let path = node.agent.route(node.transport).expect("connected");
        assert!(node.send_over(path, Some(3), b"abcdefg"));
    });
    scene.run_for(Duration::from_secs(1));
    let payloads = scene.node(scene.bob).payloads.iter().rev().take(3);
    let received: Vec<&[u8]> = payloads.map(|(_, bytes)| &bytes[..]).collect();
    assert_eq!(received, [&b"g"[..], b"def", b"abc"]);
}

#[test]
fn data_go_over_tls_at_both_ends() {
    connect_over(&tls(), Transport::Tls);
}

#[test]
fn a_network_without_udp_is_left_over_tcp_and_one_with_web_only_over_tls() {
    let home = NatConfig::new(ip(HOME));
    for (firewall, protocol) in [
        (Firewall::udp_blocked(), RelayProtocol::Tcp),
        (Firewall::tcp_only([443]), RelayProtocol::Tls),
    ] {
        let mut setting = Setting::at_home().asking([udp(TURN), tcp(), tls()]);
        setting.nats[0] = Some(home.clone().with_firewall(firewall));
        let mut scene = build(setting);
        scene.add_turn(secure("turn.example"));
        let time = scene.connect(LONG);
        assert!(time < Duration::from_millis(500), "{time:?}");
        scene.check_data();
        let node = scene.node(scene.alice);
        let pair = node.agent.selected_pair(node.transport).expect("connected");
        assert_eq!(pair.local.relay_protocol, Some(protocol));
        // Nobody is told of what a firewall keeps from us before the others had their chance.
        scene.run_for(Duration::from_secs(10));
        let errors = scene.errors(scene.alice);
        assert!(errors.iter().all(|(_, code, _)| *code == 701), "{errors:?}");
    }
}

/// The one error that asking leads to, and how long it took.
fn refusal(server: TurnServer, config: ServerConfig) -> (u16, String, Duration) {
    let mut scene = build(Setting::at_home().asking([config, udp(OTHER)]));
    scene.add_turn(server);
    scene.add_turn(serving(OTHER));
    let time = scene.gather();
    let errors = scene.errors(scene.alice);
    let [(None, code, reason)] = &errors[..] else {
        panic!("{errors:?}");
    };
    assert_eq!(scene.gathered(scene.alice, Kind::Relayed).len(), 1);
    assert_eq!(scene.node(scene.alice).driver.streams(), 0);
    (*code, reason.clone(), time)
}

#[test]
fn a_refused_connection_is_said_at_once() {
    let deaf = serving("192.0.2.1:9");
    let (code, reason, time) = refusal(deaf, tcp());
    assert_eq!((code, time), (701, Duration::from_millis(40)));
    assert!(reason.contains("refused"), "{reason}");
}

#[test]
fn a_certificate_of_another_name_is_not_taken() {
    let (code, reason, time) = refusal(secure("evil.example"), tls());
    assert_eq!(code, 701);
    assert!(reason.contains("evil.example"), "{reason}");
    assert!(time <= Duration::from_millis(60), "{time:?}");
}

#[test]
fn a_wrong_password_is_told_from_a_silent_server() {
    let wrong = with_password(tcp(), "wrong");
    let (code, _, time) = refusal(serving(TURN), wrong);
    // A round trip for the connection, and two for the credentials.
    assert_eq!((code, time), (401, Duration::from_millis(60)));
    let silent = serving(TURN).manner(TurnManner::Silent);
    let (code, reason, time) = refusal(silent, tcp());
    assert_eq!(code, 701);
    assert!(reason.contains("not answer"), "{reason}");
    assert!(time < Duration::from_millis(1900), "{time:?}");
}

#[test]
fn a_connection_that_is_never_made_ends_with_its_server() {
    let mut scene = build(Setting::at_home().asking([turn(RelayProtocol::Tcp, "192.0.2.66:3478")]));
    let time = scene.gather();
    assert!(time <= Duration::from_millis(1801), "{time:?}");
    assert_eq!(scene.errors(scene.alice)[0].1, 701);
    assert_eq!(scene.node(scene.alice).driver.streams(), 0);
}

#[test]
fn a_server_may_send_on_and_say_whose_certificate_to_expect() {
    let to = address("192.0.2.2:443");
    let mut scene = build(Setting::at_home().asking([tls()]));
    scene.add_turn(secure("turn.example").manner(TurnManner::Redirecting {
        to,
        domain: Some("other.example".into()),
    }));
    scene.add_turn(serving(OTHER).listening_for_tls_at(to, "other.example"));
    scene.gather();
    assert_eq!(scene.errors(scene.alice), []);
    let relayed = scene.gathered(scene.alice, Kind::Relayed);
    assert_eq!(relayed.len(), 1);
    assert_eq!(relayed[0].address.ip(), to.ip());
}

#[test]
fn a_server_that_dies_resets_its_connections_and_others_carry_on() {
    let other = turn(RelayProtocol::Tcp, OTHER);
    let mut scene = build(Setting::at_home().relayed().asking([tcp(), other]));
    let first = scene.add_turn(serving(TURN));
    scene.add_turn(serving(OTHER));
    scene.connect(LONG);
    scene.run_for(Duration::from_secs(1));
    scene.sim.turn_server_mut(first).kill();
    let killed = scene.sim.elapsed();
    let moved = |alice: &Node, _: &Node| {
        let pair = alice.agent.selected_pair(alice.transport);
        pair.is_some_and(|pair| pair.local.address.ip() == address(OTHER).ip())
    };
    let time = scene.run_until(LONG, moved).expect("she moves") - killed;
    assert!(time < Duration::from_millis(500), "{time:?}");
    // Bob learns of it by silence.
    scene.run_for(Duration::from_secs(10));
    scene.check_data();
    assert_eq!(scene.node(scene.alice).driver.streams(), 1);
}

#[test]
fn the_loss_of_the_only_connection_is_noticed_at_once() {
    let mut scene = build(Setting::at_home().relayed().asking([tcp()]));
    let server = scene.add_turn(serving(TURN));
    scene.connect(LONG);
    scene.run_for(Duration::from_secs(1));
    let alice = scene.alice;
    let path = scene
        .sim
        .with(alice, |node, _| node.agent.route(node.transport));
    let path = path.expect("connected");
    scene.sim.turn_server_mut(server).kill();
    scene.run_for(Duration::from_millis(50));
    assert_eq!(scene.node(alice).state(), TransportState::Failed);
    assert!(!scene.sim.with(alice, |node, _| node.send(b"nowhere")));
    // Nor does a path that was kept lead anywhere.
    assert!(
        !scene
            .sim
            .with(alice, |node, _| node.send_over(path, None, b"nowhere"))
    );
    assert_eq!(scene.node(alice).driver.streams(), 0);
}

#[test]
fn closing_says_goodbye_before_the_connection_ends() {
    let mut scene = build(Setting::at_home().relayed().asking([tcp()]));
    let server = scene.add_turn(serving(TURN));
    scene.connect(LONG);
    scene
        .sim
        .with(scene.alice, |node, now| node.agent.close(now));
    scene.run_for(Duration::from_millis(50));
    assert_eq!(scene.sim.turn_server(server).counters().deallocations, 1);
    assert_eq!(scene.node(scene.alice).driver.streams(), 0);
}

#[test]
fn a_lost_relay_is_not_paired_again() {
    let mut scene = build(Setting::at_home().relayed().asking([tcp()]));
    let server = scene.add_turn(serving(TURN));
    scene.gather();
    scene.sim.turn_server_mut(server).kill();
    scene.run_for(Duration::from_millis(50));
    scene.sim.with(scene.bob, Node::start);
    scene.run_for(Duration::from_millis(50));
    let node = scene.node(scene.alice);
    assert_eq!(node.agent.remote_candidates(node.transport).count(), 1);
    assert_eq!(node.agent.pairs(node.transport).count(), 0);
}

#[test]
fn a_far_server_that_answers_is_awaited_within_limits() {
    let far = |deadline: u64| {
        let link = rill_sim::Link {
            delay: Duration::from_millis(295),
            ..rill_sim::Link::default()
        };
        let mut setting = Setting {
            link,
            ..Setting::at_home()
        };
        let timing = Arc::make_mut(&mut setting.configs[0].timing);
        timing.relay_deadline = Duration::from_millis(deadline);
        let mut scene = build(setting.asking([tls()]));
        scene.add_turn(secure("turn.example"));
        (scene.gather(), scene)
    };
    // Four round trips of 600 ms: TCP, TLS, the challenge and the allocation.
    let (time, scene) = far(8000);
    assert_eq!(time, Duration::from_millis(2400));
    assert_eq!(scene.gathered(scene.alice, Kind::Relayed).len(), 1);
    let (time, scene) = far(2000);
    assert_eq!(time, Duration::from_millis(2000));
    assert_eq!(scene.gathered(scene.alice, Kind::Relayed).len(), 0);
    assert_eq!(scene.errors(scene.alice)[0].1, 701);
}
