//! Gathering before a description needs it (RFC 9429 §3.5.4, the ICE candidate pool).

use std::time::Instant;

use crate::candidate::LocalCandidates;
use crate::context::{Context, unspecified};
use crate::gather::Gatherer;
use crate::session::Session;
use crate::timer::Timer;
use crate::{Agent, CandidatePolicy, Event, GatheringState, Kind, TransportId};

impl Agent {
    /// Starts gathering in the newest generation without a word of it: sockets are bound, servers
    /// asked, and what they gave is kept alive, but there is no event, no pair and no answer to a
    /// check before [`gather`](Self::gather). The role may be decided later. Does nothing if gathering
    /// was started.
    pub fn gather_ahead(&mut self, now: Instant, id: TransportId) {
        let now = self.ctx.advance(now);
        let Some(transport) = self.transports.get_mut(id).filter(|_| !self.ctx.closed) else {
            return;
        };
        let gatherer = &mut transport.newest_mut().gatherer;
        if gatherer.state != GatheringState::New {
            return;
        }
        gatherer.ahead = true;
        self.ctx.events.hold(id);
        self.start_gathering(now, id);
        self.settle(now);
    }

    /// Forgets what was gathered ahead, as if it had never begun: sockets are closed, relays left.
    /// Credentials stay. Does nothing if it was asked for since.
    pub fn discard_ahead(&mut self, now: Instant, id: TransportId) {
        let now = self.ctx.advance(now);
        self.forget_ahead(id);
        self.settle(now);
    }

    /// What was gathered ahead is needed now: it is told like anything else.
    pub(super) fn use_ahead(&mut self, now: Instant, id: TransportId) {
        let policy = self.ctx.config.policy;
        let Some(transport) = self.transports.get_mut(id) else {
            return;
        };
        let session = transport.newest_mut();
        if session.gatherer.ahead && session.gatherer.policy != policy {
            // RFC 9429 §4.1.18: another policy filters what is there. Where something is missing, or
            // under way that must not be, it is gathered from scratch.
            let is_complete = session.gatherer.state == GatheringState::Complete;
            if is_complete && policy == CandidatePolicy::Relay {
                session.keep_relayed(&mut self.ctx);
            } else {
                self.forget_ahead(id);
                return self.start_gathering(now, id);
            }
        }
        for session in &mut transport.sessions {
            if std::mem::take(&mut session.gatherer.ahead) {
                session.local.ended = session.gatherer.state == GatheringState::Complete;
                session.unsettled = true;
            }
        }
        self.ctx.events.release(id);
    }

    fn forget_ahead(&mut self, id: TransportId) {
        let Some(transport) = self.transports.get_mut(id) else {
            return;
        };
        if transport.newest().gatherer.ahead {
            transport.newest_mut().forget_gathered(&mut self.ctx);
            transport.gathering = GatheringState::New;
            self.ctx.events.drop_held(id);
        }
    }
}

impl Session {
    /// As if gathering had never begun; what is known of the peer stays.
    fn forget_gathered(&mut self, ctx: &mut Context) {
        let key = self.key;
        self.end_relays(ctx, |_| true);
        ctx.end_where(|owner| owner.session() == key);
        ctx.timers.clear(Timer::Gathering(key));
        ctx.timers.clear(Timer::Keepalive(key));
        ctx.requests.forget_gathering(key);
        for socket in ctx.sockets.release(key) {
            ctx.requests.close_socket(socket);
        }
        self.gatherer = Gatherer::default();
        self.local.candidates = LocalCandidates::default();
        self.local.ended = false;
        self.notes.forget_gathering();
        self.unsettled = true;
    }

    /// Under the relay policy only relayed candidates are told, and of them no mapped address
    /// (RFC 9429 §3.5.3); no other server hears of us any more.
    fn keep_relayed(&mut self, ctx: &mut Context) {
        self.gatherer.policy = CandidatePolicy::Relay;
        self.gatherer.queries.clear();
        self.local.candidates.keep_relayed();
        ctx.events
            .edit_held(self.key.transport, |event| match event {
                Event::LocalCandidate { candidate, .. } => {
                    candidate.related = Some(unspecified(candidate.address));
                    candidate.kind == Kind::Relayed
                }
                Event::CandidateError { address, .. } => {
                    *address = None;
                    true
                }
                _ => true,
            });
    }
}
