//! Lines: cutting the text into them, and those that are kept word for word.

use crate::error::{ParseError, Problem};
use crate::limits::{MAX_LINE_BYTES, MAX_SESSION_BYTES};

/// A line that is kept word for word: WebRTC has no use for what it says (RFC 9429 §5.8.1).
#[derive(Clone, PartialEq, Eq)]
pub struct Line {
    /// The type letter: `i`, `u`, `e`, `p`, `c`, `r`, `z` or `k`.
    pub kind: char,
    /// What follows the `=`.
    pub value: String,
}

impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // `k=` holds a key (RFC 8866 §5.12).
        let value = if self.kind == 'k' { "…" } else { &self.value };
        write!(f, "{}={value}", self.kind)
    }
}

/// A line as it is read.
#[derive(Clone, Copy)]
pub(crate) struct RawLine<'a> {
    pub(crate) number: usize,
    pub(crate) kind: char,
    pub(crate) value: &'a str,
    pub(crate) text: &'a str,
}

impl RawLine<'_> {
    pub(crate) fn error(&self, problem: impl Into<Problem>) -> ParseError {
        ParseError {
            line: self.number,
            text: shortened(self.text),
            problem: problem.into(),
        }
    }

    pub(crate) fn keep(&self) -> Line {
        Line {
            kind: self.kind,
            value: self.value.into(),
        }
    }
}

/// The lines of a description, one at a time, each checked for what holds for all of them.
pub(crate) struct Lines<'a> {
    rest: &'a str,
    number: usize,
}

impl<'a> Lines<'a> {
    pub(crate) fn new(text: &'a str) -> Result<Self, ParseError> {
        if text.len() > MAX_SESSION_BYTES {
            let problem = Problem::SessionTooLong {
                bytes: text.len(),
                limit: MAX_SESSION_BYTES,
            };
            return Err(ParseError {
                line: 1,
                text: String::new(),
                problem,
            });
        }
        Ok(Self {
            rest: text,
            number: 0,
        })
    }

    pub(crate) fn next(&mut self) -> Result<Option<RawLine<'a>>, ParseError> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        // RFC 8866 §5: lines end with CRLF, and a lone LF should be accepted. A missing line end
        // at the very end is accepted as well: hand-made and trimmed descriptions lack it.
        let (text, rest) = self.rest.split_once('\n').unwrap_or((self.rest, ""));
        let text = text.strip_suffix('\r').unwrap_or(text);
        self.rest = rest;
        self.number += 1;
        let mut line = RawLine {
            number: self.number,
            kind: '\0',
            value: "",
            text,
        };
        if text.len() > MAX_LINE_BYTES {
            let (bytes, limit) = (text.len(), MAX_LINE_BYTES);
            return Err(line.error(Problem::LineTooLong { bytes, limit }));
        }
        if text.bytes().any(|byte| matches!(byte, 0 | b'\r')) {
            return Err(line.error(Problem::ControlCharacter));
        }
        let mut characters = text.chars();
        match (characters.next(), characters.next()) {
            (Some(kind), Some('=')) if !characters.as_str().is_empty() => {
                line.kind = kind;
                line.value = characters.as_str();
                Ok(Some(line))
            }
            _ => Err(line.error(Problem::Malformed)),
        }
    }

    /// The error that the text ends too early.
    pub(crate) fn ended(&self, expected: &'static str) -> ParseError {
        let problem = Problem::Ended { expected };
        ParseError {
            line: self.number + 1,
            text: String::new(),
            problem,
        }
    }
}

/// The beginning of a line, for an error message: printable, without passwords and keys.
fn shortened(text: &str) -> String {
    const SHOWN: usize = 60;
    const SECRETS: [&str; 3] = ["ice-pwd", "crypto", "k="];
    let head: String = text.chars().take(SHOWN).collect();
    let lower = head.to_ascii_lowercase();
    let secret = SECRETS.iter().find_map(|word| {
        // A key line starts with its word; the names of attributes may stand after a typing error.
        let at = if *word == "k=" {
            lower.starts_with(word).then_some(0)
        } else {
            lower.find(word)
        };
        at.map(|at| at + word.len())
    });
    let shown = secret.map_or(head.as_str(), |end| &head[..end]);
    let mut shortened: String = shown
        .chars()
        .map(|c| {
            if c.is_control() {
                char::REPLACEMENT_CHARACTER
            } else {
                c
            }
        })
        .collect();
    if shown.len() < text.len() {
        shortened.push('…');
    }
    shortened
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Result<String, ParseError> {
        let mut lines = Lines::new(text)?;
        let mut kinds = String::new();
        while let Some(line) = lines.next()? {
            kinds.push(line.kind);
        }
        Ok(kinds)
    }

    #[test]
    fn line_ends_may_be_crlf_or_lf_and_the_last_may_lack() {
        assert_eq!(kinds("v=0\r\no=1\ns=-").as_deref(), Ok("vos"));
        assert_eq!(kinds("v=0\r\n").as_deref(), Ok("v"));
    }

    #[test]
    fn what_is_not_a_line_is_named_by_number() {
        for (text, line, problem) in [
            ("v=0\n\no=1", 2, Problem::Malformed),
            ("v=0\nv =0", 2, Problem::Malformed),
            ("v=0\na=", 2, Problem::Malformed),
            ("v=0\na=b\rc=d\n", 2, Problem::ControlCharacter),
            ("v=\0", 1, Problem::ControlCharacter),
        ] {
            let error = kinds(text).expect_err(text);
            assert_eq!((error.line, error.problem), (line, problem), "{text:?}");
        }
    }

    #[test]
    fn errors_show_no_password_and_no_key() {
        assert_eq!(shortened("a=ice-pwd:asd88fgpdd777uzjYhagZg"), "a=ice-pwd…");
        assert_eq!(
            shortened("a =ICE-PWD asd88fgpdd777uzjYhagZg"),
            "a =ICE-PWD…"
        );
        assert_eq!(shortened("k=clear:x"), "k=…");
        assert_eq!(shortened("a=mid:\u{1b}x"), "a=mid:\u{fffd}x");
        assert_eq!(shortened(&"ä".repeat(61)), format!("{}…", "ä".repeat(60)));
        let line = Line {
            kind: 'k',
            value: "clear:secret".into(),
        };
        assert!(!format!("{line:?}").contains("secret"));
    }
}
