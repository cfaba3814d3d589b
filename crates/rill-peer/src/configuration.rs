use rill_ice::{CandidatePolicy, Config, HostAddresses, Loopback, Pacer, Reach, ServerConfig};

use crate::{Certificate, Exception, IceServer, IceServerError, ice_server::ServerUrl};

/// Which candidates may be used (webrtc-pc, `RTCIceTransportPolicy`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IceTransportPolicy {
    /// All of them.
    #[default]
    All,
    /// Only relayed ones.
    Relay,
}

/// How media sections share transports (webrtc-pc, `RTCBundlePolicy`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BundlePolicy {
    /// One transport for each kind of media, until the answer bundles them.
    #[default]
    Balanced,
    /// One transport for each section, until the answer bundles them.
    MaxCompat,
    /// One transport from the start.
    MaxBundle,
}

/// How a connection is to behave (webrtc-pc, `RTCConfiguration`).
#[derive(Clone, Debug, Default)]
pub struct Configuration {
    /// The servers to ask for reflexive and relayed addresses.
    pub ice_servers: Vec<IceServer>,
    /// Which candidates may be used.
    pub ice_transport_policy: IceTransportPolicy,
    /// How sections share transports.
    pub bundle_policy: BundlePolicy,
    /// How many transports gather ahead, before a local description needs them, until the first answer;
    /// eight at most do, whatever is asked for. They hold sockets here and addresses at the servers.
    pub ice_candidate_pool_size: u8,
    /// The certificates; at least one. Descriptions announce them all, DTLS shows the first.
    pub certificates: Vec<Certificate>,
    /// What keeps the pace of the checks; connections that share one share its rate
    /// (RFC 8445 §14).
    pub pacer: Pacer,
    /// Whether loopback addresses are offered; W3C has no such member.
    pub loopback: Loopback,
    /// How host candidates show where they are; W3C has no such member.
    pub host_addresses: HostAddresses,
    /// What of the machine is used, and how it is seen from outside; W3C has no such member.
    pub reach: Reach,
    /// Whose certificates are taken from TURN servers over TLS: for the driver, which makes the
    /// connections.
    pub tls_trust: TlsTrust,
    /// How packets are secured.
    pub security: Security,
}

/// Whose certificates are taken from servers over TLS.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum TlsTrust {
    /// Those that the platform's roots vouch for, and that show the server's name.
    #[default]
    Platform,
    /// Those that these roots (DER) vouch for, and that show the server's name.
    Roots(Vec<Vec<u8>>),
    /// Anyone's: an attacker on the way learns who speaks with whom. For tests.
    Anyone,
}

/// How packets are secured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Security {
    /// DTLS, always, outside a simulation.
    #[default]
    Dtls,
    /// No encryption and no proof of identity: only for deterministic simulations, and
    /// understood by no other implementation.
    SimulationOnly,
}

/// Why a configuration was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigurationError {
    /// A server was refused.
    #[error(transparent)]
    IceServer(#[from] IceServerError),
    /// There is no certificate.
    #[error("the configuration has no certificate; generate one")]
    NoCertificate,
    /// The connection is closed.
    #[error("the connection is closed")]
    Closed,
    /// A member was changed that cannot be, or not any more.
    #[error("{0} cannot be changed; make a new connection")]
    Unchangeable(&'static str),
}

impl ConfigurationError {
    /// The exception that W3C gives for it.
    #[must_use]
    pub const fn exception(&self) -> Exception {
        match self {
            Self::IceServer(error) => error.exception(),
            Self::NoCertificate => Exception::InvalidAccess,
            Self::Closed => Exception::InvalidState,
            Self::Unchangeable(_) => Exception::InvalidModification,
        }
    }
}

/// The servers of a configuration, read.
#[derive(Debug, Default)]
pub(crate) struct Servers {
    pub(crate) usable: Vec<ServerConfig>,
    /// URLs that rill cannot use yet.
    pub(crate) unsupported: Vec<String>,
}

impl IceTransportPolicy {
    pub(crate) fn candidates(self) -> CandidatePolicy {
        match self {
            Self::All => CandidatePolicy::All,
            Self::Relay => CandidatePolicy::Relay,
        }
    }
}

impl Configuration {
    /// Checks everything (webrtc-pc §4.4.1.6).
    pub(crate) fn check(&self) -> Result<Servers, ConfigurationError> {
        let mut servers = Servers::default();
        for server in &self.ice_servers {
            for url in server.parse()? {
                match url {
                    ServerUrl::Usable(server) => servers.usable.push(server),
                    ServerUrl::Unsupported(url) => servers.unsupported.push(url),
                }
            }
        }
        Ok(servers)
    }

    /// What of it is the agent's.
    pub(crate) fn ice(&self, servers: Vec<ServerConfig>) -> Config {
        Config {
            servers,
            policy: self.ice_transport_policy.candidates(),
            include_loopback: self.loopback,
            host_addresses: self.host_addresses,
            reach: self.reach.clone(),
            pacer: self.pacer.clone(),
            ..Config::default()
        }
    }
}
