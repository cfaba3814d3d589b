//! The codecs and header extensions of a section as text.

use std::time::Duration;

use rill_sdp::{Attribute, Extmap, Feedback, FeedbackTarget, Fmtp, Media, Rtpmap};

use super::codec::name;
use super::{Codec, HeaderExtension, RtcpAttributes};

/// The longest packet of Opus (RFC 7587 §4.2).
const MAX_PACKET_TIME: Duration = Duration::from_millis(120);

/// Writes the formats into the m= line, and after the attributes that are there what belongs to
/// them, to RTCP and to header extensions.
pub(crate) fn write(
    media: &mut Media,
    codecs: &[Codec],
    extensions: &[HeaderExtension],
    rtcp: RtcpAttributes,
) {
    media.formats = codecs
        .iter()
        .map(|codec| codec.payload_type.to_string())
        .collect();
    media.attributes.extend(extensions.iter().map(extmap));
    rtcp.write(media);
    for codec in codecs {
        media.push(rtpmap(codec));
        media.attributes.extend(feedback(codec));
        if let Some(parameters) = &codec.sdp_fmtp_line {
            media.push(Attribute::Fmtp(Fmtp {
                format: codec.payload_type.to_string(),
                parameters: parameters.clone(),
            }));
        }
    }
    if media.kind == "audio" {
        // RFC 9429 §5.2.1.
        media.push(Attribute::Maxptime(MAX_PACKET_TIME));
    }
}

fn extmap(extension: &HeaderExtension) -> Attribute {
    Attribute::Extmap(Extmap {
        id: extension.id,
        direction: None,
        uri: extension.uri.clone(),
        attributes: None,
    })
}

fn rtpmap(codec: &Codec) -> Attribute {
    Attribute::Rtpmap(Rtpmap {
        payload_type: codec.payload_type,
        encoding: name(&codec.mime_type).into(),
        clock_rate: codec.clock_rate,
        // RFC 8866 §6.6: may be left out if it is one.
        parameters: codec
            .channels
            .filter(|channels| *channels != 1)
            .map(|channels| channels.to_string()),
    })
}

fn feedback(codec: &Codec) -> impl Iterator<Item = Attribute> {
    codec.feedback.iter().map(|text| {
        let (kind, parameter) = match text.split_once(' ') {
            Some((kind, parameter)) => (kind, Some(parameter)),
            None => (text.as_str(), None),
        };
        Attribute::RtcpFb(Feedback {
            target: FeedbackTarget::PayloadType(codec.payload_type),
            kind: kind.into(),
            parameter: parameter.map(Into::into),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::super::excerpts::{CHROMIUM_AUDIO, CHROMIUM_VIDEO, description, media, only};
    use super::super::{
        ExtensionIds, MediaKind, PayloadTypes, answer_codecs, answer_extensions,
        codec_capabilities, offer_codecs, offer_extensions,
    };
    use super::*;

    fn section(kind: MediaKind) -> Media {
        let mut media = Media::new(kind.as_str(), 9, "UDP/TLS/RTP/SAVPF", &["0"]);
        media.connection = None;
        media
    }

    #[test]
    fn a_first_offer_of_audio_is_written_as_jsep_wants_it() {
        let codecs = offer_codecs(MediaKind::Audio, &[], &[], &PayloadTypes::default());
        let extensions = offer_extensions(MediaKind::Audio, None, &ExtensionIds::default());
        let mut media = section(MediaKind::Audio);
        write(
            &mut media,
            &codecs,
            &extensions,
            RtcpAttributes::first_offer(true),
        );
        let lines = "\
m=audio 9 UDP/TLS/RTP/SAVPF 111 0 8 110 126
a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level
a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01
a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid
a=rtcp:9 IN IP4 0.0.0.0
a=rtcp-mux
a=rtcp-mux-only
a=rtcp-rsize
a=rtpmap:111 opus/48000/2
a=rtcp-fb:111 transport-cc
a=fmtp:111 minptime=10;useinbandfec=1
a=rtpmap:0 PCMU/8000
a=rtcp-fb:0 transport-cc
a=rtpmap:8 PCMA/8000
a=rtcp-fb:8 transport-cc
a=rtpmap:110 telephone-event/48000
a=rtpmap:126 telephone-event/8000
a=maxptime:120
";
        assert_eq!(media.to_string().replace("\r\n", "\n"), lines);
    }

    #[test]
    fn an_answer_of_video_is_written_with_retransmission_and_feedback() {
        let description = description(CHROMIUM_VIDEO);
        let offered = only(&description).media();
        let preferences: Vec<_> = codec_capabilities(MediaKind::Video)
            .into_iter()
            .filter(|codec| codec.mime_type.ends_with("VP8") || codec.mime_type.ends_with("rtx"))
            .collect();
        let codecs = answer_codecs(MediaKind::Video, &preferences, offered);
        let extensions = answer_extensions(MediaKind::Video, only(&description));
        let mut media = section(MediaKind::Video);
        write(
            &mut media,
            &codecs,
            &extensions,
            RtcpAttributes::answer(offered),
        );
        let lines = "\
m=video 9 UDP/TLS/RTP/SAVPF 96 97
a=extmap:13 urn:3gpp:video-orientation
a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01
a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid
a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id
a=extmap:11 urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id
a=rtcp-mux
a=rtcp-rsize
a=rtpmap:96 VP8/90000
a=rtcp-fb:96 transport-cc
a=rtcp-fb:96 ccm fir
a=rtcp-fb:96 nack
a=rtcp-fb:96 nack pli
a=rtpmap:97 rtx/90000
a=fmtp:97 apt=96
";
        assert_eq!(media.to_string().replace("\r\n", "\n"), lines);
    }

    #[test]
    fn rtcp_attributes_depend_on_who_speaks_after_whom() {
        let written = |rtcp: RtcpAttributes| {
            let mut media = section(MediaKind::Video);
            write(&mut media, &[], &[], rtcp);
            let names = media.attributes.iter().map(Attribute::name);
            names.map(Into::into).collect::<Vec<String>>()
        };
        let full = media(CHROMIUM_AUDIO);
        let mut plain = full.clone();
        plain.remove_attribute("rtcp-rsize");
        assert_eq!(
            written(RtcpAttributes::first_offer(false)),
            ["rtcp-mux", "rtcp-rsize"]
        );
        assert_eq!(
            written(RtcpAttributes::later_offer(&full)),
            ["rtcp-mux", "rtcp-rsize"]
        );
        assert_eq!(written(RtcpAttributes::later_offer(&plain)), ["rtcp-mux"]);
        assert_eq!(written(RtcpAttributes::answer(&plain)), ["rtcp-mux"]);
    }
}
