//! Consent freshness of the selected pair (RFC 7675), which is its keepalive too (RFC 8445 §11),
//! and how silence is noticed.

use std::time::{Duration, Instant};

use rand_chacha::rand_core::Rng;

use crate::Agent;
use crate::context::Context;
use crate::identifier::SessionKey;
use crate::pair::{Nominated, Pair, PairId, PairState};
use crate::session::{Selected, Session};
use crate::timer::Timer;
use crate::transaction::{CheckKind, Owner};

/// The time that an unanswered consent check and the probes after it are given before the pair
/// counts as silent: enough for four datagrams to be lost.
const SILENCE_WAIT: Duration = Duration::from_millis(1500);

impl Agent {
    pub(super) fn consent_due(&mut self, now: Instant, key: SessionKey) {
        if let Some(session) = self.transports.session_mut(key) {
            session.keep_consent(&mut self.ctx, now);
        }
    }

    /// The consent checks that are nearly due: whoever drives many agents wakes up less often.
    pub(super) fn keep_consents(&mut self, now: Instant) {
        for session in self.transports.sessions_mut() {
            session.keep_consent_early(&mut self.ctx, now);
        }
    }
}

impl Session {
    /// Selects a valid pair and keeps its consent from now on.
    pub(super) fn begin_consent(&mut self, ctx: &mut Context, now: Instant, pair: PairId) {
        self.notes.connected.get_or_insert(now);
        self.conclusion.selected = Some(Selected {
            pair,
            next_check: now + consent_interval(ctx),
            unanswered: None,
            probing: false,
        });
        self.arm_consent(ctx);
    }

    /// A pair that was put aside is now the one to use: its last answer may be too old to trust it with
    /// data, so it is asked first.
    pub(super) fn ask_again(&mut self, ctx: &Context, id: PairId) {
        let selected = self.conclusion.selected;
        let Some(pair) = self.checks.get_mut(id) else {
            return;
        };
        let age = ctx.config.timing.consent_interval;
        let is_old = ctx.latest > pair.answered.map(|at| at + age);
        if pair.is_valid() && is_old && selected.is_some_and(|selected| selected.pair != id) {
            pair.silent = true;
            self.checks.enqueue_unpaced(id, CheckKind::Probe);
        }
    }

    /// The selected pair answered some check.
    pub(super) fn renew_consent(&mut self, ctx: &mut Context) {
        let Some(selected) = &mut self.conclusion.selected else {
            return;
        };
        selected.unanswered = None;
        let pair = selected.pair;
        if std::mem::take(&mut selected.probing) {
            self.end_checks(ctx, pair, CheckKind::Probe);
        }
        self.arm_consent(ctx);
    }

    fn keep_consent_early(&mut self, ctx: &mut Context, now: Instant) {
        let early = now + slack(ctx.config.timing.consent_interval);
        let selected = self.conclusion.selected;
        let is_due = selected.is_some_and(|selected| selected.next_check <= early);
        if is_due && ctx.timers.is_set(Timer::Consent(self.key)) {
            self.keep_consent(ctx, now);
        }
    }

    /// Does what is due for the selected pair.
    fn keep_consent(&mut self, ctx: &mut Context, now: Instant) {
        let Some((mut selected, answered, evidence, silent)) = self.consent() else {
            return;
        };
        let timing = &ctx.config.timing;
        if now >= answered + timing.consent_expiry {
            return self.lose_consent(ctx, selected.pair);
        }
        let (probe, patience) = (timing.consent_probe, timing.disconnected_after);
        if now + slack(timing.consent_interval) >= selected.next_check {
            // RFC 7675 §5.1: sent once, with a new transaction, at randomized intervals.
            self.checks
                .enqueue_unpaced(selected.pair, CheckKind::Consent);
            selected.next_check = now + consent_interval(ctx);
            selected.unanswered.get_or_insert(now);
        }
        if let Some(since) = selected.unanswered {
            if now >= since + probe && !selected.probing {
                self.checks.enqueue_unpaced(selected.pair, CheckKind::Probe);
                selected.probing = true;
            }
            let silent_at = (since + SILENCE_WAIT).max(evidence + patience);
            if now >= silent_at && !silent {
                self.fall_silent(selected.pair);
            }
        }
        self.conclusion.selected = Some(selected);
        self.arm_consent(ctx);
    }

    /// The selected pair stopped answering: whatever else might work is tried.
    fn fall_silent(&mut self, selected: PairId) {
        for id in self.checks.ids_where(Pair::is_valid) {
            if let Some(pair) = self.checks.get_mut(id) {
                pair.silent = true;
            }
            if id != selected {
                self.checks.enqueue_unpaced(id, CheckKind::Probe);
            }
        }
        // Also what worked once and failed since: its way may be back.
        let is_worth_it = |pair: &Pair| {
            pair.state == PairState::Failed && !pair.consent_lost && pair.answered.is_some()
        };
        for id in self.checks.ids_where(is_worth_it) {
            self.checks.set_state(id, PairState::Waiting);
        }
        self.release_held();
        self.unsettled = true;
    }

    /// Consent is gone, for good (RFC 7675 §5.1), or revoked (§5.2).
    pub(super) fn lose_consent(&mut self, ctx: &mut Context, id: PairId) {
        ctx.end_where(|owner| match owner {
            Owner::Check(check) => check.session == self.key && check.pair == id,
            Owner::Server { .. } => false,
        });
        self.checks.set_state(id, PairState::Failed);
        if let Some(pair) = self.checks.get_mut(id) {
            pair.consent_lost = true;
            pair.nominated = Nominated::No;
            pair.transaction = None;
        }
        if self
            .conclusion
            .selected
            .is_some_and(|selected| selected.pair == id)
        {
            self.conclusion.selected = None;
            ctx.timers.clear(Timer::Consent(self.key));
            self.release_held();
        }
        if self.conclusion.nominating == Some(id) {
            self.conclusion.nominating = None;
        }
        self.unsettled = true;
    }

    fn arm_consent(&self, ctx: &mut Context) {
        let Some((selected, answered, evidence, silent)) = self.consent() else {
            return;
        };
        let timing = &ctx.config.timing;
        let mut at = selected.next_check.min(answered + timing.consent_expiry);
        if let Some(since) = selected.unanswered {
            if !selected.probing {
                at = at.min(since + timing.consent_probe);
            }
            if !silent {
                at = at.min((since + SILENCE_WAIT).max(evidence + timing.disconnected_after));
            }
        }
        ctx.timers.set(Timer::Consent(self.key), at);
    }

    /// The selected pair's state, its last answer, its last sign of life, and whether it is silent.
    fn consent(&self) -> Option<(Selected, Instant, Instant, bool)> {
        let selected = self.conclusion.selected?;
        let pair = self.checks.get(selected.pair)?;
        let answered = pair.answered?;
        // The peer sends data only while it has answers from us, so data counts as a sign of life.
        let evidence = pair.heard.map_or(answered, |heard| heard.max(answered));
        Some((selected, answered, evidence, pair.silent))
    }

    /// Forgets the checks of one kind of a pair.
    fn end_checks(&self, ctx: &mut Context, pair: PairId, kind: CheckKind) {
        let key = self.key;
        ctx.end_where(|owner| match owner {
            Owner::Check(check) => check.session == key && check.pair == pair && check.kind == kind,
            Owner::Server { .. } => false,
        });
    }
}

/// RFC 7675 §5.1: between 0.8 and 1.2 times the period, also if the check is sent early.
fn consent_interval(ctx: &mut Context) -> Duration {
    let period = ctx.config.timing.consent_interval;
    let permille = 800 + ctx.rng.draw(Rng::next_u32) % 301;
    slack(period) + period * permille / 1000
}

/// How much earlier a consent check may be sent if the driver is awake anyway.
fn slack(period: Duration) -> Duration {
    period / 10
}
