//! Channels, which spare most of the overhead towards a peer (RFC 8656 §12).

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use rill_stun::{AddressFamily, ChannelNumber};

use super::client::{Client, State};
use super::timers::Timer;
use super::transaction::Request;

/// Most channels at one time, those included that wait to become free.
const MAX_CHANNELS: usize = 256;

/// A binding lasts ten minutes (RFC 8656 §12).
const LIFETIME: Duration = Duration::from_secs(600);

/// It is asked for again after this.
const REFRESH: Duration = Duration::from_secs(480);

/// After its end neither number nor peer are bound anew (RFC 8656 §12).
const QUARANTINE: Duration = Duration::from_secs(300);

/// How far a channel is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Binding {
    /// There is no allocation yet.
    Wanted,
    Requested,
    Bound,
    /// The server refused; it may know the channel all the same.
    Refused,
}

#[derive(Clone, Copy, Debug)]
struct Channel {
    peer: SocketAddr,
    binding: Binding,
    /// When the server forgets it at the latest.
    expires: Instant,
}

/// The channels that were asked for.
#[derive(Debug)]
pub(super) struct Channels {
    table: BTreeMap<ChannelNumber, Channel>,
    by_peer: BTreeMap<SocketAddr, ChannelNumber>,
    next: ChannelNumber,
}

impl Default for Channels {
    fn default() -> Self {
        Self {
            table: BTreeMap::new(),
            by_peer: BTreeMap::new(),
            next: ChannelNumber::MIN,
        }
    }
}

impl Channels {
    /// The channel by which data go to a peer.
    pub(super) fn bound_to(&self, peer: SocketAddr) -> Option<ChannelNumber> {
        let number = self.by_peer.get(&peer)?;
        let channel = self.table.get(number)?;
        (channel.binding == Binding::Bound).then_some(*number)
    }

    /// Whom data on a channel come from: from the moment that it is asked for (RFC 8656 §12).
    pub(super) fn peer_of(&self, number: ChannelNumber) -> Option<SocketAddr> {
        let channel = self.table.get(&number)?;
        (channel.binding != Binding::Wanted).then_some(channel.peer)
    }

    /// A number that is in no use.
    fn free_number(&mut self) -> Option<ChannelNumber> {
        if self.table.len() >= MAX_CHANNELS {
            return None;
        }
        loop {
            let number = self.next;
            let after = ChannelNumber::new(number.number() + 1);
            self.next = after.unwrap_or(ChannelNumber::MIN);
            if !self.table.contains_key(&number) {
                return Some(number);
            }
        }
    }
}

impl Client {
    /// Asks for a channel to a peer, at once or when there is an allocation; asked again before the
    /// server forgets. Until it is there, and if the server refuses it, data go as Send indications.
    /// There are 256 channels at most.
    pub fn bind_channel(&mut self, now: Instant, peer: SocketAddr) {
        if self.state.is_over() || self.channels.by_peer.contains_key(&peer) {
            return;
        }
        // The permission lapses before the channel does, and is refreshed by itself.
        self.permit(now, peer.ip());
        if !self.permissions.is_known(peer.ip()) {
            return;
        }
        let Some(number) = self.channels.free_number() else {
            return;
        };
        let channel = Channel {
            peer,
            binding: Binding::Wanted,
            expires: now,
        };
        self.channels.table.insert(number, channel);
        self.channels.by_peer.insert(peer, number);
        self.request_channel(now, number);
    }

    /// There is an allocation: asks for all that was wanted.
    pub(super) fn request_channels(&mut self, now: Instant) {
        let wanted: Vec<ChannelNumber> = self.channels.table.keys().copied().collect();
        for number in wanted {
            self.request_channel(now, number);
        }
    }

    fn request_channel(&mut self, now: Instant, number: ChannelNumber) {
        let State::Allocated(allocation) = &self.state else {
            return;
        };
        let Some(channel) = self.channels.table.get_mut(&number) else {
            return;
        };
        let family = AddressFamily::of(channel.peer.ip());
        if allocation.relayed_for(family).is_none() {
            return self.forget_channel(number);
        }
        channel.binding = Binding::Requested;
        self.start(now, Request::Bind(number), 0);
    }

    /// A channel is to be refreshed, or one that failed is free again.
    pub(super) fn channel_due(&mut self, now: Instant, number: ChannelNumber) {
        match self
            .channels
            .table
            .get(&number)
            .map(|channel| channel.binding)
        {
            Some(Binding::Bound) => self.start(now, Request::Bind(number), 0),
            Some(Binding::Refused) => self.forget_channel(number),
            Some(Binding::Wanted | Binding::Requested) | None => {}
        }
    }

    /// The peer in a request for this channel, which the server keeps for ten minutes from now on.
    pub(super) fn channel_requested(
        &mut self,
        now: Instant,
        number: ChannelNumber,
    ) -> Option<SocketAddr> {
        let channel = self.channels.table.get_mut(&number)?;
        channel.expires = now + self.config.timing.patience_allocated + LIFETIME;
        Some(channel.peer)
    }

    pub(super) fn channel_bound(&mut self, now: Instant, number: ChannelNumber) {
        let Some(channel) = self.channels.table.get_mut(&number) else {
            return;
        };
        channel.binding = Binding::Bound;
        let peer = channel.peer.ip();
        self.timers.set(Timer::Channel(number), now + REFRESH);
        // It is a permission too (RFC 8656 §12.1).
        self.permission_installed(now, peer);
    }

    pub(super) fn channel_failed(&mut self, number: ChannelNumber) {
        if let Some(channel) = self.channels.table.get_mut(&number) {
            channel.binding = Binding::Refused;
            let free = channel.expires + QUARANTINE;
            self.timers.set(Timer::Channel(number), free);
        }
    }

    fn forget_channel(&mut self, number: ChannelNumber) {
        if let Some(channel) = self.channels.table.remove(&number) {
            self.channels.by_peer.remove(&channel.peer);
        }
    }
}
