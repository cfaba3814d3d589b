//! Consent, silence and recovery (RFC 7675).

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rill_ice::{Event, PairState, Role, TransportState};
use rill_sim::{Datagram, HostId, Verdict};
use rill_stun::{Class, Message};

use crate::scene::{Scene, Setting, ip};
use crate::subject::{Subject, address};

const A: &str = "198.51.100.1";
const B: &str = "198.51.100.2";

fn connected(setting: Setting) -> Scene {
    let mut scene = setting.build();
    scene.connect(Duration::from_secs(5));
    scene.run_for(Duration::from_secs(1));
    scene
}

/// Time from now until the node reports the state.
fn time_to(scene: &mut Scene, host: HostId, state: TransportState, limit: u64) -> f64 {
    let from = scene.sim.now();
    let is_alice = host == scene.alice;
    let is_there = |alice: &crate::node::Node, bob: &crate::node::Node| {
        let node = if is_alice { alice } else { bob };
        node.state() == state
    };
    let reached = scene.run_until(Duration::from_secs(limit), is_there);
    assert!(reached.is_some(), "{state} within {limit} s");
    (scene.sim.now() - from).as_secs_f64()
}

#[test]
fn a_dead_peer_is_noticed_and_given_up() {
    for seed in 0..10 {
        let mut scene = connected(Setting::seeded(seed));
        scene.sim.partition(ip(A), ip(B));
        let last_answer = scene.sim.elapsed();
        for host in [scene.alice, scene.bob] {
            let node = scene.node(host);
            assert!(node.agent.route(node.transport).is_some());
        }
        let alice = scene.alice;
        let disconnected = time_to(&mut scene, alice, TransportState::Disconnected, 9);
        assert!((1.0..8.0).contains(&disconnected), "{disconnected}");
        assert!(
            scene.sim.endpoint_mut(alice).send(b"\x16still"),
            "consent lasts on"
        );
        time_to(&mut scene, alice, TransportState::Failed, 40);
        let failed = (scene.sim.elapsed() - last_answer).as_secs_f64();
        assert!((24.0..=30.0).contains(&failed), "{failed}");
        assert!(
            !scene.sim.endpoint_mut(alice).send(b"\x16no"),
            "consent is gone"
        );
        let states = scene.node(alice).states();
        let end = [
            TransportState::Completed,
            TransportState::Disconnected,
            TransportState::Failed,
        ];
        assert!(states.ends_with(&end), "{states:?}");
    }
}

/// libwebrtc marks every check of its selected pair; a peer that took the nomination before it knew
/// our credentials learns of it no other way.
#[test]
fn consent_checks_of_the_controlling_side_repeat_the_nomination() {
    let mut scene = connected(Setting::default());
    let marks: Arc<Mutex<Vec<(IpAddr, bool)>>> = Arc::default();
    let seen = Arc::clone(&marks);
    scene.sim.intercept(move |_, datagram: &mut Datagram| {
        if let Ok(message) = Message::parse(&datagram.bytes)
            && message.class() == Class::Request
        {
            let mark = (datagram.local.ip(), message.use_candidate());
            seen.lock().expect("nobody panicked").push(mark);
        }
        Verdict::Pass
    });
    scene.run_for(Duration::from_secs(20));
    let marks = marks.lock().expect("nobody panicked").clone();
    let of = |address: &str| {
        marks
            .iter()
            .filter(|(from, _)| *from == ip(address))
            .count()
    };
    assert!(of(A) >= 3 && of(B) >= 3, "{marks:?}");
    assert!(
        marks
            .iter()
            .all(|(from, marked)| *marked == (*from == ip(A))),
        "{marks:?}"
    );
}

#[test]
fn a_short_silence_is_forgiven() {
    for outage in [8, 12, 25] {
        let mut scene = connected(Setting::default());
        scene.sim.partition(ip(A), ip(B));
        scene.run_for(Duration::from_secs(outage));
        assert!(scene.both_are(TransportState::Disconnected));
        scene.sim.heal(ip(A), ip(B));
        scene.run_for(Duration::from_millis(2500));
        assert!(
            scene.both_are(TransportState::Completed),
            "after {outage} s"
        );
        let states = scene.node(scene.alice).states();
        let end = [TransportState::Disconnected, TransportState::Completed];
        assert!(states.ends_with(&end), "{states:?}");
    }
}

/// Trickle F11: crates/rill-ice/src/agent/states.rs: `let is_said = self.candidates_ended();` => `let is_said = self.local.ended;`
/// Trickle F8: crates/rill-ice/src/agent/states.rs: `(true, _) => TransportState::Disconnected,`
#[test]
fn without_an_end_of_candidates_lost_consent_is_not_failure() {
    let mut scene = Setting::default().build();
    scene.sim.endpoint_mut(scene.bob).says_end = false;
    scene.connect(Duration::from_secs(5));
    scene.run_for(Duration::from_secs(1));
    assert_eq!(scene.node(scene.alice).state(), TransportState::Connected);
    scene.sim.partition(ip(A), ip(B));
    scene.run_for(Duration::from_secs(60));
    assert_eq!(
        scene.node(scene.alice).state(),
        TransportState::Disconnected
    );
    assert_eq!(scene.node(scene.bob).state(), TransportState::Failed);
    let alice = scene.alice;
    assert!(!scene.sim.endpoint_mut(alice).send(b"\x16no"));
}

/// RFC 7675 §5.1: after consent is lost, the same credentials never revive the path.
///
/// Trickle F8: crates/rill-ice/src/agent/states.rs: `(true, _) => TransportState::Disconnected,`
#[test]
fn lost_consent_does_not_come_back() {
    let mut scene = Setting::default().build();
    for host in [scene.alice, scene.bob] {
        scene.sim.endpoint_mut(host).says_end = false;
    }
    scene.connect(Duration::from_secs(5));
    scene.sim.partition(ip(A), ip(B));
    scene.run_for(Duration::from_secs(40));
    scene.sim.heal(ip(A), ip(B));
    scene.run_for(Duration::from_secs(20));
    assert!(scene.both_are(TransportState::Disconnected));
    let node = scene.node(scene.alice);
    let states: Vec<PairState> = node
        .agent
        .pairs(node.transport)
        .map(|pair| pair.state)
        .collect();
    assert_eq!(states, [PairState::Failed]);
}

#[test]
fn when_the_path_dies_another_pair_takes_over() {
    let addresses = [
        vec![ip("198.51.100.1"), ip("203.0.113.1")],
        vec![ip("198.51.100.2")],
    ];
    let mut scene = connected(Setting {
        addresses,
        ..Setting::default()
    });
    let selected = |scene: &Scene, host| {
        let node = scene.node(host);
        node.agent
            .selected_pair(node.transport)
            .expect("it is selected")
    };
    let before = selected(&scene, scene.alice);
    scene.sim.partition(before.local.address.ip(), ip(B));
    scene.run_for(Duration::from_secs(15));
    for host in [scene.alice, scene.bob] {
        let state = scene.node(host).state();
        let is_up = matches!(state, TransportState::Connected | TransportState::Completed);
        assert!(is_up, "{state}");
        assert!(selected(&scene, host).nominated);
    }
    assert_ne!(
        selected(&scene, scene.alice).local.address,
        before.local.address
    );
    let alice = scene.alice;
    assert!(scene.sim.endpoint_mut(alice).send(b"\x16over"));
    scene.run_for(Duration::from_millis(100));
    assert_eq!(scene.node(scene.bob).payloads.len(), 1);
}

/// Right transaction, wrong password: consent is not renewed.
#[test]
fn forged_answers_do_not_renew_consent() {
    let mut scene = connected(Setting::default());
    scene.sim.intercept(|_, datagram: &mut Datagram| {
        let is_answer = datagram.bytes.first() == Some(&1);
        if is_answer && let Some(last) = datagram.bytes.get_mut(40) {
            *last ^= 1;
        }
        Verdict::Pass
    });
    scene.run_for(Duration::from_secs(33));
    assert!(scene.both_are(TransportState::Failed));
    assert!(scene.node(scene.alice).agent.counters().malformed > 0);
}

#[test]
fn a_lossy_idle_connection_does_not_flap() {
    let mut scene = connected(Setting::default());
    let link = rill_sim::Link {
        loss: 0.03,
        ..rill_sim::Link::default()
    };
    for address in [A, B] {
        scene.sim.set_link(ip(address), &link);
    }
    scene.run_for(Duration::from_secs(600));
    let states = scene.node(scene.alice).states();
    assert!(
        !states.contains(&TransportState::Disconnected),
        "{states:?}"
    );
}

/// Trickle F20: crates/rill-ice/src/agent/states.rs: `self.report_selection(ctx);` => ``
#[test]
fn the_selected_pair_is_announced_before_its_state() {
    let scene = connected(Setting::default());
    let events = &scene.node(scene.alice).events;
    let position = |wanted: fn(&Event) -> bool| {
        events
            .iter()
            .position(|(_, event)| wanted(event))
            .expect("it happened")
    };
    let selected = position(|event| matches!(event, Event::SelectedPair { .. }));
    let connected = position(|event| {
        matches!(
            event,
            Event::State {
                state: TransportState::Connected,
                ..
            }
        )
    });
    let proved = position(|event| matches!(event, Event::Proved { .. }));
    assert_eq!(selected + 1, connected);
    assert!(proved < selected);
}

/// It failed while nothing worked; when the selected pair falls silent once more, it may be back.
#[test]
fn a_pair_that_failed_is_tried_again_when_the_selected_one_falls_silent() {
    let (good, better) = (address(1), address(2));
    let mut subject = Subject::new(Role::Controlling);
    subject.add(good, 1000);
    subject.answer_checks(&[good]);
    subject.add(better, 2000);
    subject.answer_checks(&[good, better]);
    let mut pass = |seconds: u32, answering: &[SocketAddr]| {
        for _ in 0..10 * seconds {
            subject.advance(Duration::from_millis(100));
            subject.answer_checks(answering);
        }
        (subject.selected(), subject.pair_states())
    };
    let failed = [PairState::Failed, PairState::Succeeded];
    assert_eq!(pass(24, &[]), (Some((better, true)), failed.to_vec()));
    assert_eq!(pass(5, &[better]), (Some((better, true)), failed.to_vec()));
    assert_eq!(pass(15, &[good]).0, Some((good, true)));
}
