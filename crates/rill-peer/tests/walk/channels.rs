//! Data channels.

use rill_peer::{ChannelId, DataChannelInit, Message, PeerConnection};

use crate::{calls::nothing, dice::Dice, model::Expected, snapshot::Subject, walk::Walk};

pub(crate) fn create(walk: &mut Walk, side: usize, dice: &mut Dice) {
    let now = walk.sim.now();
    let label = match dice.below(40) {
        0 => "x".repeat(65_536),
        number => format!("channel {number}"),
    };
    let limit = dice.percent(25).then_some(2_u16);
    let negotiated = dice.percent(25);
    let init = DataChannelInit {
        ordered: dice.percent(70),
        max_packet_life_time: limit.filter(|_| dice.coin()).map(|limit| limit * 200),
        max_retransmits: limit.filter(|_| dice.coin()),
        protocol: "protocol".repeat(dice.below(3)),
        negotiated,
        id: dice
            .pick(&[None, Some(0), Some(1), Some(2), Some(700), Some(65_535)])
            .flatten(),
    };
    let stream = init.id.filter(|_| negotiated);
    let own = walk.side(side);
    let expected = expect(&label, &init, own.watch.model.is_closed());
    let create = |pc: &mut PeerConnection| Ok(pc.create_data_channel(now, &label, init)?);
    if let Some(id) = own.call("createDataChannel", expected, nothing, create) {
        own.watch.known.learn_channel(id);
        own.watch.refresh(&own.pc);
        let state = own
            .watch
            .last
            .get(Subject::Channel(id.value()), "readyState");
        if state != "connecting" {
            let detail = format!("{id:?} {state}");
            own.watch.fault("a new channel is connecting", detail);
        }
        walk.negotiated[side].extend(stream);
    }
}

/// webrtc-pc §6.1, createDataChannel, in the order of its steps.
fn expect(label: &str, init: &DataChannelInit, closed: bool) -> Expected {
    let limits = init.max_packet_life_time.is_some() && init.max_retransmits.is_some();
    let missing = init.negotiated && init.id.is_none();
    let beyond = init.negotiated && init.id == Some(65_535);
    if closed {
        Expected::Exception("InvalidStateError")
    } else if label.len() > 65_535 || missing || limits || beyond {
        Expected::Exception("TypeError")
    } else if init.negotiated {
        // It may be in use, or beyond what the peer takes.
        Expected::Maybe(&["OperationError"])
    } else {
        Expected::Success
    }
}

fn any(walk: &mut Walk, side: usize, dice: &mut Dice) -> Option<ChannelId> {
    dice.pick(&walk.side(side).watch.known.channels)
}

pub(crate) fn send(walk: &mut Walk, side: usize, dice: &mut Dice) {
    let Some(id) = any(walk, side, dice) else {
        return;
    };
    for _ in 0..=dice.below(3) {
        let size = dice.pick(&[0, 10, 1000, 1500, 70_000, 262_144, 300_000]);
        send_text(walk, side, id, size.unwrap_or_default());
    }
}

/// Sends a text that says who it is from, and the how-manieth; whether it was taken.
pub(crate) fn send_text(walk: &mut Walk, side: usize, id: ChannelId, size: usize) -> bool {
    let now = walk.sim.now();
    let number = walk.sent.get(&(side, id)).copied().unwrap_or_default();
    let own = walk.side(side);
    let info = own.pc.data_channel(id);
    let kind = match info.as_ref().map(|info| &info.init) {
        Some(init) if !init.ordered => "loose",
        Some(init) if init.negotiated || init.max_retransmits.is_some() => "ordered",
        Some(init) if init.max_packet_life_time.is_some() => "ordered",
        _ => "reliable",
    };
    let mut text = format!("{}.{} {number} {kind} ", own.watch.name, id.value());
    text.extend(std::iter::repeat_n('x', size.saturating_sub(text.len())));
    let open = own
        .watch
        .last
        .get(Subject::Channel(id.value()), "readyState")
        == "open";
    let limit = own
        .pc
        .sctp_transport()
        .and_then(|sctp| sctp.max_message_size);
    let fits = limit.is_none_or(|limit| text.len() as u64 <= limit);
    let expected = match (open, fits) {
        (false, _) => Expected::Exception("InvalidStateError"),
        (true, false) => Expected::Exception("TypeError"),
        (true, true) => Expected::Maybe(&["OperationError"]),
    };
    let amount = (Subject::Channel(id.value()), "bufferedAmount");
    let send = |pc: &mut PeerConnection| Ok(pc.send(now, id, Message::Text(text))?);
    let sent = own
        .call("send", expected, |attribute| attribute == amount, send)
        .is_some();
    if sent {
        walk.sent.insert((side, id), number + 1);
    }
    sent
}

pub(crate) fn close(walk: &mut Walk, side: usize, dice: &mut Dice) {
    let now = walk.sim.now();
    let Some(id) = any(walk, side, dice) else {
        return;
    };
    let state = (Subject::Channel(id.value()), "readyState");
    let close = |pc: &mut PeerConnection| {
        pc.close_data_channel(now, id);
        Ok(())
    };
    let own = walk.side(side);
    own.call(
        "channel.close",
        Expected::Success,
        |attribute| attribute == state,
        close,
    );
}

pub(crate) fn forget(walk: &mut Walk, side: usize, dice: &mut Dice) {
    let Some(id) = any(walk, side, dice) else {
        return;
    };
    let own = walk.side(side);
    let subject = Subject::Channel(id.value());
    let closed = own.watch.last.get(subject, "readyState") == "closed";
    let goes = |(other, _)| closed && other == subject;
    let forget = |pc: &mut PeerConnection| {
        pc.forget_data_channel(id);
        Ok(())
    };
    own.call("forget", Expected::Success, goes, forget);
}

pub(crate) fn set_threshold(walk: &mut Walk, side: usize, dice: &mut Dice) {
    let Some(id) = any(walk, side, dice) else {
        return;
    };
    let threshold = dice.below(100_000);
    let set = |pc: &mut PeerConnection| {
        pc.set_buffered_amount_low_threshold(id, threshold);
        Ok(())
    };
    walk.side(side)
        .call("threshold", Expected::Success, nothing, set);
}
