//! Transports, as getters show them (webrtc-pc §5.5, §5.6, §6.1.1).

use rill_ice::{PairInfo, TransportId};

use crate::{
    DtlsTransportInfo, IceTransportInfo, PeerConnection, SctpTransportInfo, TransportError,
    transport::DtlsTransport,
};

impl PeerConnection {
    /// The transports that exist, in the order of their sections.
    #[must_use]
    pub fn transports(&self) -> Vec<TransportId> {
        self.view.transports.iter().map(|t| t.id).collect()
    }

    /// An ICE transport; `None` once it is gone, which is to say closed.
    #[must_use]
    pub fn ice_transport(&self, id: TransportId) -> Option<IceTransportInfo> {
        let transport = self.view.transport(id)?;
        Some(transport.info(self.view.role))
    }

    /// A DTLS transport; `None` once it is gone, which is to say closed.
    #[must_use]
    pub fn dtls_transport(&self, id: TransportId) -> Option<DtlsTransportInfo> {
        let transport = self.view.transport(id)?;
        Some(DtlsTransportInfo {
            state: transport.dtls,
            remote_certificates: transport
                .remote_certificate
                .iter()
                .map(|der| der.to_vec())
                .collect(),
        })
    }

    /// Why DTLS failed on a transport, if it did.
    pub(crate) fn dtls_failure(&self, id: TransportId) -> Option<&TransportError> {
        let mut transports = self.transports.iter();
        transports.find(|transport| transport.id() == id)?.failure()
    }

    /// The SCTP transport, from the first description with a data section on.
    #[must_use]
    pub fn sctp_transport(&self) -> Option<SctpTransportInfo> {
        self.view.sctp.map(crate::view::SctpView::info)
    }

    /// The candidate pairs of every transport, for tables; their states are those of this moment.
    #[must_use]
    pub fn candidate_pairs(&self) -> Vec<PairInfo> {
        let ids = self.transports.iter().map(DtlsTransport::id);
        ids.flat_map(|id| self.agent.pairs(id)).collect()
    }
}
