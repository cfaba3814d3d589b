//! Data channels, as the application sees them (webrtc-pc §6).

use std::time::Instant;

use crate::{
    ChannelId, CreateDataChannelError, DataChannelInfo, DataChannelInit, DataChannelState, Message,
    PeerConnection, SendError,
};

impl PeerConnection {
    /// Creates a channel (webrtc-pc §6.1, `createDataChannel`).
    ///
    /// # Errors
    ///
    /// The connection is closed, an argument is out of range, or no stream is free.
    pub fn create_data_channel(
        &mut self,
        now: Instant,
        label: &str,
        init: DataChannelInit,
    ) -> Result<ChannelId, CreateDataChannelError> {
        if self.is_closed() {
            return Err(CreateDataChannelError::Closed);
        }
        let first = !self.channels.is_used();
        let id = self.channels.create(now, label, init, &mut self.tasks)?;
        if first {
            self.update_negotiation_needed();
        }
        self.pump(now);
        Ok(id)
    }

    /// What the getters of a channel show; `None` for one that was forgotten.
    #[must_use]
    pub fn data_channel(&self, id: ChannelId) -> Option<DataChannelInfo> {
        self.channels
            .get(id)
            .map(crate::data_channel::Channel::info)
    }

    /// Whether messages can be sent on a channel.
    #[must_use]
    pub fn data_channel_state(&self, id: ChannelId) -> DataChannelState {
        self.channels
            .get(id)
            .map_or(DataChannelState::Closed, |channel| channel.ready_state)
    }

    /// The stream of a channel, once it has one.
    #[must_use]
    pub fn data_channel_stream(&self, id: ChannelId) -> Option<u16> {
        self.channels.get(id).and_then(|channel| channel.init.id)
    }

    /// The bytes that `send` took and that were not yet handed to the network.
    #[must_use]
    pub fn buffered_amount(&self, id: ChannelId) -> usize {
        self.channels
            .get(id)
            .map_or(0, |channel| channel.buffered_amount)
    }

    /// At what buffered amount `bufferedamountlow` fires, in bytes.
    pub fn set_buffered_amount_low_threshold(&mut self, id: ChannelId, threshold: usize) {
        if let Some(channel) = self.channels.get_mut(id) {
            channel.buffered_amount_low_threshold = threshold;
        }
    }

    /// The longest message that the peer accepts, once negotiated.
    #[must_use]
    pub fn max_message_size(&self) -> Option<usize> {
        let limit = self.view.sctp.and_then(|sctp| sctp.max_message_size);
        limit.and_then(|limit| usize::try_from(limit).ok())
    }

    /// Sends a message (webrtc-pc §6.2, `send`).
    ///
    /// # Errors
    ///
    /// The channel is not open, the message is longer than the peer accepts, or too much is queued.
    pub fn send(&mut self, now: Instant, id: ChannelId, message: Message) -> Result<(), SendError> {
        self.channels.send(now, id, message)
    }

    /// Whether everything that was sent has arrived, or was given up: what is sent now travels alone.
    #[must_use]
    pub fn is_sending_done(&self) -> bool {
        self.channels.is_sending_done()
    }

    /// Closes a channel; what was sent before is still delivered (webrtc-pc §6.2, `close`).
    pub fn close_data_channel(&mut self, now: Instant, id: ChannelId) {
        self.channels.close(now, id, &mut self.tasks);
        self.pump(now);
    }

    /// The application took messages of this [weight](Message::weight) in all. What is not taken stays
    /// in SCTP's receive window, where the peer sees it. Whether something came of it: tasks to hand
    /// out, or a packet that tells the peer of the room.
    pub fn consumed(&mut self, now: Instant, weight: usize) -> bool {
        let room = self.channels.consumed(weight);
        if room {
            self.settle_channels(now);
        }
        room
    }

    /// Frees what is kept of a closed channel; its getters give nothing any more.
    pub fn forget_data_channel(&mut self, id: ChannelId) {
        self.channels.forget(id);
    }
}
