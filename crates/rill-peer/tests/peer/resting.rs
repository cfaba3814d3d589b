//! A connection that has been quiet keeps less, and shows and does the same.

use std::time::Duration;

use rill_peer::{IceCandidateInit, SessionDescription};

use crate::{adapter::Adapter, scene::Setting};

/// Longer than the quiet after which memory is given back.
const QUIET: Duration = Duration::from_secs(1);

const LATE: &str = "candidate:77 1 udp 1677729535 203.0.113.77 7777 typ host";

fn shown(side: &Adapter) -> [Option<SessionDescription>; 4] {
    [
        side.pc.current_local_description(),
        side.pc.pending_local_description(),
        side.pc.current_remote_description(),
        side.pc.pending_remote_description(),
    ]
}

#[test]
fn quiet_changes_nothing_that_is_shown() {
    let mut scene = Setting::default().build();
    scene.connect();
    let before = scene.hosts().map(|host| shown(scene.side(host)));
    assert!(
        before
            .iter()
            .all(|side| side[0].is_some() && side[2].is_some())
    );
    scene.run_for(QUIET);
    let after = scene.hosts().map(|host| shown(scene.side(host)));
    assert_eq!(before, after);
}

#[test]
fn a_candidate_that_comes_after_quiet_is_told() {
    let mut scene = Setting::default().build();
    let channel = scene.connect();
    scene.run_for(QUIET);
    let late = IceCandidateInit {
        candidate: LATE.into(),
        sdp_mid: Some("0".into()),
        ..IceCandidateInit::default()
    };
    let add = |side: &mut Adapter, now| side.pc.add_ice_candidate(now, Some(&late));
    scene
        .sim
        .with(scene.alice, add)
        .expect("it names a section");
    scene.run_for(QUIET);
    let remote = scene.alice().pc.current_remote_description();
    let text = remote.expect("the answer").sdp;
    assert_eq!(text.matches(LATE).count(), 1, "{text}");
    scene.check_echo(&channel);
}

#[test]
fn negotiation_goes_on_after_quiet() {
    let mut scene = Setting::default().build();
    let channel = scene.connect();
    for host in scene.hosts() {
        scene.run_for(QUIET);
        let before = shown(scene.side(host));
        scene.restart(host);
        scene.run_for(QUIET);
        let after = shown(scene.side(host));
        assert_ne!(before[0], after[0], "restarted");
        assert_ne!(before[2], after[2], "the peer restarted too");
        assert_eq!(after[1], None, "nothing is pending");
        scene.check_echo(&channel);
    }
}

/// What waits for an answer is compared with what the answer was made for: quiet between must not
/// make them differ.
#[test]
fn an_answer_made_before_quiet_can_be_applied_after_it() {
    let mut scene = Setting::default().build();
    let channel = scene.connect();
    let offer = |side: &mut Adapter, _| side.pc.create_offer(rill_peer::OfferOptions::default());
    let offer = scene.sim.with(scene.alice, offer).expect("it is open");
    let apply = |side: &mut Adapter, now| {
        let applied = side.pc.set_remote_description(now, &offer);
        applied.map(|_| side.pc.create_answer().expect("an offer waits"))
    };
    let answer = scene.sim.with(scene.bob, apply).expect("the offer fits");
    let late = IceCandidateInit {
        candidate: LATE.into(),
        sdp_mid: Some("0".into()),
        ..IceCandidateInit::default()
    };
    let add = |side: &mut Adapter, now| side.pc.add_ice_candidate(now, Some(&late));
    scene.sim.with(scene.bob, add).expect("it names a section");
    scene.check_echo(&channel);
    scene.run_for(QUIET);
    let apply = |side: &mut Adapter, now| side.pc.set_local_description(now, Some(answer));
    scene.sim.with(scene.bob, apply).expect("it is Bob's own");
}
