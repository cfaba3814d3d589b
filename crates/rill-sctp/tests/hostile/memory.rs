//! RELIABILITY 27: messages that never end. What is taken is bounded by the window; how much memory
//! that is, the fuzz target measures.

use rill_sctp::{Config, Event, StreamId};

use crate::peer::{FIRST, LAST, MIDDLE, Peer, TSN, WHOLE, data, i_data};

const WINDOW: usize = 1 << 20;
/// What the window may be exceeded by.
const SLACK: usize = 1 << 20;

fn config() -> Config {
    Config {
        max_message_size: 1 << 16,
        receive_window: WINDOW,
        ..Config::default()
    }
}

/// How many chunks were acknowledged.
fn taken(peer: &mut Peer) -> usize {
    let (cumulative, _) = peer.told();
    cumulative.wrapping_sub(TSN.wrapping_sub(1)) as usize
}

#[test]
fn item_27_a_first_fragment_on_each_stream() {
    let mut peer = Peer::connected(config(), true);
    for stream in 0..65_535_u16 {
        let tsn = TSN.wrapping_add(u32::from(stream));
        peer.send(&[i_data(tsn, stream, FIRST, 0, 53, &[1; 1000])]);
    }
    let bytes = taken(&mut peer) * 1000;
    assert!((WINDOW / 2..=WINDOW + SLACK).contains(&bytes), "{bytes}");
}

/// Fragments of which no two belong together.
#[test]
fn item_27_fragments_with_gaps() {
    let mut peer = Peer::connected(config(), true);
    for number in 0..200_000 {
        let tsn = TSN.wrapping_add(number);
        peer.send(&[i_data(tsn, 1, MIDDLE, 0, 1 + 2 * number, b"x")]);
    }
    // Each costs much more than its byte.
    let pieces = taken(&mut peer);
    assert!(pieces * 300 <= WINDOW + SLACK, "{pieces}");
}

/// A message above the limit is counted and not kept.
#[test]
fn item_27_a_message_above_the_limit() {
    let mut peer = Peer::connected(config(), false);
    for packet in 0..10_000_u32 {
        let chunks: Vec<_> = (packet * 100..(packet + 1) * 100)
            .map(|number| {
                let flags = match number {
                    0 => FIRST,
                    999_999 => LAST,
                    _ => MIDDLE,
                };
                data(TSN.wrapping_add(number), 3, flags, 0, b"x")
            })
            .collect();
        peer.send(&chunks);
    }
    assert_eq!(taken(&mut peer), 1_000_000);
    assert_eq!(peer.victim.poll_message(peer.now), None);
    let too_large = Event::MessageTooLarge {
        stream: StreamId(3),
        length: 1_000_000,
    };
    assert_eq!(peer.victim.poll_event(), Some(too_large));
    peer.assert_alive(false, TSN.wrapping_add(1_000_000));
}

/// Nothing is read: then nothing more is taken.
#[test]
fn item_27_messages_that_nobody_reads() {
    let mut peer = Peer::connected(config(), false);
    for number in 0..100_000_u32 {
        let tsn = TSN.wrapping_add(number);
        peer.send(&[data(tsn, 1, WHOLE, number as u16, b"x")]);
    }
    let messages = taken(&mut peer);
    assert!(messages * 190 <= WINDOW + SLACK, "{messages}");
    let read = std::iter::from_fn(|| peer.victim.poll_message(peer.now)).count();
    assert_eq!(read, messages, "what is acknowledged is delivered");
}
