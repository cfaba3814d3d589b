use bytes::Bytes;

use super::*;
use crate::message::{Ppid, Reliability, SendOptions, StreamId};
use crate::recovery::congestion::NewReno;
use crate::send::Queued;
use crate::testing::epoch;
use crate::wire::{Header, chunks, kind};

const FIRST: Tsn = Tsn(100);
const RTT: Duration = Duration::from_millis(40);
const MTU: usize = 1200;
const HEAD: Header = Header {
    source_port: 1,
    destination_port: 2,
    verification_tag: 3,
};

fn outbound() -> Outbound {
    let mut outbound = Outbound::new(FIRST, MTU, Box::new(NewReno::new(MTU)));
    outbound.agree(true, true, 1 << 20);
    outbound
}

fn push(outbound: &mut Outbound, length: usize) {
    let payload = Bytes::from(vec![7; length]);
    let message = Queued::new(epoch(), Ppid::BINARY, payload, SendOptions::default());
    outbound.queue.push(StreamId(1), message);
}

/// The lengths of the data chunks in each packet that leaves.
fn packets(outbound: &mut Outbound, now: Instant) -> Vec<Vec<usize>> {
    let mut packets = Vec::new();
    while outbound.is_ready(now) {
        let mut out = Vec::new();
        let mut writer = Writer::new(&mut out, HEAD, MTU);
        outbound.write(now, &mut writer);
        writer.finish(false);
        let data = chunks(&out[HEADER..]).filter(|chunk| chunk.kind == kind::I_DATA);
        packets.push(data.map(|chunk| chunk.value.len() - 16).collect());
        assert!(packets.len() < 100, "it never ends");
    }
    packets
}

fn sack(outbound: &mut Outbound, now: Instant, count: u32, window: u32) {
    let sack = Sack {
        cumulative: FIRST.plus(count).minus(1),
        window,
        gaps: Vec::new(),
        duplicates: Vec::new(),
    };
    outbound.handle_sack(now, &sack);
}

/// With a round trip measured, and nothing on its way.
fn measured() -> (Outbound, Instant) {
    let mut outbound = outbound();
    let now = epoch();
    push(&mut outbound, 10);
    packets(&mut outbound, now);
    sack(&mut outbound, now + RTT, 1, 1 << 20);
    assert!(outbound.is_done());
    assert_eq!(outbound.poll_timeout(now + RTT), None);
    (outbound, now + RTT)
}

#[test]
fn small_messages_share_a_packet() {
    let mut outbound = outbound();
    (0..5).for_each(|_| push(&mut outbound, 100));
    assert_eq!(packets(&mut outbound, epoch()), [vec![100; 5]]);
}

/// RFC 8985 §7.2: first a probe, then everything again, ever later.
#[test]
fn silence_is_probed_and_then_taken_for_loss() {
    let (mut outbound, start) = measured();
    push(&mut outbound, 100);
    push(&mut outbound, 200);
    packets(&mut outbound, start);
    let probe = outbound.poll_timeout(start).expect("a probe");
    assert!(probe - start >= 2 * RTT && probe - start < outbound.timeout());
    outbound.handle_timeout(probe);
    assert_eq!(packets(&mut outbound, probe), [vec![200]]);
    let first = outbound.timeout();
    let all = outbound.poll_timeout(probe).expect("a time-out");
    outbound.handle_timeout(all);
    assert_eq!(packets(&mut outbound, all), [vec![100, 200]]);
    assert_eq!(outbound.timeout(), (first * 2).min(Duration::from_secs(3)));
    sack(&mut outbound, all + RTT, 3, 1 << 20);
    assert!(outbound.is_done());
    assert_eq!(outbound.poll_timeout(all + RTT), None);
    assert_eq!(outbound.timeout(), first, "the path works");
}

/// RFC 9260 §6.1 A: without room one chunk may be on its way.
#[test]
fn a_peer_without_room_is_asked_by_one_chunk() {
    let (mut outbound, start) = measured();
    push(&mut outbound, 5000);
    let sent = packets(&mut outbound, start).iter().flatten().count() as u32;
    let now = start + RTT;
    push(&mut outbound, 5000);
    sack(&mut outbound, now, 1 + sent, 0);
    let one = packets(&mut outbound, now);
    assert_eq!(one.iter().flatten().count(), 1, "{one:?}");
    let mut now = now;
    for _ in 0..5 {
        now = outbound.poll_timeout(now).expect("it is asked again");
        outbound.handle_timeout(now);
        let one = packets(&mut outbound, now);
        assert!(one.iter().flatten().count() <= 1, "{one:?}");
    }
}

#[test]
fn no_more_leaves_than_the_peer_has_room_for() {
    let (mut outbound, now) = measured();
    outbound.peer_window = 1500;
    push(&mut outbound, 5000);
    let sent: usize = packets(&mut outbound, now).iter().flatten().sum();
    assert!((1164..=1500).contains(&sent), "{sent}");
}

#[test]
fn what_limits_the_rate_is_the_application_or_the_room_of_the_peer() {
    for (length, by_peer) in [(1000, false), (2000, true)] {
        let (mut outbound, now) = measured();
        outbound.peer_window = 1000;
        push(&mut outbound, length);
        packets(&mut outbound, now);
        let mark = outbound.outstanding.mark(now);
        assert_eq!(mark.limited_by_application, !by_peer);
        assert_eq!(mark.limited_by_peer, by_peer);
    }
}

/// Twice the smallest packets.
const LARGE: usize = 2 * MTU;
/// What a chunk holds in the smallest.
const CHUNK: usize = MTU - HEADER - I_DATA_HEADER;

/// [`measured`], on a path that carries large packets.
fn large() -> (Outbound, Instant) {
    let (mut outbound, now) = measured();
    outbound.controller = Box::new(NewReno::new(20 * MTU));
    outbound.set_mtu(now, LARGE);
    (outbound, now + RTT)
}

/// A path that carries less than it did must still carry each chunk.
#[test]
fn large_packets_hold_no_larger_chunks() {
    let (mut outbound, now) = large();
    push(&mut outbound, 2 * LARGE);
    let rest = LARGE - HEADER - 2 * (CHUNK + I_DATA_HEADER);
    assert_eq!(
        packets(&mut outbound, now)[0],
        [CHUNK; 2],
        "{rest} are left over"
    );
    let (mut outbound, now) = large();
    outbound.set_mtu(now, LARGE + 200);
    push(&mut outbound, 2 * LARGE);
    let [one, two, three] = packets(&mut outbound, now)[0][..] else {
        panic!("three chunks");
    };
    assert_eq!([one, two], [CHUNK; 2]);
    assert!(three >= LEAST, "{three}");
}

/// RFC 9260 §6.2: the peer waits for a second packet, not for a second chunk.
#[test]
fn a_single_packet_is_given_time() {
    let (mut outbound, start) = large();
    push(&mut outbound, LARGE - 100);
    assert_eq!(packets(&mut outbound, start).len(), 1);
    // One without data is no second one.
    let mut out = Vec::new();
    outbound.write(start, &mut Writer::new(&mut out, HEAD, MTU));
    let probe = outbound.poll_timeout(start).expect("a probe");
    assert_eq!(probe - start, 2 * RTT + Duration::from_millis(200));
    push(&mut outbound, 100);
    assert_eq!(packets(&mut outbound, start).len(), 1);
    let probe = outbound.poll_timeout(start).expect("a probe");
    assert_eq!(probe - start, 2 * RTT + Duration::from_millis(2));
}

/// Sends so many full packets, a moment apart; when the next may leave.
fn full_packets(outbound: &mut Outbound, mut now: Instant, count: usize) -> Instant {
    for _ in 0..count {
        push(outbound, 2 * CHUNK);
        assert_eq!(packets(outbound, now), [[CHUNK; 2]]);
        now += Duration::from_millis(50);
    }
    now
}

/// What has arrived since: only these, counted from the first full packet's first chunk.
fn gaps(outbound: &mut Outbound, now: Instant, first: u16, last: u16) {
    let sack = Sack {
        cumulative: FIRST,
        window: 1 << 20,
        gaps: vec![first + 1..=last + 1],
        duplicates: Vec::new(),
    };
    outbound.handle_sack(now, &sack);
}

/// RFC 8899 §4.3.
#[test]
fn full_packets_that_vanish_while_others_arrive_are_noticed() {
    for (vanished, noticed) in [(2, false), (3, true)] {
        let (mut outbound, start) = large();
        let mut now = full_packets(&mut outbound, start, vanished);
        push(&mut outbound, 10);
        packets(&mut outbound, now);
        now += RTT;
        let small = 2 * vanished as u16;
        gaps(&mut outbound, now, small, small);
        assert!(outbound.outstanding.has_lost());
        assert_eq!(outbound.full_packets_vanish(), noticed, "{vanished}");
    }
}

#[test]
fn full_packets_that_are_lost_before_one_that_arrives_are_no_sign() {
    let (mut outbound, start) = large();
    let now = full_packets(&mut outbound, start, 10);
    gaps(&mut outbound, now + RTT, 18, 19);
    assert!(outbound.outstanding.has_lost());
    assert!(!outbound.full_packets_vanish());
}

/// RFC 4821 §7.7.
#[test]
fn a_full_packet_that_is_not_answered_at_all_is_a_sign() {
    let (mut outbound, start) = large();
    full_packets(&mut outbound, start, 1);
    let probe = outbound.poll_timeout(start).expect("a probe");
    outbound.handle_timeout(probe);
    assert_eq!(packets(&mut outbound, probe), [[CHUNK]], "small");
    assert!(!outbound.full_packets_vanish());
    let all = outbound.poll_timeout(probe).expect("a time-out");
    outbound.handle_timeout(all);
    assert!(outbound.full_packets_vanish());
    assert_eq!(packets(&mut outbound, all)[0], [CHUNK], "small");
    outbound.set_mtu(all, MTU);
    assert!(!outbound.full_packets_vanish());
}

/// RFC 3758 §4.1: the time of a message can be over while it leaves.
#[test]
fn the_rest_of_a_message_does_not_outlive_it() {
    for interleaved in [true, false] {
        let (mut outbound, start) = measured();
        outbound.agree(interleaved, true, 1 << 20);
        let options = SendOptions {
            ordered: true,
            reliability: Reliability::MaxLifetime(RTT / 2),
        };
        let payload = Bytes::from(vec![7; 100_000]);
        let late = Queued::new(start, Ppid::BINARY, payload, options);
        outbound.queue.push(StreamId(1), late);
        outbound.write(start, &mut Writer::new(&mut Vec::new(), HEAD, MTU));
        assert!(outbound.queue.buffered() < 100_000);
        let now = start + RTT;
        sack(&mut outbound, now, 2, 1 << 20);
        outbound.write(now, &mut Writer::new(&mut Vec::new(), HEAD, MTU));
        assert_eq!(
            (outbound.queue.buffered(), outbound.queue.is_empty()),
            (0, true)
        );
        assert!(outbound.is_ready(now), "the peer is told");
        let mut out = Vec::new();
        let mut writer = Writer::new(&mut out, HEAD, MTU);
        outbound.write(now, &mut writer);
        writer.finish(false);
        let kinds: Vec<_> = chunks(&out[HEADER..]).map(|chunk| chunk.kind).collect();
        let told = if interleaved {
            kind::I_FORWARD_TSN
        } else {
            kind::FORWARD_TSN
        };
        assert_eq!(kinds, [told]);
        // RFC 3758 §3.5 C5: what says so may be lost too.
        let due = outbound.poll_timeout(now).expect("a timer runs");
        outbound.handle_timeout(due);
        assert!(outbound.is_ready(due), "the peer is told again");
    }
}
