//! Why a description was refused: the line, the field, the fault.

use thiserror::Error;

/// A description that could not be read, with the first line at fault.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("line {line} of the session description, `{text}`: {problem}")]
pub struct ParseError {
    /// The line, counted from 1. One past the last line when a required line is missing at the end.
    pub line: usize,
    /// The beginning of that line, with everything secret in it left out.
    pub text: String,
    /// What is wrong with it.
    pub problem: Problem,
}

/// What is wrong with a line of a description.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// The whole description is longer than [`MAX_SESSION_BYTES`](crate::MAX_SESSION_BYTES).
    #[error("the description has {bytes} bytes, more than the {limit} that are read")]
    SessionTooLong {
        /// Its length.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// The line is longer than [`MAX_LINE_BYTES`](crate::MAX_LINE_BYTES).
    #[error("the line has {bytes} bytes, more than the {limit} that are read")]
    LineTooLong {
        /// Its length.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// There are more media descriptions than [`MAX_MEDIA`](crate::MAX_MEDIA).
    #[error("more than {limit} media descriptions")]
    TooManyMedia {
        /// The limit.
        limit: usize,
    },
    /// There are more lines and list entries than [`MAX_ITEMS`](crate::MAX_ITEMS).
    #[error("more than {limit} lines and list entries")]
    TooManyItems {
        /// The limit.
        limit: usize,
    },
    /// A media description has more candidates than [`MAX_CANDIDATES`](crate::MAX_CANDIDATES).
    #[error("more than {limit} candidates in one media description")]
    TooManyCandidates {
        /// The limit.
        limit: usize,
    },
    /// The line is not a letter, `=`, and a value (RFC 8866 §5).
    #[error("a line must be a letter, `=` and a value")]
    Malformed,
    /// The line holds NUL, or a carriage return that does not end it (RFC 8866 §9).
    #[error("NUL and a carriage return inside a line are not allowed")]
    ControlCharacter,
    /// A type letter that RFC 8866 does not define; §5 demands that the description be refused.
    #[error("no line type `{0}` exists")]
    UnknownType(char),
    /// The line stands where RFC 8866 §5 does not allow its type.
    #[error("`{found}=` is not allowed here; {expected}")]
    Order {
        /// The type letter found.
        found: char,
        /// What may stand here.
        expected: &'static str,
    },
    /// The description ends before a required line.
    #[error("the description ends here; {expected}")]
    Ended {
        /// What is missing.
        expected: &'static str,
    },
    /// An attribute that may appear once appears again at the same level.
    #[error("a second `a={attribute}` at the same level")]
    Repeated {
        /// The attribute's name.
        attribute: String,
    },
    /// A section of a fragment does not say which one it stands for (RFC 8840 §4.4).
    #[error("this section of a fragment needs an `a=mid`")]
    NoMid,
    /// A candidate of a fragment stands in no section (RFC 8840 §9.2).
    #[error("a candidate belongs into a section, after its `m=` and `a=mid`")]
    NoSection,
    /// A field of the line is wrong.
    #[error(transparent)]
    Field(#[from] FieldError),
}

/// A field of a line, or of an attribute's value, that breaks its grammar.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("field `{field}` {fault}")]
pub struct FieldError {
    /// The field, by the name that its RFC gives to it.
    pub field: &'static str,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What is wrong with a field.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The field is not there, or is empty.
    #[error("is missing")]
    Missing,
    /// Text follows where the line should have ended.
    #[error("must not be here: nothing may follow")]
    Unexpected,
    /// The field is not written in decimal digits.
    #[error("must be written in decimal digits")]
    Digits,
    /// The number starts with a zero where that is forbidden.
    #[error("must not start with a zero")]
    LeadingZero,
    /// The number is outside of its range.
    #[error("must be in {min}..={max}")]
    Range {
        /// Smallest value allowed.
        min: u64,
        /// Largest value allowed.
        max: u64,
    },
    /// The field has a length that is not allowed, in characters or, for a fingerprint, octets.
    #[error("has length {found}, must have {min}..={max}")]
    Length {
        /// Shortest allowed.
        min: usize,
        /// Longest allowed.
        max: usize,
        /// The length found.
        found: usize,
    },
    /// A character that the field's alphabet does not have.
    #[error("may only have {alphabet}")]
    Alphabet {
        /// The alphabet.
        alphabet: &'static str,
    },
    /// A word that is not one of those defined.
    #[error("must be {words}")]
    Word {
        /// The words defined.
        words: &'static str,
    },
}

impl FieldError {
    pub(crate) const fn new(field: &'static str, fault: Fault) -> Self {
        Self { field, fault }
    }

    pub(crate) const fn missing(field: &'static str) -> Self {
        Self::new(field, Fault::Missing)
    }

    pub(crate) const fn word(field: &'static str, words: &'static str) -> Self {
        Self::new(field, Fault::Word { words })
    }
}
