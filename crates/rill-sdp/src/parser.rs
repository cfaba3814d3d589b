//! From lines to a session: which line may stand where (RFC 8866 §5), and the limits.

use crate::attribute::Attribute;
use crate::connection::{Bandwidth, Connection};
use crate::error::{Fault, FieldError, ParseError, Problem};
use crate::limits::{MAX_CANDIDATES, MAX_ITEMS, MAX_MEDIA};
use crate::line::{Lines, RawLine};
use crate::media::Media;
use crate::origin::Origin;
use crate::session::Session;
use crate::timing::Timing;

const SESSION_ORDER: &str = "the lines of a session are v= o= s= i= u= e= p= c= b= t= r= z= k= a= and then m=, in this order";
const MEDIA_ORDER: &str =
    "the lines of a media description are m= i= c= b= k= a= and then the next m=, in this order";
const VERSION: &str = "a session begins with `v=0`";
const ORIGIN: &str = "`o=` follows `v=0`";
const NAME: &str = "`s=` follows `o=`";
const TIME: &str = "a session must have a `t=` line";

/// Reads a whole description.
pub(crate) fn parse(text: &str) -> Result<Session, ParseError> {
    let mut parser = Parser::new(text)?;
    let mut session = parser.head()?;
    let mut level = Level::session();
    while let Some(line) = parser.lines.next()? {
        parser.count(&line, 1)?;
        if line.kind == 'm' {
            if session.timings.is_empty() {
                return Err(line.error(Problem::Order {
                    found: 'm',
                    expected: TIME,
                }));
            }
            let media = parser.media(&line, session.media.len())?;
            session.media.push(media);
            level = Level::media();
            continue;
        }
        level.place(&line)?;
        match session.media.last_mut() {
            Some(media) => parser.media_line(media, &mut level, &line)?,
            None => parser.session_line(&mut session, &mut level, &line)?,
        }
    }
    if session.timings.is_empty() {
        return Err(parser.lines.ended(TIME));
    }
    Ok(session)
}

pub(crate) struct Parser<'a> {
    pub(crate) lines: Lines<'a>,
    /// Counted against [`MAX_ITEMS`].
    items: usize,
}

impl<'a> Parser<'a> {
    pub(crate) fn new(text: &'a str) -> Result<Self, ParseError> {
        Ok(Self {
            lines: Lines::new(text)?,
            items: 0,
        })
    }

    /// The three lines that always come first.
    fn head(&mut self) -> Result<Session, ParseError> {
        let version = self.expect('v', VERSION)?;
        // RFC 9429 §5.8.1: the version must be 0.
        if version.value != "0" {
            return Err(version.error(FieldError::word("version", "`0`")));
        }
        let line = self.expect('o', ORIGIN)?;
        let origin = Origin::parse(line.value).map_err(|error| line.error(error))?;
        let name = self.expect('s', NAME)?.value.into();
        Ok(Session {
            origin,
            name,
            timings: Vec::new(),
            ..Session::new(0, 0)
        })
    }

    fn expect(&mut self, kind: char, expected: &'static str) -> Result<RawLine<'a>, ParseError> {
        let line = self
            .lines
            .next()?
            .ok_or_else(|| self.lines.ended(expected))?;
        if line.kind != kind {
            return Err(line.error(Problem::Order {
                found: line.kind,
                expected,
            }));
        }
        Ok(line)
    }

    fn session_line(
        &mut self,
        session: &mut Session,
        level: &mut Level,
        line: &RawLine<'_>,
    ) -> Result<(), ParseError> {
        let at = |error: FieldError| line.error(error);
        match line.kind {
            'c' => session.connection = Some(Connection::parse(line.value).map_err(at)?),
            'b' => session
                .bandwidths
                .push(Bandwidth::parse(line.value).map_err(at)?),
            't' => session.timings.push(Timing::parse(line.value).map_err(at)?),
            'a' if session.timings.is_empty() => {
                return Err(line.error(Problem::Order {
                    found: 'a',
                    expected: TIME,
                }));
            }
            'a' => session.attributes.push(self.attribute(level, line)?),
            _ => match (line.kind, session.timings.last_mut()) {
                ('r' | 'z', Some(timing)) => timing.lines.push(line.keep()),
                _ => session.lines.push(line.keep()),
            },
        }
        Ok(())
    }

    fn media_line(
        &mut self,
        media: &mut Media,
        level: &mut Level,
        line: &RawLine<'_>,
    ) -> Result<(), ParseError> {
        let at = |error: FieldError| line.error(error);
        match line.kind {
            'c' => {
                let connection = Connection::parse(line.value).map_err(at)?;
                if media.connection.is_some() {
                    media.lines.push(line.keep());
                } else {
                    media.connection = Some(connection);
                }
            }
            'b' => {
                self.count(line, 1)?;
                media
                    .bandwidths
                    .push(Bandwidth::parse(line.value).map_err(at)?);
            }
            'a' => media.attributes.push(self.attribute(level, line)?),
            _ => media.lines.push(line.keep()),
        }
        Ok(())
    }

    /// Reads the m= line that follows `others`.
    pub(crate) fn media(&mut self, line: &RawLine<'_>, others: usize) -> Result<Media, ParseError> {
        if others == MAX_MEDIA {
            return Err(line.error(Problem::TooManyMedia { limit: MAX_MEDIA }));
        }
        let media = Media::parse(line.value).map_err(|error| line.error(error))?;
        self.count(line, media.formats.len())?;
        Ok(media)
    }

    pub(crate) fn attribute(
        &mut self,
        level: &mut Level,
        line: &RawLine<'_>,
    ) -> Result<Attribute, ParseError> {
        let attribute = Attribute::parse(line.value).map_err(|error| line.error(error))?;
        self.count(line, attribute.entries())?;
        if let Some(exclusion) = attribute.exclusion() {
            if level.single.contains(&exclusion) {
                let attribute = attribute.name().into();
                return Err(line.error(Problem::Repeated { attribute }));
            }
            level.single.push(exclusion);
        }
        if matches!(attribute, Attribute::Candidate(_)) {
            level.candidates += 1;
            if level.candidates > MAX_CANDIDATES {
                return Err(line.error(Problem::TooManyCandidates {
                    limit: MAX_CANDIDATES,
                }));
            }
        }
        Ok(attribute)
    }

    pub(crate) fn count(&mut self, line: &RawLine<'_>, items: usize) -> Result<(), ParseError> {
        self.items += items;
        if self.items > MAX_ITEMS {
            return Err(line.error(Problem::TooManyItems { limit: MAX_ITEMS }));
        }
        Ok(())
    }
}

/// Where in the session, or in a media description, the reader is.
pub(crate) struct Level {
    /// The letters that may still come, that of the last line first if it may repeat.
    ahead: &'static str,
    repeatable: &'static str,
    expected: &'static str,
    /// The attributes seen that may appear once. At most as many as there are such attributes.
    single: Vec<&'static str>,
    candidates: usize,
}

impl Level {
    pub(crate) const fn session() -> Self {
        Self {
            ahead: "iuepcbtrzka",
            repeatable: "epbtra",
            expected: SESSION_ORDER,
            single: Vec::new(),
            candidates: 0,
        }
    }

    pub(crate) const fn media() -> Self {
        Self {
            ahead: "icbka",
            repeatable: "cba",
            expected: MEDIA_ORDER,
            single: Vec::new(),
            candidates: 0,
        }
    }

    fn place(&mut self, line: &RawLine<'_>) -> Result<(), ParseError> {
        let found = line.kind;
        // RFC 8866 §5: the letters are not meant to be extended, and a description with an unknown
        // one is ignored or refused as a whole.
        if !"vosiuepcbtrzkam".contains(found) {
            return Err(line.error(Problem::UnknownType(found)));
        }
        let wrong = || {
            line.error(Problem::Order {
                found,
                expected: self.expected,
            })
        };
        let ahead = self
            .ahead
            .find(found)
            .map(|at| &self.ahead[at..])
            .ok_or_else(wrong)?;
        // A repeat or a zone belongs to the time before it, and another time may follow it.
        self.ahead = match found {
            'r' | 'z' if !self.after_time() => return Err(wrong()),
            'r' | 'z' => "trzka",
            _ if self.repeatable.contains(found) => ahead,
            _ => &ahead[1..],
        };
        Ok(())
    }

    /// Whether a time has been read: only then are the letters ahead those from `t` on.
    fn after_time(&self) -> bool {
        self.ahead.starts_with('t')
    }
}

impl Media {
    /// Reads what follows `m=` (RFC 8866 §5.14).
    fn parse(text: &str) -> Result<Self, FieldError> {
        use crate::grammar::{Fields, number, port, token};

        let mut fields = Fields::new(text);
        let kind = token("media", fields.next("media")?)?;
        let port_text = fields.next("port")?;
        let (port_text, count) = match port_text.split_once('/') {
            Some((port, count)) => (port, Some(number("port count", count, 1..=0xffff_ffff)?)),
            None => (port_text, None),
        };
        let port = port("port", port_text)?;
        let protocol = fields.next("proto")?;
        for part in protocol.split('/') {
            token("proto", part)?;
        }
        let mut formats = Vec::new();
        while let Some(format) = fields.next_raw() {
            if formats.len() == MAX_FORMATS {
                let (min, max) = (1, MAX_FORMATS);
                return Err(FieldError::new(
                    "fmt",
                    Fault::Length {
                        min,
                        max,
                        found: max + 1,
                    },
                ));
            }
            formats.push(token("fmt", format)?);
        }
        if formats.is_empty() {
            return Err(FieldError::missing("fmt"));
        }
        let media = Self::new(kind, port, protocol, &formats);
        Ok(Self {
            port_count: count,
            connection: None,
            ..media
        })
    }
}

/// The largest number of formats of one media description: there are 128 payload types.
const MAX_FORMATS: usize = 256;
