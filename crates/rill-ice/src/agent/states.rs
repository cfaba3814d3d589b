//! The states of a transport (W3C WebRTC 1.0 §5.6, `RTCIceTransportState`).

use std::time::Instant;

use crate::context::Context;
use crate::gather::Relay;
use crate::identifier::SessionKey;
use crate::session::{Patience, Session};
use crate::transport::Transport;
use crate::{Agent, Event, GatheringState, Generation, TransportState};

impl Agent {
    /// RFC 8863 §4: the peer's checks had time enough to reach us.
    pub(super) fn patience_over(&mut self, key: SessionKey) {
        if let Some(session) = self.transports.session_mut(key) {
            session.conclusion.patience = Patience::Over;
            session.unsettled = true;
        }
    }
}

impl Transport {
    /// Reports what changed of the two states.
    pub(super) fn update_states(&mut self, ctx: &mut Context, now: Instant) {
        let transport = self.id;
        let gathering = self.current_gathering();
        if gathering != self.gathering {
            self.gathering = gathering;
            ctx.push(Event::GatheringState {
                transport,
                state: gathering,
            });
        }
        self.report_selection(ctx);
        let state = self.current_state(ctx, now);
        if state == TransportState::Failed {
            self.newest_mut().fail(ctx);
            self.drop_old(ctx);
        }
        if self.state != state {
            self.state = state;
            ctx.push(Event::State { transport, state });
        }
    }

    /// The pair that data goes over, whichever generation it is of.
    fn report_selection(&mut self, ctx: &mut Context) {
        let selected = self.carrier().and_then(|session| {
            let (id, _) = session.selected_pair()?;
            Some((session.key.generation, id))
        });
        if std::mem::replace(&mut self.reported, selected) == selected {
            return;
        }
        self.selection_changes += 1;
        let mut sessions = self.sessions.iter_mut();
        let of = |session: &&mut Session| {
            selected.is_some_and(|(generation, _)| session.key.generation == generation)
        };
        let Some(session) = sessions.find(of) else {
            return;
        };
        let pair = session.selected_pair();
        if let Some(pair) = pair.and_then(|(_, pair)| session.candidate_pair(pair)) {
            session.bind_channel(ctx, pair.path);
            let transport = self.id;
            ctx.push(Event::SelectedPair { transport, pair });
        }
    }

    fn current_gathering(&self) -> GatheringState {
        let mut states = self.sessions.iter().map(|session| session.gatherer.state);
        if states
            .clone()
            .any(|state| state == GatheringState::Gathering)
        {
            GatheringState::Gathering
        } else if states.any(|state| state == GatheringState::Complete) || self.has_gathered() {
            GatheringState::Complete
        } else {
            GatheringState::New
        }
    }

    /// Gathering that a restart ended, and did not begin anew yet.
    fn has_gathered(&self) -> bool {
        self.confirmed > Generation(0) && self.gathering != GatheringState::New
    }

    fn current_state(&self, ctx: &Context, now: Instant) -> TransportState {
        let newest = self.newest();
        let state = newest.current_state(ctx, now);
        // A failed list has no selected pair, be it an old one (RFC 8445 §12.1).
        let has_failed = state == TransportState::Failed && newest.key.generation == self.confirmed;
        if newest.conclusion.selected.is_some() || has_failed {
            return state;
        }
        // During a restart data goes on over the old pair: connected if that works, else checking.
        match self
            .carrier()
            .and_then(|old| old.is_answering(now, &ctx.config))
        {
            Some(true) => TransportState::Connected,
            Some(false) => TransportState::Checking,
            None if state == TransportState::New && self.is_checking_anew(ctx, now) => {
                TransportState::Checking
            }
            None => state,
        }
    }
}

impl Transport {
    /// A restart does not lead back to new: what was checked before, is checked anew.
    fn is_checking_anew(&self, ctx: &Context, now: Instant) -> bool {
        let is_restarted = self.newest().key.generation > Generation(0);
        let is_new = |session: &Session| session.current_state(ctx, now) == TransportState::New;
        is_restarted && (self.state != TransportState::New || !self.sessions.iter().all(is_new))
    }
}

impl Session {
    fn current_state(&self, ctx: &Context, now: Instant) -> TransportState {
        if self.conclusion.failed {
            return TransportState::Failed;
        }
        match self.is_answering(now, &ctx.config) {
            Some(true) if self.is_completed() => TransportState::Completed,
            Some(true) => TransportState::Connected,
            Some(false) => TransportState::Disconnected,
            None => self.unconnected_state(),
        }
    }

    /// Gathered, told that nothing more comes, checked all, and nominated. Worse pairs are put aside
    /// by then, unless the peer checks them.
    fn is_completed(&self) -> bool {
        let Some((_, selected)) = self.selected_pair() else {
            return false;
        };
        let is_said = self.candidates_ended();
        let is_checked = !self.checks.iter().any(|(_, pair)| pair.is_pending());
        is_said && is_checked && selected.is_nominated()
    }

    fn unconnected_state(&self) -> TransportState {
        if self.remote.key.is_none() {
            return TransportState::New;
        }
        if self.checks.iter().any(|(_, pair)| pair.is_pending()) {
            return TransportState::Checking;
        }
        let has_patience = self.conclusion.patience != Patience::Over;
        if self.candidates_ended() {
            // RFC 8863 §4: a peer that never got through is waited for, unless it sends no checks or
            // there is nothing of ours that it could reach.
            let may_fail = self.conclusion.succeeded
                || !has_patience
                || self.remote.lite
                || self.is_shut_off()
                || self.local.candidates.is_empty();
            return match (may_fail, self.remote.candidates.any()) {
                (true, _) => TransportState::Failed,
                (false, true) => TransportState::Checking,
                (false, false) => TransportState::New,
            };
        }
        let was_tried = self.checks.len() > 0;
        let is_futile = !has_patience && self.local.ended && self.remote.candidates.any();
        match (was_tried || is_futile, self.remote.candidates.any()) {
            // All failed so far, and more may come (RFC 8838 §8).
            (true, _) => TransportState::Disconnected,
            (false, true) => TransportState::Checking,
            (false, false) => TransportState::New,
        }
    }

    /// There are only relays of ours, and they were asked to let somebody through and do not (RFC 8656
    /// §9): no check will come.
    fn is_shut_off(&self) -> bool {
        let locals = &self.local.candidates;
        let is_relays = |id| locals[id].candidate.relay_protocol.is_some();
        let lets_through = |relay: &Relay| {
            let allocation = relay.allocation();
            allocation.is_some_and(|allocation| allocation.client.has_permissions())
        };
        self.checks.len() > 0
            && locals.ids().all(is_relays)
            && !self.gatherer.relays.values().any(lets_through)
    }

    /// Only a restart leads out: nothing more is sent or answered.
    fn fail(&mut self, ctx: &mut Context) {
        if !self.conclusion.failed {
            self.conclusion.failed = true;
            ctx.end_where(|owner| owner.session() == self.key);
            self.end_relays(ctx, |_| true);
            ctx.timers.forget(self.key);
        }
    }
}
