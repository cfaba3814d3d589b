//! Attributes: type, length, value, and padding to four bytes (RFC 8489 §14).

pub(crate) mod address;
pub mod kind;

pub use address::AddressFamily;

use crate::ParseError;

/// Bytes of an attribute's type and length fields.
pub(crate) const ATTRIBUTE_HEADER: usize = 4;

/// One attribute as it stands in the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawAttribute<'a> {
    /// The attribute type; [`kind`] names those we know.
    pub kind: u16,
    /// The value without its padding.
    pub value: &'a [u8],
}

/// The attributes of a message in order, without those that RFC 8489 §9 tells to ignore: after
/// MESSAGE-INTEGRITY only MESSAGE-INTEGRITY-SHA256 and FINGERPRINT count, after
/// MESSAGE-INTEGRITY-SHA256 only FINGERPRINT.
#[derive(Clone, Debug)]
pub struct Attributes<'a> {
    walk: Walk<'a>,
}

impl<'a> Attributes<'a> {
    /// Over the attributes of a message whose structure has been checked.
    pub(crate) fn new(attributes: &'a [u8]) -> Self {
        Self {
            walk: Walk::new(attributes),
        }
    }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = RawAttribute<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        self.walk.next()?.ok().map(|(_, attribute)| attribute)
    }
}

/// Which attributes still count.
#[derive(Clone, Copy, Debug)]
enum Open {
    All,
    Sha256AndFingerprint,
    Fingerprint,
}

impl Open {
    fn admits(self, kind: u16) -> bool {
        match self {
            Self::All => true,
            Self::Sha256AndFingerprint => {
                matches!(kind, kind::MESSAGE_INTEGRITY_SHA256 | kind::FINGERPRINT)
            }
            Self::Fingerprint => kind == kind::FINGERPRINT,
        }
    }

    fn after(self, kind: u16) -> Self {
        match kind {
            kind::MESSAGE_INTEGRITY => Self::Sha256AndFingerprint,
            kind::MESSAGE_INTEGRITY_SHA256 => Self::Fingerprint,
            _ => self,
        }
    }
}

/// Walks attributes that count, with their offsets from the first; stops at the first error.
#[derive(Clone, Debug)]
pub(crate) struct Walk<'a> {
    attributes: &'a [u8],
    offset: usize,
    open: Open,
}

impl<'a> Walk<'a> {
    pub(crate) fn new(attributes: &'a [u8]) -> Self {
        Self {
            attributes,
            offset: 0,
            open: Open::All,
        }
    }

    fn read(&mut self) -> Result<(usize, RawAttribute<'a>), ParseError> {
        let offset = self.offset;
        let rest = &self.attributes[offset..];
        let Some((header, rest)) = rest.split_first_chunk::<ATTRIBUTE_HEADER>() else {
            // Unreachable while the message length is a multiple of four.
            let error = ParseError::TruncatedAttribute {
                kind: 0,
                expected: 4,
                actual: rest.len(),
            };
            return Err(error);
        };
        let kind = u16::from_be_bytes([header[0], header[1]]);
        let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
        let padded = length.next_multiple_of(4);
        if padded > rest.len() {
            let actual = rest.len();
            return Err(ParseError::TruncatedAttribute {
                kind,
                expected: padded,
                actual,
            });
        }
        self.offset = offset + ATTRIBUTE_HEADER + padded;
        Ok((
            offset,
            RawAttribute {
                kind,
                value: &rest[..length],
            },
        ))
    }
}

impl<'a> Iterator for Walk<'a> {
    type Item = Result<(usize, RawAttribute<'a>), ParseError>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.offset < self.attributes.len() {
            let (offset, attribute) = match self.read() {
                Ok(read) => read,
                Err(error) => {
                    self.offset = self.attributes.len();
                    return Some(Err(error));
                }
            };
            if self.open.admits(attribute.kind) {
                self.open = self.open.after(attribute.kind);
                return Some(Ok((offset, attribute)));
            }
        }
        None
    }
}
