//! Gathering: interfaces, sockets, host candidates, and its end (RFC 8445 §5.1.1).

use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use crate::candidate::{FoundationKey, candidate_priority};
use crate::context::Context;
use crate::gather::{
    Base, QueryId, QueryState, SERVERS_MAX, Server, ServerState, usable_addresses,
};
use crate::identifier::SessionKey;
use crate::request::Purpose;
use crate::session::Session;
use crate::timer::Timer;
use crate::transaction::Owner;
use crate::{
    Agent, Event, GatheringState, Interface, Kind, LocalCandidate, Response, ServerHost,
    TransportId,
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
        session.gatherer.started = Some(now);
        session.gatherer.outstanding = 1;
        self.ctx.requests.list_interfaces(session.key);
        // Names are resolved meanwhile, and a slow resolver counts against its server.
        let give_up = now + self.ctx.config.timing.server_deadline;
        let servers = self.ctx.config.stun_servers.iter().take(SERVERS_MAX);
        for (index, config) in servers.enumerate() {
            let mut server = Server::new(config.clone(), give_up);
            match &config.host {
                ServerHost::Ip(ip) => {
                    server.resolved(&[*ip]);
                }
                ServerHost::Name(name) => {
                    let name = name.clone();
                    self.ctx.requests.resolve(session.key, index, name);
                }
            }
            session.gatherer.servers.push(server);
        }
        session.advance_gathering(&mut self.ctx, now);
    }

    /// The driver answered one of our requests. The session may be gone by now; its sockets were
    /// asked to be closed then.
    pub(super) fn driver_answered(&mut self, now: Instant, purpose: Purpose, response: Response) {
        let key = match purpose {
            Purpose::Interfaces(key) => key,
            Purpose::Bind { session, .. } | Purpose::Resolve { session, .. } => session,
        };
        let Some(session) = self.transports.session_mut(key) else {
            return;
        };
        if self.ctx.closed {
            return;
        }
        if session.gatherer.state != GatheringState::Gathering {
            return self.ctx.decline(&purpose);
        }
        match (purpose, response) {
            (Purpose::Interfaces(_), Response::Interfaces(list)) => {
                session.bind_sockets(&mut self.ctx, &list);
            }
            (Purpose::Interfaces(_), _) => session.gatherer.outstanding -= 1,
            (
                Purpose::Bind {
                    socket,
                    address,
                    preference,
                    ..
                },
                Response::Bound(bound),
            ) => {
                session.gatherer.outstanding -= 1;
                let base = Base {
                    socket,
                    address: SocketAddr::new(address, bound.port()),
                    preference,
                };
                session.add_base(&mut self.ctx, base);
            }
            (Purpose::Bind { socket, .. }, _) => {
                session.gatherer.outstanding -= 1;
                self.ctx.sockets.remove(socket);
            }
            (Purpose::Resolve { server, .. }, Response::Resolved(addresses)) => {
                session.server_resolved(&mut self.ctx, now, server, &addresses);
            }
            (Purpose::Resolve { server, .. }, Response::Failed(reason)) => {
                session.resolve_failed(&mut self.ctx, now, server, reason);
            }
            (Purpose::Resolve { server, .. }, _) => {
                session.server_resolved(&mut self.ctx, now, server, &[]);
            }
        }
        session.advance_gathering(&mut self.ctx, now);
    }

    pub(super) fn servers_due(&mut self, now: Instant, key: SessionKey) {
        if let Some(session) = self.transports.session_mut(key) {
            session.advance_gathering(&mut self.ctx, now);
        }
    }

    /// RFC 8445 §5.1.1.4: bindings are kept alive until ICE has concluded. Consent checks do it
    /// afterwards.
    pub(super) fn keepalive_due(&mut self, now: Instant, key: SessionKey) {
        let Some(session) = self.transports.session_mut(key) else {
            return;
        };
        if session.conclusion.selected.is_some() || session.conclusion.failed {
            return;
        }
        let gatherer = &mut session.gatherer;
        let alive = gatherer
            .queries
            .iter()
            .filter(|(_, query)| query.state == QueryState::Answered);
        let alive: Vec<QueryId> = alive.map(|(id, _)| *id).collect();
        gatherer.queue.extend(alive);
        session.arm_keepalive(&mut self.ctx, now);
    }
}

impl Session {
    fn bind_sockets(&mut self, ctx: &mut Context, interfaces: &[Interface]) {
        let limit = ctx.config.limits.local_addresses.min(255);
        let addresses = usable_addresses(interfaces, ctx.config.include_loopback, limit);
        self.gatherer.outstanding -= 1;
        for (rank, address) in (0_u16..).zip(addresses) {
            // RFC 8445 §5.1.2.1: unique per address; 256 apart, so that servers find room between.
            let preference = u16::MAX - rank * 256;
            let socket = ctx.sockets.allocate(self.key);
            ctx.requests.bind_udp(self.key, socket, address, preference);
            self.gatherer.outstanding += 1;
        }
    }

    fn add_base(&mut self, ctx: &mut Context, base: Base) {
        self.gatherer.bases.push(base);
        let candidate = Draft {
            kind: Kind::Host,
            address: base.address,
            preference: base.preference,
            server: None,
        };
        self.add_local(ctx, base, candidate);
        for index in 0..self.gatherer.servers.len() {
            if let ServerState::Asked(addresses) = self.gatherer.servers[index].state.clone() {
                for address in addresses {
                    self.ask(index, base, address);
                }
            }
        }
    }

    /// Adds a candidate and tells of it, unless it is redundant (RFC 8838 §9).
    pub(super) fn add_local(&mut self, ctx: &mut Context, base: Base, draft: Draft) {
        let foundation = ctx.foundations.of(FoundationKey {
            kind: draft.kind,
            base: base.address.ip(),
            server: draft.server.map(|(_, address)| address),
        });
        let url = |(index, _): (usize, IpAddr)| self.gatherer.servers[index].config.url.clone();
        let candidate = LocalCandidate {
            kind: draft.kind,
            address: draft.address,
            base: base.address,
            related: (draft.kind != Kind::Host).then_some(base.address),
            foundation: foundation.text(),
            priority: candidate_priority(draft.kind, draft.preference),
            url: draft.server.map(url),
            socket: base.socket,
        };
        if self
            .local
            .candidates
            .add(candidate.clone(), foundation)
            .is_some()
        {
            ctx.push(Event::LocalCandidate {
                transport: self.key.transport,
                generation: self.key.generation,
                candidate,
            });
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
            let is_asked = matches!(server.state, ServerState::Asked(_));
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
        self.local.ended = true;
        ctx.push(Event::LocalEndOfCandidates {
            transport: self.key.transport,
            generation: self.key.generation,
        });
        self.arm_keepalive(ctx, now);
    }

    /// Ends gathering without a word.
    pub(super) fn cease_gathering(&mut self, ctx: &mut Context) {
        let key = self.key;
        self.gatherer.cease();
        self.local.ended = true;
        ctx.end_where(|owner| matches!(owner, Owner::Server { session, .. } if *session == key));
        ctx.timers.clear(Timer::Gathering(key));
        ctx.timers.clear(Timer::Keepalive(key));
        ctx.events.forget_session(key);
    }

    fn arm_keepalive(&self, ctx: &mut Context, now: Instant) {
        if self.local.candidates.count(Kind::ServerReflexive) > 0 {
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

/// What distinguishes a candidate from others of its base.
pub(super) struct Draft {
    pub(super) kind: Kind,
    pub(super) address: SocketAddr,
    pub(super) preference: u16,
    /// Its number, and the address it was asked at.
    pub(super) server: Option<(usize, IpAddr)>,
}
