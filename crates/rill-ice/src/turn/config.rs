//! What a client is told at its start.

use std::fmt;
use std::time::Duration;

use rill_stun::AddressFamily;

/// How a client behaves.
#[derive(Clone)]
pub struct Config {
    /// Who we are to the server; at most 508 bytes.
    pub username: String,
    /// What we share with the server.
    pub password: String,
    /// What lies between us and the server.
    pub transport: Transport,
    /// Which relayed addresses we want.
    pub families: Families,
    /// How long things take.
    pub timing: Timing,
    /// What we tell the server about ourselves, for its operator's diagnosis; 127 characters are
    /// sent.
    pub software: Option<String>,
}

impl Config {
    /// Over datagrams, an address of each family, and the default timing.
    pub fn new(username: &str, password: &str) -> Self {
        Self {
            username: username.to_owned(),
            password: password.to_owned(),
            transport: Transport::Datagram,
            families: Families::Both,
            timing: Timing::default(),
            software: None,
        }
    }
}

/// Hides the password.
impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("username", &self.username)
            .field("transport", &self.transport)
            .field("families", &self.families)
            .finish_non_exhaustive()
    }
}

/// What lies between a client and its server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// UDP: requests are sent again, [`Client::handle_datagram`](super::Client::handle_datagram).
    Datagram,
    /// TCP or TLS: messages follow each other,
    /// [`Client::handle_stream`](super::Client::handle_stream).
    Stream,
}

/// Which relayed addresses a client wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Families {
    /// One of IPv4.
    V4,
    /// One of IPv6 (RFC 8656 §18.6).
    V6,
    /// One of each (RFC 8656 §18.11), or of IPv4 alone from a server that has no other.
    Both,
}

impl Families {
    pub(super) fn include(self, family: AddressFamily) -> bool {
        match self {
            Self::V4 => family == AddressFamily::V4,
            Self::V6 => family == AddressFamily::V6,
            Self::Both => true,
        }
    }
}

/// How long things take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// To the first retransmission over UDP; doubled each time (RFC 8489 §6.2.1).
    pub rto: Duration,
    /// How often a request is sent over UDP (`Rc` of RFC 8489 §6.2.1).
    pub sends: u32,
    /// After the last of them, in units of `rto` (`Rm` of RFC 8489 §6.2.1).
    pub final_wait: u32,
    /// A request is given up after this while there is no allocation.
    pub patience: Duration,
    /// A request is given up after this while there is one (`Ti` of RFC 8489 §6.2.2).
    pub patience_allocated: Duration,
    /// How long the server is told that we leave.
    pub patience_closing: Duration,
    /// For how long an allocation is asked; `None` leaves it to the server, which takes 10 minutes.
    pub lifetime: Option<Duration>,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            rto: Duration::from_millis(500),
            sends: 7,
            final_wait: 16,
            patience: Duration::from_millis(1800),
            patience_allocated: Duration::from_millis(39_500),
            patience_closing: Duration::from_millis(1800),
            lifetime: None,
        }
    }
}
