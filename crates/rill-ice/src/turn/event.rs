//! What comes out of a client.

use std::net::{IpAddr, SocketAddr};
use std::ops::Range;
use std::time::Duration;

use super::Failure;

/// What happened. After [`Redirected`](Self::Redirected), [`Failed`](Self::Failed),
/// [`Lost`](Self::Lost) and [`Closed`](Self::Closed) nothing else does; after
/// [`Failed`](Self::Failed) there may still be something to transmit: an allocation of no use that
/// is given back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The server relays for us.
    Allocated {
        /// Where peers reach us: one address of each family that was given, IPv4 first.
        relayed: Vec<SocketAddr>,
        /// Where the server sees us.
        mapped: SocketAddr,
        /// For how long it relays unless asked again, which the client does.
        lifetime: Duration,
    },
    /// The peers at this address reach us, and we them.
    Permitted(IpAddr),
    /// The server does not relay to and from this address.
    PermissionRefused {
        /// The address.
        peer: IpAddr,
        /// The error code, or 701 when the server did not say.
        code: u16,
        /// Its reason.
        reason: String,
    },
    /// Another server is to be asked, over the same transport and with the same credentials
    /// (RFC 8489 §10). Five minutes must pass before one is asked that sent us on before.
    Redirected {
        /// The other server.
        to: SocketAddr,
        /// The name in its certificate, when that is another than before.
        domain: Option<String>,
    },
    /// There will be no allocation.
    Failed(Failure),
    /// There was an allocation, and it is gone.
    Lost(Failure),
    /// The allocation was left, after [`Client::close`](super::Client::close).
    Closed,
}

/// What a datagram from the server was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// The client's own affair. There may be something to transmit, and an event.
    Consumed,
    /// Nothing that the client expects: another protocol, or to be ignored.
    Dropped,
    /// From a peer.
    Data {
        /// Who sent it.
        peer: SocketAddr,
        /// Which of our relayed addresses it was sent to.
        relayed: SocketAddr,
        /// What was sent: these bytes of the datagram.
        range: Range<usize>,
    },
}

/// Where a datagram came from that arrived in a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Data {
    /// Who sent it.
    pub peer: SocketAddr,
    /// Which of our relayed addresses it was sent to.
    pub relayed: SocketAddr,
}
