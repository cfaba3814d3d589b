//! Why a datagram is not a STUN message.

use thiserror::Error;

/// Why [`Message::parse`](crate::Message::parse) refused a datagram. The sender is wrong or speaks
/// something else: drop the datagram and count it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ParseError {
    /// Shorter than a header.
    #[error("a STUN message has at least {expected} bytes, this datagram has {actual}")]
    TooShort {
        /// Bytes of a header.
        expected: usize,
        /// Bytes received.
        actual: usize,
    },
    /// The two top bits of the type are not zero (RFC 8489 §5).
    #[error("a STUN message type is below 0x4000, this one is {actual:#06x}: another protocol?")]
    WrongType {
        /// The type field received.
        actual: u16,
    },
    /// Not the magic cookie: another protocol, or STUN older than RFC 5389.
    #[error("the magic cookie is {expected:#010x}, this datagram has {actual:#010x} in its place")]
    WrongCookie {
        /// The cookie.
        expected: u32,
        /// What was received.
        actual: u32,
    },
    /// Attributes are padded to four bytes, so the length is a multiple of four (RFC 8489 §5).
    #[error("the length of a STUN message is a multiple of 4, this one states {actual}")]
    UnalignedLength {
        /// The length field received.
        actual: usize,
    },
    /// The datagram was cut, or has bytes behind the message.
    #[error("the header announces {expected} bytes of attributes, {actual} follow it")]
    WrongLength {
        /// What the length field says.
        expected: usize,
        /// Bytes after the header.
        actual: usize,
    },
    /// An attribute runs past the end of the message.
    #[error("attribute {kind:#06x} needs {expected} bytes with its padding, {actual} are left")]
    TruncatedAttribute {
        /// The attribute's type.
        kind: u16,
        /// Bytes of its value and padding.
        expected: usize,
        /// Bytes left in the message.
        actual: usize,
    },
}
