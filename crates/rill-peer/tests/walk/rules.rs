//! What must hold of the descriptions at every moment.

use std::collections::BTreeMap;

use rill_peer::{IceCandidate, PeerConnection, SdpType, SessionDescription, SignalingState};
use rill_sdp::{Attribute, Session};

use crate::{
    snapshot::{Snapshot, Subject},
    violation::Violation,
};

/// The rules of descriptions, and those that tie them to the objects.
pub(crate) fn check(pc: &PeerConnection, shot: &Snapshot) -> Result<(), Violation> {
    check_slots(pc, shot)?;
    check_transceivers(shot)?;
    let locals = [
        pc.pending_local_description(),
        pc.current_local_description(),
    ];
    for (slot, description) in locals.iter().enumerate() {
        let Some(description) = description else {
            continue;
        };
        let session = parse(description)?;
        check_mids(&session)?;
        // An answer bundles what our offer has apart.
        let waits = slot == 0 && pc.signaling_state() == SignalingState::HaveLocalOffer;
        if description.kind != SdpType::Offer || waits {
            check_ufrags(pc, &session)?;
        }
    }
    Ok(())
}

/// The signaling state says which slots are filled (webrtc-pc §4.4.1.5).
fn check_slots(pc: &PeerConnection, shot: &Snapshot) -> Result<(), Violation> {
    let there = |name| !shot.get(Subject::Description, name).is_empty();
    let pending = (there("pendingLocal"), there("pendingRemote"));
    let state = shot.get(Subject::Connection, "signalingState");
    let expected = match state {
        "stable" => (false, false),
        "have-local-offer" => (true, false),
        "have-remote-offer" => (false, true),
        "closed" => pending,
        _ => (true, true),
    };
    let effective = |slots: [&'static str; 2], shown: Option<SessionDescription>| {
        let newest = if there(slots[0]) { slots[0] } else { slots[1] };
        let text = shown.map(|shown| format!("{}\n{}", shown.kind, shown.sdp));
        shot.get(Subject::Description, newest) == text.unwrap_or_default()
    };
    let consistent = effective(["pendingLocal", "currentLocal"], pc.local_description())
        && effective(["pendingRemote", "currentRemote"], pc.remote_description())
        && there("currentLocal") == there("currentRemote");
    if pending == expected && consistent {
        return Ok(());
    }
    let detail = format!("{state}: pending local and remote {pending:?}");
    Err(Violation::new("the slots fit the signaling state", detail))
}

/// Our descriptions are text that we read ourselves, and write again alike.
fn parse(description: &SessionDescription) -> Result<Session, Violation> {
    let session = Session::parse(&description.sdp).map_err(|error| {
        let detail = format!("{error}\n{}", description.sdp);
        Violation::new("our descriptions can be read", detail)
    })?;
    if session.to_string() == description.sdp {
        return Ok(session);
    }
    let detail = format!("{}\n--- becomes\n{session}", description.sdp);
    Err(Violation::new(
        "our descriptions read and written are the same",
        detail,
    ))
}

fn check_mids(session: &Session) -> Result<(), Violation> {
    // One that answers a section without a mid has none.
    let mids: Vec<_> = session
        .media
        .iter()
        .filter_map(|media| media.mid())
        .collect();
    let doubled = (0..mids.len()).any(|index| mids[..index].contains(&mids[index]));
    if doubled {
        return Err(Violation::new(
            "no two sections have one mid",
            format!("{mids:?}"),
        ));
    }
    for media in &session.media {
        let ended = media
            .attributes
            .iter()
            .filter(|a| **a == Attribute::EndOfCandidates);
        let lines: Vec<_> = media.candidates().map(ToString::to_string).collect();
        let twice = (0..lines.len()).any(|index| lines[..index].contains(&lines[index]));
        if twice || ended.count() > 1 {
            let rule = "no candidate line stands twice in a section";
            return Err(Violation::new(rule, format!("{lines:?}")));
        }
    }
    Ok(())
}

/// One ufrag per transport, another for each.
fn check_ufrags(pc: &PeerConnection, session: &Session) -> Result<(), Violation> {
    let mut by_transport: BTreeMap<u32, &str> = BTreeMap::new();
    let transceivers = pc
        .transceivers()
        .into_iter()
        .filter_map(|id| pc.transceiver(id));
    let mut places: Vec<_> = transceivers
        .filter_map(|info| Some((info.mid?, info.transport?.value())))
        .collect();
    let data = session
        .media
        .iter()
        .find(|media| media.is_data() && !media.is_rejected());
    if let (Some(data), Some(sctp)) = (data, pc.sctp_transport()) {
        places.extend(
            data.mid()
                .map(|mid| (mid.to_owned(), sctp.transport.value())),
        );
    }
    for (mid, transport) in &places {
        let media = session
            .media_by_mid(mid)
            .filter(|media| !media.is_rejected());
        let Some(ufrag) = media.and_then(|media| media.ice_ufrag()) else {
            continue;
        };
        let known = *by_transport.entry(*transport).or_insert(ufrag);
        if known != ufrag {
            let detail = format!("transport {transport}: {known} and {ufrag}\n{session}");
            return Err(Violation::new("a transport has one ufrag", detail));
        }
    }
    let mut ufrags: Vec<_> = by_transport.values().collect();
    ufrags.sort_unstable();
    ufrags.dedup();
    if ufrags.len() == by_transport.len() {
        return Ok(());
    }
    let detail = format!("{by_transport:?}\n{session}");
    Err(Violation::new("two transports have two ufrags", detail))
}

/// No two transceivers have one mid.
fn check_transceivers(shot: &Snapshot) -> Result<(), Violation> {
    let listed = shot.get(Subject::Connection, "transceivers");
    let mut mids = BTreeMap::new();
    for subject in shot.subjects() {
        let Subject::Transceiver(id) = subject else {
            continue;
        };
        let mid = shot.get(subject, "mid");
        if mid.is_empty() || !listed.contains(&format!("({id})")) {
            continue;
        }
        if let Some(other) = mids.insert(mid, id) {
            let detail = format!("mid {mid}: {other} and {id}");
            return Err(Violation::new("a mid has one transceiver", detail));
        }
    }
    Ok(())
}

/// A surfaced candidate names its section, which has it already (B4, B5, B7).
pub(crate) fn check_candidate(
    pc: &PeerConnection,
    candidate: &IceCandidate,
) -> Result<(), Violation> {
    let locals = [
        pc.pending_local_description(),
        pc.current_local_description(),
    ];
    let mut found = None;
    for description in locals.iter().flatten() {
        let session = parse(description)?;
        let media = session.media.get(usize::from(candidate.sdp_m_line_index));
        let media = media.filter(|media| {
            // The peer may have offered it without one.
            media.mid().unwrap_or_default() == candidate.sdp_mid
                && media.ice_ufrag() == Some(&candidate.username_fragment)
        });
        if let Some(media) = media {
            let has_line = media
                .candidates()
                .any(|line| line.to_string() == candidate.candidate);
            let ends = candidate.candidate.is_empty() && media.end_of_candidates();
            found = found.or(Some(has_line || ends));
        }
    }
    if found == Some(true) {
        return Ok(());
    }
    let rule = "a candidate is in its section when its event fires";
    Err(Violation::new(rule, format!("{candidate:?} {found:?}")))
}
