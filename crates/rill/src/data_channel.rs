use std::sync::Arc;

use bytes::Bytes;
use rill_peer::{
    ChannelError, ChannelId, DataChannelInit, DataChannelState, Message, PeerConnection, SendError,
};
use tokio::sync::Notify;

use crate::shared::{Face, Handle};

/// A data channel. Dropping the handle closes the channel; what was sent is still delivered while
/// the connection lives.
pub struct DataChannel {
    handle: Arc<Handle>,
    id: ChannelId,
    changed: Arc<Notify>,
}

impl core::fmt::Debug for DataChannel {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("DataChannel")
            .field("label", &self.label())
            .field("ready_state", &self.ready_state())
            .finish_non_exhaustive()
    }
}

impl DataChannel {
    pub(crate) fn new(handle: Arc<Handle>, id: ChannelId) -> Self {
        let changed = match &mut handle.0.lock().face {
            Face::Inbox(inbox) => Arc::clone(&inbox.channel(id).changed),
            Face::Binding { .. } => Arc::default(),
        };
        Self {
            handle,
            id,
            changed,
        }
    }

    /// The name given at creation.
    #[must_use]
    pub fn label(&self) -> String {
        self.info().map(|info| info.label).unwrap_or_default()
    }

    /// How the channel was set up; `id` is its stream once there is one.
    #[must_use]
    pub fn init(&self) -> DataChannelInit {
        self.info().map(|info| info.init).unwrap_or_default()
    }

    fn info(&self) -> Option<rill_peer::DataChannelInfo> {
        self.handle.0.lock().peer.data_channel(self.id)
    }

    /// The stream, once there is one.
    #[must_use]
    pub fn id(&self) -> Option<u16> {
        self.handle.0.lock().peer.data_channel_stream(self.id)
    }

    /// Whether messages can be sent.
    #[must_use]
    pub fn ready_state(&self) -> DataChannelState {
        self.handle.0.lock().peer.data_channel_state(self.id)
    }

    /// The bytes that `send` took and that were not yet handed to the network.
    #[must_use]
    pub fn buffered_amount(&self) -> usize {
        self.handle.0.lock().peer.buffered_amount(self.id)
    }

    /// Sends bytes.
    ///
    /// # Errors
    ///
    /// The channel is not open, the message is longer than the peer accepts, or too much is queued:
    /// then wait for [`Self::drained`].
    pub fn send(&self, bytes: impl Into<Bytes>) -> Result<(), SendError> {
        self.send_message(Message::Binary(bytes.into()))
    }

    /// Sends text.
    ///
    /// # Errors
    ///
    /// As [`Self::send`].
    pub fn send_text(&self, text: impl Into<String>) -> Result<(), SendError> {
        self.send_message(Message::Text(text.into()))
    }

    /// Sends a message of either kind.
    ///
    /// # Errors
    ///
    /// As [`Self::send`].
    pub fn send_message(&self, message: Message) -> Result<(), SendError> {
        self.handle.0.send(self.id, message)
    }

    /// The next message; `None` once the channel is closed and everything was read.
    pub async fn recv(&self) -> Option<Message> {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            match self.take_message() {
                Some(message) => return message,
                None => changed.await,
            }
        }
    }

    /// The next message, `Some(None)` when there will be no more. Under one lock: the last message
    /// and the close that follows it may arrive together.
    fn take_message(&self) -> Option<Option<Message>> {
        let shared = &self.handle.0;
        let mut state = shared.lock();
        let message = match &mut state.face {
            Face::Inbox(inbox) => inbox.channel(self.id).next_message(),
            Face::Binding { .. } => None,
        };
        let Some(message) = message else {
            let closed = state.peer.data_channel_state(self.id) == DataChannelState::Closed;
            return closed.then_some(None);
        };
        state.consumed(shared, message.weight());
        Some(Some(message))
    }

    /// Waits until the channel is open.
    ///
    /// # Errors
    ///
    /// It was closed instead; the error that closed it, if one.
    pub async fn opened(&self) -> Result<(), Option<ChannelError>> {
        self.until(|peer| peer.data_channel_state(self.id) != DataChannelState::Connecting)
            .await;
        match self.ready_state() {
            DataChannelState::Open => Ok(()),
            _ => Err(self.error()),
        }
    }

    /// Waits until no more than `bytes` wait to be sent, or the channel is closed.
    pub async fn drained(&self, bytes: usize) {
        self.until(|peer| {
            // Each time: another waiter may have set its own.
            peer.set_buffered_amount_low_threshold(self.id, bytes);
            peer.data_channel_state(self.id) == DataChannelState::Closed
                || peer.buffered_amount(self.id) <= bytes
        })
        .await;
    }

    /// Waits until the channel is closed by either side.
    pub async fn closed(&self) {
        self.until(|peer| peer.data_channel_state(self.id) == DataChannelState::Closed)
            .await;
    }

    /// The error that closed the channel, if one.
    #[must_use]
    pub fn error(&self) -> Option<ChannelError> {
        match &mut self.handle.0.lock().face {
            Face::Inbox(inbox) => inbox.channel(self.id).error.clone(),
            Face::Binding { .. } => None,
        }
    }

    async fn until(&self, done: impl Fn(&mut PeerConnection) -> bool) {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if done(&mut self.handle.0.lock().peer) {
                return;
            }
            changed.await;
        }
    }

    /// Closes the channel; what was sent before is still delivered.
    pub fn close(&self) {
        self.handle
            .0
            .command(|peer, now| peer.close_data_channel(now, self.id));
    }
}

impl Drop for DataChannel {
    fn drop(&mut self) {
        self.handle.0.drop_data_channel(self.id);
    }
}
