//! What statistics tell of channels (webrtc-stats, `RTCDataChannelStats`, `RTCPeerConnectionStats`).

use crate::DataChannelState;

/// The messages of one channel.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) messages_sent: u64,
    pub(crate) bytes_sent: u64,
    pub(crate) messages_received: u64,
    pub(crate) bytes_received: u64,
}

impl Counts {
    pub(super) fn sent(&mut self, length: usize) {
        self.messages_sent += 1;
        self.bytes_sent += length as u64;
    }

    pub(super) fn received(&mut self, length: usize) {
        self.messages_received += 1;
        self.bytes_received += length as u64;
    }
}

/// How many channels of a connection were ever open, and how many are not any more.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) opened: u32,
    pub(crate) closed: u32,
}

impl Tally {
    /// Moves a channel from one state to another.
    pub(super) fn advance(&mut self, state: &mut DataChannelState, to: DataChannelState) {
        let was_open = std::mem::replace(state, to) == DataChannelState::Open;
        let is_open = to == DataChannelState::Open;
        self.opened += u32::from(is_open && !was_open);
        self.closed += u32::from(was_open && !is_open);
    }
}
