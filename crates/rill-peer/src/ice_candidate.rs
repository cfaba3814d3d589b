use rill_ice::RelayProtocol;

/// A candidate as it travels between peers (webrtc-pc, `RTCIceCandidateInit`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IceCandidateInit {
    /// The `candidate:…` line without `a=`; empty means end-of-candidates.
    pub candidate: String,
    /// The media section by its mid.
    pub sdp_mid: Option<String>,
    /// The media section by its position, used when `sdp_mid` is absent.
    pub sdp_m_line_index: Option<u16>,
    /// The generation that the candidate belongs to; the newest when absent.
    pub username_fragment: Option<String>,
}

/// A local candidate as the `icecandidate` event gives it.
///
/// An empty `candidate` says that its transport has no more in this generation (RFC 8838 §13).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IceCandidate {
    /// The `candidate:…` line, or empty for end-of-candidates.
    pub candidate: String,
    /// The mid of its media section.
    pub sdp_mid: String,
    /// The position of its media section.
    pub sdp_m_line_index: u16,
    /// The generation it belongs to.
    pub username_fragment: String,
    /// The server it was learnt from, for reflexive and relayed candidates.
    pub url: Option<String>,
    /// How a relayed candidate's server is reached.
    pub relay_protocol: Option<RelayProtocol>,
}

impl IceCandidate {
    /// The four members that are sent to the peer; the last two stay here (webrtc-pc, `toJSON`).
    #[must_use]
    pub fn to_init(&self) -> IceCandidateInit {
        IceCandidateInit {
            candidate: self.candidate.clone(),
            sdp_mid: Some(self.sdp_mid.clone()),
            sdp_m_line_index: Some(self.sdp_m_line_index),
            username_fragment: Some(self.username_fragment.clone()),
        }
    }
}
