//! Nobody gets data who does not agree to it any more (RFC 7675).

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rill_ice::TransportState;
use rill_sim::{Datagram, Verdict};
use rill_stun::{Class, Message, Method, Writer, is_stun};

use super::attacker::connected;
use crate::node::{LONG, Node};
use crate::scene::{Scene, Setting, ip};

const ALICE: &str = "198.51.100.1";
const BOB: &str = "198.51.100.2";

/// What becomes of Bob's answers.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Answers {
    Dropped,
    /// Right in all but the password.
    Forged,
}

/// When Alice last sent data.
type Last = Arc<Mutex<Option<Instant>>>;

/// From now on Bob answers no more, or somebody else does in his place.
fn silence(scene: &mut Scene, how: Answers) -> Last {
    let last = Last::default();
    let seen = Arc::clone(&last);
    scene.sim.intercept(move |now, datagram: &mut Datagram| {
        let is_from = |address: &str| datagram.local.ip() == ip(address);
        if is_from(ALICE) && !is_stun(&datagram.bytes) {
            *seen.lock().expect("nobody panicked") = Some(now);
        }
        if !is_from(BOB) {
            return Verdict::Pass;
        }
        let Ok(message) = Message::parse(&datagram.bytes) else {
            return Verdict::Pass;
        };
        match (how, message.class()) {
            (Answers::Dropped, Class::Success) => Verdict::Drop,
            (Answers::Forged, Class::Success) => {
                datagram.bytes = forged(&message);
                Verdict::Pass
            }
            _ => Verdict::Pass,
        }
    });
    last
}

/// The same answer by somebody who saw the request and does not know the password.
fn forged(answer: &Message<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mapped = answer.xor_mapped_address().expect("a success has one");
    let id = answer.transaction_id();
    Writer::new(&mut bytes, Class::Success, Method::BINDING, id)
        .xor_mapped_address(mapped)
        .message_integrity(b"a guess of twenty-two chars")
        .fingerprint()
        .finish();
    bytes
}

/// Alice sends all the time; gives for how long after Bob fell silent data still left.
fn talk_on(scene: &mut Scene, last: &Last) -> Duration {
    let silent_since = scene.sim.now();
    for _ in 0..6000 {
        // What is refused is refused; the tap sees what leaves.
        let _ = scene.sim.endpoint_mut(scene.alice).send(b"\x16data");
        scene.run_for(Duration::from_millis(10));
    }
    let last = *last.lock().expect("nobody panicked");
    last.expect("she sent something") - silent_since
}

/// Bob lives, sends data and checks and hears everything: only his answers are gone.
///
/// Reliability 8: crates/rill-ice/src/config.rs: `consent_expiry: Duration::from_secs(30),` => `consent_expiry: Duration::from_secs(40),`
#[test]
fn no_data_leave_later_than_30_seconds_after_the_last_answer() {
    for seed in 0..5 {
        let mut scene = connected(Setting::seeded(seed));
        let last = silence(&mut scene, Answers::Dropped);
        // His last answer came before this moment, and not much before it.
        let time = talk_on(&mut scene, &last);
        assert!(time <= Duration::from_secs(30), "{time:?}");
        assert!(
            time >= Duration::from_secs(20),
            "{time:?}: he was there till now"
        );
        assert_eq!(scene.node(scene.alice).state(), TransportState::Failed);
    }
}

/// Reliability 8: crates/rill-ice/src/agent/responses.rs: `if integrity != Some(Integrity::Valid) {` => `if false {`
#[test]
fn an_answer_with_the_right_number_and_the_wrong_password_renews_nothing() {
    let mut scene = connected(Setting::default());
    let last = silence(&mut scene, Answers::Forged);
    let stray = scene.node(scene.alice).agent.counters().stray_responses;
    let time = talk_on(&mut scene, &last);
    assert!(time <= Duration::from_secs(30), "{time:?}");
    let node = scene.node(scene.alice);
    assert_eq!(node.state(), TransportState::Failed);
    // They were taken for answers, but for the password.
    let counters = node.agent.counters();
    assert!(counters.stray_responses > stray + 5, "{counters:?}");
    assert_eq!(counters.malformed, 0);
}

/// Reliability 8: crates/rill-ice/src/agent/restart.rs: `let mut session = Session::new(key, credentials);`
#[test]
fn a_restart_revives_what_consent_was_lost_for() {
    let mut scene = connected(Setting::default());
    scene.sim.partition(ip(ALICE), ip(BOB));
    scene.run_for(Duration::from_secs(40));
    assert!(scene.both_are(TransportState::Failed));
    scene.sim.heal(ip(ALICE), ip(BOB));
    for host in [scene.alice, scene.bob] {
        scene.sim.with(host, |node, now| {
            node.restart(now);
            node.agent.confirm_restart(now, node.transport);
        });
    }
    let is_back = |node: &Node| node.is_concluded() && node.state() == TransportState::Completed;
    let from = scene.sim.now();
    let time = scene.run_until(LONG, |alice, bob| is_back(alice) && is_back(bob));
    assert!(time.is_some(), "they are back");
    assert!(scene.sim.now() - from < Duration::from_secs(2));
    assert!(scene.sim.endpoint_mut(scene.alice).send(b"\x16again"));
    scene.run_for(Duration::from_secs(1));
    assert_eq!(scene.node(scene.bob).payloads.len(), 1);
}
