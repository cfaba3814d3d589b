//! Agents behind NATs.

use std::time::Duration;

use rill_ice::Kind;
use rill_sim::{Link, NatConfig, Seed};

use crate::node::{LONG, Presentation};
use crate::scene::{Setting, ip};

const SERVER: &str = "192.0.2.1:3478";

fn home(external: &str) -> NatConfig {
    NatConfig::new(ip(external))
}

fn setting(alice: Option<NatConfig>, bob: Option<NatConfig>) -> Setting {
    let address = |nat: &Option<NatConfig>, inside: &str, outside: &str| match nat {
        Some(_) => vec![ip(inside)],
        None => vec![ip(outside)],
    };
    Setting {
        addresses: [
            address(&alice, "10.0.0.1", "198.51.100.1"),
            address(&bob, "10.1.0.1", "198.51.100.2"),
        ],
        nats: [alice, bob],
        ..Setting::default()
    }
    .with_server(SERVER)
}

fn connect(setting: Setting) -> (crate::scene::Scene, Duration) {
    let mut scene = setting.build();
    let address = SERVER.parse().expect("a literal address");
    scene
        .sim
        .add_stun_server(rill_sim::StunServer::new(address), Link::default());
    let time = scene.connect(LONG);
    (scene, time)
}

#[test]
fn two_homes_connect_by_reflexive_candidates() {
    let (scene, time) = connect(setting(
        Some(home("203.0.113.1")),
        Some(home("203.0.113.2")),
    ));
    assert!(time < Duration::from_millis(600), "{time:?}");
    let node = scene.node(scene.alice);
    let pair = node
        .agent
        .selected_pair(node.transport)
        .expect("it is selected");
    assert_eq!(pair.local.kind, Kind::ServerReflexive);
    assert_eq!(pair.local.address.ip(), ip("203.0.113.1"));
}

#[test]
fn a_symmetric_nat_needs_peer_reflexive_candidates() {
    let symmetric = NatConfig::symmetric(ip("203.0.113.1"));
    let (scene, _) = connect(setting(Some(symmetric), None));
    let kind = |host| {
        let node = scene.node(host);
        let pair = node
            .agent
            .selected_pair(node.transport)
            .expect("it is selected");
        (pair.local.kind, pair.remote.kind)
    };
    assert_eq!(kind(scene.alice).0, Kind::PeerReflexive);
    assert_eq!(kind(scene.bob).1, Kind::PeerReflexive);
}

/// Trickle F1: crates/rill-ice/src/session.rs: `self.remote.key.is_some() && !self.conclusion.failed && self.checks.has_paced()`
#[test]
fn names_behind_one_nat_and_nothing_signalled_by_the_other_side() {
    let mut scene = setting(Some(home("203.0.113.1")), None).build();
    scene.sim.endpoint_mut(scene.alice).presentation = Presentation::Nothing;
    let time = scene.connect(LONG);
    assert!(time < Duration::from_millis(200), "{time:?}");
}

#[test]
fn homes_connect_under_loss() {
    for seed in Seed::many(20) {
        let _replay = rill_sim::replay!(seed);
        let link = Link {
            loss: 0.1,
            delay: Duration::from_millis(50),
            jitter: Duration::from_millis(20),
            ..Link::default()
        };
        let both = setting(Some(home("203.0.113.1")), Some(home("203.0.113.2")));
        let (_, time) = connect(Setting { seed, link, ..both });
        assert!(time < Duration::from_secs(20), "{time:?}");
    }
}
