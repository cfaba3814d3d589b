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
