//! What an applied description does. Nothing here can fail.

use std::time::Instant;

use rill_ice::{Credentials, Role, TransportId};

use crate::{
    OperationId, PeerConnection, SdpType, TransceiverInit,
    jsep::{
        AnswerPlan, Description, LocalPlan, OfferPlan, RemoteSide, RemoteTransport, Section, Side,
    },
    transceiver::{Direction, Origin},
    transport::DtlsTransport,
};

impl PeerConnection {
    pub(super) fn commit_local(&mut self, now: Instant, mut plan: LocalPlan) -> OperationId {
        let kind = plan.description.kind;
        self.was_described = true;
        self.revive(&mut plan);
        if kind == SdpType::Offer {
            if self.is_first_exchange() {
                // RFC 9429 §5.6: the offerer controls.
                self.agent.set_role(now, Role::Controlling);
            }
            self.restart_offered(now, &plan.credentials);
        }
        self.jsep
            .commit(Side::Local, plan.description.clone(), plan.sections);
        self.take_transports(now);
        self.keep_tls_ids(&plan.description);
        let mut assigned = Vec::new();
        if kind != SdpType::Offer
            && let Some(remote) = self.jsep.pending_answered()
        {
            assigned = self.establish(now, remote, &plan.description, Side::Local);
        }
        self.finish_exchange(now, kind);
        let operation = self.operations.begin();
        let mut described = self.described(Side::Local, plan.description, Some(operation));
        described.local_credentials = plan.credentials;
        described.assigned = assigned;
        self.describe(described);
        // After the task, so that nothing of gathering fires before it.
        let transports = self.jsep.transports();
        if !transports.is_empty() {
            self.report_unsupported_servers();
        }
        for transport in transports {
            self.agent.gather(now, transport);
            self.pool.release(transport);
        }
        self.after_description(now, kind);
        operation
    }

    /// A description that was created before a rollback may name transports and transceivers that went
    /// with it. Those that are there now take their place, with the credentials that it tells.
    fn revive(&mut self, plan: &mut LocalPlan) {
        if plan.description.kind != SdpType::Offer {
            let offered = &self.jsep.offered;
            for (own, offered) in plan.sections.iter_mut().zip(offered) {
                own.set_transceiver(offered.transceiver());
            }
        }
        for (id, credentials) in plan.credentials.clone() {
            if let Some((_, own)) = self.agent.local_credentials(id) {
                if plan.description.kind != SdpType::Offer && *own != credentials {
                    // Restarted again since, by the same offer.
                    self.agent.set_local_credentials(id, credentials);
                }
                continue;
            }
            let of_transport = |section: &&Section| section.transport() == Some(id);
            let index = plan
                .sections
                .iter()
                .position(|section| of_transport(&section));
            let offered = index.and_then(|index| self.jsep.offered.get(index));
            let present = match plan.description.kind {
                SdpType::Offer => None,
                _ => offered.and_then(Section::transport),
            };
            let present = present.unwrap_or_else(|| self.agent.add_transport());
            self.agent.set_local_credentials(present, credentials);
            plan.replace_transport(id, present);
            self.jsep
                .replace_transport(plan.description.kind, id, present);
        }
    }

    /// What our description says of the DTLS associations stays said.
    fn keep_tls_ids(&mut self, description: &Description) {
        let session = description.session();
        let sections = self.jsep.sections.iter().zip(&session.media);
        for (section, media) in sections {
            if let (Some(id), Some(tls_id)) = (section.transport(), media.tls_id())
                && let Some(transport) = self.transports.iter_mut().find(|t| t.id() == id)
            {
                transport.set_tls_id(tls_id);
            }
        }
    }

    pub(super) fn commit_remote_offer(
        &mut self,
        now: Instant,
        description: Description,
        mut plan: OfferPlan,
    ) -> OperationId {
        if self.is_first_exchange() {
            // RFC 8445 §6.1.1: the answerer is controlled, unless the peer is a lite agent.
            let lite = plan.remote.transports.iter().any(|t| t.lite);
            let role = if lite {
                Role::Controlling
            } else {
                Role::Controlled
            };
            self.agent.set_role(now, role);
        }
        for kind in plan.transceivers {
            let init = TransceiverInit {
                direction: Direction::RecvOnly,
                ..TransceiverInit::default()
            };
            let transceivers = &mut self.transceivers;
            let id = self
                .rng
                .draw(|rng| transceivers.add(kind, init, Origin::Remote, rng));
            self.offered_transceivers.push(id);
        }
        let before = self.jsep.pending.take();
        self.jsep
            .commit(Side::Remote, description.clone(), plan.sections);
        self.take_transports(now);
        self.restart_asked(now, before.as_ref(), &plan.remote, &plan.restarts);
        self.hand_to_ice(now, &mut plan.remote, description.session().lists_trickle());
        let credentials = remote_credentials(&plan.remote);
        self.jsep.pending = Some(plan.remote);
        let operation = self.operations.begin();
        let mut described = self.described(Side::Remote, description, Some(operation));
        described.remote_credentials = credentials;
        self.describe(described);
        self.after_description(now, SdpType::Offer);
        operation
    }

    pub(super) fn commit_remote_answer(
        &mut self,
        now: Instant,
        description: Description,
        mut plan: AnswerPlan,
    ) -> OperationId {
        let kind = description.kind;
        self.jsep
            .commit(Side::Remote, description.clone(), plan.sections);
        self.take_transports(now);
        self.hand_to_ice(now, &mut plan.remote, description.session().lists_trickle());
        let credentials = remote_credentials(&plan.remote);
        let assigned = self.establish(now, plan.remote, &description, Side::Remote);
        self.finish_exchange(now, kind);
        let operation = self.operations.begin();
        let mut described = self.described(Side::Remote, description, Some(operation));
        described.remote_credentials = credentials;
        described.assigned = assigned;
        self.describe(described);
        self.after_description(now, kind);
        operation
    }

    /// Whether no exchange was completed yet; only then do descriptions choose the ICE role.
    fn is_first_exchange(&self) -> bool {
        self.jsep.established.transports.is_empty()
    }

    /// Restarts ICE where our offer has other credentials than the transport (RFC 8839 §4.4.1.1.1).
    fn restart_offered(&mut self, now: Instant, offered: &[(TransportId, Credentials)]) {
        for (id, credentials) in offered {
            let differs = |peer: &Self| {
                let newest = peer.agent.local_credentials(*id);
                newest.is_none_or(|(_, own)| own != credentials)
            };
            if self.transport(*id).is_none() || !differs(self) {
                continue;
            }
            // Another offer took the place of one that restarted.
            self.agent.cancel_restart(now, *id);
            self.jsep.restarts.retain(|other| other != id);
            if differs(self) {
                self.agent.restart(now, *id, credentials.clone());
                self.jsep.restarts.push(*id);
            }
        }
    }

    /// Restarts ICE where the peer's offer does, unless an offer before it did with the same
    /// credentials.
    fn restart_asked(
        &mut self,
        now: Instant,
        before: Option<&RemoteSide>,
        remote: &RemoteSide,
        restarts: &[TransportId],
    ) {
        let earlier = before.iter().flat_map(|side| &side.transports);
        for left in earlier.filter(|earlier| remote.transport(earlier.id).is_none()) {
            self.agent.cancel_restart(now, left.id);
        }
        for transport in &remote.transports {
            let id = transport.id;
            let same = |before: &RemoteTransport| before.credentials == transport.credentials;
            let earlier = before.and_then(|side| side.transport(id));
            if earlier.is_some_and(same) {
                continue;
            }
            if earlier.is_some() {
                self.agent.cancel_restart(now, id);
            }
            if restarts.contains(&id) {
                let credentials = self.rng.draw(Credentials::generate);
                self.agent.restart(now, id, credentials);
            }
        }
    }

    fn hand_to_ice(&mut self, now: Instant, remote: &mut RemoteSide, trickle: bool) {
        for transport in &mut remote.transports {
            let id = transport.id;
            let ufrag = &transport.credentials.ufrag;
            self.agent.set_remote_lite(id, transport.lite);
            self.agent
                .set_remote_renomination(id, transport.renominates);
            self.agent
                .set_remote_credentials(now, id, transport.credentials.clone());
            for candidate in std::mem::take(&mut transport.candidates) {
                self.add_to_ice(now, id, &candidate, ufrag);
            }
            if transport.end_of_candidates {
                self.agent.end_of_remote_candidates(now, id, Some(ufrag));
            } else if !trickle {
                self.agent.presume_end_of_remote_candidates(now, id);
            }
        }
    }

    /// A final answer ends what the exchange kept in reserve.
    fn finish_exchange(&mut self, now: Instant, kind: SdpType) {
        if kind != SdpType::Answer {
            return;
        }
        for id in self.jsep.transports() {
            self.agent.confirm_restart(now, id);
        }
        self.jsep.pending = None;
        self.offered_transceivers.clear();
        self.pool.drain();
        self.release_spares(now);
    }

    /// Nothing refers to the spare transports any more; those of the pool wait on.
    fn release_spares(&mut self, now: Instant) {
        let (kept, gone) = std::mem::take(&mut self.spares)
            .into_iter()
            .partition(|spare| self.pool.holds(*spare));
        self.spares = kept;
        let gone: Vec<_> = gone;
        for spare in gone {
            self.agent.remove_transport(now, spare);
        }
    }

    /// Makes the transports those of the sections: new ones are taken, unused ones go, and with them
    /// the channels they carried.
    fn take_transports(&mut self, now: Instant) {
        let live = self.jsep.transports();
        if let Some(carrier) = self.data_transport
            && !self.jsep.carries_data(carrier)
        {
            self.data_transport = None;
            self.carry.clear();
            self.channels.remove_association(&mut self.tasks);
        }
        let gone: Vec<_> = self
            .transports
            .iter()
            .map(DtlsTransport::id)
            .filter(|id| !live.contains(id))
            .collect();
        self.transports_left |= !gone.is_empty();
        for id in gone {
            self.agent.remove_transport(now, id);
        }
        self.transports
            .retain(|transport| live.contains(&transport.id()));
        self.selected.retain(|(id, _)| live.contains(id));
        let established = &mut self.jsep.established.transports;
        established.retain(|transport| live.contains(&transport.id));
        for id in live {
            if self.transport(id).is_none() {
                self.transports.push(DtlsTransport::new(id));
            }
            self.spares.retain(|spare| *spare != id);
        }
    }

    pub(super) fn roll_back(&mut self, now: Instant, side: Side) -> OperationId {
        let operation = self.operations.begin();
        self.commit_rollback(now, side, Some(operation));
        operation
    }

    pub(super) fn commit_rollback(
        &mut self,
        now: Instant,
        side: Side,
        operation: Option<OperationId>,
    ) {
        let description = self.jsep.rollback(side);
        self.take_transports(now);
        for id in self.jsep.transports() {
            self.agent.cancel_restart(now, id);
        }
        let created = std::mem::take(&mut self.offered_transceivers);
        let unused = |id: &_| {
            let transceiver = self.transceivers.get(*id);
            transceiver.is_some_and(|transceiver| transceiver.origin == Origin::Remote)
        };
        let removed: Vec<_> = created.into_iter().filter(unused).collect();
        for id in &removed {
            self.transceivers.remove(*id);
        }
        let mut described = self.described(side, description, operation);
        let kept = self.jsep.sections.iter().filter_map(Section::transceiver);
        described.kept = kept.collect();
        described.removed = removed;
        let own = self.jsep.transports().into_iter();
        let own = own.filter_map(|id| Some((id, self.agent.local_credentials(id)?.1.clone())));
        described.local_credentials = own.collect();
        described.remote_credentials = remote_credentials(&self.jsep.established);
        self.describe(described);
        // The offer that implies it follows at once: it was planned with the spare transports, and what
        // is needed shows when it was answered.
        if operation.is_some() {
            self.release_spares(now);
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

fn remote_credentials(side: &RemoteSide) -> Vec<(TransportId, Credentials)> {
    let credentials = side.transports.iter();
    credentials
        .map(|transport| (transport.id, transport.credentials.clone()))
        .collect()
}
