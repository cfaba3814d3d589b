//! Our own candidates.

use std::net::SocketAddr;

use crate::candidate::Foundation;
use crate::context::unspecified;
use crate::{Kind, RelayProtocol, SocketId};

/// A candidate of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalCandidate {
    /// How it was found.
    pub kind: Kind,
    /// Where the peer may reach us.
    pub address: SocketAddr,
    /// The `.local` name that the peer is told instead of the address.
    pub name: Option<String>,
    /// What we send from; the address itself for a host candidate.
    pub base: SocketAddr,
    /// The related address of the candidate attribute: the base of a reflexive candidate, the mapped
    /// address of a relayed one (RFC 8839 §5.1). Unspecified where it is nobody's business.
    pub related: Option<SocketAddr>,
    /// Groups candidates that share their fate.
    pub foundation: String,
    /// Higher is better.
    pub priority: u32,
    /// The server it came from.
    pub url: Option<String>,
    /// How we reach the server that relays.
    pub relay_protocol: Option<RelayProtocol>,
    /// The socket of its base.
    pub socket: SocketId,
}

impl LocalCandidate {
    fn is_base(&self) -> bool {
        matches!(self.kind, Kind::Host | Kind::Relayed)
    }
}

/// Names a local candidate of one session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct LocalId(usize);

impl LocalId {
    /// Its number in its session.
    pub(crate) fn number(self) -> u32 {
        u32::try_from(self.0).unwrap_or(u32::MAX)
    }
}

/// A local candidate and what only the agent knows of it.
#[derive(Debug)]
pub(crate) struct Local {
    pub(crate) candidate: LocalCandidate,
    pub(crate) foundation: Foundation,
    /// Whether the peer is or will be told of it.
    pub(crate) offered: bool,
    /// Whether its event was polled. Before, it is neither paired nor answered on.
    pub(crate) surfaced: bool,
}

/// The local candidates of one session, as many as the driver's addresses and the configured
/// servers make, plus a limited number of peer-reflexive ones.
#[derive(Debug, Default)]
pub(crate) struct LocalCandidates {
    list: Vec<Local>,
}

impl LocalCandidates {
    /// Gives back the room that was for more.
    pub(crate) fn rest(&mut self) {
        self.list.shrink_to_fit();
    }

    /// Adds a candidate, not offered yet, unless one with the same address and base is there
    /// (RFC 8838 §9: whatever its priority).
    pub(crate) fn add(
        &mut self,
        candidate: LocalCandidate,
        foundation: Foundation,
    ) -> Option<LocalId> {
        if self.find(candidate.address, candidate.base).is_some() {
            return None;
        }
        self.list.push(Local {
            offered: false,
            surfaced: candidate.kind == Kind::PeerReflexive,
            candidate,
            foundation,
        });
        Some(LocalId(self.list.len() - 1))
    }

    /// The peer is to be told of it.
    pub(crate) fn offer(&mut self, id: LocalId) -> LocalCandidate {
        let local = &mut self.list[id.0];
        local.offered = true;
        local.candidate.clone()
    }

    pub(crate) fn find(&self, address: SocketAddr, base: SocketAddr) -> Option<LocalId> {
        self.list
            .iter()
            .position(|local| local.candidate.address == address && local.candidate.base == base)
            .map(LocalId)
    }

    /// The candidate of a socket that is its own base: a host or a relayed one.
    pub(crate) fn base_of(&self, socket: SocketId) -> Option<LocalId> {
        self.list
            .iter()
            .position(|local| local.candidate.socket == socket && local.candidate.is_base())
            .map(LocalId)
    }

    /// Whether the peer may know an address that leads to this socket.
    pub(crate) fn is_surfaced(&self, socket: SocketId) -> bool {
        self.list.iter().any(|local| {
            local.surfaced
                && local.candidate.socket == socket
                && local.candidate.kind != Kind::PeerReflexive
        })
    }

    pub(crate) fn surface(&mut self, id: LocalId) {
        self.list[id.0].surfaced = true;
    }

    /// The others will never be told of, and what is told of these shows no other address.
    pub(crate) fn keep_relayed(&mut self) {
        for local in &mut self.list {
            if local.candidate.kind == Kind::Relayed {
                local.candidate.related = Some(unspecified(local.candidate.address));
            } else {
                local.offered = false;
            }
        }
    }

    /// Those that the peer was told of, in that order.
    pub(crate) fn surfaced(&self) -> impl Iterator<Item = &LocalCandidate> {
        self.list
            .iter()
            .filter(|local| local.surfaced && local.candidate.kind != Kind::PeerReflexive)
            .map(|local| &local.candidate)
    }

    /// Those that the peer may know, by our words or by its own eyes.
    pub(crate) fn known(&self) -> impl Iterator<Item = &LocalCandidate> {
        let surfaced = self.list.iter().filter(|local| local.surfaced);
        surfaced.map(|local| &local.candidate)
    }

    pub(crate) fn count(&self, kind: Kind) -> usize {
        self.list
            .iter()
            .filter(|local| local.candidate.kind == kind)
            .count()
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = LocalId> {
        (0..self.list.len()).map(LocalId)
    }

    /// Whether there is nothing that the peer is told of.
    pub(crate) fn is_empty(&self) -> bool {
        !self.list.iter().any(|local| local.offered)
    }

    /// Whether the peer may see this address of ours anyway.
    pub(crate) fn shows(&self, address: SocketAddr) -> bool {
        let is_shown = |local: &Local| local.offered && local.candidate.name.is_none();
        let mut locals = self.list.iter();
        locals.any(|local| is_shown(local) && local.candidate.address == address)
    }

    /// The sockets that a pair can be made from: those with a surfaced candidate.
    pub(crate) fn surfaced_bases(&self) -> Vec<LocalId> {
        (0..self.list.len())
            .map(LocalId)
            .filter(|&id| self[id].candidate.is_base())
            .filter(|&id| self.is_surfaced(self[id].candidate.socket))
            .collect()
    }
}

/// A `LocalId` is only made by `add`, and nothing is ever removed.
impl std::ops::Index<LocalId> for LocalCandidates {
    type Output = Local;

    fn index(&self, id: LocalId) -> &Local {
        &self.list[id.0]
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;
    use crate::candidate::{FoundationKey, Foundations};

    fn candidate(kind: Kind, address: &str, base: &str) -> LocalCandidate {
        LocalCandidate {
            kind,
            address: address.parse().expect("an address"),
            name: None,
            base: base.parse().expect("an address"),
            related: None,
            foundation: String::new(),
            priority: 1,
            url: None,
            relay_protocol: None,
            socket: SocketId(1),
        }
    }

    #[test]
    fn same_address_and_base_is_redundant_whatever_the_kind() {
        let foundation = Foundations::default().of(FoundationKey {
            kind: Kind::Host,
            base: IpAddr::from([10, 0, 0, 1]),
            server: None,
            relay: None,
        });
        let mut locals = LocalCandidates::default();
        let host = candidate(Kind::Host, "10.0.0.1:5", "10.0.0.1:5");
        let redundant = candidate(Kind::ServerReflexive, "10.0.0.1:5", "10.0.0.1:5");
        let reflexive = candidate(Kind::ServerReflexive, "192.0.2.9:5", "10.0.0.1:5");
        assert!(locals.add(host, foundation).is_some());
        assert!(locals.add(redundant, foundation).is_none());
        assert!(locals.add(reflexive.clone(), foundation).is_some());
        assert!(locals.add(reflexive, foundation).is_none());
    }
}
