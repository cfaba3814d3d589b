//! Generations (RFC 8445 §9).

use std::time::Instant;

use crate::context::Context;
use crate::identifier::SessionKey;
use crate::session::Session;
use crate::timer::Timer;
use crate::transport::Transport;
use crate::{Agent, Generation, TransportId};

impl Agent {
    /// Adds a generation. Of the earlier ones only that which carries data is kept: the others have
    /// become pointless.
    pub(super) fn start_generation(&mut self, id: TransportId) -> Option<Generation> {
        let transport = self.transports.get_mut(id)?;
        if self.ctx.closed {
            return None;
        }
        let carrier = transport.carrier().map(|session| session.key);
        for session in &transport.sessions {
            if Some(session.key) != carrier {
                self.ctx.forget(session.key);
            }
        }
        let generation = Generation(transport.newest().key.generation.0 + 1);
        let lite = transport.newest().remote.lite;
        transport
            .sessions
            .retain(|session| Some(session.key) == carrier);
        let key = SessionKey {
            transport: id,
            generation,
        };
        let mut session = Session::new(key, &mut self.ctx.rng);
        session.remote.lite = lite;
        session.unsettled = true;
        transport.sessions.push(session);
        Some(generation)
    }

    pub(super) fn drop_generation(&mut self, key: SessionKey) {
        let Some(transport) = self.transports.get_mut(key.transport) else {
            return;
        };
        transport.sessions.retain(|session| session.key != key);
        transport.newest_mut().unsettled = true;
        self.ctx.forget(key);
    }
}

impl Transport {
    /// Old generations live on for a moment after the newest has a pair: the peer may select its
    /// own a little later (RFC 8445 §8.3.1).
    pub(super) fn retire_old(&self, ctx: &mut Context, now: Instant) {
        if self.newest().conclusion.selected.is_none() {
            return;
        }
        let newest = self.newest().key;
        for session in &self.sessions {
            let timer = Timer::Retirement(session.key);
            if session.key != newest && !ctx.timers.is_set(timer) {
                ctx.timers.set(timer, now + ctx.config.timing.retirement);
            }
        }
    }
}
