//! What the procedures of an agent share, apart from its sessions.

use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::Rng;
use rill_stun::TransactionId;

use crate::candidate::Foundations;
use crate::event::Events;
use crate::gather::RelayId;
use crate::identifier::SessionKey;
use crate::pacer::Turns;
use crate::reply::Replies;
use crate::request::Requests;
use crate::role::Claim;
use crate::session::Session;
use crate::socket::Sockets;
use crate::timer::{Timer, Timers};
use crate::transaction::{Owner, Transaction, Transactions};
use crate::turn::Client;
use crate::{Config, Counters, Destination, Event, Generator, HostAddresses, Role, StreamId, mdns};

/// Queues, tables and generators of one agent.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) config: Config,
    pub(crate) rng: Generator,
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
    pub(crate) turns: Turns,
    pub(crate) transactions: Transactions,
    pub(crate) replies: Replies,
    /// What clients of TURN servers want sent.
    pub(crate) outgoing: VecDeque<(Destination, Vec<u8>)>,
    pub(crate) streams: BTreeMap<StreamId, (SessionKey, RelayId)>,
    pub(crate) wrapping: Wrapping,
    /// The `.local` names of our addresses.
    pub(crate) names: BTreeMap<IpAddr, String>,
    pub(crate) counters: Counters,
    /// How many paced transactions began: whose turn it is.
    pub(crate) turn: usize,
}

/// Where trains are wrapped for a TURN server; kept, so that it costs no allocation.
#[derive(Debug, Default)]
pub(crate) struct Wrapping {
    pub(crate) train: Vec<u8>,
    pub(crate) datagram: Vec<u8>,
}

/// Most datagrams and messages that wait to be sent to TURN servers.
const OUTGOING_MAX: usize = 512;

impl Context {
    pub(crate) fn new(config: Config, role: Role, mut rng: ChaCha20Rng) -> Self {
        Self {
            claim: Claim::new(role, &mut rng),
            role_switches: config.limits.role_switches,
            turns: config.pacer.join(config.timing.pace, config.timing.burst),
            config,
            rng: rng.into(),
            latest: None,
            closed: false,
            sockets: Sockets::default(),
            foundations: Foundations::default(),
            requests: Requests::default(),
            events: Events::default(),
            timers: Timers::default(),
            transactions: Transactions::default(),
            replies: Replies::default(),
            outgoing: VecDeque::new(),
            streams: BTreeMap::new(),
            wrapping: Wrapping::default(),
            names: BTreeMap::new(),
            counters: Counters::default(),
            turn: 0,
        }
    }

    /// Gives back what the queues took when they were longer.
    pub(crate) fn rest(&mut self) {
        self.requests.rest();
        self.events.rest();
        self.transactions.rest();
        self.timers.rest();
        self.sockets.rest();
        self.replies.queue.shrink_to_fit();
        self.outgoing.shrink_to_fit();
        self.wrapping = Wrapping::default();
    }

    /// Time never runs backwards for the agent.
    pub(crate) fn advance(&mut self, now: Instant) -> Instant {
        let now = self.latest.map_or(now, |latest| latest.max(now));
        self.latest = Some(now);
        now
    }

    /// Registers a request as sent and arms its timer.
    pub(crate) fn begin(&mut self, transaction: Transaction) -> TransactionId {
        let transactions = &mut self.transactions;
        let id = self.rng.draw(|rng| transactions.insert(rng, transaction));
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

    /// The name that stands for an address of ours, the same for every transport: 122 random bits
    /// (draft-ietf-mmusic-mdns-ice-candidates §3.1.1).
    pub(crate) fn name_of(&mut self, address: IpAddr) -> String {
        let rng = &mut self.rng;
        let name = self.names.entry(address);
        name.or_insert_with(|| rng.draw(mdns::Name::random).to_string())
            .clone()
    }

    /// An address as a related address may show it: not at all if host addresses are hidden.
    pub(crate) fn shown(&self, address: SocketAddr) -> SocketAddr {
        match self.config.host_addresses {
            HostAddresses::Plain => address,
            HostAddresses::Mdns => unspecified(address),
        }
    }

    /// Queues what goes to a TURN server; what is too much is lost.
    pub(crate) fn send_to_server(&mut self, to: Destination, bytes: Vec<u8>) {
        if self.outgoing.len() < OUTGOING_MAX {
            self.outgoing.push_back((to, bytes));
        } else {
            self.counters.over_limit += 1;
        }
    }

    /// A stream is no more: nothing is written to it.
    pub(crate) fn forget_stream(&mut self, stream: StreamId) {
        self.streams.remove(&stream);
        self.outgoing
            .retain(|(to, _)| *to != Destination::Stream(stream));
    }

    /// Queues all that the client of a TURN server wants sent.
    pub(crate) fn take_from(&mut self, client: &mut Client, to: Destination, now: Instant) {
        let mut bytes = Vec::new();
        while client.poll_transmit(now, &mut bytes) {
            self.send_to_server(to, std::mem::take(&mut bytes));
        }
    }

    /// A fresh transaction id, for what awaits no answer.
    pub(crate) fn transaction_id(&mut self) -> [u8; 12] {
        let mut id = [0; 12];
        self.rng.draw(|rng| rng.fill_bytes(&mut id));
        id
    }

    /// Forgets a session and all that belongs to it; leaves its relays.
    pub(crate) fn forget(&mut self, mut session: Session) {
        session.end_relays(self, |_| true);
        self.release(session.key);
    }

    /// Forgets all that belongs to a session, its events included, and closes its sockets.
    pub(crate) fn release(&mut self, session: SessionKey) {
        self.end_where(|owner| owner.session() == session);
        self.timers.forget(session);
        self.events.forget_session(session);
        for socket in self.sockets.release(session) {
            self.events.forget_socket(socket);
            self.requests.close_socket(socket);
        }
    }

    pub(crate) fn push(&mut self, event: Event) {
        tracing::debug!(target: "rill_ice", kind = event_name(&event), "event");
        self.events.push(event);
    }
}

/// RFC 8839 §5.1: an address that says nothing.
pub(crate) fn unspecified(like: SocketAddr) -> SocketAddr {
    match like {
        SocketAddr::V4(_) => SocketAddr::from(([0; 4], 0)),
        SocketAddr::V6(_) => SocketAddr::from(([0; 16], 0)),
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
