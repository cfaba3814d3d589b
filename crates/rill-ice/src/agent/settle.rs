//! What follows from what happened: selection, nomination, thawing and states, once after each
//! command or input.

use std::collections::BTreeSet;
use std::time::Instant;

use crate::Agent;
use crate::candidate::PairFoundation;
use crate::identifier::SessionKey;
use crate::pair::{Pair, PairState};
use crate::transport::CheckListSet;

impl Agent {
    /// Marks a session as changed.
    pub(super) fn unsettle(&mut self, key: SessionKey) {
        if let Some(session) = self.transports.session_mut(key) {
            session.unsettled = true;
        }
    }

    /// Draws the consequences of all changes. Costs next to nothing if there was none.
    pub(super) fn settle(&mut self, now: Instant) {
        if self.ctx.closed || !self.transports.sessions().any(|session| session.unsettled) {
            return;
        }
        self.thaw_stuck(CheckListSet::Present);
        for key in self.transports.past() {
            self.thaw_stuck(CheckListSet::Past(key));
        }
        for transport in self.transports.iter_mut() {
            for session in &mut transport.sessions {
                if std::mem::take(&mut session.unsettled) {
                    session.select(&mut self.ctx, now);
                    session.nominate(&mut self.ctx, now);
                    session.conclude(&mut self.ctx);
                }
            }
            transport.retire_old(&mut self.ctx, now);
            transport.update_states(&mut self.ctx, now);
        }
    }

    /// RFC 8445 §6.1.4.2, step 2: in a list with nothing Waiting, a foundation that no list of the set is
    /// busy with may go on.
    fn thaw_stuck(&mut self, set: CheckListSet) {
        let frozen = |pair: &&Pair| pair.state == PairState::Frozen && !pair.held;
        let stuck: BTreeSet<PairFoundation> = self
            .transports
            .sessions_in(set)
            .filter(|session| !session.checks.has_paced())
            .flat_map(|session| session.checks.iter().map(|(_, pair)| pair).filter(frozen))
            .map(|pair| pair.foundation.clone())
            .collect();
        for foundation in stuck {
            let is_busy = |pair: &Pair| {
                pair.foundation == foundation
                    && matches!(pair.state, PairState::Waiting | PairState::InProgress)
            };
            if self.any_pair(set, is_busy) {
                continue;
            }
            let best = self
                .transports
                .sessions_in(set)
                .flat_map(|session| {
                    session
                        .checks
                        .iter()
                        .map(|(id, pair)| (session.key, id, pair))
                })
                .filter(|(_, _, pair)| frozen(pair) && pair.foundation == foundation)
                .max_by_key(|(_, _, pair)| pair.priority)
                .map(|(key, id, _)| (key, id));
            if let Some((key, id)) = best
                && let Some(session) = self.transports.session_mut(key)
            {
                session.checks.set_state(id, PairState::Waiting);
            }
        }
    }

    pub(super) fn any_pair(&self, set: CheckListSet, matches: impl Fn(&Pair) -> bool) -> bool {
        self.transports
            .sessions_in(set)
            .any(|session| session.checks.iter().any(|(_, pair)| matches(pair)))
    }
}
