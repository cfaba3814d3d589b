//! Offer and answer (RFC 9429): parse, plan, commit. A plan makes every check and changes nothing;
//! a commit cannot fail.

mod answer;
mod bundle;
mod candidate;
mod create;
mod default_candidate;
mod description;
mod descriptions;
mod error;
mod offer;
mod remote;
mod remote_answer;
mod remote_offer;
mod remote_transport;
mod section;

use rill_ice::{Credentials, TransportId};
use rill_sdp::Session;

use self::create::Created;
pub use self::error::{
    AddIceCandidateError, CreateAnswerError, CreateOfferError, SectionProblem, SetDescriptionError,
};
pub(crate) use self::{
    create::Text,
    default_candidate::set_default_candidate,
    description::Description,
    descriptions::{Descriptions, Side},
    offer::OfferInput,
    remote::{RemoteData, RemoteSide},
    remote_answer::AnswerPlan,
    remote_offer::OfferPlan,
    remote_transport::RemoteTransport,
    section::{
        Address, LocalParameters, MAX_MESSAGE_SIZE, MediaSection, SCTP_PORT, Section, Usage,
    },
};
use crate::{
    SdpType, SessionDescription,
    media::{ExtensionIds, PayloadTypes},
};

/// The negotiation of a connection.
#[derive(Debug)]
pub(crate) struct Jsep {
    pub(crate) descriptions: Descriptions,
    /// The sections of the newest applied description.
    pub(crate) sections: Vec<Section>,
    /// The sections of the last stable state, to which a rollback returns.
    stable: Option<Vec<Section>>,
    last_offer: Option<Box<Created>>,
    last_answer: Option<Box<Created>>,
    /// The sections of the pending offer, of either side: every answer starts from them.
    pub(crate) offered: Vec<Section>,
    /// What the peer said in the offer that waits for our answer.
    pub(crate) pending: Option<RemoteSide>,
    /// What the peer said in the negotiation that holds.
    pub(crate) established: RemoteSide,
    /// What the peer said in a provisional answer that waits for the final one.
    pub(crate) provisional: Option<RemoteSide>,
    /// The transports on which our pending offer restarts ICE.
    pub(crate) restarts: Vec<TransportId>,
    /// What payload types and extension ids ever meant: they are not used again for something else
    /// (RFC 3264 §8.3.2).
    payload_types: PayloadTypes,
    extension_ids: ExtensionIds,
    session_id: u64,
    version: u64,
}

impl Jsep {
    /// `session_id` is random; 62 bits of it are used (RFC 9429 §5.2.1).
    pub(crate) fn new(session_id: u64) -> Self {
        Self {
            descriptions: Descriptions::default(),
            sections: Vec::new(),
            stable: None,
            last_offer: None,
            last_answer: None,
            offered: Vec::new(),
            pending: None,
            established: RemoteSide::default(),
            provisional: None,
            restarts: Vec::new(),
            payload_types: PayloadTypes::default(),
            extension_ids: ExtensionIds::default(),
            session_id: session_id >> 2,
            version: 0,
        }
    }

    /// The version of the next description: each applied local one raises it (RFC 9429 §5.2.2).
    fn next_version(&self) -> u64 {
        self.version + 1
    }

    /// The sections of the remote offer that waits for our answer.
    fn remotely_offered(&self) -> Option<&[Section]> {
        self.pending.as_ref().map(|_| &self.offered[..])
    }

    /// The sections a remote offer continues: an offer of our own that is pending is taken back
    /// first.
    pub(crate) fn stable_sections(&self) -> &[Section] {
        self.stable.as_deref().unwrap_or(&self.sections)
    }

    /// The transports of the sections. Those of the last stable state stay until an answer settles
    /// what becomes of them: a rollback needs them.
    pub(crate) fn transports(&self) -> Vec<TransportId> {
        let mut transports = Vec::new();
        let pending = self.stable.iter().flatten().chain(&self.offered);
        for section in pending.chain(&self.sections) {
            transports.extend(
                section
                    .transport()
                    .filter(|transport| !transports.contains(transport)),
            );
        }
        transports
    }

    /// Whether a section of ours, or one that a rollback returns to, has its data channels there.
    pub(crate) fn carries_data(&self, transport: TransportId) -> bool {
        let all = self.stable.iter().flatten().chain(&self.sections);
        let mut data = all.filter(|section| section.is_data());
        data.any(|section| section.transport() == Some(transport))
    }

    /// What the peer said in the pending offer, as far as our answer takes it up.
    pub(crate) fn pending_answered(&self) -> Option<RemoteSide> {
        let mut remote = self.pending.clone()?;
        let used = |id: TransportId| {
            let mut sections = self.sections.iter();
            sections.any(|section| section.transport() == Some(id))
        };
        remote.transports.retain(|transport| used(transport.id));
        if !self.sections.iter().any(Section::is_data) {
            remote.data = None;
        }
        Some(remote)
    }

    /// Whether the step fits the signaling state.
    pub(crate) fn check_step(&self, side: Side, kind: SdpType) -> Result<(), SetDescriptionError> {
        if self.descriptions.next_state(side, kind).is_some() {
            return Ok(());
        }
        Err(SetDescriptionError::WrongState {
            side: match side {
                Side::Local => "local",
                Side::Remote => "remote",
            },
            kind,
            state: self.descriptions.signaling_state,
        })
    }

    /// The created description that is to be applied: an empty text means the last one
    /// (webrtc-pc §4.4.1.5).
    pub(crate) fn plan_local(
        &self,
        description: &SessionDescription,
    ) -> Result<LocalPlan, SetDescriptionError> {
        let created = match description.kind {
            SdpType::Offer => &self.last_offer,
            SdpType::Answer | SdpType::Pranswer | SdpType::Rollback => &self.last_answer,
        };
        let created = created
            .as_ref()
            .filter(|created| description.sdp.is_empty() || description.sdp == created.sdp)
            .ok_or(SetDescriptionError::Modified(description.kind))?;
        Ok(LocalPlan {
            description: Description::new(description.kind, created.session.clone()),
            sections: created.sections.clone(),
            credentials: created.credentials.clone(),
            answered: created.answered.clone(),
        })
    }

    /// What was created last moves to another transport: it may be applied again.
    pub(crate) fn replace_transport(&mut self, kind: SdpType, from: TransportId, to: TransportId) {
        let created = match kind {
            SdpType::Offer => &mut self.last_offer,
            SdpType::Answer | SdpType::Pranswer | SdpType::Rollback => &mut self.last_answer,
        };
        if let Some(created) = created {
            replace_transport(&mut created.sections, &mut created.credentials, from, to);
        }
    }

    /// Puts a description into its slot, with the sections that hold from now on.
    pub(crate) fn commit(&mut self, side: Side, description: Description, sections: Vec<Section>) {
        let kind = description.kind;
        if kind == SdpType::Offer && self.stable.is_none() {
            self.stable = Some(std::mem::take(&mut self.sections));
        }
        self.sections = sections;
        for media in self.sections.iter().filter_map(Section::as_media) {
            self.payload_types.record(&media.codecs);
            self.extension_ids.record(&media.extensions);
        }
        if side == Side::Local {
            self.version += 1;
            self.forget_offered_restart();
        }
        self.descriptions.apply(side, description);
        if kind == SdpType::Offer {
            self.offered = self.sections.clone();
        }
        if kind == SdpType::Answer {
            self.stable = None;
            self.provisional = None;
            self.offered = Vec::new();
            self.restarts = Vec::new();
            self.last_offer = None;
            self.last_answer = None;
        }
    }

    /// Returns to the last stable state (RFC 9429 §4.1.10.2).
    pub(crate) fn rollback(&mut self, side: Side) -> Description {
        if let Some(stable) = self.stable.take() {
            self.sections = stable;
        }
        self.offered = Vec::new();
        self.pending = None;
        self.provisional = None;
        self.restarts = Vec::new();
        let description = Description::new(SdpType::Rollback, Session::new(0, 0));
        self.descriptions.apply(side, description.clone());
        description
    }
}

/// A local description that can be applied.
#[derive(Debug)]
pub(crate) struct LocalPlan {
    pub(crate) description: Description,
    pub(crate) sections: Vec<Section>,
    /// The credentials that it gives to its transports.
    pub(crate) credentials: Vec<(TransportId, Credentials)>,
    /// The offer that it was created to answer.
    answered: Option<Session>,
}

impl LocalPlan {
    /// Whether an answer is one to the offer that waits for it, and not to another one.
    pub(crate) fn fits(&self, pending: Option<&Description>) -> bool {
        let offer = pending.map(Description::session);
        self.description.kind == SdpType::Offer || self.answered.as_ref() == offer.as_deref()
    }

    /// Moves to another transport.
    pub(crate) fn replace_transport(&mut self, from: TransportId, to: TransportId) {
        replace_transport(&mut self.sections, &mut self.credentials, from, to);
    }
}

fn replace_transport(
    sections: &mut [Section],
    credentials: &mut [(TransportId, Credentials)],
    from: TransportId,
    to: TransportId,
) {
    for section in sections {
        if section.transport() == Some(from) {
            section.set_transport(to);
        }
    }
    for (id, _) in credentials {
        if *id == from {
            *id = to;
        }
    }
}
