//! RELIABILITY 28: chunks at the wrong time.

use std::time::Duration;

use rill_sctp::{Config, Event, State, StreamId};

use crate::peer::{
    COOKIE_ECHO, Peer, RE_CONFIG, SACK, SHUTDOWN, TSN, WHOLE, chunk, data, reset, word, words,
};

#[test]
fn item_28_data_before_the_cookie() {
    let mut peer = Peer::new(Config::default());
    let cookie = peer.cookie(false);
    peer.send(&[data(TSN, 0, WHOLE, 0, b"early")]);
    assert_eq!(peer.answers(), []);
    assert_eq!(peer.victim.state(), State::New);
    // RFC 9260 §5.1 C: behind the cookie it may come.
    let echo = chunk(COOKIE_ECHO, 0, &cookie);
    peer.send(&[echo, data(TSN, 0, WHOLE, 0, b"in time")]);
    let message = peer.victim.poll_message(peer.now).expect("a message");
    assert_eq!(message.payload.as_ref(), b"in time");
}

/// A message on each stream there is, opened or not: all are taken, and nothing is said but SACKs.
#[test]
fn item_28_streams_that_nobody_opened() {
    let mut peer = Peer::connected(Config::default(), false);
    for stream in 0..u16::MAX {
        let tsn = TSN.wrapping_add(u32::from(stream));
        peer.send(&[data(tsn, stream, WHOLE, 0, b"x")]);
        let message = peer.victim.poll_message(peer.now).expect("a message");
        assert_eq!(message.stream, StreamId(stream));
    }
    let answers = peer.wait(Duration::from_secs(1));
    assert!(answers.iter().all(|(kind, _)| *kind == SACK));
    peer.assert_alive(false, TSN.wrapping_add(65_535));
}

#[test]
fn item_28_data_after_shutdown() {
    let mut peer = Peer::connected(Config::default(), false);
    peer.send(&[chunk(SHUTDOWN, 0, &words(&[peer.tsn.wrapping_sub(1)]))]);
    for number in 0..1000_u32 {
        let tsn = TSN.wrapping_add(number);
        peer.send(&[data(tsn, 0, WHOLE, number as u16, b"late")]);
    }
    let said = peer.wait(Duration::from_secs(60)).len();
    assert!(said < 200, "{said} chunks");
}

/// RFC 6525 §5.2.1: requests out of turn are answered as such, and not too often.
#[test]
fn item_28_reconfig_storms() {
    let mut peer = Peer::connected(Config::default(), false);
    for number in 1..10_000 {
        peer.send(&[reset(TSN.wrapping_add(number), TSN.wrapping_sub(1), 1)]);
    }
    let answers = peer.answers();
    assert!((1..=8).contains(&answers.len()), "{}", answers.len());
    assert!(answers.iter().all(|(kind, _)| *kind == RE_CONFIG));
    assert_eq!(peer.victim.poll_event(), None, "nothing was reset");
    // In turn, and each again: done once.
    for number in 0..100 {
        for _ in 0..3 {
            peer.send(&[reset(TSN.wrapping_add(number), TSN.wrapping_sub(1), 1)]);
        }
    }
    let events = std::iter::from_fn(|| peer.victim.poll_event());
    assert_eq!(events.count(), 100);
    peer.answers();
    peer.assert_alive(false, TSN);
}

/// A reset that waits for what never comes, over and over under new numbers.
#[test]
fn item_28_resets_far_ahead() {
    let mut peer = Peer::connected(Config::default(), false);
    for number in 0..1000 {
        peer.send(&[reset(
            TSN.wrapping_add(number),
            TSN.wrapping_add(1 << 30),
            1,
        )]);
        let answers = peer.answers();
        assert_eq!(answers.len(), 1);
        let (_, value) = &answers[0];
        assert_eq!(word(value, 8), 6, "in progress");
    }
    assert_eq!(peer.victim.poll_event(), None);
    peer.assert_alive(false, TSN);
}

/// Answers to what was never asked.
#[test]
fn item_28_answers_without_a_request() {
    let mut peer = Peer::connected(Config::default(), false);
    for number in 0..1000 {
        let mut value = vec![0, 16, 0, 12];
        value.extend(words(&[peer.tsn.wrapping_add(number), 1]));
        peer.send(&[chunk(RE_CONFIG, 0, &value)]);
    }
    assert_eq!(peer.answers(), []);
    assert_eq!(peer.victim.poll_event(), None);
    peer.victim.reset_streams(peer.now, &[StreamId(1)]);
    assert_eq!(peer.answers().len(), 1);
    let mut value = vec![0, 16, 0, 12];
    value.extend(words(&[peer.tsn, 1]));
    peer.send(&[chunk(RE_CONFIG, 0, &value)]);
    let done = Event::OutgoingReset(vec![StreamId(1)]);
    assert_eq!(peer.victim.poll_event(), Some(done));
}
