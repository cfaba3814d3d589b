//! "Check if negotiation is needed" (webrtc-pc §4.7.3), read off the getters.

use rill_peer::{Direction, PeerConnection, SdpType, SessionDescription, TransceiverInfo};
use rill_sdp::{Media, Session};

/// Whether it is, as far as descriptions, channels and transceivers say. `restarts` are the username
/// fragments that `restartIce()` asked to replace.
pub(crate) fn is_needed(pc: &PeerConnection, has_channels: bool, restarts: &[String]) -> bool {
    let local = pc.current_local_description();
    let kind = local.as_ref().map(|local| local.kind);
    let ours = parse(local);
    let theirs = parse(pc.current_remote_description());
    let mut media = ours.iter().flat_map(|session| &session.media);
    let has_data = media.any(|media| media.is_data() && !media.is_rejected());
    let mut listed = pc
        .transceivers()
        .into_iter()
        .filter_map(|id| pc.transceiver(id));
    !restarts.is_empty()
        || (has_channels && !has_data)
        || listed.any(|info| transceiver_needs(&info, kind, ours.as_ref(), theirs.as_ref()))
}

/// Whether a transceiver was stopped before it ever had a section.
pub(crate) fn has_stopping(pc: &PeerConnection) -> bool {
    let mut listed = pc
        .transceivers()
        .into_iter()
        .filter_map(|id| pc.transceiver(id));
    listed.any(|info| info.direction == Direction::Stopped && !info.stopped && info.mid.is_none())
}

/// The ufrags in our descriptions.
pub(crate) fn used_ufrags(pc: &PeerConnection) -> Vec<String> {
    let pending = parse(pc.pending_local_description());
    let pending = pending.as_ref().map_or_else(Vec::new, ufrags);
    [pending, current_ufrags(pc)].concat()
}

/// The ufrags in our description of the last exchange.
pub(crate) fn current_ufrags(pc: &PeerConnection) -> Vec<String> {
    let current = parse(pc.current_local_description());
    current.as_ref().map_or_else(Vec::new, ufrags)
}

fn ufrags(session: &Session) -> Vec<String> {
    let own = session.media.iter().filter_map(|media| media.ice_ufrag());
    own.map(str::to_owned).collect()
}

fn parse(description: Option<SessionDescription>) -> Option<Session> {
    Session::parse(&description?.sdp).ok()
}

fn transceiver_needs(
    info: &TransceiverInfo,
    kind: Option<SdpType>,
    ours: Option<&Session>,
    theirs: Option<&Session>,
) -> bool {
    let stopping = info.direction == Direction::Stopped;
    if stopping && !info.stopped {
        // By the letter also one that never had a section, for ever; nothing can be done about it.
        return info.mid.is_some();
    }
    let section = |session: Option<&Session>| -> Option<(Media, Direction)> {
        let (session, mid) = (session?, info.mid.as_deref()?);
        let index = session
            .media
            .iter()
            .position(|media| media.mid() == Some(mid))?;
        let direction = shown(session.section(index)?.direction());
        Some((session.media[index].clone(), direction))
    };
    let (own, their) = (section(ours), section(theirs));
    if info.stopped {
        let live = |found: &Option<(Media, Direction)>| {
            found
                .as_ref()
                .is_some_and(|(media, _)| !media.is_rejected())
        };
        return live(&own) && live(&their);
    }
    let Some((media, direction)) = own else {
        return true;
    };
    if info.direction.sends() && streams(&media).is_none_or(|ids| differ(&ids, info)) {
        return true;
    }
    let offered = their.map(|(_, direction)| reversed(direction));
    match kind {
        Some(SdpType::Offer) => direction != info.direction && offered != Some(info.direction),
        _ => offered.is_some_and(|offered| direction != both(info.direction, offered)),
    }
}

/// The MSIDs of a section; `None` without a single line.
fn streams(media: &Media) -> Option<Vec<String>> {
    let text = media.to_string();
    let lines: Vec<_> = text
        .lines()
        .filter_map(|line| line.strip_prefix("a=msid:"))
        .collect();
    let ids = lines.iter().filter_map(|line| line.split(' ').next());
    (!lines.is_empty()).then(|| ids.filter(|id| *id != "-").map(str::to_owned).collect())
}

fn differ(ids: &[String], info: &TransceiverInfo) -> bool {
    ids.len() != info.sender_streams.len() || !ids.iter().all(|id| info.sender_streams.contains(id))
}

fn shown(direction: rill_sdp::Direction) -> Direction {
    match direction {
        rill_sdp::Direction::SendRecv => Direction::SendRecv,
        rill_sdp::Direction::SendOnly => Direction::SendOnly,
        rill_sdp::Direction::RecvOnly => Direction::RecvOnly,
        rill_sdp::Direction::Inactive => Direction::Inactive,
    }
}

fn flow(sends: bool, receives: bool) -> Direction {
    match (sends, receives) {
        (true, true) => Direction::SendRecv,
        (true, false) => Direction::SendOnly,
        (false, true) => Direction::RecvOnly,
        (false, false) => Direction::Inactive,
    }
}

fn reversed(direction: Direction) -> Direction {
    flow(direction.receives(), direction.sends())
}

fn both(one: Direction, other: Direction) -> Direction {
    flow(
        one.sends() && other.sends(),
        one.receives() && other.receives(),
    )
}
