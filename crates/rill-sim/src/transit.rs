//! Packets on their way.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use crate::interceptor::{Interceptor, Verdict};
use crate::link::Passage;
use crate::network::{Exit, Network, Realm};
use crate::trace::{Entry, Fate, Trace, protocol};
use crate::{Datagram, Delayed};

/// Who sent a packet that nobody of the simulation sent, in the trace.
const INJECTED: &str = "injected";

/// A datagram for a node. `local` is still its source and `remote` its destination.
#[derive(Debug)]
pub(crate) struct Delivery {
    pub(crate) node: usize,
    pub(crate) datagram: Datagram,
}

#[derive(Clone, Debug)]
struct Packet {
    number: u64,
    /// The node that sent it; none if it was injected.
    sender: Option<usize>,
    /// With the addresses as they are at this point, seen from the sender.
    datagram: Datagram,
}

impl Packet {
    /// Bytes of the IP packet.
    fn size(&self) -> usize {
        let header = match self.datagram.remote.ip() {
            IpAddr::V4(_) => 20,
            IpAddr::V6(_) => 40,
        };
        header + 8 + self.datagram.bytes.len()
    }
}

/// What is next for a packet.
#[derive(Debug)]
enum Stage {
    /// It has passed the link of this attachment and is to be routed.
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
    interceptor: Option<Interceptor>,
    flying: Delayed<(Stage, Packet)>,
    packets: u64,
}

impl Transit {
    pub(crate) fn new(network: Network, start: Instant) -> Self {
        Self {
            network,
            trace: Trace::default(),
            start,
            names: Vec::new(),
            interceptor: None,
            flying: Delayed::new(),
            packets: 0,
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

    pub(crate) fn set_interceptor(&mut self, interceptor: Option<Interceptor>) {
        self.interceptor = interceptor;
    }

    /// When the next packet gets somewhere.
    pub(crate) fn next_at(&self) -> Option<Instant> {
        self.flying.next_at()
    }

    /// Sends a datagram; `false` if the operating system refuses.
    pub(crate) fn send(&mut self, now: Instant, node: usize, datagram: Datagram) -> bool {
        let mut packet = self.packet(Some(node), datagram);
        let Datagram { local, remote, .. } = packet.datagram;
        let Some((exit, source)) = self.network.exit(node, local, remote) else {
            self.record(now, &packet, Fate::Refused);
            return false;
        };
        packet.datagram.local = source;
        self.record(now, &packet, Fate::Sent);
        let interceptor = self.interceptor.as_mut();
        match interceptor.map_or(Verdict::Pass, |it| it.judge(now, &mut packet.datagram)) {
            Verdict::Pass => self.leave(now, node, exit, packet),
            Verdict::Drop => self.record(now, &packet, Fate::Intercepted),
        }
        true
    }

    /// Puts a datagram with any source address into a realm, past all senders' links.
    pub(crate) fn inject(&mut self, now: Instant, realm: Realm, datagram: Datagram) {
        let packet = self.packet(None, datagram);
        self.record(now, &packet, Fate::Sent);
        self.route(now, realm, None, packet);
    }

    /// Moves the packets that are due at `now` until one is delivered.
    pub(crate) fn deliver(&mut self, now: Instant) -> Option<Delivery> {
        while let Some((stage, packet)) = self.flying.pop(now) {
            match stage {
                Stage::Routing { from } => {
                    let realm = self.network.attachment_mut(from).realm;
                    self.route(now, realm, Some(from), packet);
                }
                Stage::Arrival { node } => {
                    self.record(now, &packet, Fate::Delivered);
                    return Some(Delivery {
                        node,
                        datagram: packet.datagram,
                    });
                }
            }
        }
        None
    }

    /// Adds a remark to the trace.
    pub(crate) fn note(&mut self, now: Instant, text: String) {
        let at = now - self.start;
        self.trace.push(|| Entry::Note { at, text });
    }

    fn packet(&mut self, sender: Option<usize>, datagram: Datagram) -> Packet {
        self.packets += 1;
        Packet {
            number: self.packets,
            sender,
            datagram,
        }
    }

    fn leave(&mut self, now: Instant, node: usize, exit: Exit, packet: Packet) {
        match exit {
            Exit::Inside => self.flying.push(now, (Stage::Arrival { node }, packet)),
            Exit::Attachment(from) => {
                let passage = self
                    .network
                    .attachment_mut(from)
                    .up
                    .pass(now, packet.size());
                self.forward(now, passage, packet, || Stage::Routing { from });
            }
        }
    }

    fn route(&mut self, now: Instant, realm: Realm, from: Option<usize>, mut packet: Packet) {
        let Datagram { local, remote, .. } = packet.datagram;
        let route = match self.network.route(now, realm, local, remote) {
            Ok(route) => route,
            Err(fate) => return self.record(now, &packet, fate),
        };
        if self.network.is_partitioned(from, route.attachment) {
            return self.record(now, &packet, Fate::Partitioned);
        }
        (packet.datagram.local, packet.datagram.remote) = (route.source, route.destination);
        let receiver = self.network.attachment_mut(route.attachment);
        let node = receiver.node;
        let passage = receiver.down.pass(now, packet.size());
        self.forward(now, passage, packet, || Stage::Arrival { node });
    }

    /// Lets a packet fly on as often as a link let it through.
    fn forward(
        &mut self,
        now: Instant,
        passage: Passage,
        packet: Packet,
        next: impl Fn() -> Stage,
    ) {
        match passage {
            Passage::Dropped(fate) => self.record(now, &packet, fate),
            Passage::Through(at, again) => {
                if let Some(again) = again {
                    self.flying.push(again, (next(), packet.clone()));
                }
                self.flying.push(at, (next(), packet));
            }
        }
    }

    fn record(&mut self, now: Instant, packet: &Packet, fate: Fate) {
        let at: Duration = now - self.start;
        let Datagram {
            local,
            remote,
            bytes,
        } = &packet.datagram;
        self.trace.push(|| Entry::Packet {
            at,
            packet: packet.number,
            sender: packet
                .sender
                .map_or(INJECTED, |node| &self.names[node])
                .to_owned(),
            source: *local,
            destination: *remote,
            length: bytes.len(),
            protocol: protocol(bytes),
            fate,
        });
    }
}
