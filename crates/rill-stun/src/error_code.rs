//! ERROR-CODE (RFC 8489 §14.8).
//!
//! ```text
//! |           Reserved, should be 0         |Class|     Number    |
//! |      Reason Phrase (variable)                                ..
//! ```

/// Longest reason phrase we send, in characters (RFC 8489 §14.8: fewer than 128).
const MAX_REASON_CHARACTERS: usize = 127;

/// Why a request was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErrorCode<'a> {
    /// 300 to 699; the constants name those that ICE and TURN meet.
    pub code: u16,
    /// The reason phrase, for diagnosis only. If the sender's bytes are not UTF-8, what precedes
    /// the first wrong one.
    pub reason: &'a str,
}

impl<'a> ErrorCode<'a> {
    /// Try Alternate (RFC 8489 §14.8).
    pub const TRY_ALTERNATE: u16 = 300;
    /// Bad Request (RFC 8489 §14.8).
    pub const BAD_REQUEST: u16 = 400;
    /// Unauthenticated (RFC 8489 §14.8).
    pub const UNAUTHENTICATED: u16 = 401;
    /// Forbidden (RFC 8656 §19).
    pub const FORBIDDEN: u16 = 403;
    /// Unknown Attribute (RFC 8489 §14.8).
    pub const UNKNOWN_ATTRIBUTE: u16 = 420;
    /// Allocation Mismatch (RFC 8656 §19).
    pub const ALLOCATION_MISMATCH: u16 = 437;
    /// Stale Nonce (RFC 8489 §14.8).
    pub const STALE_NONCE: u16 = 438;
    /// Address Family not Supported (RFC 8656 §19).
    pub const ADDRESS_FAMILY_NOT_SUPPORTED: u16 = 440;
    /// Wrong Credentials (RFC 8656 §19).
    pub const WRONG_CREDENTIALS: u16 = 441;
    /// Unsupported Transport Protocol (RFC 8656 §19).
    pub const UNSUPPORTED_TRANSPORT: u16 = 442;
    /// Peer Address Family Mismatch (RFC 8656 §19).
    pub const PEER_ADDRESS_FAMILY_MISMATCH: u16 = 443;
    /// Allocation Quota Reached (RFC 8656 §19).
    pub const ALLOCATION_QUOTA_REACHED: u16 = 486;
    /// Role Conflict (RFC 8445 §16.2).
    pub const ROLE_CONFLICT: u16 = 487;
    /// Server Error (RFC 8489 §14.8).
    pub const SERVER_ERROR: u16 = 500;
    /// Insufficient Capacity (RFC 8656 §19).
    pub const INSUFFICIENT_CAPACITY: u16 = 508;

    /// Decodes a value; `None` when it is too short or its class or number is out of range.
    pub(crate) fn decode(value: &'a [u8]) -> Option<Self> {
        let (&[_, _, class, number], reason) = value.split_first_chunk()?;
        // Receivers ignore the 21 reserved bits (RFC 8489 §14.8).
        let class = class & 0x07;
        if !(3..=6).contains(&class) || number > 99 {
            return None;
        }
        Some(Self {
            code: u16::from(class) * 100 + u16::from(number),
            reason: valid_text(reason),
        })
    }

    /// The fixed part of the value and the reason, cut to the length allowed.
    pub(crate) fn encode(self) -> ([u8; 4], &'a str) {
        debug_assert!(
            (300..=699).contains(&self.code),
            "STUN error codes are 300 to 699"
        );
        let class = (self.code / 100) as u8 & 0x07;
        let number = (self.code % 100) as u8;
        ([0, 0, class, number], cut_text(self.reason))
    }
}

/// The leading part of `bytes` that is UTF-8.
pub(crate) fn valid_text(bytes: &[u8]) -> &str {
    match bytes.utf8_chunks().next() {
        Some(chunk) => chunk.valid(),
        None => "",
    }
}

/// At most 127 characters of `text`, the limit of reason phrases and SOFTWARE.
pub(crate) fn cut_text(text: &str) -> &str {
    match text.char_indices().nth(MAX_REASON_CHARACTERS) {
        Some((end, _)) => &text[..end],
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_class_and_number() {
        let error = ErrorCode::decode(b"\0\0\x04\x57Role Conflict");
        assert_eq!(
            error,
            Some(ErrorCode {
                code: 487,
                reason: "Role Conflict"
            })
        );
    }

    #[test]
    fn a_short_value_is_refused() {
        for length in 0..4 {
            assert_eq!(ErrorCode::decode(&[0, 0, 4, 1][..length]), None);
        }
        assert_eq!(
            ErrorCode::decode(&[0, 0, 4, 1]),
            Some(ErrorCode {
                code: 401,
                reason: ""
            })
        );
    }

    #[test]
    fn classes_and_numbers_out_of_range_are_refused() {
        for (class, number) in [(2, 0), (7, 0), (0, 0), (4, 100), (4, 255)] {
            assert_eq!(ErrorCode::decode(&[0, 0, class, number]), None);
        }
    }

    #[test]
    fn reserved_bits_are_ignored() {
        let error = ErrorCode::decode(&[0xff, 0xff, 0xfc, 1]);
        assert_eq!(error.map(|error| error.code), Some(401));
    }

    #[test]
    fn a_reason_that_is_not_text_is_read_as_far_as_it_is() {
        let error = ErrorCode::decode(b"\0\0\x05\0Serv\xffer");
        assert_eq!(
            error,
            Some(ErrorCode {
                code: 500,
                reason: "Serv"
            })
        );
    }

    #[test]
    fn a_long_reason_is_cut_at_a_character() {
        let reason = "ä".repeat(200);
        let (_, cut) = ErrorCode {
            code: 500,
            reason: &reason,
        }
        .encode();
        assert_eq!(cut.chars().count(), 127);
    }
}
