//! Items 25 and 30: floods of INIT, and what the cookie is good for.

use std::time::Duration;

use rill_peer::SctpTransportState;

use crate::{
    peer::{COOKIE_ACK, COOKIE_ECHO, INIT, TAG, TSN, chunk, cookie_of, init, packet, words},
    scene::{Scene, WHILE},
};

const INIT_ACK: u8 = 2;

/// Reliability 25: crates/rill-sctp/src/association/input.rs: `if tag == 0 && place == 0 {` => `if place == 0 {`
#[test]
fn a_flood_of_inits_leaves_the_association_alone() {
    let mut scene = Scene::joined(false);
    for tag in 1..10_000 {
        scene.give(0, &[init(tag, true)]);
    }
    scene.run(Duration::from_secs(5));
    let sent = scene.victim().sent;
    assert!(sent < 11_000, "{sent} datagrams in return");
    scene.heard();
    for value in [
        words(&[0, 1 << 20, 1 << 16 | 1, TSN]),
        words(&[TAG, 1 << 20, 1, TSN]),
        words(&[TAG, 1 << 20, 1 << 16, TSN]),
    ] {
        scene.give(0, &[chunk(INIT, 0, &value)]);
    }
    // With a tag of the association, as one that collides would have, and behind another chunk.
    scene.say(&[init(TAG, false)]);
    scene.give(0, &[chunk(COOKIE_ACK, 0, &[]), init(TAG, false)]);
    let mut damaged = packet(0, &[init(7, false)]);
    damaged[8] = 1;
    scene.say_packet(&damaged);
    scene.run(Duration::from_secs(5));
    assert_eq!(scene.heard(), []);
    scene.assert_alive();
    scene.finish();
}

/// A new association in the old one's place ends it; its cookies begin nothing then.
/// Reliability 25: crates/rill-sctp/src/association/handshake.rs: `if self.handshake == Handshake::Done {` => `if false {`
#[test]
fn a_restart_ends_the_association_for_good() {
    let mut scene = Scene::joined(false);
    scene.give(0, &[init(TAG + 1, false)]);
    scene.run(WHILE);
    let heard = scene.heard();
    let answer = heard.iter().find(|(kind, _)| *kind == INIT_ACK);
    let (_, value) = answer.expect("an answer to INIT");
    let tag = u32::from_be_bytes([value[0], value[1], value[2], value[3]]);
    let cookie = cookie_of(value);
    for _ in 0..1000 {
        scene.give(tag, &[chunk(COOKIE_ECHO, 0, &cookie)]);
    }
    scene.run(Duration::from_secs(5));
    scene.assert_ended();
    assert!(scene.victim().sent < 100);
    scene.finish();
}

#[test]
fn a_replayed_cookie_changes_nothing() {
    let mut scene = Scene::secure();
    let cookie = scene.cookie(false);
    for _ in 0..1000 {
        scene.say(&[chunk(COOKIE_ECHO, 0, &cookie)]);
    }
    scene.settle();
    scene.assert_alive();
    scene.say(&[chunk(COOKIE_ECHO, 0, &cookie)]);
    scene.settle();
    scene.assert_alive();
    scene.finish();
}

fn state(scene: &mut Scene) -> Option<SctpTransportState> {
    let sctp = scene.victim().pc.sctp_transport();
    sctp.map(|sctp| sctp.state)
}

/// A cookie with any bit changed makes no association, nor does one that is too old.
/// Reliability 30: crates/rill-sctp/src/wire/cookie.rs: `key.mac(content).verify_truncated_left(mac).ok()?;` => `let _ = key.mac(content);`
/// Reliability 30: crates/rill-sctp/src/wire/cookie.rs: `(now.saturating_sub(cookie.at) <= LIFE).then_some(cookie)` => `Some(cookie)`
#[test]
fn a_cookie_that_is_forged_or_too_old_begins_nothing() {
    let mut scene = Scene::secure();
    let cookie = scene.cookie(false);
    for bit in 0..cookie.len() * 8 {
        let mut forged = cookie.clone();
        forged[bit / 8] ^= 1 << (bit % 8);
        scene.say(&[chunk(COOKIE_ECHO, 0, &forged)]);
    }
    scene.run(Duration::from_secs(62));
    scene.say(&[chunk(COOKIE_ECHO, 0, &cookie)]);
    scene.run(Duration::from_secs(1));
    assert_eq!(state(&mut scene), Some(SctpTransportState::Connecting));
    let fresh = scene.cookie(false);
    scene.say(&[chunk(COOKIE_ECHO, 0, &fresh)]);
    scene.settle();
    assert_eq!(state(&mut scene), Some(SctpTransportState::Connected));
    scene.assert_alive();
    scene.finish();
}
