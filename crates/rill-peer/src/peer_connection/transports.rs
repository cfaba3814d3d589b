//! Transports, as getters show them (webrtc-pc §5.5, §5.6, §6.1.1).

use rill_ice::{PairInfo, TransportId};

use crate::{
    DtlsTransportInfo, IceCandidate, IceTransportInfo, PeerConnection, SctpTransportInfo,
    jsep::Side, transport::DtlsTransport,
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
        let remote = transport.remote.as_ref();
        let remote = remote.map_or_else(Vec::new, |remote| self.remote_candidates(&remote.ufrag));
        Some(transport.info(self.view.role, remote))
    }

    /// A DTLS transport; `None` once it is gone, which is to say closed.
    #[must_use]
    pub fn dtls_transport(&self, id: TransportId) -> Option<DtlsTransportInfo> {
        let transport = self.view.transport(id)?;
        Some(DtlsTransportInfo {
            state: transport.dtls,
            remote_certificates: transport.remote_certificates.clone(),
        })
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

    /// The candidates that the peer gave in a generation.
    fn remote_candidates(&self, ufrag: &str) -> Vec<IceCandidate> {
        let mut found: Vec<IceCandidate> = Vec::new();
        let Some(description) = self.view.descriptions.of(Side::Remote).next() else {
            return found;
        };
        let session = &description.session;
        for (index, media) in session.media.iter().enumerate() {
            let own = session
                .section(index)
                .and_then(|section| section.ice_ufrag());
            for candidate in media.candidates() {
                if own.is_some_and(|own| own != ufrag) {
                    continue;
                }
                found.push(IceCandidate {
                    candidate: candidate.to_string(),
                    sdp_mid: media.mid().unwrap_or_default().to_owned(),
                    sdp_m_line_index: u16::try_from(index).unwrap_or(u16::MAX),
                    username_fragment: ufrag.to_owned(),
                    url: None,
                });
            }
        }
        found
    }
}
