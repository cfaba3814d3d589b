//! Item 24: lengths that lie.

use std::time::Duration;

use crate::{
    peer::{ABORT, ERROR, INIT, RE_CONFIG, TSN, chunk, words},
    scene::Scene,
};

/// Chunks shorter than their header or longer than the packet.
/// Reliability 24: crates/rill-sctp/src/wire/chunk.rs: `let Some(value) = rest.get(4..length) else {` => `let Some(value) = rest.get(4..length.min(rest.len())) else {`
#[test]
fn chunks_whose_length_lies_are_dropped() {
    let mut scene = Scene::joined(false);
    for kind in 0..=255 {
        for length in [0, 1, 2, 3, 100, 0x7fff, 0xffff_u16] {
            let mut chunk = vec![kind, 0];
            chunk.extend(length.to_be_bytes());
            chunk.extend([0; 16]);
            scene.say(&[chunk]);
        }
    }
    scene.run(Duration::from_secs(5));
    assert_eq!(scene.heard(), [], "and no word about it");
    scene.assert_alive();
    scene.finish();
}

/// Every kind of chunk with a value too short for it. Some end the association; each is sent over one of
/// its own.
#[test]
fn chunks_with_short_values_cost_the_association_at_most() {
    let known = (0..=14).chain([64, 128, 129, 130, 132, 192, 193, 194]);
    for kind in known {
        let mut scene = Scene::joined(true);
        for length in 0..24 {
            scene.say(&[chunk(kind, 0, &vec![0; length])]);
            scene.say(&[chunk(kind, 0xff, &vec![0xff; length])]);
        }
        scene.run(Duration::from_secs(5));
        let heard = scene.heard();
        assert!(heard.len() < 100, "{kind}: {}", heard.len());
        scene.finish();
    }
}

/// Parameters and causes with such lengths.
#[test]
fn parameters_and_causes_whose_length_lies_are_dropped() {
    let kinds = [
        1, 7, 13, 14, 15, 16, 17, 18, 0x8001, 0x8008, 0xc000, 0xffff_u16,
    ];
    let mut scene = Scene::joined(false);
    for kind in kinds {
        for length in [0, 1, 2, 3, 4, 5, 7, 8, 11, 12, 13, 0x7fff, 0xffff_u16] {
            let mut parameter = kind.to_be_bytes().to_vec();
            parameter.extend(length.to_be_bytes());
            parameter.extend([0; 9]);
            scene.say(&[chunk(RE_CONFIG, 0, &parameter)]);
            scene.say(&[chunk(ERROR, 0, &parameter)]);
            let mut init = words(&[9, 1 << 20, u32::MAX, TSN]);
            init.extend(&parameter);
            scene.give(0, &[chunk(INIT, 0, &init)]);
        }
    }
    scene.settle();
    scene.assert_alive();
    scene.say(&[chunk(ABORT, 0, &[0, 12, 0, 3, 9])]);
    scene.run(Duration::from_secs(1));
    scene.assert_ended();
    scene.finish();
}
