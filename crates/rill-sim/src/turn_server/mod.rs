//! A server that relays (RFC 8656).

mod allocation;
mod authentication;
mod config;
mod counters;
mod endpoint;
mod refusal;
mod relay;
mod requests;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use allocation::Allocation;
use authentication::Nonces;
use config::Config;

pub use allocation::{FiveTuple, Transport};
pub use config::TurnManner;
pub use counters::TurnCounters;

use crate::{Datagram, StreamId, StreamRequest};

/// The first relayed port (RFC 8656 §7.2).
const FIRST_PORT: u16 = 49_152;

/// A TURN server with the manners a test wants of it. It demands long-term credentials, and answers
/// Binding requests without.
#[derive(Clone, Debug)]
pub struct TurnServer {
    config: Config,
    manner: TurnManner,
    to_drop: usize,
    running: bool,
    nonces: Nonces,
    allocations: BTreeMap<FiveTuple, Allocation>,
    next_port: u16,
    /// Data indications sent.
    indications: u64,
    counters: TurnCounters,
    /// With what is not yet a whole message.
    streams: BTreeMap<StreamId, Vec<u8>>,
    datagrams: VecDeque<Datagram>,
    requests: VecDeque<StreamRequest>,
}

impl TurnServer {
    /// A server that takes UDP and TCP at this address and relays from its IP address. It has no
    /// users yet; its realm is `rill.example`.
    pub fn new(address: SocketAddr) -> Self {
        Self {
            config: Config::new(address),
            manner: TurnManner::Serving,
            to_drop: 0,
            running: true,
            nonces: Nonces::default(),
            allocations: BTreeMap::new(),
            next_port: FIRST_PORT,
            indications: 0,
            counters: TurnCounters::default(),
            streams: BTreeMap::new(),
            datagrams: VecDeque::new(),
            requests: VecDeque::new(),
        }
    }

    /// Takes UDP and TCP at one more address.
    pub fn listening_at(mut self, address: SocketAddr) -> Self {
        self.config.listening.insert(address);
        self
    }

    /// Takes TLS at this address, with a certificate for this name.
    pub fn listening_for_tls_at(mut self, address: SocketAddr, certificate: &str) -> Self {
        let certificate = certificate.to_owned();
        self.config.tls.insert(address, certificate);
        self
    }

    /// Its certificates are not valid any more.
    pub fn expired(mut self) -> Self {
        self.config.expired = true;
        self
    }

    /// Relays from one more IP address. Of each family, the first is used.
    pub fn relaying_from(mut self, address: IpAddr) -> Self {
        self.config.relays.push(address);
        self
    }

    /// Adds a user.
    pub fn user(mut self, name: &str, password: &str) -> Self {
        self.set_password(name, password);
        self
    }

    /// Sets the realm.
    pub fn realm(mut self, realm: &str) -> Self {
        realm.clone_into(&mut self.config.realm);
        self
    }

    /// Offers SHA-256 beside MD5 (RFC 8489 §9.2).
    pub fn with_sha256(mut self) -> Self {
        self.config.features.password_algorithms = true;
        self
    }

    /// Asks for USERHASH in place of USERNAME (RFC 8489 §14.4), and takes both.
    pub fn with_userhash(mut self) -> Self {
        self.config.features.username_anonymity = true;
        self
    }

    /// Lets a nonce become stale after `requests` requests with it, or after `lifetime`.
    pub fn nonces_for(mut self, requests: usize, lifetime: Duration) -> Self {
        self.config.nonce_requests = requests;
        self.config.nonce_lifetime = lifetime;
        self
    }

    /// Gives a user at most this many allocations at a time (486).
    pub fn quota(mut self, allocations: usize) -> Self {
        self.config.quota = allocations;
        self
    }

    /// Gives all users together at most this many allocations at a time (508).
    pub fn capacity(mut self, allocations: usize) -> Self {
        self.config.capacity = allocations;
        self
    }

    /// Refuses to relay to an address (403).
    pub fn denying(mut self, peer: IpAddr) -> Self {
        self.config.denied.insert(peer);
        self
    }

    /// Sets an allocation's lifetime, and the longest that a client may ask for. They are 10 minutes
    /// and an hour otherwise.
    pub fn lifetimes(mut self, usual: Duration, longest: Duration) -> Self {
        self.config.lifetime = usual;
        self.config.longest_lifetime = longest;
        self
    }

    /// Begins with this manner.
    pub fn manner(mut self, manner: TurnManner) -> Self {
        self.manner = manner;
        self
    }

    /// Does not answer the first `count` requests.
    pub fn dropping_first(mut self, count: usize) -> Self {
        self.to_drop = count;
        self
    }

    /// Changes the manner.
    pub fn set_manner(&mut self, manner: TurnManner) {
        self.manner = manner;
    }

    /// Adds a user or changes a password.
    pub fn set_password(&mut self, name: &str, password: &str) {
        let (name, password) = (name.to_owned(), password.to_owned());
        self.config.users.insert(name, password);
    }

    /// Ends the process: allocations, nonces and streams are gone (the clients of the latter are
    /// told), datagrams get no answer, connecting is refused.
    pub fn kill(&mut self) {
        self.running = false;
        self.allocations.clear();
        self.nonces.clear();
        self.datagrams.clear();
        let resets = self.streams.keys().map(|&id| StreamRequest::Reset(id));
        self.requests.extend(resets);
        self.streams.clear();
    }

    /// Starts it again, with nothing but its configuration and its counters.
    pub fn restart(&mut self) {
        self.kill();
        self.running = true;
    }

    /// What it saw.
    pub fn counters(&self) -> &TurnCounters {
        &self.counters
    }

    /// The allocations with their relayed addresses.
    pub fn allocations(&self) -> impl Iterator<Item = (FiveTuple, &[SocketAddr])> {
        let allocations = self.allocations.iter();
        allocations.map(|(&client, allocation)| (client, &allocation.relayed[..]))
    }

    /// All IP addresses it has.
    pub fn addresses(&self) -> BTreeSet<IpAddr> {
        self.config.addresses()
    }
}
