//! Item 27: messages that never end, or that nobody reads.

use std::time::Duration;

use crate::{
    peer::{FIRST, LAST, MIDDLE, WHOLE, data, i_data},
    scene::{CHAT, Scene},
    side::Reading,
};

/// Reliability 27: crates/rill-sctp/src/receive/mod.rs: `self.held() < limit && has_place` => `has_place`
#[test]
fn a_first_fragment_on_each_stream_fills_the_window_at_most() {
    let mut scene = Scene::joined(true);
    let first = scene.tsn;
    for three in 0..65_535 / 3 {
        let chunks = [3 * three, 3 * three + 1, 3 * three + 2].map(|stream| {
            let tsn = first.wrapping_add(u32::from(stream));
            i_data(tsn, stream, FIRST, 0, 53, &[1; 400])
        });
        scene.say(&chunks);
    }
    scene.run(Duration::from_secs(5));
    scene.finish();
}

/// Fragments of which no two belong together.
#[test]
fn fragments_with_gaps_fill_the_window_at_most() {
    let mut scene = Scene::joined(true);
    let first = scene.tsn;
    for packet in 0..5000_u32 {
        let chunks: Vec<_> = (packet * 40..(packet + 1) * 40)
            .map(|number| {
                i_data(
                    first.wrapping_add(number),
                    1,
                    MIDDLE,
                    0,
                    1 + 2 * number,
                    b"x",
                )
            })
            .collect();
        scene.say(&chunks);
    }
    scene.run(Duration::from_secs(5));
    scene.finish();
}

/// A million fragments of a byte: a message above the limit is counted and not kept.
#[test]
fn a_message_above_the_limit_is_dropped() {
    let mut scene = Scene::joined(false);
    let (first, before) = (scene.tsn, scene.victim().messages);
    for packet in 0..20_000_u32 {
        let chunks: Vec<_> = (packet * 50..(packet + 1) * 50)
            .map(|number| {
                let flags = match number {
                    0 => FIRST,
                    999_999 => LAST,
                    _ => MIDDLE,
                };
                data(first.wrapping_add(number), CHAT, flags, 0, b"x")
            })
            .collect();
        scene.say(&chunks);
    }
    scene.run(Duration::from_secs(1));
    assert_eq!(scene.victim().messages, before);
    scene.tsn = first.wrapping_add(1_000_000);
    scene.heard();
    scene.assert_alive();
    scene.finish();
}

/// The application of the victim sleeps.
/// Reliability 27: crates/rill-sctp/src/receive/mod.rs: `self.held() < limit && has_place` => `has_place`
#[test]
fn messages_that_nobody_reads_fill_the_window_at_most() {
    for (length, packets) in [(1, 5000), (1300, 15_000)] {
        let mut scene = Scene::joined(false);
        let first = scene.tsn;
        scene.victim().reading = Reading::Never;
        for packet in 0..packets {
            let count = 1 + u32::from(length == 1) * 39;
            let chunks: Vec<_> = (packet * count..(packet + 1) * count)
                .map(|number| {
                    let tsn = first.wrapping_add(number);
                    data(tsn, CHAT, WHOLE, number as u16, &vec![b'x'; length])
                })
                .collect();
            scene.say(&chunks);
        }
        scene.run(Duration::from_secs(5));
        scene.victim().reading = Reading::Eager;
        scene.run(Duration::from_secs(1));
        let read = scene.victim().messages;
        assert!(read > 1000);
        scene.finish();
    }
}
