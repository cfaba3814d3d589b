//! Asking servers for candidates (RFC 8445 §5.1.1.2).

use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use rill_stun::{Class, Message};

use super::local::Draft;
use crate::context::Context;
use crate::gather::{Base, Query, QueryId, QueryState, Refusal, Relay, ServerState};
use crate::session::Session;
use crate::{Event, Kind, RelayProtocol, ServerOutcome, Service};

/// W3C `icecandidateerror`: the server could not be reached.
const UNREACHED: u16 = 701;

impl Session {
    pub(super) fn server_resolved(
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
        for address in self.gatherer.servers[index].addresses.clone() {
            self.want_relays(ctx, index, address, None);
            for base in self.gatherer.bases.clone() {
                self.ask(ctx, index, base, address);
            }
        }
    }

    pub(super) fn resolve_failed(
        &mut self,
        ctx: &mut Context,
        now: Instant,
        index: usize,
        reason: String,
    ) {
        if !self.gatherer.servers[index].is_done() {
            self.report_failure(ctx, now, index, ServerOutcome::ResolveFailed(reason));
            self.gatherer.servers[index].state = ServerState::Done;
        }
    }

    /// A socket asks servers of its own family, and loopback ones only from loopback.
    pub(super) fn ask(&mut self, ctx: &mut Context, server: usize, base: Base, to: SocketAddr) {
        let same_family = base.address.is_ipv4() == to.is_ipv4();
        if !same_family || base.address.ip().is_loopback() != to.ip().is_loopback() {
            return;
        }
        match &self.gatherer.servers[server].config.service {
            Service::Stun => self.gatherer.ask(server, base, to),
            Service::Turn(access) if access.protocol == RelayProtocol::Udp => {
                self.want_relays(ctx, server, to, Some(base));
            }
            Service::Turn(_) => {}
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
                let refusal = Refusal {
                    code: Some(error.code),
                    reason: error.reason.to_owned(),
                    from: Some(query.base.address),
                };
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

    pub(super) fn reflexive(
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
        let candidate = Draft {
            kind: Kind::ServerReflexive,
            address: mapped,
            preference: base.preference - 1 - rank,
            server: Some((index, server_address.ip())),
            name: None,
            relay: None,
            related: Some(ctx.shown(base.address)),
        };
        self.add_local(ctx, base, candidate);
    }

    pub(super) fn conclude_server(&mut self, ctx: &mut Context, now: Instant, index: usize) {
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
        let is_late = |relay: &Relay| relay.server == index && relay.is_awaited();
        let was_asked = was_asked || self.gatherer.has_asked_for_relay(index);
        self.end_relays(ctx, is_late);
        let server = &self.gatherer.servers[index];
        if !server.has_answered() {
            let outcome = match (&server.refusal, &server.state) {
                (
                    Some(Refusal {
                        code: Some(code),
                        reason,
                        ..
                    }),
                    _,
                ) => ServerOutcome::Rejected {
                    code: *code,
                    reason: reason.clone(),
                },
                (
                    Some(Refusal {
                        code: None, reason, ..
                    }),
                    _,
                ) => ServerOutcome::Unusable(reason.clone()),
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
        &mut self,
        ctx: &mut Context,
        now: Instant,
        index: usize,
        outcome: ServerOutcome,
    ) {
        let server = &self.gatherer.servers[index];
        let address = server.refusal.as_ref().and_then(|refusal| refusal.from);
        // W3C RTCPeerConnectionIceErrorEvent, address: none that no candidate shows.
        let address = address.filter(|address| self.local.candidates.shows(*address));
        let (code, reason, address) = match &outcome {
            ServerOutcome::Rejected { code, reason } => (*code, reason.clone(), address),
            ServerOutcome::Unusable(reason) => (UNREACHED, reason.clone(), address),
            ServerOutcome::ResolveFailed(reason) => (
                UNREACHED,
                format!("the server's name was not resolved: {reason}"),
                None,
            ),
            ServerOutcome::Unreachable => {
                let reason = "no local address can reach the server".to_owned();
                (UNREACHED, reason, None)
            }
            ServerOutcome::TimedOut
            | ServerOutcome::Reflexive(_)
            | ServerOutcome::Redundant(_)
            | ServerOutcome::Relayed(_) => {
                let reason = "the server did not answer in time".to_owned();
                (UNREACHED, reason, None)
            }
        };
        ctx.push(Event::CandidateError {
            transport: self.key.transport,
            generation: self.key.generation,
            url: server.config.url.clone(),
            address,
            code,
            reason,
        });
        self.report(ctx, now, index, outcome);
    }

    pub(super) fn report(
        &mut self,
        ctx: &mut Context,
        now: Instant,
        index: usize,
        outcome: ServerOutcome,
    ) {
        let started = self.gatherer.started.unwrap_or(now);
        let elapsed = now.saturating_duration_since(started);
        self.notes.outcome(index, outcome.clone(), elapsed);
        ctx.push(Event::Server {
            transport: self.key.transport,
            generation: self.key.generation,
            url: self.gatherer.servers[index].config.url.clone(),
            outcome,
            elapsed,
        });
    }

    /// Sending to a server failed.
    pub(super) fn fail_queries_to(
        &mut self,
        ctx: &mut Context,
        now: Instant,
        is_lost: impl Fn(&Query) -> bool,
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

/// Whether a server may have seen us there: it must be an address of the family it was asked in.
fn is_plausible(mapped: SocketAddr, asked: SocketAddr) -> bool {
    mapped.is_ipv4() == asked.is_ipv4()
        && mapped.port() != 0
        && !mapped.ip().is_unspecified()
        && !mapped.ip().is_multicast()
}
