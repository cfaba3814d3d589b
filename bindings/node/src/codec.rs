use napi::{Env, Result};
use napi_derive::napi;
use rill::{
    Codec, CodecCapability, Configuration, Exception, MediaKind, TransceiverInit,
    binding::Connection,
};

use crate::{exception::throw, runtime};

/// A codec that can be negotiated.
#[napi(object, use_nullable = true)]
pub struct NativeCodecCapability {
    pub mime_type: String,
    pub clock_rate: u32,
    pub channels: Option<u16>,
    pub sdp_fmtp_line: Option<String>,
}

/// A codec with its payload type.
#[derive(Clone)]
#[napi(object, object_from_js = false, use_nullable = true)]
pub struct NativeCodec {
    pub payload_type: u8,
    pub mime_type: String,
    pub clock_rate: u32,
    pub channels: Option<u16>,
    pub sdp_fmtp_line: Option<String>,
}

impl From<Codec> for NativeCodec {
    fn from(codec: Codec) -> Self {
        Self {
            payload_type: codec.payload_type,
            mime_type: codec.mime_type,
            clock_rate: codec.clock_rate,
            channels: codec.channels,
            sdp_fmtp_line: codec.sdp_fmtp_line,
        }
    }
}

impl From<CodecCapability> for NativeCodecCapability {
    fn from(codec: CodecCapability) -> Self {
        Self {
            mime_type: codec.mime_type,
            clock_rate: codec.clock_rate,
            channels: codec.channels,
            sdp_fmtp_line: codec.sdp_fmtp_line,
        }
    }
}

impl From<NativeCodecCapability> for CodecCapability {
    fn from(codec: NativeCodecCapability) -> Self {
        Self {
            mime_type: codec.mime_type,
            clock_rate: codec.clock_rate,
            channels: codec.channels,
            sdp_fmtp_line: codec.sdp_fmtp_line,
        }
    }
}

/// What `RTCRtpSender.getCapabilities` and `RTCRtpReceiver.getCapabilities` list.
#[napi]
pub fn codec_capabilities(env: Env, kind: String) -> Result<Vec<NativeCodecCapability>> {
    let capabilities = rill::codec_capabilities(media_kind(&env, &kind)?);
    Ok(capabilities.into_iter().map(Into::into).collect())
}

/// The URIs that they list.
#[napi]
pub fn header_extension_capabilities(env: Env, kind: String) -> Result<Vec<String>> {
    Ok(rill::header_extension_capabilities(media_kind(
        &env, &kind,
    )?))
}

/// Refuses what `setCodecPreferences` would refuse, for a transceiver whose connection is freed.
#[napi]
pub fn check_codec_preferences(
    env: Env,
    kind: String,
    codecs: Vec<NativeCodecCapability>,
) -> Result<()> {
    let kind = media_kind(&env, &kind)?;
    let runtime = runtime::handle().map_err(|error| throw(&env, Exception::Operation, error))?;
    // Nothing is asked of its transceiver but this.
    let connection = Connection::new(runtime, Configuration::default(), || ())
        .map_err(|error| throw(&env, error.exception(), &error))?;
    let checked = connection.command(|core, now| {
        let id = core.add_transceiver(now, kind, TransceiverInit::default())?;
        core.set_codec_preferences(id, codecs.into_iter().map(Into::into).collect())
    });
    checked.map_err(|error| throw(&env, error.exception(), error))
}

/// The kind of a track or transceiver.
pub(crate) fn media_kind(env: &Env, kind: &str) -> Result<MediaKind> {
    let found = [MediaKind::Audio, MediaKind::Video]
        .into_iter()
        .find(|known| known.as_str() == kind);
    found.ok_or_else(|| {
        throw(
            env,
            Exception::Type,
            format!("`{kind}` is not a kind of media"),
        )
    })
}
