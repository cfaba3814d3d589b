//! Generations (RFC 8445 §9): restarts, and what becomes of them.
//!
//! A transport has at most three: the last one confirmed, which a cancelled restart goes back to;
//! the one begun since; and an older one, as long as it is what carries data.

use std::time::Instant;

use crate::context::Context;
use crate::identifier::SessionKey;
use crate::session::Session;
use crate::timer::Timer;
use crate::transport::Transport;
use crate::{Agent, Credentials, Generation, TransportId};

impl Agent {
    /// Adds a generation. One that was begun before and never confirmed is superseded.
    pub(super) fn start_generation(
        &mut self,
        id: TransportId,
        credentials: Credentials,
    ) -> Option<Generation> {
        let transport = self.transports.get_mut(id)?;
        if self.ctx.closed {
            return None;
        }
        let lite = transport.newest().remote.lite;
        let (carrier, confirmed) = (transport.carrier_key(), transport.confirmed);
        transport.retain(&mut self.ctx, |key| {
            key.generation == confirmed || Some(key) == carrier
        });
        transport.generations += 1;
        let key = SessionKey {
            transport: id,
            generation: Generation(transport.generations),
        };
        let mut session = Session::new(key, credentials);
        session.remote.lite = lite;
        session.unsettled = true;
        transport.sessions.push(session);
        Some(key.generation)
    }

    /// There is no way back any more: earlier generations end, except for the data they carry.
    pub(super) fn confirm_generation(&mut self, id: TransportId) {
        let Some(transport) = self.transports.get_mut(id).filter(|_| !self.ctx.closed) else {
            return;
        };
        let newest = transport.newest().key;
        transport.confirmed = newest.generation;
        let carrier = transport.carrier_key();
        transport.retain(&mut self.ctx, |key| key == newest || Some(key) == carrier);
        for session in &mut transport.sessions {
            if session.key != newest {
                session.cease_gathering(&mut self.ctx);
            }
        }
        transport.newest_mut().unsettled = true;
    }

    /// As if the restart had never been.
    pub(super) fn cancel_generation(&mut self, id: TransportId) {
        let Some(transport) = self.transports.get_mut(id).filter(|_| !self.ctx.closed) else {
            return;
        };
        let confirmed = transport.confirmed;
        transport.retain(&mut self.ctx, |key| key.generation <= confirmed);
        transport.newest_mut().unsettled = true;
    }

    pub(super) fn drop_generation(&mut self, key: SessionKey) {
        if let Some(transport) = self.transports.get_mut(key.transport) {
            transport.retain(&mut self.ctx, |other| other != key);
            transport.newest_mut().unsettled = true;
        }
    }
}

impl Transport {
    fn carrier_key(&self) -> Option<SessionKey> {
        self.carrier().map(|session| session.key)
    }

    /// Drops all generations but those that `keep` holds for; the confirmed one is always kept.
    fn retain(&mut self, ctx: &mut Context, keep: impl Fn(SessionKey) -> bool) {
        let (gone, kept) = std::mem::take(&mut self.sessions)
            .into_iter()
            .partition(|session| !keep(session.key));
        self.sessions = kept;
        let gone: Vec<Session> = gone;
        for session in gone {
            ctx.forget(session);
        }
    }

    /// Ends what is older than the confirmed generation.
    pub(super) fn drop_old(&mut self, ctx: &mut Context) {
        let confirmed = self.confirmed;
        self.retain(ctx, |key| key.generation >= confirmed);
    }

    /// Old generations live on for a moment after the confirmed one has a pair: the peer may select
    /// its own a little later (RFC 8445 §8.3.1).
    pub(super) fn retire_old(&self, ctx: &mut Context, now: Instant) {
        let confirmed = self
            .sessions
            .iter()
            .find(|session| session.key.generation == self.confirmed);
        if !confirmed.is_some_and(Session::is_nominated) {
            return;
        }
        for session in &self.sessions {
            let timer = Timer::Retirement(session.key);
            if session.key.generation < self.confirmed && !ctx.timers.is_set(timer) {
                ctx.timers.set(timer, now + ctx.config.timing.retirement);
            }
        }
    }
}
