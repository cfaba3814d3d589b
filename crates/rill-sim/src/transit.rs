//! Packets on their way.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use crate::link::Passage;
use crate::network::{Exit, Network};
use crate::trace::{Entry, Fate, Trace, protocol};
use crate::{Datagram, Delayed};

/// A datagram for a node, as it sees it.
#[derive(Debug)]
pub(crate) struct Delivery {
    pub(crate) node: usize,
    pub(crate) local: SocketAddr,
    pub(crate) remote: SocketAddr,
    pub(crate) bytes: Vec<u8>,
}

#[derive(Clone, Debug)]
struct Packet {
    number: u64,
    source: SocketAddr,
    destination: SocketAddr,
    bytes: Vec<u8>,
}

impl Packet {
    /// Bytes of the IP packet.
    fn size(&self) -> usize {
        let header = match self.destination.ip() {
            IpAddr::V4(_) => 20,
            IpAddr::V6(_) => 40,
        };
        header + 8 + self.bytes.len()
    }
}

/// What is next for a packet.
#[derive(Debug)]
enum Stage {
    /// It has passed the sender's link and is to be routed.
    Routing { from: usize },
    /// It has passed the receiver's link.
    Arrival { node: usize },
}

/// The network together with what flies through it.
#[derive(Debug)]
pub(crate) struct Transit {
    pub(crate) network: Network,
    pub(crate) trace: Trace,
    start: Instant,
    names: Vec<String>,
    flying: Delayed<(Stage, Packet)>,
    sent: u64,
}

impl Transit {
    pub(crate) fn new(network: Network, start: Instant) -> Self {
        Self {
            network,
            trace: Trace::default(),
            start,
            names: Vec::new(),
            flying: Delayed::new(),
            sent: 0,
        }
    }

    /// Names the next node, for the trace, and returns its index.
    pub(crate) fn add_node(&mut self, name: String) -> usize {
        self.names.push(name);
        self.names.len() - 1
    }

    pub(crate) fn node_name(&self, node: usize) -> &str {
        &self.names[node]
    }

    /// When the next packet gets somewhere.
    pub(crate) fn next_at(&self) -> Option<Instant> {
        self.flying.next_at()
    }

    /// Sends a datagram; `false` if the operating system refuses.
    pub(crate) fn send(&mut self, now: Instant, node: usize, datagram: Datagram) -> bool {
        let Datagram {
            local,
            remote,
            bytes,
        } = datagram;
        self.sent += 1;
        let mut packet = Packet {
            number: self.sent,
            source: local,
            destination: remote,
            bytes,
        };
        let Some((exit, source)) = self.network.exit(node, local, remote) else {
            self.record(now, node, &packet, Fate::Refused);
            return false;
        };
        packet.source = source;
        self.record(now, node, &packet, Fate::Sent);
        match exit {
            Exit::Inside => self.flying.push(now, (Stage::Arrival { node }, packet)),
            Exit::Attachment(from) => {
                let passage = self
                    .network
                    .attachment_mut(from)
                    .up
                    .pass(now, packet.size());
                self.forward(now, node, passage, packet, || Stage::Routing { from });
            }
        }
        true
    }

    /// Moves the packets that are due at `now` until one is delivered.
    pub(crate) fn deliver(&mut self, now: Instant) -> Option<Delivery> {
        while let Some((stage, packet)) = self.flying.pop(now) {
            match stage {
                Stage::Routing { from } => self.route(now, from, packet),
                Stage::Arrival { node } => {
                    self.record(now, node, &packet, Fate::Delivered);
                    let Packet {
                        source: remote,
                        destination: local,
                        bytes,
                        ..
                    } = packet;
                    return Some(Delivery {
                        node,
                        local,
                        remote,
                        bytes,
                    });
                }
            }
        }
        None
    }

    /// Adds a remark to the trace.
    pub(crate) fn note(&mut self, now: Instant, text: String) {
        let at = self.since_start(now);
        self.trace.push(|| Entry::Note { at, text });
    }

    fn route(&mut self, now: Instant, from: usize, mut packet: Packet) {
        let sender = self.network.attachment_mut(from).node;
        let route = match self
            .network
            .route(now, from, packet.source, packet.destination)
        {
            Ok(route) => route,
            Err(fate) => return self.record(now, sender, &packet, fate),
        };
        if self.network.is_partitioned(from, route.attachment) {
            return self.record(now, sender, &packet, Fate::Partitioned);
        }
        (packet.source, packet.destination) = (route.source, route.destination);
        let receiver = self.network.attachment_mut(route.attachment);
        let node = receiver.node;
        let passage = receiver.down.pass(now, packet.size());
        self.forward(now, sender, passage, packet, || Stage::Arrival { node });
    }

    /// Lets a packet fly on as often as a link let it through.
    fn forward(
        &mut self,
        now: Instant,
        sender: usize,
        passage: Passage,
        packet: Packet,
        next: impl Fn() -> Stage,
    ) {
        match passage {
            Passage::Dropped(fate) => self.record(now, sender, &packet, fate),
            Passage::Through(at, again) => {
                if let Some(again) = again {
                    self.flying.push(again, (next(), packet.clone()));
                }
                self.flying.push(at, (next(), packet));
            }
        }
    }

    fn record(&mut self, now: Instant, node: usize, packet: &Packet, fate: Fate) {
        let at = self.since_start(now);
        let node = &self.names[node];
        self.trace.push(|| Entry::Packet {
            at,
            packet: packet.number,
            node: node.clone(),
            source: packet.source,
            destination: packet.destination,
            length: packet.bytes.len(),
            protocol: protocol(&packet.bytes),
            fate,
        });
    }

    fn since_start(&self, now: Instant) -> Duration {
        now - self.start
    }
}
