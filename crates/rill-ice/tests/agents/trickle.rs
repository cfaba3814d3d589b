//! Trickling: any order of signals leads to the same end.

use std::time::Duration;

use rill_ice::{
    AddCandidateError, Credentials, Kind, PairState, Protocol, RemoteAddress, RemoteCandidate,
    TransportState,
};

use crate::node::{LONG, Node, Presentation, Signal};
use crate::scene::{Scene, Setting};

fn candidate(address: &str) -> RemoteCandidate {
    RemoteCandidate {
        foundation: "1".into(),
        component: 1,
        protocol: Protocol::Udp,
        priority: 2_130_706_431,
        kind: Kind::Host,
        address: RemoteAddress::Ip(address.parse().expect("a literal address")),
        ufrag: None,
    }
}

fn peer(ufrag: &str) -> Credentials {
    Credentials {
        ufrag: ufrag.into(),
        pwd: "a password of 22 chars".into(),
    }
}

/// Alice alone, gathered, with somebody's credentials.
fn alice_with_peer() -> Scene {
    let mut scene = Setting::default().build();
    scene.sim.with(scene.alice, |node, now| {
        node.start(now);
        node.agent
            .set_remote_credentials(now, node.transport, peer("them"));
    });
    scene
}

fn states(node: &Node) -> Vec<PairState> {
    node.agent
        .pairs(node.transport)
        .map(|pair| pair.state)
        .collect()
}

/// The answer takes long: Bob's checks come before Alice knows anything of him (F15, F16).
///
/// Trickle F15, F16: crates/rill-ice/src/agent/inbound.rs: `let is_open = self.local.candidates.is_surfaced(path.socket);` => `let is_open = self.local.candidates.is_surfaced(path.socket) && self.remote.key.is_some();`
#[test]
fn checks_before_the_answer_are_answered_and_followed_up() {
    let mut scene = Setting::default().build();
    scene.start();
    // Bob gets all of Alice; Alice gets nothing of Bob for now.
    let signals: Vec<Signal> = scene
        .sim
        .endpoint_mut(scene.alice)
        .outbox
        .drain(..)
        .collect();
    scene.sim.with(scene.bob, |node, now| {
        signals
            .into_iter()
            .for_each(|signal| node.take_signal(now, signal));
    });
    scene.sim.run_for(Duration::from_millis(100));
    assert_eq!(scene.node(scene.bob).state(), TransportState::Connected);
    let alice = scene.node(scene.alice);
    assert_eq!(alice.state(), TransportState::New);
    assert_eq!(alice.agent.counters().checks_sent, 0);
    assert_eq!(states(alice), [PairState::Waiting]);
    // Only the credentials: the pair exists already.
    let signal = scene
        .sim
        .endpoint_mut(scene.bob)
        .outbox
        .pop_front()
        .expect("credentials");
    scene
        .sim
        .with(scene.alice, |node, now| node.take_signal(now, signal));
    scene.sim.run_for(Duration::from_millis(21));
    let alice = scene.node(scene.alice);
    assert_eq!(
        alice.states(),
        [TransportState::Checking, TransportState::Connected]
    );
}

/// The type changes, and nothing else does (RFC 8838 §11).
///
/// Trickle F6: crates/rill-ice/src/candidate/remote_list.rs: `known.kind = candidate.kind;` => ``
/// Trickle F6: crates/rill-ice/src/agent/pairing.rs: `if let Some(known) = session.checks.by_path(pair.path.socket, pair.path.remote) {`
#[test]
fn a_signalled_candidate_takes_over_a_discovered_one() {
    let mut scene = Setting::default().build();
    let bob = scene.sim.endpoint_mut(scene.bob);
    bob.presentation = Presentation::Names;
    bob.says_end = false;
    scene.connect(LONG);
    scene.run_for(Duration::from_secs(1));
    let selected = |scene: &Scene| {
        let node = scene.node(scene.alice);
        let mut pairs = node.agent.pairs(node.transport);
        let pair = pairs.find(|pair| pair.selected).expect("it is selected");
        let ends = (pair.local.priority, pair.remote.priority);
        assert_eq!(pair.priority >> 32, u64::from(ends.0.min(ends.1)));
        (pair.remote.kind, pair.remote.priority, pair.nominated)
    };
    let (kind, guessed, nominated) = selected(&scene);
    assert_eq!((kind, guessed >> 24), (Kind::PeerReflexive, 110));
    let bob = scene.node(scene.bob).local_candidates().remove(0);
    let before = scene.node(scene.alice).events.len();
    scene.sim.with(scene.alice, |node, now| {
        let candidate = candidate(&bob.address.to_string());
        let added = node
            .agent
            .add_remote_candidate(now, node.transport, candidate);
        added.expect("accepted");
        node.pump(now);
    });
    let told = candidate(&bob.address.to_string()).priority;
    assert_eq!(selected(&scene), (Kind::Host, told, nominated));
    assert_eq!(scene.node(scene.alice).events.len(), before);
    assert_eq!(states(scene.node(scene.alice)), [PairState::Succeeded]);
}

/// Trickle F12: crates/rill-ice/src/agent/remote.rs: `if session.remote.ended {` => `if false {`
#[test]
fn candidates_after_the_end_are_ignored() {
    let mut scene = alice_with_peer();
    scene.sim.with(scene.alice, |node, now| {
        node.agent
            .end_of_remote_candidates(now, node.transport, None);
        let late = candidate("192.0.2.7:4000");
        node.agent
            .add_remote_candidate(now, node.transport, late)
            .expect("accepted");
    });
    let alice = scene.node(scene.alice);
    assert_eq!(states(alice), []);
    assert_eq!(alice.agent.counters().ignored_candidates, 1);
}

/// Trickle C15: crates/rill-ice/src/candidate/remote_list.rs: `if known.is_some_and(|known| !known.is_discovered()) {`
#[test]
fn the_same_candidate_twice_is_one() {
    let mut scene = alice_with_peer();
    scene.sim.with(scene.alice, |node, now| {
        for _ in 0..2 {
            let same = candidate("192.0.2.7:4000");
            let added = node.agent.add_remote_candidate(now, node.transport, same);
            assert_eq!(added, Ok(()));
        }
        assert_eq!(node.agent.remote_candidates(node.transport).count(), 1);
    });
    let alice = scene.node(scene.alice);
    assert_eq!(states(alice), [PairState::Waiting]);
    assert_eq!(alice.agent.counters().ignored_candidates, 1);
}

/// Trickle C12: crates/rill-ice/src/candidate/remote.rs: `let is_ours = self.component == 1 && self.protocol == Protocol::Udp;` => `let is_ours = true;`
#[test]
fn candidates_of_other_components_and_protocols_are_taken_and_not_paired() {
    let mut scene = alice_with_peer();
    scene.sim.with(scene.alice, |node, now| {
        let other = [
            RemoteCandidate {
                component: 2,
                ..candidate("192.0.2.7:4000")
            },
            RemoteCandidate {
                protocol: Protocol::Other,
                ..candidate("192.0.2.8:4000")
            },
        ];
        for candidate in other {
            let added = node
                .agent
                .add_remote_candidate(now, node.transport, candidate);
            assert_eq!(added, Ok(()));
        }
    });
    let alice = scene.node(scene.alice);
    assert_eq!(states(alice), []);
    assert_eq!(alice.agent.counters().unusable_candidates, 2);
}

/// Trickle D3: crates/rill-ice/src/agent/remote.rs: `(Some(key), Some(ufrag)) => key.credentials.ufrag == ufrag,`
#[test]
fn a_candidate_of_another_generation_is_refused() {
    let mut scene = alice_with_peer();
    let result = scene.sim.with(scene.alice, |node, now| {
        let other = RemoteCandidate {
            ufrag: Some("other".into()),
            ..candidate("192.0.2.7:4000")
        };
        node.agent.add_remote_candidate(now, node.transport, other)
    });
    assert_eq!(result, Err(AddCandidateError::UnknownUfrag));
}

#[test]
fn candidates_ahead_of_the_credentials_are_kept_if_they_match() {
    let mut scene = Setting::default().build();
    scene.sim.with(scene.alice, |node, now| {
        node.start(now);
        for (address, ufrag) in [
            ("192.0.2.7:4000", Some("them")),
            ("192.0.2.8:4000", Some("other")),
            ("192.0.2.9:4000", None),
        ] {
            let candidate = RemoteCandidate {
                ufrag: ufrag.map(str::to_owned),
                ..candidate(address)
            };
            node.agent
                .add_remote_candidate(now, node.transport, candidate)
                .expect("accepted");
        }
        assert_eq!(states(node).len(), 3);
        node.agent
            .set_remote_credentials(now, node.transport, peer("them"));
        assert_eq!(states(node).len(), 2);
    });
}

/// A second provisional answer with another ufrag discards the check list.
///
/// Trickle D9: crates/rill-ice/src/agent/remote.rs: `session.forget_peer(&mut self.ctx);` => ``
/// Trickle D9, D10: crates/rill-ice/src/agent/remote.rs: `if self.ctx.closed || known == Some(&credentials) {`
#[test]
fn other_credentials_start_the_peer_anew() {
    let mut scene = alice_with_peer();
    scene.sim.with(scene.alice, |node, now| {
        let first = candidate("192.0.2.7:4000");
        node.agent
            .add_remote_candidate(now, node.transport, first)
            .expect("accepted");
        assert_eq!(states(node).len(), 1);
        node.agent
            .set_remote_credentials(now, node.transport, peer("them"));
        assert_eq!(states(node).len(), 1, "the same credentials change nothing");
        node.agent
            .set_remote_credentials(now, node.transport, peer("others"));
        assert_eq!(states(node).len(), 0);
    });
}

/// Trickle F3: crates/rill-ice/src/agent/pairing.rs: `if is_topmost || has_succeeded {` => `if true {`
#[test]
fn pairs_of_a_foundation_are_frozen_until_one_succeeds_or_fails() {
    let mut scene = alice_with_peer();
    scene.sim.with(scene.alice, |node, now| {
        for (address, priority) in [
            ("192.0.2.7:4001", 3000),
            ("192.0.2.7:4002", 2000),
            ("192.0.2.7:4003", 4000),
        ] {
            let candidate = RemoteCandidate {
                priority,
                ..candidate(address)
            };
            node.agent
                .add_remote_candidate(now, node.transport, candidate)
                .expect("accepted");
        }
        // RFC 8838 §12: topmost; below it; the new topmost.
        assert_eq!(
            states(node),
            [PairState::Waiting, PairState::Frozen, PairState::Waiting]
        );
    });
    scene.sim.run_for(Duration::from_millis(1));
    let started = [
        PairState::InProgress,
        PairState::Frozen,
        PairState::InProgress,
    ];
    assert_eq!(states(scene.node(scene.alice)), started);
    // Nobody answers: once both have failed, the third gets its turn.
    scene.sim.run_for(Duration::from_secs(25));
    let then = [PairState::Failed, PairState::InProgress, PairState::Failed];
    assert_eq!(states(scene.node(scene.alice)), then);
}

/// Trickle F7: crates/rill-ice/src/candidate/local.rs: `.filter(|&id| self.is_surfaced(self[id].candidate.socket))` => ``
#[test]
fn a_local_candidate_is_not_paired_before_it_is_polled() {
    let mut scene = Setting::default().build();
    scene.sim.with(scene.alice, |node, now| {
        node.agent.gather(now, node.transport);
        node.agent
            .set_remote_credentials(now, node.transport, peer("them"));
        let remote = candidate("192.0.2.7:4000");
        node.agent
            .add_remote_candidate(now, node.transport, remote)
            .expect("accepted");
        while let Some(request) = node.agent.poll_request() {
            let (id, response) = match request {
                rill_ice::Request::ListInterfaces { id } => {
                    let interface = rill_ice::Interface {
                        name: "eth0".into(),
                        address: "198.51.100.1".parse().expect("a literal"),
                        loopback: false,
                    };
                    (id, rill_ice::Response::Interfaces(vec![interface]))
                }
                rill_ice::Request::BindUdp { id, address, .. } => {
                    (id, rill_ice::Response::Bound((address, 5000).into()))
                }
                other => panic!("{other:?}"),
            };
            node.agent.handle_response(now, id, response);
        }
        let another = RemoteCandidate {
            foundation: "2".into(),
            ..candidate("192.0.2.8:4000")
        };
        node.agent
            .add_remote_candidate(now, node.transport, another)
            .expect("accepted");
        assert_eq!(states(node), []);
        assert!(node.agent.poll_transmit(now, &mut Vec::new()).is_none());
        while node.agent.poll_event().is_some() {}
        assert_eq!(states(node), [PairState::Waiting, PairState::Waiting]);
        assert!(node.agent.poll_timeout().is_some_and(|at| at <= now));
        assert!(node.agent.poll_transmit(now, &mut Vec::new()).is_some());
    });
}

/// RFC 8445 §6.1.2.6: of one foundation, one pair in all check lists goes first.
///
/// Trickle F3: crates/rill-ice/src/agent/pairing.rs: `if is_topmost || has_succeeded {` => `if true {`
#[test]
fn foundations_are_frozen_across_check_lists() {
    let mut scene = Setting::default().build();
    let (first, second) = scene.sim.with(scene.alice, |node, now| {
        let first = node.transport;
        let second = node.agent.add_transport();
        for transport in [first, second] {
            node.agent.gather(now, transport);
            node.pump(now);
            node.agent
                .set_remote_credentials(now, transport, peer("them"));
            let remote = candidate("192.0.2.7:4000");
            let added = node.agent.add_remote_candidate(now, transport, remote);
            added.expect("accepted");
        }
        (first, second)
    });
    let state = |scene: &Scene, transport| {
        let agent = &scene.node(scene.alice).agent;
        let states: Vec<PairState> = agent.pairs(transport).map(|pair| pair.state).collect();
        states
    };
    assert_eq!(state(&scene, first), [PairState::Waiting]);
    assert_eq!(state(&scene, second), [PairState::Frozen]);
    scene.sim.run_for(Duration::from_secs(1));
    assert_eq!(state(&scene, first), [PairState::InProgress]);
    assert_eq!(state(&scene, second), [PairState::Frozen]);
    scene.sim.run_for(Duration::from_secs(20));
    assert_eq!(state(&scene, first), [PairState::Failed]);
    assert_eq!(state(&scene, second), [PairState::InProgress]);
}

/// W3C WebRTC 1.0 §5.6: all pairs failed, and more may come.
///
/// Trickle F10: crates/rill-ice/src/agent/states.rs: `(true, _) => TransportState::Disconnected,` => `(true, _) => TransportState::Failed,`
#[test]
fn a_new_candidate_leads_from_disconnected_back_to_checking() {
    let mut scene = alice_with_peer();
    let add = |scene: &mut Scene, address: &str| {
        scene.sim.with(scene.alice, |node, now| {
            let remote = candidate(address);
            let added = node.agent.add_remote_candidate(now, node.transport, remote);
            added.expect("accepted");
            node.pump(now);
        });
    };
    add(&mut scene, "192.0.2.7:4000");
    scene.sim.run_for(Duration::from_secs(25));
    add(&mut scene, "192.0.2.8:4000");
    let expected = [
        TransportState::Checking,
        TransportState::Disconnected,
        TransportState::Checking,
    ];
    assert_eq!(scene.node(scene.alice).states(), expected);
}

/// Trickle F17: crates/rill-ice/src/agent/states.rs: `let is_futile = !has_patience && self.local.ended && self.remote.candidates.any();` => `let is_futile = !has_patience && self.remote.candidates.any();`
#[test]
fn a_remote_candidate_before_any_local_one_is_not_disconnection() {
    let mut scene = Setting::default().build();
    scene.sim.with(scene.alice, |node, now| {
        node.agent
            .set_remote_credentials(now, node.transport, peer("them"));
        let remote = candidate("192.0.2.7:4000");
        let added = node.agent.add_remote_candidate(now, node.transport, remote);
        added.expect("accepted");
        node.pump(now);
    });
    scene.sim.run_for(Duration::from_secs(100));
    assert_eq!(scene.node(scene.alice).states(), [TransportState::Checking]);
}

#[test]
fn removed_transports_say_nothing_more() {
    let mut scene = alice_with_peer();
    scene.sim.with(scene.alice, |node, now| {
        let second = node.agent.add_transport();
        node.agent.gather(now, second);
        node.agent.remove_transport(now, second);
        node.pump(now);
        let about_second = node.events.iter().filter(|(_, event)| {
            matches!(event, rill_ice::Event::GatheringState { transport, .. } if *transport == second)
        });
        assert_eq!(about_second.count(), 0);
        assert_eq!(node.agent.state(second), TransportState::Closed);
        assert_eq!(node.driver.sockets().len(), 1, "those of the other transport");
    });
}

#[test]
fn agents_go_between_threads() {
    fn is_send<T: Send>() {}
    is_send::<rill_ice::Agent>();
}
