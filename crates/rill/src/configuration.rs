use std::{
    sync::LazyLock,
    time::{Instant, SystemTime},
};

use rill_peer::{
    BundlePolicy, Certificate, CertificateOptions, HostAddresses, IceServer, IceTransportPolicy,
    Loopback, Pacer, Reach, Security, TlsTrust,
};

use crate::NewError;

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
    /// The certificates with which to prove our identity; one is made when there is none.
    pub certificates: Vec<Certificate>,
    /// Whether loopback addresses are offered; by default only when there are no others.
    pub loopback: Loopback,
    /// How host candidates show where they are. Browsers hide it behind names of multicast DNS, because a
    /// page may not know the addresses of whoever looks at it; a program of one's own has nothing to
    /// hide from itself, and names cost a lookup and fail where multicast does.
    pub host_addresses: HostAddresses,
    /// What of the machine is used: ports, interfaces, families; and how a NAT shows it outside.
    pub reach: Reach,
    /// Whose certificates are taken from TURN servers over TLS; by default those that the platform
    /// trusts.
    pub tls_trust: TlsTrust,
}

/// The pace of all connections of this process (RFC 8445 §14).
static PACER: LazyLock<Pacer> = LazyLock::new(Pacer::default);

impl Configuration {
    /// The core with a seed of the operating system and a certificate.
    pub(crate) fn make_peer(mut self) -> Result<rill_peer::PeerConnection, NewError> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(|error| NewError::Random(error.to_string()))?;
        if self.certificates.is_empty() {
            let made = Certificate::generate(CertificateOptions::new(SystemTime::now()))
                .map_err(|error| NewError::Certificate(error.to_string()))?;
            self.certificates.push(made);
        }
        Ok(rill_peer::PeerConnection::new(
            Instant::now(),
            self.into_core(),
            seed,
        )?)
    }

    /// In the place of another: what was made then, or holds from then on, is kept.
    pub(crate) fn replacing(
        mut self,
        before: &rill_peer::Configuration,
    ) -> rill_peer::Configuration {
        if self.certificates.is_empty() {
            self.certificates.clone_from(&before.certificates);
        }
        self.loopback = before.loopback;
        self.host_addresses = before.host_addresses;
        self.reach.clone_from(&before.reach);
        self.into_core()
    }

    fn into_core(self) -> rill_peer::Configuration {
        rill_peer::Configuration {
            ice_servers: self.ice_servers,
            ice_transport_policy: self.ice_transport_policy,
            bundle_policy: self.bundle_policy,
            ice_candidate_pool_size: self.ice_candidate_pool_size,
            certificates: self.certificates,
            pacer: PACER.clone(),
            loopback: self.loopback,
            host_addresses: self.host_addresses,
            reach: self.reach,
            tls_trust: self.tls_trust,
            security: Security::Dtls,
        }
    }
}
