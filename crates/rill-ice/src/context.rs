//! What the procedures of an agent share, apart from its sessions.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Instant;

use rand_chacha::ChaCha20Rng;
use rill_stun::{IntegrityKey, TransactionId};

use crate::candidate::Foundations;
use crate::event::Events;
use crate::identifier::SessionKey;
use crate::pacer::Pacer;
use crate::path::{Path, SocketId};
use crate::request::Requests;
use crate::role::Claim;
use crate::timer::{Timer, Timers};
use crate::transaction::{Owner, Transaction, Transactions};
use crate::{Config, Counters, Event, Role};

/// Queues, tables and generators of one agent.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) config: Config,
    pub(crate) rng: ChaCha20Rng,
    pub(crate) claim: Claim,
    /// How many role switches a 487 may still force.
    pub(crate) role_switches: u32,
    /// The latest time that was passed in.
    pub(crate) latest: Option<Instant>,
    pub(crate) closed: bool,
    pub(crate) sockets: Sockets,
    pub(crate) foundations: Foundations,
    pub(crate) requests: Requests,
    pub(crate) events: Events,
    pub(crate) timers: Timers,
    pub(crate) pacer: Pacer,
    pub(crate) transactions: Transactions,
    pub(crate) replies: Replies,
    pub(crate) counters: Counters,
    /// How many paced transactions began: whose turn it is.
    pub(crate) turn: usize,
}

impl Context {
    pub(crate) fn new(config: Config, role: Role, mut rng: ChaCha20Rng) -> Self {
        Self {
            claim: Claim::new(role, &mut rng),
            role_switches: config.limits.role_switches,
            pacer: Pacer::new(config.timing.pace, config.timing.burst),
            config,
            rng,
            latest: None,
            closed: false,
            sockets: Sockets::default(),
            foundations: Foundations::default(),
            requests: Requests::default(),
            events: Events::default(),
            timers: Timers::default(),
            transactions: Transactions::default(),
            replies: Replies::default(),
            counters: Counters::default(),
            turn: 0,
        }
    }

    /// Time never runs backwards for the agent.
    pub(crate) fn advance(&mut self, now: Instant) -> Instant {
        let now = self.latest.map_or(now, |latest| latest.max(now));
        self.latest = Some(now);
        now
    }

    /// Registers a request as sent and arms its timer.
    pub(crate) fn begin(&mut self, transaction: Transaction) -> TransactionId {
        let id = self.transactions.insert(&mut self.rng, transaction);
        self.timers.set(Timer::Transaction(id), transaction.due());
        id
    }

    /// Forgets a request.
    pub(crate) fn end(&mut self, id: TransactionId) {
        self.timers.clear(Timer::Transaction(id));
        self.transactions.remove(id);
    }

    /// Forgets the requests that `gone` holds for.
    pub(crate) fn end_where(&mut self, gone: impl Fn(&Owner) -> bool) {
        let ids = self
            .transactions
            .remove_where(|transaction| gone(&transaction.owner));
        for id in ids {
            self.timers.clear(Timer::Transaction(id));
        }
    }

    /// Forgets all that belongs to a session, and closes its sockets.
    pub(crate) fn forget(&mut self, session: SessionKey) {
        self.end_where(|owner| owner.session() == session);
        self.timers.forget(session);
        for socket in self.sockets.release(session) {
            self.requests.close_socket(socket);
        }
    }

    pub(crate) fn push(&mut self, event: Event) {
        tracing::debug!(target: "rill_ice", kind = event_name(&event), "event");
        self.events.push(event);
    }
}

fn event_name(event: &Event) -> &'static str {
    match event {
        Event::LocalCandidate { .. } => "local candidate",
        Event::LocalEndOfCandidates { .. } => "local end of candidates",
        Event::GatheringState { .. } => "gathering state",
        Event::CandidateError { .. } => "candidate error",
        Event::Server { .. } => "server",
        Event::Proved { .. } => "proved",
        Event::SelectedPair { .. } => "selected pair",
        Event::State { .. } => "state",
        Event::Role(_) => "role",
    }
}

/// Which session each socket belongs to.
#[derive(Debug, Default)]
pub(crate) struct Sockets {
    last: u32,
    owners: BTreeMap<SocketId, SessionKey>,
}

impl Sockets {
    pub(crate) fn allocate(&mut self, owner: SessionKey) -> SocketId {
        self.last += 1;
        let socket = SocketId(self.last);
        self.owners.insert(socket, owner);
        socket
    }

    pub(crate) fn owner(&self, socket: SocketId) -> Option<SessionKey> {
        self.owners.get(&socket).copied()
    }

    /// Forgets a socket that could not be bound.
    pub(crate) fn remove(&mut self, socket: SocketId) {
        self.owners.remove(&socket);
    }

    fn release(&mut self, owner: SessionKey) -> Vec<SocketId> {
        let released: Vec<SocketId> = self
            .owners
            .iter()
            .filter(|(_, key)| **key == owner)
            .map(|(socket, _)| *socket)
            .collect();
        for socket in &released {
            self.owners.remove(socket);
        }
        released
    }
}

/// A response to be sent. It is written only when polled, into the caller's buffer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) session: SessionKey,
    pub(crate) to: Path,
    pub(crate) transaction: TransactionId,
    pub(crate) content: ReplyContent,
    /// Whether the request was protected by SHA-256 (RFC 8489 §9.1.3).
    pub(crate) sha256: bool,
}

/// What the response says.
#[derive(Debug)]
pub(crate) enum ReplyContent {
    /// XOR-MAPPED-ADDRESS is the address that the reply goes to.
    Success,
    BadRequest,
    UnknownAttributes(Vec<u16>),
    RoleConflict,
}

/// The responses to be sent.
#[derive(Debug, Default)]
pub(crate) struct Replies {
    pub(crate) queue: std::collections::VecDeque<Reply>,
}

impl Reply {
    /// Writes the response into `buffer`.
    pub(crate) fn write(&self, key: &IntegrityKey, buffer: &mut Vec<u8>) {
        use rill_stun::{Class, Method, Writer};
        let class = match self.content {
            ReplyContent::Success => Class::Success,
            ReplyContent::BadRequest
            | ReplyContent::UnknownAttributes(_)
            | ReplyContent::RoleConflict => Class::Error,
        };
        let writer = Writer::new(buffer, class, Method::BINDING, self.transaction);
        let writer = match &self.content {
            ReplyContent::Success => writer.xor_mapped_address(self.to.remote),
            ReplyContent::BadRequest => writer.error_code(400, ""),
            ReplyContent::UnknownAttributes(kinds) => {
                writer.error_code(420, "").unknown_attributes(kinds)
            }
            ReplyContent::RoleConflict => writer.error_code(487, ""),
        };
        let writer = if self.sha256 {
            writer.message_integrity_sha256_with(key)
        } else {
            writer.message_integrity_with(key)
        };
        writer.fingerprint().finish();
    }

    /// The length of what [`write`](Self::write) writes: never more than the request's, so that
    /// nobody is flooded through us.
    pub(crate) fn length(&self) -> usize {
        let content = match &self.content {
            ReplyContent::Success => match self.to.remote {
                SocketAddr::V4(_) => 12,
                SocketAddr::V6(_) => 24,
            },
            ReplyContent::BadRequest | ReplyContent::RoleConflict => 8,
            ReplyContent::UnknownAttributes(kinds) => 12 + (kinds.len() * 2).next_multiple_of(4),
        };
        let integrity = if self.sha256 { 36 } else { 24 };
        rill_stun::HEADER_LENGTH + content + integrity + 8
    }
}
