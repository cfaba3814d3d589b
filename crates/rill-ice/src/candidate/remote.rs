//! The peer's candidates.

use std::net::{IpAddr, SocketAddr};

use crate::Kind;

/// RFC 8839 §5.1.
const FOUNDATION_MAX: usize = 32;

/// The longest domain name (RFC 1035 §2.3.4).
const NAME_MAX: usize = 255;

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
    /// A name. One of multicast DNS is looked up; any other is accepted and never paired, though the
    /// peer behind it can still be found by its own checks.
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
    /// A name: held, because the peer may be found by looking it up or by its checks.
    Named,
    /// Nothing to hold.
    Unusable,
}

impl RemoteCandidate {
    pub(crate) fn usability(&self) -> Usability {
        let is_ours = self.component == 1 && self.protocol == Protocol::Udp;
        if !is_ours || self.foundation.len() > FOUNDATION_MAX {
            return Usability::Unusable;
        }
        match &self.address {
            RemoteAddress::Ip(address) if is_unicast(*address) => Usability::Pairable(*address),
            RemoteAddress::Ip(_) => Usability::Unusable,
            RemoteAddress::Name { name, .. } if name.len() <= NAME_MAX => Usability::Named,
            RemoteAddress::Name { .. } => Usability::Unusable,
        }
    }
}

/// Whether a check may be sent there at all. A peer that offers anything else wants us to flood
/// somebody, or is confused.
pub(crate) fn is_unicast(address: SocketAddr) -> bool {
    if address.port() == 0 || address.ip().is_unspecified() || address.ip().is_multicast() {
        return false;
    }
    match address.ip() {
        IpAddr::V4(ip) => !ip.is_broadcast() && ip.octets()[0] != 0,
        IpAddr::V6(ip) => ip.to_ipv4_mapped().is_none(),
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

    #[test]
    fn endless_texts_are_not_kept() {
        let name = |length: usize| RemoteCandidate {
            address: RemoteAddress::Name {
                name: "n".repeat(length),
                port: 9,
            },
            ..candidate("10.0.0.1:9")
        };
        assert_eq!(name(255).usability(), Usability::Named);
        assert_eq!(name(256).usability(), Usability::Unusable);
        let foundation = RemoteCandidate {
            foundation: "f".repeat(33),
            ..candidate("10.0.0.1:9")
        };
        assert_eq!(foundation.usability(), Usability::Unusable);
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
}
