//! Roles, conflicts and nomination.

use std::time::Duration;

use rill_ice::{Event, Role};
use rill_sim::{Link, Seed};

use crate::node::{LONG, Node};
use crate::scene::{Scene, Setting, ip};

fn switches(node: &Node) -> usize {
    node.events
        .iter()
        .filter(|(_, event)| matches!(event, Event::Role(_)))
        .count()
}

fn both_in(role: Role, seed: Seed, loss: f64) -> Scene {
    Setting {
        seed,
        roles: [role, role],
        link: Link {
            loss,
            ..Link::default()
        },
        ..Setting::default()
    }
    .build()
}

/// Trickle F18: crates/rill-ice/src/agent/inbound.rs: `let role = self.ctx.claim.role.opposite();` => `let role = self.ctx.claim.role;`
/// Reliability 7: crates/rill-ice/src/agent/inbound.rs: `let role = self.ctx.claim.role.opposite();`
#[test]
fn conflicts_are_settled_at_once() {
    for role in [Role::Controlling, Role::Controlled] {
        for seed in Seed::many(20) {
            let _replay = rill_sim::replay!(seed);
            let mut scene = both_in(role, seed, 0.0);
            let time = scene.connect(LONG);
            assert!(time < Duration::from_millis(150), "{role:?}: {time:?}");
            let (alice, bob) = (scene.node(scene.alice), scene.node(scene.bob));
            assert_ne!(alice.agent.role(), bob.agent.role());
            assert_eq!(switches(alice) + switches(bob), 1, "{role:?}");
        }
    }
}

/// Trickle F18: crates/rill-ice/src/agent/inbound.rs: `let role = self.ctx.claim.role.opposite();`
#[test]
fn conflicts_are_settled_under_loss() {
    for role in [Role::Controlling, Role::Controlled] {
        for seed in Seed::many(20) {
            let _replay = rill_sim::replay!(seed);
            let mut scene = both_in(role, seed, 0.15);
            scene.connect(LONG);
            let (alice, bob) = (scene.node(scene.alice), scene.node(scene.bob));
            assert_ne!(alice.agent.role(), bob.agent.role());
            assert!(switches(alice) + switches(bob) <= 3);
        }
    }
}

#[test]
fn a_controlled_agent_does_not_nominate() {
    let mut scene = Setting::default().build();
    scene.connect(LONG);
    scene.run_for(Duration::from_secs(1));
    for (host, role) in [
        (scene.alice, Role::Controlling),
        (scene.bob, Role::Controlled),
    ] {
        assert_eq!(scene.node(host).agent.role(), role);
    }
    assert_eq!(switches(scene.node(scene.alice)), 0);
}

/// A better pair that works later is nominated too, without any other state between.
///
/// Trickle F21: crates/rill-ice/src/agent/nominate.rs: `(is_under_way || is_agreed) && other.priority >= pair.priority` => `is_under_way || is_agreed`
#[test]
fn a_better_pair_replaces_a_nominated_one() {
    let addresses = [
        vec![ip("2001:db8::1"), ip("198.51.100.1")],
        vec![ip("2001:db8::2"), ip("198.51.100.2")],
    ];
    let mut scene = Setting {
        addresses,
        ..Setting::default()
    }
    .build();
    scene.sim.partition(ip("2001:db8::1"), ip("2001:db8::2"));
    scene.connect(LONG);
    let selected = |scene: &Scene, host| {
        let node = scene.node(host);
        node.agent
            .selected_pair(node.transport)
            .expect("it is selected")
    };
    assert!(selected(&scene, scene.alice).local.address.is_ipv4());
    scene.sim.heal(ip("2001:db8::1"), ip("2001:db8::2"));
    scene.run_for(Duration::from_secs(5));
    for host in [scene.alice, scene.bob] {
        let pair = selected(&scene, host);
        assert!(pair.local.address.is_ipv6() && pair.nominated, "{pair:?}");
        let states = scene.node(host).states();
        assert_eq!(
            states.len(),
            3,
            "checking, connected, completed: {states:?}"
        );
    }
}
