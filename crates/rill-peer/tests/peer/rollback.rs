//! Taking a description back, as TRICKLE.md numbers it: D11 to D14.

use std::time::Duration;

use rill_peer::{
    DataChannelState, Exception, IceCandidate, IceGatheringState, SdpType, SignalingState,
};

use crate::{
    diary::Entry,
    lone::Lone,
    offer::{data_offer, restarted_data_offer, value_of},
    scene::{ALICE, BOB, LONG, Scene, Setting, ip},
    signal::{LINE, Signal, Tamper, honest, with_mid, with_ufrag},
};

fn candidates(entries: &[Entry]) -> Vec<&IceCandidate> {
    entries.iter().filter_map(Entry::candidate).collect()
}

/// Nothing arrives.
fn silence() -> Tamper {
    Box::new(|_: Signal| None)
}

/// The words of gathering.
fn gathering_words(scene: &Scene, told: usize) -> Vec<String> {
    let words = scene.alice().diary.words().split_off(told);
    let about = |word: &String| word.contains("gathering") || word.starts_with("candidate");
    words.into_iter().filter(about).collect()
}

/// Trickle D11: crates/rill-peer/src/jsep/mod.rs: `if let Some(stable) = self.stable.take() {`
#[test]
fn d11_the_rollback_of_the_first_offer_ends_gathering() {
    // While it gathers, and when it is complete.
    for after in [Duration::from_millis(500), Duration::from_secs(3)] {
        let mut setting = Setting::default();
        setting.servers[0] = vec!["stun:192.0.2.99"];
        let mut scene = setting.build();
        scene.sim.add_dead_address(ip("192.0.2.99"));
        scene.first_offer();
        scene.run_for(after);
        let before = scene.alice().pc.ice_gathering_state();
        assert_ne!(before, IceGatheringState::New);
        let told = scene.alice().diary.words().len();
        scene.roll_back(scene.alice);
        scene.run_for(Duration::from_secs(5));
        assert_eq!(gathering_words(&scene, told), ["gathering new"], "{before}");
        let alice = scene.alice();
        assert_eq!(alice.pc.ice_gathering_state(), IceGatheringState::New);
        assert_eq!(alice.pc.local_description(), None);
        assert_eq!(alice.driver.sockets().len(), 0, "its sockets are closed");
    }
}

/// Trickle D12: crates/rill-ice/src/agent/restart.rs: `transport.retain(&mut self.ctx, |key| key.generation <= confirmed);`
#[test]
fn d12_the_rollback_of_a_complete_restart_is_silent() {
    let mut scene = Setting::default().build();
    let channel = scene.connect();
    scene.run_for(Duration::from_secs(5));
    let selected = |scene: &Scene| {
        let pc = &scene.alice().pc;
        let info = pc.ice_transport(pc.transports()[0]);
        let info = info.expect("it is in use");
        let pair = info.selected_pair.map(|pair| pair.path);
        let own = (info.local_candidates, info.local_parameters);
        (info.state, pair, own, info.remote_candidates)
    };
    let before = selected(&scene);
    scene.tamper[0] = silence();
    scene.restart(scene.alice);
    scene.run_for(Duration::from_secs(2));
    let complete = scene.alice().pc.ice_gathering_state();
    assert_eq!(complete, IceGatheringState::Complete);
    let told = scene.alice().diary.words().len();
    scene.roll_back(scene.alice);
    scene.run_for(Duration::from_secs(5));
    assert_eq!(gathering_words(&scene, told), Vec::<String>::new());
    assert_eq!(selected(&scene), before);
    let sockets = scene.alice().driver.sockets().len();
    assert_eq!(sockets, 1, "those of the restart are closed");
    scene.check_echo(&channel);
}

/// The restart is taken back while it gathers: the state is complete as before.
/// Trickle D12: crates/rill-ice/src/agent/restart.rs: `transport.retain(&mut self.ctx, |key| key.generation <= confirmed);`
#[test]
fn d12_the_rollback_of_a_gathering_restart_leaves_the_old_one_complete() {
    let mut setting = Setting::default();
    setting.servers[0] = vec!["stun:192.0.2.99"];
    let mut scene = setting.build();
    scene.sim.add_dead_address(ip("192.0.2.99"));
    let channel = scene.connect();
    scene.run_for(Duration::from_secs(3));
    scene.tamper[0] = silence();
    scene.restart(scene.alice);
    scene.run_for(Duration::from_millis(500));
    let gathering = scene.alice().pc.ice_gathering_state();
    assert_eq!(gathering, IceGatheringState::Gathering);
    let told = scene.alice().diary.entries.len();
    scene.roll_back(scene.alice);
    scene.run_for(Duration::from_millis(1));
    let complete = scene.alice().pc.ice_gathering_state();
    assert_eq!(complete, IceGatheringState::Complete, "at once");
    scene.run_for(Duration::from_secs(5));
    assert_eq!(candidates(&scene.alice().diary.entries[told..]).len(), 0);
    let complete = scene.alice().pc.ice_gathering_state();
    assert_eq!(complete, IceGatheringState::Complete);
    scene.check_echo(&channel);
}

/// Trickle D13: crates/rill-peer/src/jsep/descriptions.rs: `(_, SdpType::Rollback) => {`
#[test]
fn d13_candidates_of_a_rolled_back_remote_restart_are_refused() {
    let mut lone = Lone::answered(&data_offer());
    lone.set_remote(SdpType::Offer, &restarted_data_offer())
        .expect("a restart fits");
    let of = |ufrag| Some(with_ufrag(with_mid(LINE, "0"), ufrag));
    lone.add(of("secondUfrag")).expect("it is pending");
    lone.set_remote(SdpType::Rollback, "")
        .expect("there is an offer");
    let error = lone.unchanged(|lone| lone.add(of("secondUfrag")));
    assert_eq!(error.exception(), Exception::Operation);
    assert!(!lone.remote_sdp().contains(LINE));
    lone.add(of("dataUfrag")).expect("it is current");
    assert!(lone.remote_sdp().contains(LINE));
    let info = lone.pc.ice_transport(lone.pc.transports()[0]);
    let info = info.expect("it is in use");
    let parameters = info.remote_parameters.expect("it was told");
    assert_eq!(parameters.username_fragment, "dataUfrag");
    assert_eq!(info.remote_candidates.len(), 1);
    // And without a ufrag the newest is that one again.
    let second = LINE.replace("192.0.2.5", "192.0.2.6");
    lone.add(Some(with_mid(&second, "0")))
        .expect("it is current");
    assert!(lone.remote_sdp().contains(&second));
}

/// Bob takes the restart and answers; Alice, who does not hear him, takes it back.
/// Trickle D14: crates/rill-ice/src/agent/restart.rs: `transport.retain(&mut self.ctx, |key| key.generation <= confirmed);`
#[test]
fn d14_what_was_rolled_back_is_forgotten() {
    let mut scene = Setting::default().build();
    let channel = scene.connect();
    scene.run_for(Duration::from_secs(5));
    scene.tamper[1] = silence();
    scene.restart(scene.alice);
    scene.sim.partition(ip(ALICE), ip(BOB));
    scene.run_for(Duration::from_millis(300));
    let sdp = scene.alice().pc.local_description().expect("applied").sdp;
    let gone = value_of(&sdp, "ice-ufrag").expect("it is there").to_owned();
    let told = scene.alice().diary.entries.len();
    scene.roll_back(scene.alice);
    scene.sim.heal(ip(ALICE), ip(BOB));
    scene.run_for(Duration::from_secs(3));
    let later = candidates(&scene.alice().diary.entries[told..]);
    assert!(later.is_empty(), "{later:?}");
    let alice = &scene.alice().pc;
    let current = alice.local_description().expect("applied").sdp;
    assert_ne!(value_of(&current, "ice-ufrag"), Some(&*gone));
    // Bob checks the candidates of the offer that is no more.
    let bob = &scene.bob().pc;
    let newest = |pc: &rill_peer::PeerConnection| {
        let info = pc.ice_transport(pc.transports()[0]).expect("it is in use");
        info.remote_parameters
            .expect("it was told")
            .username_fragment
    };
    assert_eq!(newest(bob), gone);
    let answered: u64 = bob
        .candidate_pairs()
        .iter()
        .filter(|pair| !pair.selected)
        .map(|pair| pair.counters.responses_received)
        .sum();
    let asked = bob
        .candidate_pairs()
        .iter()
        .any(|pair| !pair.selected && pair.counters.requests_sent > 2);
    assert!(asked, "{:?}", bob.candidate_pairs());
    assert_eq!(answered, 0, "{:?}", bob.candidate_pairs());
    let succeeded = bob.candidate_pairs().into_iter();
    let succeeded = succeeded.filter(|pair| pair.state.to_string() == "succeeded");
    assert!(succeeded.count() <= 1, "only the old one");
    scene.check_echo(&channel);

    // A restart after it has candidates of its own only.
    scene.tamper[1] = honest();
    let told = scene.alice().diary.entries.len();
    scene.restart(scene.alice);
    scene.run_for(Duration::from_secs(2));
    let later = candidates(&scene.alice().diary.entries[told..]);
    assert!(!later.is_empty());
    assert!(
        later
            .iter()
            .all(|candidate| candidate.username_fragment != gone)
    );
    assert_eq!(scene.alice().pc.signaling_state(), SignalingState::Stable);
    scene.check_echo(&channel);
}

/// The first offer, taken back after its candidates were told: another one brings other candidates.
/// Trickle D14: crates/rill-peer/src/jsep/mod.rs: `if let Some(stable) = self.stable.take() {`
#[test]
fn d14_candidates_of_a_first_offer_do_not_come_back() {
    let mut scene = Setting::default().build();
    scene.first_offer();
    scene.run_for(Duration::from_secs(1));
    let first = scene.alice().pc.local_description().expect("applied").sdp;
    assert!(first.contains("a=candidate:"));
    let gone = value_of(&first, "ice-ufrag")
        .expect("it is there")
        .to_owned();
    scene.roll_back(scene.alice);
    scene.run_for(Duration::from_secs(1));
    let told = scene.alice().diary.entries.len();
    scene.offer(scene.alice);
    let open = scene.run_until(LONG, |_, bob| {
        let theirs = bob.announced.first();
        theirs.is_some_and(|id| bob.pc.data_channel_state(*id) == DataChannelState::Open)
    });
    assert!(open.is_some(), "{:?}", scene.alice().diary.words());
    let second = scene.alice().pc.local_description().expect("applied").sdp;
    assert_ne!(value_of(&second, "ice-ufrag"), Some(&*gone));
    let told = candidates(&scene.alice().diary.entries[told..]);
    let lines: Vec<_> = told.iter().map(|told| &told.candidate).collect();
    assert_eq!(
        second.matches("a=candidate:").count(),
        lines.iter().filter(|line| !line.is_empty()).count()
    );
    for line in first
        .lines()
        .filter(|line| line.starts_with("a=candidate:"))
    {
        assert!(!second.contains(line), "{line}: a new socket");
    }
}
