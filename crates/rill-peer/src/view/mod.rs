//! What getters show, and how the tasks change it.

mod candidates;
mod selected;
mod states;
mod transport;

use rill_ice::{Credentials, GatheringState, Role, TransportId, TransportState};
use smallvec::SmallVec;

use self::states::States;
pub use self::transport::{DtlsTransportInfo, IceParameters, IceTransportInfo, SctpTransportInfo};
pub(crate) use self::{
    candidates::{LocalCandidateFound, RemoteCandidateAdded},
    transport::{SctpView, TransportView},
};
use crate::{
    ChannelId, ConnectionState, DtlsTransportState, Event, IceCandidateError, IceConnectionState,
    OperationId, SctpTransportState, SdpType, TransceiverId,
    jsep::{Description, Descriptions, Side},
    task::{DtlsChange, Selection},
    transceiver::MediaChange,
};

/// What getters show: the state as of the last polled task.
///
/// The engine runs ahead of it; no attribute ever runs ahead of its event.
#[derive(Debug, Default)]
pub(crate) struct View {
    pub(crate) descriptions: Descriptions,
    pub(crate) transports: Vec<TransportView>,
    pub(crate) sctp: Option<SctpView>,
    /// Known from the first description on.
    pub(crate) role: Option<Role>,
    pub(crate) states: States,
    /// The servers that are known to be out of reach since gathering began.
    unreachable: Vec<String>,
}

/// A description that was applied, and all that changes with it in the same task.
#[derive(Debug)]
pub(crate) struct Described {
    /// `None` for the rollback that a remote offer implies.
    pub(crate) operation: Option<OperationId>,
    pub(crate) side: Side,
    pub(crate) description: Description,
    /// The transports that exist from now on.
    pub(crate) transports: Vec<TransportId>,
    /// The credentials that it gives to transports.
    pub(crate) local_credentials: Vec<(TransportId, Credentials)>,
    pub(crate) remote_credentials: Vec<(TransportId, Credentials)>,
    /// The transport of the data section, and the longest message that it takes.
    pub(crate) data: Option<(TransportId, Option<u64>)>,
    pub(crate) role: Role,
    /// The stream ids that channels got by it.
    pub(crate) assigned: Vec<(ChannelId, u16)>,
    /// What it says of the transceivers.
    pub(crate) media: Vec<MediaChange>,
    /// The transceivers that a rollback leaves with their section, and those that it removes.
    pub(crate) kept: Vec<TransceiverId>,
    pub(crate) removed: Vec<TransceiverId>,
}

type Events = SmallVec<[Event; 1]>;

impl View {
    /// webrtc-pc §4.4.1.5, the steps that run in the queued task; those of transceivers are apart.
    pub(crate) fn describe(&mut self, mut described: Described, events: &mut Events) {
        let before = self.descriptions.signaling_state;
        if described.side == Side::Local {
            self.complete(&mut described.description);
        }
        let kind = described.description.kind;
        let settles = kind == SdpType::Answer;
        self.descriptions
            .apply(described.side, described.description);
        let after = self.descriptions.signaling_state;
        if before != after {
            events.push(Event::SignalingStateChange(after));
        }
        self.role = Some(described.role);
        self.sctp = SctpView::after(self.sctp.take(), kind, described.data);
        for id in described.transports.iter().copied() {
            if !self.transports.iter().any(|transport| transport.id == id) {
                self.transports.push(TransportView::new(id));
            }
        }
        for (id, credentials) in described.local_credentials {
            if let Some(transport) = self.transport_mut(id) {
                transport.local = Some(credentials);
            }
        }
        for (id, credentials) in described.remote_credentials {
            if let Some(transport) = self.transport_mut(id) {
                transport.remote = Some(credentials);
            }
        }
        self.collect_remote_candidates();
        if settles {
            self.transports.iter_mut().for_each(TransportView::settle);
        }
    }

    /// Gives back the room that was for more.
    pub(crate) fn rest(&mut self) {
        self.descriptions.rest();
        self.transports.shrink_to_fit();
        self.transports.iter_mut().for_each(TransportView::rest);
    }

    /// The transports that are gone: they are closed.
    pub(crate) fn retire_transports(&mut self, live: &[TransportId], events: &mut Events) {
        let is_live = |transport: &TransportView| live.contains(&transport.id);
        if self.transports.iter().all(is_live) {
            return;
        }
        for gone in self.transports.iter().filter(|t| !is_live(t)) {
            events.push(Event::IceTransportStateChange(gone.id));
            events.push(Event::DtlsTransportStateChange(gone.id));
        }
        self.transports.retain(is_live);
    }

    /// A server could not be reached, or refused (webrtc-pc §4.8.3).
    pub(crate) fn fail_server(&mut self, error: IceCandidateError, events: &mut Events) {
        if error.code == IceCandidateError::UNREACHABLE {
            // Once for each, however many transports and generations ask it.
            if self.unreachable.contains(&error.url) {
                return;
            }
            self.unreachable.push(error.url.clone());
        }
        events.push(Event::IceCandidateError(error));
    }

    pub(crate) fn set_gathering(
        &mut self,
        id: TransportId,
        state: GatheringState,
        events: &mut Events,
    ) {
        let Some(transport) = self.transport_mut(id) else {
            return;
        };
        transport.gathering = state;
        events.push(Event::IceTransportGatheringStateChange(id));
        self.announce_states(events);
    }

    pub(crate) fn set_ice(
        &mut self,
        id: TransportId,
        state: TransportState,
        selected: Option<Selection>,
        events: &mut Events,
    ) {
        let Some(transport) = self.transport_mut(id) else {
            return;
        };
        transport.ice = state;
        if let Some(selection) = selected {
            self.select(id, selection, events);
        }
        events.push(Event::IceTransportStateChange(id));
        self.announce_states(events);
    }

    /// webrtc-pc §5.6: the pair is null where none is selected, and that is a change too.
    pub(crate) fn select(&mut self, id: TransportId, selection: Selection, events: &mut Events) {
        let (pair, candidates) = match selection {
            Selection::Pair(pair) => {
                let candidates = self.selected_candidates(id, &pair);
                (Some(pair), Some(candidates))
            }
            Selection::None => (None, None),
        };
        if let Some(transport) = self.transport_mut(id) {
            transport.selected.clone_from(&pair);
            transport.selected_candidates = candidates;
            events.push(match pair {
                Some(pair) => Event::SelectedCandidatePairChange(id, pair),
                None => Event::SelectedCandidatePairLost(id),
            });
        }
    }

    pub(crate) fn nominate(&mut self, id: TransportId) {
        let transport = self.transport_mut(id);
        if let Some(pair) = transport.and_then(|transport| transport.selected.as_mut()) {
            pair.nominated = true;
        }
    }

    pub(crate) fn set_dtls(&mut self, change: DtlsChange, events: &mut Events) {
        let id = change.transport;
        let Some(transport) = self.transport_mut(id) else {
            return;
        };
        transport.dtls = change.state;
        transport.remote_certificate = change.certificate;
        let error = change.error;
        events.extend(error.map(|error| Event::TransportError(id, error)));
        events.push(Event::DtlsTransportStateChange(id));
        self.announce_states(events);
    }

    /// The association was established, or ended (webrtc-pc §6.1.1).
    pub(crate) fn set_sctp(
        &mut self,
        state: SctpTransportState,
        channels: Option<u16>,
        events: &mut Events,
    ) {
        if let Some(sctp) = &mut self.sctp
            && sctp.state != state
        {
            sctp.state = state;
            sctp.max_channels = channels;
            events.push(Event::SctpTransportStateChange);
        }
    }

    /// Every state at once, silently: `close()` fires no events (webrtc-pc §4.4.2).
    pub(crate) fn close(&mut self) {
        self.descriptions.signaling_state = crate::SignalingState::Closed;
        self.states.ice = IceConnectionState::Closed;
        self.states.connection = ConnectionState::Closed;
        for transport in &mut self.transports {
            transport.ice = TransportState::Closed;
            transport.dtls = DtlsTransportState::Closed;
        }
        if let Some(sctp) = &mut self.sctp {
            sctp.state = SctpTransportState::Closed;
        }
    }

    pub(crate) fn transport(&self, id: TransportId) -> Option<&TransportView> {
        self.transports.iter().find(|transport| transport.id == id)
    }

    fn transport_mut(&mut self, id: TransportId) -> Option<&mut TransportView> {
        self.transports
            .iter_mut()
            .find(|transport| transport.id == id)
    }
}
