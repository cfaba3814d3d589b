//! Provisional answers, as TRICKLE.md numbers them: D9 and D10.

use std::time::Duration;

use rill_peer::{Exception, PairInfo, SdpType, SessionDescription, SignalingState};

use crate::{
    adapter::Adapter,
    lone::Lone,
    offer::{Section, description, value_of},
    scene::{Scene, Setting, ip},
    signal::{Signal, with_mid, with_ufrag},
};

/// Two addresses where nobody is.
const FIRST: &str = "candidate:1 1 udp 2113937151 192.0.2.51 5000 typ host";
const SECOND: &str = "candidate:1 1 udp 2113937151 192.0.2.52 5000 typ host";

/// What somebody answers to a data offer.
fn answer(section: Section, candidates: &[&str]) -> String {
    let section = candidates
        .iter()
        .fold(section, |section, line| section.with(&format!("a={line}")));
    let session = ["a=group:BUNDLE 0", "a=ice-options:trickle ice2"];
    description(&session, &[section]).replace("a=setup:actpass", "a=setup:active")
}

/// Alice, alone, has offered and gathered.
fn offered() -> Scene {
    let mut scene = Setting::default().build();
    scene.sim.add_dead_address(ip("192.0.2.51"));
    scene.sim.add_dead_address(ip("192.0.2.52"));
    scene.first_offer();
    scene.run_for(Duration::from_secs(1));
    scene
}

fn apply(scene: &mut Scene, kind: SdpType, sdp: String) {
    let description = SessionDescription::new(kind, sdp);
    let apply = |side: &mut Adapter, now| side.pc.set_remote_description(now, &description);
    scene.sim.with(scene.alice, apply).expect("it fits");
    scene.run_for(Duration::from_millis(1));
}

/// The remote address and state of every pair.
fn pairs(scene: &Scene) -> Vec<(String, String)> {
    let pairs = scene.alice().pc.candidate_pairs().into_iter();
    let pair = |pair: PairInfo| (format!("{:?}", pair.remote.address), pair.state.to_string());
    pairs.map(pair).collect()
}

/// Trickle D9: crates/rill-ice/src/agent/remote.rs: `if self.ctx.closed || known == Some(&credentials) {`
#[test]
fn d9_another_ufrag_discards_the_checks_and_the_same_keeps_them() {
    let mut scene = offered();
    let first = || answer(Section::data("0"), &[FIRST]);
    apply(&mut scene, SdpType::Pranswer, first());
    scene.run_for(Duration::from_secs(30));
    let failed = pairs(&scene);
    assert_eq!(failed.len(), 1);
    assert_eq!(failed[0].1, "failed");
    assert!(failed[0].0.contains("192.0.2.51"), "{failed:?}");
    apply(&mut scene, SdpType::Pranswer, first());
    assert_eq!(pairs(&scene), failed, "nothing begins again");

    let other = answer(Section::data("0").restarted(), &[SECOND]);
    apply(&mut scene, SdpType::Pranswer, other);
    let fresh = pairs(&scene);
    assert_eq!(fresh.len(), 1, "{fresh:?}");
    assert!(fresh[0].0.contains("192.0.2.52"), "{fresh:?}");
    assert_ne!(fresh[0].1, "failed");
    let info = scene
        .alice()
        .pc
        .ice_transport(scene.alice().pc.transports()[0]);
    let remote = info.expect("it is in use").remote_parameters;
    assert_eq!(
        remote.expect("it was told").username_fragment,
        "secondUfrag"
    );
}

/// Trickle D10: crates/rill-peer/src/view/transport.rs: `.retain(|candidate| is_of(candidate, remote));` => `.retain(|_| false);`
#[test]
fn d10_candidates_of_a_pranswer_hold_after_the_answer() {
    let mut scene = offered();
    apply(
        &mut scene,
        SdpType::Pranswer,
        answer(Section::data("0"), &[]),
    );
    let state = scene.alice().pc.signaling_state();
    assert_eq!(state, SignalingState::HaveRemotePranswer);
    let init = with_ufrag(with_mid(FIRST, "0"), "dataUfrag");
    let add = |side: &mut Adapter, now| side.pc.add_ice_candidate(now, Some(&init));
    scene.sim.with(scene.alice, add).expect("it is taken");
    scene.run_for(Duration::from_millis(1));
    let pending = scene.alice().pc.pending_remote_description();
    assert!(pending.expect("it is provisional").sdp.contains(FIRST));
    let before = pairs(&scene);
    assert_eq!(before.len(), 1);
    apply(&mut scene, SdpType::Answer, answer(Section::data("0"), &[]));
    assert_eq!(scene.alice().pc.signaling_state(), SignalingState::Stable);
    let after = pairs(&scene);
    assert_eq!(after, before);
    let info = scene
        .alice()
        .pc
        .ice_transport(scene.alice().pc.transports()[0]);
    let remote = info.expect("it is in use").remote_candidates;
    assert_eq!(remote.len(), 1, "{remote:?}");
}

/// Bob answers for the time being, and then for good; his candidates come in between.
/// Trickle D10: crates/rill-peer/src/jsep/descriptions.rs: `| (Side::Remote, SdpType::Answer, S::HaveLocalOffer | S::HaveRemotePranswer)`
#[test]
fn d10_a_session_forms_over_pranswer_and_answer() {
    let mut scene = Setting::default().build();
    let mut last = None;
    scene.tamper[1] = Box::new(move |signal| match signal {
        Signal::Description(answer) if last.is_none() => {
            last = Some(answer.clone());
            Some(Signal::Description(SessionDescription::new(
                SdpType::Pranswer,
                answer.sdp,
            )))
        }
        // In the place of null, which is the last of his candidates.
        Signal::Candidate(None) => last.clone().map(Signal::Description),
        other => Some(other),
    });
    let channel = scene.connect();
    scene.run_for(Duration::from_secs(1));
    let alice = scene.alice();
    assert_eq!(alice.pc.signaling_state(), SignalingState::Stable);
    let remote = alice.pc.remote_description().expect("applied").sdp;
    assert!(value_of(&remote, "candidate").is_none(), "{remote}");
    scene.check_echo(&channel);
}

/// RFC 9429 §5.11: in have-remote-pranswer another DTLS association needs new ICE credentials.
#[test]
fn another_association_than_the_pranswers_needs_other_credentials() {
    let of = |section: Section, tls_id: &str| {
        let line = format!("a=tls-id:{tls_id}");
        answer(section.with(&line), &[])
    };
    let first = of(Section::data("0"), "theFirstAssociationOfAll");
    let print = |sdp: &str| sdp.replace("AF:4D", "AF:4E");
    for other in [
        print(&first),
        of(Section::data("0"), "theSecondAssociationOfAll"),
    ] {
        let mut lone = Lone::offering();
        lone.set_remote(SdpType::Pranswer, &first).expect("it fits");
        for kind in [SdpType::Pranswer, SdpType::Answer] {
            let error = lone.unchanged(|lone| lone.set_remote(kind, &other));
            assert!(
                error.to_string().contains("fingerprint or tls-id"),
                "{error}"
            );
            assert_eq!(error.exception(), Exception::InvalidAccess);
        }
        lone.set_remote(SdpType::Answer, &first).expect("it fits");
    }
    let mut lone = Lone::offering();
    lone.set_remote(SdpType::Pranswer, &first).expect("it fits");
    let fork = of(Section::data("0").restarted(), "theSecondAssociationOfAll");
    let taken = lone.set_remote(SdpType::Answer, &print(&fork));
    taken.expect("it is another peer altogether");
}
