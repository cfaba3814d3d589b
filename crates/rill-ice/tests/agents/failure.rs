//! When a transport fails, and when it must not yet (RFC 8838 §8, RFC 8863).

use std::time::Duration;

use rill_ice::{Kind, Protocol, RemoteAddress, RemoteCandidate, TransportState};

use crate::node::Presentation;
use crate::scene::{Scene, Setting, ip};

fn candidate(address: &str) -> RemoteCandidate {
    RemoteCandidate {
        foundation: "9".into(),
        component: 1,
        protocol: Protocol::Udp,
        priority: 5,
        kind: Kind::Host,
        address: RemoteAddress::Ip(address.parse().expect("a literal address")),
        ufrag: None,
    }
}

fn unreachable_peers(bob_says_end: bool) -> Scene {
    let mut scene = Setting::default().build();
    scene.sim.partition(ip("198.51.100.1"), ip("198.51.100.2"));
    scene.sim.endpoint_mut(scene.bob).says_end = bob_says_end;
    scene.start();
    scene
}

/// Trickle F9: crates/rill-ice/src/agent/states.rs: `|| !has_patience` => `|| self.remote.candidates.any()`
#[test]
fn fails_when_all_is_said_and_patience_is_over() {
    let mut scene = unreachable_peers(true);
    scene.run_for(Duration::from_millis(39_000));
    assert!(scene.both_are(TransportState::Checking), "patience");
    scene.run_for(Duration::from_secs(1));
    assert!(scene.both_are(TransportState::Failed));
    let expected = [TransportState::Checking, TransportState::Failed];
    assert_eq!(scene.node(scene.alice).states(), expected);
}

/// Trickle F8: crates/rill-ice/src/agent/states.rs: `(true, _) => TransportState::Disconnected,` => `(true, _) => TransportState::Failed,`
#[test]
fn without_an_end_of_candidates_it_is_disconnected() {
    let mut scene = unreachable_peers(false);
    scene.run_for(Duration::from_secs(300));
    assert_eq!(
        scene.node(scene.alice).state(),
        TransportState::Disconnected
    );
    assert_eq!(scene.node(scene.bob).state(), TransportState::Failed);
}

/// A peer that says it does not trickle counts as having said all.
///
/// Trickle A8, F9: crates/rill-ice/src/session.rs: `let has_peer_ended = self.remote.ended || self.remote.presumed_ended;` => `let has_peer_ended = self.remote.ended;`
#[test]
fn a_presumed_end_of_candidates_lets_it_fail() {
    let mut scene = unreachable_peers(false);
    scene.sim.with(scene.alice, |node, now| {
        node.agent
            .presume_end_of_remote_candidates(now, node.transport);
    });
    scene.run_for(Duration::from_secs(41));
    assert_eq!(scene.node(scene.alice).state(), TransportState::Failed);
}

/// Trickle A8: crates/rill-ice/src/session.rs: `let has_peer_ended = self.remote.ended || self.remote.presumed_ended;`
#[test]
fn candidates_after_a_presumed_end_are_used_all_the_same() {
    let mut scene = Setting::default().build();
    scene.sim.endpoint_mut(scene.alice).presentation = Presentation::Nothing;
    scene.sim.endpoint_mut(scene.bob).presentation = Presentation::Nothing;
    scene.sim.endpoint_mut(scene.bob).says_end = false;
    scene.start();
    scene.run_for(Duration::from_secs(1));
    let bob = scene.node(scene.bob).local_candidates().remove(0);
    scene.sim.with(scene.alice, |node, now| {
        node.agent
            .presume_end_of_remote_candidates(now, node.transport);
        let late = candidate(&bob.address.to_string());
        let added = node.agent.add_remote_candidate(now, node.transport, late);
        added.expect("accepted");
    });
    scene.run_for(Duration::from_secs(1));
    assert!(scene.both_are(TransportState::Completed));
}

/// RFC 8863 §3.1: Bob was told that nothing comes from Alice, and then her checks do.
///
/// Trickle F11: crates/rill-ice/src/agent/states.rs: `let is_said = self.candidates_ended();`
#[test]
fn a_peer_that_comes_late_is_still_let_in() {
    let mut scene = Setting::default().build();
    scene.sim.endpoint_mut(scene.alice).presentation = Presentation::Nothing;
    scene.sim.endpoint_mut(scene.bob).presentation = Presentation::Nothing;
    scene.sim.endpoint_mut(scene.bob).says_end = false;
    scene.start();
    scene.run_for(Duration::from_secs(30));
    assert!(scene.both_are(TransportState::New));
    let bob = scene.node(scene.bob).local_candidates().remove(0);
    scene.sim.with(scene.alice, |node, now| {
        let late = candidate(&bob.address.to_string());
        let added = node.agent.add_remote_candidate(now, node.transport, late);
        added.expect("accepted");
    });
    scene.run_for(Duration::from_secs(1));
    assert_eq!(scene.node(scene.alice).state(), TransportState::Connected);
    assert_eq!(scene.node(scene.bob).state(), TransportState::Completed);
}

/// Trickle F9: crates/rill-ice/src/agent/states.rs: `|| !has_patience`
#[test]
fn names_only_on_both_sides_fail_late_not_early() {
    let mut scene = Setting::default().build();
    for host in [scene.alice, scene.bob] {
        scene.sim.endpoint_mut(host).presentation = Presentation::Names;
    }
    scene.start();
    scene.run_for(Duration::from_secs(39));
    assert!(scene.both_are(TransportState::Checking));
    scene.run_for(Duration::from_secs(1));
    assert!(scene.both_are(TransportState::Failed));
}

/// All pairs failed at once by errors of the operating system (RFC 8863 §3.3): the peer's checks
/// may still come.
///
/// Trickle F9: crates/rill-ice/src/agent/states.rs: `|| !has_patience`
#[test]
fn pairs_that_fail_at_once_do_not_fail_the_transport() {
    let mut scene = Setting::default().build();
    scene.sim.add_unreachable_address(ip("198.51.100.9"));
    scene.sim.endpoint_mut(scene.bob).presentation = Presentation::Names;
    scene.start();
    scene.sim.with(scene.alice, |node, now| {
        let bogus = candidate("198.51.100.9:4000");
        node.agent
            .add_remote_candidate(now, node.transport, bogus)
            .expect("accepted");
    });
    let connected = scene.run_until(Duration::from_secs(1), |alice, bob| {
        alice.is_concluded() && bob.is_concluded()
    });
    assert!(connected.is_some());
    assert!(
        !scene
            .node(scene.alice)
            .states()
            .contains(&TransportState::Failed)
    );
}

/// Trickle F9: crates/rill-ice/src/agent/states.rs: `|| self.local.candidates.is_empty();` => `|| false;`
#[test]
fn no_address_at_all_fails_without_waiting() {
    let mut scene = Setting {
        addresses: [vec![], vec![ip("198.51.100.2")]],
        ..Setting::default()
    }
    .build();
    scene.start();
    scene.run_for(Duration::from_secs(1));
    assert_eq!(scene.node(scene.alice).state(), TransportState::Failed);
    assert_eq!(
        scene.node(scene.bob).state(),
        TransportState::New,
        "somebody may still come"
    );
}

#[test]
fn nothing_happens_after_close() {
    let mut scene = Setting::default().build();
    scene.start();
    scene.run_for(Duration::from_millis(15));
    scene.sim.with(scene.alice, |node, now| {
        node.agent.close(now);
        assert!(node.agent.poll_event().is_none());
        assert!(node.agent.poll_timeout().is_none());
        assert!(node.agent.poll_transmit(now, &mut Vec::new()).is_none());
        node.pump(now);
        assert!(node.driver.sockets().is_empty(), "all sockets are closed");
        assert_eq!(node.state(), TransportState::Closed);
        assert!(node.agent.route(node.transport).is_none());
    });
    scene.run_for(Duration::from_secs(1));
    assert!(
        scene
            .node(scene.alice)
            .agent
            .route(scene.node(scene.alice).transport)
            .is_none()
    );
}
