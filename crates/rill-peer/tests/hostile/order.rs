//! Item 28: chunks at the wrong time.

use std::time::Duration;

use rill_peer::{DataChannelState, SctpTransportState};

use crate::{
    peer::{COOKIE_ECHO, RE_CONFIG, SHUTDOWN, TSN, chunk, words},
    scene::{CHAT, DCEP, Scene, TEXT, WHILE},
    side::Reading,
};

#[test]
fn data_before_the_cookie_is_ignored() {
    let mut scene = Scene::secure();
    let cookie = scene.cookie(false);
    let tsn = scene.tsn;
    scene.message(CHAT, TEXT, b"early");
    scene.run(Duration::from_secs(1));
    assert_eq!(scene.victim().messages, 0);
    let state = scene.victim().pc.sctp_transport().map(|sctp| sctp.state);
    assert_eq!(state, Some(SctpTransportState::Connecting));
    scene.tsn = tsn;
    scene.say(&[chunk(COOKIE_ECHO, 0, &cookie)]);
    scene.settle();
    scene.assert_alive();
    scene.finish();
}

/// Reliability 28: crates/rill-sctp/src/association/input.rs: `Shutdown::Received | Shutdown::Answered { .. }` => `Shutdown::Received`
#[test]
fn data_after_shutdown_is_answered_no_more_than_it_asks() {
    let mut scene = Scene::joined(false);
    let acknowledged = words(&[scene.theirs]);
    scene.say(&[chunk(SHUTDOWN, 0, &acknowledged)]);
    for _ in 0..1000 {
        scene.message(CHAT, TEXT, b"late");
    }
    scene.run(Duration::from_secs(60));
    let sent = scene.victim().sent;
    assert_eq!(scene.victim().messages, 0);
    assert!(sent < 1100, "{sent} datagrams");
    scene.finish();
}

/// On each stream there is, opened or not, and on one that is closed.
#[test]
fn data_on_streams_that_nobody_opened_is_dropped() {
    let mut scene = Scene::joined(false);
    let before = scene.victim().messages;
    let streams: Vec<_> = (0..u16::MAX).filter(|stream| *stream != CHAT).collect();
    for streams in streams.chunks(40) {
        let chunks: Vec<_> = streams
            .iter()
            .map(|stream| scene.next_message(*stream, TEXT, b"x"))
            .collect();
        scene.say(&chunks);
    }
    scene.settle();
    assert_eq!(scene.victim().messages, before);
    assert_eq!(scene.victim().announced, []);
    scene.assert_alive();
    let chat = scene.chat;
    let before = scene.victim().messages;
    scene.with_victim(|side, now| side.act(now, |pc| pc.close_data_channel(now, chat)));
    scene.settle();
    for _ in 0..1000 {
        scene.message(CHAT, TEXT, b"late");
    }
    scene.settle();
    assert_eq!(scene.victim().messages, before);
    assert_eq!(
        scene.victim().pc.data_channel_state(chat),
        DataChannelState::Closing,
        "until the peer agrees"
    );
    scene.finish();
}

/// A request to reset a stream, named as often as fits (RFC 6525 §4.1).
fn reset(sequence: u32, last_tsn: u32, stream: u16, times: usize) -> Vec<u8> {
    let mut value = vec![0, 13];
    let length = u16::try_from(16 + 2 * times).expect("a short parameter");
    value.extend(length.to_be_bytes());
    value.extend(words(&[sequence, 0, last_tsn]));
    value.extend(stream.to_be_bytes().repeat(times));
    chunk(RE_CONFIG, 0, &value)
}

/// How often a stream can be named in one request.
const TIMES: usize = 640;

/// Requests out of turn, of a channel that goes on, and in turn; with an application that reads and with one
/// that sleeps.
/// Reliability 28: crates/rill-sctp/src/reconfig.rs: `if sequence == self.peer_next {` => `if true {`
/// Reliability 28: crates/rill-peer/src/data_channel/held.rs: `let room = STALLED_STREAMS.saturating_sub(last.len());` => `let room = usize::MAX;`
#[test]
fn storms_of_resets_cost_nothing() {
    for (reading, requests) in [(Reading::Eager, 3000), (Reading::Never, 15_000)] {
        let mut scene = Scene::joined(false);
        scene.victim().reading = reading;
        if reading == Reading::Never {
            // So much that the rest is left with SCTP, and what ends streams waits behind it.
            for _ in 0..1500 {
                scene.message(CHAT, TEXT, &[b'x'; 1000]);
            }
        }
        scene.run(WHILE);
        let last = scene.tsn.wrapping_sub(1);
        for number in 10..1000 {
            scene.say(&[reset(TSN.wrapping_sub(number), last, CHAT, 1)]);
        }
        for number in 0..requests {
            scene.say(&[reset(TSN.wrapping_add(number), last, 2, TIMES)]);
        }
        scene.run(Duration::from_secs(1));
        let heard = scene.heard();
        let answers = heard.iter().filter(|(kind, _)| *kind == RE_CONFIG).count();
        assert!(answers <= requests as usize + 1000, "{answers}");
        scene.assert_alive();
        scene.finish();
    }
}

/// A channel that the victim closes and whose stream the peer uses again at once, for ever.
/// Reliability 28: crates/rill-peer/src/data_channel/held.rs: `if !matches!(of_stream.next(), Some(Held::Reset(_))) {` => `if of_stream.next().is_some() {`
#[test]
fn resets_of_a_stream_that_is_used_too_early_cost_nothing() {
    const STREAM: u16 = 2;
    let open = [3, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let mut scene = Scene::joined(false);
    scene.message(STREAM, DCEP, &open);
    scene.settle();
    assert_eq!(scene.victim().announced.len(), 1);
    let mut sequence = TSN;
    let mut reset_again = |scene: &mut Scene, times| {
        let last = scene.tsn.wrapping_sub(1);
        scene.say(&[reset(sequence, last, STREAM, times)]);
        sequence = sequence.wrapping_add(1);
    };
    // The victim asks back, and is not answered.
    reset_again(&mut scene, 1);
    scene.run(WHILE);
    scene.message(STREAM, DCEP, &open);
    for _ in 0..1000 {
        reset_again(&mut scene, TIMES);
    }
    scene.run(Duration::from_secs(1));
    scene.heard();
    scene.assert_alive();
    scene.finish();
}
