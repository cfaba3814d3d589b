//! The peer's candidates.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use crate::Kind;
use crate::candidate::RemoteFoundation;

/// A candidate of the peer, as it signalled it. Also the remote half of a
/// [`CandidatePair`](crate::CandidatePair).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteCandidate {
    /// Groups candidates that share their fate.
    pub foundation: String,
    /// The component; only 1 is used.
    pub component: u16,
    /// What it is reached by; only UDP is used.
    pub protocol: Protocol,
    /// Higher is better.
    pub priority: u32,
    /// How the peer found it.
    pub kind: Kind,
    /// Where it is.
    pub address: RemoteAddress,
    /// The generation it belongs to, if it says so.
    pub ufrag: Option<String>,
}

/// What a candidate is reached by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// UDP.
    Udp,
    /// Anything else: accepted, never paired.
    Other,
}

/// Where a remote candidate is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RemoteAddress {
    /// An address.
    Ip(SocketAddr),
    /// A `.local` or DNS name: accepted, not resolved, never paired. The peer behind it can still
    /// be found by its own checks.
    Name {
        /// The name.
        name: String,
        /// The port.
        port: u16,
    },
}

/// Why a remote candidate was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddCandidateError {
    /// The transport does not exist, or the agent is closed.
    #[error("there is no such transport: it was removed or the agent is closed")]
    UnknownTransport,
    /// The candidate's ufrag is that of no generation whose remote credentials are known.
    #[error("the candidate's username fragment belongs to no generation in use")]
    UnknownUfrag,
    /// The generation has as many remote candidates as it can hold.
    #[error("too many remote candidates: the limit is {limit}")]
    TooMany {
        /// [`Limits::remote_candidates`](crate::Limits::remote_candidates).
        limit: usize,
    },
}

/// Whether pairs can be made with a candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Usability {
    Pairable(SocketAddr),
    /// A name: held, because the peer may be found by its checks.
    Named,
    /// Nothing to hold.
    Unusable,
}

impl RemoteCandidate {
    pub(crate) fn usability(&self) -> Usability {
        if self.component != 1 || self.protocol != Protocol::Udp {
            return Usability::Unusable;
        }
        match &self.address {
            RemoteAddress::Ip(address) if is_unicast(*address) => Usability::Pairable(*address),
            RemoteAddress::Ip(_) => Usability::Unusable,
            RemoteAddress::Name { .. } => Usability::Named,
        }
    }
}

/// Whether a check may be sent there at all. A peer that offers anything else wants us to flood
/// somebody, or is confused.
fn is_unicast(address: SocketAddr) -> bool {
    if address.port() == 0 || address.ip().is_unspecified() || address.ip().is_multicast() {
        return false;
    }
    match address.ip() {
        IpAddr::V4(ip) => !ip.is_broadcast() && ip.octets()[0] != 0,
        IpAddr::V6(ip) => ip.to_ipv4_mapped().is_none(),
    }
}

/// Names a remote candidate of one session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RemoteId(u32);

/// A remote candidate with an address.
#[derive(Clone, Debug)]
pub(crate) struct Remote {
    pub(crate) kind: Kind,
    pub(crate) address: SocketAddr,
    pub(crate) priority: u32,
    pub(crate) foundation: RemoteFoundation,
    pub(crate) ufrag: Option<Arc<str>>,
    /// Whether a check to it was answered: it is exempt from pacing then.
    pub(crate) proved: bool,
}

impl Remote {
    pub(crate) fn view(&self) -> RemoteCandidate {
        RemoteCandidate {
            foundation: self.foundation.text(),
            component: 1,
            protocol: Protocol::Udp,
            priority: self.priority,
            kind: self.kind,
            address: RemoteAddress::Ip(self.address),
            ufrag: self.ufrag.as_deref().map(str::to_owned),
        }
    }
}

/// What adding a candidate did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Added {
    New(RemoteId),
    /// It was known as peer-reflexive and now has its signalled type (RFC 8838 §11).
    Upgraded(RemoteId),
    /// It has no address to pair.
    Named,
    Known,
    Full,
}

/// The remote candidates of one session.
#[derive(Debug, Default)]
pub(crate) struct RemoteCandidates {
    list: BTreeMap<RemoteId, Remote>,
    by_address: BTreeMap<SocketAddr, RemoteId>,
    names: BTreeSet<(String, u16)>,
    last: u32,
    discovered: u32,
}

impl RemoteCandidates {
    /// Adds a signalled candidate. One address is one candidate: the first keeps its priority.
    pub(crate) fn signal(
        &mut self,
        candidate: &RemoteCandidate,
        address: SocketAddr,
        limit: usize,
    ) -> Added {
        let foundation = RemoteFoundation::Signalled(candidate.foundation.as_str().into());
        if let Some(&id) = self.by_address.get(&address) {
            let known = self
                .list
                .get_mut(&id)
                .expect("the map names existing candidates");
            if known.kind != Kind::PeerReflexive {
                return Added::Known;
            }
            known.kind = candidate.kind;
            known.foundation = foundation;
            return Added::Upgraded(id);
        }
        if self.signalled() >= limit {
            return Added::Full;
        }
        Added::New(self.insert(Remote {
            kind: candidate.kind,
            address,
            priority: candidate.priority,
            foundation,
            ufrag: candidate.ufrag.as_deref().map(Arc::from),
            proved: false,
        }))
    }

    /// Adds a candidate without an address.
    pub(crate) fn signal_name(&mut self, candidate: &RemoteCandidate, limit: usize) -> Added {
        let RemoteAddress::Name { name, port } = &candidate.address else {
            return Added::Known;
        };
        let key = (name.clone(), *port);
        if self.names.contains(&key) {
            return Added::Known;
        }
        if self.signalled() >= limit {
            return Added::Full;
        }
        self.names.insert(key);
        Added::Named
    }

    /// Adds a peer-reflexive candidate (RFC 8445 §7.3.1.3), or `None` at the limit.
    pub(crate) fn discover(
        &mut self,
        address: SocketAddr,
        priority: u32,
        ufrag: &str,
        limit: usize,
    ) -> Option<RemoteId> {
        if self.peer_reflexive() >= limit {
            return None;
        }
        self.discovered += 1;
        Some(self.insert(Remote {
            kind: Kind::PeerReflexive,
            address,
            priority,
            foundation: RemoteFoundation::Discovered(self.discovered),
            ufrag: Some(ufrag.into()),
            proved: false,
        }))
    }

    pub(crate) fn by_address(&self, address: &SocketAddr) -> Option<RemoteId> {
        self.by_address.get(address).copied()
    }

    pub(crate) fn get(&self, id: RemoteId) -> Option<&Remote> {
        self.list.get(&id)
    }

    pub(crate) fn get_mut(&mut self, id: RemoteId) -> Option<&mut Remote> {
        self.list.get_mut(&id)
    }

    pub(crate) fn ids(&self) -> Vec<RemoteId> {
        self.list.keys().copied().collect()
    }

    /// Whether the peer has any candidate, be it but a name.
    pub(crate) fn any(&self) -> bool {
        !self.list.is_empty() || !self.names.is_empty()
    }

    /// Forgets those of other generations of the peer. Those that name none are kept only if
    /// `keep_unnamed`. Gives the forgotten ones.
    pub(crate) fn retain_ufrag(&mut self, ufrag: &str, keep_unnamed: bool) -> Vec<RemoteId> {
        let keep = |remote: &Remote| match remote.ufrag.as_deref() {
            Some(own) => own == ufrag,
            None => keep_unnamed,
        };
        let gone: Vec<RemoteId> = self
            .list
            .iter()
            .filter(|(_, remote)| !keep(remote))
            .map(|(id, _)| *id)
            .collect();
        for id in &gone {
            if let Some(remote) = self.list.remove(id) {
                self.by_address.remove(&remote.address);
            }
        }
        if !keep_unnamed {
            self.names.clear();
        }
        gone
    }

    fn insert(&mut self, remote: Remote) -> RemoteId {
        self.last += 1;
        let id = RemoteId(self.last);
        self.by_address.insert(remote.address, id);
        self.list.insert(id, remote);
        id
    }

    fn peer_reflexive(&self) -> usize {
        self.list
            .values()
            .filter(|remote| remote.kind == Kind::PeerReflexive)
            .count()
    }

    fn signalled(&self) -> usize {
        self.list.len() - self.peer_reflexive() + self.names.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(address: &str) -> RemoteCandidate {
        RemoteCandidate {
            foundation: "1".into(),
            component: 1,
            protocol: Protocol::Udp,
            priority: 9,
            kind: Kind::Host,
            address: RemoteAddress::Ip(address.parse().expect("an address")),
            ufrag: None,
        }
    }

    fn signal(remotes: &mut RemoteCandidates, address: &str) -> Added {
        let candidate = candidate(address);
        remotes.signal(&candidate, address.parse().expect("an address"), 3)
    }

    #[test]
    fn hostile_addresses_are_not_pairable() {
        for address in [
            "10.0.0.1:0",
            "0.0.0.0:9",
            "0.1.2.3:9",
            "224.0.0.1:9",
            "255.255.255.255:9",
            "[::]:9",
            "[ff02::1]:9",
            "[::ffff:10.0.0.1]:9",
        ] {
            assert_eq!(
                candidate(address).usability(),
                Usability::Unusable,
                "{address}"
            );
        }
    }

    #[test]
    fn a_signalled_candidate_names_a_discovered_one() {
        let mut remotes = RemoteCandidates::default();
        let address = "10.0.0.1:9".parse().expect("an address");
        let id = remotes
            .discover(address, 77, "u", 1)
            .expect("below the limit");
        assert_eq!(signal(&mut remotes, "10.0.0.1:9"), Added::Upgraded(id));
        assert_eq!(remotes.get(id).map(|remote| remote.kind), Some(Kind::Host));
        assert_eq!(signal(&mut remotes, "10.0.0.1:9"), Added::Known);
    }

    #[test]
    fn limits_reject_the_new_and_count_kinds_apart() {
        let mut remotes = RemoteCandidates::default();
        for port in 1..=3 {
            assert!(matches!(
                signal(&mut remotes, &format!("10.0.0.1:{port}")),
                Added::New(_)
            ));
        }
        assert_eq!(signal(&mut remotes, "10.0.0.1:4"), Added::Full);
        assert_eq!(signal(&mut remotes, "10.0.0.1:1"), Added::Known);
        let address = |port| SocketAddr::from(([10, 0, 0, 2], port));
        assert!(remotes.discover(address(1), 1, "u", 1).is_some());
        assert!(remotes.discover(address(2), 1, "u", 1).is_none());
    }
}
