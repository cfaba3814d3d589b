//! The connection and its data channels.

use crate::{DataChannelState, data_channel::Channel};

/// webrtc-stats, `RTCPeerConnectionStats`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PeerConnectionStats {
    /// How many data channels have entered the state `open`.
    pub data_channels_opened: u32,
    /// How many of them have left it.
    pub data_channels_closed: u32,
}

/// webrtc-stats, `RTCDataChannelStats`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataChannelStats {
    /// The name given at creation.
    pub label: String,
    /// The subprotocol.
    pub protocol: String,
    /// The stream, once there is one.
    pub data_channel_identifier: Option<u16>,
    /// As its getter shows it.
    pub state: DataChannelState,
    /// Messages that `send` took.
    pub messages_sent: u64,
    /// Their payloads' bytes.
    pub bytes_sent: u64,
    /// `message` events.
    pub messages_received: u64,
    /// Their payloads' bytes.
    pub bytes_received: u64,
}

impl DataChannelStats {
    pub(crate) fn of(channel: &Channel) -> Self {
        Self {
            label: channel.label.clone(),
            protocol: channel.init.protocol.clone(),
            data_channel_identifier: channel.init.id,
            state: channel.ready_state,
            messages_sent: channel.counts.messages_sent,
            bytes_sent: channel.counts.bytes_sent,
            messages_received: channel.counts.messages_received,
            bytes_received: channel.counts.bytes_received,
        }
    }
}
