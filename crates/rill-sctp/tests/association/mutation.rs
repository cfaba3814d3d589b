//! A peer that holds the keys and sends nonsense: changed, repeated and reordered packets under the
//! right verification tag. They may end the association; they must not panic, nor grow anything.

use std::time::Duration;

use rill_sctp::StreamId;

use crate::link::{Link, Random, pattern};

#[test]
fn changed_packets_do_not_panic() {
    for seed in 0..30 {
        torment(seed);
    }
}

fn torment(seed: u64) {
    let mut random = Random::new(seed);
    let mut link = Link::connected();
    for stream in 0..3 {
        link.send(0, stream, &pattern(1 + random.below(6000)));
        link.send(1, stream, &pattern(1 + random.below(3000)));
    }
    if seed.is_multiple_of(3) {
        link.ends[0]
            .association
            .reset_streams(link.now, &[StreamId(1)]);
    }
    if seed.is_multiple_of(5) {
        link.ends[1]
            .association
            .reset_streams(link.now, &[StreamId(1), StreamId(2)]);
    }
    if seed.is_multiple_of(7) {
        link.ends[0].association.shutdown(link.now);
    }
    let mut packets: [Vec<Vec<u8>>; 2] = Default::default();
    let mut packet = Vec::new();
    for _ in 0..6 {
        for (from, packets) in packets.iter_mut().enumerate() {
            while link.ends[from]
                .association
                .poll_transmit(link.now, &mut packet)
            {
                link.ends[1 - from]
                    .association
                    .handle_packet(link.now, &packet);
                packets.push(packet.clone());
            }
            let to = &mut link.ends[1 - from].association;
            for _ in 0..20 {
                if let Some(packet) = changed(packets, &mut random) {
                    to.handle_packet(link.now, &packet);
                }
            }
            if seed.is_multiple_of(2) {
                while to.poll_message(link.now).is_some() {}
            }
            link.now += Duration::from_millis(random.below(700) as u64);
            to.handle_timeout(link.now);
        }
    }
}

/// One of the packets, with some bytes after the common header changed.
fn changed(packets: &[Vec<u8>], random: &mut Random) -> Option<Vec<u8>> {
    const HEADER: usize = 12;
    let mut packet = packets.get(random.below(packets.len().max(1)))?.clone();
    for _ in 0..random.below(4) {
        let at = HEADER + random.below((packet.len() - HEADER).min(40));
        packet[at] = random.below(256) as u8;
    }
    // No checksum (RFC 9653), for it would be wrong.
    packet[8..HEADER].fill(0);
    Some(packet)
}
