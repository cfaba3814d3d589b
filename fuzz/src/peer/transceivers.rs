//! What applications do with transceivers.

use rill_peer::{Direction, MediaKind, TransceiverId, TransceiverInit, codec_capabilities};

use super::network::Network;
use crate::script::Script;

/// A transceiver that sends and receives audio.
pub(super) fn add_audio(network: &mut Network, side: usize) {
    let init = TransceiverInit::default();
    let added = network.sides[side]
        .peer
        .add_transceiver(network.now, MediaKind::Audio, init);
    assert!(added.is_ok(), "nothing forbids it");
}

pub(super) fn add(network: &mut Network, side: usize, script: &mut Script<'_>) {
    let (choice, names) = (script.byte(), script.byte());
    let init = TransceiverInit {
        direction: direction(choice >> 1),
        streams: streams(names),
        track: (choice & 16 == 16).then(|| track(names)),
    };
    let now = network.now;
    network.attempt(side, |peer| {
        peer.add_transceiver(now, kind(choice), init).is_ok()
    });
}

pub(super) fn add_track(network: &mut Network, side: usize, script: &mut Script<'_>) {
    let (choice, names) = (script.byte(), script.byte());
    let now = network.now;
    network.attempt(side, |peer| {
        peer.add_track(now, kind(choice), &track(choice >> 1), streams(names))
            .is_ok()
    });
}

pub(super) fn remove_track(network: &mut Network, side: usize, script: &mut Script<'_>) {
    let (id, now) = (transceiver(script), network.now);
    network.attempt(side, |peer| peer.remove_track(now, id).is_ok());
}

pub(super) fn set_direction(network: &mut Network, side: usize, script: &mut Script<'_>) {
    let (id, direction, now) = (transceiver(script), direction(script.byte()), network.now);
    network.attempt(side, |peer| peer.set_direction(now, id, direction).is_ok());
}

pub(super) fn stop(network: &mut Network, side: usize, script: &mut Script<'_>) {
    let (id, now) = (transceiver(script), network.now);
    network.attempt(side, |peer| peer.stop_transceiver(now, id).is_ok());
}

/// Prefers the codecs whose bits are set; the highest bit turns them around.
pub(super) fn prefer(network: &mut Network, side: usize, script: &mut Script<'_>) {
    let (id, bits, choice) = (transceiver(script), script.word(), script.byte());
    let mut codecs: Vec<_> = codec_capabilities(kind(choice))
        .into_iter()
        .enumerate()
        .filter(|(bit, _)| bits >> bit & 1 == 1)
        .map(|(_, codec)| codec)
        .collect();
    if bits >> 15 == 1 {
        codecs.reverse();
    }
    if choice & 2 == 2
        && let Some(codec) = codecs.first_mut()
    {
        codec.clock_rate ^= 1;
    }
    network.attempt(side, |peer| peer.set_codec_preferences(id, codecs).is_ok());
}

pub(super) fn replace_track(network: &mut Network, side: usize, script: &mut Script<'_>) {
    let (id, choice) = (transceiver(script), script.byte());
    let track = (choice & 1 == 1).then(|| track(choice >> 1));
    network.attempt(side, |peer| peer.replace_track(id, track).is_ok());
}

pub(super) fn set_streams(network: &mut Network, side: usize, script: &mut Script<'_>) {
    let (id, names, now) = (transceiver(script), script.byte(), network.now);
    network.attempt(side, |peer| {
        peer.set_streams(now, id, streams(names)).is_ok()
    });
}

/// One of the first few, which may not exist.
fn transceiver(script: &mut Script<'_>) -> TransceiverId {
    TransceiverId::from_value(u32::from(script.byte() & 7))
}

fn kind(choice: u8) -> MediaKind {
    if choice & 1 == 0 {
        MediaKind::Audio
    } else {
        MediaKind::Video
    }
}

fn direction(choice: u8) -> Direction {
    match choice & 7 {
        0..=3 => Direction::SendRecv,
        4 => Direction::SendOnly,
        5 => Direction::RecvOnly,
        6 => Direction::Inactive,
        _ => Direction::Stopped,
    }
}

fn track(choice: u8) -> String {
    format!("track{}", choice & 7)
}

/// Up to three, of which two may be the same.
fn streams(names: u8) -> Vec<String> {
    let name = |shift: u8| format!("stream{}", names >> shift & 3);
    [0, 2, 4]
        .map(name)
        .into_iter()
        .take(usize::from(names >> 6))
        .collect()
}
