//! Calls in any order, and outputs taken whenever.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use rill_sctp::{Association, Config, Ppid, StreamId};

use crate::link::{RELIABLE, Random, epoch};

const MESSAGES: usize = 60;

#[test]
fn any_order_of_calls_delivers_the_same() {
    for seed in 0..10 {
        exchange(seed);
    }
}

/// Both send their messages; at each step one thing is done to one of them.
fn exchange(seed: u64) {
    let mut now = epoch();
    let mut random = Random::new(seed);
    let mut ends = [1, 2].map(|rng| Association::new(Config::default(), rng, now));
    let mut wires = [VecDeque::new(), VecDeque::new()];
    let mut sent = [0; 2];
    let mut received = [0; 2];
    for step in 0..200_000 {
        let at = random.below(2);
        let end = &mut ends[at];
        match random.below(8) {
            0 => now += Duration::from_millis(random.below(20) as u64),
            1 => end.connect(now),
            2 if sent[at] < MESSAGES => {
                let payload = Bytes::from(vec![sent[at] as u8; 1 + random.below(5000)]);
                end.send(now, StreamId(7), Ppid::BINARY, payload, RELIABLE)
                    .unwrap();
                sent[at] += 1;
            }
            3 => end.handle_timeout(now),
            4 => {
                let mut packet = Vec::new();
                if end.poll_transmit(now, &mut packet) {
                    wires[1 - at].push_back(packet);
                }
            }
            5 => drop(end.poll_event()),
            6 => {
                if let Some(message) = end.poll_message(now) {
                    assert_eq!(message.payload[0], received[at] as u8, "seed {seed}");
                    received[at] += 1;
                }
            }
            _ => {
                if let Some(packet) = wires[at].pop_front() {
                    end.handle_packet(now, &packet);
                }
            }
        }
        if received == [MESSAGES; 2] {
            return;
        }
        assert!(step < 199_999, "seed {seed}: only {received:?} received");
    }
}
