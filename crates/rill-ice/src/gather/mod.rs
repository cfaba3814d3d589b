//! Gathering of local candidates (RFC 8445 §5.1.1): what is known of it, in one session. What is
//! done about it is in [`agent::gathering`](crate::agent).

mod interface;
mod relay;
mod server;

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::time::Instant;

use rill_stun::TransactionId;

pub(crate) use interface::usable_addresses;
pub(crate) use relay::{Relay, RelayId, Stage, Way};
pub(crate) use server::{Refusal, SERVERS_MAX, Server, ServerState};

use crate::{CandidatePolicy, GatheringState, Path, SocketId};

/// A bound socket.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Base {
    pub(crate) socket: SocketId,
    pub(crate) address: SocketAddr,
    pub(crate) preference: u16,
}

/// Names a query of one session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct QueryId(u32);

/// One server asked from one socket.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Query {
    pub(crate) server: usize,
    pub(crate) base: Base,
    pub(crate) to: SocketAddr,
    pub(crate) state: QueryState,
}

/// Where a query stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum QueryState {
    /// Waits for its turn.
    Queued,
    Sent(TransactionId),
    /// Answered with success, and kept alive.
    Answered,
    /// Refused, unreachable or given up.
    Dead,
}

/// Something to begin when its turn comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    Query(QueryId),
    Relay(RelayId),
}

/// What gathering knows. At most `local_addresses` sockets and 16 servers.
#[derive(Debug, Default)]
pub(crate) struct Gatherer {
    pub(crate) state: GatheringState,
    pub(crate) started: Option<Instant>,
    /// The policy that it began under: another one counts from the next gathering on.
    pub(crate) policy: CandidatePolicy,
    /// No description needs it yet, and nobody is told of it.
    pub(crate) ahead: bool,
    /// Outstanding requests to the driver: the interfaces and the sockets.
    pub(crate) outstanding: usize,
    pub(crate) bases: Vec<Base>,
    pub(crate) servers: Vec<Server>,
    pub(crate) queries: BTreeMap<QueryId, Query>,
    pub(crate) relays: BTreeMap<RelayId, Relay>,
    pub(crate) queue: VecDeque<Ask>,
    last: u32,
}

impl Gatherer {
    /// Gives back the room of what was asked.
    pub(crate) fn rest(&mut self) {
        self.queue.shrink_to_fit();
        self.bases.shrink_to_fit();
        self.servers.shrink_to_fit();
        if self.queries.is_empty() {
            // A map that has emptied keeps a node.
            self.queries = BTreeMap::new();
        }
    }

    /// Pairs a socket with a server (RFC 8445 §5.1.1.2).
    pub(crate) fn ask(&mut self, server: usize, base: Base, to: SocketAddr) {
        self.last += 1;
        let id = QueryId(self.last);
        self.queries.insert(
            id,
            Query {
                server,
                base,
                to,
                state: QueryState::Queued,
            },
        );
        self.queue.push_back(Ask::Query(id));
    }

    /// Wants a relay of a server (RFC 8445 §5.1.1.2).
    pub(crate) fn want_relay(&mut self, relay: Relay) -> RelayId {
        self.last += 1;
        let id = RelayId(self.last);
        self.relays.insert(id, relay);
        self.queue.push_back(Ask::Relay(id));
        id
    }

    /// How many relays of a server there are or may be.
    pub(crate) fn count_relays(&self, server: usize) -> usize {
        let relays = self.relays.values();
        relays
            .filter(|relay| relay.server == server && !matches!(relay.stage, Stage::Over))
            .count()
    }

    /// Whether a server was asked for a relay, with whatever outcome.
    pub(crate) fn has_asked_for_relay(&self, server: usize) -> bool {
        self.relays.values().any(|relay| relay.server == server)
    }

    /// Whether it was asked from this socket, at this address.
    pub(crate) fn has_tried(&self, server: usize, (from, to): (SocketId, SocketAddr)) -> bool {
        let is_it = |relay: &Relay| {
            relay.server == server
                && matches!(relay.way, Way::Datagrams { base, to: at } if (base.socket, at) == (from, to))
        };
        self.relays.values().any(is_it)
    }

    /// The first relay after another one, if it is given, whose server is at the other end of a path.
    pub(crate) fn relay_by_path(&self, path: &Path, after: Option<RelayId>) -> Option<RelayId> {
        let is_way = |way: &Way| match way {
            Way::Datagrams { base, to } => (base.socket, *to) == path.key(),
            Way::Stream { .. } => false,
        };
        let mut relays = self.relays.iter();
        let is_next = |id: RelayId| after.is_none_or(|after| id > after);
        let found =
            relays.find(|(id, relay)| is_next(**id) && is_way(&relay.way) && relay.is_open())?;
        Some(*found.0)
    }

    /// The relay that a socket stands for an address of.
    pub(crate) fn relay_by_socket(&self, socket: SocketId) -> Option<RelayId> {
        let holds = |relay: &Relay| {
            let mut relayed = relay
                .allocation()
                .into_iter()
                .flat_map(|held| &held.relayed);
            relayed.any(|(own, _)| *own == socket)
        };
        let mut relays = self.relays.iter();
        Some(*relays.find(|(_, relay)| holds(relay))?.0)
    }

    /// Asks and awaits nothing any more.
    pub(crate) fn cease(&mut self) {
        self.state = GatheringState::Complete;
        self.queries.clear();
        self.queue.clear();
        for server in &mut self.servers {
            server.state = ServerState::Done;
        }
    }

    /// Whether all sockets that will ever be are bound.
    pub(crate) fn is_bound(&self) -> bool {
        self.outstanding == 0
    }

    /// Whether some query of the server may still be answered.
    pub(crate) fn is_awaited(&self, server: usize) -> bool {
        let is_asked = self.queries.values().any(|query| {
            query.server == server
                && matches!(query.state, QueryState::Queued | QueryState::Sent(_))
        });
        let mut relays = self.relays.values();
        is_asked || relays.any(|relay| relay.server == server && relay.is_awaited())
    }

    /// When the next server is to be given up.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.servers.iter().filter_map(Server::deadline).min()
    }
}
