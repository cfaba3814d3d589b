//! RFC 8899: packets become as large as the path carries. [`Link`] itself checks that nothing but a probe
//! is larger than what has arrived before.

use std::time::Duration;

use rill_sctp::Config;

use crate::link::{BASE, DELAY, HEARTBEAT, HEARTBEAT_ACK, Link, PAD, kinds, pattern};

const MESSAGE: usize = 256 * 1024;
/// What one DTLS record holds.
const RECORD: usize = 16_384;

/// What fits an IP packet beside IPv6, UDP and DTLS.
fn inside(ip: usize) -> usize {
    ip - 85
}

fn link(mtu: usize) -> Link {
    let mut link = Link::connected();
    link.mtu = mtu;
    link
}

/// Sends so many large messages, and all of them arrive.
fn transfer(link: &mut Link, count: usize) {
    let before = link.ends[1].messages.len();
    let message = pattern(MESSAGE);
    for _ in 0..count {
        link.send(0, 1, &message);
    }
    link.run_until(|ends| ends[1].messages.len() == before + count);
    let arrived = &link.ends[1].messages[before..];
    assert!(arrived.iter().all(|arrived| arrived.payload == message));
}

fn mtu(link: &Link) -> usize {
    link.ends[0].association.mtu()
}

/// RELIABILITY, row 11.
#[test]
fn whatever_the_path_carries_everything_arrives() {
    for (ip, found) in [
        (1200, BASE),
        (1280, BASE),
        (1400, 1308),
        (1420, 1328),
        (1492, 1400),
        (1500, 1408),
        (9000, 8408),
        (65_535, RECORD),
    ] {
        let mut link = link(inside(ip));
        // Until what does not arrive has been tried often enough.
        for _ in 0..20 {
            transfer(&mut link, 8);
            link.run_for(Duration::from_secs(1));
        }
        assert_eq!(mtu(&link), found, "{:?}", link.ends[0].probes);
        let failed = link.ends[0]
            .probes
            .iter()
            .filter(|&&probe| probe > link.mtu);
        assert!(failed.count() <= 9, "{:?}", link.ends[0].probes);
        assert_eq!(link.ends[1].probes, [], "who sends nothing probes nothing");
    }
}

#[test]
fn large_packets_come_within_a_few_round_trips() {
    let mut link = link(usize::MAX);
    let begun = link.now;
    for _ in 0..8 {
        link.send(0, 1, &pattern(MESSAGE));
    }
    link.run_until(|ends| ends[0].association.mtu() == RECORD);
    assert!(link.now - begun <= DELAY * 6, "{:?}", link.now - begun);
    assert_eq!(link.ends[0].probes, [1408, 8408, RECORD]);
}

#[test]
fn who_sends_little_probes_nothing() {
    let mut link = link(usize::MAX);
    for _ in 0..50 {
        link.send(0, 1, &pattern(8000));
        link.run_for(Duration::from_secs(20));
    }
    assert_eq!(link.ends[1].messages.len(), 50);
    assert!(link.ends.iter().all(|end| end.probes.is_empty()));
    assert_eq!(link.ends[0].association.poll_timeout(), None);
}

#[test]
fn the_search_can_be_switched_off() {
    let config = Config {
        max_mtu: BASE,
        ..Config::default()
    };
    let mut link = Link::connected_with(config, Config::default());
    transfer(&mut link, 8);
    assert!(link.ends[0].probes.is_empty() && link.ends[0].longest == BASE);
}

/// RFC 8899 §4.3: what has no answer is found out by what has.
#[test]
fn a_path_that_shrinks_loses_nothing() {
    for before in [inside(1500), usize::MAX] {
        for after in [inside(1200), inside(1450)] {
            let mut link = link(before);
            transfer(&mut link, 8);
            assert!(mtu(&link) > BASE);
            for _ in 0..8 {
                link.send(0, 1, &pattern(MESSAGE));
            }
            link.run_for(DELAY);
            let begun = link.now;
            link.mtu = after;
            link.run_until(|ends| ends[1].messages.len() == 16);
            // Without a sign of it, each packet would wait for its own time-out.
            let took = link.now - begun;
            assert!(took < Duration::from_secs(5), "{before} {after}: {took:?}");
            assert!(mtu(&link) <= after);
        }
    }
}

/// Also when only a packet or two was on its way, and nothing else is to be sent.
#[test]
fn the_last_packets_pass_a_path_that_shrinks() {
    for length in [1300, 3000, 16_000, 40_000] {
        let mut link = link(usize::MAX);
        transfer(&mut link, 8);
        assert_eq!(mtu(&link), RECORD);
        link.run_for(Duration::from_secs(1));
        link.mtu = inside(1200);
        let begun = link.now;
        link.send(0, 1, &pattern(length));
        link.run_until(|ends| ends[1].messages.len() == 9);
        let took = link.now - begun;
        assert!(took < Duration::from_secs(5), "{length}: {took:?}");
    }
}

#[test]
fn a_path_that_grows_again_is_found_out() {
    let mut link = link(usize::MAX);
    transfer(&mut link, 8);
    link.mtu = inside(1200);
    transfer(&mut link, 8);
    assert_eq!(mtu(&link), BASE);
    link.mtu = usize::MAX;
    for _ in 0..70 {
        transfer(&mut link, 1);
        link.run_for(Duration::from_secs(10));
    }
    assert_eq!(mtu(&link), RECORD);
}

#[test]
fn another_path_begins_with_small_packets() {
    let mut link = link(usize::MAX);
    transfer(&mut link, 8);
    link.ends[0].association.path_changed(link.now);
    assert_eq!(mtu(&link), BASE);
    link.mtu = inside(1500);
    let probes = link.ends[0].probes.len();
    transfer(&mut link, 8);
    assert_eq!(mtu(&link), 1408);
    assert_eq!(link.ends[0].probes[probes..][..2], [1408, 8408]);
}

/// Loss is no black hole, unless it is such that three packets in a row are often lost.
#[test]
fn loss_leaves_packets_large() {
    let mut link = link(usize::MAX);
    transfer(&mut link, 8);
    link.loss = 30;
    for _ in 0..50 {
        transfer(&mut link, 4);
        assert_eq!(mtu(&link), RECORD);
    }
}

/// Datagrams that leave together are of one length: for segmentation offload.
#[test]
fn packets_of_bulk_are_equally_long() {
    for (ip, full) in [(1400, 1308), (1500, 1408), (9000, 8408), (65_535, RECORD)] {
        let mut link = link(inside(ip));
        for _ in 0..20 {
            transfer(&mut link, 8);
            link.run_for(Duration::from_secs(1));
        }
        assert_eq!(mtu(&link), full);
        for _ in 0..100 {
            link.send(0, 1, &pattern(16_001));
        }
        let mut packet = Vec::new();
        let mut lengths = Vec::new();
        while link.ends[0]
            .association
            .poll_transmit(link.now, &mut packet)
        {
            lengths.push(packet.len());
        }
        lengths.pop();
        assert!(lengths.len() > 3);
        assert!(lengths.iter().all(|&length| length == full), "{lengths:?}");
    }
}

fn without(packet: Vec<u8>, kind: u8) -> Option<Vec<u8>> {
    (!kinds(&packet).contains(&kind)).then_some(packet)
}

/// Peers that drop packets with padding, and those that answer no heartbeat.
#[test]
fn peers_that_answer_no_probe_get_small_packets() {
    let rewrites: [fn(_) -> _; 3] = [
        |packet| without(packet, PAD),
        |packet| without(packet, HEARTBEAT),
        |packet| without(packet, HEARTBEAT_ACK),
    ];
    for rewrite in rewrites {
        let mut link = link(usize::MAX);
        link.rewrite = rewrite;
        for _ in 0..20 {
            transfer(&mut link, 8);
            link.run_for(Duration::from_secs(1));
        }
        assert_eq!(mtu(&link), BASE);
        let expected = [1408, 1328, 1308].map(|size| [size; 3]).concat();
        assert_eq!(link.ends[0].probes, expected);
    }
}

/// A peer that skips padding, and says nothing of itself: it may read into a small buffer.
#[test]
fn peers_that_skip_padding_get_packets_of_ethernet() {
    let mut link = link(usize::MAX);
    link.rewrite = |packet| {
        let mut packet = packet;
        let end = kinds(&packet)
            .starts_with(&[HEARTBEAT_ACK, PAD])
            .then(|| 12 + usize::from(u16::from_be_bytes([packet[14], packet[15]])));
        packet.truncate(end.unwrap_or(packet.len()));
        Some(packet)
    };
    for _ in 0..20 {
        transfer(&mut link, 8);
    }
    assert_eq!(mtu(&link), 1408);
    assert_eq!(link.ends[0].probes, [1408]);
}
