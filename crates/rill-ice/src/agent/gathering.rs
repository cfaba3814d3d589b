//! Gathering: interfaces, sockets, and its end (RFC 8445 §5.1.1).

use std::net::SocketAddr;
use std::time::Instant;

use crate::context::Context;
use crate::gather::{
    Ask, Base, QueryState, Relay, SERVERS_MAX, Server, ServerState, usable_addresses,
};
use crate::identifier::SessionKey;
use crate::request::Purpose;
use crate::session::Session;
use crate::socket::Nature;
use crate::timer::Timer;
use crate::transaction::Owner;
use crate::{
    Agent, CandidatePolicy, Event, GatheringState, Interface, Kind, Response, ServerConfig,
    ServerHost, TransportId,
};

impl Agent {
    pub(super) fn start_gathering(&mut self, now: Instant, id: TransportId) {
        let Some(transport) = self.transports.get_mut(id) else {
            return;
        };
        let session = transport.newest_mut();
        if self.ctx.closed || session.gatherer.state != GatheringState::New {
            return;
        }
        session.gatherer.state = GatheringState::Gathering;
        if session.remote.awaited {
            let until = now + self.ctx.config.timing.first_check_wait;
            self.ctx.timers.set(Timer::FirstCheck(session.key), until);
        }
        session.gatherer.started = Some(now);
        session.gatherer.outstanding = 1;
        self.ctx.requests.list_interfaces(session.key);
        // Names are resolved meanwhile, and a slow resolver counts against its server.
        let give_up = now + self.ctx.config.timing.server_deadline;
        session.gatherer.policy = self.ctx.config.policy;
        for config in self.ctx.config.servers.clone() {
            session.add_server(&mut self.ctx, config, give_up);
        }
        session.advance_gathering(&mut self.ctx, now);
    }

    /// The driver answered one of our requests. The session may be gone by now; its sockets were
    /// asked to be closed then.
    pub(super) fn driver_answered(&mut self, now: Instant, purpose: Purpose, response: Response) {
        let Some(session) = self.transports.session_mut(purpose.session()) else {
            return;
        };
        if self.ctx.closed {
            return;
        }
        if let Purpose::Lookup { candidate, .. } = &purpose {
            return self.name_resolved(purpose.session(), candidate, response);
        }
        if session.gatherer.state != GatheringState::Gathering {
            return self.ctx.decline(&purpose);
        }
        session.follow_answer(&mut self.ctx, now, purpose, response);
        session.advance_gathering(&mut self.ctx, now);
    }

    pub(super) fn servers_due(&mut self, now: Instant, key: SessionKey) {
        if let Some(session) = self.transports.session_mut(key) {
            session.advance_gathering(&mut self.ctx, now);
        }
    }

    /// RFC 8445 §5.1.1.4: bindings are kept alive until ICE has concluded. Consent checks do it
    /// afterwards, except for the way to a relay that is kept for when the selected pair ends.
    pub(super) fn keepalive_due(&mut self, now: Instant, key: SessionKey) {
        let Some(session) = self.transports.session_mut(key) else {
            return;
        };
        let is_connected = session.conclusion.selected.is_some();
        let gatherer = &mut session.gatherer;
        let has_relays = gatherer.relays.values().any(Relay::is_open);
        if session.conclusion.failed || (is_connected && !has_relays) {
            return;
        }
        if !is_connected {
            let alive = gatherer
                .queries
                .iter()
                .filter(|(_, query)| query.state == QueryState::Answered);
            let alive: Vec<Ask> = alive.map(|(id, _)| Ask::Query(*id)).collect();
            gatherer.queue.extend(alive);
        }
        session.keep_relays_alive(&mut self.ctx);
        session.arm_keepalive(&mut self.ctx, now);
    }
}

impl Session {
    fn add_server(&mut self, ctx: &mut Context, config: ServerConfig, give_up: Instant) {
        let servers = &mut self.gatherer.servers;
        let is_known = servers.iter().any(|known| known.config.is_same(&config));
        let index = servers.len();
        if is_known || index == SERVERS_MAX || !config.serves(self.gatherer.policy) {
            return;
        }
        let host = config.host.clone();
        let port = config.port;
        servers.push(Server::new(config, give_up));
        match host {
            ServerHost::Ip(ip) => {
                servers[index].resolved(&[ip]);
                self.want_relays(ctx, index, SocketAddr::new(ip, port), None);
            }
            ServerHost::Name(name) => ctx.requests.resolve(self.key, index, name),
        }
    }

    fn follow_answer(
        &mut self,
        ctx: &mut Context,
        now: Instant,
        purpose: Purpose,
        response: Response,
    ) {
        match (purpose, response) {
            (Purpose::Interfaces(_), Response::Interfaces(list)) => {
                self.bind_sockets(ctx, &list);
            }
            (Purpose::Interfaces(_), response) => self.interfaces_unlisted(&response),
            (
                Purpose::Bind {
                    socket,
                    address,
                    preference,
                    ..
                },
                Response::Bound(bound),
            ) => {
                self.gatherer.outstanding -= 1;
                let base = Base {
                    socket,
                    address: SocketAddr::new(address, bound.port()),
                    preference,
                };
                self.add_base(ctx, base);
            }
            (
                Purpose::Bind {
                    socket, address, ..
                },
                response,
            ) => {
                self.note_unbound(address, &response);
                self.gatherer.outstanding -= 1;
                ctx.sockets.remove(socket);
            }
            (Purpose::Resolve { server, .. }, Response::Resolved(addresses)) => {
                self.server_resolved(ctx, now, server, &addresses);
            }
            (Purpose::Resolve { server, .. }, Response::Failed(reason)) => {
                self.resolve_failed(ctx, now, server, reason);
            }
            (Purpose::Resolve { server, .. }, _) => {
                self.server_resolved(ctx, now, server, &[]);
            }
            (Purpose::Register { base, .. }, response) => {
                self.gatherer.outstanding -= 1;
                // A name that nobody answers for is no way to be found, and the address stays ours.
                if response == Response::Registered
                    && let Some(id) = self.local.candidates.find(base.address, base.address)
                {
                    self.offer(ctx, id);
                }
            }
            // Not of gathering: dealt with above.
            (Purpose::Lookup { .. }, _) => {}
            (Purpose::Connect { relay, .. }, response) => {
                let result = match response {
                    Response::Connected { .. } => Ok(()),
                    Response::Failed(reason) => Err(reason),
                    _ => Err("the driver gave no connection".to_owned()),
                };
                self.relay_connected(ctx, now, relay, result);
            }
        }
    }

    fn bind_sockets(&mut self, ctx: &mut Context, interfaces: &[Interface]) {
        self.notes.interfaces = interfaces.to_vec();
        let limit = ctx.config.limits.local_addresses.min(255);
        let reach = &ctx.config.reach;
        let admitted: Vec<Interface> = interfaces
            .iter()
            .filter(|interface| reach.admits(interface))
            .cloned()
            .collect();
        let ports = reach.ports.clone();
        let addresses = usable_addresses(&admitted, ctx.config.include_loopback, limit);
        self.gatherer.outstanding -= 1;
        for (rank, address) in (0_u16..).zip(addresses) {
            // RFC 8445 §5.1.2.1: unique per address; 256 apart, so that servers find room between.
            let preference = u16::MAX - rank * 256;
            let socket = ctx.sockets.allocate(self.key, Nature::Bound);
            ctx.requests
                .bind_udp(self.key, socket, (address, preference), ports.clone());
            self.gatherer.outstanding += 1;
        }
    }

    fn add_base(&mut self, ctx: &mut Context, base: Base) {
        self.gatherer.bases.push(base);
        if self.gatherer.policy == CandidatePolicy::All {
            self.add_host(ctx, base);
            self.add_external(ctx, base);
        }
        for index in 0..self.gatherer.servers.len() {
            if self.gatherer.servers[index].state == ServerState::Asked {
                for address in self.gatherer.servers[index].addresses.clone() {
                    self.ask(ctx, index, base, address);
                }
            }
        }
    }

    /// Gives up servers whose time has come, and ends gathering when nothing is awaited.
    pub(super) fn advance_gathering(&mut self, ctx: &mut Context, now: Instant) {
        self.unsettled = true;
        if self.gatherer.state != GatheringState::Gathering {
            return;
        }
        for index in 0..self.gatherer.servers.len() {
            let server = &self.gatherer.servers[index];
            let is_asked = server.state == ServerState::Asked;
            let is_over = self.gatherer.is_bound() && is_asked && !self.gatherer.is_awaited(index);
            if !server.is_done() && (is_over || now >= server.give_up) {
                self.conclude_server(ctx, now, index);
            }
        }
        if let Some(at) = self.gatherer.deadline() {
            ctx.timers.set(Timer::Gathering(self.key), at);
        } else {
            ctx.timers.clear(Timer::Gathering(self.key));
            if self.gatherer.is_bound() {
                self.end_gathering(ctx, now);
            }
        }
    }

    fn end_gathering(&mut self, ctx: &mut Context, now: Instant) {
        self.gatherer.state = GatheringState::Complete;
        self.local.ended = !self.gatherer.ahead;
        ctx.push(Event::LocalEndOfCandidates {
            transport: self.key.transport,
            generation: self.key.generation,
        });
        self.arm_keepalive(ctx, now);
    }

    /// Ends gathering without a word.
    pub(super) fn cease_gathering(&mut self, ctx: &mut Context) {
        let key = self.key;
        self.end_relays(ctx, Relay::is_awaited);
        self.gatherer.cease();
        self.local.ended = true;
        ctx.end_where(|owner| matches!(owner, Owner::Server { session, .. } if *session == key));
        ctx.timers.clear(Timer::Gathering(key));
        ctx.timers.clear(Timer::Keepalive(key));
        ctx.events.forget_session(key);
    }

    fn arm_keepalive(&self, ctx: &mut Context, now: Instant) {
        let locals = &self.local.candidates;
        if locals.count(Kind::ServerReflexive) + locals.count(Kind::Relayed) > 0 {
            let at = now + ctx.config.timing.server_keepalive;
            ctx.timers.set(Timer::Keepalive(self.key), at);
        }
    }
}

impl Context {
    /// What was asked for while gathering went on is not needed any more.
    fn decline(&mut self, purpose: &Purpose) {
        if let Purpose::Bind { socket, .. } = purpose {
            self.sockets.remove(*socket);
            self.requests.close_socket(*socket);
        }
    }
}
