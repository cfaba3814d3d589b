use std::sync::Arc;

use rill_peer::{
    CodecCapability, Direction, MediaKind, TransceiverError, TransceiverId, TransceiverInfo,
    TransportId,
};

use crate::shared::{Handle, Shared};

/// A transceiver (webrtc-pc, `RTCRtpTransceiver`): one section of media, sent and received.
///
/// Cloning gives another handle; dropping them leaves the transceiver as it is.
#[derive(Clone)]
pub struct Transceiver {
    handle: Arc<Handle>,
    id: TransceiverId,
}

impl core::fmt::Debug for Transceiver {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let info = self.info();
        f.debug_struct("Transceiver")
            .field("kind", &info.kind)
            .field("mid", &info.mid)
            .field("direction", &info.direction)
            .finish_non_exhaustive()
    }
}

/// Handles of one transceiver are equal.
impl PartialEq for Transceiver {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id && other.is_of(&self.handle.0)
    }
}

impl Eq for Transceiver {}

impl Transceiver {
    pub(crate) fn new(handle: Arc<Handle>, id: TransceiverId) -> Self {
        Self { handle, id }
    }

    pub(crate) fn is_of(&self, shared: &Arc<Shared>) -> bool {
        Arc::ptr_eq(&self.handle.0, shared)
    }

    /// What names it within its connection.
    #[must_use]
    pub fn id(&self) -> TransceiverId {
        self.id
    }

    /// Everything there is to know of it, of its sender and of its receiver.
    #[must_use]
    pub fn info(&self) -> TransceiverInfo {
        let info = self.handle.0.lock().peer.transceiver(self.id);
        info.expect("a connection keeps its transceivers")
    }

    /// Audio or video.
    #[must_use]
    pub fn kind(&self) -> MediaKind {
        self.info().kind
    }

    /// The mid of its section, once a description with it was applied.
    #[must_use]
    pub fn mid(&self) -> Option<String> {
        self.info().mid
    }

    /// Which way media may flow, as far as we are concerned.
    #[must_use]
    pub fn direction(&self) -> Direction {
        self.info().direction
    }

    /// Which way the last exchange lets media flow.
    #[must_use]
    pub fn current_direction(&self) -> Option<Direction> {
        self.info().current_direction
    }

    /// Whether it was stopped for good, by either side.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.info().stopped
    }

    /// The transport of its section.
    #[must_use]
    pub fn transport(&self) -> Option<TransportId> {
        self.info().transport
    }

    /// Sets which way media may flow; the next exchange settles it.
    ///
    /// # Errors
    ///
    /// The connection is closed, the transceiver is stopped, or the direction is `Stopped`.
    pub fn set_direction(&self, direction: Direction) -> Result<(), TransceiverError> {
        self.handle
            .0
            .command(|peer, now| peer.set_direction(now, self.id, direction))
    }

    /// Stops it for good; the next exchange tells the peer.
    ///
    /// # Errors
    ///
    /// The connection is closed.
    pub fn stop(&self) -> Result<(), TransceiverError> {
        self.handle
            .0
            .command(|peer, now| peer.stop_transceiver(now, self.id))
    }

    /// Which codecs to negotiate, the preferred one first; none is the default.
    ///
    /// # Errors
    ///
    /// A codec is not among the [capabilities](crate::codec_capabilities), or none carries media.
    pub fn set_codec_preferences(
        &self,
        codecs: Vec<CodecCapability>,
    ) -> Result<(), TransceiverError> {
        self.handle
            .0
            .command(|peer, _| peer.set_codec_preferences(self.id, codecs))
    }

    /// Sends another track, or none, without negotiation.
    ///
    /// # Errors
    ///
    /// The connection is closed, or the transceiver is stopped.
    pub fn replace_track(&self, track: Option<String>) -> Result<(), TransceiverError> {
        self.handle
            .0
            .command(|peer, _| peer.replace_track(self.id, track))
    }

    /// The ids of the streams that the sent track belongs to.
    ///
    /// # Errors
    ///
    /// The connection is closed.
    pub fn set_streams(&self, streams: Vec<String>) -> Result<(), TransceiverError> {
        self.handle
            .0
            .command(|peer, now| peer.set_streams(now, self.id, streams))
    }
}
