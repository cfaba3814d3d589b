//! Answers to our requests (RFC 8445 §7.2.5).

use std::net::SocketAddr;
use std::time::Instant;

use rill_stun::{Check as Integrity, Class, Message, TransactionId};

use crate::candidate::FoundationKey;
use crate::context::Context;
use crate::pair::{Nominated, PairId, PairState};
use crate::session::Session;
use crate::transaction::{Check, CheckKind, Owner, Transaction};
use crate::{Agent, Event, Kind, LocalCandidate, Path, Received, Role};

/// RFC 8445 §7.3.1.1.
pub(super) const ROLE_CONFLICT: u16 = 487;

/// RFC 7675 §5.2.
const FORBIDDEN: u16 = 403;

impl Agent {
    pub(super) fn receive_response(
        &mut self,
        now: Instant,
        path: Path,
        message: &Message<'_>,
    ) -> Received {
        let id = message.transaction_id();
        // RFC 8489 §6.3.3: what must be understood and is not, makes the response void.
        let is_void = message.unknown_attributes().next().is_some();
        let transaction = self.ctx.transactions.get(id).copied().filter(|_| !is_void);
        let is_taken = transaction.is_some_and(|transaction| match transaction.owner {
            Owner::Check(check) => self.check_answered(now, path, message, (check, &transaction)),
            Owner::Server { .. } => self.query_answered(now, path, message, &transaction),
        });
        if is_taken {
            return Received::Consumed;
        }
        self.ctx.counters.stray_responses += 1;
        Received::Dropped
    }

    /// Servers do not authenticate: the id and the address must do.
    fn query_answered(
        &mut self,
        now: Instant,
        path: Path,
        message: &Message<'_>,
        transaction: &Transaction,
    ) -> bool {
        let Owner::Server { session, query } = transaction.owner else {
            return false;
        };
        if path.key() != transaction.path.key() {
            return false;
        }
        let Some(session) = self.transports.session_mut(session) else {
            return false;
        };
        let is_taken = session.server_answered(&mut self.ctx, now, query, message);
        if is_taken {
            self.ctx.end(message.transaction_id());
        }
        is_taken
    }

    fn check_answered(
        &mut self,
        now: Instant,
        path: Path,
        message: &Message<'_>,
        (check, transaction): (Check, &Transaction),
    ) -> bool {
        let id = message.transaction_id();
        let Some(session) = self.transports.session_mut(check.session) else {
            return false;
        };
        let integrity = session
            .remote
            .key
            .as_ref()
            .map(|key| message.verify_integrity_with(&key.integrity));
        if integrity != Some(Integrity::Valid) {
            return false;
        }
        // RFC 8445 §7.2.5.2.1: whoever answers from elsewhere is not whom we asked.
        if path.key() != transaction.path.key() {
            if check.kind == CheckKind::Validation {
                session.check_failed(&mut self.ctx, check, id);
            }
            return check.kind == CheckKind::Validation;
        }
        match (
            message.class(),
            message.xor_mapped_address(),
            message.error_code(),
        ) {
            (Class::Success, Some(mapped), _) => {
                self.ctx.end(id);
                self.check_succeeded(now, (check, transaction), mapped);
            }
            (Class::Error, _, Some(error)) if error.code == ROLE_CONFLICT => {
                self.role_refused(check, id);
            }
            (Class::Error, _, Some(error)) if error.code == FORBIDDEN => {
                session.lose_consent(&mut self.ctx, check.pair);
            }
            (Class::Error, _, Some(_)) => session.check_failed(&mut self.ctx, check, id),
            _ => return false,
        }
        true
    }

    /// RFC 8445 §7.2.5.3.
    fn check_succeeded(
        &mut self,
        now: Instant,
        (check, transaction): (Check, &Transaction),
        mapped: SocketAddr,
    ) {
        let role = self.ctx.claim.role;
        let Some(session) = self.transports.session_mut(check.session) else {
            return;
        };
        let ctx = &mut self.ctx;
        let Some(pair) = session
            .checks
            .get(check.pair)
            .filter(|pair| !pair.consent_lost)
        else {
            return;
        };
        let (was_valid, foundation) = (pair.is_valid(), pair.foundation.clone());
        session.note_answer(now, check.pair, transaction);
        session.discover_local(ctx, check, mapped);
        if !was_valid {
            session.validate(ctx, check.pair);
        }
        if check.kind == CheckKind::Nomination && role == Role::Controlling {
            session.set_nominated(check.pair);
            if session.conclusion.nominating == Some(check.pair) {
                session.conclusion.nominating = None;
            }
        }
        if session
            .conclusion
            .selected
            .is_some_and(|selected| selected.pair == check.pair)
        {
            session.renew_consent(ctx);
        }
        session.unsettled = true;
        if !was_valid {
            // RFC 8445 §7.2.5.3.3: in all check lists of the set.
            let set = self.transports.set_of(check.session);
            for session in self.transports.sessions_in_mut(set) {
                session.checks.thaw(&foundation);
            }
        }
    }

    /// RFC 8445 §7.2.5.1: we give way, unless we did already or are made to do it for ever.
    fn role_refused(&mut self, check: Check, id: TransactionId) {
        self.ctx.end(id);
        if check.role == self.ctx.claim.role && self.ctx.role_switches > 0 {
            self.ctx.role_switches -= 1;
            let claim = &mut self.ctx.claim;
            self.ctx.rng.draw(|rng| claim.renew_tie_breaker(rng));
            let role = check.role.opposite();
            self.take_role(role);
            self.ctx.push(Event::Role(role));
        } else if check.role == self.ctx.claim.role {
            if let Some(session) = self.transports.session_mut(check.session) {
                session.check_failed(&mut self.ctx, check, id);
            }
            return;
        }
        let Some(session) = self.transports.session_mut(check.session) else {
            return;
        };
        if let Some(pair) = session.checks.get_mut(check.pair) {
            if pair.transaction == Some(id) {
                pair.transaction = None;
            }
            match (pair.is_valid(), check.kind) {
                (false, CheckKind::Validation) => session.checks.trigger(check.pair),
                (true, CheckKind::Probe | CheckKind::Consent) => {
                    session.checks.enqueue_unpaced(check.pair, check.kind);
                }
                // Ours no more. If the peer gave way too, this check shows it.
                (true, CheckKind::Nomination) => {
                    session.checks.enqueue_unpaced(check.pair, CheckKind::Probe);
                }
                (true | false, _) => {}
            }
        }
        session.unsettled = true;
    }
}

impl Session {
    fn note_answer(&mut self, now: Instant, id: PairId, transaction: &Transaction) {
        let Some(pair) = self.checks.get_mut(id) else {
            return;
        };
        pair.answered = Some(now);
        pair.silent = false;
        pair.counters.responses_received += 1;
        // An answer to a request sent twice does not tell to which (Karn).
        if transaction.sent == 1 {
            let rtt = now.saturating_duration_since(transaction.last_sent);
            pair.rtt = Some(rtt);
        }
        pair.counters.total_rtt += pair.rtt.unwrap_or_default();
        self.silence.answered(pair.path.remote.ip());
        if let Some(remote) = self.remote.candidates.get_mut(pair.remote) {
            remote.proved = true;
        }
    }

    /// The pair enters the valid list (RFC 8445 §7.2.5.3.2).
    fn validate(&mut self, ctx: &mut Context, id: PairId) {
        self.checks.set_state(id, PairState::Succeeded);
        self.conclusion.succeeded = true;
        let Some(pair) = self.checks.get_mut(id) else {
            return;
        };
        // An earlier request was answered: the one under way is not needed.
        if let Some(other) = pair.transaction.take() {
            ctx.end(other);
        }
        if pair.nominated == Nominated::OnSuccess {
            pair.nominated = Nominated::Yes;
        }
        let (transport, path) = (self.key.transport, pair.path);
        if pair.counters.responses_received == 1 {
            ctx.push(Event::Proved { transport, path });
        }
    }

    /// RFC 8445 §7.2.5.3.1: an address of ours that nobody told us of is a peer-reflexive
    /// candidate.
    fn discover_local(&mut self, ctx: &mut Context, check: Check, mapped: SocketAddr) {
        let Some(pair) = self.checks.get(check.pair) else {
            return;
        };
        let locals = &mut self.local.candidates;
        let base = locals[pair.local].candidate.clone();
        let known = locals.find(mapped, base.base);
        let has_room = locals.count(Kind::PeerReflexive) < ctx.config.limits.mapped_addresses;
        let mapped = known.or_else(|| {
            if !has_room {
                ctx.counters.over_limit += 1;
                return None;
            }
            let foundation = ctx.foundations.of(FoundationKey {
                kind: Kind::PeerReflexive,
                base: base.base.ip(),
                server: None,
                relay: base.relay_protocol,
            });
            let candidate = LocalCandidate {
                kind: Kind::PeerReflexive,
                address: mapped,
                name: None,
                // As for a server reflexive one: the base may be nobody's business.
                related: Some(ctx.shown(base.base)),
                foundation: foundation.text(),
                priority: check.priority,
                ..base
            };
            locals.add(candidate, foundation)
        });
        if let Some(pair) = self.checks.get_mut(check.pair) {
            pair.mapped = mapped;
        }
    }
}
