//! What an offer and its answer mean for both sides (RFC 9429 §5.11).

use rill_sdp::Media;

use super::Codec;
use super::read::read_codecs;

/// What we send with once a remote description has accepted or offered `local`: its codecs that we
/// described too, with its payload types, parameters and order (RFC 9429 §5.11), and the feedback
/// that both described.
///
/// None if a remote answer has accepted nothing.
pub(crate) fn accepted_codecs(local: &[Codec], remote: &Media) -> Vec<Codec> {
    pairs(local, &read_codecs(remote))
        .into_iter()
        .map(|(local, remote)| {
            let mut codec = remote.clone();
            codec.mime_type.clone_from(&local.mime_type);
            codec.feedback.retain(|kind| local.feedback.contains(kind));
            codec
        })
        .collect()
}

/// What we receive with once a remote answer has accepted `offered`: those of our offer that it has
/// too, with our payload types and parameters, in its order.
pub(crate) fn received_codecs(offered: &[Codec], answer: &Media) -> Vec<Codec> {
    let answer = read_codecs(answer);
    let mut received: Vec<Codec> = Vec::new();
    for (local, remote) in pairs(offered, &answer) {
        if received
            .iter()
            .any(|codec| codec.payload_type == local.payload_type)
        {
            continue;
        }
        let mut codec = local.clone();
        codec.feedback.retain(|kind| remote.feedback.contains(kind));
        received.push(codec);
    }
    received
}

/// Each remote codec with the local one that it matches, in the remote order.
fn pairs<'a>(local: &'a [Codec], remote: &'a [Codec]) -> Vec<(&'a Codec, &'a Codec)> {
    // The same payload type is the better match, where a codec is described twice.
    let partner = |remote: &Codec| {
        let matching = |codec: &&Codec| codec.is_configured_as(remote);
        let same = |codec: &&Codec| codec.payload_type == remote.payload_type;
        let mut candidates = local.iter().filter(matching);
        let same = local.iter().filter(matching).find(same);
        same.or_else(|| candidates.next())
    };
    let pair = |codec: &'a Codec| {
        let Some(primary) = codec.format().primary() else {
            return partner(codec).map(|local| (local, codec));
        };
        let primary = remote.iter().find(|other| other.payload_type == primary)?;
        let primary = partner(primary)?.payload_type;
        let retransmits = |local: &&Codec| local.format().primary() == Some(primary);
        local.iter().find(retransmits).map(|local| (local, codec))
    };
    remote.iter().filter_map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::super::excerpts::{PION_VIDEO, listing, media};
    use super::super::{MediaKind, PayloadTypes, answer_codecs, offer_codecs};
    use super::*;

    #[test]
    fn what_a_remote_answer_accepts_is_sent_as_it_says() {
        let offer = offer_codecs(MediaKind::Video, &[], &[], &PayloadTypes::default());
        let answer = media(PION_VIDEO);
        let sent = accepted_codecs(&offer, &answer);
        assert_eq!(
            listing(&sent),
            [
                "96 VP8",
                "97 rtx 96",
                "102 H264 42001f 1",
                "121 rtx 102",
                "127 H264 42001f 0",
                "120 rtx 127",
                "125 H264 42e01f 1",
                "107 rtx 125",
            ]
        );
        assert_eq!(sent[0].feedback, ["ccm fir", "nack pli"]);
        // Received with the numbers and the parameters of our offer.
        assert_eq!(
            listing(&received_codecs(&offer, &answer)),
            [
                "96 VP8",
                "97 rtx 96",
                "102 H264 42001f 1",
                "103 rtx 102",
                "104 H264 42001f 0",
                "105 rtx 104",
                "106 H264 42e01f 1",
                "107 rtx 106",
            ]
        );
    }

    #[test]
    fn an_answer_may_use_other_payload_types_and_add_codecs_that_mean_nothing() {
        let offer = offer_codecs(MediaKind::Audio, &[], &[], &PayloadTypes::default());
        let answer = media(
            "m=audio 9 UDP/TLS/RTP/SAVPF 120 9\na=rtpmap:120 OPUS/48000/2\na=fmtp:120 stereo=1\n\
             a=rtcp-fb:* transport-cc\n",
        );
        let sent = accepted_codecs(&offer, &answer);
        assert_eq!(listing(&sent), ["120 opus"]);
        assert_eq!(sent[0].sdp_fmtp_line.as_deref(), Some("stereo=1"));
        assert_eq!(sent[0].feedback, ["transport-cc"]);
        assert_eq!(listing(&received_codecs(&offer, &answer)), ["111 opus"]);
        let nothing = media("m=audio 9 UDP/TLS/RTP/SAVPF 9\n");
        assert!(accepted_codecs(&offer, &nothing).is_empty());
        assert!(received_codecs(&offer, &nothing).is_empty());
    }

    #[test]
    fn where_a_codec_is_described_twice_the_payload_type_decides() {
        let section = "m=video 9 UDP/TLS/RTP/SAVPF 100 101\na=rtpmap:100 VP8/90000\n\
             a=rtpmap:101 VP8/90000\n";
        let local = answer_codecs(MediaKind::Video, &[], &media(section));
        let swapped = media(&section.replace("100 101", "101 100"));
        assert_eq!(
            listing(&received_codecs(&local, &swapped)),
            ["101 VP8", "100 VP8"]
        );
    }

    #[test]
    fn feedback_holds_if_both_sides_described_it() {
        let section = |kinds: &str| {
            media(&format!(
                "m=video 9 UDP/TLS/RTP/SAVPF 96\na=rtpmap:96 VP8/90000\n{kinds}"
            ))
        };
        let (few, many) = (
            section("a=rtcp-fb:96 nack\n"),
            section("a=rtcp-fb:* nack\na=rtcp-fb:96 nack pli\n"),
        );
        for (ours, theirs) in [(&few, &many), (&many, &few)] {
            let local = answer_codecs(MediaKind::Video, &[], ours);
            assert_eq!(accepted_codecs(&local, theirs)[0].feedback, ["nack"]);
            assert_eq!(received_codecs(&local, theirs)[0].feedback, ["nack"]);
        }
    }

    #[test]
    fn a_retransmission_is_accepted_only_with_its_codec() {
        let offer = offer_codecs(MediaKind::Video, &[], &[], &PayloadTypes::default());
        let answer = media(
            "m=video 9 UDP/TLS/RTP/SAVPF 96 99\na=rtpmap:96 VP8/90000\na=rtpmap:98 VP9/90000\n\
             a=rtpmap:99 rtx/90000\na=fmtp:99 apt=98\n",
        );
        assert_eq!(listing(&accepted_codecs(&offer, &answer)), ["96 VP8"]);
    }
}
