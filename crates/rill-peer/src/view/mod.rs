//! What getters show, and how the tasks change it.

mod selected;
mod transport;

use rill_ice::{CandidatePair, Credentials, GatheringState, Role, TransportId, TransportState};
use rill_sdp::{Attribute, Candidate, Media};
use smallvec::SmallVec;

pub use self::transport::{DtlsTransportInfo, IceParameters, IceTransportInfo, SctpTransportInfo};
pub(crate) use self::transport::{SctpView, TransportView};
use crate::{
    ChannelId, ConnectionState, DtlsTransportState, Event, IceCandidate, IceConnectionState,
    IceGatheringState, OperationId, SctpTransportState, SdpType, TransceiverId,
    jsep::{Description, Descriptions, Side, set_default_candidate},
    task::DtlsChange,
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
}

/// The aggregated states, as last announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct States {
    pub(crate) gathering: IceGatheringState,
    pub(crate) ice: IceConnectionState,
    pub(crate) connection: ConnectionState,
}

impl Default for States {
    fn default() -> Self {
        Self {
            gathering: IceGatheringState::New,
            ice: IceConnectionState::New,
            connection: ConnectionState::New,
        }
    }
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

/// A remote candidate that was taken.
#[derive(Debug)]
pub(crate) struct RemoteCandidateAdded {
    pub(crate) operation: OperationId,
    /// The line to add, per section: its username fragment, its position, the attribute.
    pub(crate) lines: Vec<(String, usize, Attribute)>,
    /// The transport of each generation.
    pub(crate) transports: Vec<(TransportId, String)>,
}

/// A local candidate of one generation, or that there are no more.
#[derive(Debug)]
pub(crate) struct LocalCandidateFound {
    pub(crate) transport: TransportId,
    pub(crate) ufrag: String,
    pub(crate) candidate: Option<Candidate>,
    pub(crate) url: Option<String>,
}

type Events = SmallVec<[Event; 1]>;

impl View {
    /// webrtc-pc §4.4.1.5, the steps that run in the queued task; those of transceivers are apart.
    pub(crate) fn describe(&mut self, mut described: Described, events: &mut Events) {
        let before = self.descriptions.signaling_state;
        if described.side == Side::Local {
            self.complete(&mut described.description);
        }
        let settles = described.description.kind == SdpType::Answer;
        self.descriptions
            .apply(described.side, described.description);
        let after = self.descriptions.signaling_state;
        if before != after {
            events.push(Event::SignalingStateChange(after));
        }
        self.role = Some(described.role);
        self.sctp = SctpView::after(self.sctp.take(), described.data);
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

    /// What the newest remote description brought along.
    fn collect_remote_candidates(&mut self) {
        let Some(description) = self.descriptions.remote() else {
            return;
        };
        let session = &description.session;
        for (index, section) in session.sections().enumerate() {
            let media = section.media();
            let Some(ufrag) = section.ice_ufrag() else {
                continue;
            };
            let own = self.transports.iter_mut().find(|transport| {
                let remote = transport.remote.as_ref();
                remote.is_some_and(|remote| remote.ufrag == ufrag)
            });
            if let Some(transport) = own {
                media.candidates().for_each(|line| {
                    transport.add_remote(told(line, ufrag, media.mid(), index));
                });
            }
        }
    }

    /// The transports that are gone: they are closed, and count no more.
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
        self.announce_states(events);
    }

    /// Adds the candidates that were surfaced since a local description was created (webrtc-pc
    /// §4.4.1.5).
    fn complete(&self, description: &mut Description) {
        for media in &mut description.session.media {
            let Some(ufrag) = media.ice_ufrag() else {
                continue;
            };
            let before = self.descriptions.of(Side::Local);
            let surfaced = before
                .flat_map(|description| &description.session.media)
                .find(|other| other.ice_ufrag() == Some(ufrag));
            for line in surfaced.into_iter().flat_map(|other| &other.attributes) {
                if matches!(line, Attribute::Candidate(_) | Attribute::EndOfCandidates) {
                    insert(media, line);
                }
            }
            set_default_candidate(media);
        }
    }

    /// The line is mirrored into every description that has its generation (webrtc-pc §4.4.1.6.1).
    pub(crate) fn add_remote_candidate(&mut self, added: &RemoteCandidateAdded) {
        for description in self.descriptions.of_mut(Side::Remote) {
            for (ufrag, index, line) in &added.lines {
                let Some(media) = description.session.media.get_mut(*index) else {
                    continue;
                };
                if media.ice_ufrag().is_none_or(|own| own == ufrag) {
                    insert(media, line);
                }
            }
        }
        for (ufrag, index, line) in &added.lines {
            let Attribute::Candidate(line) = line else {
                continue;
            };
            let media = self.descriptions.of(Side::Remote).find_map(|description| {
                let media = description.session.media.get(*index)?;
                media
                    .ice_ufrag()
                    .is_none_or(|own| own == ufrag)
                    .then_some(media)
            });
            let candidate = told(line, ufrag, media.and_then(Media::mid), *index);
            let of_generation = added.transports.iter().find(|(_, own)| own == ufrag);
            if let Some((id, _)) = of_generation
                && let Some(transport) = self.transport_mut(*id)
            {
                transport.add_remote(candidate);
            }
        }
    }

    /// Puts the candidate, or `a=end-of-candidates`, into its description, then says so. One whose
    /// generation is in no applied description is discarded (RFC 9429 §4.1.10).
    pub(crate) fn surface(&mut self, found: LocalCandidateFound, events: &mut Events) {
        if self.transport(found.transport).is_none() {
            return;
        }
        let line = found.candidate.clone();
        let line = line.map_or(Attribute::EndOfCandidates, Attribute::from);
        let Some((mid, index)) = self.insert_local(&found.ufrag, &line) else {
            return;
        };
        let candidate = IceCandidate {
            candidate: found
                .candidate
                .map_or_else(String::new, |candidate| candidate.to_string()),
            sdp_mid: mid,
            sdp_m_line_index: index,
            username_fragment: found.ufrag,
            url: found.url,
        };
        if let Some(transport) = self.transport_mut(found.transport) {
            transport.surface(&candidate);
        }
        events.push(Event::IceCandidate(Some(candidate)));
    }

    /// Adds a line to the sections of a generation; says where in the newest description.
    fn insert_local(&mut self, ufrag: &str, line: &Attribute) -> Option<(String, u16)> {
        let mut place = None;
        for description in self.descriptions.of_mut(Side::Local) {
            let sections = description.session.media.iter_mut().enumerate();
            for (index, media) in sections
                .filter(|(_, m)| m.ice_ufrag() == Some(ufrag))
                .take(1)
            {
                insert(media, line);
                set_default_candidate(media);
                let mid = media.mid().unwrap_or_default().to_owned();
                let index = u16::try_from(index).unwrap_or(u16::MAX);
                place.get_or_insert((mid, index));
            }
        }
        place
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
        selected: Option<Box<CandidatePair>>,
        events: &mut Events,
    ) {
        let Some(transport) = self.transport_mut(id) else {
            return;
        };
        transport.ice = state;
        if let Some(pair) = selected {
            self.select(id, pair, events);
        }
        events.push(Event::IceTransportStateChange(id));
        self.announce_states(events);
    }

    pub(crate) fn select(
        &mut self,
        id: TransportId,
        pair: Box<CandidatePair>,
        events: &mut Events,
    ) {
        let candidates = self.selected_candidates(id, &pair);
        if let Some(transport) = self.transport_mut(id) {
            transport.selected = Some(pair.clone());
            transport.selected_candidates = Some(candidates);
            events.push(Event::SelectedCandidatePairChange(id, pair));
        }
    }

    pub(crate) fn set_dtls(&mut self, change: DtlsChange, events: &mut Events) {
        let id = change.transport;
        let Some(transport) = self.transport_mut(id) else {
            return;
        };
        transport.dtls = change.state;
        transport.remote_certificates = change.certificates;
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

    /// Every state at once, silently: `close()` fires no events (webrtc-pc §4.4.3).
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

    /// Fires what changed, in the order of webrtc-pc §5.6: ICE before the whole.
    fn announce_states(&mut self, events: &mut Events) {
        let now = States {
            gathering: self.gathering_state(),
            ice: self.ice_state(),
            connection: self.connection_state(),
        };
        let before = std::mem::replace(&mut self.states, now);
        if before.gathering != now.gathering {
            events.push(Event::IceGatheringStateChange(now.gathering));
            // Exactly one null candidate per completion, after the state (webrtc-pc #2893).
            if now.gathering == IceGatheringState::Complete {
                events.push(Event::IceCandidate(None));
            }
        }
        if before.ice != now.ice {
            events.push(Event::IceConnectionStateChange(now.ice));
        }
        if before.connection != now.connection {
            events.push(Event::ConnectionStateChange(now.connection));
        }
    }

    /// webrtc-pc, `RTCIceGatheringState`.
    fn gathering_state(&self) -> IceGatheringState {
        let any = |state| {
            self.transports
                .iter()
                .any(|transport| transport.gathering == state)
        };
        if any(GatheringState::Gathering) {
            IceGatheringState::Gathering
        } else if any(GatheringState::Complete) && !any(GatheringState::New) {
            IceGatheringState::Complete
        } else {
            IceGatheringState::New
        }
    }

    /// webrtc-pc, `RTCIceConnectionState`; the rules apply from the top down.
    fn ice_state(&self) -> IceConnectionState {
        use TransportState as T;
        let any = |states: &[T]| self.transports.iter().any(|t| states.contains(&t.ice));
        let all = |states: &[T]| self.transports.iter().all(|t| states.contains(&t.ice));
        if any(&[T::Failed]) {
            IceConnectionState::Failed
        } else if any(&[T::Disconnected]) {
            IceConnectionState::Disconnected
        } else if all(&[T::New, T::Closed]) {
            IceConnectionState::New
        } else if any(&[T::New, T::Checking]) {
            IceConnectionState::Checking
        } else if all(&[T::Completed, T::Closed]) {
            IceConnectionState::Completed
        } else {
            IceConnectionState::Connected
        }
    }

    /// webrtc-pc, `RTCPeerConnectionState`; the rules apply from the top down.
    fn connection_state(&self) -> ConnectionState {
        use DtlsTransportState as D;
        use TransportState as T;
        let any_ice = |states: &[T]| self.transports.iter().any(|t| states.contains(&t.ice));
        let any_dtls = |states: &[D]| self.transports.iter().any(|t| states.contains(&t.dtls));
        let all_new = self
            .transports
            .iter()
            .all(|t| matches!(t.ice, T::New | T::Closed) && matches!(t.dtls, D::New | D::Closed));
        if any_ice(&[T::Failed]) || any_dtls(&[D::Failed]) {
            ConnectionState::Failed
        } else if any_ice(&[T::Disconnected]) {
            ConnectionState::Disconnected
        } else if all_new {
            ConnectionState::New
        } else if any_ice(&[T::New, T::Checking]) || any_dtls(&[D::New, D::Connecting]) {
            ConnectionState::Connecting
        } else {
            ConnectionState::Connected
        }
    }
}

/// A candidate of the peer, as it was told in a section.
fn told(line: &Candidate, ufrag: &str, mid: Option<&str>, index: usize) -> IceCandidate {
    IceCandidate {
        candidate: line.to_string(),
        sdp_mid: mid.unwrap_or_default().to_owned(),
        sdp_m_line_index: u16::try_from(index).unwrap_or(u16::MAX),
        username_fragment: ufrag.to_owned(),
        url: None,
    }
}

/// Adds a candidate, or their end, in its place; what is there already, or too much, is left out.
fn insert(media: &mut Media, line: &Attribute) {
    match line {
        Attribute::Candidate(candidate) => drop(media.insert_candidate((**candidate).clone())),
        _ => media.insert_end_of_candidates(),
    }
}
