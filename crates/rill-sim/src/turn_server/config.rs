//! How a TURN server is set up.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use rill_stun::SecurityFeatures;

/// What a TURN server does with requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TurnManner {
    /// It serves them.
    Serving,
    /// It answers nothing and relays nothing, but accepts streams.
    Silent,
    /// It refuses every authenticated request with this code (300 to 699).
    Refusing {
        /// ERROR-CODE.
        code: u16,
        /// Its reason phrase.
        reason: String,
    },
    /// It sends every authenticated Allocate request elsewhere (300, RFC 8489 §10).
    Redirecting {
        /// ALTERNATE-SERVER.
        to: SocketAddr,
        /// ALTERNATE-DOMAIN.
        domain: Option<String>,
    },
}

#[derive(Clone, Debug)]
pub(super) struct Config {
    pub(super) listening: BTreeSet<SocketAddr>,
    /// With the names of their certificates.
    pub(super) tls: BTreeMap<SocketAddr, String>,
    /// Whether those are not valid any more.
    pub(super) expired: bool,
    /// At most one of each family is used: the first.
    pub(super) relays: Vec<IpAddr>,
    pub(super) realm: String,
    /// With their passwords.
    pub(super) users: BTreeMap<String, String>,
    pub(super) features: SecurityFeatures,
    pub(super) nonce_requests: usize,
    pub(super) nonce_lifetime: Duration,
    pub(super) quota: usize,
    pub(super) capacity: usize,
    pub(super) denied: BTreeSet<IpAddr>,
    pub(super) lifetime: Duration,
    pub(super) longest_lifetime: Duration,
}

impl Config {
    pub(super) fn new(address: SocketAddr) -> Self {
        Self {
            listening: BTreeSet::from([address]),
            tls: BTreeMap::new(),
            expired: false,
            relays: vec![address.ip()],
            realm: "rill.example".to_owned(),
            users: BTreeMap::new(),
            features: SecurityFeatures::default(),
            nonce_requests: usize::MAX,
            nonce_lifetime: Duration::from_secs(3600),
            quota: usize::MAX,
            capacity: usize::MAX,
            denied: BTreeSet::new(),
            // RFC 8656 §3.2, §7.2.
            lifetime: Duration::from_secs(600),
            longest_lifetime: Duration::from_secs(3600),
        }
    }

    /// All addresses of the machine.
    pub(super) fn addresses(&self) -> BTreeSet<IpAddr> {
        let sockets = self.listening.iter().chain(self.tls.keys());
        let listening = sockets.map(SocketAddr::ip);
        listening.chain(self.relays.iter().copied()).collect()
    }

    /// The time an allocation gets (RFC 8656 §7.2, §8.2); nothing if nothing is asked for.
    pub(super) fn granted(&self, asked: Option<u32>) -> Duration {
        match asked.map(|seconds| Duration::from_secs(seconds.into())) {
            Some(Duration::ZERO) => Duration::ZERO,
            Some(asked) => asked.min(self.longest_lifetime).max(self.lifetime),
            None => self.lifetime,
        }
    }
}
