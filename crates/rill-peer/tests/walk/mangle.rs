//! Texts that nobody should send.

use crate::dice::Dice;

/// Descriptions of other stacks.
const FOREIGN: [&str; 7] = [
    include_str!("../../../rill-sdp/tests/descriptions/chromium-audio-video-data.sdp"),
    include_str!("../../../rill-sdp/tests/descriptions/firefox-audio-video-data.sdp"),
    include_str!("../../../rill-sdp/tests/descriptions/libwebrtc-bundle-only.sdp"),
    include_str!("../../../rill-sdp/tests/descriptions/chromium-data.sdp"),
    include_str!("../../../rill-sdp/tests/descriptions/firefox-data.sdp"),
    include_str!("../../../rill-sdp/tests/descriptions/pion-data.sdp"),
    include_str!("../../../rill-sdp/tests/descriptions/jsep-everything.sdp"),
];

/// Lines that are put in somewhere.
const STRANGE: [&str; 16] = [
    "a=candidate:1 1 udp 1 192.0.2.5 5000 typ host",
    "a=candidate:garbage",
    "a=end-of-candidates",
    "a=ice-options:trickle",
    "a=ice-lite",
    "a=ice-ufrag:another",
    "a=ice-pwd:anotherPasswordOfTwentyFive",
    "a=setup:holdconn",
    "a=setup:passive",
    "a=group:BUNDLE 0 1 2 3 4 5 6 7",
    "a=mid:0",
    "a=bundle-only",
    "a=inactive",
    "a=max-message-size:1",
    "m=audio 0 UDP/TLS/RTP/SAVPF 0",
    "x",
];

pub(crate) fn foreign(dice: &mut Dice) -> String {
    dice.pick(&FOREIGN).unwrap_or_default().to_owned()
}

/// The text with a few things wrong, or only different.
pub(crate) fn mangled(text: &str, dice: &mut Dice) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for _ in 0..=dice.below(3) {
        let place = dice.below(lines.len());
        let Some(line) = lines.get(place).cloned() else {
            break;
        };
        match dice.below(8) {
            0 => drop(lines.remove(place)),
            1 => lines.insert(place, line),
            2 => lines.truncate(place),
            3 => lines[place] = with_other_digit(&line, dice),
            4 => lines[place] = line.chars().take(dice.below(line.len())).collect(),
            5 => lines.swap(place, 0),
            6 => drop(lines.drain(..place)),
            _ => {
                let strange = dice.pick(&STRANGE).unwrap_or_default();
                lines.insert(place, strange.to_owned());
            }
        }
    }
    lines.iter().map(|line| format!("{line}\r\n")).collect()
}

fn with_other_digit(line: &str, dice: &mut Dice) -> String {
    let digits: Vec<_> = line
        .match_indices(|c: char| c.is_ascii_hexdigit())
        .collect();
    let Some((at, _)) = dice.pick(&digits) else {
        return String::new();
    };
    let other = char::from(b"0123456789abcdef"[dice.below(16)]);
    format!("{}{other}{}", &line[..at], &line[at + 1..])
}
