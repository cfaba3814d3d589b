//! Generations of candidates, as TRICKLE.md numbers them: D1 to D6.

use std::time::Duration;

use rill_peer::{IceCandidate, IceConnectionState, IceGatheringState, SdpType, SignalingState};
use rill_sim::{Link, StunServer};

use crate::{
    adapter::Adapter,
    diary::Entry,
    lone::Lone,
    offer::{data_offer, restarted_data_offer, session_part, value_of},
    scene::{ALICE, BOB, Scene, Setting, ip},
    signal::{LINE, Signal, Tamper, init, with_mid, with_ufrag},
};

/// Alice has an address of her own and one at home, where a server takes 600 ms to answer and from
/// where Bob is out of reach.
fn slow_scene() -> Scene {
    let mut setting = Setting::default();
    setting.servers[0] = vec!["stun:192.0.2.1"];
    let mut scene = setting.build_at_home(&[ip(ALICE)]);
    let slow = Link {
        delay: Duration::from_millis(300),
        ..Link::default()
    };
    let address = "192.0.2.1:3478".parse().expect("a literal address");
    scene.sim.add_stun_server(StunServer::new(address), slow);
    scene.sim.partition(ip("10.0.0.1"), ip(BOB));
    scene
}

/// Only the first description arrives, and every candidate.
fn one_description() -> Tamper {
    let mut any = false;
    Box::new(move |signal| {
        let again = matches!(signal, Signal::Description(_)) && std::mem::replace(&mut any, true);
        (!again).then_some(signal)
    })
}

/// Alice gathers slowly, and her restart is never answered.
fn two_generations() -> (Scene, String) {
    let mut scene = slow_scene();
    scene.tamper[1] = one_description();
    scene.connect();
    let old = ufrag(scene.alice());
    scene.restart(scene.alice);
    scene.run_for(Duration::from_secs(3));
    (scene, old)
}

pub(crate) fn ufrag(side: &Adapter) -> String {
    let sdp = side.pc.local_description().expect("it was applied").sdp;
    value_of(&sdp, "ice-ufrag")
        .expect("it has a transport")
        .to_owned()
}

/// The type of a candidate, or that it is the end.
pub(crate) fn kind_of(candidate: &IceCandidate) -> &str {
    let kind = candidate.candidate.split(' ').nth(7);
    kind.unwrap_or("end")
}

/// Trickle D1: crates/rill-peer/src/view/candidates.rs: `.filter(|(_, m)| m.ice_ufrag() == Some(ufrag))`
#[test]
fn d1_each_generation_goes_to_its_own_description() {
    let (scene, old) = two_generations();
    let mut told = [Vec::new(), Vec::new()];
    for entry in &scene.alice().diary.entries {
        let Some(candidate) = entry.candidate() else {
            continue;
        };
        let getters = entry.getters();
        let (Some(current), Some(pending)) = (&getters.current_local, &getters.pending_local)
        else {
            continue;
        };
        let line = match &*candidate.candidate {
            "" => "a=end-of-candidates".to_owned(),
            text => format!("a={text}\r\n"),
        };
        let is_old = candidate.username_fragment == old;
        let (own, other) = match is_old {
            true => (current, pending),
            false => (pending, current),
        };
        let ufrag = value_of(&own.sdp, "ice-ufrag");
        assert_eq!(ufrag, Some(&*candidate.username_fragment));
        assert!(own.sdp.contains(&line), "{line} in {}", own.sdp);
        // An old end marker may be there already when the new one comes.
        let may = candidate.candidate.is_empty() && !is_old;
        assert!(may || !other.sdp.contains(&line), "{line} in {}", other.sdp);
        told[usize::from(!is_old)].push(kind_of(candidate).to_owned());
    }
    for e in &scene.alice().diary.entries {
        eprintln!("{:?} {} {:?}", e.at - scene.sim.start(), e.task, e.what);
    }
    assert_eq!(told[0], ["srflx", "end"], "what came late");
    assert_eq!(told[1], ["host", "host", "srflx", "end"]);
}

/// Trickle D1: crates/rill-peer/src/view/candidates.rs: `if media.ice_ufrag().is_none_or(|own| own == ufrag) {`
#[test]
fn d1_remote_candidates_go_to_the_description_of_their_generation() {
    let mut lone = Lone::answered(&data_offer());
    lone.set_remote(SdpType::Offer, &restarted_data_offer())
        .expect("a restart fits");
    let other = LINE.replace("192.0.2.5", "192.0.2.6");
    for (line, ufrag) in [
        (LINE, "dataUfrag"),
        (&other, "secondUfrag"),
        ("", "dataUfrag"),
    ] {
        lone.add(Some(with_ufrag(with_mid(line, "0"), ufrag)))
            .expect("its generation is known");
    }
    let getters = lone.getters();
    let (current, pending) = (getters.current_remote, getters.pending_remote);
    let (current, pending) = (current.expect("first").sdp, pending.expect("second").sdp);
    assert!(
        current.contains(LINE) && !current.contains(&other),
        "{current}"
    );
    assert!(
        pending.contains(&other) && !pending.contains(LINE),
        "{pending}"
    );
    assert!(current.contains("a=end-of-candidates"));
    assert!(!pending.contains("a=end-of-candidates"));
}

/// Trickle D2: crates/rill-ice/src/agent/states.rs: `let mut states = self.sessions.iter().map(|session| session.gatherer.state);`
#[test]
fn d2_gathering_is_complete_when_no_generation_gathers() {
    let (scene, old) = two_generations();
    let diary = &scene.alice().diary;
    let words = diary.connection_words();
    let count = |wanted: &str| words.iter().filter(|word| *word == wanted).count();
    for once in [
        "gathering gathering",
        "gathering complete",
        "candidate null",
    ] {
        assert_eq!(count(once), 1, "{once}: {words:?}");
    }
    assert_eq!(count("transport gathering"), 2, "{words:?}");
    assert_eq!(words.last().map(String::as_str), Some("candidate null"));
    let ends: Vec<_> = diary
        .entries
        .iter()
        .filter_map(Entry::candidate)
        .filter(|candidate| candidate.candidate.is_empty())
        .map(|candidate| candidate.username_fragment == old)
        .collect();
    assert_eq!(ends, [true, false], "the old generation ends first");
}

/// Trickle D3: crates/rill-peer/src/jsep/candidate.rs: `Some(wanted) if places.is_empty() => Err(AddIceCandidateError::UnknownUfrag(`
#[test]
fn d3_a_candidate_of_a_generation_that_is_gone_is_refused() {
    let mut lone = Lone::answered(&data_offer());
    let late = || Some(with_ufrag(with_mid(LINE, "0"), "dataUfrag"));
    lone.answer(&restarted_data_offer());
    let error = lone.unchanged(|lone| lone.add(late()));
    assert_eq!(error.exception(), rill_peer::Exception::Operation);
    let ended = Some(with_ufrag(init(""), "dataUfrag"));
    lone.unchanged(|lone| lone.add(ended));
    lone.add(Some(with_mid(LINE, "0")))
        .expect("the newest generation takes it");
}

/// Trickle D4: crates/rill-peer/src/peer_connection/commit.rs: `self.agent.restart(now, *id, credentials.clone());`
#[test]
fn d4_a_restart_may_begin_while_the_first_gathering_runs() {
    let mut scene = slow_scene();
    let channel = scene.connect();
    let before = scene.hosts().map(|host| ufrag(scene.side(host)));
    let gathering = scene.alice().pc.ice_gathering_state();
    assert_eq!(gathering, IceGatheringState::Gathering);
    scene.restart(scene.alice);
    scene.run_for(Duration::from_secs(3));
    for (host, before) in scene.hosts().into_iter().zip(before) {
        let side = scene.side(host);
        assert_ne!(ufrag(side), before);
        assert_eq!(side.pc.signaling_state(), SignalingState::Stable);
        assert_eq!(side.pc.ice_gathering_state(), IceGatheringState::Complete);
        let nulls = side.diary.connection_words();
        let nulls = nulls.iter().filter(|word| *word == "candidate null");
        // Bob's first gathering was over.
        let expected = if host == scene.alice { 1 } else { 2 };
        assert_eq!(nulls.count(), expected);
    }
    scene.check_echo(&channel);
}

/// Both have completed; the end of Bob's next generation is held back.
/// Trickle D5: crates/rill-ice/src/agent/restart.rs: `session.remote.lite = lite;`
#[test]
fn d5_the_end_of_one_generation_is_not_the_end_of_the_next() {
    let mut scene = Setting::default().build();
    let channel = scene.connect();
    scene.run_for(Duration::from_secs(5));
    let ice = |scene: &Scene| scene.alice().pc.ice_connection_state();
    assert_eq!(ice(&scene), IceConnectionState::Completed);
    scene.tamper[1] = Box::new(|signal| match signal {
        Signal::Candidate(Some(init)) if init.candidate.is_empty() => None,
        Signal::Candidate(None) => None,
        other => Some(other),
    });
    scene.restart(scene.alice);
    scene.run_for(Duration::from_secs(10));
    assert_eq!(ice(&scene), IceConnectionState::Connected, "more may come");
    let remote = scene.alice().pc.remote_description().expect("applied").sdp;
    assert!(remote.contains("a=candidate:"), "{remote}");
    assert!(!remote.contains("a=end-of-candidates"), "{remote}");
    let end = |side: &mut Adapter, now| side.pc.add_ice_candidate(now, None);
    scene.sim.with(scene.alice, end).expect("it is the end");
    scene.run_for(Duration::from_secs(1));
    assert_eq!(ice(&scene), IceConnectionState::Completed);
    scene.check_echo(&channel);
}

/// Trickle D6: crates/rill-peer/src/jsep/descriptions.rs: `.or(self.current_remote.as_ref())`
/// Trickle A9: crates/rill-peer/src/jsep/create.rs: `const ICE_OPTIONS: [&str; 3] = ["trickle", "ice2", "renomination"];` => `const ICE_OPTIONS: [&str; 2] = ["trickle", "renomination"];`
#[test]
fn d6_a_peer_that_trickled_is_trickled_to_in_a_restart() {
    let mut scene = Setting::default().build();
    scene.connect();
    scene.run_for(Duration::from_secs(2));
    let told = scene
        .hosts()
        .map(|host| scene.side(host).diary.entries.len());
    scene.restart(scene.alice);
    scene.run_for(Duration::from_secs(2));
    for (host, told) in scene.hosts().into_iter().zip(told) {
        let side = scene.side(host);
        let later = &side.diary.entries[told..];
        assert!(later.iter().any(|entry| entry.candidate().is_some()));
        for entry in later.iter().filter_map(|entry| entry.getters.as_ref()) {
            assert_eq!(entry.can_trickle, Some(true));
        }
        assert_eq!(side.refusals, Vec::<String>::new());
        let sdp = side.pc.local_description().expect("applied").sdp;
        let options = value_of(session_part(&sdp), "ice-options");
        assert_eq!(options, Some("trickle ice2 renomination"));
    }
}
