//! What the user wants of an agent.

use std::time::Instant;

use crate::{
    AddCandidateError, Agent, CandidatePolicy, Credentials, Generation, RemoteCandidate, Role,
    ServerConfig, TransportId, TransportState,
};

/// Commands.
impl Agent {
    /// Adds a transport, with generation 0 and fresh credentials. Nothing is gathered yet.
    pub fn add_transport(&mut self) -> TransportId {
        let transports = &mut self.transports;
        self.ctx.rng.draw(|rng| transports.add(rng))
    }

    /// Removes a transport: closes its sockets and forgets its events.
    pub fn remove_transport(&mut self, now: Instant, id: TransportId) {
        let now = self.ctx.advance(now);
        if let Some(transport) = self.transports.remove(id) {
            for session in transport.sessions {
                self.ctx.forget(session);
            }
            self.ctx.events.forget(id);
            self.settle(now);
        }
    }

    /// Starts gathering in the newest generation, or tells of what was gathered ahead; does nothing if
    /// it was started before.
    pub fn gather(&mut self, now: Instant, id: TransportId) {
        let now = self.ctx.advance(now);
        self.start_gathering(now, id);
        self.use_ahead(now, id);
        self.settle(now);
    }

    /// The peer's credentials for the newest generation. Does nothing if they are those known.
    /// If they differ, the peer starts this generation anew (a second provisional answer, RFC 9429
    /// §5.10): its candidates, their end, the pairs and the selected pair are dropped.
    pub fn set_remote_credentials(&mut self, now: Instant, id: TransportId, remote: Credentials) {
        let now = self.ctx.advance(now);
        self.accept_remote_credentials(now, id, remote);
        self.settle(now);
    }

    /// Whether the peer is an ICE-lite agent, which sends no checks (RFC 8445 §2.5).
    pub fn set_remote_lite(&mut self, id: TransportId, lite: bool) {
        if let Some(transport) = self.transports.get_mut(id) {
            transport.newest_mut().remote.lite = lite;
        }
    }

    /// Whether the peer takes numbered nominations: its description has the ICE option `renomination`
    /// (draft-thatcher-ice-renomination §3), and so has ours. Say so ahead of its credentials.
    pub fn set_remote_renomination(&mut self, id: TransportId, renominates: bool) {
        if let Some(transport) = self.transports.get_mut(id) {
            transport.newest_mut().remote.renominates = Some(renominates);
        }
    }

    /// Adds a candidate of the peer, before or after anything else. A candidate that no pair can
    /// be made with, that is known, or that comes after the end of candidates, is accepted and
    /// counted. One without a ufrag is for the newest generation whose credentials are known.
    ///
    /// # Errors
    ///
    /// The transport or generation does not exist, or holds as many candidates as it can.
    pub fn add_remote_candidate(
        &mut self,
        now: Instant,
        id: TransportId,
        candidate: RemoteCandidate,
    ) -> Result<(), AddCandidateError> {
        let now = self.ctx.advance(now);
        let result = self.accept_remote_candidate(id, &candidate);
        self.settle(now);
        result
    }

    /// The peer has no more candidates for the generation of this ufrag (RFC 8838 §14); without
    /// one, for the newest whose credentials are known. Later ones are ignored, and so is the end
    /// of a generation that is gone.
    pub fn end_of_remote_candidates(&mut self, now: Instant, id: TransportId, ufrag: Option<&str>) {
        let now = self.ctx.advance(now);
        self.accept_end_of_candidates(id, ufrag);
        self.settle(now);
    }

    /// The peer says that it does not trickle, so that what it sent should be all, and failure
    /// need not wait for more. Candidates that come all the same are used: stacks that trickle
    /// without saying so are common.
    pub fn presume_end_of_remote_candidates(&mut self, now: Instant, id: TransportId) {
        let now = self.ctx.advance(now);
        if let Some(transport) = self.transports.get_mut(id) {
            let session = transport.newest_mut();
            session.remote.presumed_ended = true;
            session.unsettled = true;
        }
        self.settle(now);
    }

    /// Sets the role, as JSEP determines it. Does nothing if it is the present one.
    pub fn set_role(&mut self, now: Instant, role: Role) {
        let now = self.ctx.advance(now);
        if self.ctx.claim.role != role {
            self.take_role(role);
            self.settle(now);
        }
    }

    /// Other servers, and another policy, for gatherings that start from now on.
    pub fn set_servers(&mut self, servers: Vec<ServerConfig>, policy: CandidatePolicy) {
        self.ctx.config.servers = servers;
        self.ctx.config.policy = policy;
    }

    /// Starts a new generation with these credentials, which should be fresh (RFC 8445 §9).
    /// Gathering is started apart.
    ///
    /// The earlier one lives on, gathers on, and is answered and added to by its ufrag; data goes
    /// over it until the new one has a selected pair. What becomes of the two is said by
    /// [`confirm_restart`](Self::confirm_restart) or [`cancel_restart`](Self::cancel_restart).
    /// Another restart before that supersedes this one. So a transport has three generations at
    /// most: the confirmed one, the one begun since, and an older one that still carries data.
    ///
    /// `None` if the transport does not exist.
    pub fn restart(
        &mut self,
        now: Instant,
        id: TransportId,
        credentials: Credentials,
    ) -> Option<Generation> {
        let now = self.ctx.advance(now);
        let generation = self.start_generation(id, credentials);
        self.settle(now);
        generation
    }

    /// Gives the newest generation these credentials of ours in the place of its own: a description
    /// that was created earlier names them. Does nothing once gathering has begun, unless ahead.
    pub fn set_local_credentials(&mut self, id: TransportId, credentials: Credentials) {
        if let Some(transport) = self.transports.get_mut(id) {
            transport.newest_mut().adopt(credentials);
        }
    }

    /// Both sides agreed on the newest generation. Earlier ones end: they gather no more, nothing
    /// more is said of them, and they are dropped. The one that carries data lives until a little
    /// after the newest has a selected pair. Does nothing if it was confirmed before.
    pub fn confirm_restart(&mut self, now: Instant, id: TransportId) {
        let now = self.ctx.advance(now);
        self.confirm_generation(id);
        self.settle(now);
    }

    /// The restart was rolled back: the generation that was last confirmed is the newest again, and
    /// all is as if the restart had never been. Generation 0 counts as confirmed: to roll back a
    /// first offer, [remove](Self::remove_transport) the transport.
    pub fn cancel_restart(&mut self, now: Instant, id: TransportId) {
        let now = self.ctx.advance(now);
        self.cancel_generation(id);
        self.settle(now);
    }

    /// Closes everything. Afterwards there are only goodbyes to TURN servers to be sent, and then
    /// requests to close sockets and streams.
    pub fn close(&mut self, now: Instant) {
        self.ctx.advance(now);
        self.ctx.closed = true;
        for transport in self.transports.iter_mut() {
            for session in &mut transport.sessions {
                session.end_relays(&mut self.ctx, |_| true);
                self.ctx.release(session.key);
            }
            transport.state = TransportState::Closed;
        }
        self.ctx.events.clear();
        self.ctx.replies.queue.clear();
    }
}
