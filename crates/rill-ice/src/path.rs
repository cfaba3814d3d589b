//! The ways a datagram can take.

use std::net::{IpAddr, SocketAddr};
use std::ops::Range;

use crate::candidate::is_prohibited;
use crate::{StreamId, TransportId};

/// A UDP socket that the driver bound for the agent, or one that stands for a relayed address and
/// is known to the agent alone. Never used again after it was closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SocketId(pub u32);

/// Where a datagram comes from or goes to.
///
/// In a received one, `local_ip` and `ecn` are what the socket reported, if it did. In one to be
/// sent, `local_ip` is set only if the datagram answers one that had it, and `ecn` is free for the
/// owner of the agent to set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path {
    /// The socket on our side.
    pub socket: SocketId,
    /// The address on our side, where the socket is bound to more than one.
    pub local_ip: Option<IpAddr>,
    /// The address on the other side.
    pub remote: SocketAddr,
    /// The two ECN bits.
    pub ecn: Option<u8>,
}

impl Path {
    /// The way from a socket bound to one address.
    pub(crate) fn new(socket: SocketId, remote: SocketAddr) -> Self {
        Self {
            socket,
            local_ip: None,
            remote,
            ecn: None,
        }
    }

    /// The way back of a received datagram.
    pub(crate) fn reply(self) -> Self {
        Self { ecn: None, ..self }
    }

    /// Whether the peer may be contacted there.
    pub(crate) fn is_permitted(&self) -> bool {
        !is_prohibited(self.remote.port())
    }

    pub(crate) fn key(&self) -> (SocketId, SocketAddr) {
        (self.socket, self.remote)
    }
}

/// What is to be done with the bytes that [`Agent::poll_transmit`](crate::Agent::poll_transmit)
/// wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transmit {
    /// The way they take.
    pub to: Destination,
    /// If set, the buffer holds several datagrams of this size, the last one perhaps shorter. The
    /// agent itself always writes one. Never set for a stream.
    pub segment: Option<usize>,
}

/// What bytes are written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destination {
    /// A UDP socket.
    Datagram(Path),
    /// A TCP or TLS connection, in order. If it is congested, dropping all of the bytes is right.
    Stream(StreamId),
}

impl Destination {
    /// The path, if it is one.
    pub fn path(&self) -> Option<Path> {
        match self {
            Self::Datagram(path) => Some(*path),
            Self::Stream(_) => None,
        }
    }
}

/// What became of a received datagram.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Received {
    /// It was STUN and had an effect.
    Consumed,
    /// It was not for us, malformed, or not authenticated. [`Counters`](crate::Counters) say why.
    Dropped,
    /// It is not STUN: `range` of the buffer is for the transport's owner.
    Application {
        /// Whose it is.
        transport: TransportId,
        /// The way it took; over a relay not the one it was received on.
        path: Path,
        /// Which bytes of the buffer.
        range: Range<usize>,
        /// What is known of the sender.
        proof: Proof,
    },
}

impl Received {
    /// As it was found `start` bytes into the buffer.
    pub(crate) fn shifted(self, start: usize) -> Self {
        match self {
            Self::Application {
                transport,
                path,
                range,
                proof,
            } => Self::Application {
                transport,
                path,
                range: range.start + start..range.end + start,
                proof,
            },
            other => other,
        }
    }
}

/// What the agent knows of the address that a datagram came from, on the socket it came to.
/// Anybody can send from an address that is not `Proved`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Proof {
    /// Nothing: not from the peer, or ahead of its checks.
    None,
    /// An authenticated Binding request came from there, but our own check has not succeeded yet.
    Requested,
    /// Our own check to that address succeeded: the peer receives and answers there.
    Proved,
}
