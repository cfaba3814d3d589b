//! addIceCandidate, in all its forms.

use rill_peer::{IceCandidateInit, PeerConnection};

use crate::{calls::nothing, dice::Dice, model::Operation, walk::Walk};

fn add(walk: &mut Walk, side: usize, init: Option<IceCandidateInit>) {
    let now = walk.sim.now();
    let own = walk.side(side);
    let end = IceCandidateInit::default();
    let expected = own.watch.model.add_candidate(init.as_ref().unwrap_or(&end));
    let add = |pc: &mut PeerConnection| Ok(pc.add_ice_candidate(now, init.as_ref())?);
    let done = own.call("addIceCandidate", expected, nothing, add);
    if let Some(operation) = done {
        own.watch
            .model
            .operations
            .push_back((operation, Operation::Candidate));
    }
}

/// Up to so many of the candidates that wait arrive.
pub(crate) fn deliver(walk: &mut Walk, side: usize, most: usize) {
    let waiting = walk.candidates[side].len();
    for init in walk.candidates[side]
        .drain(..waiting.min(most))
        .collect::<Vec<_>>()
    {
        add(walk, side, init);
    }
}

/// Some arrive, some twice, some never.
pub(crate) fn receive(walk: &mut Walk, side: usize, dice: &mut Dice) {
    for _ in 0..=dice.below(6) {
        let Some(init) = walk.candidates[side].pop_front() else {
            return;
        };
        match dice.below(12) {
            0 => {}
            1 => {
                add(walk, side, init.clone());
                add(walk, side, init);
            }
            2 => walk.candidates[side].push_back(init),
            _ => add(walk, side, init),
        }
    }
}

const LINES: [&str; 10] = [
    "candidate:1 1 udp 2113937151 192.0.2.5 5000 typ host",
    "candidate:1 1 udp 2113937151 198.51.100.1 21000 typ host generation 0 ufrag none",
    "candidate:2 1 tcp 1518280447 192.0.2.5 9 typ host tcptype active",
    "candidate:3 1 udp 2113937151 4f3c2a10-5d6e-4c7b-8a9f-0b1c2d3e4f50.local 5000 typ host",
    "candidate:4 2 udp 2113937151 192.0.2.6 5001 typ host",
    "candidate:5 1 udp 1 192.0.2.7 6000 typ srflx raddr 0.0.0.0 rport 0",
    "candidate:6 1 udp 1 192.0.2.7 6000 typ strange",
    "candidate:7 1 udp 1 0.0.0.0 0 typ host",
    "candidate:8 1 udp 1 2001:db8::1 5060 typ host",
    "candidate:nonsense",
];

/// A candidate that nobody sent now: old, foreign, malformed, or an end.
pub(crate) fn add_other(walk: &mut Walk, side: usize, dice: &mut Dice) {
    let generations = walk.side(side).watch.model.remote_generations();
    let place = dice.below(generations.len());
    let (mid, ufrag) = generations.get(place).cloned().unwrap_or_default();
    let old = walk
        .old_candidates
        .get(dice.below(walk.old_candidates.len()))
        .cloned();
    let init = match dice.below(9) {
        0 => None,
        1 => Some(IceCandidateInit::default()),
        2 => old,
        form => Some(IceCandidateInit {
            candidate: match form {
                3 | 4 => String::new(),
                _ => dice.pick(&LINES).unwrap_or_default().to_owned(),
            },
            sdp_mid: match dice.below(4) {
                0 => None,
                1 => Some("nowhere".to_owned()),
                _ => Some(mid),
            },
            sdp_m_line_index: dice.pick(&[None, Some(0), Some(1), Some(99)]).flatten(),
            username_fragment: match dice.below(4) {
                0 => Some("stranger".to_owned()),
                1 => Some(ufrag),
                _ => None,
            },
        }),
    };
    add(walk, side, init);
}
