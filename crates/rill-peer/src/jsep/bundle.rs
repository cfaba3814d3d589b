//! Bundle groups (RFC 9143): which sections share a transport, and which of them speaks for it.

use std::collections::BTreeMap;

use rill_ice::TransportId;
use rill_sdp::Session;

use super::{Section, SetDescriptionError};

/// The groups of a description, looked at once: a description may have a thousand sections.
#[derive(Debug)]
pub(crate) struct Bundles {
    /// For each section the one that speaks for its group: the first that is used (RFC 9143 §7.1); for
    /// one without a group itself.
    tags: Vec<usize>,
    grouped: Vec<bool>,
}

impl Bundles {
    pub(crate) fn of(session: &Session) -> Self {
        let media = session.media.iter().enumerate();
        let positions: BTreeMap<&str, usize> = media
            .rev()
            .filter_map(|(index, media)| Some((media.mid()?, index)))
            .collect();
        let mut tags: Vec<usize> = (0..session.media.len()).collect();
        let mut grouped = vec![false; tags.len()];
        for group in session.bundle_groups() {
            let members = || group.iter().filter_map(|mid| positions.get(mid.as_str()));
            let tag = members().find(|index| !session.media[**index].is_rejected());
            for &member in members() {
                if !std::mem::replace(&mut grouped[member], true) {
                    tags[member] = tag.copied().unwrap_or(member);
                }
            }
        }
        Self { tags, grouped }
    }

    /// The section that speaks for the one at `index`.
    pub(crate) fn tag(&self, index: usize) -> usize {
        self.tags.get(index).copied().unwrap_or(index)
    }

    /// Whether a section is in a group.
    pub(crate) fn is_grouped(&self, index: usize) -> bool {
        self.grouped.get(index).copied().unwrap_or_default()
    }

    /// Whether two sections are in one group, or are the same.
    pub(crate) fn are_bundled(&self, a: usize, b: usize) -> bool {
        self.tag(a) == self.tag(b)
    }
}

/// A group names sections of its description; a longer one is a burden only.
pub(crate) fn check_groups(session: &Session) -> Result<(), SetDescriptionError> {
    let sections = session.media.len();
    let named = session.bundle_groups().map(<[String]>::len).sum();
    if named > sections {
        return Err(SetDescriptionError::Groups { named, sections });
    }
    Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;

    fn session(group: &str, sections: &[&str]) -> Session {
        let mut text =
            format!("v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE{group}\r\n");
        for section in sections {
            text.push_str(section);
        }
        Session::parse(&text).expect("it is well formed")
    }

    #[test]
    fn the_first_used_section_of_a_group_speaks_for_it() {
        let live = |mid: &str| format!("m=audio 9 RTP/SAVPF 0\r\na=mid:{mid}\r\n");
        let rejected = live("r").replace(" 9 ", " 0 ");
        let sections = [&*rejected, &*live("a"), &*live("b"), &*live("c")];
        let bundles = Bundles::of(&session(" r b a nobody", &sections));
        let tags: Vec<_> = (0..4).map(|index| bundles.tag(index)).collect();
        assert_eq!(tags, [2, 2, 2, 3]);
        assert!(bundles.are_bundled(1, 2) && !bundles.are_bundled(2, 3));
        assert!(!bundles.is_grouped(3));
    }

    #[test]
    fn a_group_that_names_more_than_there_is_is_refused() {
        let section = "m=audio 9 RTP/SAVPF 0\r\na=mid:a\r\n";
        let bomb = session(&" a".repeat(20_000), &[section]);
        let (named, sections) = (20_000, 1);
        let refused = check_groups(&bomb);
        assert_eq!(
            refused,
            Err(SetDescriptionError::Groups { named, sections })
        );
        assert_eq!(check_groups(&session(" a", &[section])), Ok(()));
    }
}
