//! Gathering of local candidates (RFC 8445 §5.1.1): what is known of it, in one session. What is
//! done about it is in [`agent::gathering`](crate::agent).

mod interface;
mod server;

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::time::Instant;

use rill_stun::TransactionId;

pub(crate) use interface::usable_addresses;
pub(crate) use server::{SERVERS_MAX, Server, ServerState};

use crate::{GatheringState, SocketId};

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

/// What gathering knows. At most `local_addresses` sockets and 16 servers.
#[derive(Debug, Default)]
pub(crate) struct Gatherer {
    pub(crate) state: GatheringState,
    pub(crate) started: Option<Instant>,
    /// Outstanding requests to the driver: the interfaces and the sockets.
    pub(crate) outstanding: usize,
    pub(crate) bases: Vec<Base>,
    pub(crate) servers: Vec<Server>,
    pub(crate) queries: BTreeMap<QueryId, Query>,
    pub(crate) queue: VecDeque<QueryId>,
    last: u32,
}

impl Gatherer {
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
        self.queue.push_back(id);
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
        self.queries.values().any(|query| {
            query.server == server
                && matches!(query.state, QueryState::Queued | QueryState::Sent(_))
        })
    }

    /// When the next server is to be given up.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.servers.iter().filter_map(Server::deadline).min()
    }
}
