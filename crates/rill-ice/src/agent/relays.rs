//! Relays: asking TURN servers for allocations, and what they say (RFC 8656, RFC 8445 §5.1.1.2).

use std::net::SocketAddr;
use std::time::Instant;

use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

use crate::context::Context;
use crate::gather::{Base, Refusal, Relay, RelayId, Stage, Way};
use crate::session::Session;
use crate::timer::Timer;
use crate::turn::{self, Client};
use crate::{RefusedPeer, RelayProtocol, Service, TurnAccess};

impl Session {
    /// Wants relays of a server whose addresses are known: over UDP one from each base, over a
    /// connection one.
    pub(super) fn want_relays(
        &mut self,
        ctx: &mut Context,
        server: usize,
        to: SocketAddr,
        from: Option<Base>,
    ) {
        let Some(access) = self.turn_access(server) else {
            return;
        };
        if self.gatherer.count_relays(server) >= ctx.config.limits.relays {
            return;
        }
        let way = match (access.protocol, from) {
            (RelayProtocol::Udp, Some(base)) => Way::Datagrams { base, to },
            (RelayProtocol::Udp, None) => return,
            (RelayProtocol::Tcp | RelayProtocol::Tls, _) if !ctx.config.reach.admits_family(to) => {
                return;
            }
            (RelayProtocol::Tcp | RelayProtocol::Tls, _) => {
                let stream = ctx.sockets.allocate_stream();
                Way::Stream { stream, to }
            }
        };
        self.gatherer.want_relay(Relay::new(server, way));
    }

    /// Its turn has come.
    pub(super) fn start_relay(&mut self, ctx: &mut Context, now: Instant, id: RelayId) {
        let key = self.key;
        let Some(relay) = self.gatherer.relays.get_mut(&id) else {
            return;
        };
        if !matches!(relay.stage, Stage::Queued) {
            return;
        }
        let (server, way, name) = (relay.server, relay.way, relay.name.clone());
        match way {
            Way::Datagrams { .. } => self.start_client(ctx, now, id),
            Way::Stream { stream, to } => {
                relay.stage = Stage::Connecting;
                ctx.streams.insert(stream, (key, id));
                let config = &self.gatherer.servers[server].config;
                let is_tls = matches!(&config.service, Service::Turn(access) if access.protocol == RelayProtocol::Tls);
                let name = is_tls.then(|| name.unwrap_or_else(|| config.host.to_string()));
                ctx.requests.connect((key, id), stream, to, name);
            }
        }
    }

    /// The driver connected to the server, or could not.
    pub(super) fn relay_connected(
        &mut self,
        ctx: &mut Context,
        now: Instant,
        id: RelayId,
        result: Result<(), String>,
    ) {
        let Some(relay) = self.gatherer.relays.get(&id) else {
            return;
        };
        if !matches!(relay.stage, Stage::Connecting) {
            return;
        }
        match result {
            Ok(()) => {
                self.relay_progressed(ctx, now, id);
                self.start_client(ctx, now, id);
            }
            Err(reason) => {
                let refusal = Refusal {
                    code: None,
                    reason,
                    from: None,
                };
                self.relay_failed(ctx, id, refusal);
            }
        }
    }

    fn start_client(&mut self, ctx: &mut Context, now: Instant, id: RelayId) {
        let Some(relay) = self.gatherer.relays.get(&id) else {
            return;
        };
        let Some(access) = self.turn_access(relay.server) else {
            return;
        };
        let config = turn::Config {
            transport: match relay.way {
                Way::Datagrams { .. } => turn::Transport::Datagram,
                Way::Stream { .. } => turn::Transport::Stream,
            },
            families: turn::Families::Both,
            ..turn::Config::new(&access.username, &access.password)
        };
        let client = Client::new(now, config, ctx.rng.draw(ChaCha20Rng::from_rng));
        if let Some(relay) = self.gatherer.relays.get_mut(&id) {
            relay.stage = Stage::Allocating(Box::new(client));
        }
        self.pump_relay(ctx, now, id);
    }

    /// Takes what a client wants sent, and what it has to say.
    pub(super) fn pump_relay(&mut self, ctx: &mut Context, now: Instant, id: RelayId) {
        loop {
            let Some(relay) = self.gatherer.relays.get_mut(&id) else {
                return;
            };
            let to = relay.way.destination();
            let Some(client) = relay.client_mut() else {
                return ctx.timers.clear(Timer::Relay(self.key, id));
            };
            ctx.take_from(client, to, now);
            let Some(event) = client.poll_event() else {
                break;
            };
            self.relay_says(ctx, now, id, event);
        }
        let client = self
            .gatherer
            .relays
            .get_mut(&id)
            .and_then(Relay::client_mut);
        match client.and_then(|client| client.poll_timeout()) {
            Some(at) => ctx.timers.set(Timer::Relay(self.key, id), at),
            None => ctx.timers.clear(Timer::Relay(self.key, id)),
        }
    }

    pub(super) fn relay_due(&mut self, ctx: &mut Context, now: Instant, id: RelayId) {
        let client = self
            .gatherer
            .relays
            .get_mut(&id)
            .and_then(Relay::client_mut);
        if let Some(client) = client {
            client.handle_timeout(now);
            self.pump_relay(ctx, now, id);
        }
    }

    fn relay_says(&mut self, ctx: &mut Context, now: Instant, id: RelayId, event: turn::Event) {
        match event {
            turn::Event::Allocated {
                relayed, mapped, ..
            } => {
                self.relay_allocated(ctx, now, id, &relayed, mapped);
            }
            turn::Event::Permitted(ip) => self.release_held_datagrams(ctx, id, ip),
            turn::Event::PermissionRefused { peer, code, reason } => {
                let address = peer;
                self.permission_refused(
                    ctx,
                    id,
                    RefusedPeer {
                        address,
                        code,
                        reason,
                    },
                );
            }
            turn::Event::Redirected { to, domain } => {
                self.relay_redirected(ctx, id, to, domain);
                self.advance_gathering(ctx, now);
            }
            turn::Event::Failed(failure) => {
                let refusal = self.refusal_of(id, &failure);
                self.relay_failed(ctx, id, refusal);
                self.advance_gathering(ctx, now);
            }
            turn::Event::Lost(_) | turn::Event::Closed => self.relay_lost(ctx, id),
        }
    }

    /// A server that answers is awaited further, within its deadline.
    pub(super) fn relay_progressed(&mut self, ctx: &Context, now: Instant, id: RelayId) {
        let Some(relay) = self
            .gatherer
            .relays
            .get(&id)
            .filter(|relay| relay.is_awaited())
        else {
            return;
        };
        let timing = &ctx.config.timing;
        let started = self.gatherer.started.unwrap_or(now);
        let server = &mut self.gatherer.servers[relay.server];
        if !server.has_answered() {
            let later = (now + timing.server_deadline).min(started + timing.relay_deadline);
            server.give_up = server.give_up.max(later);
        }
    }

    pub(super) fn turn_access(&self, server: usize) -> Option<TurnAccess> {
        match &self.gatherer.servers[server].config.service {
            Service::Turn(access) => Some(access.clone()),
            Service::Stun => None,
        }
    }
}
