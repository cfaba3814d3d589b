//! One allocation on a TURN server, from the wish for it to its end (RFC 8656).

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};

use crate::gather::Base;
use crate::turn::{Client, WrapError};
use crate::{Destination, Path, SocketId, StreamId};

/// How many datagrams wait for the permission of their peers.
const HELD_MAX: usize = 32;

/// How many servers may send us on to the next.
const REDIRECTS_MAX: u8 = 2;

/// Names a relay of one session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RelayId(pub(super) u32);

/// A relay that is wanted, being made, or there.
#[derive(Debug)]
pub(crate) struct Relay {
    pub(crate) server: usize,
    pub(crate) way: Way,
    pub(crate) stage: Stage,
    /// How many servers have sent us on.
    pub(crate) redirects: u8,
    /// The name in the certificate, where the last of them said so (RFC 8489 §10).
    pub(crate) name: Option<String>,
}

/// How the server is reached.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Way {
    Datagrams { base: Base, to: SocketAddr },
    Stream { stream: StreamId, to: SocketAddr },
}

/// How far it is.
#[derive(Debug)]
pub(crate) enum Stage {
    /// Waits for its turn.
    Queued,
    /// The connection to the server is being made.
    Connecting,
    Allocating(Box<Client>),
    Allocated(Box<Allocation>),
    /// Refused, given up, lost or left.
    Over,
}

/// What the server gave.
#[derive(Debug)]
pub(crate) struct Allocation {
    pub(crate) client: Client,
    /// The addresses, and the sockets that stand for them.
    pub(crate) relayed: Vec<(SocketId, SocketAddr)>,
    held: VecDeque<(SocketAddr, Vec<u8>)>,
}

impl Way {
    pub(crate) fn server(&self) -> SocketAddr {
        match self {
            Self::Datagrams { to, .. } | Self::Stream { to, .. } => *to,
        }
    }

    pub(crate) fn destination(&self) -> Destination {
        match self {
            Self::Datagrams { base, to } => Destination::Datagram(Path::new(base.socket, *to)),
            Self::Stream { stream, .. } => Destination::Stream(*stream),
        }
    }

    pub(crate) fn stream(&self) -> Option<StreamId> {
        match self {
            Self::Datagrams { .. } => None,
            Self::Stream { stream, .. } => Some(*stream),
        }
    }
}

impl Relay {
    pub(crate) fn new(server: usize, way: Way) -> Self {
        Self {
            server,
            way,
            stage: Stage::Queued,
            redirects: 0,
            name: None,
        }
    }

    pub(crate) fn may_be_sent_on(&self) -> bool {
        self.redirects < REDIRECTS_MAX
    }

    pub(crate) fn client_mut(&mut self) -> Option<&mut Client> {
        match &mut self.stage {
            Stage::Allocating(client) => Some(client),
            Stage::Allocated(allocation) => Some(&mut allocation.client),
            Stage::Queued | Stage::Connecting | Stage::Over => None,
        }
    }

    pub(crate) fn allocation_mut(&mut self) -> Option<&mut Allocation> {
        match &mut self.stage {
            Stage::Allocated(allocation) => Some(allocation),
            _ => None,
        }
    }

    pub(crate) fn allocation(&self) -> Option<&Allocation> {
        match &self.stage {
            Stage::Allocated(allocation) => Some(allocation),
            _ => None,
        }
    }

    /// Whether there is a client that the server may speak to.
    pub(crate) fn is_open(&self) -> bool {
        matches!(self.stage, Stage::Allocating(_) | Stage::Allocated(_))
    }

    /// Whether it may still give a candidate.
    pub(crate) fn is_awaited(&self) -> bool {
        match self.stage {
            Stage::Queued | Stage::Connecting | Stage::Allocating(_) => true,
            Stage::Allocated(_) | Stage::Over => false,
        }
    }

    /// The server granted these addresses, each with a socket that stands for it.
    pub(crate) fn allocate(&mut self, relayed: Vec<(SocketId, SocketAddr)>) {
        let stage = std::mem::replace(&mut self.stage, Stage::Over);
        if let Stage::Allocating(client) = stage {
            self.stage = Stage::Allocated(Box::new(Allocation {
                client: *client,
                relayed,
                held: VecDeque::new(),
            }));
        }
    }
}

impl Allocation {
    /// The socket that stands for a relayed address.
    pub(crate) fn socket_of(&self, relayed: SocketAddr) -> Option<SocketId> {
        let mut sockets = self.relayed.iter();
        let found = sockets.find(|(_, address)| *address == relayed)?;
        Some(found.0)
    }

    /// Wraps a datagram to a peer for the server. `false` if it is not to be sent now: it is held
    /// until the peer's permission comes, or lost as datagrams are.
    pub(crate) fn wrap(&mut self, peer: SocketAddr, datagram: &mut Vec<u8>) -> bool {
        match self.client.wrap(peer, datagram) {
            Ok(()) => true,
            Err(WrapError::NotPermitted) => {
                self.hold(peer, datagram);
                false
            }
            Err(_) => false,
        }
    }

    /// A check that is repeated meanwhile waits once.
    fn hold(&mut self, peer: SocketAddr, datagram: &[u8]) {
        let mut held = self.held.iter();
        let is_held = held.any(|(to, held)| *to == peer && held == datagram);
        if !is_held && self.held.len() < HELD_MAX {
            self.held.push_back((peer, datagram.to_owned()));
        }
    }

    /// Takes what waited for the permission of a peer.
    pub(crate) fn release(&mut self, ip: IpAddr) -> Vec<(SocketAddr, Vec<u8>)> {
        let held = std::mem::take(&mut self.held);
        let (free, held) = held.into_iter().partition(|(peer, _)| peer.ip() == ip);
        self.held = held;
        Vec::from(free)
    }
}
