//! Connectivity checks as a client: sending and giving up (RFC 8445 §7.2).

use std::time::Instant;

use rill_stun::{Class, Method, TransactionId, Writer};

use crate::candidate::candidate_priority;
use crate::context::Context;
use crate::pair::{Nominated, PairId, PairState};
use crate::session::Session;
use crate::timer::Timer;
use crate::transaction::{Check, CheckKind, Owner, Schedule, Transaction};
use crate::{Agent, Kind, Path, Role};

impl Agent {
    /// A request was not answered in time.
    pub(super) fn transaction_due(&mut self, now: Instant, id: TransactionId) {
        let Some(transaction) = self.ctx.transactions.get(id).copied() else {
            return;
        };
        let Some(session) = self.transports.session_mut(transaction.owner.session()) else {
            return self.ctx.end(id);
        };
        if transaction.is_last() {
            match transaction.owner {
                Owner::Check(_) if transaction.cancelled => self.ctx.end(id),
                Owner::Check(check) => session.check_failed(&mut self.ctx, check, id),
                Owner::Server { query, .. } => {
                    self.ctx.end(id);
                    session.query_failed(&mut self.ctx, now, query);
                }
            }
            return;
        }
        let needs_no_turn = match transaction.owner {
            Owner::Check(check) => session.needs_no_turn(check.pair),
            Owner::Server { .. } => false,
        };
        if needs_no_turn {
            self.ctx.transactions.due.push_back(id);
        } else {
            self.ctx.transactions.due_paced.push_back(id);
        }
    }

    /// The driver could not send there (RFC 8445 §7.2.5.2.2: a hard error fails the pair).
    pub(super) fn send_failed(&mut self, now: Instant, path: &Path) {
        let Some(key) = self.ctx.sockets.owner(path.socket) else {
            return;
        };
        let Some(session) = self.transports.session_mut(key) else {
            return;
        };
        session.notes.unsendable += 1;
        session.fail_queries_to(&mut self.ctx, now, |query| {
            query.base.socket == path.socket && query.to == path.remote
        });
        session.fail_relays_at(&mut self.ctx, now, path);
        let Some(id) = session.checks.by_path(path.socket, path.remote) else {
            return;
        };
        let pair = session.checks.get(id);
        if pair.is_some_and(|pair| pair.state == PairState::InProgress) {
            session.cancel_check(&mut self.ctx, id);
            session.checks.set_state(id, PairState::Failed);
            session.unsettled = true;
        }
    }
}

impl Session {
    /// Begins a check. `None` if it cannot, must not or need not be sent any more.
    pub(super) fn start_check(
        &mut self,
        ctx: &mut Context,
        now: Instant,
        id: PairId,
        kind: CheckKind,
        buffer: &mut Vec<u8>,
    ) -> Option<Path> {
        let pair = self.checks.get(id)?;
        let (path, local) = (pair.path, pair.local);
        let is_wanted = match kind {
            CheckKind::Validation => !pair.consent_lost,
            CheckKind::Nomination => {
                let is_last = self.nomination_of(id).is_some();
                ctx.claim.role == Role::Controlling && pair.is_valid() && is_last
            }
            CheckKind::Probe | CheckKind::Consent => pair.is_valid(),
        };
        if !is_wanted || self.remote.key.is_none() || self.conclusion.failed {
            return None;
        }
        if !self.may_send(ctx, path) {
            ctx.counters.withheld_checks += 1;
            self.checks.set_state(id, PairState::Failed);
            self.unsettled = true;
            return None;
        }
        // A nominated pair stays so in every check: a peer that answered the nomination before it knew
        // our credentials learns of it after all.
        let is_agreed = pair.is_nominated() && ctx.claim.role == Role::Controlling;
        let nominates = match kind {
            CheckKind::Nomination => self.nomination_of(id),
            CheckKind::Probe | CheckKind::Consent if is_agreed => self.nomination_of(id),
            CheckKind::Probe | CheckKind::Consent | CheckKind::Validation => None,
        };
        let local_priority = self.local.candidates[local].candidate.priority;
        let check = Check {
            session: self.key,
            pair: id,
            kind,
            role: ctx.claim.role,
            tie_breaker: ctx.claim.tie_breaker,
            // RFC 8445 §7.1.1: what a peer-reflexive candidate of this base would have.
            priority: candidate_priority(Kind::PeerReflexive, (local_priority >> 8) as u16),
            nominates,
        };
        self.notes.checked.get_or_insert(now);
        let schedule = self.schedule(ctx, kind, id);
        let transaction = ctx.begin(Transaction::new(Owner::Check(check), path, schedule, now));
        if kind == CheckKind::Validation {
            self.checks.set_state(id, PairState::InProgress);
        }
        if kind != CheckKind::Consent {
            self.checks.get_mut(id)?.transaction = Some(transaction);
        }
        self.write_check(ctx, check, transaction, buffer)?;
        let counters = &mut self.checks.get_mut(id)?.counters;
        match kind {
            CheckKind::Consent => counters.consent_checks_sent += 1,
            CheckKind::Validation | CheckKind::Nomination | CheckKind::Probe => {
                counters.checks_sent += 1;
            }
        }
        path.is_permitted().then_some(path)
    }

    /// RFC 8445 §14.3, with a shorter first interval.
    fn schedule(&self, ctx: &Context, kind: CheckKind, id: PairId) -> Schedule {
        let timing = &ctx.config.timing;
        let is_busy = |state| matches!(state, PairState::Waiting | PairState::InProgress);
        let busy = self
            .checks
            .iter()
            .filter(|(_, pair)| is_busy(pair.state))
            .count();
        let crowd = timing.pace * u32::try_from(busy).unwrap_or(u32::MAX);
        let interval = timing.check_rto.max(crowd);
        let is_selected = self
            .conclusion
            .selected
            .is_some_and(|selected| selected.pair == id);
        match kind {
            CheckKind::Validation => Schedule {
                interval,
                interval_max: timing.consent_expiry,
                sends: timing.check_sends,
                final_wait: interval * timing.check_final_wait,
            },
            // The address has answered before: it is lost datagrams that are made up for.
            CheckKind::Nomination => Schedule {
                interval,
                interval_max: interval * 4,
                sends: timing.check_sends * 2,
                final_wait: interval * timing.check_final_wait,
            },
            // The selected pair is probed until it answers or its consent expires.
            CheckKind::Probe => Schedule {
                interval,
                interval_max: interval * 8,
                sends: if is_selected {
                    u32::MAX
                } else {
                    timing.check_sends
                },
                final_wait: interval * timing.check_final_wait,
            },
            CheckKind::Consent => Schedule::once(timing.consent_expiry / 3),
        }
    }

    /// Writes a check; the same bytes each time (RFC 8445 §7.2.4).
    pub(super) fn write_check(
        &mut self,
        ctx: &mut Context,
        check: Check,
        id: TransactionId,
        buffer: &mut Vec<u8>,
    ) -> Option<()> {
        let key = self.remote.key.as_ref()?;
        let writer = Writer::new(buffer, Class::Request, Method::BINDING, id)
            .username(&key.username)
            .priority(check.priority);
        let writer = match check.role {
            Role::Controlling => writer.ice_controlling(check.tie_breaker),
            Role::Controlled => writer.ice_controlled(check.tie_breaker),
        };
        let writer = match check.nominates {
            None => writer,
            Some(0) => writer.use_candidate(),
            Some(number) => writer.use_candidate().nomination(number),
        };
        writer
            .message_integrity_with(&key.integrity)
            .fingerprint()
            .finish();
        let pair = self.checks.get_mut(check.pair)?;
        pair.counters.requests_sent += 1;
        self.silence.sent(pair.path.remote.ip());
        ctx.counters.checks_sent += 1;
        Some(())
    }

    /// A check failed: no answer, an unrecoverable error, or an asymmetric answer
    /// (RFC 8445 §7.2.5.2).
    pub(super) fn check_failed(&mut self, ctx: &mut Context, check: Check, id: TransactionId) {
        ctx.end(id);
        let is_nomination = check.kind == CheckKind::Nomination;
        if is_nomination && self.conclusion.nominating == Some(check.pair) {
            self.conclusion.nominating = None;
            self.unsettled = true;
        }
        let Some(pair) = self.checks.get_mut(check.pair) else {
            return;
        };
        // A later check of the pair, or consent, decides on it.
        if pair.transaction != Some(id) {
            return;
        }
        pair.transaction = None;
        pair.nominated = Nominated::No;
        let is_selected = self
            .conclusion
            .selected
            .is_some_and(|selected| selected.pair == check.pair);
        if is_selected {
            self.conclusion.selected = None;
            ctx.timers.clear(Timer::Consent(self.key));
            self.release_held();
        }
        self.checks.set_state(check.pair, PairState::Failed);
        self.unsettled = true;
    }

    /// RFC 8445 §7.3.1.4: not sent again, its failure means nothing, but an answer still counts.
    pub(super) fn cancel_check(&mut self, ctx: &mut Context, id: PairId) {
        let Some(pair) = self.checks.get_mut(id) else {
            return;
        };
        let Some(transaction) = pair.transaction.take() else {
            return;
        };
        if let Some(entry) = ctx.transactions.get_mut(transaction) {
            entry.cancelled = true;
            let until = entry.last_sent + entry.schedule.final_wait;
            ctx.timers.set(Timer::Transaction(transaction), until);
        }
    }
}
