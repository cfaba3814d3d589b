//! What the agent tells its owner.

use std::collections::VecDeque;
use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use litemap::LiteMap;

use crate::identifier::SessionKey;
use crate::{CandidatePair, Generation, LocalCandidate, Path, Role, SocketId, TransportId};

/// Something that happened, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A local candidate to be sent to the peer. Polling this event is what surfaces it: pairing
    /// starts then (RFC 8838 §10), and only then are checks on its socket answered.
    LocalCandidate {
        /// The transport.
        transport: TransportId,
        /// Its generation.
        generation: Generation,
        /// The candidate.
        candidate: LocalCandidate,
    },
    /// No more local candidates will come in this generation (RFC 8838 §13).
    LocalEndOfCandidates {
        /// The transport.
        transport: TransportId,
        /// Its generation.
        generation: Generation,
    },
    /// The transport's `gatheringState` changed.
    GatheringState {
        /// The transport.
        transport: TransportId,
        /// The new state.
        state: GatheringState,
    },
    /// A server gave no candidate: W3C `icecandidateerror`. At most one per server and generation.
    CandidateError {
        /// The transport.
        transport: TransportId,
        /// Its generation.
        generation: Generation,
        /// The server.
        url: String,
        /// The local address that was used, when one was.
        address: Option<SocketAddr>,
        /// The server's STUN error code, or 701 if it could not be reached.
        code: u16,
        /// Why, in words.
        reason: String,
    },
    /// How asking a server went. One per server and address family that answered, or one for the
    /// whole server if none did.
    Server {
        /// The transport.
        transport: TransportId,
        /// Its generation.
        generation: Generation,
        /// The server.
        url: String,
        /// How it went.
        outcome: ServerOutcome,
        /// Since gathering began.
        elapsed: Duration,
    },
    /// A check succeeded for the first time on this path: DTLS may start there.
    Proved {
        /// The transport.
        transport: TransportId,
        /// The path.
        path: Path,
    },
    /// Data now goes another way. Comes immediately before the [`Event::State`] that it belongs to.
    SelectedPair {
        /// The transport.
        transport: TransportId,
        /// The pair: the nominated one, or the best valid one while none is nominated.
        pair: CandidatePair,
    },
    /// The transport's state changed.
    State {
        /// The transport.
        transport: TransportId,
        /// The new state.
        state: TransportState,
    },
    /// A role conflict was settled by taking this role (RFC 8445 §7.3.1.1).
    Role(Role),
}

impl Event {
    fn transport(&self) -> Option<TransportId> {
        match self {
            Self::LocalCandidate { transport, .. }
            | Self::LocalEndOfCandidates { transport, .. }
            | Self::GatheringState { transport, .. }
            | Self::CandidateError { transport, .. }
            | Self::Server { transport, .. }
            | Self::Proved { transport, .. }
            | Self::SelectedPair { transport, .. }
            | Self::State { transport, .. } => Some(*transport),
            Self::Role(_) => None,
        }
    }

    /// The transport, if the event is one of gathering.
    fn gathering(&self) -> Option<TransportId> {
        match self {
            Self::GatheringState { transport, .. } => Some(*transport),
            event => event.session().map(|key| key.transport),
        }
    }

    /// The generation that it is about, if it is about one.
    fn session(&self) -> Option<SessionKey> {
        match self {
            Self::LocalCandidate {
                transport,
                generation,
                ..
            }
            | Self::LocalEndOfCandidates {
                transport,
                generation,
            }
            | Self::CandidateError {
                transport,
                generation,
                ..
            }
            | Self::Server {
                transport,
                generation,
                ..
            } => Some(SessionKey {
                transport: *transport,
                generation: *generation,
            }),
            Self::GatheringState { .. }
            | Self::Proved { .. }
            | Self::SelectedPair { .. }
            | Self::State { .. }
            | Self::Role(_) => None,
        }
    }
}

/// W3C `RTCIceTransportState`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum TransportState {
    /// Gathering, or waiting for remote candidates.
    #[default]
    New,
    /// Checking pairs, and no connection found yet.
    Checking,
    /// A connection is there; a better one, or more candidates, may still come.
    Connected,
    /// A connection is there, and nothing more to check or to come.
    Completed,
    /// The peer does not answer at the moment, or every pair so far failed and more may come.
    Disconnected,
    /// No connection, and nothing more to try. Only an ICE restart leads out.
    Failed,
    /// The transport or the agent was closed.
    Closed,
}

impl fmt::Display for TransportState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::New => "new",
            Self::Checking => "checking",
            Self::Connected => "connected",
            Self::Completed => "completed",
            Self::Disconnected => "disconnected",
            Self::Failed => "failed",
            Self::Closed => "closed",
        })
    }
}

/// W3C `RTCIceGathererState`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum GatheringState {
    /// Not begun.
    #[default]
    New,
    /// Under way, in some generation.
    Gathering,
    /// Finished, in every generation that began.
    Complete,
}

impl fmt::Display for GatheringState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::New => "new",
            Self::Gathering => "gathering",
            Self::Complete => "complete",
        })
    }
}

/// How asking a server went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServerOutcome {
    /// It saw us at this address, which differs from the socket's own.
    Reflexive(SocketAddr),
    /// It saw us at the socket's own address: there is no translation on the way.
    Redundant(SocketAddr),
    /// It relays for us at this address.
    Relayed(SocketAddr),
    /// No answer in time.
    TimedOut,
    /// Its name could not be resolved, for this reason.
    ResolveFailed(String),
    /// It could not be used, for this reason: no connection, a certificate that is not its own, or
    /// answers that no honest server gives.
    Unusable(String),
    /// It answered with a STUN error.
    Rejected {
        /// The STUN error code.
        code: u16,
        /// The server's words.
        reason: String,
    },
    /// No local address can reach an address of its family.
    Unreachable,
}

/// The events to be polled.
#[derive(Debug, Default)]
pub(crate) struct Events {
    queue: VecDeque<Event>,
    /// What gathering had to say on transports that nobody asked to gather yet.
    held: LiteMap<TransportId, Vec<Event>>,
}

impl Events {
    pub(crate) fn push(&mut self, event: Event) {
        let held = event.gathering().and_then(|id| self.held.get_mut(&id));
        match held {
            Some(held) => held.push(event),
            None => self.queue.push_back(event),
        }
    }

    /// Gives back the room of what was polled.
    pub(crate) fn rest(&mut self) {
        self.queue.shrink_to_fit();
        if self.held.is_empty() {
            self.held = LiteMap::new();
        }
    }

    pub(crate) fn poll(&mut self) -> Option<Event> {
        self.queue.pop_front()
    }

    /// What gathering says on a transport waits from now on.
    pub(crate) fn hold(&mut self, id: TransportId) {
        self.held.entry(id).or_default();
    }

    /// It can be polled, and what follows too.
    pub(crate) fn release(&mut self, id: TransportId) {
        self.queue
            .extend(self.held.remove(&id).into_iter().flatten());
    }

    pub(crate) fn drop_held(&mut self, id: TransportId) {
        self.held.remove(&id);
    }

    /// Changes what waits, and keeps what `edit` says.
    pub(crate) fn edit_held(&mut self, id: TransportId, edit: impl FnMut(&mut Event) -> bool) {
        if let Some(held) = self.held.get_mut(&id) {
            held.retain_mut(edit);
        }
    }

    /// Nothing is said of a transport after its removal.
    pub(crate) fn forget(&mut self, id: TransportId) {
        self.drop_held(id);
        self.queue.retain(|event| event.transport() != Some(id));
    }

    /// Nothing is said of a generation that is gone.
    pub(crate) fn forget_session(&mut self, key: SessionKey) {
        self.edit_held(key.transport, |event| event.session() != Some(key));
        self.queue.retain(|event| event.session() != Some(key));
    }

    /// Nor of a path from a socket that is closed.
    pub(crate) fn forget_socket(&mut self, socket: SocketId) {
        let is_gone =
            |event: &Event| matches!(event, Event::Proved { path, .. } if path.socket == socket);
        self.queue.retain(|event| !is_gone(event));
        // A relay that was lost before anybody was told of it.
        let is_lost = |event: &Event| matches!(event, Event::LocalCandidate { candidate, .. } if candidate.socket == socket);
        for (_, held) in self.held.iter_mut() {
            held.retain(|event| !is_lost(event));
        }
    }

    pub(crate) fn clear(&mut self) {
        self.held.clear();
        self.queue.clear();
    }
}
