use bytes::Bytes;

use super::*;
use crate::message::{Ppid, SendOptions, StreamId};
use crate::recovery::congestion::NewReno;
use crate::send::Queued;
use crate::testing::epoch;
use crate::wire::{Header, chunks, kind};

const FIRST: Tsn = Tsn(100);
const RTT: Duration = Duration::from_millis(40);
const MTU: usize = 1200;

fn outbound() -> Outbound {
    let mut outbound = Outbound::new(FIRST, Box::new(NewReno::new(MTU)));
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
        let header = Header {
            source_port: 1,
            destination_port: 2,
            verification_tag: 3,
        };
        let mut writer = Writer::new(&mut out, header, MTU);
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
