//! Which datagram is sent next.

use std::time::Instant;

use rill_stun::{Class, Method, TransactionId, Writer};

use crate::gather::{Ask, QueryId, QueryState};
use crate::identifier::SessionKey;
use crate::pair::PairId;
use crate::session::Session;
use crate::timer::Timer;
use crate::transaction::{CheckKind, Owner, Schedule, Transaction};
use crate::{Agent, Kind, Transmit};
use crate::{Path, context::Context};

/// A transaction that is ready to begin, at the pace of RFC 8445 §14.
#[derive(Clone, Copy, Debug)]
enum Paced {
    Check(SessionKey, PairId),
    Ask(SessionKey, Ask),
}

impl Agent {
    pub(super) fn next_transmit(&mut self, now: Instant, buffer: &mut Vec<u8>) -> Option<Transmit> {
        loop {
            if let Some((to, bytes)) = self.ctx.outgoing.pop_front() {
                buffer.clear();
                buffer.extend_from_slice(&bytes);
                return Some(Transmit { to, segment: None });
            }
            if self.ctx.closed {
                return None;
            }
            let Some(path) = self.write_next(now, buffer) else {
                // What the attempt left to be sent to a TURN server.
                if self.ctx.outgoing.is_empty() {
                    return None;
                }
                continue;
            };
            if let Some(transmit) = self.wrap(path, None, buffer) {
                return Some(transmit);
            }
        }
    }

    /// Writes the next datagram of the agent's own.
    fn write_next(&mut self, now: Instant, buffer: &mut Vec<u8>) -> Option<Path> {
        self.write_reply(buffer)
            .or_else(|| self.write_unpaced(now, buffer))
            .or_else(|| self.write_again(now, buffer))
            .or_else(|| self.write_paced(now, buffer))
    }

    /// When [`next_transmit`](Self::next_transmit) has something to send.
    pub(super) fn transmit_at(&self) -> Option<Instant> {
        let latest = self.ctx.latest?;
        let is_urgent = !self.ctx.replies.queue.is_empty()
            || !self.ctx.outgoing.is_empty()
            || !self.ctx.transactions.due.is_empty()
            || self
                .transports
                .sessions()
                .any(|session| session.checks.has_unpaced());
        if is_urgent {
            return Some(latest);
        }
        let is_paced = !self.ctx.transactions.due_paced.is_empty()
            || self
                .transports
                .sessions()
                .any(|session| session.has_check_ready() || !session.gatherer.queue.is_empty());
        is_paced.then(|| self.ctx.turns.ready_at().unwrap_or(latest))
    }

    fn write_reply(&mut self, buffer: &mut Vec<u8>) -> Option<Path> {
        while let Some(reply) = self.ctx.replies.queue.pop_front() {
            if let Some(session) = self.transports.session_mut(reply.session) {
                reply.write(&session.local.key.integrity, buffer);
                if reply.to.is_permitted() {
                    session.checks.count_reply(&reply);
                    return Some(reply.to);
                }
            }
        }
        None
    }

    /// Checks of valid pairs: nominations, probes, consent.
    fn write_unpaced(&mut self, now: Instant, buffer: &mut Vec<u8>) -> Option<Path> {
        for session in self.transports.sessions_mut() {
            while let Some((pair, kind)) = session.checks.next_unpaced() {
                let path = session.start_check(&mut self.ctx, now, pair, kind, buffer);
                if path.is_some() {
                    return path;
                }
            }
        }
        None
    }

    fn write_again(&mut self, now: Instant, buffer: &mut Vec<u8>) -> Option<Path> {
        while let Some(id) = self.ctx.transactions.due.pop_front() {
            if let Some(path) = self.resend(now, id, buffer) {
                return Some(path);
            }
        }
        while let Some(&id) = self.ctx.transactions.due_paced.front() {
            let is_gone = self.ctx.transactions.get(id).is_none();
            if !is_gone && !self.ctx.turns.take(now) {
                return None;
            }
            self.ctx.transactions.due_paced.pop_front();
            if let Some(path) = self.resend(now, id, buffer) {
                return Some(path);
            }
        }
        None
    }

    /// Sends a request again, byte for byte. `None` if it cannot, must not or need not be sent.
    fn resend(&mut self, now: Instant, id: TransactionId, buffer: &mut Vec<u8>) -> Option<Path> {
        let transaction = *self.ctx.transactions.get(id)?;
        if transaction.cancelled {
            return None;
        }
        let session = self.transports.session_mut(transaction.owner.session())?;
        let mut is_permitted = true;
        match transaction.owner {
            Owner::Check(check) => {
                if !session.may_send(&self.ctx, transaction.path) {
                    self.ctx.counters.withheld_checks += 1;
                    session.check_failed(&mut self.ctx, check, id);
                    return None;
                }
                session.write_check(&mut self.ctx, check, id, buffer)?;
                is_permitted = transaction.path.is_permitted();
            }
            Owner::Server { .. } => write_query(&mut self.ctx, id, buffer),
        }
        let transaction = self.ctx.transactions.get_mut(id)?;
        transaction.sent += 1;
        transaction.last_sent = now;
        let due = transaction.due();
        let path = transaction.path;
        self.ctx.timers.set(Timer::Transaction(id), due);
        is_permitted.then_some(path)
    }

    fn write_paced(&mut self, now: Instant, buffer: &mut Vec<u8>) -> Option<Path> {
        while let Some(next) = self.next_paced() {
            let session = self.transports.session_mut(next.session())?;
            let is_exempt = match next {
                Paced::Check(_, pair) => session.needs_no_turn(pair),
                Paced::Ask(..) => false,
            };
            if !is_exempt && !self.ctx.turns.take(now) {
                return None;
            }
            self.ctx.turn = self.ctx.turn.wrapping_add(1);
            let path = match next {
                Paced::Check(_, pair) => {
                    session.start_check(&mut self.ctx, now, pair, CheckKind::Validation, buffer)
                }
                Paced::Ask(_, ask) => {
                    session.gatherer.queue.pop_front();
                    session.start_asking(&mut self.ctx, now, ask, buffer)
                }
            };
            if path.is_some() || !self.ctx.outgoing.is_empty() {
                return path;
            }
        }
        None
    }

    /// The lists take turns (RFC 8445 §6.1.4.2), and within a session checks and queries do.
    fn next_paced(&self) -> Option<Paced> {
        let turn = self.ctx.turn;
        let count = self.transports.sessions().count();
        let start = if count == 0 { 0 } else { turn / 2 % count };
        let sessions = || self.transports.sessions().cycle_from(start, count);
        let mut checks = sessions().filter_map(|session| {
            let pair = session
                .has_check_ready()
                .then(|| session.checks.next_paced())??;
            Some(Paced::Check(session.key, pair))
        });
        let mut queries = sessions().filter_map(|session| {
            let ask = session.gatherer.queue.front()?;
            Some(Paced::Ask(session.key, *ask))
        });
        if turn.is_multiple_of(2) {
            checks.next().or_else(|| queries.next())
        } else {
            queries.next().or_else(|| checks.next())
        }
    }
}

impl Paced {
    fn session(&self) -> SessionKey {
        match self {
            Self::Check(key, _) | Self::Ask(key, _) => *key,
        }
    }
}

/// Goes through an iterator of known length from some position, once around.
trait CycleFrom: Iterator + Sized + Clone {
    fn cycle_from(self, start: usize, count: usize) -> impl Iterator<Item = Self::Item> {
        self.clone().skip(start).chain(self.take(start)).take(count)
    }
}

impl<I: Iterator + Clone> CycleFrom for I {}

impl Session {
    fn start_asking(
        &mut self,
        ctx: &mut Context,
        now: Instant,
        ask: Ask,
        buffer: &mut Vec<u8>,
    ) -> Option<Path> {
        match ask {
            Ask::Query(query) => self.start_query(ctx, now, query, buffer),
            Ask::Relay(relay) => {
                self.start_relay(ctx, now, relay);
                None
            }
        }
    }

    fn start_query(
        &mut self,
        ctx: &mut Context,
        now: Instant,
        id: QueryId,
        buffer: &mut Vec<u8>,
    ) -> Option<Path> {
        let timing = &ctx.config.timing;
        let query = self.gatherer.queries.get_mut(&id)?;
        // Sent 0, 200, 600, 1000 and 1400 ms after its turn came; given up with its server.
        let interval = timing.server_deadline / 9;
        let schedule = match query.state {
            QueryState::Queued => Schedule {
                interval,
                interval_max: interval * 2,
                sends: 5,
                final_wait: interval * 2,
            },
            QueryState::Answered => Schedule::once(interval),
            QueryState::Sent(_) | QueryState::Dead => return None,
        };
        let path = Path::new(query.base.socket, query.to);
        let owner = Owner::Server {
            session: self.key,
            query: id,
        };
        let transaction = ctx.begin(Transaction::new(owner, path, schedule, now));
        if query.state == QueryState::Queued {
            query.state = QueryState::Sent(transaction);
        }
        write_query(ctx, transaction, buffer);
        Some(path)
    }

    /// Whether a check is not paced: its address has answered before, or is our own and no network
    /// carries it.
    pub(super) fn needs_no_turn(&self, id: PairId) -> bool {
        let Some(pair) = self.checks.get(id) else {
            return false;
        };
        let remote = self.remote.candidates.get(pair.remote);
        let local = &self.local.candidates[pair.local].candidate;
        let is_own = local.kind == Kind::Host && local.address.ip() == pair.path.remote.ip();
        is_own || remote.is_some_and(|remote| remote.proved)
    }

    /// Whether the address was not silent for too long.
    pub(super) fn may_send(&self, ctx: &Context, path: Path) -> bool {
        let limit = ctx.config.limits.silent_datagrams;
        self.silence.permits(path.remote.ip(), limit)
    }
}

/// A plain Binding request: servers are asked without credentials (RFC 8445 §5.1.1.2).
fn write_query(ctx: &mut Context, id: TransactionId, buffer: &mut Vec<u8>) {
    Writer::new(buffer, Class::Request, Method::BINDING, id).finish();
    ctx.counters.server_requests_sent += 1;
}
