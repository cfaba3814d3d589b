//! What the owner of an agent decides.

use std::net::IpAddr;
use std::time::Duration;

use crate::Pacer;

/// How an agent gathers, how long it waits and how much it holds.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// Servers to ask for server-reflexive candidates. The first 16 count.
    pub stun_servers: Vec<StunServer>,
    /// Whether loopback addresses become candidates.
    pub include_loopback: Loopback,
    /// How long things take.
    pub timing: Timing,
    /// What the pace is kept by: a bucket of its own by default. A clone of a `Config` shares it.
    pub pacer: Pacer,
    /// How much is held of what a peer can fill.
    pub limits: Limits,
}

/// A STUN server over UDP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StunServer {
    /// As configured; reported with its candidates, outcome and errors.
    pub url: String,
    /// The server's machine.
    pub host: ServerHost,
    /// The UDP port.
    pub port: u16,
}

/// The host part of a server's URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServerHost {
    /// An address.
    Ip(IpAddr),
    /// A DNS name, which the driver resolves.
    Name(String),
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
    /// When a STUN server is given up, counted from the start of gathering.
    pub server_deadline: Duration,
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
            server_grace: Duration::from_millis(500),
            server_keepalive: Duration::from_secs(20),
            nomination_wait_min: Duration::from_millis(20),
            nomination_wait_max: Duration::from_millis(100),
            consent_interval: Duration::from_secs(5),
            consent_probe: Duration::from_millis(400),
            disconnected_after: Duration::from_secs(5),
            consent_expiry: Duration::from_secs(30),
            patience: Duration::from_millis(39_500),
            retirement: Duration::from_secs(3),
        }
    }
}

/// How much the agent holds. What comes above a limit is rejected; nothing honest is evicted.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Local addresses that get a socket, per generation.
    pub local_addresses: usize,
    /// Candidate pairs in all check lists (RFC 8445 §6.1.2.5).
    pub pairs: usize,
    /// Signalled remote candidates per generation, names included.
    pub remote_candidates: usize,
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
            pairs: 100,
            remote_candidates: 100,
            peer_reflexive: 32,
            mapped_addresses: 16,
            silent_datagrams: 100,
            responses: 64,
            role_switches: 16,
        }
    }
}
