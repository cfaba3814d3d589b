//! The codecs of an offered section (RFC 9429 §5.2.1, §5.2.2).

use super::capability::{Supported, find, supported};
use super::{Codec, CodecCapability, MediaKind, PayloadTypes};

/// The codecs to offer in a section.
///
/// `preferences` are those that [`check_preferences`](super::check_preferences) returned, empty for
/// the default. `known` is the section's mapping by the last exchange, in the order of its answer:
/// what we receive with which payload type. `taken` are the payload types of all sections so far.
pub(crate) fn offer_codecs(
    kind: MediaKind,
    preferences: &[CodecCapability],
    known: &[Codec],
    taken: &PayloadTypes,
) -> Vec<Codec> {
    let mut own = PayloadTypes::default();
    own.record(known);
    let mut section = Section {
        kind,
        retransmit: preferences.is_empty()
            || preferences
                .iter()
                .any(|codec| codec.format().is_retransmission()),
        known,
        taken,
        own,
        codecs: Vec::new(),
    };
    if preferences.is_empty() {
        // RFC 9429 §5.2.2: the order of the last answer, then what it did not have.
        for codec in known {
            if let Some(supported) = find(kind, &codec.format()) {
                section.keep(supported, codec);
            }
        }
    }
    for supported in preferred(kind, preferences) {
        section.add(supported);
    }
    section.codecs
}

/// The codecs of the table that preferences allow, in their order.
fn preferred<'a>(
    kind: MediaKind,
    preferences: &'a [CodecCapability],
) -> impl Iterator<Item = &'static Supported> + use<'a> {
    let chosen = preferences
        .iter()
        .filter_map(move |codec| find(kind, &codec.format()));
    chosen.chain(supported(kind).filter(|_| preferences.is_empty()))
}

struct Section<'a> {
    kind: MediaKind,
    retransmit: bool,
    known: &'a [Codec],
    taken: &'a PayloadTypes,
    own: PayloadTypes,
    codecs: Vec<Codec>,
}

impl Section<'_> {
    /// Adds a codec under all payload types that it has already, or under a new one.
    fn add(&mut self, supported: &Supported) {
        if self.has(supported) {
            return;
        }
        let known = self.known;
        for codec in known.iter().filter(|codec| is(supported, codec)) {
            self.keep(supported, codec);
        }
        if self.has(supported) {
            return;
        }
        let mut codec = supported.codec(supported.payload_type);
        if let Some(number) = self.taken.number(&codec, codec.payload_type, &self.own) {
            codec.payload_type = number;
            self.push(supported, codec);
        }
    }

    /// Adds a codec with the payload type and the feedback that it was negotiated with.
    fn keep(&mut self, supported: &Supported, known: &Codec) {
        let mut codec = supported.codec(known.payload_type);
        codec.feedback.retain(|kind| known.feedback.contains(kind));
        self.push(supported, codec);
    }

    fn push(&mut self, supported: &Supported, codec: Codec) {
        self.own.record(std::slice::from_ref(&codec));
        let retransmission = supported
            .retransmission
            .filter(|_| self.retransmit)
            .and_then(|default| self.retransmission(default, &codec));
        self.codecs.push(codec);
        self.codecs.extend(retransmission);
    }

    fn retransmission(&mut self, default: u8, primary: &Codec) -> Option<Codec> {
        let mut codec = Codec::retransmission(self.kind, default, primary);
        let known = self
            .known
            .iter()
            .find(|known| known.is_configured_as(&codec));
        codec.payload_type = match known {
            Some(known) => known.payload_type,
            None => self.taken.number(&codec, default, &self.own)?,
        };
        self.own.record(std::slice::from_ref(&codec));
        Some(codec)
    }

    fn has(&self, supported: &Supported) -> bool {
        self.codecs.iter().any(|codec| is(supported, codec))
    }
}

fn is(supported: &Supported, codec: &Codec) -> bool {
    supported.format().matches(&codec.format())
}

#[cfg(test)]
mod tests {
    use super::super::excerpts::{CHROMIUM_VIDEO, FIREFOX_VIDEO, listing, media};
    use super::super::{answer_codecs, codec_capabilities};
    use super::*;

    fn offer(kind: MediaKind, known: &[Codec]) -> Vec<Codec> {
        offer_codecs(kind, &[], known, &PayloadTypes::default())
    }

    #[test]
    fn the_first_offer_has_everything_with_the_numbers_of_browsers() {
        assert_eq!(
            listing(&offer(MediaKind::Audio, &[])),
            [
                "111 opus",
                "0 PCMU",
                "8 PCMA",
                "110 telephone-event",
                "126 telephone-event"
            ]
        );
        assert_eq!(
            listing(&offer(MediaKind::Video, &[])),
            [
                "96 VP8",
                "97 rtx 96",
                "98 VP9",
                "99 rtx 98",
                "106 H264 42e01f 1",
                "107 rtx 106",
                "108 H264 42e01f 0",
                "109 rtx 108",
                "102 H264 42001f 1",
                "103 rtx 102",
                "104 H264 42001f 0",
                "105 rtx 104",
                "45 AV1",
                "46 rtx 45",
            ]
        );
    }

    #[test]
    fn preferences_order_the_offer_and_leave_out_the_rest() {
        let all = codec_capabilities(MediaKind::Video);
        let named = |name: &str| {
            all.iter()
                .find(|codec| codec.mime_type.ends_with(name))
                .cloned()
        };
        let with = |names: &[&str]| {
            let preferences: Vec<_> = names.iter().filter_map(|name| named(name)).collect();
            listing(&offer_codecs(
                MediaKind::Video,
                &preferences,
                &[],
                &PayloadTypes::default(),
            ))
        };
        assert_eq!(with(&["AV1", "VP8"]), ["45 AV1", "96 VP8"]);
        assert_eq!(
            with(&["rtx", "H264", "VP8"]),
            ["106 H264 42e01f 1", "107 rtx 106", "96 VP8", "97 rtx 96"]
        );
    }

    #[test]
    fn after_an_answer_its_codecs_keep_number_order_and_feedback_and_the_rest_follows() {
        let known = answer_codecs(MediaKind::Video, &[], &media(FIREFOX_VIDEO));
        let later = offer(MediaKind::Video, &known);
        assert_eq!(
            listing(&later),
            [
                "120 VP8",
                "124 rtx 120",
                "121 VP9",
                "125 rtx 121",
                "126 H264 42e01f 1",
                "127 rtx 126",
                "97 H264 42e01f 0",
                "98 rtx 97",
                "102 H264 42001f 1",
                "103 rtx 102",
                "104 H264 42001f 0",
                "105 rtx 104",
                "45 AV1",
                "46 rtx 45",
            ]
        );
        assert_eq!(later[0].feedback, known[0].feedback);
        assert!(later[2].feedback.is_empty(), "VP9 was answered without any");
        assert_eq!(
            later[8].feedback.len(),
            4,
            "a codec that is new has its own"
        );
    }

    #[test]
    fn a_codec_that_is_known_twice_stays_twice() {
        let section =
            "m=video 9 UDP/TLS/RTP/SAVPF 100 101\na=rtpmap:100 VP8/90000\na=rtpmap:101 VP8/90000\n";
        let known = answer_codecs(MediaKind::Video, &[], &media(section));
        assert_eq!(listing(&known), ["100 VP8", "101 VP8"]);
        let later = listing(&offer(MediaKind::Video, &known));
        assert_eq!(
            later[..4],
            ["100 VP8", "97 rtx 100", "101 VP8", "96 rtx 101"]
        );
        let vp8 = codec_capabilities(MediaKind::Video)[..1].to_vec();
        let later = offer_codecs(MediaKind::Video, &vp8, &known, &PayloadTypes::default());
        assert_eq!(listing(&later), ["100 VP8", "101 VP8"]);
    }

    #[test]
    fn a_new_codec_does_not_take_the_number_of_a_known_one() {
        let section = "m=video 9 UDP/TLS/RTP/SAVPF 96\na=rtpmap:96 AV1/90000\n";
        let known = answer_codecs(MediaKind::Video, &[], &media(section));
        let mut preferences = codec_capabilities(MediaKind::Video);
        preferences.retain(|codec| !codec.format().is_retransmission());
        let offer = offer_codecs(
            MediaKind::Video,
            &preferences,
            &known,
            &PayloadTypes::default(),
        );
        assert_eq!(listing(&offer)[..2], ["97 VP8", "98 VP9"]);
        assert_eq!(listing(&offer).last().map(String::as_str), Some("96 AV1"));
    }

    #[test]
    fn sections_of_a_bundle_share_numbers_and_never_contradict_each_other() {
        let mut taken = PayloadTypes::default();
        taken.record(&answer_codecs(MediaKind::Video, &[], &media(FIREFOX_VIDEO)));
        let second = offer_codecs(MediaKind::Video, &[], &[], &taken);
        assert_eq!(
            listing(&second)[..8],
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
        // Firefox's number of H264 is that of telephone-event here.
        let audio = offer_codecs(MediaKind::Audio, &[], &[], &taken);
        assert_eq!(audio[4].mime_type, "audio/telephone-event");
        assert_eq!(audio[4].payload_type, 96);
    }

    #[test]
    fn a_codec_that_was_left_out_comes_back_with_its_number() {
        let offered = answer_codecs(MediaKind::Video, &[], &media(CHROMIUM_VIDEO));
        let mut taken = PayloadTypes::default();
        taken.record(&offered);
        let known = &offered[6..8];
        let later = offer_codecs(MediaKind::Video, &[], known, &taken);
        assert_eq!(
            listing(&later)[..6],
            [
                "45 AV1",
                "46 rtx 45",
                "96 VP8",
                "97 rtx 96",
                "98 VP9",
                "99 rtx 98"
            ]
        );
    }
}
