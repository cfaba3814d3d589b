//! The codecs of an answered section (RFC 9429 §5.3.1).

use rill_sdp::Media;

use super::capability::find;
use super::read::read_codecs;
use super::{Codec, CodecCapability, MediaKind};

/// The codecs with which to answer an offered section; none if it must be rejected.
///
/// They have the offer's payload types. Their order is that of the preferences if there are any,
/// else the offer's. Codecs that were not offered are not added, although RFC 9429 would allow it:
/// no browser expects them.
pub(crate) fn answer_codecs(
    kind: MediaKind,
    preferences: &[CodecCapability],
    offered: &Media,
) -> Vec<Codec> {
    let offered = read_codecs(offered);
    let mut answer: Vec<(usize, Codec)> = Vec::new();
    for codec in &offered {
        let format = codec.format();
        if let Some(supported) = find(kind, &format)
            && let Some(rank) = rank(preferences, |other| other.format().matches(&format))
        {
            answer.push((rank, supported.answering(codec)));
        }
    }
    if rank(preferences, |other| other.format().is_retransmission()).is_some() {
        answer = with_retransmissions(kind, answer, &offered);
    }
    answer.sort_by_key(|(rank, _)| *rank);
    answer.into_iter().map(|(_, codec)| codec).collect()
}

/// The place among the preferences; all have the same if there are none.
fn rank(preferences: &[CodecCapability], is: impl Fn(&CodecCapability) -> bool) -> Option<usize> {
    if preferences.is_empty() {
        return Some(0);
    }
    preferences.iter().position(is)
}

/// The answer in the offer's order, with the offered retransmissions of what it has.
fn with_retransmissions(
    kind: MediaKind,
    answer: Vec<(usize, Codec)>,
    offered: &[Codec],
) -> Vec<(usize, Codec)> {
    let find = |payload_type| {
        answer
            .iter()
            .find(|(_, codec)| codec.payload_type == payload_type)
    };
    let answered = offered.iter().filter_map(|codec| {
        let Some(primary) = codec.format().primary() else {
            return find(codec.payload_type).cloned();
        };
        let (rank, primary) = find(primary)?;
        // RFC 4588 §8.1: the clock rate is that of the primary.
        let fits = codec.clock_rate == primary.clock_rate;
        let retransmission = Codec::retransmission(kind, codec.payload_type, primary);
        fits.then_some((*rank, retransmission))
    });
    answered.collect()
}

#[cfg(test)]
mod tests {
    use super::super::codec_capabilities;
    use super::super::excerpts::{
        AIORTC_AUDIO, CHROMIUM_AUDIO, CHROMIUM_VIDEO, FIREFOX_VIDEO, listing, media,
    };
    use super::*;

    fn answer(kind: MediaKind, offer: &str) -> Vec<Codec> {
        answer_codecs(kind, &[], &media(offer))
    }

    /// The capabilities with these names, in this order.
    fn preferring(kind: MediaKind, names: &[&str]) -> Vec<CodecCapability> {
        let all = codec_capabilities(kind);
        let named = |name: &&str| {
            let ends = move |codec: &&CodecCapability| codec.mime_type.ends_with(*name);
            all.iter().filter(ends).cloned().collect::<Vec<_>>()
        };
        names.iter().flat_map(named).collect()
    }

    #[test]
    fn browsers_are_answered_in_their_order_with_their_payload_types() {
        assert_eq!(
            listing(&answer(MediaKind::Audio, CHROMIUM_AUDIO)),
            [
                "111 opus",
                "0 PCMU",
                "8 PCMA",
                "110 telephone-event",
                "126 telephone-event"
            ]
        );
        assert_eq!(
            listing(&answer(MediaKind::Video, CHROMIUM_VIDEO)),
            [
                "96 VP8",
                "97 rtx 96",
                "102 H264 42001f 1",
                "103 rtx 102",
                "104 H264 42e01f 0",
                "105 rtx 104",
                "45 AV1",
                "46 rtx 45",
                "98 VP9",
                "99 rtx 98",
            ]
        );
        assert_eq!(
            listing(&answer(MediaKind::Video, FIREFOX_VIDEO)),
            [
                "120 VP8",
                "124 rtx 120",
                "121 VP9",
                "125 rtx 121",
                "126 H264 42e01f 1",
                "127 rtx 126",
                "97 H264 42e01f 0",
                "98 rtx 97",
            ]
        );
        assert_eq!(
            listing(&answer(MediaKind::Audio, AIORTC_AUDIO)),
            ["96 opus", "0 PCMU", "8 PCMA"]
        );
    }

    #[test]
    fn feedback_is_what_both_know() {
        let video = answer(MediaKind::Video, CHROMIUM_VIDEO);
        assert_eq!(
            video[0].feedback,
            ["transport-cc", "ccm fir", "nack", "nack pli"]
        );
        assert_eq!(video[2].feedback, ["nack"]);
        assert!(video[4].feedback.is_empty());
        let audio = answer(MediaKind::Audio, CHROMIUM_AUDIO);
        assert_eq!(audio[0].feedback, ["transport-cc"]);
        assert!(audio[1].feedback.is_empty());
    }

    #[test]
    fn preferences_order_the_answer_and_leave_out_the_rest() {
        let offered = media(CHROMIUM_VIDEO);
        let with = |names: &[&str]| {
            let preferences = preferring(MediaKind::Video, names);
            listing(&answer_codecs(MediaKind::Video, &preferences, &offered))
        };
        assert_eq!(
            with(&["AV1", "rtx", "VP8"]),
            ["45 AV1", "46 rtx 45", "96 VP8", "97 rtx 96"]
        );
        assert_eq!(with(&["VP9", "VP8"]), ["98 VP9", "96 VP8"]);
        let pcma = preferring(MediaKind::Audio, &["PCMA"]);
        let audio = media(CHROMIUM_AUDIO);
        assert_eq!(
            listing(&answer_codecs(MediaKind::Audio, &pcma, &audio)),
            ["8 PCMA"]
        );
        let opus = media("m=audio 9 RTP/SAVPF 96\na=rtpmap:96 opus/48000/2\n");
        assert!(answer_codecs(MediaKind::Audio, &pcma, &opus).is_empty());
    }

    #[test]
    fn a_section_without_a_common_codec_has_no_answer() {
        for offer in [
            "m=video 9 UDP/TLS/RTP/SAVPF 96\na=rtpmap:96 H265/90000\n",
            "m=video 9 UDP/TLS/RTP/SAVPF 96\na=rtpmap:96 VP8/30\n",
            "m=video 9 UDP/TLS/RTP/SAVPF 97\na=rtpmap:96 VP8/90000\na=rtpmap:97 rtx/90000\na=fmtp:97 apt=96\n",
        ] {
            assert!(answer(MediaKind::Video, offer).is_empty(), "{offer}");
        }
        for channels in ["", "/1", "/x", "/65537"] {
            let offer =
                format!("m=audio 9 UDP/TLS/RTP/SAVPF 96\na=rtpmap:96 opus/48000{channels}\n");
            assert!(answer(MediaKind::Audio, &offer).is_empty(), "{channels}");
        }
    }

    #[test]
    fn static_payload_types_need_no_rtpmap_and_may_have_another() {
        let offer =
            "m=audio 9 RTP/AVP 8 0 101\na=rtpmap:101 Telephone-Event/8000\na=fmtp:101 0-16\n";
        assert_eq!(
            listing(&answer(MediaKind::Audio, offer)),
            ["8 PCMA", "0 PCMU", "101 telephone-event"]
        );
        let offer = "m=audio 9 RTP/AVP 0\na=rtpmap:0 opus/48000/2\n";
        assert_eq!(listing(&answer(MediaKind::Audio, offer)), ["0 opus"]);
    }

    #[test]
    fn h264_is_answered_with_the_profile_of_the_offer_and_the_lower_level() {
        let answered = |parameters: &str| {
            let offer = format!(
                "m=video 9 UDP/TLS/RTP/SAVPF 96\na=rtpmap:96 h264/90000\na=fmtp:96 {parameters}\n"
            );
            let mut answer = answer(MediaKind::Video, &offer);
            answer.remove(0).sdp_fmtp_line.expect("it has parameters")
        };
        let ours = "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=";
        for (offered, level) in [
            ("profile-level-id=42c00d;packetization-mode=1", "42c00d"),
            ("profile-level-id=42c028;packetization-mode=1", "42c01f"),
            (
                "profile-level-id=42C00D;packetization-mode=1;level-asymmetry-allowed=1",
                "42c01f",
            ),
        ] {
            assert_eq!(answered(offered), format!("{ours}{level}"), "{offered}");
        }
    }

    #[test]
    fn a_retransmission_has_the_clock_rate_of_its_codec() {
        let offer = |rate: u32| {
            format!(
                "m=video 9 UDP/TLS/RTP/SAVPF 96 97\na=rtpmap:96 VP8/90000\n\
                 a=rtpmap:97 rtx/{rate}\na=fmtp:97 apt=96;rtx-time=3000\n"
            )
        };
        let answered = |rate| listing(&answer(MediaKind::Video, &offer(rate)));
        assert_eq!(answered(90_000), ["96 VP8", "97 rtx 96"]);
        assert_eq!(answered(48_000), ["96 VP8"]);
    }
}
