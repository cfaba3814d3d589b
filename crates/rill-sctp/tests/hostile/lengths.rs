//! RELIABILITY 24: lengths that lie.

use std::time::Duration;

use rill_sctp::Config;

use crate::peer::{ABORT, COOKIE_ACK, ERROR, INIT, Peer, RE_CONFIG, TSN, chunk, packet, words};

/// Chunks shorter than their header, odd, or longer than the packet: dropped, and the rest of the
/// packet with them.
#[test]
fn item_24_chunk_lengths() {
    let mut peer = Peer::connected(Config::default(), false);
    for kind in 0..=255 {
        for length in [0, 1, 2, 3, 100, 0x7fff, 0xffff_u16] {
            let mut chunk = vec![kind, 0];
            chunk.extend(length.to_be_bytes());
            chunk.extend([0; 16]);
            peer.send(&[chunk]);
        }
    }
    assert_eq!(
        peer.wait(Duration::from_secs(10)),
        [],
        "and no word about it"
    );
    peer.assert_alive(false, TSN);
}

/// Every kind of chunk with a value too short for it; each against an association of its own, for
/// some end it.
#[test]
fn item_24_short_values() {
    for kind in 0..=255 {
        let mut peer = Peer::connected(Config::default(), true);
        for length in 0..24 {
            peer.send(&[chunk(kind, 0, &vec![0; length])]);
            peer.send(&[chunk(kind, 0xff, &vec![0xff; length])]);
        }
        let answers = peer.wait(Duration::from_secs(10));
        assert!(answers.len() < 100, "{kind}: {}", answers.len());
    }
}

/// Parameters and causes with such lengths.
#[test]
fn item_24_parameter_and_cause_lengths() {
    let kinds = [
        0, 1, 3, 7, 13, 14, 15, 16, 17, 18, 0x8001, 0x8008, 0xc000, 0xffff_u16,
    ];
    for kind in kinds {
        for length in [0, 1, 2, 3, 4, 5, 7, 8, 11, 12, 13, 0x7fff, 0xffff_u16] {
            let mut parameter = kind.to_be_bytes().to_vec();
            parameter.extend(length.to_be_bytes());
            parameter.extend([0; 9]);
            let mut peer = Peer::connected(Config::default(), false);
            peer.send(&[chunk(RE_CONFIG, 0, &parameter)]);
            peer.send(&[chunk(ERROR, 0, &parameter)]);
            let mut init = words(&[9, 1 << 20, u32::MAX, TSN]);
            init.extend(&parameter);
            peer.give(0, &[chunk(INIT, 0, &init)]);
            assert!(peer.wait(Duration::from_secs(10)).len() < 10);
            peer.assert_alive(false, TSN);
            peer.send(&[chunk(ABORT, 0, &parameter)]);
        }
    }
}

/// Each packet of a session cut at every byte.
#[test]
fn item_24_packets_cut_short() {
    let mut peer = Peer::connected(Config::default(), false);
    let whole = packet(
        peer.tag,
        &[
            chunk(COOKIE_ACK, 0, &[]),
            chunk(RE_CONFIG, 0, &[0, 13, 0, 16]),
        ],
    );
    for length in 0..whole.len() {
        peer.victim.handle_packet(peer.now, &whole[..length]);
    }
    peer.assert_alive(false, TSN);
}
