//! RELIABILITY 25 and 30: floods of INIT, and the cookie.

use std::time::Duration;

use rill_sctp::{Config, Ppid, Reliability, SendOptions, State, StreamId};

use crate::peer::{
    COOKIE_ACK, COOKIE_ECHO, DATA, INIT, Peer, TAG, TSN, chunk, cookie_of, init, packet, words,
};

const RELIABLE: SendOptions = SendOptions {
    ordered: true,
    reliability: Reliability::Reliable,
};

/// What waits to be said is bounded, and the association stays what it is.
#[test]
fn item_25_init_flood() {
    let mut peer = Peer::connected(Config::default(), false);
    for tag in 1..10_000 {
        peer.give(0, &[init(tag, true)]);
    }
    let answers = peer.answers();
    assert!((1..=64).contains(&answers.len()), "{}", answers.len());
    assert_eq!(peer.victim.poll_event(), None);
    peer.assert_alive(false, TSN);
}

#[test]
fn item_25_impossible_inits() {
    let mut peer = Peer::connected(Config::default(), false);
    let streams = 1 << 16 | 1;
    for value in [
        words(&[0, 1 << 20, streams, TSN]),
        words(&[TAG, 1 << 20, 1, TSN]),
        words(&[TAG, 1 << 20, 1 << 16, TSN]),
    ] {
        peer.give(0, &[chunk(INIT, 0, &value)]);
    }
    // With a tag of the association, and behind another chunk.
    peer.send(&[init(TAG, false)]);
    peer.give(0, &[chunk(COOKIE_ACK, 0, &[]), init(TAG, false)]);
    assert_eq!(peer.answers(), []);
    peer.assert_alive(false, TSN);
}

/// RFC 9260 §5.2.4 D: a cookie that comes again is acknowledged again and changes nothing.
#[test]
fn item_25_cookie_replay() {
    let mut peer = Peer::new(Config::default());
    let cookie = peer.cookie(false);
    for _ in 0..1000 {
        peer.send(&[chunk(COOKIE_ECHO, 0, &cookie)]);
    }
    assert!(peer.answers().iter().all(|(kind, _)| *kind == COOKIE_ACK));
    let events = std::iter::from_fn(|| peer.victim.poll_event());
    assert_eq!(events.count(), 1, "connected once");
    peer.assert_alive(false, TSN);
    peer.send(&[chunk(COOKIE_ECHO, 0, &cookie)]);
    peer.assert_alive(false, TSN.wrapping_add(1));
}

#[test]
fn item_25_wrong_checksum() {
    let mut peer = Peer::new(Config::default());
    let mut packet = packet(0, &[init(TAG, false)]);
    packet[8] = 1;
    peer.victim.handle_packet(peer.now, &packet);
    assert_eq!(peer.answers(), []);
}

/// A cookie with any bit changed, or of another association, makes none.
#[test]
fn item_30_cookies_are_sealed() {
    let mut peer = Peer::new(Config::default());
    let cookie = peer.cookie(false);
    for bit in 0..cookie.len() * 8 {
        let mut forged = cookie.clone();
        forged[bit / 8] ^= 1 << (bit % 8);
        peer.send(&[chunk(COOKIE_ECHO, 0, &forged)]);
        assert_eq!(peer.victim.state(), State::New, "{bit}");
    }
    let mut other = Peer::new(Config::default());
    other.victim = rill_sctp::Association::new(Config::default(), 2, other.now);
    let others = other.cookie(false);
    peer.give(other.tag, &[chunk(COOKIE_ECHO, 0, &others)]);
    assert_eq!(peer.victim.state(), State::New);
    peer.send(&[chunk(COOKIE_ECHO, 0, &cookie)]);
    assert_eq!(peer.victim.state(), State::Connected);
}

#[test]
fn item_30_cookies_expire() {
    for (seconds, state) in [(60, State::Connected), (61, State::New)] {
        let mut peer = Peer::new(Config::default());
        let cookie = peer.cookie(false);
        peer.now += Duration::from_secs(seconds);
        peer.send(&[chunk(COOKIE_ECHO, 0, &cookie)]);
        assert_eq!(peer.victim.state(), state, "after {seconds} s");
    }
}

/// What the process looks like inside is in none of its bytes: two with the same seed agree.
#[test]
fn item_30_cookies_hold_no_addresses() {
    let answer = || {
        let mut peer = Peer::new(Config::default());
        peer.give(0, &[init(TAG, false)]);
        peer.answers()
    };
    let [(_, first)] = &answer()[..] else {
        panic!("one answer");
    };
    let elsewhere = Box::new(answer());
    assert_eq!(first, &elsewhere[0].1);
    assert_eq!(cookie_of(first).len(), 61);
}

/// Older pion drops a whole INIT ACK for a parameter that it does not know.
#[test]
fn an_answer_has_zero_checksums_only_for_who_named_them() {
    const ZERO_CHECKSUM: [u8; 8] = [0x80, 0x01, 0, 8, 0, 0, 0, 1];
    let plain = words(&[TAG, 1 << 20, 1 << 16 | 1, TSN]);
    let naming = [plain.as_slice(), &ZERO_CHECKSUM].concat();
    for (value, named) in [(plain, false), (naming, true)] {
        let mut peer = Peer::new(Config::default());
        peer.give(0, &[chunk(INIT, 0, &value)]);
        let [(_, answer)] = &peer.answers()[..] else {
            panic!("one answer");
        };
        let found = answer.windows(8).any(|bytes| bytes == ZERO_CHECKSUM);
        assert_eq!(found, named);
    }
}

/// Werift's process ends over a chunk that it does not know: only who names padding is sent some.
#[test]
fn a_peer_that_does_not_name_padding_is_sent_none() {
    let mut peer = Peer::connected(Config::default(), false);
    let bulk = vec![7; 64 << 10].into();
    let sent = peer
        .victim
        .send(peer.now, StreamId(1), Ppid::BINARY, bulk, RELIABLE);
    sent.expect("there is room");
    let answers = peer.answers();
    assert!(answers.iter().all(|(kind, _)| *kind == DATA), "{answers:?}");
    assert!(answers.len() > 3);
}
