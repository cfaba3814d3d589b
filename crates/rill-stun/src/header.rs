//! The fixed 20 bytes at the start of every message (RFC 8489 §5).
//!
//! ```text
//!  0                   1                   2                   3
//!  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! |0 0|   STUN Message Type       |         Message Length        |
//! |                         Magic Cookie                          |
//! |                     Transaction ID (96 bits)                  |
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! ```

use crate::{Class, Method, ParseError, TransactionId, message_type};

/// Bytes of the header; the shortest message there is.
pub const HEADER_LENGTH: usize = 20;

/// The fixed value of bytes 4 to 7 (RFC 8489 §5).
pub const MAGIC_COOKIE: u32 = 0x2112_a442;

/// Whether a datagram is to be given to STUN: first byte 0 to 3 (RFC 7983 §7), a whole header and
/// the magic cookie. It may still fail to parse.
pub fn is_stun(datagram: &[u8]) -> bool {
    datagram.len() >= HEADER_LENGTH
        && datagram[0] <= 3
        && datagram[4..8] == MAGIC_COOKIE.to_be_bytes()
}

/// The decoded header of a message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Header {
    pub(crate) class: Class,
    pub(crate) method: Method,
    pub(crate) transaction_id: TransactionId,
}

impl Header {
    /// Decodes the header and checks that its length field is that of `bytes` (RFC 8489 §6.3).
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        let Some((header, attributes)) = bytes.split_first_chunk::<HEADER_LENGTH>() else {
            return Err(ParseError::TooShort {
                expected: HEADER_LENGTH,
                actual: bytes.len(),
            });
        };
        let message_type = u16::from_be_bytes([header[0], header[1]]);
        let Some((class, method)) = message_type::decode(message_type) else {
            return Err(ParseError::WrongType {
                actual: message_type,
            });
        };
        let cookie = u32::from_be_bytes([header[4], header[5], header[6], header[7]]);
        if cookie != MAGIC_COOKIE {
            return Err(ParseError::WrongCookie {
                expected: MAGIC_COOKIE,
                actual: cookie,
            });
        }
        let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
        if length % 4 != 0 {
            return Err(ParseError::UnalignedLength { actual: length });
        }
        if length != attributes.len() {
            return Err(ParseError::WrongLength {
                expected: length,
                actual: attributes.len(),
            });
        }
        let mut id = [0; 12];
        id.copy_from_slice(&header[8..]);
        Ok(Self {
            class,
            method,
            transaction_id: TransactionId(id),
        })
    }
}
