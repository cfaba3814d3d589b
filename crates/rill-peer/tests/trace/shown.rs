//! What a page can see of a connection, in the words of the traces.

use rill_peer::{
    ChannelId, Event, IceCandidate, PeerConnection, Role, SessionDescription, TransportId,
};
use rill_sdp::{CandidateKind, Media, Session};

/// The objects that the page holds, in the order in which it found them.
#[derive(Debug, Default)]
pub(crate) struct Objects {
    transports: Vec<TransportId>,
    pub(crate) channel: Option<ChannelId>,
}

impl Objects {
    /// Looks for transports that are new, where a page would: at the senders, then at `sctp`.
    pub(crate) fn discover(&mut self, pc: &PeerConnection) {
        let transceivers = pc.transceivers().into_iter();
        let of_media = transceivers.filter_map(|id| pc.transceiver(id)?.transport);
        let of_data = pc.sctp_transport().map(|sctp| sctp.transport);
        for id in of_media.chain(of_data) {
            if !self.transports.contains(&id) {
                self.transports.push(id);
            }
        }
    }

    fn name(&self, id: TransportId) -> String {
        let place = self.transports.iter().position(|known| *known == id);
        place.map_or_else(|| "T?".to_owned(), |place| format!("T{}", place + 1))
    }

    /// The event's type, and the event in words; `None` for what the traces do not show.
    pub(crate) fn words(&self, event: &Event) -> Option<(&'static str, String)> {
        let of = |id: &TransportId, name: &str| format!("{} {name}", self.name(*id));
        // No page has its object.
        if transport_of(event).is_some_and(|id| !self.transports.contains(&id)) {
            return None;
        }
        Some(match event {
            Event::SignalingStateChange(_) => plain("signalingstatechange"),
            Event::IceGatheringStateChange(_) => plain("icegatheringstatechange"),
            Event::IceConnectionStateChange(_) => plain("iceconnectionstatechange"),
            Event::ConnectionStateChange(_) => plain("connectionstatechange"),
            Event::NegotiationNeeded => plain("negotiationneeded"),
            Event::IceCandidate(None) => ("icecandidate null", "icecandidate null".to_owned()),
            Event::IceCandidate(Some(candidate)) => ("icecandidate", candidate_words(candidate)),
            Event::IceCandidateError(error) => {
                let from = error.address.map_or("null", |_| "an address");
                let text = format!("icecandidateerror {} from {from}", error.code);
                ("icecandidateerror", text)
            }
            Event::IceTransportGatheringStateChange(id) => {
                ("gatheringstatechange", of(id, "gatheringstatechange"))
            }
            Event::IceTransportStateChange(id) => ("statechange", of(id, "statechange")),
            Event::SelectedCandidatePairChange(id, _) | Event::SelectedCandidatePairLost(id) => (
                "selectedcandidatepairchange",
                of(id, "selectedcandidatepairchange"),
            ),
            Event::DtlsTransportStateChange(id) => ("dtls statechange", of(id, "dtls statechange")),
            Event::SctpTransportStateChange => plain("sctp statechange"),
            Event::DataChannel(_) => plain("datachannel"),
            Event::Open(_) => plain("channel open"),
            Event::Message(..) => plain("channel message"),
            Event::Closing(_) => plain("channel closing"),
            Event::Close(_) => plain("channel close"),
            _ => return None,
        })
    }
}

fn transport_of(event: &Event) -> Option<TransportId> {
    match event {
        Event::IceTransportGatheringStateChange(id)
        | Event::IceTransportStateChange(id)
        | Event::SelectedCandidatePairChange(id, _)
        | Event::SelectedCandidatePairLost(id)
        | Event::DtlsTransportStateChange(id) => Some(*id),
        _ => None,
    }
}

fn plain(name: &'static str) -> (&'static str, String) {
    (name, name.to_owned())
}

fn candidate_words(candidate: &IceCandidate) -> String {
    let place = format!("{} ‹{}›", candidate.sdp_mid, candidate.username_fragment);
    let words: Vec<_> = candidate.candidate.split(' ').collect();
    let kind = words
        .iter()
        .position(|word| *word == "typ")
        .and_then(|at| words.get(at + 1));
    let url = if candidate.url.is_some() {
        " with a url"
    } else {
        ""
    };
    format!("icecandidate {place} {}{url}", kind.unwrap_or(&"end"))
}

/// The attributes by name. A name with a star is about connectivity.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct State(pub(crate) Vec<(String, String)>);

impl State {
    pub(crate) fn of(pc: &PeerConnection, objects: &Objects) -> Self {
        let mut state = Self::default();
        state.put("signaling", pc.signaling_state());
        state.put("gathering", pc.ice_gathering_state());
        let trickle = pc.can_trickle_ice_candidates();
        state.put(
            "canTrickle",
            trickle.map_or_else(null, |value| value.to_string()),
        );
        state.put("currentLocal", description(pc.current_local_description()));
        state.put("pendingLocal", description(pc.pending_local_description()));
        state.put(
            "currentRemote",
            description(pc.current_remote_description()),
        );
        state.put(
            "pendingRemote",
            description(pc.pending_remote_description()),
        );
        for (place, id) in objects.transports.iter().enumerate() {
            state.transport(&format!("T{}", place + 1), pc, *id);
        }
        let sctp = pc.sctp_transport();
        state.put(
            "sctp",
            sctp.map_or_else(null, |sctp| objects.name(sctp.transport)),
        );
        state.put("*ice", pc.ice_connection_state());
        state.put("*connection", pc.connection_state());
        if let Some(sctp) = sctp {
            state.put("*sctp", sctp.state);
        }
        if let Some(channel) = objects.channel {
            state.put("*channel", pc.data_channel_state(channel));
        }
        state
    }

    fn put(&mut self, name: &str, value: impl ToString) {
        self.0.push((name.to_owned(), value.to_string()));
    }

    fn transport(&mut self, name: &str, pc: &PeerConnection, id: TransportId) {
        let Some(ice) = pc.ice_transport(id) else {
            self.put(&format!("*{name}"), "closed");
            self.put(&format!("*{name} dtls"), "closed");
            return;
        };
        let ufrag = |ufrag: Option<String>| ufrag.map_or_else(null, |u| format!("‹{u}›"));
        self.put(&format!("{name} gathering"), ice.gathering_state);
        self.put(
            &format!("{name} role"),
            match ice.role {
                None => "unknown",
                Some(Role::Controlling) => "controlling",
                Some(Role::Controlled) => "controlled",
            },
        );
        let local = ice.local_parameters.map(|own| own.username_fragment);
        self.put(&format!("{name} local"), ufrag(local));
        let remote = ice.remote_parameters.map(|theirs| theirs.username_fragment);
        self.put(&format!("{name} remote"), ufrag(remote));
        self.put(&format!("*{name}"), ice.state);
        let dtls = pc.dtls_transport(id).map(|dtls| dtls.state.to_string());
        self.put(&format!("*{name} dtls"), dtls.unwrap_or_default());
        let pair = ice.selected_candidates.map(|(local, remote)| {
            format!(
                "‹{}›-‹{}›",
                local.username_fragment, remote.username_fragment
            )
        });
        self.put(&format!("*{name} pair"), pair.unwrap_or_else(null));
    }
}

fn null() -> String {
    "null".to_owned()
}

/// `offer(0 ‹ufrag› host end)`: of each section its mid, its ufrag, the kinds of its candidates, and
/// whether they have an end.
fn description(description: Option<SessionDescription>) -> String {
    let Some(description) = description else {
        return "null".to_owned();
    };
    let session = Session::parse(&description.sdp).expect("it was applied");
    let sections: Vec<_> = session.media.iter().map(section).collect();
    format!("{}({})", description.kind, sections.join(", "))
}

fn section(media: &Media) -> String {
    let mut words = vec![media.mid().unwrap_or_default().to_owned()];
    if media.is_rejected() {
        words.push("rejected".to_owned());
        return words.join(" ");
    }
    words.push(
        media
            .ice_ufrag()
            .map_or_else(|| "-".to_owned(), |ufrag| format!("‹{ufrag}›")),
    );
    let mut kinds: Vec<_> = media.candidates().map(|line| kind(&line.kind)).collect();
    kinds.sort_unstable();
    kinds.dedup();
    words.extend(kinds);
    if media.end_of_candidates() {
        words.push("end".to_owned());
    }
    words.join(" ")
}

fn kind(kind: &CandidateKind) -> String {
    match kind {
        CandidateKind::Host => "host",
        CandidateKind::ServerReflexive => "srflx",
        CandidateKind::PeerReflexive => "prflx",
        CandidateKind::Relayed => "relay",
        CandidateKind::Other(other) => other,
    }
    .to_owned()
}
