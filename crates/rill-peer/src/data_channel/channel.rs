use std::time::Duration;

use rill_sctp::{Reliability, SendOptions};

use super::counts::Counts;
use crate::{DataChannelState, Exception};

/// How a data channel is to behave (webrtc-pc, `RTCDataChannelInit`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataChannelInit {
    /// Whether messages arrive in the order in which they were sent.
    pub ordered: bool,
    /// For how many milliseconds a message is (re)transmitted; excludes `max_retransmits`.
    pub max_packet_life_time: Option<u16>,
    /// How often a message is retransmitted; excludes `max_packet_life_time`.
    pub max_retransmits: Option<u16>,
    /// The subprotocol, at most 65,535 bytes.
    pub protocol: String,
    /// Whether both sides create the channel themselves, with the same `id`.
    pub negotiated: bool,
    /// The stream, 0 to 65,534; required when `negotiated`, otherwise ignored.
    pub id: Option<u16>,
}

impl Default for DataChannelInit {
    fn default() -> Self {
        Self {
            ordered: true,
            max_packet_life_time: None,
            max_retransmits: None,
            protocol: String::new(),
            negotiated: false,
            id: None,
        }
    }
}

/// Why a channel was not created.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CreateDataChannelError {
    /// The connection is closed.
    #[error("the connection is closed")]
    Closed,
    /// Label or protocol is longer than 65,535 bytes.
    #[error("the {0} is longer than 65535 bytes")]
    TooLong(&'static str),
    /// `negotiated` without an `id`.
    #[error("a negotiated channel needs an id")]
    IdMissing,
    /// The id 65,535 does not exist.
    #[error("an id is at most 65534")]
    IdOutOfRange,
    /// Both reliability limits were given.
    #[error("maxPacketLifeTime and maxRetransmits exclude each other")]
    TwoLimits,
    /// Another channel has the id.
    #[error("id {0} is in use by another channel; choose a free one")]
    IdInUse(u16),
    /// The connected peer accepts fewer streams.
    #[error("the peer accepts ids below {limit}, not {id}")]
    IdTooLarge {
        /// The id asked for.
        id: u16,
        /// How many streams the peer accepts.
        limit: u16,
    },
    /// Every stream is taken.
    #[error("every stream is in use; close a channel first")]
    NoFreeId,
}

impl CreateDataChannelError {
    /// The exception that W3C gives for it.
    #[must_use]
    pub const fn exception(&self) -> Exception {
        match self {
            Self::Closed => Exception::InvalidState,
            Self::IdInUse(_) | Self::IdTooLarge { .. } | Self::NoFreeId => Exception::Operation,
            Self::TooLong(_) | Self::IdMissing | Self::IdOutOfRange | Self::TwoLimits => {
                Exception::Type
            }
        }
    }
}

/// Why a message was not taken. Nothing of it was sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// The channel is not open.
    #[error("the channel is {0}, not open")]
    NotOpen(DataChannelState),
    /// The message is longer than the peer accepts.
    #[error("a message of {size} bytes is longer than the {limit} that the peer accepts")]
    TooLarge {
        /// The message's length.
        size: usize,
        /// The peer's `a=max-message-size`.
        limit: usize,
    },
    /// 64 MiB or more wait to be sent on all channels of the connection; wait until `bufferedAmount` falls.
    #[error("64 MiB wait to be sent: the send buffer is full; wait until bufferedAmount falls")]
    BufferFull,
}

impl SendError {
    /// The exception that W3C gives for it.
    #[must_use]
    pub const fn exception(&self) -> Exception {
        match self {
            Self::NotOpen(_) => Exception::InvalidState,
            Self::TooLarge { .. } => Exception::Type,
            Self::BufferFull => Exception::Operation,
        }
    }
}

/// What getters tell of a channel, as of the last polled task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataChannelInfo {
    /// The name given at creation.
    pub label: String,
    /// How it was set up; `id` is the stream once there is one.
    pub init: DataChannelInit,
    /// Whether messages can be sent.
    pub ready_state: DataChannelState,
    /// The bytes that `send` took and that were not yet handed to the network.
    pub buffered_amount: usize,
}

/// Where a channel is on the wire, ahead of what its getters show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// No association, or no stream yet.
    Waiting,
    /// Usable. Until the peer acknowledged the OPEN everything goes in order (RFC 8832 §6).
    Open { acknowledged: bool },
    /// Both directions are being reset (RFC 8831 §6.7).
    Closing { ours: Reset, theirs: bool },
    /// The stream is free again.
    Closed,
}

/// How far the reset of our direction is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reset {
    /// Queued messages go first.
    Draining,
    /// Asked for.
    Sent,
    /// The peer agreed.
    Done,
}

/// A data channel.
#[derive(Debug)]
pub(crate) struct Channel {
    pub(crate) label: String,
    pub(crate) init: DataChannelInit,
    /// The stream; runs ahead of `init.id`, which is what the getter shows.
    pub(crate) stream: Option<u16>,
    pub(crate) phase: Phase,
    /// As of the last polled task.
    pub(crate) ready_state: DataChannelState,
    /// As of the last polled task (`bufferedAmount`).
    pub(crate) buffered_amount: usize,
    pub(crate) buffered_amount_low_threshold: usize,
    /// What the association still holds of this channel.
    pub(crate) queued: usize,
    /// A task that lowers `buffered_amount` waits to be polled.
    pub(crate) sent_pending: bool,
    /// What it counts against the room for channels of the peer; nothing for one of ours.
    pub(crate) charge: usize,
    pub(crate) counts: Counts,
    /// No handle is left: nothing is kept once it is closed.
    pub(crate) forgotten: bool,
}

impl Channel {
    pub(crate) fn new(label: String, init: DataChannelInit, stream: Option<u16>) -> Self {
        Self {
            label,
            init,
            stream,
            phase: Phase::Waiting,
            ready_state: DataChannelState::Connecting,
            buffered_amount: 0,
            buffered_amount_low_threshold: 0,
            queued: 0,
            sent_pending: false,
            charge: 0,
            counts: Counts::default(),
            forgotten: false,
        }
    }

    pub(crate) fn info(&self) -> DataChannelInfo {
        DataChannelInfo {
            label: self.label.clone(),
            init: self.init.clone(),
            ready_state: self.ready_state,
            buffered_amount: self.buffered_amount,
        }
    }

    /// How a message is sent at this moment.
    pub(crate) fn send_options(&self) -> SendOptions {
        let acknowledged = !matches!(
            self.phase,
            Phase::Open {
                acknowledged: false
            }
        );
        let reliability = match (self.init.max_packet_life_time, self.init.max_retransmits) {
            (Some(milliseconds), _) => {
                Reliability::MaxLifetime(Duration::from_millis(u64::from(milliseconds)))
            }
            (None, Some(count)) => Reliability::MaxRetransmits(count),
            (None, None) => Reliability::Reliable,
        };
        SendOptions {
            ordered: self.init.ordered || !acknowledged,
            reliability,
        }
    }
}

/// Checks the arguments of `createDataChannel` in the order of webrtc-pc §6.1.
pub(crate) fn check(label: &str, init: &DataChannelInit) -> Result<(), CreateDataChannelError> {
    if label.len() > 65535 {
        return Err(CreateDataChannelError::TooLong("label"));
    }
    if init.protocol.len() > 65535 {
        return Err(CreateDataChannelError::TooLong("protocol"));
    }
    if init.negotiated && init.id.is_none() {
        return Err(CreateDataChannelError::IdMissing);
    }
    if init.max_packet_life_time.is_some() && init.max_retransmits.is_some() {
        return Err(CreateDataChannelError::TwoLimits);
    }
    if init.negotiated && init.id == Some(u16::MAX) {
        return Err(CreateDataChannelError::IdOutOfRange);
    }
    Ok(())
}
