//! What the agent tells of itself for diagnosis. Nothing in here decides anything.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use crate::{
    GatheringState, Generation, Interface, LocalCandidate, PairInfo, RelayProtocol,
    RemoteCandidate, ServerOutcome, TransportId, TransportState,
};

/// How many problems of gathering are kept.
const PROBLEMS_MAX: usize = 16;

/// How many addresses of the peer are kept that servers do not relay to.
const REFUSED_PEERS_MAX: usize = 64;

/// One transport, at this moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransportReport {
    /// Which.
    pub id: TransportId,
    /// Its state.
    pub state: TransportState,
    /// Its generations, the newest last.
    pub generations: Vec<GenerationReport>,
}

/// One generation of a transport. It names addresses of the machine, also those that the peer is not
/// told of, and no secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GenerationReport {
    /// Which.
    pub generation: Generation,
    /// Our username fragment.
    pub ufrag: String,
    /// The peer's, once it is known.
    pub remote_ufrag: Option<String>,
    /// Whether the peer is an ICE-lite agent, which sends no checks.
    pub remote_lite: bool,
    /// How far gathering is.
    pub gathering: GatheringState,
    /// Since when it gathers, if it began.
    pub gathering_for: Option<Duration>,
    /// The machine's addresses, as the driver listed them.
    pub interfaces: Vec<Interface>,
    /// The sockets that are bound.
    pub bases: Vec<SocketAddr>,
    /// Interfaces that could not be listed, addresses that could not be bound.
    pub problems: Vec<String>,
    /// The servers that are asked, in the order of the configuration.
    pub servers: Vec<AskedServer>,
    /// Our candidates that the peer may know, peer-reflexive ones included.
    pub local_candidates: Vec<LocalCandidate>,
    /// Our end of candidates was said.
    pub local_ended: bool,
    /// What the peer signalled, and what only its checks told.
    pub remote_candidates: Vec<RemoteReport>,
    /// Whether more may come from the peer.
    pub remote_end: RemoteEnd,
    /// The pairs, oldest first.
    pub pairs: Vec<PairReport>,
    /// The peer's checks that were not answered.
    pub refused: RefusedChecks,
    /// Datagrams that the driver could not send.
    pub unsendable: u64,
    /// Since the first check was sent.
    pub checking_for: Option<Duration>,
    /// Since a pair was selected for the first time.
    pub connected_for: Option<Duration>,
    /// It failed: nothing more is tried.
    pub failed: bool,
}

/// A server that is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskedServer {
    /// As configured.
    pub url: String,
    /// How a TURN server is reached; `None` for a STUN server.
    pub relay: Option<RelayProtocol>,
    /// Its addresses, as far as they are known.
    pub addresses: Vec<SocketAddr>,
    /// What came of it and how long after the start of gathering; empty while it is awaited.
    pub outcomes: Vec<(ServerOutcome, Duration)>,
    /// An allocation that it had granted was lost.
    pub lost: bool,
    /// Where the peer is that it does not relay to.
    pub refused_peers: Vec<RefusedPeer>,
}

/// An address that a TURN server does not relay to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedPeer {
    /// The address.
    pub address: IpAddr,
    /// The error code, or 701 when the server did not say.
    pub code: u16,
    /// Its reason.
    pub reason: String,
}

/// A candidate of the peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteReport {
    /// The candidate.
    pub candidate: RemoteCandidate,
    /// What became of its name, if that is how it was told.
    pub name: Option<NameFate>,
}

/// What became of a name that the peer told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NameFate {
    /// It is being looked up.
    Asked,
    /// It stands for this address.
    Resolved(SocketAddr),
    /// Nobody answered for it, or what was answered is no address to send to; in words.
    Failed(String),
    /// Nothing of multicast DNS is heard here, not even our own question; in words.
    Unheard(String),
    /// It was not looked up: only `.local` names are, and only so many at once.
    NotAsked,
}

/// Whether more candidates may come from the peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RemoteEnd {
    /// They may.
    Open,
    /// The peer does not trickle: what it said at first should be all.
    Presumed,
    /// It said that there are no more.
    Said,
}

/// One candidate pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PairReport {
    /// The pair.
    pub info: PairInfo,
    /// Where the peer is, also if it told only a name.
    pub remote: SocketAddr,
    /// Since its last answer, if there was one.
    pub answered_ago: Option<Duration>,
    /// It is valid and does not answer at the moment.
    pub silent: bool,
    /// Its consent expired or was revoked (RFC 7675).
    pub consent_lost: bool,
}

/// Checks of the peer that were not answered, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RefusedChecks {
    /// They are for another username fragment than ours.
    pub stranger: u64,
    /// They come from another username fragment than the peer's.
    pub foreign: u64,
    /// Their password is not ours.
    pub forged: u64,
    /// They came before the peer could know the address, or after the end of its pair.
    pub untimely: u64,
}

/// What a session writes down for its report, and for nothing else.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    pub(crate) interfaces: Vec<Interface>,
    problems: Vec<String>,
    /// Of the server of an index: at most one per family, and one more.
    outcomes: Vec<(usize, ServerOutcome, Duration)>,
    lost: Vec<usize>,
    refused_peers: Vec<(usize, RefusedPeer)>,
    names: BTreeMap<String, NameFate>,
    pub(crate) refused: RefusedChecks,
    pub(crate) unsendable: u64,
    pub(crate) checked: Option<Instant>,
    pub(crate) connected: Option<Instant>,
}

impl Notes {
    /// Gives back the room that was for more.
    pub(crate) fn rest(&mut self) {
        self.interfaces.shrink_to_fit();
        self.problems.shrink_to_fit();
        self.outcomes.shrink_to_fit();
    }

    pub(crate) fn problem(&mut self, problem: String) {
        if self.problems.len() < PROBLEMS_MAX {
            self.problems.push(problem);
        }
    }

    pub(crate) fn outcome(&mut self, server: usize, outcome: ServerOutcome, elapsed: Duration) {
        self.outcomes.push((server, outcome, elapsed));
    }

    pub(crate) fn lost(&mut self, server: usize) {
        if !self.lost.contains(&server) {
            self.lost.push(server);
        }
    }

    /// Once for each server and address.
    pub(crate) fn refused_peer(&mut self, server: usize, peer: RefusedPeer) {
        let is_known = |(index, known): &(usize, RefusedPeer)| {
            (*index, known.address) == (server, peer.address)
        };
        let has_room = self.refused_peers.len() < REFUSED_PEERS_MAX;
        if has_room && !self.refused_peers.iter().any(is_known) {
            self.refused_peers.push((server, peer));
        }
    }

    pub(crate) fn refused_peers_of(&self, server: usize) -> Vec<RefusedPeer> {
        let own = self.refused_peers.iter();
        let own = own.filter(|(index, _)| *index == server);
        own.map(|(_, peer)| peer.clone()).collect()
    }

    /// As many as there are candidates with names, which are limited.
    pub(crate) fn name(&mut self, name: &str, fate: NameFate) {
        self.names.insert(name.to_owned(), fate);
    }

    pub(crate) fn forget_gathering(&mut self) {
        self.interfaces.clear();
        self.problems.clear();
        self.outcomes.clear();
        self.lost.clear();
        self.refused_peers.clear();
    }

    pub(crate) fn forget_names(&mut self) {
        self.names.clear();
    }

    pub(crate) fn fate(&self, name: &str) -> NameFate {
        self.names.get(name).cloned().unwrap_or(NameFate::NotAsked)
    }

    pub(crate) fn problems(&self) -> &[String] {
        &self.problems
    }

    pub(crate) fn outcomes_of(&self, server: usize) -> Vec<(ServerOutcome, Duration)> {
        let own = self.outcomes.iter().filter(|(index, ..)| *index == server);
        own.map(|(_, outcome, elapsed)| (outcome.clone(), *elapsed))
            .collect()
    }

    pub(crate) fn was_lost(&self, server: usize) -> bool {
        self.lost.contains(&server)
    }
}
