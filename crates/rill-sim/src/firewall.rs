//! What a network or a host does not let through.

use std::collections::BTreeSet;

use crate::Fate;

/// What the rules tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Protocol {
    Udp,
    Tcp,
}

/// A set of ports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ports {
    /// All of them.
    All,
    /// These; none if empty.
    Only(BTreeSet<u16>),
}

impl Ports {
    /// No port.
    pub const fn none() -> Self {
        Self::Only(BTreeSet::new())
    }

    /// These ports.
    pub fn only(ports: impl IntoIterator<Item = u16>) -> Self {
        Self::Only(ports.into_iter().collect())
    }

    fn contains(&self, port: u16) -> bool {
        match self {
            Self::All => true,
            Self::Only(ports) => ports.contains(&port),
        }
    }
}

/// What becomes of a packet that is not let out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denial {
    /// It vanishes.
    Drop,
    /// Its sender is told, by ICMP or a RST.
    Refuse,
}

/// Rules without memory, by protocol and the *remote* port: the destination of what goes out and the
/// source of what comes in, so that answers come through. What comes in unwanted is dropped always.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Firewall {
    /// Remote ports with which UDP is exchanged.
    pub udp: Ports,
    /// Remote ports with which TCP is exchanged.
    pub tcp: Ports,
    /// What becomes of the rest.
    pub denial: Denial,
}

impl Firewall {
    /// Lets everything through.
    pub const fn open() -> Self {
        Self {
            udp: Ports::All,
            tcp: Ports::All,
            denial: Denial::Drop,
        }
    }

    /// Drops UDP.
    pub fn udp_blocked() -> Self {
        Self {
            udp: Ports::none(),
            ..Self::open()
        }
    }

    /// Drops all but TCP to these ports.
    pub fn tcp_only(ports: impl IntoIterator<Item = u16>) -> Self {
        Self {
            tcp: Ports::only(ports),
            ..Self::udp_blocked()
        }
    }

    /// Tells senders that they are refused.
    pub fn refusing(self) -> Self {
        Self {
            denial: Denial::Refuse,
            ..self
        }
    }

    pub(crate) fn admits(&self, protocol: Protocol, remote_port: u16) -> bool {
        match protocol {
            Protocol::Udp => self.udp.contains(remote_port),
            Protocol::Tcp => self.tcp.contains(remote_port),
        }
    }

    /// What happens to a packet on its way out that is not admitted.
    pub(crate) fn fate(&self) -> Fate {
        match self.denial {
            Denial::Drop => Fate::Blocked,
            Denial::Refuse => Fate::Rejected,
        }
    }
}

impl Default for Firewall {
    fn default() -> Self {
        Self::open()
    }
}
