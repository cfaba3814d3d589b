//! Item 29: messages of the Data Channel Establishment Protocol (RFC 8832).

use std::time::Duration;

use rill_peer::{DataChannelInit, Message};

use crate::scene::{CHAT, DCEP, Scene, TEXT};

/// An OPEN for a reliable channel, with lengths of label and protocol as they are claimed.
fn open(lengths: [u16; 2], text: &[u8]) -> Vec<u8> {
    let mut message = vec![3, 0, 1, 0, 0, 0, 0, 0];
    for length in lengths {
        message.extend(length.to_be_bytes());
    }
    message.extend(text);
    message
}

/// Each on a stream of its own, beside a channel that goes on.
/// Reliability 29: crates/rill-peer/src/data_channel/dcep.rs: `if text.len() != label + protocol {` => `if text.len() < label + protocol {`
#[test]
fn malformed_messages_are_counted_and_open_nothing() {
    let mut scene = Scene::joined(false);
    let malformed = [
        vec![],
        vec![3],
        open([0, 0], b"")[..11].to_vec(),
        open([65_535, 0], b"short"),
        open([0, 65_535], b"short"),
        open([1, 1], b"a"),
        open([1, 1], b"abc"),
        open([2, 0], &[0xc3, 0x28]),
        open([0, 2], &[0xff, 0xfe]),
        vec![0x42; 20],
        vec![0; 12],
    ];
    let before = scene.victim().pc.dropped();
    let mut count = 0;
    for (at, message) in (4_u16..).zip(&malformed) {
        // SCTP knows no empty message.
        if !message.is_empty() {
            scene.message(2 * at, DCEP, message);
            count += 1;
        }
    }
    // An unknown kind of channel.
    let mut unknown = open([0, 0], b"");
    unknown[1] = 0x7f;
    scene.message(100, DCEP, &unknown);
    // Acknowledgements of what was never opened, on the victim's streams and on others.
    for stream in [0, 3, 5, 65_534] {
        scene.message(stream, DCEP, &[2]);
    }
    scene.settle();
    assert_eq!(scene.victim().pc.dropped(), before + count + 5);
    assert_eq!(scene.victim().announced, []);
    scene.assert_alive();
    scene.finish();
}

/// On streams of the victim's parity, on one of a negotiated channel, and twice on one.
/// Reliability 29: crates/rill-peer/src/data_channel/announce.rs: `if ours || self.by_stream.contains_key(&stream) {` => `if self.by_stream.contains_key(&stream) {`
#[test]
fn opens_on_streams_that_are_taken_open_nothing() {
    const NEGOTIATED: u16 = 20;
    let mut scene = Scene::joined(false);
    let init = DataChannelInit {
        negotiated: true,
        id: Some(NEGOTIATED),
        ..DataChannelInit::default()
    };
    let agreed = scene.with_victim(|side, now| side.create(now, init));
    for stream in [CHAT, 3, 5, NEGOTIATED, NEGOTIATED] {
        scene.message(stream, DCEP, &open([3, 0], b"new"));
    }
    scene.settle();
    assert_eq!(scene.victim().announced, []);
    scene.message(8, DCEP, &open([5, 0], b"first"));
    scene.message(8, DCEP, &open([6, 0], b"second"));
    scene.message(8, TEXT, b"for the first");
    scene.message(NEGOTIATED, TEXT, b"for the negotiated");
    scene.settle();
    let announced = scene.victim().announced.clone();
    assert_eq!(announced.len(), 1);
    let info = scene.victim().pc.data_channel(announced[0]);
    assert_eq!(info.expect("it is open").label, "first");
    let text = Message::Text("for the negotiated".to_owned());
    assert_eq!(scene.victim().last, Some((agreed, text)));
    assert_eq!(scene.victim().messages, 2);
    assert_eq!(scene.victim().closed, []);
    scene.assert_alive();
    scene.finish();
}

/// The longest label and protocol, and then more of them than there is room for.
/// Reliability 29: crates/rill-peer/src/data_channel/announce.rs: `if self.charged + charge > PEER_CHANNELS {` => `if false {`
#[test]
fn long_labels_are_taken_as_far_as_there_is_room() {
    let mut scene = Scene::joined(false);
    let names = vec![b'n'; 2 * 65_535];
    let message = open([65_535, 65_535], &names);
    for stream in 1..200_u16 {
        for (number, piece) in message.chunks(1000).enumerate() {
            let flags = match number {
                0 => crate::peer::FIRST,
                131 => crate::peer::LAST,
                _ => crate::peer::MIDDLE,
            };
            let chunk = scene.next_message(2 * stream, DCEP, piece);
            let mut fragment = chunk;
            // Unordered, as the others.
            fragment[1] = flags | 4;
            scene.say(&[fragment]);
        }
        scene.settle();
    }
    let count = scene.victim().announced.len();
    assert!((1..100).contains(&count), "{count} are open");
    scene.assert_alive();
    scene.finish();
}

/// One on every stream there is. Channels are no messages: what they take has a limit of its own.
/// Reliability 29: crates/rill-peer/src/data_channel/announce.rs: `if ours || self.by_stream.contains_key(&stream) {` => `if self.by_stream.contains_key(&stream) {`
#[test]
fn an_open_on_every_stream_opens_those_of_the_peer() {
    /// Half of the streams are the peer's.
    const CHANNELS: usize = 32_768;
    /// With the acknowledgement, which this peer never takes.
    const CHANNEL: usize = 700;
    let mut scene = Scene::joined(false);
    let message = open([0, 0], b"");
    let streams: Vec<_> = (0..65_535).filter(|stream| *stream != CHAT).collect();
    for streams in streams.chunks(30) {
        let chunks: Vec<_> = streams
            .iter()
            .map(|stream| scene.next_message(*stream, DCEP, &message))
            .collect();
        scene.say(&chunks);
    }
    scene.run(Duration::from_secs(5));
    scene.settle();
    assert_eq!(scene.victim().announced.len(), CHANNELS);
    scene.assert_alive();
    scene.finish_within(CHANNELS * CHANNEL);
}
