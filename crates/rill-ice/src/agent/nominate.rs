//! Selecting and nominating pairs (RFC 8445 §8.1).

use std::time::{Duration, Instant};

use crate::Role;
use crate::candidate::Remote;
use crate::context::Context;
use crate::pair::{Pair, PairId, PairState};
use crate::session::Session;
use crate::timer::Timer;
use crate::transaction::CheckKind;

impl Session {
    /// Data goes over the best pair that answers: a nominated one before others (of several the last by
    /// its number, else the one of highest priority, RFC 8445 §8.1.1), and any valid one before
    /// nomination (§12).
    pub(super) fn select(&mut self, ctx: &mut Context, now: Instant) {
        let expiry = ctx.config.timing.consent_expiry;
        let best = self
            .checks
            .iter()
            .filter(|(_, pair)| pair.is_live(now, expiry))
            .max_by_key(|(id, pair)| {
                let rank = self.rank(*id, pair);
                (rank, pair.priority, std::cmp::Reverse(*id))
            })
            .map(|(id, _)| id);
        // A silent pair stays selected until another one answers or its consent is lost.
        let Some(best) = best else { return };
        if self
            .conclusion
            .selected
            .is_some_and(|selected| selected.pair == best)
        {
            return;
        }
        self.begin_consent(ctx, now, best);
    }

    /// Regular nomination (RFC 8445 §8.1.1): the best valid pair, as soon as nothing better is
    /// likely to come, or after a short wait. Should something better come later, it is nominated
    /// too, and being better it wins on both sides. So is whatever works when the nominated pair falls
    /// silent, and that pair once more when it answers again: with a number, which wins on both sides.
    pub(super) fn nominate(&mut self, ctx: &mut Context, now: Instant) {
        if ctx.claim.role != Role::Controlling || self.conclusion.failed {
            return self.stop_waiting(ctx);
        }
        let expiry = ctx.config.timing.consent_expiry;
        let live = || {
            self.checks
                .iter()
                .filter(|(_, pair)| pair.is_live(now, expiry))
        };
        let Some((best, pair)) = live().max_by_key(|(_, pair)| pair.priority) else {
            return self.stop_waiting(ctx);
        };
        let nominated = live().any(|(id, other)| {
            let is_under_way = self.conclusion.nominating == Some(id);
            let is_agreed = other.is_nominated() && self.nomination_of(id).is_some();
            (is_under_way || is_agreed) && other.priority >= pair.priority
        });
        if nominated {
            return self.stop_waiting(ctx);
        }
        let is_open = self.may_be_relayed(pair);
        let is_better =
            |other: &Pair| (is_open || other.priority > pair.priority) && !is_hopeless(other, ctx);
        if self
            .checks
            .iter()
            .any(|(_, other)| other.is_pending() && is_better(other))
        {
            let wait = nomination_wait(pair, ctx);
            let at = *self.conclusion.nominate_at.get_or_insert(now + wait);
            if now < at {
                ctx.timers.set(Timer::Nomination(self.key), at);
                return;
            }
        }
        self.stop_waiting(ctx);
        self.conclusion.nominating = Some(best);
        if self.remote.renominates == Some(true) {
            let last = self.conclusion.numbered.map_or(0, |(_, number)| number);
            self.conclusion.numbered = Some((best, last.saturating_add(1)));
        }
        self.checks.enqueue_unpaced(best, CheckKind::Nomination);
    }

    /// Once a pair is nominated, those below it need no checks (RFC 8445 §8.1.2). They are kept,
    /// in case the nominated pair dies. A pair that the peer checks is left alone.
    pub(super) fn conclude(&mut self, ctx: &mut Context) {
        let Some((_, selected)) = self.selected_pair() else {
            return;
        };
        if !selected.is_nominated() || selected.silent || self.may_be_relayed(selected) {
            return;
        }
        let floor = selected.priority;
        let needless = |pair: &Pair| pair.priority < floor && pair.is_pending() && !pair.requested;
        for id in self.checks.ids_where(needless) {
            self.cancel_check(ctx, id);
            self.checks.hold(id);
        }
    }

    /// Whether only a check told of the peer's candidate, and the peer may yet tell that it is a relayed
    /// one, which its PRIORITY hides (RFC 8445 §7.1.1).
    fn may_be_relayed(&self, pair: &Pair) -> bool {
        let remote = self.remote.candidates.get(pair.remote);
        let is_discovered = remote.is_some_and(Remote::is_discovered);
        is_discovered && !self.remote.ended && !self.remote.presumed_ended
    }

    /// The pairs put aside by [`conclude`](Self::conclude) are wanted again.
    pub(super) fn release_held(&mut self) {
        for id in self.checks.ids_where(|pair| pair.held) {
            self.checks.set_state(id, PairState::Waiting);
        }
    }

    /// The last numbered nomination, unless the peer turned out to know none.
    fn last_numbered(&self) -> Option<(PairId, u32)> {
        let numbered = self.conclusion.numbered;
        numbered.filter(|_| self.remote.renominates != Some(false))
    }

    /// The last nomination that has a number, and then any, comes before none.
    fn rank(&self, id: PairId, pair: &Pair) -> (bool, bool) {
        let is_last = self.last_numbered().is_some_and(|(last, _)| last == id);
        (pair.is_nominated(), is_last)
    }

    /// The number by which we nominate a pair, zero where there are none. `None` if a later nomination
    /// took its place.
    pub(super) fn nomination_of(&self, id: PairId) -> Option<u32> {
        match self.last_numbered() {
            None => Some(0),
            Some((last, number)) => (last == id).then_some(number),
        }
    }

    /// The peer may have nominated a pair. The largest number wins, and any before none
    /// (draft-thatcher-ice-renomination §4). libwebrtc gives a number in the place of USE-CANDIDATE.
    pub(super) fn follow_nomination(
        &mut self,
        ctx: &Context,
        id: PairId,
        is_plain: bool,
        number: Option<u32>,
    ) {
        // What a peer knows may show in its checks before its description is here.
        let is_known = self.remote.renominates != Some(false);
        match number.filter(|number| is_known && *number > 0) {
            Some(number) => {
                let is_late = self
                    .conclusion
                    .numbered
                    .is_some_and(|(pair, last)| number < last || (number == last && pair != id));
                if is_late {
                    return;
                }
                self.conclusion.numbered = Some((id, number));
                self.ask_again(ctx, id);
            }
            None if !is_plain => return,
            None => {}
        }
        self.set_nominated(id);
    }

    /// The peer's nomination (RFC 8445 §7.3.1.5), or ours succeeded.
    pub(super) fn set_nominated(&mut self, id: PairId) {
        use crate::pair::Nominated;
        if let Some(pair) = self.checks.get_mut(id) {
            pair.nominated = if pair.is_valid() {
                Nominated::Yes
            } else {
                Nominated::OnSuccess
            };
        }
        self.unsettled = true;
    }

    fn stop_waiting(&mut self, ctx: &mut Context) {
        self.conclusion.nominate_at = None;
        ctx.timers.clear(Timer::Nomination(self.key));
    }
}

/// A check that had to be sent again is not worth waiting for.
fn is_hopeless(pair: &Pair, ctx: &Context) -> bool {
    pair.transaction
        .and_then(|id| ctx.transactions.get(id))
        .is_some_and(|transaction| transaction.sent > 1)
}

/// Two round trips, within bounds: a better pair that works shows by then.
fn nomination_wait(pair: &Pair, ctx: &Context) -> Duration {
    let timing = &ctx.config.timing;
    let longest = timing.nomination_wait_max.max(timing.nomination_wait_min);
    pair.rtt.map_or(longest, |rtt| {
        (rtt * 2).clamp(timing.nomination_wait_min, longest)
    })
}
