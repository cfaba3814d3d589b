//! What a section says about its codecs and streams.

use std::collections::BTreeSet;

use rill_sdp::{Attribute, Feedback, FeedbackTarget, Media, Rtpmap};

use super::Codec;
use super::capability::FEEDBACK;

/// The formats of a section in their order, those without meaning to us included: everything on
/// the m= line that has an rtpmap, or a static payload type that rill knows.
pub(crate) fn read_codecs(media: &Media) -> Vec<Codec> {
    let mut codecs: Vec<Codec> = Vec::new();
    for payload_type in media
        .formats
        .iter()
        .filter_map(|format| format.parse().ok())
    {
        let repeated = codecs
            .iter()
            .any(|codec| codec.payload_type == payload_type);
        if !repeated && let Some(rtpmap) = rtpmap(media, payload_type) {
            codecs.push(codec(media, rtpmap));
        }
    }
    codecs
}

/// What a payload type stands for.
fn rtpmap(media: &Media, payload_type: u8) -> Option<Rtpmap> {
    let mapped = media
        .rtpmaps()
        .find(|rtpmap| rtpmap.payload_type == payload_type);
    let assigned = || {
        // RFC 3551 §6: two of the static payload types, which need no rtpmap.
        let encoding = match payload_type {
            0 => "PCMU",
            8 => "PCMA",
            _ => return None,
        };
        Some(Rtpmap {
            payload_type,
            encoding: encoding.into(),
            clock_rate: 8000,
            parameters: None,
        })
    };
    mapped.cloned().or_else(assigned)
}

fn codec(media: &Media, rtpmap: Rtpmap) -> Codec {
    let payload_type = rtpmap.payload_type;
    // A number that is none makes a format that matches none.
    let channels = rtpmap
        .parameters
        .map_or(1, |parameters| parameters.parse().unwrap_or(0));
    let format = payload_type.to_string();
    let sdp_fmtp_line = media
        .attributes
        .iter()
        .find_map(|attribute| match attribute {
            Attribute::Fmtp(fmtp) if fmtp.format == format => Some(fmtp.parameters.clone()),
            _ => None,
        });
    Codec {
        payload_type,
        mime_type: format!("{}/{}", media.kind, rtpmap.encoding),
        clock_rate: rtpmap.clock_rate,
        channels: (media.kind == "audio").then_some(channels),
        sdp_fmtp_line,
        feedback: feedback(media, payload_type),
    }
}

/// Only what rill knows: of the rest a peer could send any amount.
fn feedback(media: &Media, payload_type: u8) -> Vec<String> {
    let targets = [
        FeedbackTarget::All,
        FeedbackTarget::PayloadType(payload_type),
    ];
    let named = |known: &&&str| {
        media.attributes.iter().any(|attribute| match attribute {
            Attribute::RtcpFb(feedback) => {
                targets.contains(&feedback.target) && is_kind(feedback, known)
            }
            _ => false,
        })
    };
    let known = FEEDBACK.iter().filter(named);
    known.copied().map(Into::into).collect()
}

fn is_kind(feedback: &Feedback, known: &str) -> bool {
    match (known.split_once(' '), feedback.parameter.as_deref()) {
        (Some((kind, parameter)), Some(other)) => feedback.kind == kind && parameter == other,
        (None, None) => feedback.kind == known,
        _ => false,
    }
}

/// The ids of the streams that the track of a section belongs to, each once.
///
/// `None` if the section does not speak of streams at all: the track then belongs to the default
/// stream of the session, whose id is random (RFC 9429 §5.8.2). The list is empty if `a=msid:-`
/// says that it belongs to none (RFC 8830 §2).
pub(crate) fn msids(media: &Media) -> Option<Vec<String>> {
    let mut seen = BTreeSet::new();
    let mut streams: Option<Vec<String>> = None;
    for attribute in &media.attributes {
        let Attribute::Msid(msid) = attribute else {
            continue;
        };
        let streams = streams.get_or_insert_default();
        if msid.id != "-" && seen.insert(&msid.id) {
            streams.push(msid.id.clone());
        }
    }
    streams
}
