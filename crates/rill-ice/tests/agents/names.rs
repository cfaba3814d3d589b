//! Names of multicast DNS: ours, which stand for our addresses, and the peer's, which are looked up.

use std::time::Duration;

use rill_ice::{HostAddresses, Kind, LocalCandidate, RemoteAddress, TransportState};
use rill_sim::{Link, StunServer};

use crate::node::{LONG, Node, Presentation, REGISTRATION, Signal, hidden_name};
use crate::relays::{HOME, TURN, serving, udp};
use crate::scene::{Scene, Setting, ip};

const STUN: &str = "192.0.2.7:3478";

/// Alice hides her addresses.
fn hidden(mut setting: Setting) -> Setting {
    setting.configs[0].host_addresses = HostAddresses::Mdns;
    setting
}

fn add_stun(scene: &mut Scene) {
    let server = StunServer::new(STUN.parse().expect("a literal address"));
    scene.sim.add_stun_server(server, Link::default());
}

fn one(candidates: &[LocalCandidate]) -> &LocalCandidate {
    assert_eq!(candidates.len(), 1, "{candidates:?}");
    &candidates[0]
}

#[test]
fn a_host_candidate_is_told_by_a_name_that_is_answered_for() {
    let mut scene = hidden(Setting::at_home()).with_server(STUN).build();
    add_stun(&mut scene);
    assert_eq!(scene.gather(), REGISTRATION);
    let hosts = scene.gathered(scene.alice, Kind::Host);
    let host = one(&hosts);
    let name = host.name.clone().expect("it has a name");
    // draft-ietf-mmusic-mdns-ice-candidates §3.1.1: a version 4 UUID.
    assert_eq!(name.len(), 36 + ".local".len());
    assert!(name.ends_with(".local"), "{name}");
    assert_eq!(
        scene.node(scene.alice).registered,
        std::slice::from_ref(&name)
    );
    let told = scene.node(scene.bob).inbox.next_at();
    assert!(told.is_some(), "it is on its way");
    // What is reflexive does not say where it comes from.
    let reflexive = scene.gathered(scene.alice, Kind::ServerReflexive);
    let related = one(&reflexive).related.expect("it has one");
    assert_eq!(related.to_string(), "0.0.0.0:0");
    // And the name stays the same for the next generation.
    scene.sim.with(scene.alice, Node::restart);
    scene.run_for(Duration::from_secs(3));
    let hosts = scene.gathered(scene.alice, Kind::Host);
    assert_eq!(hosts.last().and_then(|host| host.name.clone()), Some(name));
}

#[test]
fn a_name_that_nobody_answers_for_is_not_offered() {
    let mut scene = hidden(Setting::at_home()).build();
    scene.sim.endpoint_mut(scene.alice).registers = false;
    assert_eq!(scene.gather(), REGISTRATION);
    assert!(scene.node(scene.alice).local_candidates().is_empty());
}

#[test]
fn reflexive_candidates_work_without_the_host_candidate_that_they_come_from() {
    for registers in [false, true] {
        let mut scene = hidden(Setting::at_home()).with_server(STUN).build();
        add_stun(&mut scene);
        scene.sim.endpoint_mut(scene.alice).registers = registers;
        // Bob's candidates come before the name is registered, or not.
        scene.connect(LONG);
        scene.check_data();
        let kinds: Vec<Kind> = {
            let candidates = scene.node(scene.alice).local_candidates();
            candidates.iter().map(|candidate| candidate.kind).collect()
        };
        assert_eq!(kinds.contains(&Kind::Host), registers);
    }
}

#[test]
fn a_relay_does_not_show_the_address_that_a_name_hides() {
    let mut scene = hidden(Setting::default()).asking([udp(TURN)]).build();
    scene.add_turn(serving(TURN));
    scene.gather();
    let relayed = scene.gathered(scene.alice, Kind::Relayed);
    let related = one(&relayed).related.expect("it has one");
    assert_eq!(related.to_string(), "0.0.0.0:0");
    // Behind a NAT the mapped address is told by the reflexive candidate anyway.
    let mut scene = hidden(Setting::at_home()).asking([udp(TURN)]).build();
    scene.add_turn(serving(TURN));
    scene.gather();
    let relayed = scene.gathered(scene.alice, Kind::Relayed);
    assert_eq!(one(&relayed).related.map(|at| at.ip()), Some(ip(HOME)));
}

/// Bob's name resolves to this after a while, or does not.
fn naming(answer: Result<&str, &str>, after: Duration) -> Scene {
    let mut scene = Setting::default().build();
    scene.sim.endpoint_mut(scene.bob).presentation = Presentation::Names;
    let names = scene.sim.endpoint_mut(scene.alice).driver.host.names_mut();
    match answer {
        Ok(address) => names.insert(&hidden_name("bob"), after, [ip(address)]),
        Err(reason) => names.insert_failure(&hidden_name("bob"), after, reason),
    }
    scene
}

#[test]
fn the_peers_name_is_looked_up_once_and_checked() {
    let mut scene = naming(Ok("198.51.100.2"), Duration::from_millis(40));
    // Bob is not found by his own checks.
    scene.sim.endpoint_mut(scene.alice).presentation = Presentation::Nothing;
    let time = scene.connect(LONG);
    assert!(time < Duration::from_millis(150), "{time:?}");
    assert_eq!(scene.node(scene.alice).looked_up, [hidden_name("bob")]);
    assert!(scene.node(scene.alice).resolved.is_empty());
    let node = scene.node(scene.alice);
    let pair = node.agent.selected_pair(node.transport).expect("connected");
    let is_named = matches!(&pair.remote.address, RemoteAddress::Name { name, .. } if *name == hidden_name("bob"));
    assert!(is_named, "{pair:?}");
    assert_eq!(pair.remote.kind, Kind::Host);
}

/// Signals that Bob has candidates of these names.
fn signal_names(scene: &mut Scene, names: &[&str]) {
    let now = scene.sim.now();
    let alice = scene.alice;
    for name in names {
        let candidate = rill_ice::RemoteCandidate {
            foundation: "1".into(),
            component: 1,
            protocol: rill_ice::Protocol::Udp,
            priority: 9,
            kind: Kind::Host,
            address: RemoteAddress::Name {
                name: (*name).into(),
                port: 9,
            },
            ufrag: None,
        };
        let signal = Signal::Candidate(candidate);
        scene
            .sim
            .with(alice, |node, _| node.take_signal(now, signal));
    }
    scene.sim.with(alice, Node::pump);
}

/// Reliability 12: crates/rill-ice/src/agent/remote.rs: `match name.parse::<mdns::Name>() {`
#[test]
fn other_names_are_not_looked_up_and_none_twice_and_not_too_many() {
    let mut setting = Setting::default();
    setting.configs[0].limits.lookups = 3;
    let mut scene = setting.build();
    scene.gather();
    let plain = ["internal.example", "localhost", ".local", "printer.local"];
    signal_names(&mut scene, &plain);
    assert_eq!(scene.node(scene.alice).looked_up.len(), 0);
    let names = ["1", "2", "3", "4", "5"].map(hidden_name);
    let [one, two, three, four, five] = names.each_ref().map(String::as_str);
    signal_names(&mut scene, &[one, one, two, three, four]);
    let node = scene.node(scene.alice);
    assert_eq!(node.looked_up, [one, two, three]);
    assert!(node.resolved.is_empty());
    // When those are answered, there is room again.
    scene.run_for(Duration::from_secs(1));
    signal_names(&mut scene, &[five]);
    let looked_up = &scene.node(scene.alice).looked_up;
    assert_eq!(looked_up.last().map(String::as_str), Some(five));
}

#[test]
fn whoever_is_relayed_only_asks_nobody_nearby() {
    let mut scene = Setting::at_home().relayed().asking([udp(TURN)]).build();
    scene.add_turn(serving(TURN));
    scene.sim.endpoint_mut(scene.bob).presentation = Presentation::Names;
    scene.start();
    scene.run_for(Duration::from_secs(2));
    assert!(scene.node(scene.alice).looked_up.is_empty());
}

/// draft-ietf-mmusic-mdns-ice-candidates §3.3.2: also where his own checks tell it before the name does.
#[test]
fn no_relay_learns_the_address_that_the_peer_hides() {
    for (presentation, after) in [
        (Presentation::Names, Duration::from_millis(1)),
        (Presentation::Names, Duration::from_secs(3)),
        (Presentation::Plain, Duration::ZERO),
    ] {
        let mut scene = Setting::default().asking([udp(TURN)]).build();
        scene.add_turn(serving(TURN));
        scene.sim.endpoint_mut(scene.bob).presentation = presentation;
        let names = scene.sim.endpoint_mut(scene.alice).driver.host.names_mut();
        names.insert(&hidden_name("bob"), after, [ip("198.51.100.2")]);
        scene.connect(LONG);
        scene.run_for(Duration::from_secs(5));
        assert_eq!(scene.gathered(scene.alice, Kind::Relayed).len(), 1);
        let node = scene.node(scene.alice);
        let mut pairs = node.agent.pairs(node.transport);
        let is_paired = pairs.any(|pair| pair.local.kind == Kind::Relayed);
        assert_eq!(is_paired, presentation == Presentation::Plain, "{after:?}");
    }
}

#[test]
fn a_name_of_everybody_is_not_checked() {
    let mut scene = naming(Ok("224.0.0.1"), Duration::ZERO);
    scene.sim.endpoint_mut(scene.alice).presentation = Presentation::Nothing;
    scene.start();
    scene.run_for(Duration::from_secs(1));
    let node = scene.node(scene.alice);
    assert_eq!(node.looked_up.len(), 1);
    assert_eq!(node.agent.pairs(node.transport).count(), 0);
    assert_eq!(node.agent.counters().unusable_candidates, 1);
}

#[test]
fn failure_waits_for_names_that_are_being_looked_up() {
    let mut scene = naming(Err("nobody answers"), LONG);
    scene.sim.endpoint_mut(scene.alice).presentation = Presentation::Nothing;
    scene.start();
    // Longer than the peer's checks are waited for.
    scene.run_for(Duration::from_secs(60));
    assert_ne!(scene.node(scene.alice).state(), TransportState::Failed);
    scene.run_for(LONG);
    assert_eq!(scene.node(scene.alice).state(), TransportState::Failed);
}
