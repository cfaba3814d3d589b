//! What travels, and what becomes of it.

use std::net::{IpAddr, SocketAddr};

use crate::Datagram;
use crate::firewall::Protocol;
use crate::segment::Segment;

/// What the network has for a node.
#[derive(Debug)]
pub(crate) enum Delivery {
    /// A datagram. `local` is still its source and `remote` its destination.
    Datagram { node: usize, datagram: Datagram },
    /// A datagram of the node was refused on its way.
    Unreachable {
        node: usize,
        local: SocketAddr,
        remote: SocketAddr,
    },
    /// A segment of a stream.
    Segment(Arrival),
    /// It is time to send a lost segment again.
    Resend { segment: Segment, bytes: Vec<u8> },
    /// A segment was refused on its way.
    Refused { segment: Segment },
}

/// A segment with its addresses as its receiver sees them.
#[derive(Debug)]
pub(crate) struct Arrival {
    pub(crate) node: usize,
    pub(crate) source: SocketAddr,
    pub(crate) destination: SocketAddr,
    pub(crate) segment: Segment,
    pub(crate) bytes: Vec<u8>,
}

/// What travels.
#[derive(Clone, Debug)]
pub(crate) struct Packet {
    pub(crate) number: u64,
    /// The node that sent it; none if it was injected.
    pub(crate) sender: Option<usize>,
    /// The source and destination that the sender gave.
    pub(crate) given: (SocketAddr, SocketAddr),
    /// With the addresses as they are at this point, seen from the sender.
    pub(crate) datagram: Datagram,
    /// What it is of a stream, if it is not a datagram.
    pub(crate) segment: Option<Segment>,
}

impl Packet {
    /// Bytes of the IP packet.
    pub(crate) fn size(&self) -> usize {
        let ip_header = match self.datagram.remote.ip() {
            IpAddr::V4(_) => 20,
            IpAddr::V6(_) => 40,
        };
        let header = match self.protocol() {
            Protocol::Udp => 8,
            Protocol::Tcp => 20,
        };
        ip_header + header + self.datagram.bytes.len()
    }

    pub(crate) fn protocol(&self) -> Protocol {
        match self.segment {
            None => Protocol::Udp,
            Some(_) => Protocol::Tcp,
        }
    }

    /// What it is to its receiver.
    pub(crate) fn hand_over(self, node: usize) -> Delivery {
        let datagram = self.datagram;
        match self.segment {
            None => Delivery::Datagram { node, datagram },
            Some(segment) => Delivery::Segment(Arrival {
                node,
                source: datagram.local,
                destination: datagram.remote,
                segment,
                bytes: datagram.bytes,
            }),
        }
    }

    /// What it is, refused, to its sender.
    pub(crate) fn hand_back(self, node: usize) -> Delivery {
        let (local, remote) = self.given;
        match self.segment {
            None => Delivery::Unreachable {
                node,
                local,
                remote,
            },
            Some(segment) => Delivery::Refused { segment },
        }
    }
}

/// What is next for a packet.
#[derive(Debug)]
pub(crate) enum Stage {
    /// It has passed the link of this attachment and is to be routed.
    Routing { from: usize },
    /// It has passed the receiver's link, or needed none.
    Arrival { node: usize, inside: bool },
    /// Its refusal has come back to this node.
    Refusal { node: usize },
    /// Its sender has waited long enough for an answer.
    Retransmission,
}
