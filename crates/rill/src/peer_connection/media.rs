//! Transceivers and tracks (webrtc-pc §5.1).

use rill_peer::{MediaKind, TransceiverError, TransceiverInit};

use super::PeerConnection;
use crate::Transceiver;

impl PeerConnection {
    /// Adds a transceiver: the next offer has a section for it.
    ///
    /// No media flows yet; what is negotiated is not sent.
    ///
    /// # Errors
    ///
    /// The connection is closed, or the direction is `Stopped`.
    ///
    /// # Example
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use rill::{Configuration, Direction, MediaKind, PeerConnection, TransceiverInit};
    ///
    /// let pc = PeerConnection::new(Configuration::default())?;
    /// let init = TransceiverInit { direction: Direction::RecvOnly, ..TransceiverInit::default() };
    /// let audio = pc.add_transceiver(MediaKind::Audio, init)?;
    /// assert_eq!(audio.mid(), None);
    /// pc.set_local_description(None).await?; // gathers, although there is no data channel
    /// assert_eq!(audio.mid().as_deref(), Some("0"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn add_transceiver(
        &self,
        kind: MediaKind,
        init: TransceiverInit,
    ) -> Result<Transceiver, TransceiverError> {
        let added = self
            .shared()
            .command(|peer, now| peer.add_transceiver(now, kind, init));
        added.map(|id| self.transceiver(id))
    }

    /// Sends a track, which the peer will see under these stream ids: with a transceiver that never
    /// sent, or with a new one.
    ///
    /// # Errors
    ///
    /// The connection is closed, or a transceiver sends the track already.
    pub fn add_track(
        &self,
        kind: MediaKind,
        track: &str,
        streams: Vec<String>,
    ) -> Result<Transceiver, TransceiverError> {
        let added = self
            .shared()
            .command(|peer, now| peer.add_track(now, kind, track, streams));
        added.map(|id| self.transceiver(id))
    }

    /// Stops sending the track of a transceiver, which may go on receiving.
    ///
    /// # Errors
    ///
    /// The connection is closed, or the transceiver is of another one.
    pub fn remove_track(&self, transceiver: &Transceiver) -> Result<(), TransceiverError> {
        if !transceiver.is_of(self.shared()) {
            return Err(TransceiverError::Unknown);
        }
        self.shared()
            .command(|peer, now| peer.remove_track(now, transceiver.id()))
    }

    /// The transceivers that are not stopped, in the order in which they were added.
    #[must_use]
    pub fn transceivers(&self) -> Vec<Transceiver> {
        let ids = self.peer(rill_peer::PeerConnection::transceivers);
        ids.into_iter().map(|id| self.transceiver(id)).collect()
    }
}
