//! Forming pairs (RFC 8445 §6.1.2, RFC 8838 §10 to §12).

use crate::candidate::{LocalId, PairFoundation, RemoteId, pair_priority};
use crate::identifier::SessionKey;
use crate::pair::{Pair, PairId, PairState};
use crate::transport::CheckListSet;
use crate::{Agent, Generation, Kind, LocalCandidate, Path, Role, TransportId};

/// Why a pair is formed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Formation {
    /// Both candidates were signalled.
    Signalled,
    /// The peer's check came over it: whatever the addresses look like, they work.
    Triggered,
}

impl Agent {
    /// A local candidate went out to the peer: now it is paired (RFC 8838 §10).
    pub(super) fn surface(
        &mut self,
        transport: TransportId,
        generation: Generation,
        candidate: &LocalCandidate,
    ) {
        let key = SessionKey {
            transport,
            generation,
        };
        let Some(session) = self.transports.session_mut(key) else {
            return;
        };
        let locals = &mut session.local.candidates;
        let Some(id) = locals.find(candidate.address, candidate.base) else {
            return;
        };
        locals.surface(id);
        // A reflexive candidate is replaced by its base; what is redundant then is not added.
        let base = locals.base_of(candidate.socket).unwrap_or(id);
        for remote in session.remote.candidates.ids() {
            self.form_pair(key, base, remote, Formation::Signalled);
        }
        if let Some(now) = self.ctx.latest {
            self.settle(now);
        }
    }

    /// Pairs a remote candidate with all that was surfaced (RFC 8838 §11).
    pub(super) fn pair_remote(&mut self, key: SessionKey, remote: RemoteId) {
        let Some(session) = self.transports.session(key) else {
            return;
        };
        for base in session.local.candidates.surfaced_bases() {
            self.form_pair(key, base, remote, Formation::Signalled);
        }
    }

    /// The pair of a base and a remote candidate, new or known; `None` if they cannot be paired or
    /// there is no room.
    pub(super) fn form_pair(
        &mut self,
        key: SessionKey,
        local: LocalId,
        remote: RemoteId,
        formation: Formation,
    ) -> Option<PairId> {
        let role = self.ctx.claim.role;
        let session = self.transports.session_mut(key)?;
        session.unsettled = true;
        let pair = session.draft_pair(role, local, remote)?;
        // A relay that was lost.
        self.ctx.sockets.owner(pair.path.socket)?;
        if let Some(known) = session.checks.by_path(pair.path.socket, pair.path.remote) {
            return Some(known);
        }
        if formation == Formation::Signalled
            && (!session.is_plausible(&pair) || session.is_indiscreet(&pair))
        {
            return None;
        }
        if !self.make_room(pair.priority) {
            self.ctx.counters.over_limit += 1;
            return None;
        }
        let state = self.initial_state(self.transports.set_of(key), &pair);
        let session = self.transports.session_mut(key)?;
        session.permit(&mut self.ctx, pair.path);
        Some(session.checks.insert(Pair { state, ..pair }))
    }

    /// RFC 8838 §12: the topmost pair of its foundation, and one whose foundation has succeeded,
    /// may be checked at once.
    fn initial_state(&self, set: CheckListSet, pair: &Pair) -> PairState {
        let same = |other: &Pair| other.foundation == pair.foundation;
        let is_topmost =
            !self.any_pair(set, |other| same(other) && other.priority >= pair.priority);
        let has_succeeded = self.any_pair(set, |other| same(other) && other.is_valid());
        if is_topmost || has_succeeded {
            PairState::Waiting
        } else {
            PairState::Frozen
        }
    }

    /// Sees that there is room for a pair of this priority, in the longest list (RFC 8445 §6.1.2.5:
    /// evenly; RFC 8838 §10: failed pairs first, then worse ones).
    fn make_room(&mut self, priority: u64) -> bool {
        let total: usize = self
            .transports
            .sessions()
            .map(|session| session.checks.len())
            .sum();
        if total < self.ctx.config.limits.pairs {
            return true;
        }
        let longest = self
            .transports
            .sessions_mut()
            .max_by_key(|session| session.checks.len());
        let Some(session) = longest else { return false };
        let expendable = session.checks.expendable(priority);
        expendable.is_some_and(|id| session.checks.remove(id).is_some())
    }

    /// Takes a role; pair priorities depend on it (RFC 8445 §7.2.5.1, §7.3.1.1).
    pub(super) fn take_role(&mut self, role: Role) {
        self.ctx.claim.role = role;
        for session in self.transports.sessions_mut() {
            session.conclusion.nominating = None;
            // The numbers were those of the agent that nominates.
            session.conclusion.numbered = None;
            session.unsettled = true;
            session.weigh_pairs(role);
        }
    }
}

impl crate::session::Session {
    /// Computes the priorities of the pairs anew (RFC 8445 §6.1.2.3).
    pub(super) fn weigh_pairs(&mut self, role: Role) {
        let (locals, remotes) = (&self.local.candidates, &self.remote.candidates);
        for pair in self.checks.iter_mut() {
            if let Some(remote) = remotes.get(pair.remote) {
                let local = locals[pair.local].candidate.priority;
                pair.priority = pair_priority(role, local, remote.priority);
            }
        }
    }

    fn draft_pair(&self, role: Role, local: LocalId, remote: RemoteId) -> Option<Pair> {
        let base = &self.local.candidates[local];
        let candidate = self.remote.candidates.get(remote)?;
        let path = Path::new(base.candidate.socket, candidate.address);
        let foundation = PairFoundation {
            local: base.foundation,
            remote: candidate.foundation.clone(),
        };
        let priority = pair_priority(role, base.candidate.priority, candidate.priority);
        Some(Pair::new((local, remote), path, foundation, priority))
    }

    /// Whether the addresses can reach each other: same family (RFC 8445 §6.1.2.2), and loopback
    /// only among itself. Link-local IPv6 has no zone here.
    fn is_plausible(&self, pair: &Pair) -> bool {
        let ours = self.local.candidates[pair.local].candidate.base;
        let theirs = pair.path.remote;
        let is_link_local = match theirs.ip() {
            std::net::IpAddr::V6(ip) => ip.is_unicast_link_local(),
            std::net::IpAddr::V4(_) => false,
        };
        ours.is_ipv4() == theirs.is_ipv4()
            && ours.ip().is_loopback() == theirs.ip().is_loopback()
            && !is_link_local
    }

    /// Whether a TURN server would learn an address that the peer hides behind a name
    /// (draft-ietf-mmusic-mdns-ice-candidates §3.3.2). What only its checks told of may be such a one,
    /// and RFC 8445 §7.3.1.3 pairs it with nothing else anyway.
    fn is_indiscreet(&self, pair: &Pair) -> bool {
        let is_relayed = self.local.candidates[pair.local].candidate.kind == Kind::Relayed;
        let remote = self.remote.candidates.get(pair.remote);
        is_relayed && remote.is_some_and(|it| it.name.is_some() || it.is_discovered())
    }
}
