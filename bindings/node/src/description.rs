use napi::{Env, Result};
use napi_derive::napi;
use rill::{Exception, SdpType, SessionDescription};

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
