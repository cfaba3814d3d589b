use napi_derive::napi;
use rill::{IceCandidate, IceCandidateInit};

/// The four members of a candidate that are read.
#[napi(object, object_to_js = false, use_nullable = true)]
pub struct NativeCandidateInit {
    pub candidate: String,
    pub sdp_mid: Option<String>,
    #[napi(js_name = "sdpMLineIndex")]
    pub sdp_m_line_index: Option<u32>,
    pub username_fragment: Option<String>,
}

impl From<NativeCandidateInit> for IceCandidateInit {
    fn from(init: NativeCandidateInit) -> Self {
        Self {
            candidate: init.candidate,
            sdp_mid: init.sdp_mid,
            // TypeScript has converted it to an unsigned short.
            sdp_m_line_index: init
                .sdp_m_line_index
                .and_then(|index| u16::try_from(index).ok()),
            username_fragment: init.username_fragment,
        }
    }
}

/// A candidate as TypeScript makes an object of it.
#[derive(Clone)]
#[napi(object, object_from_js = false, use_nullable = true)]
pub struct NativeCandidate {
    pub candidate: String,
    pub sdp_mid: String,
    #[napi(js_name = "sdpMLineIndex")]
    pub sdp_m_line_index: u16,
    pub username_fragment: String,
    pub url: Option<String>,
    pub relay_protocol: Option<String>,
}

impl From<IceCandidate> for NativeCandidate {
    fn from(candidate: IceCandidate) -> Self {
        Self {
            candidate: candidate.candidate,
            sdp_mid: candidate.sdp_mid,
            sdp_m_line_index: candidate.sdp_m_line_index,
            username_fragment: candidate.username_fragment,
            url: candidate.url,
            relay_protocol: candidate
                .relay_protocol
                .map(|protocol| protocol.to_string()),
        }
    }
}
