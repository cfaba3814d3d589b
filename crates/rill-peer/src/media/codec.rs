//! Codecs as W3C shows them.

use super::MediaKind;
use super::matching::Format;
use super::parameters::Parameters;

/// A codec that was offered or negotiated, with its payload type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Codec {
    /// 0 to 127.
    pub payload_type: u8,
    /// `audio/opus`, `video/VP8`, `video/rtx`, …
    pub mime_type: String,
    /// Ticks of the RTP timestamp in a second.
    pub clock_rate: u32,
    /// The number of channels; given for audio.
    pub channels: Option<u16>,
    /// What stands after the payload type in `a=fmtp`.
    pub sdp_fmtp_line: Option<String>,
    /// The RTCP feedback for it: `nack`, `nack pli`, `transport-cc`, …
    pub feedback: Vec<String>,
}

/// A codec that can be negotiated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodecCapability {
    /// `audio/opus`, `video/VP8`, `video/rtx`, …
    pub mime_type: String,
    /// Ticks of the RTP timestamp in a second.
    pub clock_rate: u32,
    /// The number of channels; given for audio.
    pub channels: Option<u16>,
    /// What stands after the payload type in `a=fmtp`. Retransmission (`video/rtx`) has none,
    /// because one entry stands for that of every codec.
    pub sdp_fmtp_line: Option<String>,
}

impl Codec {
    pub(super) fn format(&self) -> Format<'_> {
        format(
            &self.mime_type,
            self.clock_rate,
            self.channels,
            self.sdp_fmtp_line.as_deref(),
        )
    }

    /// The retransmission of a codec (RFC 4588 §8.1).
    pub(super) fn retransmission(kind: MediaKind, payload_type: u8, primary: &Self) -> Self {
        Self {
            payload_type,
            mime_type: mime_type(kind, "rtx"),
            clock_rate: primary.clock_rate,
            channels: primary.channels,
            sdp_fmtp_line: Some(format!("apt={}", primary.payload_type)),
            feedback: Vec::new(),
        }
    }

    /// Whether both may have the same payload type: their configuration is the same
    /// (RFC 9143 §9.1.1).
    pub(super) fn is_configured_as(&self, other: &Self) -> bool {
        self.mime_type.eq_ignore_ascii_case(&other.mime_type)
            && self.format().matches(&other.format())
    }
}

impl CodecCapability {
    pub(super) fn format(&self) -> Format<'_> {
        format(
            &self.mime_type,
            self.clock_rate,
            self.channels,
            self.sdp_fmtp_line.as_deref(),
        )
    }
}

pub(super) fn mime_type(kind: MediaKind, name: &str) -> String {
    format!("{kind}/{name}")
}

/// The name in an rtpmap, from a MIME type.
pub(super) fn name(mime_type: &str) -> &str {
    mime_type
        .split_once('/')
        .map_or(mime_type, |(_, name)| name)
}

fn format<'a>(
    mime_type: &'a str,
    clock_rate: u32,
    channels: Option<u16>,
    parameters: Option<&'a str>,
) -> Format<'a> {
    Format {
        name: name(mime_type),
        clock_rate,
        channels: channels.unwrap_or(1),
        parameters: Parameters::new(parameters),
    }
}
