use napi::{Env, Result};
use napi_derive::napi;
use rill::{Exception, IceCandidateInit, SdpType, SessionDescription};

use crate::exception::throw;

/// A session description as TypeScript wraps it.
#[derive(Clone)]
#[napi(object, object_from_js = false)]
pub struct NativeDescription {
    #[napi(js_name = "type")]
    pub kind: &'static str,
    pub sdp: String,
}

impl From<SessionDescription> for NativeDescription {
    fn from(SessionDescription { kind, sdp }: SessionDescription) -> Self {
        Self {
            kind: kind.as_str(),
            sdp,
        }
    }
}

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

/// The description that was given.
pub(crate) fn session_description(
    env: &Env,
    kind: &str,
    sdp: String,
) -> Result<SessionDescription> {
    let kind: SdpType = kind
        .parse()
        .map_err(|error| throw(env, Exception::Type, error))?;
    Ok(SessionDescription { kind, sdp })
}
