//! What holds for every offer and its answer.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::excerpts::section_of;
use super::read::read_codecs;
use super::{
    Codec, CodecCapability, MediaKind, PayloadTypes, accepted_codecs, answer_codecs, check,
    check_preferences, codec_capabilities, offer_codecs, received_codecs,
};

fn kind() -> impl Strategy<Value = MediaKind> {
    prop_oneof![Just(MediaKind::Audio), Just(MediaKind::Video)]
}

/// Some of the capabilities in any order; none means the default.
fn preferences(kind: MediaKind) -> impl Strategy<Value = Vec<CodecCapability>> {
    let all = codec_capabilities(kind);
    let count = 0..=all.len();
    let some = proptest::sample::subsequence(all, count).prop_shuffle();
    some.prop_filter("something carries media", move |codecs| {
        check_preferences(kind, codecs).is_ok()
    })
}

/// Payload types that other sections use, most of them for other codecs.
fn taken() -> impl Strategy<Value = PayloadTypes> {
    let codec = |(payload_type, name): (u8, &str)| Codec {
        payload_type,
        mime_type: format!("video/{name}"),
        clock_rate: 90_000,
        channels: None,
        sdp_fmtp_line: None,
        feedback: Vec::new(),
    };
    let number = prop_oneof![96..=127u8, 35..=63u8];
    let entry = (number, prop_oneof![Just("x"), Just("VP8")]).prop_map(codec);
    proptest::collection::vec(entry, 0..20).prop_map(|codecs| {
        let mut types = PayloadTypes::default();
        types.record(&codecs);
        types
    })
}

fn exchange() -> impl Strategy<Value = (MediaKind, Vec<CodecCapability>, Vec<CodecCapability>)> {
    kind().prop_flat_map(|kind| (Just(kind), preferences(kind), preferences(kind)))
}

fn is_well_formed(codecs: &[Codec]) -> Result<(), TestCaseError> {
    let numbers: BTreeSet<u8> = codecs.iter().map(|codec| codec.payload_type).collect();
    prop_assert_eq!(numbers.len(), codecs.len(), "{:?}", codecs);
    for codec in codecs {
        let number = codec.payload_type;
        prop_assert!(matches!(number, 0 | 8 | 35..=63 | 96..=127), "{}", number);
        if codec.format().is_retransmission() {
            prop_assert!(
                codec
                    .format()
                    .primary()
                    .is_some_and(|apt| numbers.contains(&apt))
            );
        }
    }
    Ok(())
}

fn numbers(codecs: &[Codec]) -> Vec<u8> {
    codecs.iter().map(|codec| codec.payload_type).collect()
}

/// Those that stand for a codec themselves, by what they are.
fn primaries(codecs: &[Codec]) -> BTreeSet<(String, u32, Option<String>)> {
    codecs
        .iter()
        .filter(|codec| !codec.format().is_retransmission())
        .map(|codec| {
            let parameters = codec.sdp_fmtp_line.clone();
            (codec.mime_type.clone(), codec.clock_rate, parameters)
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn an_answer_is_what_both_prefer_and_both_sides_agree_on_it(
        (kind, ours, theirs) in exchange(),
        taken in taken(),
    ) {
        let offer = offer_codecs(kind, &ours, &[], &taken);
        is_well_formed(&offer)?;
        let offered = section_of(kind, &offer);
        prop_assert_eq!(check(&offered, None), Ok(()));
        prop_assert_eq!(&read_codecs(&offered), &offer);

        let answer = answer_codecs(kind, &theirs, &offered);
        is_well_formed(&answer)?;
        let theirs = offer_codecs(kind, &theirs, &[], &PayloadTypes::default());
        let common = primaries(&offer).intersection(&primaries(&theirs)).cloned().collect();
        prop_assert_eq!(primaries(&answer), common);

        let answered = section_of(kind, &answer);
        prop_assert_eq!(check(&answered, None), Ok(()));
        let accepted = accepted_codecs(&offer, &answered);
        prop_assert_eq!(&accepted, &answer);
        prop_assert_eq!(&received_codecs(&offer, &answered), &answer);
        // What the answerer sends with is what the offerer receives.
        let mut sent = numbers(&accepted_codecs(&answer, &offered));
        let mut received = numbers(&answer);
        sent.sort_unstable();
        received.sort_unstable();
        prop_assert_eq!(sent, received);
    }

    #[test]
    fn a_later_offer_keeps_every_number_and_adds_what_was_left_out(
        (kind, ours, theirs) in exchange(),
        taken in taken(),
    ) {
        let offer = offer_codecs(kind, &ours, &[], &taken);
        let answer = answer_codecs(kind, &theirs, &section_of(kind, &offer));
        let known = received_codecs(&offer, &section_of(kind, &answer));
        let mut taken = taken;
        taken.record(&offer);

        let later = offer_codecs(kind, &[], &known, &taken);
        is_well_formed(&later)?;
        prop_assert_eq!(primaries(&later), primaries(&offer_codecs(kind, &[], &[], &taken)));
        // No number has changed its meaning, and no codec its number.
        for codec in &later {
            let before = offer.iter().find(|other| other.payload_type == codec.payload_type);
            prop_assert!(before.is_none_or(|before| before.is_configured_as(codec)));
            let before = offer.iter().find(|other| other.is_configured_as(codec));
            prop_assert!(before.is_none_or(|before| before.payload_type == codec.payload_type));
        }
        let first = later.iter().filter(|codec| !codec.format().is_retransmission());
        let first: Vec<u8> = first.map(|codec| codec.payload_type).collect();
        let kept = known.iter().filter(|codec| !codec.format().is_retransmission());
        let kept: Vec<u8> = kept.map(|codec| codec.payload_type).collect();
        prop_assert_eq!(&first[..kept.len()], &kept);
    }
}
