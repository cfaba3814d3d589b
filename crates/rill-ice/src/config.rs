//! What the owner of an agent decides.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use crate::{Interface, Pacer};

/// How an agent gathers, how long it waits and how much it holds.
#[derive(Clone, Debug)]
pub struct Config {
    /// Servers to ask for server-reflexive and relayed candidates. The first 16 count.
    pub servers: Vec<ServerConfig>,
    /// Which candidates of ours may be used.
    pub policy: CandidatePolicy,
    /// How host candidates show where they are.
    pub host_addresses: HostAddresses,
    /// Whether loopback addresses become candidates.
    pub include_loopback: Loopback,
    /// What of the machine is used.
    pub reach: Reach,
    /// How long things take. The default is one for the process, so that each agent need not hold its own;
    /// [`Arc::make_mut`] makes one to change.
    pub timing: Arc<Timing>,
    /// What the pace is kept by: a bucket of its own by default. A clone of a `Config` shares it.
    pub pacer: Pacer,
    /// How much is held of what a peer can fill.
    pub limits: Limits,
}

impl Default for Config {
    fn default() -> Self {
        static TIMING: LazyLock<Arc<Timing>> = LazyLock::new(Arc::default);
        Self {
            servers: Vec::new(),
            policy: CandidatePolicy::default(),
            host_addresses: HostAddresses::default(),
            include_loopback: Loopback::default(),
            reach: Reach::default(),
            timing: Arc::clone(&TIMING),
            pacer: Pacer::default(),
            limits: Limits::default(),
        }
    }
}

/// Which of our candidates are told to the peer and checked from (RFC 9429 §3.5.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CandidatePolicy {
    /// All of them.
    #[default]
    All,
    /// Only relayed ones: nothing is sent to anyone but the TURN servers, and no address of ours is
    /// told.
    Relay,
}

/// How host candidates show where they are (draft-ietf-mmusic-mdns-ice-candidates).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HostAddresses {
    /// By their addresses.
    #[default]
    Plain,
    /// By names that multicast DNS answers for, and that say nothing beyond the local network.
    Mdns,
}

/// A STUN or TURN server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerConfig {
    /// As configured; reported with its candidates, outcome and errors.
    pub url: String,
    /// The server's machine.
    pub host: ServerHost,
    /// Its port.
    pub port: u16,
    /// What it is asked for.
    pub service: Service,
}

impl ServerConfig {
    /// Whether asking it gives what asking the other gives.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        (&self.host, self.port, &self.service) == (&other.host, other.port, &other.service)
    }

    /// Whether it is asked under a policy.
    pub(crate) fn serves(&self, policy: CandidatePolicy) -> bool {
        match self.service {
            Service::Stun => policy == CandidatePolicy::All,
            Service::Turn(_) => true,
        }
    }
}

/// What a server is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Service {
    /// Server-reflexive candidates, over UDP (RFC 8489).
    Stun,
    /// Relayed candidates, and over UDP server-reflexive ones too (RFC 8656).
    Turn(TurnAccess),
}

/// How a TURN server is reached, and as whom.
#[derive(Clone, PartialEq, Eq)]
pub struct TurnAccess {
    /// How it is reached.
    pub protocol: RelayProtocol,
    /// The user.
    pub username: String,
    /// The user's password.
    pub password: String,
}

impl fmt::Debug for TurnAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The password is a secret, and the name may be one.
        f.debug_struct("TurnAccess")
            .field("protocol", &self.protocol)
            .finish_non_exhaustive()
    }
}

/// W3C `RTCIceServerTransportProtocol`: how we reach the TURN server. The relay itself is always UDP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RelayProtocol {
    /// Datagrams.
    Udp,
    /// A TCP connection.
    Tcp,
    /// TLS over TCP.
    Tls,
}

impl fmt::Display for RelayProtocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Udp => "udp",
            Self::Tcp => "tcp",
            Self::Tls => "tls",
        })
    }
}

/// The host part of a server's URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServerHost {
    /// An address.
    Ip(IpAddr),
    /// A DNS name, which the driver resolves.
    Name(String),
}

impl fmt::Display for ServerHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(ip) => ip.fmt(f),
            Self::Name(name) => f.write_str(name),
        }
    }
}

/// When loopback addresses become host candidates. RFC 8445 §5.1.1.1 says never.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Loopback {
    /// Never.
    Never,
    /// When the machine has no other usable address, so that two processes on it still connect.
    #[default]
    WhenAlone,
    /// Always, for a server that browsers on the same machine reach.
    Always,
}

/// What of the machine is used, and how it is seen from outside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// The ports to bind to, both included; any if there are none. One port in the range that is free
    /// is taken per socket.
    pub ports: Option<RangeInclusive<u16>>,
    /// Only interfaces of these names; all if there are none.
    pub interfaces: Vec<String>,
    /// No interface of these names.
    pub excluded_interfaces: Vec<String>,
    /// Only addresses of this family.
    pub family: Option<Family>,
    /// Addresses that a NAT in front of the machine maps one to one, port for port: each gives a
    /// server-reflexive candidate without a server.
    pub external: Vec<ExternalAddress>,
}

impl Reach {
    /// Whether an address of an interface may be used.
    pub(crate) fn admits(&self, interface: &Interface) -> bool {
        let is_wanted = self.interfaces.is_empty() || self.interfaces.contains(&interface.name);
        is_wanted
            && !self.excluded_interfaces.contains(&interface.name)
            && self.admits_ip(interface.address)
    }

    /// Whether a server may be connected to.
    pub(crate) fn admits_family(&self, of: SocketAddr) -> bool {
        self.admits_ip(of.ip())
    }

    fn admits_ip(&self, address: IpAddr) -> bool {
        let family = if address.is_ipv4() {
            Family::V4
        } else {
            Family::V6
        };
        self.family.is_none_or(|only| only == family)
    }

    /// How an address of ours is seen from outside.
    pub(crate) fn external_of(&self, address: IpAddr) -> Option<IpAddr> {
        let is_meant = |external: &&ExternalAddress| {
            external.address.is_ipv4() == address.is_ipv4()
                && match external.internal {
                    Some(internal) => internal == address,
                    None => !address.is_loopback(),
                }
        };
        let external = self.external.iter().find(is_meant)?;
        Some(external.address)
    }
}

/// A version of the Internet Protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

/// An address of a NAT that maps one to one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExternalAddress {
    /// The machine's own address; every one of the family but loopback if it is not said.
    pub internal: Option<IpAddr>,
    /// The address outside.
    pub address: IpAddr,
}

/// How long the agent waits for what.
#[derive(Clone, Debug)]
pub struct Timing {
    /// Sustained interval between transactions to addresses that have not answered (Ta).
    pub pace: Duration,
    /// How many such transactions may start at once.
    pub burst: u32,
    /// Retransmission interval of a check, doubled each time. It grows by `pace` per pair waiting.
    pub check_rto: Duration,
    /// How often a check is sent before its pair fails.
    pub check_sends: u32,
    /// How long the answer to the last one is awaited, in units of `check_rto` (Rm).
    pub check_final_wait: u32,
    /// When a server is given up, counted from the start of gathering; a TURN server from its last
    /// answer.
    pub server_deadline: Duration,
    /// When a TURN server is given up that keeps answering, but has not allocated.
    pub relay_deadline: Duration,
    /// How much longer the rest of a server's answers are awaited after its first one.
    pub server_grace: Duration,
    /// Interval between keepalives of server-reflexive candidates, while there is no connection.
    pub server_keepalive: Duration,
    /// How long a valid pair waits for a better one before it is nominated, at least.
    pub nomination_wait_min: Duration,
    /// The same, at most. In between, two round trips of the valid pair.
    pub nomination_wait_max: Duration,
    /// Mean interval between consent checks (RFC 7675 §5.1), each varied by a fifth.
    pub consent_interval: Duration,
    /// How long a consent check may be unanswered before the pair is probed by checks.
    pub consent_probe: Duration,
    /// The least silence that makes a transport disconnected.
    pub disconnected_after: Duration,
    /// When consent expires after the last answer (RFC 7675 §5.1).
    pub consent_expiry: Duration,
    /// How long the agent waits for the peer's checks before it may fail (RFC 8863 §4).
    pub patience: Duration,
    /// How long the first check of a peer that restarts is awaited before ours begin, while data
    /// flows on the old pair.
    pub first_check_wait: Duration,
    /// How long the sockets of an old generation live after the new one connected (RFC 8445 §8.3).
    pub retirement: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            pace: Duration::from_millis(5),
            burst: 20,
            check_rto: Duration::from_millis(250),
            check_sends: 7,
            check_final_wait: 16,
            server_deadline: Duration::from_millis(1800),
            relay_deadline: Duration::from_secs(8),
            server_grace: Duration::from_millis(500),
            server_keepalive: Duration::from_secs(20),
            nomination_wait_min: Duration::from_millis(20),
            nomination_wait_max: Duration::from_millis(100),
            consent_interval: Duration::from_secs(5),
            consent_probe: Duration::from_millis(400),
            disconnected_after: Duration::from_secs(5),
            consent_expiry: Duration::from_secs(30),
            patience: Duration::from_millis(39_500),
            first_check_wait: Duration::from_secs(1),
            retirement: Duration::from_secs(3),
        }
    }
}

/// How much the agent holds. What comes above a limit is rejected; nothing honest is evicted.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Local addresses that get a socket, per generation.
    pub local_addresses: usize,
    /// Allocations on one TURN server, per generation.
    pub relays: usize,
    /// Candidate pairs in all check lists (RFC 8445 §6.1.2.5).
    pub pairs: usize,
    /// Signalled remote candidates per generation, names included.
    pub remote_candidates: usize,
    /// Names of the peer's that are looked up at once, per generation.
    pub lookups: usize,
    /// Remote peer-reflexive candidates per generation.
    pub peer_reflexive: usize,
    /// Local peer-reflexive candidates per generation.
    pub mapped_addresses: usize,
    /// Datagrams sent to an IP address that never answered, per generation.
    pub silent_datagrams: u32,
    /// Responses waiting to be sent.
    pub responses: usize,
    /// Role switches forced by 487 per agent, after which they are ignored.
    pub role_switches: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            local_addresses: 32,
            relays: 4,
            pairs: 100,
            remote_candidates: 100,
            lookups: 16,
            peer_reflexive: 32,
            mapped_addresses: 16,
            silent_datagrams: 100,
            responses: 64,
            role_switches: 16,
        }
    }
}
