//! Messages, and how they are sent.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;

/// A stream identifier (RFC 9260 §3.3.1). Each direction has its own streams; a data channel uses
/// the same number in both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId(pub u16);

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A payload protocol identifier (RFC 9260 §3.3.1): what the message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ppid(pub u32);

/// RFC 8831 §8.
impl Ppid {
    /// A data channel establishment message (RFC 8832).
    pub const DCEP: Self = Self(50);
    /// A string, in UTF-8.
    pub const STRING: Self = Self(51);
    /// The first fragment of binary data: deprecated, accepted from old peers only.
    pub const BINARY_PARTIAL: Self = Self(52);
    /// Binary data.
    pub const BINARY: Self = Self(53);
    /// The first fragment of a string: deprecated, accepted from old peers only.
    pub const STRING_PARTIAL: Self = Self(54);
    /// A string without characters: the payload is one byte that is ignored, for SCTP has no empty
    /// messages.
    pub const STRING_EMPTY: Self = Self(56);
    /// Binary data without bytes: the payload is one byte that is ignored.
    pub const BINARY_EMPTY: Self = Self(57);
}

/// A message that was received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The stream it came on.
    pub stream: StreamId,
    /// What it is.
    pub ppid: Ppid,
    /// Its bytes; never none.
    pub payload: Bytes,
}

/// How one message is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SendOptions {
    /// Delivered after the ordered messages sent before it on the same stream; otherwise as soon as
    /// it arrives.
    pub ordered: bool,
    /// How long to try.
    pub reliability: Reliability,
}

impl Default for SendOptions {
    /// Ordered and reliable.
    fn default() -> Self {
        Self {
            ordered: true,
            reliability: Reliability::Reliable,
        }
    }
}

/// How long to try to deliver a message. Limits apply only when the peer supports partial
/// reliability (RFC 3758); without it, every message is reliable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reliability {
    /// Until it is delivered or the association ends.
    Reliable,
    /// Until it was retransmitted this many times (RFC 7496 §3.2). Zero: sent once.
    MaxRetransmits(u16),
    /// Until this long after `send` (RFC 3758 §4.1).
    MaxLifetime(Duration),
}

/// Why a message was not taken for sending. Nothing of it was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// As much is queued as is allowed: wait for
    /// [`Event::BufferedAmountLow`](crate::Event::BufferedAmountLow), then try again.
    #[error(
        "the send buffer is full ({buffered} of {limit} bytes): wait until the buffered amount falls"
    )]
    BufferFull {
        /// How much is buffered over all streams, in bytes.
        buffered: usize,
        /// [`Config::send_buffer_limit`](crate::Config::send_buffer_limit).
        limit: usize,
    },
    /// SCTP has no empty messages: send one byte with [`Ppid::STRING_EMPTY`] or
    /// [`Ppid::BINARY_EMPTY`] (RFC 8831 §6.6).
    #[error("an SCTP message needs at least one byte of payload")]
    Empty,
    /// The stream is being reset; it can be used again after
    /// [`Event::OutgoingReset`](crate::Event::OutgoingReset).
    #[error("stream {0} is being reset")]
    Resetting(StreamId),
    /// The peer does not accept that many streams: use an identifier below the limit.
    #[error("stream {stream} does not exist: the peer accepts {limit} streams")]
    NoSuchStream {
        /// The stream asked for.
        stream: StreamId,
        /// How many streams the peer accepts.
        limit: u16,
    },
    /// The association is shutting down or has ended; nothing can be sent on it any more.
    #[error("the association is shutting down or has ended")]
    Closed,
}
