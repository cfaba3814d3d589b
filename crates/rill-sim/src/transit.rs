//! Packets on their way.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use crate::interceptor::{Interceptor, Verdict};
use crate::link::Passage;
use crate::network::{Exit, Network, Realm};
use crate::packet::{Arrival, Delivery, Packet, Stage};
use crate::segment::Segment;
use crate::trace::{Entry, Fate, Trace, protocol};
use crate::{Datagram, Delayed, StreamError};

/// Who sent a packet that nobody of the simulation sent, in the trace.
const INJECTED: &str = "injected";

/// Bytes of an ICMP message that says no, with its headers.
const ICMP_LENGTH: usize = 56;

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
        let packet = self.packet(Some(node), datagram, None);
        self.start_off(now, node, packet).is_ok()
    }

    /// Sends a segment between two addresses; the source that it gets.
    pub(crate) fn send_segment(
        &mut self,
        now: Instant,
        node: usize,
        (local, remote): (SocketAddr, SocketAddr),
        segment: Segment,
        bytes: Vec<u8>,
    ) -> Result<SocketAddr, StreamError> {
        let datagram = Datagram {
            local,
            remote,
            bytes,
        };
        let packet = self.packet(Some(node), datagram, Some(segment));
        self.start_off(now, node, packet)
    }

    /// Lets a segment that arrived be as good as lost.
    pub(crate) fn lose_segment(&mut self, now: Instant, arrival: Arrival) {
        let datagram = Datagram {
            local: arrival.source,
            remote: arrival.destination,
            bytes: arrival.bytes,
        };
        let packet = self.packet(None, datagram, Some(arrival.segment));
        self.retransmit(now, packet);
    }

    /// Puts a datagram with any source address into a realm, past all senders' links.
    pub(crate) fn inject(&mut self, now: Instant, realm: Realm, datagram: Datagram) {
        let packet = self.packet(None, datagram, None);
        self.record(now, &packet, Fate::Sent);
        self.route(now, realm, None, packet);
    }

    /// Moves the packets that are due at `now` until a node is concerned.
    pub(crate) fn deliver(&mut self, now: Instant) -> Option<Delivery> {
        while let Some((stage, packet)) = self.flying.pop(now) {
            match stage {
                Stage::Routing { from } => {
                    let realm = self.network.attachment_mut(from).realm;
                    self.route(now, realm, Some(from), packet);
                }
                Stage::Arrival { node, inside } => {
                    let port = packet.datagram.local.port();
                    let firewall = self.network.host_firewall(node);
                    if inside || firewall.admits(packet.protocol(), port) {
                        self.record(now, &packet, Fate::Delivered);
                        return Some(packet.hand_over(node));
                    }
                    self.lose(now, packet, Fate::Blocked);
                }
                Stage::Refusal { node } => return Some(packet.hand_back(node)),
                Stage::Retransmission => {
                    let bytes = packet.datagram.bytes;
                    let resend = |segment| Delivery::Resend { segment, bytes };
                    return packet.segment.map(resend);
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

    fn packet(
        &mut self,
        sender: Option<usize>,
        datagram: Datagram,
        segment: Option<Segment>,
    ) -> Packet {
        self.packets += 1;
        Packet {
            number: self.packets,
            sender,
            given: (datagram.local, datagram.remote),
            datagram,
            segment,
        }
    }

    /// Lets a packet leave its node; the source that it gets, or why it does not leave.
    fn start_off(
        &mut self,
        now: Instant,
        node: usize,
        mut packet: Packet,
    ) -> Result<SocketAddr, StreamError> {
        let Datagram { local, remote, .. } = packet.datagram;
        let Some((exit, source)) = self.network.exit(node, local, remote) else {
            self.record(now, &packet, Fate::Refused);
            return Err(StreamError::Unreachable);
        };
        packet.datagram.local = source;
        let firewall = self.network.host_firewall(node);
        if exit != Exit::Inside && !firewall.admits(packet.protocol(), remote.port()) {
            let fate = firewall.fate();
            self.record(now, &packet, fate);
            if fate == Fate::Rejected {
                return Err(StreamError::Refused);
            }
            self.retransmit(now, packet);
            return Ok(source);
        }
        self.record(now, &packet, Fate::Sent);
        let interceptor = self.interceptor.as_mut();
        // Streams have no datagrams to show.
        let interceptor = interceptor.filter(|_| packet.segment.is_none());
        match interceptor.map_or(Verdict::Pass, |it| it.judge(now, &mut packet.datagram)) {
            Verdict::Pass => self.leave(now, node, exit, packet),
            Verdict::Drop => self.record(now, &packet, Fate::Intercepted),
        }
        Ok(source)
    }

    fn leave(&mut self, now: Instant, node: usize, exit: Exit, packet: Packet) {
        match exit {
            Exit::Inside => {
                let stage = Stage::Arrival { node, inside: true };
                self.flying.push(now, (stage, packet));
            }
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
        let protocol = packet.protocol();
        let route = match self.network.route(now, realm, protocol, local, remote) {
            Ok(route) => route,
            Err(Fate::Rejected) => return self.reject(now, from, packet),
            Err(fate) => return self.lose(now, packet, fate),
        };
        if self.network.is_partitioned(from, route.attachment) {
            return self.lose(now, packet, Fate::Partitioned);
        }
        (packet.datagram.local, packet.datagram.remote) = (route.source, route.destination);
        let receiver = self.network.attachment_mut(route.attachment);
        let (node, inside) = (receiver.node, false);
        let passage = receiver.down.pass(now, packet.size());
        self.forward(now, passage, packet, || Stage::Arrival { node, inside });
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
            Passage::Dropped(fate) => self.lose(now, packet, fate),
            Passage::Through(at, again) => {
                if let Some(again) = again {
                    self.flying.push(again, (next(), packet.clone()));
                }
                self.flying.push(at, (next(), packet));
            }
        }
    }

    /// A firewall on the way says no; the answer passes the sender's link.
    fn reject(&mut self, now: Instant, from: Option<usize>, packet: Packet) {
        self.record(now, &packet, Fate::Rejected);
        let Some(from) = from else {
            return;
        };
        let attachment = self.network.attachment_mut(from);
        let node = attachment.node;
        match attachment.down.pass(now, ICMP_LENGTH) {
            Passage::Dropped(_) => self.retransmit(now, packet),
            Passage::Through(at, _) => self.flying.push(at, (Stage::Refusal { node }, packet)),
        }
    }

    fn lose(&mut self, now: Instant, packet: Packet, fate: Fate) {
        self.record(now, &packet, fate);
        self.retransmit(now, packet);
    }

    /// Gives a segment that did not arrive back to its sender, after the time it takes to notice.
    fn retransmit(&mut self, now: Instant, mut packet: Packet) {
        if let Some(segment) = &mut packet.segment {
            let at = segment.lose(now);
            self.flying.push(at, (Stage::Retransmission, packet));
        }
    }

    fn record(&mut self, now: Instant, packet: &Packet, fate: Fate) {
        let at: Duration = now - self.start;
        let Datagram {
            local,
            remote,
            bytes,
        } = &packet.datagram;
        let segment = packet.segment.as_ref();
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
            protocol: segment.map_or_else(|| protocol(bytes), Segment::label),
            fate,
        });
    }
}
