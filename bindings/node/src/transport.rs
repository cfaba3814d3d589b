use napi::{
    Env, Result,
    bindgen_prelude::{ArrayBuffer, Object},
};
use napi_derive::napi;
use rill::{
    DtlsTransportInfo, IceCandidate, IceParameters, IceTransportInfo, Role, SctpTransportInfo,
    TransportId,
};

use crate::{candidate::NativeCandidate, connection::NativePeerConnection};

/// What the attributes of an RTCIceTransport show.
#[napi(object, object_from_js = false, use_nullable = true)]
pub struct NativeIceTransport {
    pub role: &'static str,
    pub state: String,
    pub gathering_state: String,
    pub selected_pair: Option<NativePair>,
    pub local_candidates: Vec<NativeCandidate>,
    pub remote_candidates: Vec<NativeCandidate>,
    pub local_parameters: Option<NativeIceParameters>,
    pub remote_parameters: Option<NativeIceParameters>,
}

/// The two candidates of a pair.
#[napi(object, object_from_js = false)]
pub struct NativePair {
    pub local: NativeCandidate,
    pub remote: NativeCandidate,
}

/// The credentials of one side.
#[napi(object, object_from_js = false)]
pub struct NativeIceParameters {
    pub username_fragment: String,
    pub password: String,
}

/// What the attributes of an RTCSctpTransport show.
#[napi(object, object_from_js = false, use_nullable = true)]
pub struct NativeSctpTransport {
    pub transport: u32,
    pub state: &'static str,
    pub max_message_size: f64,
    pub max_channels: Option<u16>,
}

impl From<IceTransportInfo> for NativeIceTransport {
    fn from(info: IceTransportInfo) -> Self {
        Self {
            role: match info.role {
                Some(Role::Controlling) => "controlling",
                Some(Role::Controlled) => "controlled",
                None => "unknown",
            },
            state: info.state.to_string(),
            gathering_state: info.gathering_state.to_string(),
            selected_pair: info.selected_candidates.map(Into::into),
            local_candidates: info.local_candidates.into_iter().map(Into::into).collect(),
            remote_candidates: info.remote_candidates.into_iter().map(Into::into).collect(),
            local_parameters: info.local_parameters.map(Into::into),
            remote_parameters: info.remote_parameters.map(Into::into),
        }
    }
}

impl From<(IceCandidate, IceCandidate)> for NativePair {
    fn from((local, remote): (IceCandidate, IceCandidate)) -> Self {
        Self {
            local: local.into(),
            remote: remote.into(),
        }
    }
}

impl From<IceParameters> for NativeIceParameters {
    fn from(parameters: IceParameters) -> Self {
        Self {
            username_fragment: parameters.username_fragment,
            password: parameters.password,
        }
    }
}

impl From<SctpTransportInfo> for NativeSctpTransport {
    fn from(info: SctpTransportInfo) -> Self {
        Self {
            transport: info.transport.value(),
            state: info.state.as_str(),
            max_message_size: info.max_message_size.map_or(f64::INFINITY, bytes),
            max_channels: info.max_channels,
        }
    }
}

/// Transports are known by a number. TypeScript reads them before the connection is closed; after
/// that there are none.
#[napi]
impl NativePeerConnection {
    /// Null when there is none of that number any more, as in the next.
    #[napi]
    pub fn ice_transport(&self, id: u32) -> Option<NativeIceTransport> {
        let id = TransportId::from_value(id);
        self.read(|core| core.ice_transport(id).map(Into::into), |_| None)
    }

    #[napi]
    pub fn dtls_transport<'env>(&self, env: &'env Env, id: u32) -> Result<Option<Object<'env>>> {
        let id = TransportId::from_value(id);
        let info = self.read(|core| core.dtls_transport(id), |_| None);
        info.map(|info| dtls_object(env, info)).transpose()
    }

    #[napi]
    pub fn sctp_transport(&self) -> Option<NativeSctpTransport> {
        self.read(|core| core.sctp_transport().map(Into::into), |_| None)
    }
}

fn dtls_object<'env>(env: &'env Env, info: DtlsTransportInfo) -> Result<Object<'env>> {
    let mut object = Object::new(env)?;
    object.set("state", info.state.as_str())?;
    let certificates = info.remote_certificates.into_iter();
    let certificates: Result<Vec<_>> = certificates
        .map(|certificate| ArrayBuffer::copy_from(env, certificate))
        .collect();
    object.set("remoteCertificates", certificates?)?;
    Ok(object)
}

/// An amount for JavaScript, whose numbers are exact up to 2^53.
#[expect(clippy::cast_precision_loss, reason = "nobody tells such sizes apart")]
fn bytes(amount: u64) -> f64 {
    amount as f64
}
