//! What follows when a TURN server relays for us: candidates, permissions, channels (RFC 8656 §9 to
//! §12).

use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use rill_stun::{Class, Method, TransactionId, Writer};

use super::local::Draft;
use crate::context::{Context, unspecified};
use crate::gather::{Base, Relay, RelayId, Way};
use crate::pair::{Pair, PairId, PairState};
use crate::session::Session;
use crate::socket::Nature;
use crate::{
    CandidatePolicy, Destination, Kind, Path, RefusedPeer, RelayProtocol, ServerOutcome, SocketId,
};

impl Session {
    /// The server relays for us: candidates, and the address that it saw us at.
    pub(super) fn relay_allocated(
        &mut self,
        ctx: &mut Context,
        now: Instant,
        id: RelayId,
        relayed: &[SocketAddr],
        mapped: SocketAddr,
    ) {
        let Some(relay) = self.gatherer.relays.get_mut(&id) else {
            return;
        };
        let (index, way) = (relay.server, relay.way);
        let key = self.key;
        let addresses: Vec<_> = relayed
            .iter()
            .map(|address| (ctx.sockets.allocate(key, Nature::Relayed), *address))
            .collect();
        relay.allocate(addresses.clone());
        let server = &mut self.gatherer.servers[index];
        server.give_up = server.give_up.min(now + ctx.config.timing.server_grace);
        if !std::mem::replace(&mut server.relays, true)
            && let Some(first) = relayed.first()
        {
            self.report(ctx, now, index, ServerOutcome::Relayed(*first));
        }
        if let (Way::Datagrams { base, to }, CandidatePolicy::All) = (way, self.gatherer.policy) {
            self.reflexive(ctx, now, index, base, (mapped, to));
        }
        for (socket, address) in addresses {
            self.add_relayed(ctx, (index, way), (socket, address), mapped);
        }
        self.advance_gathering(ctx, now);
    }

    fn add_relayed(
        &mut self,
        ctx: &mut Context,
        (index, way): (usize, Way),
        (socket, address): (SocketId, SocketAddr),
        mapped: SocketAddr,
    ) {
        let Some(access) = self.turn_access(index) else {
            return;
        };
        let base = Base {
            socket,
            address,
            preference: relay_preference(way, access.protocol, index),
        };
        // RFC 8839 §5.1: the mapped address, unless nobody may know it (RFC 9429 §3.5.3).
        let is_ours = |base: &Base| base.address.ip() == mapped.ip();
        let related = match self.gatherer.policy {
            CandidatePolicy::All if self.gatherer.bases.iter().any(is_ours) => ctx.shown(mapped),
            CandidatePolicy::All => mapped,
            CandidatePolicy::Relay => unspecified(address),
        };
        let draft = Draft {
            kind: Kind::Relayed,
            address,
            name: None,
            preference: base.preference - u16::from(address.is_ipv4()),
            server: Some((index, way.server().ip())),
            relay: Some(access.protocol),
            related: Some(related),
        };
        self.add_local(ctx, base, draft);
    }

    /// The way to a relay is kept open, whether or not there is a connection over it: a NAT forgets it
    /// long before the allocation is refreshed.
    pub(super) fn keep_relays_alive(&self, ctx: &mut Context) {
        for relay in self.gatherer.relays.values() {
            if let (Some(_), Destination::Datagram(path)) =
                (relay.allocation(), relay.way.destination())
            {
                let mut bytes = Vec::new();
                let id = TransactionId(ctx.transaction_id());
                Writer::new(&mut bytes, Class::Indication, Method::BINDING, id).finish();
                ctx.send_to_server(Destination::Datagram(path), bytes);
            }
        }
    }

    /// Permission is asked for as soon as a pair goes over a relay (RFC 8656 §9).
    pub(super) fn permit(&mut self, ctx: &mut Context, path: Path) {
        let Some((id, now)) = self.gatherer.relay_by_socket(path.socket).zip(ctx.latest) else {
            return;
        };
        let client = self
            .gatherer
            .relays
            .get_mut(&id)
            .and_then(Relay::client_mut);
        if let Some(client) = client {
            client.permit(now, path.remote.ip());
            self.pump_relay(ctx, now, id);
        }
    }

    /// Data will go there: a channel spares most of the overhead (RFC 8656 §12).
    pub(super) fn bind_channel(&mut self, ctx: &mut Context, path: Path) {
        let Some((id, now)) = self.gatherer.relay_by_socket(path.socket).zip(ctx.latest) else {
            return;
        };
        let client = self
            .gatherer
            .relays
            .get_mut(&id)
            .and_then(Relay::client_mut);
        if let Some(client) = client {
            client.bind_channel(now, path.remote);
            self.pump_relay(ctx, now, id);
        }
    }

    pub(super) fn release_held_datagrams(&mut self, ctx: &mut Context, id: RelayId, ip: IpAddr) {
        let Some(relay) = self.gatherer.relays.get_mut(&id) else {
            return;
        };
        let to = relay.way.destination();
        let Some(allocation) = relay.allocation_mut() else {
            return;
        };
        for (peer, mut datagram) in allocation.release(ip) {
            if allocation.wrap(peer, &mut datagram) {
                ctx.send_to_server(to, datagram);
            }
        }
    }

    /// The server does not relay to this address: its pairs fail.
    pub(super) fn permission_refused(&mut self, ctx: &mut Context, id: RelayId, peer: RefusedPeer) {
        let Some(relay) = self.gatherer.relays.get_mut(&id) else {
            return;
        };
        let (server, ip) = (relay.server, peer.address);
        self.notes.refused_peer(server, peer);
        let Some(allocation) = relay.allocation_mut() else {
            return;
        };
        drop(allocation.release(ip));
        let sockets: Vec<_> = allocation
            .relayed
            .iter()
            .map(|(socket, _)| *socket)
            .collect();
        let is_over =
            |pair: &Pair| sockets.contains(&pair.path.socket) && pair.path.remote.ip() == ip;
        let refused: Vec<PairId> = self.checks.ids_where(is_over);
        for pair in refused {
            if self.checks.get(pair).is_some_and(|pair| !pair.is_valid()) {
                self.cancel_check(ctx, pair);
                self.checks.set_state(pair, PairState::Failed);
            }
        }
        self.unsettled = true;
    }
}

/// RFC 8445 §5.1.2.1: relays over UDP first, then over TCP, then over TLS; unique per server.
fn relay_preference(way: Way, protocol: RelayProtocol, server: usize) -> u16 {
    let rank = 2 * u16::try_from(server).expect("at most 16 servers");
    let family = 64 * u16::from(way.server().is_ipv4());
    match (protocol, way) {
        (RelayProtocol::Udp, Way::Datagrams { base, .. }) => base.preference - rank,
        (RelayProtocol::Udp | RelayProtocol::Tcp, _) => 0x80ff - family - rank,
        (RelayProtocol::Tls, _) => 0x40ff - family - rank,
    }
}
