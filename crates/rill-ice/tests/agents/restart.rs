//! ICE restarts (RFC 8445 §9, RFC 8838 §15) between two agents.

use std::time::Duration;

use rill_ice::{Event, GatheringState, Generation, TransportState};

use crate::node::{LONG, Node};
use crate::scene::{Scene, Setting, ip};

const ALICE: &str = "198.51.100.1";
const BOB: &str = "198.51.100.2";

fn connected() -> Scene {
    let mut scene = Setting::default().build();
    scene.connect(LONG);
    scene.run_for(Duration::from_secs(1));
    scene
}

fn restart(scene: &mut Scene) {
    for host in [scene.alice, scene.bob] {
        scene.sim.with(host, |node, now| {
            assert_eq!(node.restart(now), Some(Generation(1)));
        });
    }
}

fn confirm(scene: &mut Scene) {
    for host in [scene.alice, scene.bob] {
        scene.sim.with(host, |node, now| {
            node.agent.confirm_restart(now, node.transport);
        });
    }
}

fn cancel(scene: &mut Scene) {
    scene.sim.with(scene.alice, |node, now| {
        node.agent.cancel_restart(now, node.transport);
        node.pump(now);
    });
}

/// Alice offers a restart, and Bob does not hear of it.
fn offer(scene: &mut Scene) {
    scene.sim.with(scene.alice, |node, now| {
        node.restart(now);
        node.outbox.clear();
    });
}

fn is_renewed(node: &Node) -> bool {
    let selected = node.agent.selected_pair(node.transport);
    selected
        .is_some_and(|pair| pair.nominated && node.driver.sockets().contains_key(&pair.path.socket))
        && node.agent.pairs(node.transport).any(|pair| pair.selected)
}

fn gathering_states(node: &Node) -> Vec<GatheringState> {
    let state = |(_, event): &(std::time::Instant, Event)| match event {
        Event::GatheringState { state, .. } => Some(*state),
        _ => None,
    };
    node.events.iter().filter_map(state).collect()
}

/// The generations whose end of candidates was said, in order.
fn ends(node: &Node) -> Vec<u32> {
    let end = |(_, event): &(std::time::Instant, Event)| match event {
        Event::LocalEndOfCandidates { generation, .. } => Some(generation.0),
        _ => None,
    };
    node.events.iter().filter_map(end).collect()
}

/// Trickle D15: crates/rill-ice/src/agent/states.rs: `.and_then(|old| old.is_answering(now, &ctx.config))` => `.and_then(|_| Some(false))`
#[test]
fn data_flows_on_during_a_restart_and_old_sockets_go() {
    let mut scene = connected();
    let old = scene.node(scene.alice).ufrag.clone();
    restart(&mut scene);
    confirm(&mut scene);
    assert_ne!(scene.node(scene.alice).ufrag, old);
    assert!(scene.both_are(TransportState::Connected));
    let alice = scene.alice;
    assert!(scene.sim.endpoint_mut(alice).send(b"\x16old path"));
    let time = scene.run_until(LONG, |alice, bob| is_renewed(alice) && is_renewed(bob));
    assert!(time.is_some());
    assert!(scene.sim.endpoint_mut(alice).send(b"\x16new path"));
    scene.run_for(Duration::from_secs(5));
    assert_eq!(scene.node(scene.bob).payloads.len(), 2);
    assert_eq!(scene.node(scene.alice).driver.sockets().len(), 1);
    let states = scene.node(scene.alice).states();
    let expected = [
        TransportState::Checking,
        TransportState::Connected,
        TransportState::Completed,
        TransportState::Connected,
        TransportState::Completed,
    ];
    assert_eq!(states, expected);
    scene.check_agreement();
}

/// Trickle D15: crates/rill-ice/src/agent/states.rs: `let is_restarted = self.newest().key.generation > Generation(0);` => `let is_restarted = false;`
#[test]
fn a_restart_leads_out_of_failure() {
    let mut scene = connected();
    scene.sim.partition(ip(ALICE), ip(BOB));
    scene.run_for(Duration::from_secs(40));
    assert!(scene.both_are(TransportState::Failed));
    scene.sim.heal(ip(ALICE), ip(BOB));
    restart(&mut scene);
    assert!(scene.both_are(TransportState::Checking));
    confirm(&mut scene);
    assert!(scene.both_are(TransportState::Checking));
    let time = scene.run_until(LONG, |alice, bob| is_renewed(alice) && is_renewed(bob));
    assert!(time.is_some());
}

/// Trickle D15: crates/rill-ice/src/agent/states.rs: `Some(false) => TransportState::Checking,` => `Some(false) => TransportState::Disconnected,`
/// Trickle D15: crates/rill-ice/src/agent/states.rs: `.and_then(|old| old.is_answering(now, &ctx.config))`
#[test]
fn a_restart_forgets_that_connectivity_was_lost() {
    let mut scene = connected();
    scene.sim.partition(ip(ALICE), ip(BOB));
    scene.run_for(Duration::from_secs(10));
    assert!(scene.both_are(TransportState::Disconnected));
    offer(&mut scene);
    assert_eq!(scene.node(scene.alice).state(), TransportState::Checking);
    // The old path comes back before the new one is agreed on.
    scene.sim.heal(ip(ALICE), ip(BOB));
    scene.run_for(Duration::from_secs(3));
    assert_eq!(scene.node(scene.alice).state(), TransportState::Connected);
}

/// Trickle D12: crates/rill-ice/src/agent/restart.rs: `transport.retain(&mut self.ctx, |key| key.generation <= confirmed);`
#[test]
fn a_cancelled_restart_leaves_all_as_it_was() {
    let mut scene = connected();
    offer(&mut scene);
    scene.run_for(Duration::from_millis(100));
    assert_eq!(scene.node(scene.alice).driver.sockets().len(), 2);
    let (before, gathered) = {
        let alice = scene.node(scene.alice);
        (alice.events.len(), gathering_states(alice))
    };
    cancel(&mut scene);
    let alice = scene.node(scene.alice);
    assert_eq!(gathering_states(alice), gathered);
    let after: Vec<&Event> = alice.events[before..]
        .iter()
        .map(|(_, event)| event)
        .collect();
    let completed = TransportState::Completed;
    let is_back = matches!(&after[..], [Event::State { state, .. }] if *state == completed);
    assert!(is_back, "{after:?}");
    assert_eq!(alice.driver.sockets().len(), 1);
    let host = scene.alice;
    assert!(scene.sim.endpoint_mut(host).send(b"\x16still here"));
    scene.run_for(Duration::from_secs(60));
    assert_eq!(scene.node(scene.bob).payloads.len(), 1);
    assert_eq!(scene.node(host).state(), completed);
}

/// A restart that is cancelled after failure is no way out of it.
///
/// Trickle D12: crates/rill-ice/src/agent/restart.rs: `transport.retain(&mut self.ctx, |key| key.generation <= confirmed);`
/// Trickle D15: crates/rill-ice/src/agent/states.rs: `let is_restarted = self.newest().key.generation > Generation(0);`
#[test]
fn a_cancelled_restart_leads_back_to_failure() {
    let mut scene = connected();
    scene.sim.partition(ip(ALICE), ip(BOB));
    scene.run_for(Duration::from_secs(40));
    offer(&mut scene);
    assert_eq!(scene.node(scene.alice).state(), TransportState::Checking);
    cancel(&mut scene);
    assert_eq!(scene.node(scene.alice).state(), TransportState::Failed);
}

/// Alice asks a server that does not answer, and restarts in the middle.
fn restarted_while_gathering() -> Scene {
    let mut scene = Setting::default().with_server("192.0.2.66:3478").build();
    scene.sim.with(scene.alice, Node::start);
    scene.run_for(Duration::from_secs(1));
    offer(&mut scene);
    scene
}

/// Trickle D2, D4: crates/rill-ice/src/agent/states.rs: `.any(|state| state == GatheringState::Gathering)` => `.all(|state| state == GatheringState::Gathering)`
#[test]
fn two_generations_gather_at_once_and_complete_together() {
    let mut scene = restarted_while_gathering();
    let gathering = [GatheringState::Gathering];
    let alice = scene.alice;
    assert_eq!(gathering_states(scene.node(alice)), gathering);
    scene.run_for(Duration::from_millis(900));
    assert_eq!(ends(scene.node(alice)), [0]);
    assert_eq!(gathering_states(scene.node(alice)), gathering);
    scene.run_for(Duration::from_millis(900));
    assert_eq!(ends(scene.node(alice)), [0, 1]);
    let both = [GatheringState::Gathering, GatheringState::Complete];
    assert_eq!(gathering_states(scene.node(alice)), both);
}

/// Trickle D2: crates/rill-ice/src/agent/restart.rs: `transport.retain(&mut self.ctx, |key| key == newest || Some(key) == carrier);`
#[test]
fn confirmation_ends_the_old_gathering() {
    let mut scene = restarted_while_gathering();
    let alice = scene.alice;
    scene.sim.with(alice, |node, now| {
        node.agent.confirm_restart(now, node.transport);
    });
    scene.run_for(Duration::from_secs(2));
    assert_eq!(ends(scene.node(alice)), [1]);
    assert_eq!(scene.node(alice).driver.sockets().len(), 1);
}

/// The old generation carries data already, so it stays; but it says nothing more.
///
/// Trickle D2: crates/rill-ice/src/agent/restart.rs: `session.cease_gathering(&mut self.ctx);` => ``
/// Trickle D2: crates/rill-ice/src/agent/states.rs: `.any(|state| state == GatheringState::Gathering)`
/// Trickle F1: crates/rill-ice/src/session.rs: `self.remote.key.is_some() && !self.conclusion.failed && self.checks.has_paced()`
#[test]
fn confirmation_ends_the_gathering_of_what_carries_data() {
    let mut scene = Setting::default().with_server("192.0.2.66:3478").build();
    scene.connect(LONG);
    assert_eq!(ends(scene.node(scene.alice)), []);
    scene.sim.with(scene.alice, |node, now| {
        // Not gathering anew yet: what ends is the gathering of the transport.
        let local = node.agent.local_credentials(node.transport);
        let (_, local) = local.expect("it exists");
        let local = local.clone();
        node.agent.restart(now, node.transport, local);
        node.agent.confirm_restart(now, node.transport);
        node.pump(now);
        let both = [GatheringState::Gathering, GatheringState::Complete];
        assert_eq!(gathering_states(node), both);
        assert!(node.send(b"\x16data"));
    });
    scene.run_for(Duration::from_secs(10));
    assert_eq!(ends(scene.node(scene.alice)), []);
    assert_eq!(scene.node(scene.bob).payloads.len(), 1);
}
