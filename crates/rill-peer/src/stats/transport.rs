//! Transports.

use rill_ice::{Role, TransportState};

use super::StatsId;
use crate::{DtlsRole, DtlsTransportState};

/// webrtc-stats, `RTCTransportStats`: a DTLS transport with the ICE transport below it.
///
/// States, role and username fragment are those that getters show; counts are of this moment. Bytes are
/// those of UDP payloads that are not STUN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransportStats {
    /// Datagrams sent, over whichever pair.
    pub packets_sent: u64,
    /// Datagrams received.
    pub packets_received: u64,
    /// Bytes sent.
    pub bytes_sent: u64,
    /// Bytes received.
    pub bytes_received: u64,
    /// Our role in ICE, from the first description on.
    pub ice_role: Option<Role>,
    /// Our username fragment, once a local description has it.
    pub ice_local_username_fragment: Option<String>,
    /// How DTLS stands.
    pub dtls_state: DtlsTransportState,
    /// How ICE stands.
    pub ice_state: TransportState,
    /// The pair that data goes over.
    pub selected_candidate_pair: Option<StatsId>,
    /// How often that changed, to none and from none included.
    pub selected_candidate_pair_changes: u32,
    /// Our certificate.
    pub local_certificate: StatsId,
    /// The peer's, once it was shown and verified.
    pub remote_certificate: Option<StatsId>,
    /// The version of DTLS as on the wire, once agreed: 0xFEFD is 1.2, 0xFEFC is 1.3.
    pub tls_version: Option<u16>,
    /// The cipher suite by its name in IANA's registry, once agreed.
    pub dtls_cipher: Option<&'static str>,
    /// Our role in DTLS, once agreed.
    pub dtls_role: Option<DtlsRole>,
}
