//! What an agent shows of itself. All of it is the present state, which may be ahead of the events
//! not yet polled.

use crate::session::Session;
use crate::transport::Transport;
use crate::{
    Agent, CandidatePair, Counters, Credentials, GatheringState, Generation, LocalCandidate,
    PairInfo, Path, RemoteCandidate, Role, TransportId, TransportState,
};

impl Agent {
    /// Our credentials of the newest generation.
    pub fn local_credentials(&self, id: TransportId) -> Option<(Generation, &Credentials)> {
        let session = self.transports.get(id)?.newest();
        Some((session.key.generation, &session.local.key.credentials))
    }

    /// Our credentials of a generation; `None` if it is gone.
    pub fn credentials(&self, id: TransportId, generation: Generation) -> Option<&Credentials> {
        let sessions = &self.transports.get(id)?.sessions;
        let session = sessions
            .iter()
            .find(|session| session.key.generation == generation)?;
        Some(&session.local.key.credentials)
    }

    /// The peer's credentials: those of the newest generation that has some.
    pub fn remote_credentials(&self, id: TransportId) -> Option<&Credentials> {
        let key = self.transports.get(id)?.agreed()?.remote.key.as_ref()?;
        Some(&key.credentials)
    }

    /// The candidates of ours in the newest generation whose events were polled, in that order.
    pub fn local_candidates(&self, id: TransportId) -> impl Iterator<Item = &LocalCandidate> {
        let session = self.transports.get(id).map(Transport::newest);
        session
            .into_iter()
            .flat_map(|session| session.local.candidates.surfaced())
    }

    /// The candidates that the peer signalled for the generation of
    /// [`remote_credentials`](Self::remote_credentials), those by name last. Those of components, protocols
    /// and addresses that are never used are left out.
    pub fn remote_candidates(&self, id: TransportId) -> impl Iterator<Item = RemoteCandidate> {
        let session = self.transports.get(id).and_then(Transport::agreed);
        session
            .into_iter()
            .flat_map(|session| session.remote.candidates.signalled())
    }

    /// The present role, which a role conflict may have changed.
    pub fn role(&self) -> Role {
        self.ctx.claim.role
    }

    /// The transport's state; closed if it does not exist.
    pub fn state(&self, id: TransportId) -> TransportState {
        self.transports
            .get(id)
            .map_or(TransportState::Closed, |transport| transport.state)
    }

    /// The transport's gathering state; new if it does not exist.
    pub fn gathering_state(&self, id: TransportId) -> GatheringState {
        self.transports
            .get(id)
            .map_or(GatheringState::New, |transport| transport.gathering)
    }

    /// The pair that data goes over: the nominated one, or the best valid one before.
    pub fn selected_pair(&self, id: TransportId) -> Option<CandidatePair> {
        let session = self.transports.get(id)?.carrier()?;
        let (_, pair) = session.selected_pair()?;
        session.candidate_pair(pair)
    }

    /// Whether the selected pair is nominated, and not only the best so far.
    pub fn is_nominated(&self, id: TransportId) -> bool {
        let carrier = self.transports.get(id).and_then(Transport::carrier);
        carrier.is_some_and(Session::is_nominated)
    }

    /// Where application data goes: the path of the selected pair, as long as there is consent at
    /// the latest time that was passed in (RFC 7675 §5.1). It may be silent for the moment.
    pub fn route(&self, id: TransportId) -> Option<Path> {
        let latest = self.ctx.latest.filter(|_| !self.ctx.closed)?;
        let (_, pair) = self.transports.get(id)?.carrier()?.selected_pair()?;
        let consented = pair.has_consent(latest, self.ctx.config.timing.consent_expiry);
        consented.then_some(pair.path)
    }

    /// The pairs of the newest generation, oldest first.
    pub fn pairs(&self, id: TransportId) -> impl Iterator<Item = PairInfo> {
        let session = self.transports.get(id).map(Transport::newest);
        session.into_iter().flat_map(|session| {
            session
                .checks
                .iter()
                .filter_map(|(id, pair)| session.pair_info(id, pair))
        })
    }

    /// What was dropped and refused so far.
    pub fn counters(&self) -> &Counters {
        &self.ctx.counters
    }
}
