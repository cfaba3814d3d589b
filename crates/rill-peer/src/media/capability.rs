//! The codecs that rill negotiates.

use super::MediaKind;
use super::codec::{self, Codec, CodecCapability};
use super::h264::ProfileLevel;
use super::matching::Format;
use super::parameters::Parameters;

/// A codec of the table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Supported {
    kind: MediaKind,
    name: &'static str,
    clock_rate: u32,
    channels: Option<u16>,
    parameters: Option<&'static str>,
    /// The payload type, unless it has another meaning already: those that browsers give.
    pub(super) payload_type: u8,
    /// That of its retransmission, for codecs that have one.
    pub(super) retransmission: Option<u8>,
}

/// The RTCP feedback that rill knows (RFC 8834 §5.1 and §6.1).
pub(super) const FEEDBACK: [&str; 4] = ["transport-cc", "ccm fir", "nack", "nack pli"];

/// In the order of preference. RFC 7874 §3 and RFC 7742 §5 demand Opus, PCMU, PCMA,
/// telephone-event, VP8 and H.264.
const SUPPORTED: [Supported; 12] = [
    audio("opus", 48_000, 2, Some("minptime=10;useinbandfec=1"), 111),
    audio("PCMU", 8000, 1, None, 0),
    audio("PCMA", 8000, 1, None, 8),
    audio("telephone-event", 48_000, 1, None, 110),
    audio("telephone-event", 8000, 1, None, 126),
    video("VP8", None, 96, 97),
    video("VP9", Some("profile-id=0"), 98, 99),
    video(
        "H264",
        Some("level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"),
        106,
        107,
    ),
    video(
        "H264",
        Some("level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42e01f"),
        108,
        109,
    ),
    video(
        "H264",
        Some("level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f"),
        102,
        103,
    ),
    video(
        "H264",
        Some("level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42001f"),
        104,
        105,
    ),
    video("AV1", Some("level-idx=5;profile=0;tier=0"), 45, 46),
];

const fn audio(
    name: &'static str,
    clock_rate: u32,
    channels: u16,
    parameters: Option<&'static str>,
    payload_type: u8,
) -> Supported {
    Supported {
        kind: MediaKind::Audio,
        name,
        clock_rate,
        channels: Some(channels),
        parameters,
        payload_type,
        retransmission: None,
    }
}

const fn video(
    name: &'static str,
    parameters: Option<&'static str>,
    payload_type: u8,
    retransmission: u8,
) -> Supported {
    Supported {
        kind: MediaKind::Video,
        name,
        clock_rate: 90_000,
        channels: None,
        parameters,
        payload_type,
        retransmission: Some(retransmission),
    }
}

/// The codecs that can be negotiated, the preferred one first; in Node what
/// `RTCRtpSender.getCapabilities` and `RTCRtpReceiver.getCapabilities` list.
#[must_use]
pub fn codec_capabilities(kind: MediaKind) -> Vec<CodecCapability> {
    let mut capabilities: Vec<_> = supported(kind).map(Supported::capability).collect();
    if supported(kind).any(|codec| codec.retransmission.is_some()) {
        // webrtc-pc, RTCRtpCapabilities: one entry for the retransmission of all codecs.
        capabilities.push(CodecCapability {
            mime_type: codec::mime_type(kind, "rtx"),
            clock_rate: 90_000,
            channels: None,
            sdp_fmtp_line: None,
        });
    }
    capabilities
}

/// The codecs of a kind, without retransmissions.
pub(super) fn supported(kind: MediaKind) -> impl Iterator<Item = &'static Supported> {
    SUPPORTED.iter().filter(move |codec| codec.kind == kind)
}

/// The codec that a format is.
pub(super) fn find(kind: MediaKind, format: &Format<'_>) -> Option<&'static Supported> {
    supported(kind).find(|codec| codec.format().matches(format))
}

impl Supported {
    pub(super) fn format(&self) -> Format<'static> {
        Format {
            name: self.name,
            clock_rate: self.clock_rate,
            channels: self.channels.unwrap_or(1),
            parameters: Parameters::new(self.parameters),
        }
    }

    fn capability(&self) -> CodecCapability {
        CodecCapability {
            mime_type: codec::mime_type(self.kind, self.name),
            clock_rate: self.clock_rate,
            channels: self.channels,
            sdp_fmtp_line: self.parameters.map(Into::into),
        }
    }

    /// As it is offered.
    pub(super) fn codec(&self, payload_type: u8) -> Codec {
        let feedback: &[&str] = match self.kind {
            MediaKind::Audio if self.name == "telephone-event" => &[],
            MediaKind::Audio => &["transport-cc"],
            MediaKind::Video => &FEEDBACK,
        };
        Codec {
            payload_type,
            mime_type: codec::mime_type(self.kind, self.name),
            clock_rate: self.clock_rate,
            channels: self.channels,
            sdp_fmtp_line: self.parameters.map(Into::into),
            feedback: feedback.iter().copied().map(Into::into).collect(),
        }
    }

    /// As it answers an offer that it matches: the offer's payload type, our parameters, and the
    /// feedback that both know (RFC 9429 §5.3.1).
    pub(super) fn answering(&self, offered: &Codec) -> Codec {
        let mut codec = self.codec(offered.payload_type);
        codec
            .feedback
            .retain(|kind| offered.feedback.contains(kind));
        if self.name == "H264" {
            codec.sdp_fmtp_line = self.answered_h264(offered.format().parameters);
        }
        codec
    }

    fn answered_h264(&self, offered: Parameters<'_>) -> Option<String> {
        let own = Parameters::new(self.parameters);
        let asymmetric = offered.get("level-asymmetry-allowed") == Some("1");
        let answered = ProfileLevel::read(offered)?.answered(ProfileLevel::read(own)?, asymmetric);
        let mode = own.get("packetization-mode")?;
        Some(format!(
            "level-asymmetry-allowed=1;packetization-mode={mode};profile-level-id={answered}"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_payload_types_are_unique_and_none_looks_like_rtcp() {
        let retransmissions = SUPPORTED.iter().filter_map(|codec| codec.retransmission);
        let mut all: Vec<u8> = SUPPORTED.iter().map(|codec| codec.payload_type).collect();
        all.extend(retransmissions);
        for payload_type in &all {
            // RFC 5761 §4.
            assert!(
                matches!(payload_type, 0 | 8 | 35..=63 | 96..=127),
                "{payload_type}"
            );
        }
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }

    #[test]
    fn every_codec_of_the_table_is_told_from_the_others() {
        for codec in &SUPPORTED {
            let same = SUPPORTED
                .iter()
                .filter(|other| other.format().matches(&codec.format()));
            assert_eq!(same.count(), 1, "{codec:?}");
        }
    }

    #[test]
    fn capabilities_have_one_retransmission_without_parameters() {
        let video = codec_capabilities(MediaKind::Video);
        let rtx: Vec<_> = video
            .iter()
            .filter(|codec| codec.mime_type == "video/rtx")
            .collect();
        assert_eq!(rtx.len(), 1);
        assert_eq!(rtx[0].sdp_fmtp_line, None);
        let audio = codec_capabilities(MediaKind::Audio);
        assert!(audio.iter().all(|codec| codec.mime_type != "audio/rtx"));
        assert_eq!(audio[0].mime_type, "audio/opus");
        assert_eq!(audio[0].channels, Some(2));
    }
}
