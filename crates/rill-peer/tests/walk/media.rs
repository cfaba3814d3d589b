//! Transceivers.

use rill_peer::{
    Direction, MediaKind, PeerConnection, TransceiverId, TransceiverInit, codec_capabilities,
};

use crate::{
    action::{Act, Action},
    calls::nothing,
    dice::Dice,
    model::Expected,
    snapshot::{Attribute, Subject},
    walk::Walk,
};

const DIRECTIONS: [Direction; 5] = [
    Direction::SendRecv,
    Direction::SendOnly,
    Direction::RecvOnly,
    Direction::Inactive,
    Direction::Stopped,
];

pub(crate) fn perform(walk: &mut Walk, action: Action) {
    let mut dice = Dice::new(action.number);
    let (side, dice) = (action.side, &mut dice);
    match action.act {
        Act::AddTransceiver => return add_transceiver(walk, side, dice),
        Act::AddTrack => return add_track(walk, side, dice),
        _ => {}
    }
    // Now and then one that does not exist.
    let own = walk.side(side);
    let known = dice
        .pick(&own.watch.known.transceivers)
        .filter(|_| dice.percent(95));
    let id = known.unwrap_or(TransceiverId::from_value(4711));
    match action.act {
        Act::RemoveTrack => remove_track(walk, side, id),
        Act::SetDirection => set_direction(walk, side, id, dice),
        Act::Stop => stop(walk, side, id),
        Act::SetCodecPreferences => set_codec_preferences(walk, side, id, dice),
        Act::ReplaceTrack => replace_track(walk, side, id, dice),
        _ => set_streams(walk, side, id, dice),
    }
}

fn kind(dice: &mut Dice) -> MediaKind {
    if dice.coin() {
        MediaKind::Audio
    } else {
        MediaKind::Video
    }
}

fn streams(dice: &mut Dice) -> Vec<String> {
    let names = ["one", "two", "one"];
    names[..dice.below(4)]
        .iter()
        .map(|&name| name.to_owned())
        .collect()
}

/// The transceiver appears in the set at once.
fn appears((subject, name): Attribute) -> bool {
    subject == Subject::Connection && name == "transceivers"
}

fn add_transceiver(walk: &mut Walk, side: usize, dice: &mut Dice) {
    let now = walk.sim.now();
    let (kind, streams) = (kind(dice), streams(dice));
    let direction = dice.pick(&DIRECTIONS).unwrap_or_default();
    let init = TransceiverInit {
        direction,
        streams,
        track: dice.coin().then(|| format!("track {}", dice.below(20))),
    };
    let own = walk.side(side);
    let expected = match direction {
        _ if own.watch.model.is_closed() => INVALID_STATE,
        Direction::Stopped => Expected::Exception("TypeError"),
        _ => Expected::Success,
    };
    let add = |pc: &mut PeerConnection| Ok(pc.add_transceiver(now, kind, init)?);
    let added = own.call("addTransceiver", expected, appears, add);
    if added.is_some_and(|id| !own.pc.transceivers().contains(&id)) {
        own.watch
            .fault("addTransceiver adds to the set", format!("{added:?}"));
    }
    own.watch.refresh(&own.pc);
}

/// webrtc-pc §5.1, addTrack: a sender may be taken that never sent, has no track and is of the kind.
fn add_track(walk: &mut Walk, side: usize, dice: &mut Dice) {
    let now = walk.sim.now();
    let (kind, streams) = (kind(dice), streams(dice));
    let track = format!("track {}", dice.below(8));
    let own = walk.side(side);
    let before = own.watch.known.transceivers.clone();
    let listed = own
        .pc
        .transceivers()
        .into_iter()
        .filter_map(|id| own.pc.transceiver(id));
    let sent = listed
        .filter(|info| !info.stopped)
        .any(|info| info.sender_track.as_ref() == Some(&track));
    let expected = match sent {
        _ if own.watch.model.is_closed() => INVALID_STATE,
        true => Expected::Exception("InvalidAccessError"),
        false => Expected::Success,
    };
    let reusable: Vec<_> = before
        .iter()
        .filter_map(|id| Some((*id, own.pc.transceiver(*id)?)))
        .filter(|(_, info)| {
            info.sender_track.is_none() && info.kind == kind && info.direction != Direction::Stopped
        })
        .map(|(id, _)| id)
        .collect();
    let sends = |(subject, name)| {
        let sender = matches!(name, "senderTrack" | "senderStreams" | "direction");
        appears((subject, name)) || (matches!(subject, Subject::Transceiver(_)) && sender)
    };
    let add = |pc: &mut PeerConnection| Ok(pc.add_track(now, kind, &track, streams)?);
    if let Some(id) = own.call("addTrack", expected, sends, add)
        && before.contains(&id)
        && !reusable.contains(&id)
    {
        own.watch.fault(
            "addTrack takes only a sender that is free",
            format!("{id:?}"),
        );
    }
    own.watch.refresh(&own.pc);
}

/// Whether it is stopping, or `None` where there is none.
fn stopping(walk: &mut Walk, side: usize, id: TransceiverId) -> Option<bool> {
    let info = walk.side(side).pc.transceiver(id)?;
    Some(info.direction == Direction::Stopped)
}

/// Closed first, then unknown, then what the call says.
fn expect(walk: &mut Walk, side: usize, id: TransceiverId, else_: Expected) -> Expected {
    match (
        walk.side(side).watch.model.is_closed(),
        stopping(walk, side, id),
    ) {
        (true, _) => INVALID_STATE,
        (false, None) => Expected::Exception("InvalidAccessError"),
        (false, Some(_)) => else_,
    }
}

fn own_attribute(id: TransceiverId, names: &'static [&'static str]) -> impl Fn(Attribute) -> bool {
    move |(subject, name)| subject == Subject::Transceiver(id.value()) && names.contains(&name)
}

fn remove_track(walk: &mut Walk, side: usize, id: TransceiverId) {
    let now = walk.sim.now();
    let expected = expect(walk, side, id, Expected::Success);
    let changes = own_attribute(id, &["senderTrack", "direction"]);
    let remove = |pc: &mut PeerConnection| Ok(pc.remove_track(now, id)?);
    walk.side(side)
        .call("removeTrack", expected, changes, remove);
}

fn set_direction(walk: &mut Walk, side: usize, id: TransceiverId, dice: &mut Dice) {
    let now = walk.sim.now();
    let direction = dice.pick(&DIRECTIONS).unwrap_or_default();
    let expected = match (stopping(walk, side, id), direction) {
        (Some(true), _) => INVALID_STATE,
        (_, Direction::Stopped) => Expected::Exception("TypeError"),
        _ => Expected::Success,
    };
    // The setter of a closed connection's transceiver finds it stopped.
    let expected = expect(walk, side, id, expected);
    let set = |pc: &mut PeerConnection| Ok(pc.set_direction(now, id, direction)?);
    walk.side(side).call(
        "direction",
        expected,
        own_attribute(id, &["direction"]),
        set,
    );
}

fn stop(walk: &mut Walk, side: usize, id: TransceiverId) {
    let now = walk.sim.now();
    let expected = expect(walk, side, id, Expected::Success);
    let stop = |pc: &mut PeerConnection| Ok(pc.stop_transceiver(now, id)?);
    walk.side(side)
        .call("stop", expected, own_attribute(id, &["direction"]), stop);
}

fn set_codec_preferences(walk: &mut Walk, side: usize, id: TransceiverId, dice: &mut Dice) {
    let own = walk.side(side);
    let Some(info) = own.pc.transceiver(id) else {
        return;
    };
    let mut codecs = codec_capabilities(info.kind);
    let mut expected = Expected::Success;
    match dice.below(5) {
        0 => codecs.clear(),
        1 => codecs.reverse(),
        2 => {
            codecs.rotate_left(1);
            codecs[0].clock_rate += 1;
            expected = Expected::Exception("InvalidModificationError");
        }
        3 => {
            codecs.retain(|codec| codec.mime_type.ends_with("/rtx"));
            if !codecs.is_empty() {
                expected = Expected::Exception("InvalidModificationError");
            }
        }
        _ => codecs.truncate(1),
    }
    let set = |pc: &mut PeerConnection| Ok(pc.set_codec_preferences(id, codecs)?);
    own.call("setCodecPreferences", expected, nothing, set);
}

fn replace_track(walk: &mut Walk, side: usize, id: TransceiverId, dice: &mut Dice) {
    let track = dice.coin().then(|| format!("track {}", dice.below(8)));
    let expected = match stopping(walk, side, id) {
        Some(true) => INVALID_STATE,
        _ => Expected::Success,
    };
    let expected = expect(walk, side, id, expected);
    let replace = |pc: &mut PeerConnection| Ok(pc.replace_track(id, track)?);
    walk.side(side).call(
        "replaceTrack",
        expected,
        own_attribute(id, &["senderTrack"]),
        replace,
    );
}

fn set_streams(walk: &mut Walk, side: usize, id: TransceiverId, dice: &mut Dice) {
    let now = walk.sim.now();
    let streams = streams(dice);
    let expected = expect(walk, side, id, Expected::Success);
    let set = |pc: &mut PeerConnection| Ok(pc.set_streams(now, id, streams)?);
    walk.side(side).call(
        "setStreams",
        expected,
        own_attribute(id, &["senderStreams"]),
        set,
    );
}

const INVALID_STATE: Expected = Expected::Exception("InvalidStateError");
