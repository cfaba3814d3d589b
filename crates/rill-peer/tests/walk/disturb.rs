//! Polls at odd moments, packets and answers that nobody asked for, and a network that comes and goes.

use std::time::Duration;

use rill_peer::{Path, RequestId, Response, SocketId};
use rill_sim::Link;

use crate::{dice::Dice, setting::ADDRESSES, walk::Walk};

pub(crate) fn poll(walk: &mut Walk, side: usize, dice: &mut Dice) {
    let now = walk.sim.now();
    let own = walk.side(side);
    for _ in 0..=dice.below(4) {
        match dice.below(5) {
            0 => own.pc.handle_timeout(now),
            1 => drop(own.run_task(now)),
            kind => drop(own.poll(now, kind)),
        }
        own.watch.dirty = true;
    }
}

pub(crate) fn change_manner(walk: &mut Walk, side: usize, dice: &mut Dice) {
    let now = walk.sim.now();
    let own = walk.side(side);
    if dice.coin() {
        own.lazy = !own.lazy;
    } else {
        own.reads = !own.reads;
        if own.reads {
            own.read(now);
        }
    }
}

/// First bytes of STUN, DTLS, channel data and RTP, and of nothing.
const NOISE: [&[u8]; 6] = [
    &[],
    &[
        0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
    ],
    &[
        1, 1, 0, 8, 0x21, 0x12, 0xa4, 0x42, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ],
    &[22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0],
    &[64, 0, 0, 1, 2],
    &[128, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0],
];

pub(crate) fn make_noise(walk: &mut Walk, side: usize, dice: &mut Dice) {
    let now = walk.sim.now();
    let own = walk.side(side);
    own.watch.dirty = true;
    let stranger = "203.0.113.7:7".parse().expect("a literal address");
    let path = own.any_path(stranger).unwrap_or(Path {
        socket: SocketId(4711),
        local_ip: None,
        remote: stranger,
        ecn: None,
    });
    match dice.below(4) {
        0 => {
            let id = RequestId(dice.below(40) as u64 + 100_000);
            own.pc
                .handle_response(now, id, Response::Failed("never asked".to_owned()));
        }
        1 => own.pc.handle_send_error(now, &path),
        _ => {
            let mut bytes = dice.pick(&NOISE).unwrap_or_default().to_vec();
            own.pc.handle_datagram(now, path, &mut bytes);
        }
    }
}

pub(crate) fn change_network(walk: &mut Walk, dice: &mut Dice) {
    let [one, other] = ADDRESSES.map(|text| text.parse().expect("a literal address"));
    match dice.below(4) {
        0 => walk.sim.partition(one, other),
        1 => walk.sim.partition_one_way(one, other),
        2 => {
            let bad = Link {
                loss: 0.3,
                delay: Duration::from_millis(200),
                ..Link::default()
            };
            walk.sim.set_link(other, &bad);
        }
        _ => heal(walk),
    }
}

/// The network is as good as it can be.
pub(crate) fn heal(walk: &mut Walk) {
    let [one, other] = ADDRESSES.map(|text| text.parse().expect("a literal address"));
    walk.sim.heal(one, other);
    for address in [one, other] {
        walk.sim.set_link(address, &Link::default());
    }
}
