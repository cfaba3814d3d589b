//! What each action does: the calls of descriptions, and the way to the others.

use std::time::Duration;

use rill_peer::{OfferOptions, PeerConnection, SdpType, SessionDescription};

use crate::{
    action::{Act, Action},
    candidates, channels,
    dice::Dice,
    disturb,
    letter::Letter,
    mangle, media,
    model::{self, Created, Expected},
    negotiation,
    refusal::Refusal,
    settings,
    snapshot::Attribute,
    walk::Walk,
};

pub(crate) fn perform(walk: &mut Walk, action: Action) {
    let mut dice = Dice::new(action.number);
    let (side, dice) = (action.side, &mut dice);
    match action.act {
        Act::CreateOffer => drop(create_offer(walk, side, dice.percent(25))),
        Act::CreateAnswer => drop(create_answer(walk, side)),
        Act::SetLocal => set_local_empty(walk, side, dice),
        Act::SetLocalCreated => set_local_created(walk, side, dice),
        Act::SetLocalRefused => set_local_refused(walk, side, dice),
        Act::Rollback => roll_back(walk, side, dice.coin()),
        Act::Receive => receive_somehow(walk, side, dice),
        Act::SetRemoteOther => set_remote_other(walk, side, dice),
        Act::Exchange => {
            exchange(walk, side);
        }
        Act::Candidates => candidates::receive(walk, side, dice),
        Act::AddOther => candidates::add_other(walk, side, dice),
        Act::RestartIce => restart_ice(walk, side),
        Act::Configure => settings::configure(walk, side, dice),
        Act::CreateChannel => channels::create(walk, side, dice),
        Act::Send => channels::send(walk, side, dice),
        Act::CloseChannel => channels::close(walk, side, dice),
        Act::Forget => channels::forget(walk, side, dice),
        Act::Threshold => channels::set_threshold(walk, side, dice),
        Act::Chain => settings::change_chain(walk, side, dice),
        Act::Poll => disturb::poll(walk, side, dice),
        Act::Manner => disturb::change_manner(walk, side, dice),
        Act::Noise => disturb::make_noise(walk, side, dice),
        Act::Network => disturb::change_network(walk, dice),
        Act::Wait => wait(walk, dice),
        Act::Close => settings::close(walk, side),
        Act::AddTransceiver
        | Act::AddTrack
        | Act::RemoveTrack
        | Act::SetDirection
        | Act::Stop
        | Act::SetCodecPreferences
        | Act::ReplaceTrack
        | Act::SetStreams => media::perform(walk, action),
    }
}

/// Nothing that a getter shows changes at once.
pub(crate) fn nothing(_: Attribute) -> bool {
    false
}

pub(crate) fn create_offer(walk: &mut Walk, side: usize, ice_restart: bool) -> Option<String> {
    let own = walk.side(side);
    let expected = own.watch.model.create_offer();
    let options = OfferOptions { ice_restart };
    let create = |pc: &mut PeerConnection| Ok(pc.create_offer(options)?);
    let created = own.call("createOffer", expected, nothing, create)?;
    own.watch.model.last_offer = Created::Text(created.sdp.clone());
    let sdp = created.sdp.clone();
    walk.archive.push(created);
    Some(sdp)
}

fn create_answer(walk: &mut Walk, side: usize) -> Option<String> {
    let own = walk.side(side);
    let expected = own.watch.model.create_answer();
    let created = own.call("createAnswer", expected, nothing, |pc| {
        Ok(pc.create_answer()?)
    })?;
    own.watch.model.last_answer = Created::Text(created.sdp.clone());
    let sdp = created.sdp.clone();
    walk.archive.push(created);
    Some(sdp)
}

/// Applies a local description; whether it was taken.
pub(crate) fn set_local(
    walk: &mut Walk,
    side: usize,
    description: Option<SessionDescription>,
) -> bool {
    let now = walk.sim.now();
    let own = walk.side(side);
    let expected = own.watch.model.set_local(description.as_ref());
    let kind = description
        .as_ref()
        .map_or_else(|| own.watch.model.implied(), |given| given.kind);
    let sdp = description
        .as_ref()
        .map_or_else(String::new, |given| given.sdp.clone());
    let name = format!("setLocalDescription({kind})");
    let set = |pc: &mut PeerConnection| Ok(pc.set_local_description(now, description)?);
    let done = own.call(&name, expected, nothing, set);
    if let Some(operation) = done {
        own.watch
            .model
            .apply(model::Side::Local, kind, &sdp, operation);
    }
    done.is_some()
}

fn set_local_empty(walk: &mut Walk, side: usize, dice: &mut Dice) {
    let empty = |kind| Some(SessionDescription::new(kind, ""));
    let description = match dice.below(8) {
        0 => empty(SdpType::Offer),
        1 => empty(SdpType::Pranswer),
        2 => empty(SdpType::Answer),
        _ => None,
    };
    set_local(walk, side, description);
}

/// A description that was created last, or just now.
fn set_local_created(walk: &mut Walk, side: usize, dice: &mut Dice) {
    let fresh = dice.percent(70);
    let model = &walk.side(side).watch.model;
    let text = |created: &Created| match created {
        Created::Text(text) | Created::Outdated(text) => Some(text.clone()),
        Created::Nothing | Created::Unsure => None,
    };
    let (offer, answer) = (text(&model.last_offer), text(&model.last_answer));
    let (kind, sdp) = match model.implied() {
        SdpType::Offer if fresh => (SdpType::Offer, create_offer(walk, side, dice.percent(25))),
        SdpType::Offer => (SdpType::Offer, offer),
        _ => {
            let sdp = if fresh {
                create_answer(walk, side)
            } else {
                answer
            };
            (
                if dice.percent(30) {
                    SdpType::Pranswer
                } else {
                    SdpType::Answer
                },
                sdp,
            )
        }
    };
    if let Some(sdp) = sdp {
        set_local(walk, side, Some(SessionDescription::new(kind, sdp)));
    }
}

/// One that was not created last.
fn set_local_refused(walk: &mut Walk, side: usize, dice: &mut Dice) {
    let kinds = [SdpType::Offer, SdpType::Answer, SdpType::Pranswer];
    let kind = dice.pick(&kinds).unwrap_or(SdpType::Offer);
    let place = dice.below(walk.archive.len());
    let sdp = walk
        .archive
        .get(place)
        .map_or_else(|| "v=0".to_owned(), |old| old.sdp.clone());
    let sdp = if dice.coin() {
        mangle::mangled(&sdp, dice)
    } else {
        sdp
    };
    if !sdp.is_empty() {
        set_local(walk, side, Some(SessionDescription::new(kind, sdp)));
    }
}

pub(crate) fn roll_back(walk: &mut Walk, side: usize, local: bool) {
    let back = SessionDescription::new(SdpType::Rollback, "");
    if local {
        set_local(walk, side, Some(back));
    } else {
        set_remote(walk, side, &back, false);
    }
}

/// Applies a remote description; whether it was taken.
pub(crate) fn set_remote(
    walk: &mut Walk,
    side: usize,
    description: &SessionDescription,
    must: bool,
) -> bool {
    let now = walk.sim.now();
    let own = walk.side(side);
    let kind = description.kind;
    let expected = match own.watch.model.set_remote(kind) {
        Expected::Maybe(_) if must => Expected::Success,
        expected => expected,
    };
    let name = format!("setRemoteDescription({kind})");
    let set = |pc: &mut PeerConnection| -> Result<_, Refusal> {
        Ok(pc.set_remote_description(now, description)?)
    };
    let done = own.call(&name, expected, nothing, set);
    if let Some(operation) = done {
        own.watch
            .model
            .apply(model::Side::Remote, kind, &description.sdp, operation);
    }
    done.is_some()
}

/// Applies what the peer did not send so.
fn set_foul(walk: &mut Walk, side: usize, description: &SessionDescription) {
    if set_remote(walk, side, description, false) {
        walk.side(side).watch.model.foul = true;
    }
}

/// Takes the next letter as it is.
pub(crate) fn receive(walk: &mut Walk, side: usize) -> bool {
    let Some(letter) = walk.letters[side].pop_front() else {
        return false;
    };
    take(walk, side, &letter)
}

fn take(walk: &mut Walk, side: usize, letter: &Letter) -> bool {
    let own = walk.side(side);
    // What getters do not show yet cannot be compared.
    let must = !own.pc.has_task() && letter.must_be_taken_by(&own.pc);
    set_remote(walk, side, &letter.description, must)
}

/// Takes the next letter, or loses it, or keeps a copy for later, or gets another text.
fn receive_somehow(walk: &mut Walk, side: usize, dice: &mut Dice) {
    let Some(letter) = walk.letters[side].pop_front() else {
        return;
    };
    match dice.below(20) {
        0 | 1 => {}
        2 => {
            walk.letters[side].push_back(letter.clone());
            take(walk, side, &letter);
        }
        3 | 4 => {
            let mut other = letter.description;
            other.sdp = mangle::mangled(&other.sdp, dice);
            set_foul(walk, side, &other);
        }
        5 => {
            let mut other = letter.description;
            other.kind = SdpType::Pranswer;
            set_foul(walk, side, &other);
        }
        _ => drop(take(walk, side, &letter)),
    }
}

fn set_remote_other(walk: &mut Walk, side: usize, dice: &mut Dice) {
    let kinds = [
        SdpType::Offer,
        SdpType::Offer,
        SdpType::Answer,
        SdpType::Pranswer,
    ];
    let kind = dice.pick(&kinds).unwrap_or(SdpType::Offer);
    let place = dice.below(walk.archive.len());
    let old = walk
        .archive
        .get(place)
        .map_or_else(String::new, |old| old.sdp.clone());
    let sdp = match dice.below(4) {
        0 => old,
        1 => mangle::mangled(&old, dice),
        2 => mangle::foreign(dice),
        _ => mangle::mangled(&mangle::foreign(dice), dice),
    };
    set_foul(walk, side, &SessionDescription::new(kind, sdp));
}

/// Offer and answer without disturbance; candidates may follow.
pub(crate) fn exchange(walk: &mut Walk, side: usize) -> bool {
    let other = 1 - side;
    for one in [side, other] {
        walk.letters[one].clear();
        walk.side(one).lazy = false;
    }
    let signal = |walk: &mut Walk, to: usize| walk.settle().is_ok() && receive(walk, to);
    let offered = set_local(walk, side, None) && signal(walk, other);
    let answers = offered && walk.settle().is_ok() && set_local(walk, other, None);
    answers && signal(walk, side)
}

pub(crate) fn restart_ice(walk: &mut Walk, side: usize) {
    let now = walk.sim.now();
    let call = |pc: &mut PeerConnection| {
        pc.restart_ice(now);
        Ok(())
    };
    let own = walk.side(side);
    // It reads the descriptions; what getters do not show yet is not known here.
    let known = !own.pc.has_task();
    own.watch.model.restarts = known.then(|| negotiation::used_ufrags(&own.pc));
    own.call("restartIce", Expected::Success, nothing, call);
}

fn wait(walk: &mut Walk, dice: &mut Dice) {
    let times = [
        0, 1, 5, 11, 25, 60, 150, 400, 1000, 2500, 7000, 20_000, 45_000,
    ];
    let time = dice.pick(&times).unwrap_or_default();
    walk.sim.run_for(Duration::from_millis(time));
}
