//! How relays end: refused, sent on, lost with their server, or left (RFC 8656 §8).

use std::net::SocketAddr;
use std::time::Instant;

use rill_stun::ErrorCode;

use crate::Path;
use crate::context::Context;
use crate::gather::{Refusal, Relay, RelayId, Stage, Way};
use crate::session::Session;
use crate::timer::Timer;
use crate::turn::Failure;

impl Session {
    pub(super) fn refusal_of(&self, id: RelayId, failure: &Failure) -> Refusal {
        let way = self.gatherer.relays.get(&id).map(|relay| relay.way);
        let from = match way {
            Some(Way::Datagrams { base, .. }) => Some(base.address),
            Some(Way::Stream { .. }) | None => None,
        };
        Refusal {
            code: failure.code(),
            reason: failure.to_string(),
            from,
        }
    }

    /// RFC 8489 §10: another server is to be asked.
    pub(super) fn relay_redirected(
        &mut self,
        ctx: &mut Context,
        id: RelayId,
        to: SocketAddr,
        domain: Option<String>,
    ) {
        let Some(relay) = self.gatherer.relays.get_mut(&id) else {
            return;
        };
        let next = match relay.way {
            _ if !relay.may_be_sent_on() => {
                Err("the server sends on to another, which sends on again")
            }
            Way::Datagrams { base, .. } if base.address.is_ipv4() != to.is_ipv4() => {
                Err("the server sends on to an address of the other family")
            }
            Way::Datagrams { base, .. } => Ok(Way::Datagrams { base, to }),
            Way::Stream { .. } => Ok(Way::Stream {
                stream: ctx.sockets.allocate_stream(),
                to,
            }),
        };
        let (server, redirects) = (relay.server, relay.redirects + 1);
        let name = domain.or_else(|| relay.name.take());
        self.end_relay(ctx, id);
        match next {
            Ok(way) => {
                self.gatherer.want_relay(Relay {
                    redirects,
                    name,
                    ..Relay::new(server, way)
                });
            }
            Err(reason) => {
                let refusal = Refusal {
                    code: Some(ErrorCode::TRY_ALTERNATE),
                    reason: reason.to_owned(),
                    from: None,
                };
                self.gatherer.servers[server].refusal.get_or_insert(refusal);
            }
        }
    }

    /// There will be no allocation.
    pub(super) fn relay_failed(&mut self, ctx: &mut Context, id: RelayId, refusal: Refusal) {
        let Some(relay) = self.gatherer.relays.get(&id) else {
            return;
        };
        let server = relay.server;
        self.gatherer.servers[server].refusal.get_or_insert(refusal);
        self.end_relay(ctx, id);
    }

    /// Nothing can be sent to a server from one of our addresses: what is asked of it is given up at
    /// once.
    pub(super) fn fail_relays_at(&mut self, ctx: &mut Context, now: Instant, path: &Path) {
        let mut tried = None;
        while let Some(id) = self.gatherer.relay_by_path(path, tried) {
            tried = Some(id);
            let relay = self.gatherer.relays.get(&id);
            if let Some(Way::Datagrams { base, .. }) = relay
                .filter(|relay| relay.is_awaited())
                .map(|relay| relay.way)
            {
                let refusal = Refusal {
                    code: None,
                    reason: "the TURN server cannot be reached from this address".to_owned(),
                    from: Some(base.address),
                };
                self.relay_failed(ctx, id, refusal);
                self.ask_elsewhere(ctx, id);
            }
        }
        if tried.is_some() {
            self.advance_gathering(ctx, now);
        }
    }

    /// A socket that reaches the server may have come too late to have a relay.
    fn ask_elsewhere(&mut self, ctx: &mut Context, id: RelayId) {
        let Some(relay) = self.gatherer.relays.get(&id) else {
            return;
        };
        let (server, to) = (relay.server, relay.way.server());
        for base in self.gatherer.bases.clone() {
            if !self.gatherer.has_tried(server, (base.socket, to)) {
                self.ask(ctx, server, base, to);
            }
        }
    }

    /// The allocation is gone, and with it every pair over it.
    pub(super) fn relay_lost(&mut self, ctx: &mut Context, id: RelayId) {
        if let Some(relay) = self.gatherer.relays.get(&id) {
            self.notes.lost(relay.server);
        }
        let allocation = self.gatherer.relays.get(&id).and_then(Relay::allocation);
        let sockets: Vec<_> = allocation
            .into_iter()
            .flat_map(|held| held.relayed.clone())
            .collect();
        for (socket, _) in sockets {
            for pair in self.checks.ids_where(|pair| pair.path.socket == socket) {
                self.lose_consent(ctx, pair);
            }
        }
        self.end_relay(ctx, id);
        self.unsettled = true;
    }

    /// The connection to the server ended by itself.
    pub(super) fn stream_broke(
        &mut self,
        ctx: &mut Context,
        now: Instant,
        id: RelayId,
        reason: String,
    ) {
        let Some(relay) = self.gatherer.relays.get(&id) else {
            return;
        };
        let is_awaited = relay.is_awaited();
        if let Some(stream) = relay.way.stream() {
            ctx.forget_stream(stream);
        }
        if is_awaited {
            let refusal = Refusal {
                code: None,
                reason,
                from: None,
            };
            self.relay_failed(ctx, id, refusal);
            self.advance_gathering(ctx, now);
        } else {
            self.relay_lost(ctx, id);
        }
    }

    /// Leaves a relay, and says so to the server (RFC 8656 §8).
    pub(super) fn end_relay(&mut self, ctx: &mut Context, id: RelayId) {
        let Some(relay) = self.gatherer.relays.get_mut(&id) else {
            return;
        };
        let to = relay.way.destination();
        let way = relay.way.stream();
        let is_reachable = way.is_none_or(|stream| ctx.streams.contains_key(&stream));
        // What was asked for may have been given, though the answer is not here yet.
        if is_reachable && let (Some(client), Some(now)) = (relay.client_mut(), ctx.latest) {
            client.close(now);
            ctx.take_from(client, to, now);
        }
        if let Stage::Allocated(allocation) = std::mem::replace(&mut relay.stage, Stage::Over) {
            for (socket, _) in allocation.relayed {
                ctx.sockets.remove(socket);
                ctx.events.forget_socket(socket);
            }
        }
        ctx.timers.clear(Timer::Relay(self.key, id));
        if let Some(stream) = relay.way.stream()
            && ctx.streams.remove(&stream).is_some()
        {
            ctx.requests.close_stream(stream);
        }
    }

    /// Leaves every relay, or those that have allocated nothing yet.
    pub(crate) fn end_relays(&mut self, ctx: &mut Context, is_left: impl Fn(&Relay) -> bool) {
        let relays = self.gatherer.relays.iter();
        let ids: Vec<RelayId> = relays
            .filter(|(_, relay)| is_left(relay))
            .map(|(id, _)| *id)
            .collect();
        for id in ids {
            self.end_relay(ctx, id);
        }
    }
}
