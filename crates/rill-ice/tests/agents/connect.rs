//! Two agents without anything in their way.

use std::time::Duration;

use rill_ice::{Kind, RemoteAddress, TransportState};
use rill_sim::{Link, Seed};

use crate::node::{LONG, Presentation};
use crate::scene::{Scene, Setting, ip};

/// The default link delays by 5 ms, and there are two on the way.
const ROUND_TRIP: Duration = Duration::from_millis(20);

fn build(setting: Setting) -> Scene {
    setting.build()
}

#[test]
fn host_to_host_takes_two_round_trips() {
    let mut scene = build(Setting::default());
    let time = scene.connect(LONG);
    assert!(
        time <= ROUND_TRIP * 2 + Duration::from_millis(10),
        "{time:?}"
    );
    scene.run_for(Duration::from_secs(1));
    assert!(scene.both_are(TransportState::Completed));
    for host in [scene.alice, scene.bob] {
        let states = scene.node(host).states();
        assert_eq!(states.first(), Some(&TransportState::Checking));
        assert_eq!(states.last(), Some(&TransportState::Completed));
    }
}

#[test]
fn the_first_valid_pair_comes_after_one_round_trip() {
    let mut scene = build(Setting::default());
    scene.start();
    let is_up = |alice: &crate::node::Node| alice.state() == TransportState::Connected;
    let time = scene
        .run_until(LONG, |alice, _| is_up(alice))
        .expect("it connects");
    assert!(time <= ROUND_TRIP + Duration::from_millis(5), "{time:?}");
    let route = scene
        .node(scene.alice)
        .agent
        .route(scene.node(scene.alice).transport);
    assert!(route.is_some(), "data may go before nomination");
}

#[test]
fn both_ends_agree_on_the_best_pair() {
    let mut scene = build(Setting {
        addresses: [
            vec![ip("198.51.100.1"), ip("2001:db8::1"), ip("203.0.113.1")],
            vec![ip("198.51.100.2"), ip("2001:db8::2")],
        ],
        ..Setting::default()
    });
    scene.connect(LONG);
    scene.run_for(Duration::from_secs(1));
    let pair = |host| {
        let node = scene.node(host);
        node.agent
            .selected_pair(node.transport)
            .expect("it is selected")
    };
    let (ours, theirs) = (pair(scene.alice), pair(scene.bob));
    assert_eq!(RemoteAddress::Ip(ours.local.address), theirs.remote.address);
    assert_eq!(ours.remote.address, RemoteAddress::Ip(theirs.local.address));
    assert!(ours.local.address.is_ipv6(), "IPv6 comes first");
}

/// Trickle F15: crates/rill-ice/src/agent/inbound.rs: `.or_else(|| session.discover_remote(request, limit))`
/// Trickle F9: crates/rill-ice/src/agent/states.rs: `|| !has_patience`
#[test]
fn a_peer_with_names_only_is_found_by_its_checks() {
    for silent_side in 0..2 {
        let mut scene = build(Setting::default());
        let host = [scene.alice, scene.bob][silent_side];
        scene.sim.endpoint_mut(host).presentation = Presentation::Names;
        let time = scene.connect(LONG);
        assert!(time < ROUND_TRIP * 5, "{time:?}");
        let other = scene.node([scene.bob, scene.alice][silent_side]);
        let pair = other
            .agent
            .selected_pair(other.transport)
            .expect("it is selected");
        assert_eq!(pair.remote.kind, Kind::PeerReflexive);
        let counters = other.agent.counters();
        assert_eq!(counters.unusable_candidates, 1, "{counters:?}");
    }
}

#[test]
fn data_flows_over_the_route_and_is_proved() {
    let mut scene = build(Setting::default());
    scene.connect(LONG);
    scene.run_for(ROUND_TRIP);
    assert!(scene.sim.endpoint_mut(scene.alice).send(b"\x16data"));
    scene.run_for(ROUND_TRIP);
    let payloads = &scene.node(scene.bob).payloads;
    assert_eq!(payloads, &[(rill_ice::Proof::Proved, b"\x16data".to_vec())]);
}

#[test]
fn loss_of_a_fifth_is_survived_by_every_seed() {
    for seed in Seed::many(40) {
        let _replay = rill_sim::replay!(seed);
        let mut scene = build(Setting {
            seed,
            link: Link {
                loss: 0.1,
                duplication: 0.05,
                reordering: 0.2,
                ..Link::default()
            },
            ..Setting::default()
        });
        let time = scene.connect(LONG);
        assert!(time < Duration::from_secs(15), "{time:?}");
    }
}

#[test]
fn an_idle_connection_costs_little() {
    let mut scene = build(Setting::default());
    scene.connect(LONG);
    scene.run_for(Duration::from_secs(2));
    let before = scene.node(scene.alice).agent.counters().checks_sent;
    scene.run_for(Duration::from_secs(60));
    let sent = scene.node(scene.alice).agent.counters().checks_sent - before;
    assert!(
        (10..=15).contains(&sent),
        "{sent} consent checks in a minute"
    );
    assert!(scene.both_are(TransportState::Completed));
}

/// Two machines with several addresses of IPv6, whose network forwards none of them.
fn with_dead_ipv6() -> Scene {
    let addresses = |side: &str, v4: &str| {
        let v6 = (1..=4).map(|n| ip(&format!("2001:db8:{side}::{n}")));
        v6.chain([ip(v4)]).collect()
    };
    let mut scene = build(Setting {
        addresses: [
            addresses("a", "198.51.100.1"),
            addresses("b", "198.51.100.2"),
        ],
        ..Setting::default()
    });
    for ours in 1..=4 {
        for theirs in 1..=4 {
            let ours = ip(&format!("2001:db8:a::{ours}"));
            scene
                .sim
                .partition(ours, ip(&format!("2001:db8:b::{theirs}")));
        }
    }
    scene
}

#[test]
fn a_family_that_leads_nowhere_does_not_keep_the_other_waiting() {
    let mut scene = with_dead_ipv6();
    let time = scene.connect(LONG);
    // The wait for a better pair is the longest part of it.
    assert!(time < Duration::from_millis(200), "{time:?}");
    let route = scene
        .node(scene.alice)
        .agent
        .route(scene.node(scene.alice).transport);
    assert!(route.is_some_and(|path| path.remote.is_ipv4()));
}

#[test]
fn families_take_turns_in_candidates_and_in_checks() {
    let mut scene = with_dead_ipv6();
    scene.start();
    scene.run_for(Duration::from_millis(19));
    let candidates = scene.node(scene.alice).local_candidates();
    let is_v4 = candidates.iter().map(|one| one.address.is_ipv4());
    // RFC 8421 §4: the second, not the last of five.
    assert_eq!(
        is_v4.collect::<Vec<_>>(),
        [false, true, false, false, false]
    );
    let trace = scene.sim.trace().entries().iter().map(ToString::to_string);
    let sent: Vec<String> = trace
        .filter(|entry| entry.contains("alice: ") && entry.ends_with(" Sent"))
        .collect();
    let first_v4 = sent.iter().position(|entry| entry.contains("198.51.100.2"));
    assert!(first_v4.is_some_and(|at| at <= 1), "{sent:#?}");
}
