//! Foundations: which candidates are likely to share their fate (RFC 8445 §5.1.1.3).

use std::net::IpAddr;
use std::sync::Arc;

use crate::{Kind, RelayProtocol};

/// The foundation of a local candidate, a small number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Foundation(u32);

impl Foundation {
    pub(crate) fn text(self) -> String {
        self.0.to_string()
    }
}

/// Candidates for which all of this is equal have the same foundation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FoundationKey {
    pub(crate) kind: Kind,
    pub(crate) base: IpAddr,
    pub(crate) server: Option<IpAddr>,
    /// How the server was reached, if it relays; else by UDP.
    pub(crate) relay: Option<RelayProtocol>,
}

/// The foundations given out, common to all transports of an agent because frozen pairs are
/// thawed across check lists.
#[derive(Debug, Default)]
pub(crate) struct Foundations {
    known: Vec<FoundationKey>,
}

impl Foundations {
    pub(crate) fn of(&mut self, key: FoundationKey) -> Foundation {
        let index = self.known.iter().position(|known| *known == key);
        let index = index.unwrap_or_else(|| {
            self.known.push(key);
            self.known.len() - 1
        });
        Foundation(u32::try_from(index).expect("one per local address and server") + 1)
    }
}

/// The foundation of a remote candidate.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum RemoteFoundation {
    /// As the peer says.
    Signalled(Arc<str>),
    /// Peer-reflexive: different from all others (RFC 8445 §7.3.1.3).
    Discovered(u32),
}

impl RemoteFoundation {
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Signalled(text) => text.to_string(),
            Self::Discovered(number) => format!("prflx{number}"),
        }
    }
}

/// The foundation of a pair: those of its candidates (RFC 8445 §6.1.2.6).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PairFoundation {
    pub(crate) local: Foundation,
    pub(crate) remote: RemoteFoundation,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differ_by_kind_base_address_and_server() {
        let mut foundations = Foundations::default();
        let host = FoundationKey {
            kind: Kind::Host,
            base: IpAddr::from([10, 0, 0, 1]),
            server: None,
            relay: None,
        };
        let reflexive = FoundationKey {
            kind: Kind::ServerReflexive,
            server: Some(IpAddr::from([192, 0, 2, 1])),
            ..host
        };
        let elsewhere = FoundationKey {
            server: Some(IpAddr::from([192, 0, 2, 2])),
            ..reflexive
        };
        let other_base = FoundationKey {
            base: IpAddr::from([10, 0, 0, 2]),
            ..host
        };
        let first = foundations.of(host);
        let rest = [reflexive, elsewhere, other_base].map(|key| foundations.of(key));
        assert!(!rest.contains(&first) && rest[0] != rest[1] && rest[1] != rest[2]);
        assert_eq!(foundations.of(host), first);
    }
}
