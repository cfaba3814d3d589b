//! What a peer connection told, with what its getters showed at that moment.

use std::time::Instant;

use rill_peer::{
    ChannelId, ConnectionState, DtlsTransportState, Event, IceCandidate, IceConnectionState,
    IceGatheringState, OperationId, PeerConnection, SessionDescription, SignalingState,
};

/// Every getter of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Getters {
    pub(crate) signaling: SignalingState,
    pub(crate) gathering: IceGatheringState,
    pub(crate) ice: IceConnectionState,
    pub(crate) connection: ConnectionState,
    pub(crate) dtls: Option<DtlsTransportState>,
    pub(crate) can_trickle: Option<bool>,
    pub(crate) local: Option<SessionDescription>,
    pub(crate) current_local: Option<SessionDescription>,
    pub(crate) pending_local: Option<SessionDescription>,
    pub(crate) remote: Option<SessionDescription>,
    pub(crate) current_remote: Option<SessionDescription>,
    pub(crate) pending_remote: Option<SessionDescription>,
    pub(crate) selected: Option<String>,
    pub(crate) max_message_size: Option<usize>,
    /// Everything that the transports show.
    pub(crate) transports: Vec<String>,
}

impl Getters {
    pub(crate) fn of(pc: &PeerConnection) -> Self {
        Self {
            signaling: pc.signaling_state(),
            gathering: pc.ice_gathering_state(),
            ice: pc.ice_connection_state(),
            connection: pc.connection_state(),
            dtls: pc.dtls_state(),
            can_trickle: pc.can_trickle_ice_candidates(),
            local: pc.local_description(),
            current_local: pc.current_local_description(),
            pending_local: pc.pending_local_description(),
            remote: pc.remote_description(),
            current_remote: pc.current_remote_description(),
            pending_remote: pc.pending_remote_description(),
            selected: pc.selected_pair().map(|pair| format!("{pair:?}")),
            max_message_size: pc.max_message_size(),
            transports: pc
                .transports()
                .into_iter()
                .map(|id| format!("{:?} {:?}", pc.ice_transport(id), pc.dtls_transport(id)))
                .collect(),
        }
    }

    pub(crate) fn local_sdp(&self) -> &str {
        self.local.as_ref().map_or("", |local| &local.sdp)
    }

    pub(crate) fn remote_sdp(&self) -> &str {
        self.remote.as_ref().map_or("", |remote| &remote.sdp)
    }
}

/// What happened in a task.
#[derive(Clone, Debug)]
pub(crate) enum Happening {
    Event(Event),
    /// The operation of the task settled, after the events.
    Completed(OperationId),
}

/// One happening.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) at: Instant,
    /// The number of its task.
    pub(crate) task: usize,
    pub(crate) what: Happening,
    /// As a handler of the event sees them; left out for what concerns one channel.
    pub(crate) getters: Option<Getters>,
}

impl Entry {
    pub(crate) fn event(&self) -> Option<&Event> {
        match &self.what {
            Happening::Event(event) => Some(event),
            Happening::Completed(_) => None,
        }
    }

    /// The candidate that it announces, or the end of candidates.
    pub(crate) fn candidate(&self) -> Option<&IceCandidate> {
        match self.event() {
            Some(Event::IceCandidate(candidate)) => candidate.as_ref(),
            _ => None,
        }
    }

    pub(crate) fn getters(&self) -> &Getters {
        self.getters.as_ref().expect("it concerns the connection")
    }
}

/// Everything that happened, in order.
#[derive(Debug, Default)]
pub(crate) struct Diary {
    pub(crate) entries: Vec<Entry>,
    tasks: usize,
}

impl Diary {
    pub(crate) fn next_task(&mut self) -> usize {
        self.tasks += 1;
        self.tasks
    }

    pub(crate) fn note(&mut self, at: Instant, task: usize, what: Happening, pc: &PeerConnection) {
        let of_channel = matches!(&what, Happening::Event(event) if channel_of(event).is_some());
        self.entries.push(Entry {
            at,
            task,
            what,
            getters: (!of_channel).then(|| Getters::of(pc)),
        });
    }

    pub(crate) fn events(&self) -> impl Iterator<Item = &Event> {
        self.entries.iter().filter_map(Entry::event)
    }

    /// The candidates that were announced, and the ends of candidates.
    pub(crate) fn candidates(&self) -> Vec<&IceCandidate> {
        self.entries.iter().filter_map(Entry::candidate).collect()
    }

    /// One short word for each happening.
    pub(crate) fn words(&self) -> Vec<String> {
        let word = |entry: &Entry| match &entry.what {
            Happening::Event(event) => word(event),
            Happening::Completed(operation) => format!("completed {}", operation.value()),
        };
        self.entries.iter().map(word).collect()
    }

    /// The words of the events of the connection itself, without its operations.
    pub(crate) fn connection_words(&self) -> Vec<String> {
        let own = self.events().filter(|event| channel_of(event).is_none());
        own.map(word).collect()
    }

    /// The words of the events of one channel.
    pub(crate) fn channel_words(&self, id: ChannelId) -> Vec<String> {
        let own = self.events().filter(|event| channel_of(event) == Some(id));
        own.map(word).collect()
    }

    pub(crate) fn connection_states(&self) -> Vec<ConnectionState> {
        let state = |event: &Event| match event {
            Event::ConnectionStateChange(state) => Some(*state),
            _ => None,
        };
        self.events().filter_map(state).collect()
    }

    pub(crate) fn find(&self, wanted: impl Fn(&Event) -> bool) -> Option<&Entry> {
        let mut entries = self.entries.iter();
        entries.find(|entry| entry.event().is_some_and(&wanted))
    }

    pub(crate) fn completion(&self, operation: OperationId) -> Option<&Entry> {
        let mut entries = self.entries.iter();
        entries.find(
            |entry| matches!(entry.what, Happening::Completed(completed) if completed == operation),
        )
    }
}

/// The channel that an event concerns.
pub(crate) fn channel_of(event: &Event) -> Option<ChannelId> {
    match event {
        Event::DataChannel(id)
        | Event::Open(id)
        | Event::Message(id, _)
        | Event::BufferedAmountLow(id)
        | Event::Closing(id)
        | Event::Error(id, _)
        | Event::Close(id) => Some(*id),
        _ => None,
    }
}

pub(crate) fn word(event: &Event) -> String {
    match event {
        Event::SignalingStateChange(state) => format!("signaling {state}"),
        Event::IceGatheringStateChange(state) => format!("gathering {state}"),
        Event::IceConnectionStateChange(state) => format!("ice {state}"),
        Event::ConnectionStateChange(state) => format!("connection {state}"),
        Event::NegotiationNeeded => "negotiationneeded".into(),
        Event::IceCandidate(None) => "candidate null".into(),
        Event::IceCandidate(Some(candidate)) if candidate.candidate.is_empty() => {
            format!("candidate end {}", candidate.sdp_mid)
        }
        Event::IceCandidate(Some(candidate)) => format!("candidate {}", candidate.sdp_mid),
        Event::IceCandidateError(error) => format!("candidate error {}", error.code),
        Event::Server(report) => format!("server {}", report.url),
        Event::IceTransportStateChange(_) => "transport state".into(),
        Event::IceTransportGatheringStateChange(_) => "transport gathering".into(),
        Event::SelectedCandidatePairChange(..) => "selected pair".into(),
        Event::SelectedCandidatePairLost(_) => "no selected pair".into(),
        Event::DtlsTransportStateChange(_) => "dtls state".into(),
        Event::SctpTransportStateChange => "sctp state".into(),
        Event::TransportError(_, error) => format!("transport error {error:?}"),
        Event::DataChannel(id) => format!("datachannel {}", id.value()),
        Event::Open(id) => format!("open {}", id.value()),
        Event::Message(id, message) => format!("message {} {}", id.value(), message.len()),
        Event::BufferedAmountLow(id) => format!("low {}", id.value()),
        Event::Closing(id) => format!("closing {}", id.value()),
        Event::Error(id, error) => format!("error {} {}", id.value(), error.detail()),
        Event::Close(id) => format!("close {}", id.value()),
        other => format!("{other:?}"),
    }
}
