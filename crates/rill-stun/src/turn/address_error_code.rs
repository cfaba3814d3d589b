//! ADDRESS-ERROR-CODE (RFC 8656 §18.12).
//!
//! ```text
//! |  Family       |    Reserved             |Class|     Number    |
//! |      Reason Phrase (variable)                                ..
//! ```

use crate::{AddressFamily, ErrorCode};

/// Why one of two address families was not allocated, in a response that gives the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressErrorCode<'a> {
    /// The family that there is no address of.
    pub family: AddressFamily,
    /// 440 or 508.
    pub error: ErrorCode<'a>,
}

impl<'a> AddressErrorCode<'a> {
    /// Decodes a value; `None` for an unknown family, or where ERROR-CODE would not be read.
    pub(crate) fn decode(value: &'a [u8]) -> Option<Self> {
        let family = AddressFamily::from_number(*value.first()?)?;
        // The rest has ERROR-CODE's form, which ignores the first two bytes.
        let error = ErrorCode::decode(value)?;
        Some(Self { family, error })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_family_stands_where_an_error_code_has_zeros() {
        let refused = AddressErrorCode::decode(b"\x02\0\x04\x28No IPv6").expect("a family");
        assert_eq!(refused.family, AddressFamily::V6);
        assert_eq!((refused.error.code, refused.error.reason), (440, "No IPv6"));
    }

    #[test]
    fn other_families_and_cut_values_are_refused() {
        assert_eq!(AddressErrorCode::decode(b"\x03\0\x04\x28"), None);
        assert_eq!(AddressErrorCode::decode(b"\x02\0\x04"), None);
        assert_eq!(AddressErrorCode::decode(b""), None);
    }
}
