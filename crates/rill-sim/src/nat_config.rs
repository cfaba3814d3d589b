//! How a NAT behaves, in the words of RFC 4787.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use crate::{Firewall, Realm};

/// On what of the remote endpoint a NAT's mapping or filtering depends (RFC 4787 §4.1, §5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behaviour {
    /// On nothing.
    EndpointIndependent,
    /// On its address.
    AddressDependent,
    /// On its address and port.
    AddressAndPortDependent,
}

impl Behaviour {
    /// The part of `remote` that counts.
    pub(crate) fn view(self, remote: SocketAddr) -> View {
        match self {
            Self::EndpointIndependent => (None, None),
            Self::AddressDependent => (Some(remote.ip()), None),
            Self::AddressAndPortDependent => (Some(remote.ip()), Some(remote.port())),
        }
    }
}

/// A remote endpoint, as far as it counts.
pub(crate) type View = (Option<IpAddr>, Option<u16>);

/// Whether inside hosts reach one another by external addresses (RFC 4787 §6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hairpinning {
    /// They do not.
    Off,
    /// They do, and see each other's external address, as REQ-9 wants.
    ExternalSource,
    /// They do, and see each other's internal address.
    InternalSource,
}

/// How the external port of a mapping is chosen (RFC 4787 §4.2). None is used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PortAssignment {
    /// The next one from 40000 on.
    Next,
    /// The internal port if it is free, else the next one.
    Preserving,
    /// The next one that is even or odd as the internal port is.
    ParityPreserving,
}

impl PortAssignment {
    /// Whether an internal port may have this external one, if it cannot be preserved.
    pub(crate) fn allows(self, internal: u16, external: u16) -> bool {
        self != Self::ParityPreserving || internal % 2 == external % 2
    }
}

/// A NAT to be added to a simulation.
#[derive(Clone, Debug)]
pub struct NatConfig {
    /// Its addresses on the outside, one per family it translates.
    pub external: Vec<IpAddr>,
    /// The realm outside; another NAT's inside makes a NAT behind a NAT.
    pub outer: Realm,
    /// When two remote endpoints see the same external port.
    pub mapping: Behaviour,
    /// Who may send back to an external port.
    pub filtering: Behaviour,
    /// Whether inside hosts reach one another by external addresses.
    pub hairpinning: Hairpinning,
    /// How external ports are chosen.
    pub ports: PortAssignment,
    /// How long a UDP mapping lives after the last datagram from the inside.
    pub lifetime: Duration,
    /// The same for TCP.
    pub stream_lifetime: Duration,
    /// Whether what comes from the outside prolongs a mapping too (RFC 4787 §4.3).
    pub inbound_refreshes: bool,
    /// Whether IPv6 passes with its addresses as they are, filtered like the rest (RFC 6092).
    pub ipv6_untranslated: bool,
    /// What does not pass at all, in either direction.
    pub firewall: Firewall,
}

impl NatConfig {
    /// What homes have: endpoint-independent mapping, address-and-port-dependent filtering, no
    /// hairpinning, mappings of two minutes (RFC 4787 REQ-5; 124 for TCP, RFC 5382 REQ-5), before
    /// the internet.
    pub fn new(external: IpAddr) -> Self {
        Self {
            external: vec![external],
            outer: Realm::INTERNET,
            mapping: Behaviour::EndpointIndependent,
            filtering: Behaviour::AddressAndPortDependent,
            hairpinning: Hairpinning::Off,
            ports: PortAssignment::Next,
            lifetime: Duration::from_secs(120),
            stream_lifetime: Duration::from_secs(124 * 60),
            inbound_refreshes: false,
            ipv6_untranslated: false,
            firewall: Firewall::open(),
        }
    }

    /// Like [`new`](Self::new), open to everybody once a host has sent ("full cone").
    pub fn full_cone(external: IpAddr) -> Self {
        Self {
            filtering: Behaviour::EndpointIndependent,
            ..Self::new(external)
        }
    }

    /// Like [`new`](Self::new), open to all ports of the addresses that a host has sent to
    /// ("restricted cone").
    pub fn restricted(external: IpAddr) -> Self {
        Self {
            filtering: Behaviour::AddressDependent,
            ..Self::new(external)
        }
    }

    /// The same as [`new`](Self::new) by its old name ("port-restricted cone").
    pub fn port_restricted(external: IpAddr) -> Self {
        Self::new(external)
    }

    /// Like [`new`](Self::new), with a mapping for every remote endpoint ("symmetric").
    pub fn symmetric(external: IpAddr) -> Self {
        Self {
            mapping: Behaviour::AddressAndPortDependent,
            ..Self::new(external)
        }
    }

    /// No NAT but the stateful firewall that IPv6 homes have: addresses stay, and strangers do not
    /// get in. Set [`external`](Self::external) too for a home with both families, or use
    /// [`with_ipv6_firewall`](Self::with_ipv6_firewall).
    pub fn ipv6_firewall() -> Self {
        let mut config = Self::new(IpAddr::V6(std::net::Ipv6Addr::UNSPECIFIED));
        config.external.clear();
        config.with_ipv6_firewall()
    }

    /// Lets IPv6 through untranslated, as [`ipv6_firewall`](Self::ipv6_firewall) does.
    pub fn with_ipv6_firewall(self) -> Self {
        Self {
            ipv6_untranslated: true,
            ..self
        }
    }

    /// With hairpinning as it should be.
    pub fn with_hairpinning(self) -> Self {
        Self {
            hairpinning: Hairpinning::ExternalSource,
            ..self
        }
    }

    /// Behind another NAT.
    pub fn behind(self, outer: Realm) -> Self {
        Self { outer, ..self }
    }

    /// With a firewall in its way out.
    pub fn with_firewall(self, firewall: Firewall) -> Self {
        Self { firewall, ..self }
    }
}
