//! The link is cut while two peers are connected.

use std::time::Duration;

use rill_peer::{ConnectionState, DataChannelState, IceConnectionState};

use crate::{
    adapter::Adapter,
    scene::{ALICE, BOB, Connected, LONG, Scene, Setting, ip},
    signal::Signal,
};

/// A session that stood for a second, without its way.
fn cut() -> (Scene, Connected) {
    let mut scene = Setting::secure().build();
    let channel = scene.connect();
    scene.run_for(Duration::from_secs(1));
    scene.sim.partition(ip(ALICE), ip(BOB));
    (scene, channel)
}

fn heal(scene: &mut Scene) {
    scene.sim.heal(ip(ALICE), ip(BOB));
}

/// Sends 50 texts each way, into the void.
fn send_texts(scene: &mut Scene, channel: &Connected) {
    for number in 0..50 {
        let text = format!("number {number}");
        scene.send_text(scene.alice, channel.ours, &text);
        scene.send_text(scene.bob, channel.theirs, &text);
    }
}

fn check_texts(scene: &mut Scene, channel: &Connected) {
    let count = |side: &Adapter, id| side.texts(id).len();
    let arrived = scene.run_until(LONG, |alice, bob| {
        count(alice, channel.ours) == 50 && count(bob, channel.theirs) == 50
    });
    assert!(arrived.is_some(), "every text arrives");
    let expected: Vec<_> = (0..50).map(|number| format!("number {number}")).collect();
    assert_eq!(scene.alice().texts(channel.ours), expected);
    assert_eq!(scene.bob().texts(channel.theirs), expected);
}

fn is_up(side: &Adapter) -> bool {
    let ice = side.pc.ice_connection_state();
    let up = [IceConnectionState::Connected, IceConnectionState::Completed];
    up.contains(&ice) && side.pc.connection_state() == ConnectionState::Connected
}

#[test]
fn three_seconds_of_silence_lose_nothing() {
    let (mut scene, channel) = cut();
    send_texts(&mut scene, &channel);
    scene.run_for(Duration::from_secs(3));
    heal(&mut scene);
    check_texts(&mut scene, &channel);
    scene.run_for(Duration::from_secs(10));
    for side in [scene.alice(), scene.bob()] {
        assert!(is_up(side), "{:?}", side.diary.connection_words());
        let states = side.diary.connection_states();
        assert!(!states.contains(&ConnectionState::Failed), "{states:?}");
    }
}

#[test]
fn twelve_seconds_of_silence_disconnect_and_lose_nothing() {
    let (mut scene, channel) = cut();
    send_texts(&mut scene, &channel);
    scene.run_for(Duration::from_secs(12));
    for side in [scene.alice(), scene.bob()] {
        assert_eq!(
            side.pc.ice_connection_state(),
            IceConnectionState::Disconnected
        );
        assert_eq!(side.pc.connection_state(), ConnectionState::Disconnected);
        assert_eq!(
            side.texts(channel.ours).len() + side.texts(channel.theirs).len(),
            0
        );
    }
    heal(&mut scene);
    let back = scene.run_until(Duration::from_secs(5), |alice, bob| {
        is_up(alice) && is_up(bob)
    });
    assert!(back.is_some(), "both are connected again");
    check_texts(&mut scene, &channel);
    for side in [scene.alice(), scene.bob()] {
        let states = side.diary.connection_states();
        let end = [ConnectionState::Disconnected, ConnectionState::Connected];
        assert!(states.ends_with(&end), "{states:?}");
        assert!(is_up(side));
    }
    scene.check_echo(&channel);
}

#[test]
fn a_peer_that_is_gone_for_ever_is_given_up() {
    let (mut scene, channel) = cut();
    scene.run_for(Duration::from_secs(40));
    for side in [scene.alice(), scene.bob()] {
        assert_eq!(side.pc.ice_connection_state(), IceConnectionState::Failed);
        assert_eq!(side.pc.connection_state(), ConnectionState::Failed);
        let states = side.diary.connection_states();
        let end = [ConnectionState::Disconnected, ConnectionState::Failed];
        assert!(states.ends_with(&end), "{states:?}");
    }
    // What is sent now goes nowhere, and nothing of it breaks.
    send_texts(&mut scene, &channel);
    let sent = scene.sim.trace().entries().len();
    scene.run_for(Duration::from_secs(5));
    assert_eq!(scene.sim.trace().entries().len(), sent, "consent is gone");
}

/// webrtc-pc §5.6: a pair that is selected no more is a change, in the task of the state.
#[test]
fn without_consent_no_pair_is_selected() {
    let (mut scene, _) = cut();
    let pair = |side: &Adapter| {
        let info = side.pc.ice_transport(side.pc.transports()[0]);
        let info = info.expect("it is in use");
        (
            info.selected_pair.is_some(),
            info.selected_candidates.is_some(),
        )
    };
    let told = scene.alice().diary.words().len();
    scene.run_for(Duration::from_secs(12));
    assert_eq!(pair(scene.alice()), (true, true), "silent, not yet lost");
    scene.run_for(Duration::from_secs(28));
    assert_eq!(pair(scene.alice()), (false, false));
    let words = scene.alice().diary.words().split_off(told);
    let lost = words.iter().position(|word| word == "no selected pair");
    let lost = lost.expect("it is told");
    assert_eq!(words[lost + 1..][..2], ["transport state", "ice failed"]);
    let count = words.iter().filter(|word| word.contains("selected"));
    assert_eq!(count.count(), 1, "{words:?}");

    heal(&mut scene);
    scene.restart(scene.alice);
    let back = scene.run_until(LONG, |alice, bob| pair(alice).0 && pair(bob).0);
    assert!(back.is_some(), "another one is selected");
}

/// Alice waits for more candidates of Bob's: she was disconnected before, and is afterwards.
#[test]
fn a_pair_that_is_lost_in_the_same_state_is_told_too() {
    let mut scene = Setting::default().build();
    scene.tamper[1] = Box::new(|signal| match signal {
        Signal::Candidate(None) => None,
        Signal::Candidate(Some(init)) if init.candidate.is_empty() => None,
        other => Some(other),
    });
    scene.connect();
    scene.run_for(Duration::from_secs(1));
    scene.sim.partition(ip(ALICE), ip(BOB));
    let told = scene.alice().diary.words().len();
    scene.run_for(Duration::from_secs(40));
    let words = scene.alice().diary.words().split_off(told);
    assert_eq!(words.last().map(String::as_str), Some("no selected pair"));
    let state = scene.alice().pc.ice_connection_state();
    assert_eq!(state, IceConnectionState::Disconnected);
}

/// A peer that closes says so: nobody waits for consent to expire.
#[test]
fn a_peer_that_closes_is_noticed_at_once() {
    let mut scene = Setting::secure().build();
    let channel = scene.connect();
    scene.sim.with(scene.bob, |side, now| side.pc.close(now));
    let closed = |side: &Adapter, id| side.pc.data_channel_state(id) == DataChannelState::Closed;
    let over = scene.run_until(Duration::from_millis(50), |alice, _| {
        closed(alice, channel.ours)
    });
    assert!(over.is_some(), "{:?}", scene.alice().diary.words());
    let words = scene.alice().diary.channel_words(channel.ours);
    assert!(
        words.iter().any(|word| word.starts_with("error")),
        "{words:?}"
    );
}
