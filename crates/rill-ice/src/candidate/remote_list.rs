//! What is held of the peer's candidates.

use std::net::SocketAddr;
use std::sync::Arc;

use litemap::LiteMap;

use crate::candidate::RemoteFoundation;
use crate::map::shrink;
use crate::{Kind, Protocol, RemoteAddress, RemoteCandidate};

/// Names a remote candidate of one session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RemoteId(u32);

/// A remote candidate with an address.
#[derive(Clone, Debug)]
pub(crate) struct Remote {
    pub(crate) kind: Kind,
    pub(crate) address: SocketAddr,
    /// What the peer calls the address, if it does not show it.
    pub(crate) name: Option<Arc<str>>,
    pub(crate) priority: u32,
    pub(crate) foundation: RemoteFoundation,
    pub(crate) ufrag: Option<Arc<str>>,
    /// Whether a check to it was answered: it is exempt from pacing then.
    pub(crate) proved: bool,
}

impl RemoteCandidate {
    fn signalled_foundation(&self) -> RemoteFoundation {
        RemoteFoundation::Signalled(self.foundation.as_str().into())
    }
}

impl Remote {
    /// Whether only its checks told us of it.
    pub(crate) fn is_discovered(&self) -> bool {
        matches!(self.foundation, RemoteFoundation::Discovered(_))
    }

    /// Whether the peer signalled the address itself.
    fn is_shown(&self) -> bool {
        !self.is_discovered() && self.name.is_none()
    }

    pub(crate) fn view(&self) -> RemoteCandidate {
        RemoteCandidate {
            foundation: self.foundation.text(),
            component: 1,
            protocol: Protocol::Udp,
            priority: self.priority,
            kind: self.kind,
            address: match &self.name {
                None => RemoteAddress::Ip(self.address),
                Some(name) => RemoteAddress::Name {
                    name: name.to_string(),
                    port: self.address.port(),
                },
            },
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
    list: LiteMap<RemoteId, Box<Remote>>,
    by_address: LiteMap<SocketAddr, RemoteId>,
    /// Those that were signalled by a name. If it is found to stand for an address, that is in the list too.
    names: Vec<RemoteCandidate>,
    last: u32,
    /// How many of the list were discovered and not signalled since.
    discovered: usize,
    /// How many ever were.
    discoveries: u32,
    /// How often all were forgotten.
    renewals: u32,
}

impl RemoteCandidates {
    /// Gives back the room that was for more.
    pub(crate) fn rest(&mut self) {
        shrink(&mut self.list);
        shrink(&mut self.by_address);
        self.names.shrink_to_fit();
    }

    /// Adds a signalled candidate. One address is one candidate: the first keeps its priority.
    pub(crate) fn signal(
        &mut self,
        candidate: &RemoteCandidate,
        address: SocketAddr,
        limit: usize,
    ) -> Added {
        let known = self.by_address(&address).and_then(|id| self.get(id));
        if known.is_some_and(|known| !known.is_discovered()) {
            return Added::Known;
        }
        if self.signalled_count() >= limit {
            return Added::Full;
        }
        self.place(candidate, address, None)
    }

    /// The name of a signalled candidate was found to stand for an address.
    pub(crate) fn resolve(&mut self, candidate: &RemoteCandidate, address: SocketAddr) -> Added {
        match &candidate.address {
            RemoteAddress::Name { name, .. } => {
                let name = Some(name.as_str().into());
                self.place(candidate, address, name)
            }
            RemoteAddress::Ip(_) => Added::Known,
        }
    }

    /// A signalled candidate has this address.
    fn place(
        &mut self,
        candidate: &RemoteCandidate,
        address: SocketAddr,
        name: Option<Arc<str>>,
    ) -> Added {
        if let Some(&id) = self.by_address.get(&address) {
            let known = self
                .list
                .get_mut(&id)
                .expect("the map names existing candidates");
            if !known.is_discovered() {
                return Added::Known;
            }
            known.kind = candidate.kind;
            known.priority = candidate.priority;
            known.name = name;
            known.foundation = candidate.signalled_foundation();
            self.discovered -= 1;
            return Added::Upgraded(id);
        }
        Added::New(self.insert(Remote {
            kind: candidate.kind,
            address,
            name,
            priority: candidate.priority,
            foundation: candidate.signalled_foundation(),
            ufrag: candidate.ufrag.as_deref().map(Arc::from),
            proved: false,
        }))
    }

    /// Adds a candidate without an address.
    pub(crate) fn signal_name(&mut self, candidate: &RemoteCandidate, limit: usize) -> Added {
        let is_same = |known: &RemoteCandidate| known.address == candidate.address;
        if self.names.iter().any(is_same) {
            return Added::Known;
        }
        if self.signalled_count() >= limit {
            return Added::Full;
        }
        self.names.push(candidate.clone());
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
        if self.discovered >= limit {
            return None;
        }
        self.discovered += 1;
        self.discoveries += 1;
        Some(self.insert(Remote {
            kind: Kind::PeerReflexive,
            address,
            name: None,
            priority,
            foundation: RemoteFoundation::Discovered(self.discoveries),
            ufrag: Some(ufrag.into()),
            proved: false,
        }))
    }

    /// Forgets a candidate.
    pub(crate) fn remove(&mut self, id: RemoteId) {
        if let Some(remote) = self.list.remove(&id) {
            self.by_address.remove(&remote.address);
            self.discovered -= usize::from(remote.is_discovered());
        }
    }

    /// The oldest discovered candidate that `matches` holds for.
    pub(crate) fn find_discovered(&self, matches: impl Fn(RemoteId) -> bool) -> Option<RemoteId> {
        self.list
            .iter()
            .filter(|(_, remote)| remote.is_discovered())
            .map(|(id, _)| *id)
            .find(|id| matches(*id))
    }

    pub(crate) fn by_address(&self, address: &SocketAddr) -> Option<RemoteId> {
        self.by_address.get(address).copied()
    }

    pub(crate) fn get(&self, id: RemoteId) -> Option<&Remote> {
        self.list.get(&id).map(|remote| &**remote)
    }

    pub(crate) fn get_mut(&mut self, id: RemoteId) -> Option<&mut Remote> {
        self.list.get_mut(&id).map(|remote| &mut **remote)
    }

    pub(crate) fn ids(&self) -> Vec<RemoteId> {
        self.list.keys().copied().collect()
    }

    /// Whether the peer has any candidate, be it but a name.
    pub(crate) fn any(&self) -> bool {
        !self.list.is_empty() || !self.names.is_empty()
    }

    /// Forgets all.
    pub(crate) fn clear(&mut self) {
        self.list.clear();
        self.by_address.clear();
        self.names.clear();
        self.discovered = 0;
        self.renewals += 1;
    }

    /// How often all were forgotten.
    pub(crate) fn renewals(&self) -> u32 {
        self.renewals
    }

    /// Forgets those that name another generation of the peer. Gives the forgotten ones.
    pub(crate) fn retain_ufrag(&mut self, ufrag: &str) -> Vec<RemoteId> {
        let keep = |own: Option<&str>| own.is_none_or(|own| own == ufrag);
        self.names
            .retain(|candidate| keep(candidate.ufrag.as_deref()));
        let gone: Vec<RemoteId> = self
            .list
            .iter()
            .filter(|(_, remote)| !keep(remote.ufrag.as_deref()))
            .map(|(id, _)| *id)
            .collect();
        for id in &gone {
            self.remove(*id);
        }
        gone
    }

    fn insert(&mut self, remote: Remote) -> RemoteId {
        self.last += 1;
        let id = RemoteId(self.last);
        self.by_address.insert(remote.address, id);
        self.list.insert(id, Box::new(remote));
        id
    }

    /// What was signalled: first by addresses, then by names.
    pub(crate) fn signalled(&self) -> impl Iterator<Item = RemoteCandidate> {
        let addresses = self.list.values().filter(|remote| remote.is_shown());
        let views = addresses.map(|remote| remote.view());
        views.chain(self.names.iter().cloned())
    }

    fn signalled_count(&self) -> usize {
        let addresses = self.list.values().filter(|remote| remote.is_shown());
        addresses.count() + self.names.len()
    }

    /// Whether this was signalled by its name, and is not forgotten.
    pub(crate) fn has_name(&self, candidate: &RemoteCandidate) -> bool {
        self.names.contains(candidate)
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
    fn a_signalled_candidate_names_a_discovered_one() {
        let mut remotes = RemoteCandidates::default();
        let address = "10.0.0.1:9".parse().expect("an address");
        let id = remotes
            .discover(address, 77, "u", 1)
            .expect("below the limit");
        assert_eq!(signal(&mut remotes, "10.0.0.1:9"), Added::Upgraded(id));
        let known = remotes.get(id).expect("it is known");
        assert_eq!((known.kind, known.priority), (Kind::Host, 9));
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
        // Whatever it calls itself: what is signalled counts as signalled.
        let posing = RemoteCandidate {
            kind: Kind::PeerReflexive,
            ..candidate("10.0.0.1:5")
        };
        let limited = remotes.signal(&posing, SocketAddr::from(([10, 0, 0, 1], 5)), 3);
        assert_eq!(limited, Added::Full);
        let address = |port| SocketAddr::from(([10, 0, 0, 2], port));
        assert!(remotes.discover(address(1), 1, "u", 1).is_some());
        assert!(remotes.discover(address(2), 1, "u", 1).is_none());
    }
}
