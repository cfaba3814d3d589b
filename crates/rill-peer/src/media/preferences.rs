//! Codec preferences (webrtc-pc §5.4, setCodecPreferences).

use std::collections::BTreeMap;

use super::capability::codec_capabilities;
use super::{CodecCapability, MediaKind};

/// Why codec preferences were not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PreferencesError {
    /// A codec is not one of the capabilities, or was changed.
    #[error("{0} as given is not one of the codecs that can be negotiated for {1}")]
    Unsupported(String, MediaKind),
    /// Nothing could be sent.
    #[error("the codecs are for retransmission or redundancy only; add one that can carry media")]
    NoMedia,
}

/// Checks the codecs that a user prefers, and returns them as the capabilities have them, each
/// once.
pub(crate) fn check_preferences(
    kind: MediaKind,
    codecs: &[CodecCapability],
) -> Result<Vec<CodecCapability>, PreferencesError> {
    let capabilities = codec_capabilities(kind);
    let mut preferences: Vec<CodecCapability> = Vec::new();
    for codec in codecs {
        let capability = capabilities
            .iter()
            .find(|capability| is_same(capability, codec))
            .ok_or_else(|| PreferencesError::Unsupported(codec.mime_type.clone(), kind))?;
        if !preferences.contains(capability) {
            preferences.push(capability.clone());
        }
    }
    let carries_media = |codec: &CodecCapability| !codec.format().is_retransmission();
    if !codecs.is_empty() && !preferences.iter().any(carries_media) {
        return Err(PreferencesError::NoMedia);
    }
    Ok(preferences)
}

/// W3C's "codec dictionary match", asymmetrical parameters included.
fn is_same(one: &CodecCapability, other: &CodecCapability) -> bool {
    one.mime_type.eq_ignore_ascii_case(&other.mime_type)
        && one.clock_rate == other.clock_rate
        && one.channels == other.channels
        && one.sdp_fmtp_line.is_some() == other.sdp_fmtp_line.is_some()
        && parameters(one) == parameters(other)
}

/// All parameters, with those that are meant where nothing is said.
fn parameters(codec: &CodecCapability) -> BTreeMap<String, String> {
    let format = codec.format();
    let defaults: &[(&str, &str)] = match format.name.to_ascii_lowercase().as_str() {
        "h264" => &[
            ("packetization-mode", "0"),
            ("level-asymmetry-allowed", "0"),
        ],
        "vp9" => &[("profile-id", "0")],
        "av1" => &[("profile", "0"), ("level-idx", "5"), ("tier", "0")],
        _ => &[],
    };
    let given = format.parameters.pairs();
    let all = defaults.iter().copied().chain(given);
    all.map(|(name, value)| (name.to_ascii_lowercase(), value.to_ascii_lowercase()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(kind: MediaKind, name: &str) -> CodecCapability {
        let mut all = codec_capabilities(kind).into_iter();
        all.find(|codec| codec.mime_type == name).expect(name)
    }

    fn unsupported(codec: CodecCapability) -> bool {
        let all = codec_capabilities(MediaKind::Audio);
        let name = codec.mime_type.clone();
        let codecs: Vec<_> = all.into_iter().chain([codec]).collect();
        let expected = PreferencesError::Unsupported(name, MediaKind::Audio);
        check_preferences(MediaKind::Audio, &codecs) == Err(expected)
    }

    #[test]
    fn capabilities_are_taken_in_any_order_once_each() {
        for kind in [MediaKind::Audio, MediaKind::Video] {
            let mut codecs = codec_capabilities(kind);
            codecs.reverse();
            assert_eq!(check_preferences(kind, &codecs).as_ref(), Ok(&codecs));
            let twice = [codecs.clone(), codecs.clone()].concat();
            assert_eq!(check_preferences(kind, &twice), Ok(codecs));
            assert_eq!(check_preferences(kind, &[]), Ok(Vec::new()));
        }
    }

    #[test]
    fn spelling_order_and_defaults_of_parameters_make_no_difference() {
        let mut opus = named(MediaKind::Audio, "audio/opus");
        opus.mime_type = "Audio/OPUS".into();
        opus.sdp_fmtp_line = Some("UseInbandFec=1; minptime=10".into());
        let expected = Ok(vec![named(MediaKind::Audio, "audio/opus")]);
        assert_eq!(check_preferences(MediaKind::Audio, &[opus]), expected);
        let mut av1 = named(MediaKind::Video, "video/AV1");
        av1.sdp_fmtp_line = Some("profile=0".into());
        let expected = Ok(vec![named(MediaKind::Video, "video/AV1")]);
        assert_eq!(check_preferences(MediaKind::Video, &[av1]), expected);
    }

    #[test]
    fn a_codec_that_was_changed_or_belongs_elsewhere_is_refused() {
        let opus = named(MediaKind::Audio, "audio/opus");
        for change in [
            |codec: &mut CodecCapability| codec.clock_rate = 24_000,
            |codec: &mut CodecCapability| codec.channels = Some(13),
            |codec: &mut CodecCapability| codec.channels = None,
            |codec: &mut CodecCapability| codec.sdp_fmtp_line = None,
            |codec: &mut CodecCapability| codec.sdp_fmtp_line = Some("minptime=10".into()),
            |codec: &mut CodecCapability| codec.mime_type = "opus".into(),
            |codec: &mut CodecCapability| codec.mime_type = "audio/piepiper".into(),
        ] {
            let mut codec = opus.clone();
            change(&mut codec);
            assert!(unsupported(codec.clone()), "{codec:?}");
        }
        let mut av1 = named(MediaKind::Video, "video/AV1");
        av1.sdp_fmtp_line = None;
        assert!(
            check_preferences(MediaKind::Video, &[av1]).is_err(),
            "no parameters at all"
        );
        assert!(unsupported(named(MediaKind::Video, "video/VP8")));
        let mut h264 = named(MediaKind::Video, "video/H264");
        h264.sdp_fmtp_line = h264
            .sdp_fmtp_line
            .map(|line| line.replace("42e01f", "42e034"));
        assert!(
            check_preferences(MediaKind::Video, &[h264]).is_err(),
            "another level"
        );
    }

    #[test]
    fn retransmission_alone_carries_no_media() {
        let rtx = named(MediaKind::Video, "video/rtx");
        let alone = check_preferences(MediaKind::Video, std::slice::from_ref(&rtx));
        assert_eq!(alone, Err(PreferencesError::NoMedia));
        let vp8 = named(MediaKind::Video, "video/VP8");
        assert!(check_preferences(MediaKind::Video, &[rtx, vp8]).is_ok());
    }
}
