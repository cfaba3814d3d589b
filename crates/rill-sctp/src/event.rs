//! What an association reports.

use crate::message::StreamId;

/// Something that happened; taken from [`Association::poll_event`](crate::Association::poll_event).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// The association is established. Reported once.
    Connected {
        /// How many streams the peer may send on: identifiers below this number.
        max_incoming: u16,
        /// How many streams we may send on: identifiers below this number.
        max_outgoing: u16,
    },
    /// The peer has reset its outgoing side of these streams (RFC 6525 §5.2.2). All messages that
    /// it sent on them before can be had from `poll_message`. An empty list means every stream.
    StreamsReset(Vec<StreamId>),
    /// Our side of these streams is reset: the peer has everything that was sent on them, and they
    /// can be used again.
    OutgoingReset(Vec<StreamId>),
    /// The peer refused to reset these streams, or cannot reset streams at all. They stay as they
    /// were; RFC 8831 §6.7 gives no other way to close one alone.
    OutgoingResetFailed(Vec<StreamId>),
    /// The amount buffered on the stream fell to its threshold or below
    /// ([`Association::set_buffered_amount_low_threshold`](crate::Association::set_buffered_amount_low_threshold)).
    BufferedAmountLow(StreamId),
    /// The peer sent a message above [`Config::max_message_size`](crate::Config::max_message_size);
    /// it was discarded.
    MessageTooLarge {
        /// The stream it came on.
        stream: StreamId,
        /// Its length in bytes.
        length: usize,
    },
    /// The association ended by the SHUTDOWN procedure (RFC 9260 §9.2), or by our own `abort`.
    Closed,
    /// The association was ended by the peer or by an error. Messages received before can still be
    /// had from `poll_message`.
    Aborted {
        /// Who ended it and why.
        reason: AbortReason,
    },
}

/// Why an association was aborted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AbortReason {
    /// The peer sent ABORT; the text names the causes it gave (RFC 9260 §3.3.10).
    #[error("the peer aborted the association: {0}")]
    Peer(String),
    /// The peer broke the protocol.
    #[error("the peer broke the SCTP protocol: {0}")]
    ProtocolViolation(String),
    /// The peer began a new association in the old one's place (RFC 9260 §5.2.4.1), which loses
    /// messages; WebRTC never does that within one DTLS connection.
    #[error("the peer restarted the association")]
    Restarted,
    /// The peer no longer answers.
    #[error("the peer no longer answers: {0}")]
    Unreachable(String),
}
