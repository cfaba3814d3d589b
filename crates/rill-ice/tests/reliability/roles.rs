//! Quarrels about the role that have no natural end.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use rill_ice::{Agent, Config, Event, Role};
use rill_sim::{Datagram, Seed, Verdict};
use rill_stun::{Class, Message, Method};

use super::attacker::{feed, source};
use crate::node::Node;
use crate::scene::{Scene, Setting, ip};

fn switches(node: &Node) -> usize {
    let is_switch = |(_, event): &&(_, Event)| matches!(event, Event::Role(_));
    node.events.iter().filter(is_switch).count()
}

/// Both in one role, with one tie-breaker: their generators are the same.
fn twins(role: Role) -> Scene {
    let setting = Setting {
        roles: [role, role],
        ..Setting::default()
    };
    let mut scene = setting.build();
    let rng = scene.sim.seed().rng(0);
    let bob = scene.sim.endpoint_mut(scene.bob);
    bob.agent = Agent::new(Config::default(), role, rng);
    // The tie-breaker is drawn first. Other credentials than Alice's come after it.
    bob.agent.add_transport();
    bob.transport = bob.agent.add_transport();
    scene
}

fn tie_breakers(scene: &mut Scene) -> Arc<Mutex<Vec<u64>>> {
    let seen: Arc<Mutex<Vec<u64>>> = Arc::default();
    let sink = Arc::clone(&seen);
    scene.sim.intercept(move |_, datagram: &mut Datagram| {
        if let Ok(message) = Message::parse(&datagram.bytes)
            && let Some(number) = message
                .ice_controlling()
                .or_else(|| message.ice_controlled())
        {
            sink.lock().expect("nobody panicked").push(number);
        }
        Verdict::Pass
    });
    seen
}

/// Reliability 7: crates/rill-ice/src/agent/responses.rs: `self.ctx.rng.draw(|rng| claim.renew_tie_breaker(rng));` => `self.ctx.rng.draw(|_| claim);`
#[test]
fn equal_tie_breakers_are_settled_in_two_exchanges() {
    for role in [Role::Controlling, Role::Controlled] {
        let mut scene = twins(role);
        let seen = tie_breakers(&mut scene);
        let time = scene.connect(Duration::from_secs(5));
        let seen = seen.lock().expect("nobody panicked").clone();
        assert_eq!(seen[0], seen[1], "the twins are twins");
        assert!(time < Duration::from_millis(250), "{role:?}: {time:?}");
        let (alice, bob) = (scene.node(scene.alice), scene.node(scene.bob));
        assert_ne!(alice.agent.role(), bob.agent.role());
        let count = switches(alice) + switches(bob);
        assert!(count <= 6, "{role:?}: {count} switches");
        scene.run_for(Duration::from_secs(60));
        let after = switches(scene.node(scene.alice)) + switches(scene.node(scene.bob));
        assert_eq!(after, count, "it is settled");
    }
}

/// Everything that Bob ever sent, the conflict included, once more, from his address and from another's.
///
/// Reliability 7: crates/rill-ice/src/role.rs: `Some(theirs) if self.tie_breaker >= theirs => Conflict::Refuse,` => `Some(theirs) if false => Conflict::Refuse,`
#[test]
fn a_conflict_that_is_replayed_stays_settled() {
    for (role, seed) in [Role::Controlling, Role::Controlled]
        .into_iter()
        .flat_map(|role| (0..10).map(move |seed| (role, seed)))
    {
        let setting = Setting {
            seed: Seed::new(seed),
            roles: [role, role],
            ..Setting::default()
        };
        let mut scene = setting.build();
        let log: Arc<Mutex<Vec<Vec<u8>>>> = Arc::default();
        let sink = Arc::clone(&log);
        scene.sim.intercept(move |_, datagram: &mut Datagram| {
            if datagram.local.ip() == ip("198.51.100.2") {
                sink.lock()
                    .expect("nobody panicked")
                    .push(datagram.bytes.clone());
            }
            Verdict::Pass
        });
        scene.connect(Duration::from_secs(5));
        scene.run_for(Duration::from_secs(1));
        let log = log.lock().expect("nobody panicked").clone();
        let is_check = |bytes: &[u8]| {
            let message = Message::parse(bytes);
            message.is_ok_and(|message| {
                (message.class(), message.method()) == (Class::Request, Method::BINDING)
            })
        };
        assert!(log.iter().any(|bytes| is_check(bytes)), "he sent checks");
        let settled = switches(scene.node(scene.alice)) + switches(scene.node(scene.bob));
        assert!(settled > 0, "there was a conflict");
        let (before, path) = {
            let node = scene.node(scene.alice);
            let pair = node.agent.selected_pair(node.transport).expect("connected");
            (node.agent.role(), pair.path)
        };
        for round in 0..50 {
            scene.sim.with(scene.alice, |node, now| {
                for bytes in &log {
                    feed(node, now, path.remote, bytes);
                    feed(node, now, source(round), bytes);
                }
            });
            scene.run_for(Duration::from_millis(20));
        }
        scene.run_for(Duration::from_secs(10));
        let node = scene.node(scene.alice);
        assert_eq!(node.agent.role(), before, "{role:?} with seed {seed}");
        let pair = node.agent.selected_pair(node.transport);
        assert_eq!(pair.map(|pair| pair.path), Some(path));
        assert_eq!(switches(node) + switches(scene.node(scene.bob)), settled);
    }
}
