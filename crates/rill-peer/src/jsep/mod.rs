//! Offer and answer (RFC 9429): parse, plan, commit. A plan makes every check and changes nothing;
//! a commit cannot fail.

mod candidate;
mod create;
mod default_candidate;
mod descriptions;
mod error;
mod remote;
mod section;

use rill_ice::TransportId;
use rill_sdp::Session;

use self::create::Created;
pub use self::error::{
    AddIceCandidateError, CreateAnswerError, CreateOfferError, SectionProblem, SetDescriptionError,
};
pub(crate) use self::{
    default_candidate::set_default_candidate,
    descriptions::{Description, Descriptions, Side},
    remote::{RemoteData, RemotePlan},
    section::{LocalParameters, MAX_MESSAGE_SIZE, SCTP_PORT, Section, SectionRole},
};
use crate::{SdpType, SessionDescription};

/// The negotiation of a connection.
#[derive(Debug)]
pub(crate) struct Jsep {
    pub(crate) descriptions: Descriptions,
    /// The sections of the newest applied description.
    pub(crate) sections: Vec<Section>,
    /// The sections of the last stable state, to which a rollback returns.
    stable: Option<Vec<Section>>,
    last_offer: Option<Created>,
    last_answer: Option<Created>,
    /// What the peer said in the offer that waits for our answer.
    pub(crate) offered: Option<RemoteData>,
    /// What the peer said in the negotiation that holds.
    pub(crate) established: Option<RemoteData>,
    session_id: u64,
    version: u64,
}

impl Jsep {
    /// `session_id` is random, below 2^62 (RFC 9429 §5.2.1).
    pub(crate) fn new(session_id: u64) -> Self {
        Self {
            descriptions: Descriptions::default(),
            sections: Vec::new(),
            stable: None,
            last_offer: None,
            last_answer: None,
            offered: None,
            established: None,
            session_id: session_id >> 2,
            version: 0,
        }
    }

    /// The version of the next description: each applied local one raises it (RFC 9429 §5.2.2).
    fn next_version(&self) -> u64 {
        self.version + 1
    }

    /// The sections a remote offer continues: an offer of our own that is pending is taken back
    /// first.
    fn stable_sections(&self) -> &[Section] {
        self.stable.as_deref().unwrap_or(&self.sections)
    }

    /// The transports of the sections. Those of the last stable state stay until an answer settles
    /// what becomes of them: a rollback needs them.
    pub(crate) fn transports(&self) -> Vec<TransportId> {
        let mut transports = Vec::new();
        for section in self.stable.iter().flatten().chain(&self.sections) {
            transports.extend(
                section
                    .transport()
                    .filter(|transport| !transports.contains(transport)),
            );
        }
        transports
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
            description: Description {
                kind: description.kind,
                session: created.session.clone(),
            },
            sections: created.sections.clone(),
        })
    }

    /// Puts a description into its slot, with the sections that hold from now on.
    pub(crate) fn commit(&mut self, side: Side, description: Description, sections: Vec<Section>) {
        let kind = description.kind;
        if kind == SdpType::Offer && self.stable.is_none() {
            self.stable = Some(std::mem::take(&mut self.sections));
        }
        self.sections = sections;
        if side == Side::Local {
            self.version += 1;
        }
        self.descriptions.apply(side, description);
        if kind == SdpType::Offer {
            // It answered another offer.
            self.last_answer = None;
        }
        if kind == SdpType::Answer {
            self.stable = None;
            self.last_offer = None;
            self.last_answer = None;
        }
    }

    /// Returns to the last stable state (RFC 9429 §4.1.10.2).
    pub(crate) fn rollback(&mut self, side: Side) -> Description {
        if let Some(stable) = self.stable.take() {
            self.sections = stable;
        }
        self.offered = None;
        self.last_offer = None;
        self.last_answer = None;
        let session = Session::new(0, 0);
        let description = Description {
            kind: SdpType::Rollback,
            session,
        };
        self.descriptions.apply(side, description.clone());
        description
    }
}

/// A local description that can be applied.
#[derive(Debug)]
pub(crate) struct LocalPlan {
    pub(crate) description: Description,
    pub(crate) sections: Vec<Section>,
}
