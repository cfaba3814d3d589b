//! Item 26: numbers that no honest peer would use.

use std::time::Duration;

use rill_peer::Message;

use crate::{
    peer::{FORWARD_TSN, I_FORWARD_TSN, SACK, TSN, WHOLE, chunk, data, i_data, sack, words},
    scene::{CHAT, Scene, UNORDERED},
};

/// The victim has five packets or so on their way.
fn sending(scene: &mut Scene) {
    let chat = scene.chat;
    scene.with_victim(|side, now| {
        let message = Message::Binary(vec![7; 5000].into());
        let sent = side.act(now, |pc| pc.send(now, chat, message));
        sent.expect("the channel takes it");
    });
}

/// Reliability 26: crates/rill-sctp/src/receive/mod.rs: `if data.tsn.since(cumulative) > MAX_DISTANCE {` => `if false {`
/// Reliability 26: crates/rill-sctp/src/receive/mod.rs: `if distance > MAX_DISTANCE {` => `if false {`
#[test]
fn numbers_far_ahead_are_not_taken() {
    let mut scene = Scene::joined(false);
    let last = scene.tsn.wrapping_sub(1);
    let before = scene.victim().messages;
    for ahead in [65_536, 1 << 20, (1 << 31) - 1, 1 << 31, u32::MAX - 1] {
        scene.say(&[data(last.wrapping_add(ahead), CHAT, UNORDERED, 0, b"far")]);
        let place = words(&[last.wrapping_add(ahead), 0x0009_0000]);
        scene.say(&[chunk(FORWARD_TSN, 0, &place)]);
    }
    for packet in 0..1500_u32 {
        // Every second one.
        let chunks: Vec<_> = (packet * 20 + 1..=packet * 20 + 20)
            .map(|number| {
                let tsn = last.wrapping_add(number * 2);
                data(tsn, CHAT, WHOLE, number as u16, b"x")
            })
            .collect();
        scene.say(&chunks);
    }
    scene.run(Duration::from_secs(1));
    assert_eq!(scene.victim().messages, before);
    scene.heard();
    scene.assert_alive();
    scene.finish();
}

#[test]
fn acknowledgements_of_what_was_not_sent_count_for_nothing() {
    let mut scene = Scene::joined(false);
    // The OPEN of its channel came before.
    let before = scene.theirs;
    for ahead in [1, 1000, (1 << 31) - 1, 1 << 31, (1 << 31) + 1] {
        scene.say(&[sack(before.wrapping_add(ahead), 1 << 20, &[])]);
    }
    scene.run(Duration::from_secs(1));
    sending(&mut scene);
    for ahead in [100, 1000, (1 << 31) - 1, 1 << 31] {
        scene.say(&[sack(before.wrapping_add(ahead), 1 << 20, &[])]);
    }
    let gaps: [&[(u16, u16)]; 5] = [
        &[(2, 60)],
        &[(3, 2)],
        &[(4, 5), (2, 2)],
        &[(0, 2)],
        &[(2, 3), (3, 65_535)],
    ];
    for gaps in gaps {
        scene.say(&[sack(before, 1 << 20, gaps)]);
    }
    scene.say(&[chunk(SACK, 0, &words(&[before, 1 << 20, u32::MAX]))]);
    for number in 0..20_000_u16 {
        let gap = 2 + number % 4;
        let sack = sack(before, 1 << 20, &[(gap, gap)]);
        scene.say(&[sack.clone(), sack]);
    }
    let sent = scene.victim().sent;
    assert!(sent < 200, "{sent} datagrams in a storm of SACKs");
    scene.settle();
    scene.assert_alive();
    scene.finish();
}

/// Nobody takes what the victim sends: it asks now and then, and its application hears that it is full.
#[test]
fn no_room_for_ever_costs_a_probe_now_and_then() {
    let mut scene = Scene::joined(false);
    sending(&mut scene);
    let theirs = scene.theirs;
    scene.say(&[sack(theirs, 0, &[])]);
    scene.run(Duration::from_secs(1));
    scene.victim().sent = 0;
    for _ in 0..300 {
        scene.say(&[sack(theirs, 0, &[])]);
        scene.run(Duration::from_secs(1));
    }
    let sent = scene.victim().sent;
    assert!((50..2000).contains(&sent), "{sent}");
    scene.settle();
    scene.assert_alive();
    scene.finish();
}

/// RFC 8260 §2.2.3, §2.3.1: where either kind is agreed, the other ends the association.
#[test]
fn kinds_that_are_mixed_end_the_association() {
    for (interleaving, mixed) in [
        (true, data(TSN, 0, WHOLE, 0, b"x")),
        (false, i_data(TSN, 0, WHOLE, 0, 53, b"x")),
        (true, chunk(FORWARD_TSN, 0, &words(&[TSN]))),
        (false, chunk(I_FORWARD_TSN, 0, &words(&[TSN]))),
    ] {
        let mut scene = Scene::joined(interleaving);
        scene.say(&[mixed]);
        scene.run(Duration::from_secs(5));
        scene.assert_ended();
        scene.finish();
    }
}
