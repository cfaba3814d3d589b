//! The operations on descriptions: parse, plan, commit (RFC 9429 §5).

use std::time::Instant;

use rand_chacha::rand_core::Rng;
use rill_ice::{Credentials, Role, TransportId};
use rill_sdp::{Attribute, Media, Session, Setup};

use crate::{
    CreateAnswerError, CreateOfferError, OperationId, PeerConnection, SdpType, SessionDescription,
    SetDescriptionError, SignalingState,
    data_channel::Parity,
    fingerprint,
    jsep::{
        Description, LocalParameters, LocalPlan, MAX_MESSAGE_SIZE, RemoteData, RemotePlan,
        SCTP_PORT, Section, Side,
    },
    task::Change,
    transport::{DtlsRole, DtlsTransport},
    view::Described,
};

impl PeerConnection {
    /// Makes an offer (webrtc-pc §4.4.2, `createOffer`). It changes nothing but the record of the
    /// last created offer.
    ///
    /// # Errors
    ///
    /// The connection is closed.
    pub fn create_offer(&mut self) -> Result<SessionDescription, CreateOfferError> {
        if self.is_closed() {
            return Err(CreateOfferError::Closed);
        }
        let transport = self.data_transport().unwrap_or(self.spare);
        let parameters = self.local_parameters(transport, Setup::ActPass);
        Ok(self.jsep.create_offer(self.channels.is_used(), &parameters))
    }

    /// Makes an answer to the pending remote offer (webrtc-pc §4.4.2, `createAnswer`).
    ///
    /// # Errors
    ///
    /// The connection is closed, or no remote offer is pending.
    pub fn create_answer(&mut self) -> Result<SessionDescription, CreateAnswerError> {
        let state = self.jsep.descriptions.signaling_state;
        let offer = match (state, &self.jsep.descriptions.pending_remote) {
            (SignalingState::Closed, _) => return Err(CreateAnswerError::Closed),
            (SignalingState::HaveRemoteOffer | SignalingState::HaveLocalPranswer, Some(offer)) => {
                offer.session.clone()
            }
            _ => return Err(CreateAnswerError::NoOffer(state)),
        };
        let transport = self.data_transport().unwrap_or(self.spare);
        let parameters = self.local_parameters(transport, self.answer_setup(transport));
        Ok(self.jsep.create_answer(&offer, &parameters))
    }

    /// Applies a local description (webrtc-pc §4.4.2, `setLocalDescription`). `None`, or an empty
    /// text, takes the last created description, or creates the one that fits.
    ///
    /// The operation has its effect now; getters follow when its task is polled.
    ///
    /// # Errors
    ///
    /// The description does not fit; the connection is as it was.
    pub fn set_local_description(
        &mut self,
        now: Instant,
        description: Option<SessionDescription>,
    ) -> Result<OperationId, SetDescriptionError> {
        if self.is_closed() {
            return Err(SetDescriptionError::Closed);
        }
        let description = description.unwrap_or_else(|| self.implied_description());
        let kind = description.kind;
        if kind == SdpType::Rollback {
            self.jsep.check_step(Side::Local, kind)?;
            return Ok(self.roll_back(now, Side::Local));
        }
        // webrtc-pc §4.4.2: a text that was not created here is refused before the state is asked.
        let given = match &*description.sdp {
            "" => None,
            _ => Some(self.jsep.plan_local(&description)?),
        };
        self.jsep.check_step(Side::Local, kind)?;
        let plan = match given {
            Some(plan) => plan,
            None => {
                self.create_implied(kind);
                self.jsep.plan_local(&description)?
            }
        };
        Ok(self.commit_local(now, plan))
    }

    /// Applies a remote description (webrtc-pc §4.4.2, `setRemoteDescription`). An offer takes back
    /// a pending offer of our own.
    ///
    /// # Errors
    ///
    /// The description is malformed or does not fit; the connection is as it was.
    pub fn set_remote_description(
        &mut self,
        now: Instant,
        description: &SessionDescription,
    ) -> Result<OperationId, SetDescriptionError> {
        if self.is_closed() {
            return Err(SetDescriptionError::Closed);
        }
        let kind = description.kind;
        // webrtc-pc §4.4.1.5: an offer that meets ours rolls ours back.
        let implied_rollback = kind == SdpType::Offer
            && self.jsep.descriptions.signaling_state == SignalingState::HaveLocalOffer;
        if !implied_rollback {
            self.jsep.check_step(Side::Remote, kind)?;
        }
        if kind == SdpType::Rollback {
            return Ok(self.roll_back(now, Side::Remote));
        }
        let session = Session::parse(&description.sdp)?;
        let plan = if kind == SdpType::Offer {
            self.jsep.plan_remote_offer(&session, self.spare)?
        } else {
            self.jsep.plan_remote_answer(&session)?
        };
        if implied_rollback {
            self.commit_rollback(now, Side::Local, None);
        }
        Ok(self.commit_remote(now, Description { kind, session }, plan))
    }

    /// The transport of the data section, where there is one.
    fn data_transport(&self) -> Option<TransportId> {
        self.jsep.sections.iter().find_map(Section::transport)
    }

    /// What `setLocalDescription()` without arguments means (webrtc-pc §4.4.2).
    fn implied_description(&self) -> SessionDescription {
        let kind = match self.jsep.descriptions.signaling_state {
            SignalingState::HaveRemoteOffer | SignalingState::HaveLocalPranswer => SdpType::Answer,
            _ => SdpType::Offer,
        };
        SessionDescription::new(kind, "")
    }

    fn create_implied(&mut self, kind: SdpType) {
        // Created afresh: what changed since the last creation is in it. Both can only fail in
        // states that were checked before.
        let created = match kind {
            SdpType::Offer => self.create_offer().is_ok(),
            _ => self.create_answer().is_ok(),
        };
        debug_assert!(created, "the signaling state was checked");
    }

    fn local_parameters(&self, transport: TransportId, setup: Setup) -> LocalParameters {
        let credentials = self.agent.local_credentials(transport);
        let credentials = credentials.map_or_else(
            || Credentials {
                ufrag: String::new(),
                pwd: String::new(),
            },
            |(_, own)| own.clone(),
        );
        let gathered = self.gathered(&credentials.ufrag);
        LocalParameters {
            transport,
            credentials,
            fingerprint: fingerprint::of_certificate(&self.certificate),
            setup,
            tls_id: self.tls_id.clone(),
            gathered,
        }
    }

    /// The candidates of a generation that were surfaced (RFC 9429 §5.2.2).
    fn gathered(&self, ufrag: &str) -> Vec<Attribute> {
        let surfaced = |attribute: &&Attribute| {
            matches!(
                attribute,
                Attribute::Candidate(_) | Attribute::EndOfCandidates
            )
        };
        let mut descriptions = self.view.descriptions.of(Side::Local);
        let media = descriptions.find_map(|description| {
            description
                .session
                .media
                .iter()
                .find(|media| media.ice_ufrag() == Some(ufrag))
        });
        media.map_or_else(Vec::new, |media| {
            media.attributes.iter().filter(surfaced).cloned().collect()
        })
    }

    /// RFC 8842 §5.3: we are the client unless the peer wants to be, or DTLS runs already.
    fn answer_setup(&self, transport: TransportId) -> Setup {
        let running = self.transport(transport).and_then(DtlsTransport::role);
        let offered = self.jsep.offered.as_ref().map(|offered| offered.setup);
        match (running, offered) {
            (Some(DtlsRole::Client), _) => Setup::Active,
            (Some(DtlsRole::Server), _) | (None, Some(Setup::Active)) => Setup::Passive,
            (None, _) => Setup::Active,
        }
    }

    fn commit_local(&mut self, now: Instant, plan: LocalPlan) -> OperationId {
        let kind = plan.description.kind;
        let fresh = self.jsep.descriptions.signaling_state == SignalingState::Stable
            && self.jsep.established.is_none();
        if kind == SdpType::Offer && fresh {
            // RFC 9429 §5.6: the offerer controls.
            self.agent.set_role(now, Role::Controlling);
        }
        let setup = plan.description.session.media.iter().find_map(Media::setup);
        self.jsep
            .commit(Side::Local, plan.description.clone(), plan.sections);
        self.take_transports(now);
        let mut assigned = Vec::new();
        if matches!(kind, SdpType::Answer | SdpType::Pranswer) {
            let role = match setup {
                Some(Setup::Passive) => DtlsRole::Server,
                _ => DtlsRole::Client,
            };
            if let Some(remote) = self.jsep.offered.clone() {
                assigned = self.establish(now, remote, role);
            }
        }
        let operation = self.operations.begin();
        self.describe(Side::Local, plan.description, assigned, Some(operation));
        // After the task, so that nothing of gathering fires before it.
        for transport in self.jsep.transports() {
            self.report_unsupported_servers();
            self.agent.gather(now, transport);
        }
        self.after_description(now, kind);
        operation
    }

    fn commit_remote(
        &mut self,
        now: Instant,
        description: Description,
        plan: RemotePlan,
    ) -> OperationId {
        let kind = description.kind;
        let first = self.jsep.established.is_none();
        // The token decides what the end of the description means.
        let trickle = description.session.lists_trickle();
        self.jsep
            .commit(Side::Remote, description.clone(), plan.sections);
        self.take_transports(now);
        let mut assigned = Vec::new();
        if let Some(data) = &plan.data {
            if kind == SdpType::Offer && first {
                // RFC 8445 §6.1.1: the answerer is controlled, unless the peer is a lite agent.
                let role = if data.lite {
                    Role::Controlling
                } else {
                    Role::Controlled
                };
                self.agent.set_role(now, role);
            }
            self.hand_to_ice(now, data, trickle);
        }
        match (kind, plan.data) {
            (SdpType::Offer, data) => self.jsep.offered = data,
            (_, Some(data)) => {
                let role = match data.setup {
                    Setup::Active => DtlsRole::Server,
                    _ => DtlsRole::Client,
                };
                assigned = self.establish(now, data, role);
            }
            (_, None) => {}
        }
        let operation = self.operations.begin();
        self.describe(Side::Remote, description, assigned, Some(operation));
        self.after_description(now, kind);
        operation
    }

    /// What both sides agreed on takes effect: DTLS may start, SCTP has its parameters.
    fn establish(
        &mut self,
        now: Instant,
        remote: RemoteData,
        role: DtlsRole,
    ) -> Vec<(crate::ChannelId, u16)> {
        let transport = self.transport_mut(remote.transport);
        let kept = transport.and_then(|transport| {
            transport.negotiate(role, remote.fingerprints.clone());
            transport.role()
        });
        // An association that was agreed before keeps its roles, be the answer as it may.
        let parity = match kept.unwrap_or(role) {
            DtlsRole::Client => Parity::Even,
            DtlsRole::Server => Parity::Odd,
        };
        let peer_limit = match remote.max_message_size {
            0 => usize::MAX,
            limit => usize::try_from(limit).unwrap_or(usize::MAX),
        };
        let config = rill_sctp::Config {
            local_port: SCTP_PORT,
            remote_port: remote.sctp_port,
            max_message_size: MAX_MESSAGE_SIZE as usize,
            ..rill_sctp::Config::default()
        };
        // One message must fit what may be queued at all.
        let limit = peer_limit.min(config.send_buffer_limit);
        let seed = self.rng.next_u64();
        self.jsep.established = Some(remote);
        self.channels
            .establish(now, config, limit, seed, parity, &mut self.tasks)
    }

    fn hand_to_ice(&mut self, now: Instant, data: &RemoteData, trickle: bool) {
        let id = data.transport;
        self.agent.set_remote_lite(id, data.lite);
        self.agent
            .set_remote_credentials(now, id, data.credentials.clone());
        for candidate in &data.candidates {
            self.add_to_ice(now, id, candidate);
        }
        if data.end_of_candidates {
            self.agent.end_of_remote_candidates(now, id);
        } else if !trickle {
            self.agent.presume_end_of_remote_candidates(now, id);
        }
    }

    /// Makes the transports those of the sections: new ones are taken, unused ones go, and with them
    /// the channels they carried.
    fn take_transports(&mut self, now: Instant) {
        let live = self.jsep.transports();
        let carried = self.jsep.established.as_ref().map(|data| data.transport);
        if carried.is_some_and(|id| !live.contains(&id)) {
            self.jsep.established = None;
            self.carry.clear();
            self.channels.remove_association(&mut self.tasks);
        }
        let gone: Vec<_> = self
            .transports
            .iter()
            .map(DtlsTransport::id)
            .filter(|id| !live.contains(id))
            .collect();
        for id in gone {
            self.agent.remove_transport(now, id);
        }
        self.transports
            .retain(|transport| live.contains(&transport.id()));
        for id in live {
            if self.transport(id).is_none() {
                self.transports.push(DtlsTransport::new(id));
            }
            if id == self.spare {
                self.spare = self.agent.add_transport();
            }
        }
    }

    fn describe(
        &mut self,
        side: Side,
        description: Description,
        assigned: Vec<(crate::ChannelId, u16)>,
        operation: Option<OperationId>,
    ) {
        self.tasks.push(Change::Describe(Box::new(Described {
            operation,
            side,
            description,
            transports: self.jsep.transports(),
            assigned,
        })));
    }

    /// The last step of webrtc-pc §4.4.1.5: a completed exchange may leave something to negotiate.
    fn after_description(&mut self, now: Instant, kind: SdpType) {
        if matches!(kind, SdpType::Answer | SdpType::Rollback) {
            self.update_negotiation_needed();
        }
        self.pump(now);
    }

    fn roll_back(&mut self, now: Instant, side: Side) -> OperationId {
        let operation = self.operations.begin();
        self.commit_rollback(now, side, Some(operation));
        operation
    }

    fn commit_rollback(&mut self, now: Instant, side: Side, operation: Option<OperationId>) {
        let description = self.jsep.rollback(side);
        self.take_transports(now);
        let implied = operation.is_none();
        self.describe(side, description, Vec::new(), operation);
        // The offer that implies it follows at once: what is needed shows when that was answered.
        if !implied {
            self.after_description(now, SdpType::Rollback);
        }
    }

    pub(super) fn transport(&self, id: TransportId) -> Option<&DtlsTransport> {
        self.transports
            .iter()
            .find(|transport| transport.id() == id)
    }

    pub(super) fn transport_mut(&mut self, id: TransportId) -> Option<&mut DtlsTransport> {
        self.transports
            .iter_mut()
            .find(|transport| transport.id() == id)
    }
}
