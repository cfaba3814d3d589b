//! What signalling brings from the peer.

use std::net::SocketAddr;
use std::time::Instant;

use crate::candidate::{Added, RemoteFoundation, RemoteId, Usability, is_unicast};
use crate::context::Context;
use crate::credentials::RemoteKey;
use crate::identifier::SessionKey;
use crate::pair::Pair;
use crate::session::{Conclusion, Patience, Session};
use crate::timer::Timer;
use crate::transaction::Owner;
use crate::{
    AddCandidateError, Agent, CandidatePolicy, Credentials, GatheringState, RemoteAddress,
    RemoteCandidate, Response, Role, TransportId, mdns,
};

impl Agent {
    pub(super) fn accept_remote_credentials(
        &mut self,
        now: Instant,
        id: TransportId,
        credentials: Credentials,
    ) {
        let Some(transport) = self.transports.get_mut(id) else {
            return;
        };
        let carrier = transport.carrier();
        let is_carried =
            carrier.is_some_and(|old| old.is_answering(now, &self.ctx.config) == Some(true));
        let session = transport.newest_mut();
        let known = session.remote.key.as_ref().map(|key| &key.credentials);
        if self.ctx.closed || known == Some(&credentials) {
            return;
        }
        if known.is_some() {
            session.forget_peer(&mut self.ctx);
        }
        for gone in session.remote.candidates.retain_ufrag(&credentials.ufrag) {
            for pair in session.checks.ids_where(|pair| pair.remote == gone) {
                session.drop_pair(&mut self.ctx, pair);
            }
        }
        // Ahead of our gathering: it is the peer that restarts, and it has no answer yet.
        session.remote.awaited = is_carried && session.gatherer.state == GatheringState::New;
        if session.remote.ended_early.take().as_ref() == Some(&credentials.ufrag) {
            session.remote.ended = true;
        }
        session.remote.key = Some(RemoteKey::new(credentials, &session.local.key.credentials));
        session.unsettled = true;
        // RFC 8863 §4: from now on either side may send checks.
        if session.conclusion.patience == Patience::Unstarted {
            session.conclusion.patience = Patience::Running;
            let over = now + self.ctx.config.timing.patience;
            self.ctx.timers.set(Timer::Patience(session.key), over);
        }
    }

    pub(super) fn accept_remote_candidate(
        &mut self,
        id: TransportId,
        candidate: &RemoteCandidate,
    ) -> Result<(), AddCandidateError> {
        let key = self.session_for(id, candidate.ufrag.as_deref())?;
        let limit = self.ctx.config.limits.remote_candidates;
        let counters = &mut self.ctx.counters;
        let Some(session) = self.transports.session_mut(key) else {
            return Err(AddCandidateError::UnknownTransport);
        };
        // RFC 8838 §14.
        if session.remote.ended {
            counters.ignored_candidates += 1;
            return Ok(());
        }
        let added = match candidate.usability() {
            Usability::Pairable(address) => {
                session.remote.candidates.signal(candidate, address, limit)
            }
            Usability::Named => session.remote.candidates.signal_name(candidate, limit),
            Usability::Unusable => {
                counters.unusable_candidates += 1;
                return Ok(());
            }
        };
        match added {
            Added::Full => {
                self.ctx.counters.over_limit += 1;
                return Err(AddCandidateError::TooMany { limit });
            }
            Added::Named => {
                session.unsettled = true;
                session.look_up(&mut self.ctx, candidate);
            }
            added => self.follow_addition(key, added),
        }
        Ok(())
    }

    fn follow_addition(&mut self, key: SessionKey, added: Added) {
        let Some(session) = self.transports.session_mut(key) else {
            return;
        };
        session.unsettled = true;
        match added {
            Added::New(remote) => self.pair_remote(key, remote),
            Added::Upgraded(remote) => {
                session.adopt_signalled(self.ctx.claim.role, remote);
                self.pair_remote(key, remote);
            }
            Added::Known => self.ctx.counters.ignored_candidates += 1,
            Added::Named | Added::Full => {}
        }
    }

    /// Multicast DNS answered for a name of the peer, or gave it up.
    pub(super) fn name_resolved(
        &mut self,
        key: SessionKey,
        candidate: &RemoteCandidate,
        response: Response,
    ) {
        let Some(session) = self.transports.session_mut(key) else {
            return;
        };
        session.remote.lookups = session.remote.lookups.saturating_sub(1);
        session.unsettled = true;
        let is_signalled = session.remote.candidates.has_name(candidate);
        let RemoteAddress::Name { port, .. } = &candidate.address else {
            return;
        };
        let ip = match &response {
            Response::Resolved(addresses) => addresses.first().copied(),
            _ => None,
        };
        // What is not a unicast address is no better for having been looked up.
        let address = ip
            .map(|ip| SocketAddr::new(ip, *port))
            .filter(|address| is_unicast(*address));
        session.note_lookup(candidate, address, &response);
        match address.filter(|_| is_signalled) {
            Some(address) => {
                let added = session.remote.candidates.resolve(candidate, address);
                self.follow_addition(key, added);
            }
            None => self.ctx.counters.unusable_candidates += 1,
        }
    }

    pub(super) fn accept_end_of_candidates(&mut self, id: TransportId, ufrag: Option<&str>) {
        let Ok(key) = self.session_for(id, ufrag) else {
            self.ctx.counters.ignored_candidates += 1;
            return;
        };
        let Some(session) = self.transports.session_mut(key) else {
            return;
        };
        match (&session.remote.key, ufrag) {
            (None, Some(ufrag)) => session.remote.ended_early = Some(ufrag.to_owned()),
            (Some(_), _) | (None, None) => session.remote.ended = true,
        }
        session.unsettled = true;
    }

    /// The generation that a candidate belongs to.
    fn session_for(
        &self,
        id: TransportId,
        ufrag: Option<&str>,
    ) -> Result<SessionKey, AddCandidateError> {
        let transport = self.transports.get(id).filter(|_| !self.ctx.closed);
        let transport = transport.ok_or(AddCandidateError::UnknownTransport)?;
        let newest = transport.newest();
        let has_ufrag = |session: &&Session| match (&session.remote.key, ufrag) {
            (Some(key), Some(ufrag)) => key.credentials.ufrag == ufrag,
            (Some(_), None) => true,
            (None, _) => false,
        };
        match transport.sessions.iter().rev().find(has_ufrag) {
            Some(session) => Ok(session.key),
            // Ahead of its description, perhaps: sorted out when the credentials come.
            None if newest.remote.key.is_none() => Ok(newest.key),
            None => Err(AddCandidateError::UnknownUfrag),
        }
    }
}

impl Session {
    /// Our checks need not wait for the peer's first any more.
    pub(super) fn await_no_more(&mut self, ctx: &mut Context) {
        if std::mem::take(&mut self.remote.awaited) {
            ctx.timers.clear(Timer::FirstCheck(self.key));
        }
    }

    /// Only `.local` names are looked up, and only by multicast: a description must not make its
    /// reader send DNS queries.
    fn look_up(&mut self, ctx: &mut Context, candidate: &RemoteCandidate) {
        let RemoteAddress::Name { name, .. } = &candidate.address else {
            return;
        };
        // A question to everybody nearby is what the relay policy forbids (RFC 9429 §3.5.3).
        let policy = match self.gatherer.state {
            GatheringState::Gathering | GatheringState::Complete if !self.gatherer.ahead => {
                self.gatherer.policy
            }
            _ => ctx.config.policy,
        };
        let has_room =
            policy == CandidatePolicy::All && self.remote.lookups < ctx.config.limits.lookups;
        match name.parse::<mdns::Name>() {
            Ok(name) if has_room => {
                self.remote.lookups += 1;
                self.note_name(candidate);
                ctx.requests.look_up(self.key, candidate, name.to_string());
            }
            Ok(_) | Err(_) => ctx.counters.unusable_candidates += 1,
        }
    }

    /// The peer starts this generation anew: what was found out about it is void.
    fn forget_peer(&mut self, ctx: &mut Context) {
        let key = self.key;
        ctx.end_where(|owner| matches!(owner, Owner::Check(check) if check.session == key));
        for id in self.checks.ids_where(|_| true) {
            self.checks.remove(id);
        }
        self.remote.candidates.clear();
        self.notes.forget_names();
        self.conclusion = Conclusion::default();
        self.remote.ended = false;
        self.remote.presumed_ended = false;
        self.remote.awaited = false;
        ctx.timers.clear(Timer::Consent(key));
        ctx.timers.clear(Timer::Nomination(key));
    }

    fn drop_pair(&mut self, ctx: &mut Context, id: crate::pair::PairId) {
        if let Some(pair) = self.checks.remove(id)
            && let Some(transaction) = pair.transaction
        {
            ctx.end(transaction);
        }
    }

    /// What was peer-reflexive is signalled now: its pairs are of that foundation, and worth what the
    /// peer says. States, selection and consent stay as they are.
    fn adopt_signalled(&mut self, role: Role, remote: RemoteId) {
        let Some(candidate) = self.remote.candidates.get(remote) else {
            return;
        };
        let foundation: RemoteFoundation = candidate.foundation.clone();
        let is_its = |pair: &&mut Pair| pair.remote == remote;
        for pair in self.checks.iter_mut().filter(is_its) {
            pair.foundation.remote = foundation.clone();
        }
        self.weigh_pairs(role);
        // Some were put aside for a pair that may be worse than they.
        self.release_held();
    }
}
