//! RTP header extensions (RFC 8285).

use std::collections::BTreeMap;

use rill_sdp::{Direction, Extmap, Section};

use super::MediaKind;

/// A header extension that was offered or negotiated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderExtension {
    /// Its number in packets, 1 to 14.
    pub id: u16,
    /// Its name.
    pub uri: String,
}

/// The highest identifier that fits into a one-byte header (RFC 8285 §4.2).
const MAX_ID: u16 = 14;

/// RFC 9143 §15: demanded in every bundled section.
const MID: &str = "urn:ietf:params:rtp-hdrext:sdes:mid";
/// RFC 6464, demanded by RFC 8834 §5.2.2.
const AUDIO_LEVEL: &str = "urn:ietf:params:rtp-hdrext:ssrc-audio-level";
/// Coordination of video orientation, demanded by RFC 8834 §5.2.5.
const ORIENTATION: &str = "urn:3gpp:video-orientation";
/// RFC 8852 §4.3 and §4.4: which of several streams a packet belongs to.
const STREAM_ID: &str = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id";
const REPAIRED_STREAM_ID: &str = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id";
/// Without it no feedback `transport-cc`.
const TRANSPORT_SEQUENCE: &str =
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";

/// Each with the identifier that it has unless that is in use: those that browsers give.
const fn supported(kind: MediaKind) -> &'static [(u16, &'static str)] {
    match kind {
        MediaKind::Audio => &[(1, AUDIO_LEVEL), (3, TRANSPORT_SEQUENCE), (4, MID)],
        MediaKind::Video => &[
            (3, TRANSPORT_SEQUENCE),
            (4, MID),
            (10, STREAM_ID),
            (11, REPAIRED_STREAM_ID),
            (13, ORIENTATION),
        ],
    }
}

/// The header extensions that can be negotiated, by their URIs.
#[must_use]
pub fn header_extension_capabilities(kind: MediaKind) -> Vec<String> {
    let uris = supported(kind).iter().map(|(_, uri)| (*uri).into());
    uris.collect()
}

/// What each identifier means in the sections of a connection: in a bundle it must be the same in
/// all (RFC 9143 §12).
#[derive(Clone, Debug, Default)]
pub(crate) struct ExtensionIds {
    meanings: BTreeMap<u16, String>,
}

impl ExtensionIds {
    /// Notes what a section uses. An identifier that has a meaning keeps it.
    pub(crate) fn record(&mut self, extensions: &[HeaderExtension]) {
        for extension in extensions {
            self.meanings
                .entry(extension.id)
                .or_insert_with(|| extension.uri.clone());
        }
    }

    fn id(&self, uri: &str, default: u16, own: &[HeaderExtension]) -> Option<u16> {
        let fits = |id: &u16| self.meanings.get(id).is_none_or(|meaning| meaning == uri);
        let same = self.meanings.iter().filter(|(_, meaning)| *meaning == uri);
        same.map(|(id, _)| *id)
            .chain([default])
            .chain(1..=MAX_ID)
            .filter(|id| own.iter().all(|other| other.id != *id))
            .find(fits)
    }
}

/// The header extensions to offer in a section.
///
/// `known` are those of the last answer, of which a later offer may only have a part (RFC 9429
/// §5.2.2); `None` if the section has not been answered. `taken` are the identifiers of all
/// sections so far.
pub(crate) fn offer_extensions(
    kind: MediaKind,
    known: Option<&[HeaderExtension]>,
    taken: &ExtensionIds,
) -> Vec<HeaderExtension> {
    if let Some(known) = known {
        let is_supported = |known: &&HeaderExtension| is_supported(kind, &known.uri);
        return known.iter().filter(is_supported).cloned().collect();
    }
    let mut extensions = Vec::new();
    for (default, uri) in supported(kind) {
        if let Some(id) = taken.id(uri, *default, &extensions) {
            extensions.push(HeaderExtension {
                id,
                uri: (*uri).into(),
            });
        }
    }
    extensions
}

/// The header extensions with which to answer an offered section: those that rill knows, with the
/// offer's identifiers.
pub(crate) fn answer_extensions(kind: MediaKind, offered: Section<'_>) -> Vec<HeaderExtension> {
    let mut extensions = read_extensions(offered);
    extensions.retain(|extension| is_supported(kind, &extension.uri));
    extensions
}

/// The header extensions that hold once a remote answer has accepted `offered`. Its identifiers are
/// those of the offer (RFC 8285 §6).
pub(crate) fn accepted_extensions(
    offered: &[HeaderExtension],
    answer: Section<'_>,
) -> Vec<HeaderExtension> {
    let mut extensions = read_extensions(answer);
    extensions.retain(|extension| offered.contains(extension));
    extensions
}

/// What a section, or the session for it, maps: each identifier and each name once.
fn read_extensions(section: Section<'_>) -> Vec<HeaderExtension> {
    let mut extensions: Vec<HeaderExtension> = Vec::new();
    for extmap in section.extmaps().filter(|extmap| is_usable(extmap)) {
        let repeats = |other: &HeaderExtension| other.id == extmap.id || other.uri == extmap.uri;
        if !extensions.iter().any(repeats) {
            extensions.push(HeaderExtension {
                id: extmap.id,
                uri: extmap.uri.clone(),
            });
        }
    }
    extensions
}

/// Not those that need two-byte headers or an identifier of ours (RFC 8285 §4.3, §6), nor those
/// that are for one direction only, which no answer of ours could repeat.
fn is_usable(extmap: &Extmap) -> bool {
    (1..=MAX_ID).contains(&extmap.id)
        && matches!(extmap.direction, None | Some(Direction::SendRecv))
}

fn is_supported(kind: MediaKind, uri: &str) -> bool {
    supported(kind).iter().any(|(_, other)| *other == uri)
}

#[cfg(test)]
mod tests {
    use super::super::excerpts::{
        CHROMIUM_AUDIO, CHROMIUM_VIDEO, FIREFOX_VIDEO, description, only,
    };
    use super::*;

    fn ids(extensions: &[HeaderExtension]) -> Vec<(u16, &str)> {
        let pairs = extensions.iter();
        pairs
            .map(|extension| (extension.id, extension.uri.as_str()))
            .collect()
    }

    fn answer(kind: MediaKind, section: &str) -> Vec<HeaderExtension> {
        answer_extensions(kind, only(&description(section)))
    }

    #[test]
    fn an_answer_has_what_both_know_under_the_numbers_of_the_offer() {
        assert_eq!(
            ids(&answer(MediaKind::Audio, CHROMIUM_AUDIO)),
            [(1, AUDIO_LEVEL), (3, TRANSPORT_SEQUENCE), (4, MID)]
        );
        assert_eq!(
            ids(&answer(MediaKind::Video, CHROMIUM_VIDEO)),
            [
                (13, ORIENTATION),
                (3, TRANSPORT_SEQUENCE),
                (4, MID),
                (10, STREAM_ID),
                (11, REPAIRED_STREAM_ID)
            ]
        );
        assert_eq!(
            ids(&answer(MediaKind::Video, FIREFOX_VIDEO)),
            [(3, MID), (7, TRANSPORT_SEQUENCE)]
        );
    }

    #[test]
    fn one_direction_two_byte_numbers_and_repetitions_are_left_out() {
        let section = format!(
            "m=audio 9 RTP/SAVPF 0\na=extmap:1/sendonly {MID}\na=extmap:15 {MID}\n\
             a=extmap:4100 {MID}\na=extmap:2/sendrecv {MID}\na=extmap:3 {MID}\n\
             a=extmap:2 {AUDIO_LEVEL}\na=extmap:5 urn:example:later\n"
        );
        assert_eq!(ids(&answer(MediaKind::Audio, &section)), [(2, MID)]);
        let levels = format!("m=video 9 RTP/SAVPF 0\na=extmap:1 {AUDIO_LEVEL}\n");
        assert!(answer(MediaKind::Video, &levels).is_empty());
    }

    #[test]
    fn what_the_session_maps_holds_for_its_sections() {
        let section =
            format!("a=extmap:6 {MID}\nm=audio 9 RTP/SAVPF 0\na=extmap:1 {AUDIO_LEVEL}\n");
        assert_eq!(
            ids(&answer(MediaKind::Audio, &section)),
            [(1, AUDIO_LEVEL), (6, MID)]
        );
    }

    #[test]
    fn a_first_offer_has_all_and_no_number_with_two_meanings() {
        let none = ExtensionIds::default();
        let audio = offer_extensions(MediaKind::Audio, None, &none);
        assert_eq!(
            ids(&audio),
            [(1, AUDIO_LEVEL), (3, TRANSPORT_SEQUENCE), (4, MID)]
        );
        let mut taken = ExtensionIds::default();
        taken.record(&answer(MediaKind::Video, FIREFOX_VIDEO));
        let audio = offer_extensions(MediaKind::Audio, None, &taken);
        assert_eq!(
            ids(&audio),
            [(1, AUDIO_LEVEL), (7, TRANSPORT_SEQUENCE), (3, MID)]
        );
        taken.record(&[HeaderExtension {
            id: 1,
            uri: "urn:example:other".into(),
        }]);
        let audio = offer_extensions(MediaKind::Audio, None, &taken);
        assert_eq!(audio[0].id, 2);
        let mut taken = ExtensionIds::default();
        taken.record(&[1, 2].map(|id| HeaderExtension {
            id,
            uri: "urn:example:other".into(),
        }));
        let audio = offer_extensions(MediaKind::Audio, None, &taken);
        let ids: Vec<_> = audio.iter().map(|extension| extension.id).collect();
        assert_eq!(ids, [3, 4, 5]);
    }

    #[test]
    fn a_later_offer_has_only_what_was_answered() {
        let known = answer(MediaKind::Video, FIREFOX_VIDEO);
        let none = ExtensionIds::default();
        assert_eq!(
            offer_extensions(MediaKind::Video, Some(&known), &none),
            known
        );
        assert!(offer_extensions(MediaKind::Video, Some(&[]), &none).is_empty());
    }

    #[test]
    fn an_answer_can_accept_only_what_was_offered() {
        let offer = offer_extensions(MediaKind::Audio, None, &ExtensionIds::default());
        let section = format!(
            "m=audio 9 RTP/SAVPF 0\na=extmap:4 {MID}\na=extmap:2 {AUDIO_LEVEL}\n\
             a=extmap:5 {ORIENTATION}\n"
        );
        let answer = description(&section);
        assert_eq!(ids(&accepted_extensions(&offer, only(&answer))), [(4, MID)]);
    }
}
