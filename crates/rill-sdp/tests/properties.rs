//! What holds for every text: no panic, and what is accepted is written so that it reads the same.

use proptest::prelude::*;
use rill_sdp::{Candidate, Fragment, Session};

const OFFERS: [&str; 3] = [
    include_str!("descriptions/jsep-everything.sdp"),
    include_str!("descriptions/chromium-simulcast.sdp"),
    include_str!("descriptions/firefox-audio-video-data.sdp"),
];

/// An offer in which some lines are dropped, doubled, or have a character replaced.
fn damaged_offer() -> impl Strategy<Value = String> {
    let damage = (
        any::<prop::sample::Index>(),
        0..3u8,
        any::<prop::sample::Index>(),
        "[ -~:/;,]",
    );
    (0..OFFERS.len(), prop::collection::vec(damage, 0..4)).prop_map(|(offer, damages)| {
        let mut lines: Vec<String> = OFFERS[offer].lines().map(Into::into).collect();
        for (line, action, place, replacement) in damages {
            let line = line.index(lines.len());
            match action {
                0 => drop(lines.remove(line)),
                1 => lines.insert(line, lines[line].clone()),
                _ => {
                    let place = place.index(lines[line].len());
                    lines[line].replace_range(place..=place, &replacement);
                }
            }
        }
        lines.join("\n")
    })
}

fn reads_the_same_when_written(text: &str) -> Result<(), TestCaseError> {
    let Ok(session) = Session::parse(text) else {
        return Ok(());
    };
    let written = session.to_string();
    prop_assert_eq!(Session::parse(&written), Ok(session), "{}", written);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn damaged_offers_read_the_same_when_written(text in damaged_offer()) {
        reads_the_same_when_written(&text)?;
    }

    #[test]
    fn attributes_read_the_same_when_written(
        name in "(candidate|group|msid|ice-options|identity|rtpmap|fmtp|ptime|rtcp|rtcp-fb|extmap|ssrc|rid|simulcast|x)",
        value in "[ -~é]{0,12}([0-9a-z:/;,~= .]{1,3}){0,8}",
    ) {
        let text = format!("v=0\no=- 1 1 IN IP4 0.0.0.0\ns=-\nt=0 0\na={name}:{value}\n");
        reads_the_same_when_written(&text)?;
    }

    #[test]
    fn candidates_read_the_same_when_written(
        fields in prop::collection::vec("(1|9|udp|TCP|typ|host|raddr|rport|tcptype|so|::1|x.local|)", 5..20),
        rest in "( [ -~]{0,4}){0,6}",
    ) {
        let text = format!("1 1 udp 1 192.0.2.1 9 typ host {}{rest}", fields.join(" "));
        if let Ok(candidate) = Candidate::parse(&text) {
            prop_assert_eq!(Candidate::parse(&candidate.to_string()), Ok(candidate));
        }
    }

    #[test]
    fn anything_at_all_is_read_without_panic(text in any::<String>()) {
        reads_the_same_when_written(&text)?;
        reads_the_same_when_written(&format!("v=0\no=- 1 1 IN IP4 0\ns=-\nt=0 0\n{text}"))?;
        let _ = Candidate::parse(&text);
        let _ = Fragment::parse(&text);
    }

    #[test]
    fn fragments_read_the_same_when_written(text in damaged_offer(), skip in 0..6usize) {
        let lines = text.lines().skip(skip).filter(|line| line.starts_with(['a', 'm']));
        let text = lines.collect::<Vec<_>>().join("\n");
        if let Ok(fragment) = Fragment::parse(&text) {
            prop_assert_eq!(Fragment::parse(&fragment.to_string()), Ok(fragment));
        }
    }
}
