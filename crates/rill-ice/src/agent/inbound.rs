//! Received datagrams, and the peer's checks (RFC 8445 §7.3).

use std::time::Instant;

use rill_stun::{Algorithm, Check as Integrity, Class, Message, Method, is_stun};

use super::pairing::Formation;
use super::relayed::Unwrapped;
use crate::candidate::RemoteId;
use crate::context::Context;
use crate::credentials::RemoteKey;
use crate::gather::RelayId;
use crate::identifier::SessionKey;
use crate::pair::{PairId, PairState};
use crate::reply::{Reply, ReplyContent};
use crate::role::Conflict;
use crate::session::Session;
use crate::{Agent, Event, Path, Proof, Received, Role};

/// What an authenticated request says.
#[derive(Clone, Copy, Debug)]
struct Request<'a> {
    path: Path,
    remote_ufrag: &'a str,
    priority: u32,
    use_candidate: bool,
    /// The number of NOMINATION.
    nomination: Option<u32>,
}

impl Agent {
    pub(super) fn receive(&mut self, now: Instant, path: Path, bytes: &mut [u8]) -> Received {
        let Some(key) = self.ctx.sockets.owner(path.socket) else {
            self.ctx.counters.unknown_socket += 1;
            return Received::Dropped;
        };
        // Two users of one server are two relays on one path, of which one knows the answer.
        let mut tried = None;
        while let Some(relay) = self.relay_at(key, &path, tried) {
            match self.unwrap(now, (key, relay), bytes) {
                Unwrapped::Foreign => tried = Some(relay),
                Unwrapped::Consumed => return Received::Consumed,
                Unwrapped::Data(path, range) => {
                    let start = range.start;
                    return self
                        .receive_from(now, key, path, &bytes[range])
                        .shifted(start);
                }
            }
        }
        self.receive_from(now, key, path, bytes)
    }

    fn relay_at(&self, key: SessionKey, path: &Path, after: Option<RelayId>) -> Option<RelayId> {
        let session = self.transports.session(key)?;
        session.gatherer.relay_by_path(path, after)
    }

    /// A datagram on a socket of a session, be it bound or relayed.
    fn receive_from(
        &mut self,
        now: Instant,
        key: SessionKey,
        path: Path,
        bytes: &[u8],
    ) -> Received {
        if !is_stun(bytes) {
            return self.application(now, key, path, bytes.len());
        }
        let message = match Message::parse(bytes) {
            Ok(message) if message.fingerprint() != Integrity::Invalid => message,
            _ => {
                self.ctx.counters.malformed += 1;
                return Received::Dropped;
            }
        };
        match (message.method(), message.class()) {
            (Method::BINDING, Class::Request) => {
                let is_taken = self.receive_request(key, path, &message, bytes.len());
                if is_taken {
                    Received::Consumed
                } else {
                    Received::Dropped
                }
            }
            (Method::BINDING, Class::Success | Class::Error) => {
                self.receive_response(now, path, &message)
            }
            // RFC 8445 §11: keepalives need no thanks.
            (Method::BINDING, Class::Indication) => Received::Consumed,
            _ => {
                self.ctx.counters.unexpected += 1;
                Received::Dropped
            }
        }
    }

    fn application(
        &mut self,
        now: Instant,
        key: SessionKey,
        path: Path,
        length: usize,
    ) -> Received {
        let mut proof = Proof::None;
        if let Some(session) = self.transports.session_mut(key)
            && let Some(id) = session.checks.by_path(path.socket, path.remote)
            && let Some(pair) = session.checks.get_mut(id)
        {
            pair.counters.datagrams_received += 1;
            if pair.is_valid() {
                pair.heard = Some(now);
                proof = Proof::Proved;
            } else if pair.requested {
                proof = Proof::Requested;
            }
            if proof != Proof::None {
                pair.counters.traffic.received(now, length);
            }
        }
        if proof != Proof::None
            && let Some(transport) = self.transports.get_mut(key.transport)
        {
            transport.traffic.received(now, length);
        }
        Received::Application {
            transport: key.transport,
            path,
            range: 0..length,
            proof,
        }
    }

    /// RFC 8445 §7.3. Gives `false` if the request was dropped without an answer.
    fn receive_request(
        &mut self,
        key: SessionKey,
        path: Path,
        message: &Message<'_>,
        length: usize,
    ) -> bool {
        let Some(session) = self.transports.session(key) else {
            return false;
        };
        let Some(remote_ufrag) = session.authenticate(path, message) else {
            self.ctx.counters.unauthenticated += 1;
            if let Some(session) = self.transports.session_mut(key) {
                session.note_refusal(path, message);
            }
            return false;
        };
        self.ctx.counters.requests_received += 1;
        let reply = |content| Reply {
            session: key,
            to: path.reply(),
            transaction: message.transaction_id(),
            content,
            sha256: message.integrity_algorithm() == Some(Algorithm::HmacSha256),
        };
        if message.unknown_attributes().next().is_some() {
            let unknown = message.unknown_attributes().collect();
            let content = ReplyContent::UnknownAttributes(unknown);
            return self.ctx.answer(reply(content), length);
        }
        let Some(priority) = message.priority() else {
            return self.ctx.answer(reply(ReplyContent::BadRequest), length);
        };
        let (controlling, controlled) = (message.ice_controlling(), message.ice_controlled());
        match self.ctx.claim.examine(controlling, controlled) {
            Conflict::Refuse => {
                return self.ctx.answer(reply(ReplyContent::RoleConflict), length);
            }
            Conflict::Switch => {
                let role = self.ctx.claim.role.opposite();
                self.take_role(role);
                self.ctx.push(Event::Role(role));
            }
            Conflict::None => {}
        }
        let is_answered = self.ctx.answer(reply(ReplyContent::Success), length);
        let request = Request {
            path,
            remote_ufrag,
            priority,
            use_candidate: message.use_candidate(),
            nomination: message.nomination(),
        };
        self.follow_request(key, request);
        is_answered
    }

    /// What a request that was answered with success leads to (RFC 8445 §7.3.1.3 to §7.3.1.5).
    fn follow_request(&mut self, key: SessionKey, request: Request<'_>) {
        if let Some(session) = self.transports.session_mut(key) {
            session.await_no_more(&mut self.ctx);
        }
        let Some((local, remote)) = self.locate(key, request) else {
            return;
        };
        let Some(id) = self.form_pair(key, local, remote, Formation::Triggered) else {
            return;
        };
        let role = self.ctx.claim.role;
        let Some(session) = self.transports.session_mut(key) else {
            return;
        };
        session.trigger_check(&mut self.ctx, id);
        if role == Role::Controlled {
            let (is_plain, number) = (request.use_candidate, request.nomination);
            session.follow_nomination(&self.ctx, id, is_plain, number);
        }
    }

    /// The candidates that a request ran between; a remote one is learned if need be.
    fn locate(
        &mut self,
        key: SessionKey,
        request: Request<'_>,
    ) -> Option<(crate::candidate::LocalId, RemoteId)> {
        let session = self.transports.session_mut(key)?;
        let local = session.local.candidates.base_of(request.path.socket)?;
        let known = session.remote.candidates.by_address(&request.path.remote);
        let limit = self.ctx.config.limits.peer_reflexive;
        let remote = known
            .or_else(|| session.discover_remote(request, limit))
            .or_else(|| {
                session.reclaim_remote()?;
                session.discover_remote(request, limit)
            });
        if remote.is_none() {
            self.ctx.counters.over_limit += 1;
        }
        Some((local, remote?))
    }
}

impl Session {
    /// The peer's ufrag, if the request is for us: right USERNAME, right MESSAGE-INTEGRITY, to an
    /// address that we told the peer of, over a pair that has not lost consent.
    fn authenticate<'a>(&self, path: Path, message: &Message<'a>) -> Option<&'a str> {
        let username = message.username()?;
        let remote_ufrag = self.local.key.remote_part(username)?;
        let remote_ufrag = std::str::from_utf8(remote_ufrag).ok()?;
        if message.verify_integrity_with(&self.local.key.integrity) != Integrity::Valid {
            return None;
        }
        // A peer that restarts may check our old candidates from its new ones. An answer would let it
        // settle on a pair that belongs to no generation of ours.
        let is_foreign = |key: &RemoteKey| key.credentials.ufrag != remote_ufrag;
        if self.remote.key.as_ref().is_some_and(is_foreign) {
            return None;
        }
        let pair = self.checks.by_path(path.socket, path.remote);
        let pair = pair.and_then(|id| self.checks.get(id));
        let is_lost = pair.is_some_and(|pair| pair.consent_lost);
        let is_open = self.local.candidates.is_surfaced(path.socket);
        (is_open && !is_lost && !self.conclusion.failed).then_some(remote_ufrag)
    }

    /// RFC 8445 §7.3.1.3.
    fn discover_remote(&mut self, request: Request<'_>, limit: usize) -> Option<RemoteId> {
        let Request {
            path,
            priority,
            remote_ufrag,
            ..
        } = request;
        let remotes = &mut self.remote.candidates;
        remotes.discover(path.remote, priority, remote_ufrag, limit)
    }

    /// Gives up a peer-reflexive candidate at which nobody answered, so that a flood does not keep
    /// an honest one out for ever. Nothing that works or may yet work is touched.
    fn reclaim_remote(&mut self) -> Option<()> {
        let is_given_up = |id: RemoteId| {
            let mut pairs = self.checks.iter().filter(|(_, pair)| pair.remote == id);
            pairs.all(|(_, pair)| pair.state == PairState::Failed && !pair.consent_lost)
        };
        let id = self.remote.candidates.find_discovered(is_given_up)?;
        for pair in self.checks.ids_where(|pair| pair.remote == id) {
            self.checks.remove(pair);
        }
        self.remote.candidates.remove(id);
        Some(())
    }

    /// RFC 8445 §7.3.1.4.
    fn trigger_check(&mut self, ctx: &mut Context, id: PairId) {
        let Some(pair) = self.checks.get_mut(id) else {
            return;
        };
        pair.requested = true;
        pair.counters.requests_received += 1;
        match pair.state {
            PairState::Succeeded => {}
            PairState::InProgress => {
                self.cancel_check(ctx, id);
                self.checks.trigger(id);
            }
            PairState::Waiting | PairState::Frozen | PairState::Failed => self.checks.trigger(id),
        }
        self.unsettled = true;
    }
}

impl Context {
    /// Queues a response, unless it is larger than the request or too many wait.
    fn answer(&mut self, reply: Reply, request_length: usize) -> bool {
        let has_room = self.replies.queue.len() < self.config.limits.responses;
        if !has_room || reply.length() > request_length {
            self.counters.suppressed_responses += 1;
            return false;
        }
        self.counters.errors_sent += u64::from(!matches!(reply.content, ReplyContent::Success));
        self.replies.queue.push_back(reply);
        true
    }
}
