//! Bundle groups (RFC 9143): which sections share a transport, and which of them speaks for it.

use rill_ice::TransportId;
use rill_sdp::{Media, Session};

use super::Section;

/// The group that a section is in.
pub(crate) fn group_of<'a>(session: &'a Session, media: &Media) -> Option<&'a [String]> {
    let mid = media.mid()?;
    session
        .bundle_groups()
        .find(|group| group.iter().any(|other| other == mid))
}

/// The position of the section that speaks for the group of the one at `index`: the first of its
/// group that is used (RFC 9143 §7.1), or it itself.
pub(crate) fn tag_index(session: &Session, index: usize) -> usize {
    let group = session
        .media
        .get(index)
        .and_then(|media| group_of(session, media));
    let position = |mid: &String| {
        session
            .media
            .iter()
            .position(|media| media.mid() == Some(mid) && !media.is_rejected())
    };
    group
        .and_then(|group| group.iter().find_map(position))
        .unwrap_or(index)
}

/// Whether two sections of a description are in one group, or are the same.
pub(crate) fn are_bundled(session: &Session, a: usize, b: usize) -> bool {
    a == b || tag_index(session, a) == tag_index(session, b)
}

/// For each section whether it speaks for its transport: the first of those that share it, in the
/// order of the groups.
pub(crate) fn speakers(sections: &[Section], groups: &[Vec<String>]) -> Vec<bool> {
    let mut speaks = vec![false; sections.len()];
    let mut spoken: Vec<TransportId> = Vec::new();
    let grouped = groups
        .iter()
        .flatten()
        .filter_map(|mid| sections.iter().position(|section| section.mid == *mid));
    for index in grouped.chain(0..sections.len()) {
        let Some(transport) = sections[index].transport() else {
            continue;
        };
        if !spoken.contains(&transport) {
            spoken.push(transport);
            speaks[index] = true;
        }
    }
    speaks
}
