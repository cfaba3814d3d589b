//! RELIABILITY 26: sequence numbers that no honest peer would use.

use std::time::Duration;

use bytes::Bytes;
use rill_sctp::{Config, Event, Ppid, Reliability, SendOptions, State, StreamId};

use crate::peer::{
    ABORT, DATA, FORWARD_TSN, I_FORWARD_TSN, Peer, SACK, TSN, WHOLE, chunk, data, i_data, sack,
    words,
};

const LAST: u32 = TSN.wrapping_sub(1);

/// A victim with some packets on their way.
fn sending() -> Peer {
    let mut peer = Peer::connected(Config::default(), false);
    let payload = Bytes::from(vec![7; 5000]);
    let options = SendOptions {
        ordered: true,
        reliability: Reliability::Reliable,
    };
    peer.victim
        .send(peer.now, StreamId(0), Ppid::BINARY, payload, options)
        .expect("it is accepted");
    let sent = peer.answers();
    assert_eq!(sent.iter().filter(|(kind, _)| *kind == DATA).count(), 5);
    peer
}

#[test]
fn item_26_numbers_far_ahead() {
    let mut peer = Peer::connected(Config::default(), false);
    for ahead in [65_536, 1 << 20, (1 << 31) - 1, 1 << 31, u32::MAX - 1] {
        peer.send(&[data(LAST.wrapping_add(ahead), 0, WHOLE, 1, b"far")]);
    }
    let (cumulative, _) = peer.told();
    assert_eq!(cumulative, LAST);
    assert_eq!(peer.victim.poll_message(peer.now), None);
    peer.assert_alive(false, TSN);
}

/// Every second number: only so many gaps are remembered, and a SACK stays in its packet.
#[test]
fn item_26_a_gap_between_any_two() {
    let mut peer = Peer::connected(Config::default(), false);
    for number in 1..30_000_u32 {
        let tsn = TSN.wrapping_add(number * 2);
        peer.send(&[data(tsn, 1, WHOLE, number as u16, b"x")]);
    }
    let (cumulative, window) = peer.told();
    assert_eq!(cumulative, LAST);
    let held = Config::default().receive_window - window as usize;
    assert!(held < 1 << 19, "{held} bytes are held");
    peer.assert_alive(false, TSN);
}

#[test]
fn item_26_sacks_for_what_was_not_sent() {
    let mut peer = sending();
    let before = peer.tsn.wrapping_sub(1);
    for ahead in [6, 1000, (1 << 31) - 1, 1 << 31] {
        peer.send(&[sack(before.wrapping_add(ahead), 1 << 20, &[])]);
    }
    let gaps: [&[(u16, u16)]; 5] = [
        &[(2, 6)],
        &[(3, 2)],
        &[(4, 5), (2, 2)],
        &[(0, 2)],
        &[(2, 3), (3, 65_535)],
    ];
    for gaps in gaps {
        peer.send(&[sack(before, 1 << 20, gaps)]);
    }
    // A count of gaps that the chunk does not have.
    peer.send(&[chunk(SACK, 0, &words(&[before, 1 << 20, u32::MAX]))]);
    let again = peer.wait(Duration::from_secs(1));
    let again: Vec<_> = again.iter().filter(|(kind, _)| *kind == DATA).collect();
    assert!(!again.is_empty(), "nothing was acknowledged");
    peer.send(&[sack(peer.tsn.wrapping_add(4), 1 << 20, &[])]);
    assert_eq!(peer.wait(Duration::from_secs(60)), [], "all was");
    peer.assert_alive(false, TSN);
}

#[test]
fn item_26_no_room_for_ever() {
    let mut peer = sending();
    let payload = Bytes::from(vec![7; 50_000]);
    peer.victim
        .send(
            peer.now,
            StreamId(0),
            Ppid::BINARY,
            payload,
            SendOptions::default(),
        )
        .expect("it is accepted");
    peer.send(&[sack(peer.tsn.wrapping_add(4), 0, &[])]);
    let probes = peer.wait(Duration::from_secs(300));
    assert!((50..300).contains(&probes.len()), "{}", probes.len());
}

#[test]
fn item_26_sack_storms() {
    let mut peer = sending();
    let before = peer.tsn.wrapping_sub(1);
    let mut said = peer.wait(Duration::from_millis(20)).len();
    for number in 0..20_000_u16 {
        peer.now += Duration::from_micros(10);
        let gap = 2 + number % 4;
        let sack = sack(before, 1 << 20, &[(gap, gap)]);
        peer.send(&[sack.clone(), sack]);
        said += peer.answers().len();
    }
    assert!(said < 50, "{said} chunks");
    assert_eq!(peer.victim.state(), State::Connected);
}

#[test]
fn item_26_forward_tsn_far_ahead_or_back() {
    for (interleaving, kind) in [(false, FORWARD_TSN), (true, I_FORWARD_TSN)] {
        let mut peer = Peer::connected(Config::default(), interleaving);
        for ahead in [0, 65_536, 1 << 30, (1 << 31) - 1, 1 << 31, u32::MAX] {
            let to = LAST.wrapping_add(ahead);
            peer.send(&[chunk(kind, 0, &words(&[to, 0x0009_0000, 0x7fff_ffff]))]);
        }
        let (cumulative, _) = peer.told();
        assert_eq!(cumulative, LAST);
        peer.assert_alive(interleaving, TSN);
    }
}

/// RFC 8260 §2.2.3, §2.3.1: with either kind agreed, the other ends the association.
#[test]
fn item_26_kinds_mixed() {
    for (interleaving, mixed) in [
        (true, data(TSN, 0, WHOLE, 0, b"x")),
        (false, i_data(TSN, 0, WHOLE, 0, 53, b"x")),
        (true, chunk(FORWARD_TSN, 0, &words(&[TSN]))),
        (false, chunk(I_FORWARD_TSN, 0, &words(&[TSN]))),
    ] {
        let mut peer = Peer::connected(Config::default(), interleaving);
        let kind = mixed[0];
        peer.send(&[mixed]);
        assert_eq!(peer.victim.state(), State::Closed, "{kind}");
        let answers = peer.answers();
        assert!(matches!(answers[..], [(ABORT, _)]), "{answers:?}");
        assert!(matches!(
            peer.victim.poll_event(),
            Some(Event::Aborted { .. })
        ));
    }
}
