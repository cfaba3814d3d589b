//! Transports, by their names (webrtc-pc §5.5, §5.6, §6.1.1).

use rill_peer::{DtlsTransportInfo, IceTransportInfo, PairInfo, SctpTransportInfo, TransportId};

use super::PeerConnection;

impl PeerConnection {
    /// The transports that exist, in the order of their sections. Bundled sections share one.
    #[must_use]
    pub fn transports(&self) -> Vec<TransportId> {
        self.peer(rill_peer::PeerConnection::transports)
    }

    /// What is known of an ICE transport; `None` once it is gone.
    #[must_use]
    pub fn ice_transport(&self, id: TransportId) -> Option<IceTransportInfo> {
        self.peer(|peer| peer.ice_transport(id))
    }

    /// What is known of a DTLS transport; `None` once it is gone.
    #[must_use]
    pub fn dtls_transport(&self, id: TransportId) -> Option<DtlsTransportInfo> {
        self.peer(|peer| peer.dtls_transport(id))
    }

    /// What is known of the SCTP transport, from the first description with a data section on.
    #[must_use]
    pub fn sctp_transport(&self) -> Option<SctpTransportInfo> {
        self.peer(rill_peer::PeerConnection::sctp_transport)
    }

    /// The candidate pairs of every transport, as they are at this moment.
    #[must_use]
    pub fn candidate_pairs(&self) -> Vec<PairInfo> {
        self.peer(rill_peer::PeerConnection::candidate_pairs)
    }
}
