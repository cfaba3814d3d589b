//! Allocations (RFC 8656 §6).

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use rill_stun::{ChannelNumber, TransactionId};

/// RFC 8656 §9.
const PERMISSION_LIFETIME: Duration = Duration::from_secs(300);

/// RFC 8656 §12.
const CHANNEL_LIFETIME: Duration = Duration::from_secs(600);

/// How a client reaches its server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transport {
    /// UDP.
    Udp,
    /// TCP.
    Tcp,
    /// TLS over TCP.
    Tls,
}

/// By what a server knows an allocation (RFC 8656 §2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FiveTuple {
    /// Of the client.
    pub transport: Transport,
    /// The server's address that the client uses.
    pub server: SocketAddr,
    /// The client's address, as the server sees it.
    pub client: SocketAddr,
}

#[derive(Clone, Debug)]
pub(super) struct Allocation {
    pub(super) user: String,
    /// One, or one per family.
    pub(super) relayed: Vec<SocketAddr>,
    pub(super) expires: Instant,
    /// Of the request that made it, which may come again.
    pub(super) transaction: TransactionId,
    /// What the response said, for that case.
    pub(super) lifetime: Duration,
    permissions: BTreeMap<IpAddr, Instant>,
    channels: BTreeMap<ChannelNumber, (SocketAddr, Instant)>,
}

impl Allocation {
    pub(super) fn new(
        now: Instant,
        user: String,
        relayed: Vec<SocketAddr>,
        lifetime: Duration,
        transaction: TransactionId,
    ) -> Self {
        Self {
            user,
            relayed,
            expires: now + lifetime,
            transaction,
            lifetime,
            permissions: BTreeMap::new(),
            channels: BTreeMap::new(),
        }
    }

    /// The relayed address of the family of `peer`.
    pub(super) fn relayed_for(&self, peer: IpAddr) -> Option<SocketAddr> {
        let mut relayed = self.relayed.iter();
        relayed.find(|it| it.is_ipv4() == peer.is_ipv4()).copied()
    }

    pub(super) fn permit(&mut self, now: Instant, peer: IpAddr) {
        self.permissions.insert(peer, now + PERMISSION_LIFETIME);
    }

    pub(super) fn permits(&self, now: Instant, peer: IpAddr) -> bool {
        self.permissions.get(&peer).is_some_and(|&end| now < end)
    }

    /// Binds a channel, or binds it longer; `false` if it or the peer is bound otherwise.
    pub(super) fn bind(&mut self, now: Instant, channel: ChannelNumber, peer: SocketAddr) -> bool {
        self.channels.retain(|_, &mut (_, end)| now < end);
        let clashes = |(&number, &(bound, _)): (&ChannelNumber, &(SocketAddr, Instant))| {
            (number == channel) != (bound == peer)
        };
        if self.channels.iter().any(clashes) {
            return false;
        }
        self.channels
            .insert(channel, (peer, now + CHANNEL_LIFETIME));
        self.permit(now, peer.ip());
        true
    }

    pub(super) fn peer_of(&self, now: Instant, channel: ChannelNumber) -> Option<SocketAddr> {
        let &(peer, end) = self.channels.get(&channel)?;
        (now < end).then_some(peer)
    }

    pub(super) fn channel_to(&self, now: Instant, peer: SocketAddr) -> Option<ChannelNumber> {
        let mut channels = self.channels.iter();
        let to_peer = |&(_, &(bound, end)): &(&ChannelNumber, &(SocketAddr, Instant))| {
            bound == peer && now < end
        };
        channels.find(to_peer).map(|(&channel, _)| channel)
    }
}
