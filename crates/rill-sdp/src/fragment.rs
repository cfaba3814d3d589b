//! Fragments of a description, which carry candidates after it (RFC 8840 §9).

use std::fmt;

use crate::attribute::Attribute;
use crate::error::{ParseError, Problem};
use crate::line::RawLine;
use crate::media::Media;
use crate::parser::{Level, Parser};
use crate::section::Section;
use crate::session::Session;

const LINES: &str = "a fragment has `a=` lines, then `m=` lines with `a=` lines after each";

/// A body of type `application/trickle-ice-sdpfrag`: candidates and their end, for the sections of
/// a description that was sent before (RFC 8840 §9, RFC 9725 §4.3).
///
/// ICE credentials stand where the description has them, before the first section or in each. A
/// section is named by its `a=mid`; what else its `m=` line says has no meaning. `Display` writes
/// the text, with CRLF line ends.
///
/// ```
/// use rill_sdp::{Attribute, Candidate, Fragment};
///
/// let mut fragment = Fragment::default();
/// fragment.attributes.push(Attribute::IceUfrag("8hhY".into()));
/// fragment.attributes.push(Attribute::IcePwd("asd88fgpdd777uzjYhagZg".into()));
/// let candidate = Candidate::parse("candidate:1 1 udp 2130706431 192.0.2.4 6000 typ host")?;
/// let _ = fragment.section_mut("0").insert_candidate(candidate);
/// fragment.section_mut("0").insert_end_of_candidates();
///
/// let read = Fragment::parse(&fragment.to_string())?;
/// let section = read.sections().next().expect("the one with mid 0");
/// assert_eq!(section.media().mid(), Some("0"));
/// assert_eq!(section.ice_ufrag(), Some("8hhY"));
/// assert!(section.end_of_candidates());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fragment {
    /// `a=` before the first section.
    pub attributes: Vec<Attribute>,
    /// The sections, in the order of the text, which need not be that of the description.
    pub media: Vec<Media>,
}

impl Fragment {
    /// Reads a fragment. Lines may end with LF alone, and the last one without any. Attributes that
    /// are unknown are kept and mean nothing.
    ///
    /// # Errors
    ///
    /// The first line at fault: its number, its beginning, and which rule it breaks, or the limit
    /// that it exceeds. The limits are those of a [`Session`].
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let mut parser = Parser::new(text)?;
        let mut fragment = Self::default();
        let mut level = Level::session();
        let mut head: Option<RawLine<'_>> = None;
        while let Some(line) = parser.lines.next()? {
            parser.count(&line, 1)?;
            match line.kind {
                'm' => {
                    fragment.check_last(head)?;
                    let media = parser.media(&line, fragment.media.len())?;
                    fragment.media.push(media);
                    level = Level::media();
                    head = Some(line);
                }
                'a' => {
                    let attribute = attribute(&mut parser, &mut level, &line)?;
                    fragment
                        .add(attribute)
                        .map_err(|problem| line.error(problem))?;
                }
                found if "vosiuepcbtrzk".contains(found) => {
                    let expected = LINES;
                    return Err(line.error(Problem::Order { found, expected }));
                }
                found => return Err(line.error(Problem::UnknownType(found))),
            }
        }
        fragment.check_last(head)?;
        Ok(fragment)
    }

    fn add(&mut self, attribute: Attribute) -> Result<(), Problem> {
        match self.media.last_mut() {
            Some(media) => media.push(attribute),
            None if matches!(attribute, Attribute::Candidate(_)) => return Err(Problem::NoSection),
            None => self.attributes.push(attribute),
        }
        Ok(())
    }

    /// RFC 8840 §4.4: the mid is what links a section to that of the description.
    fn check_last(&self, head: Option<RawLine<'_>>) -> Result<(), ParseError> {
        match (self.media.last(), head) {
            (Some(media), Some(head)) if media.mid().is_none() => Err(head.error(Problem::NoMid)),
            _ => Ok(()),
        }
    }

    /// The section with this mid. A new one is added at the end, with the `m=` line that RFC 8840
    /// §4.4 gives for when nothing better is known.
    pub fn section_mut(&mut self, mid: &str) -> &mut Media {
        let known = self.media.iter().position(|media| media.mid() == Some(mid));
        let index = known.unwrap_or_else(|| {
            let mut media = Media::new("audio", 9, "RTP/AVP", &["0"]);
            media.connection = None;
            media.push(Attribute::Mid(mid.into()));
            self.media.push(media);
            self.media.len() - 1
        });
        &mut self.media[index]
    }

    /// The sections, each seen with what stands before the first.
    pub fn sections(&self) -> impl Iterator<Item = Section<'_>> {
        let sections = self.media.iter();
        sections.map(|media| Section::new(&self.attributes, media))
    }

    /// Whether all of it is about the ICE generation of this description. If not it must be
    /// dropped as a whole (RFC 8840 §4.4), unless it is meant to restart ICE.
    ///
    /// The credentials of each section must be those of the section with the same mid, or of the
    /// one which that is bundled into. Without any section, those before the first must be those of
    /// some section.
    #[must_use]
    pub fn belongs_to(&self, description: &Session) -> bool {
        let ours = |section: Section<'_>| credentials(section).is_some();
        if self.media.is_empty() {
            let media = Media::new("audio", 9, "RTP/AVP", &["0"]);
            let session = credentials(Section::new(&self.attributes, &media));
            let mut all = description.sections();
            return session.is_some() && all.any(|section| credentials(section) == session);
        }
        self.sections().all(|section| {
            let mid = section.media().mid().unwrap_or_default();
            let own = description.sections();
            let own = own.filter(|section| section.media().mid() == Some(mid));
            let described = own
                .chain(description.tagged_section(mid))
                .find(|it| ours(*it));
            described.is_some_and(|described| credentials(described) == credentials(section))
        })
    }
}

fn credentials(section: Section<'_>) -> Option<(&str, &str)> {
    Some((section.ice_ufrag()?, section.ice_pwd()?))
}

fn attribute(
    parser: &mut Parser<'_>,
    level: &mut Level,
    line: &RawLine<'_>,
) -> Result<Attribute, ParseError> {
    // RFC 8840 §9.2 has this attribute without its value.
    if line.value == "rtcp" {
        return Ok(Attribute::Unknown {
            name: "rtcp".into(),
            value: None,
        });
    }
    // RFC 8840 §9.2: names of attributes have no case here.
    let end = line.value.find(':').unwrap_or(line.value.len());
    let (name, value) = line.value.split_at(end);
    let lower = name.to_ascii_lowercase() + value;
    let known = !matches!(Attribute::parse(&lower), Ok(Attribute::Unknown { .. }));
    let value = if known { &lower } else { line.value };
    parser.attribute(level, &RawLine { value, ..*line })
}

impl fmt::Display for Fragment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.attributes
            .iter()
            .try_for_each(|attribute| write!(f, "a={attribute}\r\n"))?;
        self.media.iter().try_for_each(|media| media.fmt(f))
    }
}
