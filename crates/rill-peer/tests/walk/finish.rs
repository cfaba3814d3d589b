//! The end of a walk: the network heals, both sides do what is fair, and whatever happened before
//! they come to terms; then they close, and nothing is left.

use std::time::Duration;

use rill_peer::{
    ChannelId, ConnectionState, DataChannelInit, DataChannelState, IceTransportPolicy,
    PeerConnection, SdpType, SessionDescription, SignalingState,
};

use crate::{
    calls, candidates, channels, disturb, letter,
    model::{Expected, Flag},
    settings,
    snapshot::Subject,
    violation::Violation,
    walk::Walk,
};

pub(crate) fn finish(walk: &mut Walk) -> Result<(), Violation> {
    walk.say(|| "finish".to_owned());
    disturb::heal(walk);
    for side in 0..2 {
        behave(walk, side);
    }
    walk.settle()?;
    let closed = (0..2).any(|side| walk.side(side).watch.model.is_closed());
    if !closed {
        for side in 0..2 {
            rest(walk, side)?;
        }
        come_to_terms(walk)?;
    }
    end(walk)
}

/// Tasks and messages are taken as they come, and the chain is empty.
fn behave(walk: &mut Walk, side: usize) {
    let now = walk.sim.now();
    let own = walk.side(side);
    own.lazy = false;
    own.reads = true;
    own.read(now);
    while own.watch.model.chain > 0 {
        own.watch.model.chain -= 1;
        own.pc.end_operation();
    }
}

/// Ends whatever exchange is under way.
fn rest(walk: &mut Walk, side: usize) -> Result<(), Violation> {
    match walk.side(side).watch.model.signaling {
        SignalingState::HaveLocalOffer => calls::roll_back(walk, side, true),
        SignalingState::HaveRemoteOffer => calls::roll_back(walk, side, false),
        SignalingState::HaveLocalPranswer => drop(calls::set_local(walk, side, None)),
        SignalingState::HaveRemotePranswer => {
            let pending = walk.side(side).pc.pending_remote_description();
            let sdp = pending.map(|pending| pending.sdp).unwrap_or_default();
            let answer = SessionDescription::new(SdpType::Answer, sdp);
            calls::set_remote(walk, side, &answer, true);
        }
        SignalingState::Stable | SignalingState::Closed => {}
    }
    walk.settle()?;
    let own = walk.side(side);
    let shown = own.pc.signaling_state();
    if shown != SignalingState::Stable || !own.watch.model.operations.is_empty() {
        let left = format!("{shown}, left {:?}", own.watch.model.operations);
        own.watch.fault("every operation settles", left);
    }
    check_needed(walk, side);
    walk.check()
}

/// What is to be negotiated was asked for (webrtc-pc §4.7.3).
fn check_needed(walk: &mut Walk, side: usize) {
    let own = walk.side(side);
    let needed = own.watch.needs_negotiation(&own.pc);
    if needed == Some(true) && own.watch.model.needed == Flag::Clear {
        let rule = "negotiationneeded fires where negotiation is needed";
        own.watch.fault(rule, "it did not since the last exchange");
    }
}

/// Both stand on the same exchange: then another one, each way, connects them.
fn come_to_terms(walk: &mut Walk) -> Result<(), Violation> {
    let [one, other] = walk.hosts;
    let ends = [walk.sim.endpoint(one), walk.sim.endpoint(other)];
    let agree = letter::agree(&ends[0].pc, &ends[1].pc);
    let failed = ends.iter().any(|end| {
        let mut transports = end.watch.last.subjects().into_iter();
        transports.any(|subject| {
            matches!(subject, Subject::Transport(_))
                && matches!(
                    end.watch.last.get(subject, "dtlsState"),
                    "failed" | "closed"
                )
        })
    });
    walk.say(|| format!("agree: {agree}, failed: {failed}"));
    for side in 0..2 {
        walk.candidates[side].clear();
        use_all_candidates(walk, side);
    }
    calls::restart_ice(walk, 0);
    let channel = create_channel(walk);
    walk.settle()?;
    let done = calls::exchange(walk, 0);
    walk.settle()?;
    if !agree || failed {
        // Where each stands somewhere else, a refusal is all that can be had.
        return Ok(());
    }
    if !done {
        let rule = "two that agree can negotiate again";
        return Err(Violation::new(rule, walk.sim.seed().to_string()));
    }
    check_settled(walk, 0)?;
    connect(walk, channel)?;
    if !calls::exchange(walk, 1) {
        let rule = "two that are connected can negotiate again, the other way round";
        return Err(Violation::new(rule, walk.sim.seed().to_string()));
    }
    let channel = channel.filter(|_| walk.wait(Duration::from_millis(100)).is_ok());
    check_settled(walk, 1)?;
    channel.map_or(Ok(()), |channel| converse(walk, channel))
}

fn use_all_candidates(walk: &mut Walk, side: usize) {
    let now = walk.sim.now();
    let own = walk.side(side);
    let mut wanted = own.pc.configuration().clone();
    wanted.ice_transport_policy = IceTransportPolicy::All;
    let set = |pc: &mut PeerConnection| Ok(pc.set_configuration(now, wanted)?);
    let configuration = |attribute| attribute == (Subject::Connection, "configuration");
    own.call("setConfiguration", Expected::Success, configuration, set);
}

fn create_channel(walk: &mut Walk) -> Option<ChannelId> {
    let now = walk.sim.now();
    let own = walk.side(0);
    let init = DataChannelInit::default();
    let create = |pc: &mut PeerConnection| Ok(pc.create_data_channel(now, "last", init)?);
    let id = own.call(
        "createDataChannel",
        Expected::Success,
        calls::nothing,
        create,
    )?;
    own.watch.known.learn_channel(id);
    own.watch.refresh(&own.pc);
    Some(id)
}

/// Every candidate arrives: both become connected, and the channel opens.
fn connect(walk: &mut Walk, channel: Option<ChannelId>) -> Result<(), Violation> {
    for _ in 0..200 {
        for side in 0..2 {
            // The null of a generation before would end the newest one.
            walk.candidates[side].retain(Option::is_some);
            candidates::deliver(walk, side, usize::MAX);
        }
        let connected = |walk: &mut Walk, side: usize| {
            walk.side(side).pc.connection_state() == ConnectionState::Connected
        };
        let both = connected(walk, 0) && connected(walk, 1);
        let open = |id| walk.side(0).pc.data_channel_state(id) == DataChannelState::Open;
        if both && channel.is_none_or(open) {
            return Ok(());
        }
        walk.wait(Duration::from_millis(150))?;
    }
    let states = [0, 1].map(|side| {
        let own = walk.side(side);
        let states = own
            .watch
            .last
            .subjects()
            .into_iter()
            .filter(|s| matches!(s, Subject::Transport(_)));
        let shown = states.map(|subject| {
            let get = |name| own.watch.last.get(subject, name);
            format!(
                "{subject:?} {} {} {}",
                get("gatheringState"),
                get("state"),
                get("dtlsState")
            )
        });
        let channel = channel.map(|id| own.pc.data_channel_state(id));
        format!(
            "{} {:?} {channel:?}",
            own.pc.connection_state(),
            shown.collect::<Vec<_>>()
        )
    });
    Err(Violation::new(
        "a fair exchange connects both",
        format!("{states:?}"),
    ))
}

/// After an exchange both agree, and nothing is left to negotiate that the offerer could offer.
fn check_settled(walk: &mut Walk, offerer: usize) -> Result<(), Violation> {
    walk.settle()?;
    let [one, other] = walk.hosts;
    let ends = [walk.sim.endpoint(one), walk.sim.endpoint(other)];
    let stable = ends.map(|end| end.pc.signaling_state() == SignalingState::Stable);
    if stable != [true; 2] || !letter::agree(&ends[0].pc, &ends[1].pc) {
        return Err(Violation::new(
            "both ends agree after an exchange",
            format!("{stable:?}"),
        ));
    }
    let own = ends[offerer];
    if own.watch.needs_negotiation(&own.pc) == Some(true) {
        let rule = "after an offer was answered nothing is left to offer";
        return Err(Violation::new(rule, own.watch.name));
    }
    Ok(())
}

/// A message arrives, unless the other side took the stream for itself.
fn converse(walk: &mut Walk, channel: ChannelId) -> Result<(), Violation> {
    let info = walk.side(0).pc.data_channel(channel);
    let stream = info.and_then(|info| info.init.id);
    if stream.is_some_and(|stream| walk.negotiated[1].contains(&stream)) {
        return Ok(());
    }
    channels::send_text(walk, 0, channel, 1000);
    let before = walk.side(1).watch.messages();
    for _ in 0..50 {
        walk.wait(Duration::from_millis(100))?;
        if walk.side(1).watch.messages() > before {
            return Ok(());
        }
    }
    Err(Violation::new(
        "data flows after a fair exchange",
        "nothing arrived in 5 s",
    ))
}

/// Both close, and nothing is left of either.
fn end(walk: &mut Walk) -> Result<(), Violation> {
    for side in 0..2 {
        settings::close(walk, side);
        walk.check()?;
        walk.wait(Duration::from_secs(3))?;
    }
    for side in 0..2 {
        let now = walk.sim.now();
        walk.side(side).check_gone(now);
    }
    walk.check()
}
