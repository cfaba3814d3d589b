//! What is secret is in nothing that the agent shows.

use std::fmt::Debug;
use std::time::Duration;

use rill_ice::{Kind, Service};
use rill_stun::{IntegrityKey, PasswordAlgorithm};

use super::attacker::credentials;
use crate::node::LONG;
use crate::relays::{HOME, INSIDE, TURN, serving, udp};
use crate::scene::{Scene, Setting};

/// Everything that a node shows, as a log at the finest level would have it.
fn shown(scene: &Scene) -> String {
    let node = scene.node(scene.alice);
    let now = scene.sim.now();
    let parts: [&dyn Debug; 8] = [
        &node.agent,
        &node.events,
        &node.agent.report(now, node.transport),
        &node.agent.snapshot(node.transport),
        &node.agent.pairs(node.transport).collect::<Vec<_>>(),
        &node.agent.local_credentials(node.transport),
        &node.agent.remote_credentials(node.transport),
        &Setting::default().asking([udp(TURN)]).configs,
    ];
    parts.map(|part| format!("{part:?}\n{part:#?}")).concat()
}

/// A text as it looks in a list of numbers.
fn as_numbers(secret: &[u8]) -> String {
    let list = format!("{secret:?}");
    list.trim_matches(['[', ']']).to_owned()
}

/// Reliability 14: crates/rill-ice/src/credentials.rs: `.field("ufrag", &self.ufrag)` => `.field("ufrag", &self.ufrag).field("pwd", &self.pwd)`
/// Reliability 14: crates/rill-ice/src/config.rs: `.field("protocol", &self.protocol)` => `.field("protocol", &self.protocol).field("password", &self.password)`
#[test]
fn no_password_and_no_key_is_in_anything_that_is_shown() {
    let mut scene = Setting::at_home().relayed().asking([udp(TURN)]).build();
    scene.add_turn(serving(TURN));
    scene.connect(LONG);
    scene.run_for(Duration::from_secs(1));
    scene.check_data();
    let shown = shown(&scene);
    let (ours, theirs) = (
        credentials(scene.node(scene.alice)).pwd,
        credentials(scene.node(scene.bob)).pwd,
    );
    let Service::Turn(access) = udp(TURN).service else {
        panic!("it is a TURN server");
    };
    let key = IntegrityKey::long_term(
        PasswordAlgorithm::Md5,
        &access.username,
        b"rill.example",
        &access.password,
    );
    assert!(!format!("{key:?}").contains(|letter: char| letter.is_ascii_digit()));
    for secret in [
        ours.as_bytes(),
        theirs.as_bytes(),
        access.password.as_bytes(),
    ] {
        let text = std::str::from_utf8(secret).expect("text");
        assert!(!shown.contains(text), "a password in words");
        assert!(
            !shown.contains(&as_numbers(secret)),
            "a password in numbers"
        );
    }
    // It shows much else.
    assert!(shown.contains(&credentials(scene.node(scene.alice)).ufrag));
}

/// The core's half of it; the whole connection's is in the crates above.
///
/// Reliability 13: crates/rill-ice/src/agent/gathering.rs: `if self.gatherer.policy == CandidatePolicy::All {` => `if true {`
#[test]
fn candidates_and_pairs_of_the_relay_policy_name_no_address_of_ours() {
    let mut scene = Setting::at_home().relayed().asking([udp(TURN)]).build();
    scene.add_turn(serving(TURN));
    scene.connect(LONG);
    scene.run_for(Duration::from_secs(10));
    let turn = [TURN.parse().expect("a literal address")];
    let elsewhere = scene.sim.trace().sent_elsewhere("alice", &turn);
    assert!(elsewhere.is_empty(), "{elsewhere:?}");
    let node = scene.node(scene.alice);
    let candidates: Vec<_> = node.agent.local_candidates(node.transport).collect();
    assert!(
        candidates.iter().all(|one| one.kind == Kind::Relayed),
        "{candidates:?}"
    );
    let pairs: Vec<_> = node.agent.pairs(node.transport).collect();
    let snapshot = node.agent.snapshot(node.transport);
    let said = format!("{:?} {candidates:?} {pairs:?} {snapshot:?}", node.events);
    assert!(!said.contains(INSIDE) && !said.contains(HOME), "{said}");
}
