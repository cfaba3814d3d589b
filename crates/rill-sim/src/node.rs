//! Who takes part in a simulation.

use std::time::Instant;

use crate::{Endpoint, Simulation, StunServer, TurnServer};

/// A host of a simulation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostId(pub(crate) usize);

/// A STUN server of a simulation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServerId(pub(crate) usize);

/// A TURN server of a simulation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TurnServerId(pub(crate) usize);

#[derive(Debug)]
pub(crate) enum Node<E> {
    Endpoint(E),
    StunServer(StunServer),
    TurnServer(Box<TurnServer>),
}

impl<E: Endpoint> Node<E> {
    pub(crate) fn endpoint(&mut self) -> &mut dyn Endpoint {
        match self {
            Self::Endpoint(endpoint) => endpoint,
            Self::StunServer(server) => server,
            Self::TurnServer(server) => &mut **server,
        }
    }
}

impl<E: Endpoint> Simulation<E> {
    /// The endpoint of a host.
    ///
    /// # Panics
    ///
    /// If the id is of another simulation.
    pub fn endpoint(&self, HostId(node): HostId) -> &E {
        match &self.nodes[node] {
            Node::Endpoint(endpoint) => endpoint,
            Node::StunServer(_) | Node::TurnServer(_) => {
                panic!("the host id is of another simulation")
            }
        }
    }

    /// The endpoint of a host, for giving it commands and taking its events.
    ///
    /// # Panics
    ///
    /// If the id is of another simulation.
    pub fn endpoint_mut(&mut self, HostId(node): HostId) -> &mut E {
        match &mut self.nodes[node] {
            Node::Endpoint(endpoint) => endpoint,
            Node::StunServer(_) | Node::TurnServer(_) => {
                panic!("the host id is of another simulation")
            }
        }
    }

    /// Lets `command` act on an endpoint together with the current time.
    ///
    /// # Panics
    ///
    /// If the id is of another simulation.
    pub fn with<R>(&mut self, host: HostId, command: impl FnOnce(&mut E, Instant) -> R) -> R {
        let now = self.now;
        command(self.endpoint_mut(host), now)
    }

    /// A STUN server.
    ///
    /// # Panics
    ///
    /// If the id is of another simulation.
    pub fn stun_server(&self, ServerId(node): ServerId) -> &StunServer {
        match &self.nodes[node] {
            Node::StunServer(server) => server,
            Node::Endpoint(_) | Node::TurnServer(_) => {
                panic!("the server id is of another simulation")
            }
        }
    }

    /// A TURN server.
    ///
    /// # Panics
    ///
    /// If the id is of another simulation.
    pub fn turn_server(&self, TurnServerId(node): TurnServerId) -> &TurnServer {
        match &self.nodes[node] {
            Node::TurnServer(server) => server,
            Node::Endpoint(_) | Node::StunServer(_) => {
                panic!("the server id is of another simulation")
            }
        }
    }

    /// A TURN server, for changing its manners, killing and restarting it.
    ///
    /// # Panics
    ///
    /// If the id is of another simulation.
    pub fn turn_server_mut(&mut self, TurnServerId(node): TurnServerId) -> &mut TurnServer {
        match &mut self.nodes[node] {
            Node::TurnServer(server) => server,
            Node::Endpoint(_) | Node::StunServer(_) => {
                panic!("the server id is of another simulation")
            }
        }
    }
}
