//! Gathering: interfaces, sockets, servers (RFC 8445 §5.1.1).

use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use rill_stun::{Class, Message};

use crate::candidate::{FoundationKey, candidate_priority};
use crate::context::Context;
use crate::gather::{
    Base, QueryId, QueryState, SERVERS_MAX, Server, ServerState, usable_addresses,
};
use crate::identifier::SessionKey;
use crate::request::Purpose;
use crate::session::Session;
use crate::timer::Timer;
use crate::{
    Agent, Event, GatheringState, Interface, Kind, LocalCandidate, Response, ServerHost,
    ServerOutcome, TransportId,
};

/// W3C `icecandidateerror`: the server could not be reached.
const UNREACHED: u16 = 701;

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
        let candidate = CandidateDraft {
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

    fn server_resolved(
        &mut self,
        ctx: &mut Context,
        now: Instant,
        index: usize,
        addresses: &[IpAddr],
    ) {
        if self.gatherer.servers[index].is_done() {
            return;
        }
        if !self.gatherer.servers[index].resolved(addresses) {
            let reason = "the name has no address".to_owned();
            return self.resolve_failed(ctx, now, index, reason);
        }
        let ServerState::Asked(addresses) = self.gatherer.servers[index].state.clone() else {
            return;
        };
        for base in self.gatherer.bases.clone() {
            for address in &addresses {
                self.ask(index, base, *address);
            }
        }
    }

    fn resolve_failed(&mut self, ctx: &mut Context, now: Instant, index: usize, reason: String) {
        if !self.gatherer.servers[index].is_done() {
            self.report_failure(ctx, now, index, ServerOutcome::ResolveFailed(reason));
            self.gatherer.servers[index].state = ServerState::Done;
        }
    }

    /// A socket asks servers of its own family, and loopback ones only from loopback.
    fn ask(&mut self, server: usize, base: Base, to: SocketAddr) {
        let same_family = base.address.is_ipv4() == to.is_ipv4();
        if same_family && base.address.ip().is_loopback() == to.ip().is_loopback() {
            self.gatherer.ask(server, base, to);
        }
    }

    /// A server answered (RFC 8445 §5.1.1.2). Gives `false` if the answer means nothing.
    pub(super) fn server_answered(
        &mut self,
        ctx: &mut Context,
        now: Instant,
        id: QueryId,
        message: &Message<'_>,
    ) -> bool {
        let Some(query) = self.gatherer.queries.get(&id).copied() else {
            return false;
        };
        if query.state == QueryState::Answered {
            return true;
        }
        match message.class() {
            Class::Success => {
                let mapped = message
                    .xor_mapped_address()
                    .or_else(|| message.mapped_address());
                let Some(mapped) = mapped.filter(|mapped| is_plausible(*mapped, query.to)) else {
                    return false;
                };
                self.set_query(id, QueryState::Answered);
                self.reflexive(ctx, now, query.server, query.base, (mapped, query.to));
            }
            Class::Error => {
                let Some(error) = message.error_code() else {
                    return false;
                };
                let refusal = (error.code, error.reason.to_owned(), query.base.address);
                self.gatherer.servers[query.server]
                    .refusal
                    .get_or_insert(refusal);
                self.set_query(id, QueryState::Dead);
            }
            Class::Request | Class::Indication => return false,
        }
        self.advance_gathering(ctx, now);
        true
    }

    /// A query was given up, or could not be sent.
    pub(super) fn query_failed(&mut self, ctx: &mut Context, now: Instant, id: QueryId) {
        let state = self.gatherer.queries.get(&id).map(|query| query.state);
        if state.is_some_and(|state| state != QueryState::Answered) {
            self.set_query(id, QueryState::Dead);
            self.advance_gathering(ctx, now);
        }
    }

    fn set_query(&mut self, id: QueryId, state: QueryState) {
        if let Some(query) = self.gatherer.queries.get_mut(&id) {
            query.state = state;
        }
    }

    fn reflexive(
        &mut self,
        ctx: &mut Context,
        now: Instant,
        index: usize,
        base: Base,
        (mapped, server_address): (SocketAddr, SocketAddr),
    ) {
        let server = &mut self.gatherer.servers[index];
        // One answer shows that the server lives: its other answers are not waited for long.
        server.give_up = server.give_up.min(now + ctx.config.timing.server_grace);
        let family = usize::from(mapped.is_ipv6());
        if !std::mem::replace(&mut server.reported[family], true) {
            let outcome = if mapped == base.address {
                ServerOutcome::Redundant(mapped)
            } else {
                ServerOutcome::Reflexive(mapped)
            };
            self.report(ctx, now, index, outcome);
        }
        let rank = u16::try_from(index).expect("at most 16 servers");
        let candidate = CandidateDraft {
            kind: Kind::ServerReflexive,
            address: mapped,
            preference: base.preference - rank,
            server: Some((index, server_address.ip())),
        };
        self.add_local(ctx, base, candidate);
    }

    /// Adds a candidate and tells of it, unless it is redundant (RFC 8838 §9).
    fn add_local(&mut self, ctx: &mut Context, base: Base, draft: CandidateDraft) {
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
    fn advance_gathering(&mut self, ctx: &mut Context, now: Instant) {
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

    fn conclude_server(&mut self, ctx: &mut Context, now: Instant, index: usize) {
        let was_asked = self
            .gatherer
            .queries
            .values()
            .any(|query| query.server == index);
        for query in self.gatherer.queries.values_mut() {
            if query.server != index || query.state == QueryState::Answered {
                continue;
            }
            if let QueryState::Sent(transaction) = query.state {
                ctx.end(transaction);
            }
            query.state = QueryState::Dead;
        }
        let server = &self.gatherer.servers[index];
        if !server.has_answered() {
            let outcome = match (&server.refusal, &server.state) {
                (Some((code, reason, _)), _) => ServerOutcome::Rejected {
                    code: *code,
                    reason: reason.clone(),
                },
                (None, ServerState::Resolving) => {
                    ServerOutcome::ResolveFailed("the resolver did not answer in time".into())
                }
                (None, _) if was_asked || !self.gatherer.is_bound() => ServerOutcome::TimedOut,
                (None, _) => ServerOutcome::Unreachable,
            };
            self.report_failure(ctx, now, index, outcome);
        }
        self.gatherer.servers[index].state = ServerState::Done;
    }

    fn report_failure(
        &self,
        ctx: &mut Context,
        now: Instant,
        index: usize,
        outcome: ServerOutcome,
    ) {
        let server = &self.gatherer.servers[index];
        let (code, reason, address) = match &outcome {
            ServerOutcome::Rejected { code, reason } => {
                let address = server.refusal.as_ref().map(|(_, _, address)| *address);
                (*code, reason.clone(), address)
            }
            ServerOutcome::ResolveFailed(reason) => (
                UNREACHED,
                format!("the server's name was not resolved: {reason}"),
                None,
            ),
            ServerOutcome::Unreachable => {
                let reason = "no local address can reach the server".to_owned();
                (UNREACHED, reason, None)
            }
            ServerOutcome::TimedOut | ServerOutcome::Reflexive(_) | ServerOutcome::Redundant(_) => {
                (
                    UNREACHED,
                    "the server did not answer in time".to_owned(),
                    None,
                )
            }
        };
        ctx.push(Event::CandidateError {
            transport: self.key.transport,
            url: server.config.url.clone(),
            address,
            code,
            reason,
        });
        self.report(ctx, now, index, outcome);
    }

    fn report(&self, ctx: &mut Context, now: Instant, index: usize, outcome: ServerOutcome) {
        let started = self.gatherer.started.unwrap_or(now);
        ctx.push(Event::Server {
            transport: self.key.transport,
            url: self.gatherer.servers[index].config.url.clone(),
            outcome,
            elapsed: now.saturating_duration_since(started),
        });
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

    fn arm_keepalive(&self, ctx: &mut Context, now: Instant) {
        if self.local.candidates.count(Kind::ServerReflexive) > 0 {
            let at = now + ctx.config.timing.server_keepalive;
            ctx.timers.set(Timer::Keepalive(self.key), at);
        }
    }

    /// Sending to a server failed.
    pub(super) fn fail_queries_to(
        &mut self,
        ctx: &mut Context,
        now: Instant,
        is_lost: impl Fn(&crate::gather::Query) -> bool,
    ) {
        let queries = self.gatherer.queries.iter();
        let lost: Vec<(QueryId, QueryState)> = queries
            .filter(|(_, query)| is_lost(query))
            .map(|(id, query)| (*id, query.state))
            .collect();
        for (id, state) in lost {
            if let QueryState::Sent(transaction) = state {
                ctx.end(transaction);
            }
            self.query_failed(ctx, now, id);
        }
    }
}

/// What distinguishes a candidate from others of its base.
struct CandidateDraft {
    kind: Kind,
    address: SocketAddr,
    preference: u16,
    /// Its number, and the address it was asked at.
    server: Option<(usize, IpAddr)>,
}

/// Whether a server may have seen us there: it must be an address of the family it was asked in.
fn is_plausible(mapped: SocketAddr, asked: SocketAddr) -> bool {
    mapped.is_ipv4() == asked.is_ipv4()
        && mapped.port() != 0
        && !mapped.ip().is_unspecified()
        && !mapped.ip().is_multicast()
}
