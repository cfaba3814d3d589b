//! What passes through the relay (RFC 8656 §11, §12).

use std::net::SocketAddr;
use std::time::Instant;

use rill_stun::{ChannelData, Class, Icmp, Message, Method, Padding, TransactionId, Writer};

use super::TurnServer;
use super::allocation::{FiveTuple, Transport};
use crate::{Datagram, StreamId, StreamRequest};

impl TurnServer {
    /// RFC 8656 §11.2.
    pub(super) fn relay_indication(
        &mut self,
        now: Instant,
        client: FiveTuple,
        message: &Message<'_>,
    ) {
        self.counters.send_indications += 1;
        let peer = message.xor_peer_addresses().next();
        if let (Some(peer), Some(data)) = (peer, message.data()) {
            self.relay_to_peer(now, client, peer, data);
        }
    }

    /// RFC 8656 §12.6.
    pub(super) fn relay_channel_data(&mut self, now: Instant, client: FiveTuple, bytes: &[u8]) {
        let Ok(ChannelData { channel, data }) = ChannelData::parse(bytes) else {
            return;
        };
        let allocation = self.allocations.get(&client);
        if let Some(peer) = allocation.and_then(|it| it.peer_of(now, channel)) {
            self.relay_to_peer(now, client, peer, data);
        }
    }

    fn relay_to_peer(&mut self, now: Instant, client: FiveTuple, peer: SocketAddr, data: &[u8]) {
        let Some(allocation) = self.allocations.get(&client) else {
            return;
        };
        if !allocation.permits(now, peer.ip()) {
            self.counters.without_permission += 1;
            return;
        }
        if let Some(relayed) = allocation.relayed_for(peer.ip()) {
            self.counters.relayed_to_peers += 1;
            self.datagrams.push_back(Datagram {
                local: relayed,
                remote: peer,
                bytes: data.to_vec(),
            });
        }
    }

    /// A datagram came to a relayed address (RFC 8656 §11.3).
    pub(super) fn relay_to_client(
        &mut self,
        now: Instant,
        relayed: SocketAddr,
        peer: SocketAddr,
        data: &[u8],
    ) {
        let mut allocations = self.allocations.iter();
        let Some((&client, allocation)) = allocations.find(|(_, it)| it.relayed.contains(&relayed))
        else {
            return;
        };
        if !allocation.permits(now, peer.ip()) {
            self.counters.without_permission += 1;
            return;
        }
        let mut bytes = data.to_vec();
        match allocation.channel_to(now, peer) {
            Some(channel) => {
                let padding = match client.transport {
                    Transport::Udp => Padding::None,
                    Transport::Tcp | Transport::Tls => Padding::ToFourBytes,
                };
                ChannelData::wrap(channel, &mut bytes, padding).expect("a datagram is short");
            }
            None => {
                let id = self.next_id();
                Writer::new(&mut bytes, Class::Indication, Method::DATA, id)
                    .xor_peer_address(peer)
                    .data(data)
                    .finish();
            }
        }
        self.counters.relayed_to_clients += 1;
        self.send(client, bytes);
    }

    /// The network refused to take a datagram to a peer (RFC 8656 §11.5).
    pub(super) fn tell_unreachable(&mut self, now: Instant, relayed: SocketAddr, peer: SocketAddr) {
        let mut allocations = self.allocations.iter();
        let from_there = allocations.find(|(_, it)| it.relayed.contains(&relayed));
        let Some((&client, _)) = from_there.filter(|(_, it)| it.permits(now, peer.ip())) else {
            return;
        };
        // Host, or address, unreachable.
        let (kind, code) = if peer.is_ipv4() { (3, 1) } else { (1, 3) };
        let mut bytes = Vec::new();
        let id = self.next_id();
        Writer::new(&mut bytes, Class::Indication, Method::DATA, id)
            .xor_peer_address(peer)
            .icmp(Icmp {
                kind,
                code,
                data: 0,
            })
            .finish();
        self.send(client, bytes);
    }

    /// Sends bytes to a client.
    pub(super) fn send(&mut self, client: FiveTuple, bytes: Vec<u8>) {
        let (local, remote) = (client.server, client.client);
        match client.transport {
            Transport::Udp => self.datagrams.push_back(Datagram {
                local,
                remote,
                bytes,
            }),
            Transport::Tcp | Transport::Tls => {
                let stream = StreamId { local, remote };
                self.requests.push_back(StreamRequest::Send(stream, bytes));
            }
        }
    }

    fn next_id(&mut self) -> TransactionId {
        self.indications += 1;
        let mut id = [0; 12];
        id[4..].copy_from_slice(&self.indications.to_be_bytes());
        TransactionId(id)
    }
}
