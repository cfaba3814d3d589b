//! Transports as getters show them (webrtc-pc §5.5, §5.6, §6.1.1).

use std::sync::Arc;

use rill_ice::{CandidatePair, Credentials, GatheringState, Role, TransportId, TransportState};

use rill_sdp::MAX_CANDIDATES;

use crate::{DtlsTransportState, IceCandidate, SctpTransportState, SdpType};

/// What getters tell of an ICE transport (webrtc-pc, `RTCIceTransport`).
#[derive(Clone, Debug)]
pub struct IceTransportInfo {
    /// Known from the first description on.
    pub role: Option<Role>,
    /// Its state.
    pub state: TransportState,
    /// How far it gathered.
    pub gathering_state: GatheringState,
    /// The pair that its packets go over.
    pub selected_pair: Option<CandidatePair>,
    /// The same as signalling knows it: our candidate and the peer's, whose text is empty if the peer
    /// never told it.
    pub selected_candidates: Option<(IceCandidate, IceCandidate)>,
    /// The candidates that were surfaced in this generation.
    pub local_candidates: Vec<IceCandidate>,
    /// The candidates that the peer gave in this generation.
    pub remote_candidates: Vec<IceCandidate>,
    /// Ours, once a local description has them.
    pub local_parameters: Option<IceParameters>,
    /// The peer's, once a remote description has them.
    pub remote_parameters: Option<IceParameters>,
}

/// The credentials of one side of a transport (webrtc-pc, `RTCIceParameters`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IceParameters {
    /// The username fragment.
    pub username_fragment: String,
    /// The password.
    pub password: String,
}

/// What getters tell of a DTLS transport (webrtc-pc, `RTCDtlsTransport`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DtlsTransportInfo {
    /// Its state.
    pub state: DtlsTransportState,
    /// The certificates that the peer showed, in DER; empty before that.
    pub remote_certificates: Vec<Vec<u8>>,
}

/// What getters tell of the SCTP transport (webrtc-pc, `RTCSctpTransport`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SctpTransportInfo {
    /// The transport below it.
    pub transport: TransportId,
    /// Its state.
    pub state: SctpTransportState,
    /// The longest message that can be sent, in bytes; `None` is no limit.
    pub max_message_size: Option<u64>,
    /// How many channels there can be, once connected.
    pub max_channels: Option<u16>,
}

/// One transport as the getters show it.
#[derive(Debug)]
pub(crate) struct TransportView {
    pub(crate) id: TransportId,
    /// Whether the states of the connection rest on it.
    pub(super) counts: bool,
    pub(crate) gathering: GatheringState,
    pub(crate) ice: TransportState,
    pub(crate) dtls: DtlsTransportState,
    pub(crate) selected: Option<Box<CandidatePair>>,
    pub(crate) selected_candidates: Option<(Arc<IceCandidate>, Arc<IceCandidate>)>,
    pub(crate) local: Option<Credentials>,
    pub(crate) remote: Option<Credentials>,
    /// Of every generation that may still come back.
    pub(crate) local_candidates: Vec<Arc<IceCandidate>>,
    pub(crate) remote_candidates: Vec<Arc<IceCandidate>>,
    /// In DER, once it was verified.
    pub(crate) remote_certificate: Option<Arc<[u8]>>,
}

impl TransportView {
    pub(super) fn new(id: TransportId) -> Self {
        Self {
            id,
            counts: false,
            gathering: GatheringState::New,
            ice: TransportState::New,
            dtls: DtlsTransportState::New,
            selected: None,
            selected_candidates: None,
            local: None,
            remote: None,
            local_candidates: Vec::new(),
            remote_candidates: Vec::new(),
            remote_certificate: None,
        }
    }

    /// Gives back the room that was for more.
    pub(super) fn rest(&mut self) {
        self.local_candidates.shrink_to_fit();
        self.remote_candidates.shrink_to_fit();
    }

    /// The generations of before are gone: so are their candidates.
    pub(super) fn settle(&mut self) {
        let local = self.local.as_ref();
        self.local_candidates
            .retain(|candidate| is_of(candidate, local));
        let remote = self.remote.as_ref();
        self.remote_candidates
            .retain(|candidate| is_of(candidate, remote));
    }

    /// What the peer told of a generation, which may be one that is on its way out.
    pub(crate) fn told(&self, ufrag: &str) -> impl Iterator<Item = &IceCandidate> {
        let told = self.remote_candidates.iter().map(Arc::as_ref);
        told.filter(move |candidate| candidate.username_fragment == ufrag)
    }

    pub(super) fn surface(&mut self, candidate: &IceCandidate) {
        if !candidate.candidate.is_empty() {
            self.local_candidates.push(Arc::new(candidate.clone()));
        }
    }

    /// A candidate of the peer; each is kept once.
    pub(super) fn add_remote(&mut self, candidate: IceCandidate) {
        let fits = self.remote_candidates.len() < MAX_CANDIDATES;
        let mut known = self.remote_candidates.iter().map(Arc::as_ref);
        if fits && !known.any(|known| *known == candidate) {
            self.remote_candidates.push(Arc::new(candidate));
        }
    }

    pub(crate) fn info(&self, role: Option<Role>) -> IceTransportInfo {
        // webrtc-pc §5.6, `getSelectedCandidatePair`.
        let has_pair = !matches!(self.ice, TransportState::New | TransportState::Closed);
        let selected = self.selected_candidates.as_ref().filter(|_| has_pair);
        IceTransportInfo {
            role,
            state: self.ice,
            gathering_state: self.gathering,
            selected_pair: self.selected.as_deref().cloned().filter(|_| has_pair),
            selected_candidates: selected
                .map(|(local, remote)| ((**local).clone(), (**remote).clone())),
            local_candidates: of(&self.local_candidates, self.local.as_ref()),
            remote_candidates: of(&self.remote_candidates, self.remote.as_ref()),
            local_parameters: self.local.clone().map(Into::into),
            remote_parameters: self.remote.clone().map(Into::into),
        }
    }
}

fn is_of(candidate: &IceCandidate, generation: Option<&Credentials>) -> bool {
    generation.is_some_and(|generation| generation.ufrag == candidate.username_fragment)
}

fn of(candidates: &[Arc<IceCandidate>], generation: Option<&Credentials>) -> Vec<IceCandidate> {
    let own = candidates.iter().map(Arc::as_ref);
    let own = own.filter(|candidate| is_of(candidate, generation));
    own.cloned().collect()
}

impl From<Credentials> for IceParameters {
    fn from(credentials: Credentials) -> Self {
        Self {
            username_fragment: credentials.ufrag,
            password: credentials.pwd,
        }
    }
}

/// The SCTP transport as the getters show it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SctpView {
    pub(crate) transport: TransportId,
    pub(crate) state: SctpTransportState,
    /// Whether an answer agreed on the transport.
    pub(crate) agreed: bool,
    /// Once negotiated.
    pub(crate) max_message_size: Option<u64>,
    pub(crate) max_channels: Option<u16>,
}

impl SctpView {
    /// It comes with the first description that has a data section, and goes with the answer that
    /// rejects it, or with the offer that brought it (webrtc-pc §4.4.1.5). An offer that bundles it
    /// elsewhere moves it no sooner than its answer: until then its data stays where it is.
    pub(super) fn after(
        before: Option<Self>,
        kind: SdpType,
        data: Option<(TransportId, Option<u64>)>,
    ) -> Option<Self> {
        let Some((transport, max_message_size)) = data else {
            return before.filter(|_| matches!(kind, SdpType::Offer | SdpType::Pranswer));
        };
        let new = Self {
            transport,
            state: SctpTransportState::Connecting,
            agreed: kind == SdpType::Answer,
            max_message_size,
            max_channels: None,
        };
        Some(before.map_or(new, |sctp| Self {
            transport: match kind {
                SdpType::Offer if sctp.agreed => sctp.transport,
                _ => transport,
            },
            agreed: sctp.agreed || new.agreed,
            max_message_size,
            ..sctp
        }))
    }

    pub(crate) fn info(self) -> SctpTransportInfo {
        SctpTransportInfo {
            transport: self.transport,
            state: self.state,
            // webrtc-pc §6.1.1.2: 64 KiB as long as the peer has not said anything.
            max_message_size: self.max_message_size.or(Some(65536)),
            max_channels: self.max_channels,
        }
    }
}
