//! What a section says about its codecs and streams.

use std::collections::BTreeSet;

use rill_sdp::{Attribute, Feedback, FeedbackTarget, Media, Rtpmap};

use super::Codec;
use super::capability::FEEDBACK;

/// The formats of a section in their order, those without meaning to us included: everything on
/// the m= line that has an rtpmap, or a static payload type that rill knows.
pub(super) fn read_codecs(media: &Media) -> Vec<Codec> {
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

#[cfg(test)]
mod tests {
    use super::super::excerpts::{CHROMIUM_AUDIO, CHROMIUM_VIDEO, FIREFOX_VIDEO, media};
    use super::*;

    #[test]
    fn codecs_are_read_in_the_order_of_the_m_line_with_all_that_is_said_of_them() {
        let codecs = read_codecs(&media(CHROMIUM_AUDIO));
        let numbers: Vec<_> = codecs.iter().map(|codec| codec.payload_type).collect();
        assert_eq!(numbers, [111, 63, 9, 0, 8, 13, 110, 126]);
        let opus = Codec {
            payload_type: 111,
            mime_type: "audio/opus".into(),
            clock_rate: 48_000,
            channels: Some(2),
            sdp_fmtp_line: Some("minptime=10;useinbandfec=1".into()),
            feedback: vec!["transport-cc".into()],
        };
        assert_eq!(codecs[0], opus);
        assert_eq!(codecs[3].channels, Some(1));
        let vp8 = &read_codecs(&media(CHROMIUM_VIDEO))[0];
        assert_eq!((vp8.channels, vp8.sdp_fmtp_line.as_deref()), (None, None));
        assert_eq!(
            vp8.feedback,
            ["transport-cc", "ccm fir", "nack", "nack pli"]
        );
        let vp8 = &read_codecs(&media(FIREFOX_VIDEO))[0];
        assert_eq!(vp8.sdp_fmtp_line.as_deref(), Some("max-fs=12288;max-fr=60"));
    }

    #[test]
    fn what_is_repeated_counts_once_and_what_has_no_meaning_not_at_all() {
        let section = media(
            "m=audio 9 RTP/AVP 96 0 96 3 97 x 400\na=rtpmap:96 opus/48000/2\n\
             a=rtpmap:96 PCMU/8000\na=rtpmap:98 PCMA/8000\n",
        );
        let codecs = read_codecs(&section);
        let names: Vec<_> = codecs
            .iter()
            .map(|codec| codec.mime_type.as_str())
            .collect();
        assert_eq!(names, ["audio/opus", "audio/PCMU"]);
    }

    #[test]
    fn feedback_is_for_all_or_one_and_only_of_kinds_that_are_known() {
        let section = media(
            "m=video 9 RTP/AVP 96 97\na=rtpmap:96 VP8/90000\na=rtpmap:97 VP9/90000\n\
             a=rtcp-fb:* nack\na=rtcp-fb:97 nack pli\na=rtcp-fb:97 nack\na=rtcp-fb:96 nack rpsi\n\
             a=rtcp-fb:96 goog-remb\na=rtcp-fb:96 ccm\n",
        );
        let codecs = read_codecs(&section);
        assert_eq!(codecs[0].feedback, ["nack"]);
        assert_eq!(codecs[1].feedback, ["nack", "nack pli"]);
    }

    #[test]
    fn streams_are_named_once_and_none_is_not_the_default_one() {
        let streams = |lines: &str| msids(&media(&format!("m=video 9 RTP/AVP 0\n{lines}")));
        let some = |ids: &[&str]| Some(ids.iter().copied().map(Into::into).collect::<Vec<_>>());
        assert_eq!(streams(""), None);
        assert_eq!(streams("a=msid:- foobar\n"), some(&[]));
        assert_eq!(streams("a=msid:foo bar\n"), some(&["foo"]));
        assert_eq!(
            streams("a=msid:foo bar\na=msid:baz bar\na=msid:foo\n"),
            some(&["foo", "baz"])
        );
        assert_eq!(msids(&media(FIREFOX_VIDEO)), some(&["{5b6c}"]));
    }
}
