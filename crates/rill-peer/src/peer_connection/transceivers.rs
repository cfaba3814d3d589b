//! Transceivers, as the application handles them (webrtc-pc §5.1, §5.4).

use std::time::Instant;

use crate::{
    PeerConnection,
    media::{self, CodecCapability, MediaKind},
    transceiver::{
        Direction, Origin, Transceiver, TransceiverError, TransceiverId, TransceiverInfo,
        TransceiverInit, check_streams, distinct,
    },
};

impl PeerConnection {
    /// Adds a transceiver (webrtc-pc §5.1, `addTransceiver`). It is negotiated with the next offer.
    ///
    /// No media flows yet: what is negotiated is not sent.
    ///
    /// # Errors
    ///
    /// The connection is closed, the direction is `Stopped`, or a stream's id is no id.
    pub fn add_transceiver(
        &mut self,
        now: Instant,
        kind: MediaKind,
        init: TransceiverInit,
    ) -> Result<TransceiverId, TransceiverError> {
        if self.is_closed() {
            return Err(TransceiverError::Closed);
        }
        if init.direction == Direction::Stopped {
            return Err(TransceiverError::StoppedDirection);
        }
        check_streams(&init.streams)?;
        let transceivers = &mut self.transceivers;
        let id = self
            .rng
            .draw(|rng| transceivers.add(kind, init, Origin::Transceiver, rng));
        self.changed(now);
        Ok(id)
    }

    /// Sends a track (webrtc-pc §5.1, `addTrack`): with a transceiver that never sent, or with a new
    /// one.
    ///
    /// # Errors
    ///
    /// The connection is closed, a sender has the track already, or a stream's id is no id.
    pub fn add_track(
        &mut self,
        now: Instant,
        kind: MediaKind,
        track: &str,
        streams: Vec<String>,
    ) -> Result<TransceiverId, TransceiverError> {
        if self.is_closed() {
            return Err(TransceiverError::Closed);
        }
        check_streams(&streams)?;
        let sends_it = |transceiver: &Transceiver| {
            !transceiver.shown.stopped && transceiver.sender.track.as_deref() == Some(track)
        };
        if self.transceivers.listed().any(sends_it) {
            return Err(TransceiverError::TrackInUse(track.to_owned()));
        }
        let reusable = |transceiver: &&Transceiver| {
            transceiver.sender.track.is_none()
                && transceiver.kind == kind
                && !transceiver.stopping
                && !transceiver.gone
                && !transceiver.shown.has_sent
        };
        let found = self.transceivers.listed().find(reusable).map(|t| t.id);
        let id = found.unwrap_or_else(|| {
            let init = TransceiverInit {
                direction: Direction::RecvOnly,
                ..TransceiverInit::default()
            };
            let transceivers = &mut self.transceivers;
            self.rng
                .draw(|rng| transceivers.add(kind, init, Origin::Track, rng))
        });
        if let Some(transceiver) = self.transceivers.get_mut(id) {
            transceiver.send(track, streams);
        }
        self.changed(now);
        Ok(id)
    }

    /// Stops sending the track of this transceiver (webrtc-pc §5.1, `removeTrack`).
    ///
    /// # Errors
    ///
    /// The connection is closed, or there is no such transceiver.
    pub fn remove_track(
        &mut self,
        now: Instant,
        id: TransceiverId,
    ) -> Result<(), TransceiverError> {
        let transceiver = self.open_transceiver(id)?;
        if transceiver.sender.track.take().is_none() || transceiver.stopping {
            return Ok(());
        }
        transceiver.direction = Direction::of(false, transceiver.direction.receives());
        self.changed(now);
        Ok(())
    }

    /// The transceivers, in the order in which they were added (`getTransceivers`).
    #[must_use]
    pub fn transceivers(&self) -> Vec<TransceiverId> {
        self.transceivers.listed().map(|t| t.id).collect()
    }

    /// What the getters of a transceiver show, also after it has left the set; the oldest of those
    /// are forgotten.
    #[must_use]
    pub fn transceiver(&self, id: TransceiverId) -> Option<TransceiverInfo> {
        self.transceivers.get(id).map(Transceiver::info)
    }

    /// Sets which way media may flow (webrtc-pc §5.4, `direction`); the next exchange settles it.
    ///
    /// # Errors
    ///
    /// The connection is closed, the transceiver is stopped, or the direction is `Stopped`.
    pub fn set_direction(
        &mut self,
        now: Instant,
        id: TransceiverId,
        direction: Direction,
    ) -> Result<(), TransceiverError> {
        let transceiver = self.open_transceiver(id)?;
        if transceiver.stopping {
            return Err(TransceiverError::Stopped);
        }
        if direction == Direction::Stopped {
            return Err(TransceiverError::StoppedDirection);
        }
        if std::mem::replace(&mut transceiver.direction, direction) != direction {
            self.changed(now);
        }
        Ok(())
    }

    /// Stops a transceiver for good (webrtc-pc §5.4, `stop`); the next exchange tells the peer.
    ///
    /// # Errors
    ///
    /// The connection is closed, or there is no such transceiver.
    pub fn stop_transceiver(
        &mut self,
        now: Instant,
        id: TransceiverId,
    ) -> Result<(), TransceiverError> {
        let transceiver = self.open_transceiver(id)?;
        if !transceiver.stopping {
            transceiver.stop_sending_and_receiving();
            self.changed(now);
        }
        Ok(())
    }

    /// Which codecs to negotiate, in order of preference; none is the default
    /// (webrtc-pc §5.4, `setCodecPreferences`).
    ///
    /// # Errors
    ///
    /// A codec is not among the [capabilities](crate::codec_capabilities), or none carries media.
    pub fn set_codec_preferences(
        &mut self,
        id: TransceiverId,
        codecs: Vec<CodecCapability>,
    ) -> Result<(), TransceiverError> {
        let transceiver = self.transceivers.get_mut(id);
        let transceiver = transceiver.ok_or(TransceiverError::Unknown)?;
        let checked = media::check_preferences(transceiver.kind, &codecs);
        transceiver.preferences = checked.map_err(|_| TransceiverError::Codecs)?;
        Ok(())
    }

    /// Sends another track, or none, without negotiation (webrtc-pc §5.2, `replaceTrack`).
    ///
    /// # Errors
    ///
    /// The connection is closed, or the transceiver is stopped.
    pub fn replace_track(
        &mut self,
        id: TransceiverId,
        track: Option<String>,
    ) -> Result<(), TransceiverError> {
        let transceiver = self.open_transceiver(id)?;
        if transceiver.stopping {
            return Err(TransceiverError::Stopped);
        }
        transceiver.sender.track = track;
        Ok(())
    }

    /// The streams that the sent track belongs to (webrtc-pc §5.2, `setStreams`).
    ///
    /// # Errors
    ///
    /// The connection is closed, there is no such transceiver, or a stream's id is no id.
    pub fn set_streams(
        &mut self,
        now: Instant,
        id: TransceiverId,
        streams: Vec<String>,
    ) -> Result<(), TransceiverError> {
        let transceiver = self.open_transceiver(id)?;
        check_streams(&streams)?;
        transceiver.sender.streams = distinct(streams);
        self.changed(now);
        Ok(())
    }

    fn open_transceiver(
        &mut self,
        id: TransceiverId,
    ) -> Result<&mut Transceiver, TransceiverError> {
        if self.is_closed() {
            return Err(TransceiverError::Closed);
        }
        self.transceivers
            .get_mut(id)
            .ok_or(TransceiverError::Unknown)
    }

    fn changed(&mut self, now: Instant) {
        self.update_negotiation_needed();
        self.pump(now);
    }
}
