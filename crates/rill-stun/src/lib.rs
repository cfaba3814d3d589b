#![forbid(unsafe_code)]
//! STUN and TURN on the wire: what ICE and a client of a relay need.
//!
//! [`Message`] is a view over a received datagram that copies nothing; [`Writer`] appends a
//! message to a buffer of the caller. Neither allocates (the buffer grows if it is too small),
//! neither knows of time, transactions or sockets: those belong to the ICE agent and to the TURN
//! client.
//!
//! # Standards
//!
//! - RFC 8489, STUN: message structure, integrity (HMAC-SHA1 and HMAC-SHA256) with short-term and
//!   long-term credentials, FINGERPRINT, ERROR-CODE, ALTERNATE-SERVER.
//! - RFC 8445 §7.1, §16.1: PRIORITY, USE-CANDIDATE, ICE-CONTROLLED, ICE-CONTROLLING.
//! - RFC 8656 §12, §17, §18, TURN: methods, attributes, ChannelData, framing over a stream.
//! - RFC 7983: telling STUN and ChannelData from DTLS and RTP on one socket ([`is_stun`],
//!   [`is_channel_data`]).
//! - RFC 5769 and RFC 8489 Appendix B: their test vectors are our tests (the latter corrected).
//!
//! # Example
//!
//! ```
//! use rill_stun::{Check, Class, IntegrityKey, Message, Method, TransactionId, Writer};
//!
//! let key = IntegrityKey::new(b"VOkJxbRl1RmTxUk/WvJxBt");
//! let mut buffer = Vec::new();
//! let datagram = Writer::new(&mut buffer, Class::Request, Method::BINDING, TransactionId([7; 12]))
//!     .username("evtj:h6vY")
//!     .priority(0x6e00_01ff)
//!     .message_integrity_with(&key)
//!     .fingerprint()
//!     .finish();
//!
//! let message = Message::parse(datagram)?;
//! assert_eq!(message.username(), Some(&b"evtj:h6vY"[..]));
//! assert_eq!(message.verify_integrity_with(&key), Check::Valid);
//! assert_eq!(message.fingerprint(), Check::Valid);
//! # Ok::<(), rill_stun::ParseError>(())
//! ```

mod attribute;
mod channel_data;
mod error_code;
mod fingerprint;
mod frame;
mod header;
mod integrity;
mod long_term;
mod message;
mod message_type;
mod parse_error;
mod transaction_id;
mod turn;
mod writer;

pub use attribute::{AddressFamily, Attributes, RawAttribute, kind};
pub use channel_data::{ChannelData, ChannelDataError, ChannelNumber, Padding, is_channel_data};
pub use error_code::ErrorCode;
pub use frame::{FrameError, frame_length};
pub use header::{HEADER_LENGTH, MAGIC_COOKIE, is_stun};
pub use integrity::{Algorithm, Check, IntegrityKey};
pub use long_term::{PasswordAlgorithm, PasswordAlgorithms, SecurityFeatures, userhash};
pub use message::Message;
pub use message_type::{Class, Method};
pub use parse_error::ParseError;
pub use transaction_id::TransactionId;
pub use turn::{AddressErrorCode, Icmp, SEND_INDICATION_OVERHEAD, TooLarge, wrap_send_indication};
pub use writer::Writer;
