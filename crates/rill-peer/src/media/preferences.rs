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
