//! A session description (RFC 8866 §5).

use std::fmt;

use crate::attribute::{Attribute, Direction, Fingerprint, Setup};
use crate::connection::{Bandwidth, Connection};
use crate::error::ParseError;
use crate::line::Line;
use crate::media::Media;
use crate::origin::Origin;
use crate::parser;
use crate::section::Section;
use crate::timing::Timing;

/// A session description: an offer or an answer.
///
/// Read with [`parse`](Self::parse), written by `Display` with CRLF line ends. What is put into
/// the fields by hand is written as it is; it must follow the grammar, and hold no line ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// `o=`
    pub origin: Origin,
    /// `s=`, `-` in WebRTC.
    pub name: String,
    /// `i=`, `u=`, `e=`, `p=` and `k=`, word for word. Those of another kind are not written.
    pub lines: Vec<Line>,
    /// `c=`
    pub connection: Option<Connection>,
    /// `b=`
    pub bandwidths: Vec<Bandwidth>,
    /// `t=`, at least one.
    pub timings: Vec<Timing>,
    /// `a=` at session level, in their order.
    pub attributes: Vec<Attribute>,
    /// `m=` and what belongs to each.
    pub media: Vec<Media>,
}

impl Session {
    /// An empty description as RFC 9429 §5.2.1 wants it to begin: `v=0`, an origin without an
    /// address, `s=-`, `t=0 0`.
    ///
    /// `session_id` should be 63 random bits, and below 2^63 - 1; `session_version` grows with
    /// each description that differs from the one before.
    #[must_use]
    pub fn new(session_id: u64, session_version: u64) -> Self {
        Self {
            origin: Origin::new(session_id, session_version),
            name: "-".into(),
            lines: Vec::new(),
            connection: None,
            bandwidths: Vec::new(),
            timings: vec![Timing::default()],
            attributes: Vec::new(),
            media: Vec::new(),
        }
    }

    /// Reads a description. Lines may end with LF alone, and the last one without any.
    ///
    /// # Errors
    ///
    /// The first line at fault: its number, its beginning, and which field breaks which rule
    /// (RFC 9429 §5.8: one bad line and the description is refused), or the limit that it exceeds.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        parser::parse(text)
    }

    /// Adds an attribute at session level, after those that are there.
    pub fn push(&mut self, attribute: Attribute) {
        self.attributes.push(attribute);
    }

    /// Removes all attributes of this name at session level, and says how many there were.
    pub fn remove_attribute(&mut self, name: &str) -> usize {
        remove(&mut self.attributes, name)
    }

    /// Whether any `ice-options`, at session or media level, lists exactly the token `trickle`:
    /// the sender can trickle (RFC 9429 §4.1.17 and §5.10).
    #[must_use]
    pub fn lists_trickle(&self) -> bool {
        self.lists_ice_option("trickle")
    }

    /// Whether any `ice-options`, at session or media level, lists exactly this token.
    #[must_use]
    pub fn lists_ice_option(&self, token: &str) -> bool {
        let media = self.media.iter().flat_map(|media| &media.attributes);
        self.attributes
            .iter()
            .chain(media)
            .any(|attribute| match attribute {
                Attribute::IceOptions(tokens) => tokens.iter().any(|other| other == token),
                _ => false,
            })
    }

    /// The groups, with their semantics and mids.
    pub fn groups(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.attributes
            .iter()
            .filter_map(|attribute| match attribute {
                Attribute::Group { semantics, mids } => Some((semantics.as_str(), mids.as_slice())),
                _ => None,
            })
    }

    /// The mids of each BUNDLE group (RFC 9143).
    pub fn bundle_groups(&self) -> impl Iterator<Item = &[String]> {
        self.groups()
            .filter(|(semantics, _)| *semantics == "BUNDLE")
            .map(|(_, mids)| mids)
    }

    /// The media description with this mid.
    #[must_use]
    pub fn media_by_mid(&self, mid: &str) -> Option<&Media> {
        self.media.iter().find(|media| media.mid() == Some(mid))
    }

    /// The media description with this mid, to be changed.
    pub fn media_by_mid_mut(&mut self, mid: &str) -> Option<&mut Media> {
        self.media.iter_mut().find(|media| media.mid() == Some(mid))
    }

    /// The media description that a mid is bundled into, or the one with this mid: it describes the
    /// transport (RFC 9143 §7.1).
    #[must_use]
    pub fn tagged_section(&self, mid: &str) -> Option<Section<'_>> {
        let is_member = |group: &&[String]| group.iter().any(|member| member == mid);
        let tag = self.bundle_groups().find(is_member);
        let tag = tag.and_then(|group| group.first()).map(String::as_str);
        let media = self.media_by_mid(tag.unwrap_or(mid))?;
        Some(Section::new(&self.attributes, media))
    }

    /// The media description at this index, seen with what it inherits from the session.
    #[must_use]
    pub fn section(&self, index: usize) -> Option<Section<'_>> {
        let media = self.media.get(index)?;
        Some(Section::new(&self.attributes, media))
    }

    /// All media descriptions, seen with what they inherit from the session.
    pub fn sections(&self) -> impl Iterator<Item = Section<'_>> {
        let sections = self.media.iter();
        sections.map(|media| Section::new(&self.attributes, media))
    }

    /// The user name fragment at session level.
    #[must_use]
    pub fn ice_ufrag(&self) -> Option<&str> {
        self.attributes.iter().find_map(Attribute::as_ice_ufrag)
    }

    /// The password at session level.
    #[must_use]
    pub fn ice_pwd(&self) -> Option<&str> {
        self.attributes.iter().find_map(Attribute::as_ice_pwd)
    }

    /// Whether the sender is an ICE lite implementation.
    #[must_use]
    pub fn ice_lite(&self) -> bool {
        self.attributes.contains(&Attribute::IceLite)
    }

    /// The fingerprints at session level.
    pub fn fingerprints(&self) -> impl Iterator<Item = &Fingerprint> {
        self.attributes.iter().filter_map(Attribute::as_fingerprint)
    }

    /// The DTLS role at session level.
    #[must_use]
    pub fn setup(&self) -> Option<Setup> {
        self.attributes.iter().find_map(Attribute::as_setup)
    }

    /// The tls-id at session level.
    #[must_use]
    pub fn tls_id(&self) -> Option<&str> {
        self.attributes.iter().find_map(Attribute::as_tls_id)
    }

    /// The direction at session level.
    #[must_use]
    pub fn direction(&self) -> Option<Direction> {
        self.attributes.iter().find_map(Attribute::as_direction)
    }
}

/// Removes all attributes of a name.
pub(crate) fn remove(attributes: &mut Vec<Attribute>, name: &str) -> usize {
    let before = attributes.len();
    attributes.retain(|attribute| attribute.name() != name);
    before - attributes.len()
}

/// Writes the lines of the given kinds.
pub(crate) fn write_lines(lines: &[Line], kinds: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut lines = lines.iter().filter(|line| kinds.contains(line.kind));
    lines.try_for_each(|line| write!(f, "{}={}\r\n", line.kind, line.value))
}

impl fmt::Display for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v=0\r\no={}\r\ns={}\r\n", self.origin, self.name)?;
        for kind in ["i", "u", "e", "p"] {
            write_lines(&self.lines, kind, f)?;
        }
        self.connection
            .iter()
            .try_for_each(|connection| write!(f, "c={connection}\r\n"))?;
        self.bandwidths
            .iter()
            .try_for_each(|bandwidth| write!(f, "b={bandwidth}\r\n"))?;
        for timing in &self.timings {
            write!(f, "t={} {}\r\n", timing.start, timing.stop)?;
            write_lines(&timing.lines, "rz", f)?;
        }
        write_lines(&self.lines, "k", f)?;
        self.attributes
            .iter()
            .try_for_each(|attribute| write!(f, "a={attribute}\r\n"))?;
        self.media.iter().try_for_each(|media| media.fmt(f))
    }
}
