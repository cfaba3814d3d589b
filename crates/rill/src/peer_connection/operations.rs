//! Offer and answer, candidates, restarts, and data channels (webrtc-pc §4.4, §6.1).

use std::sync::Arc;

use rill_peer::{
    AddIceCandidateError, ConfigurationError, CreateAnswerError, CreateDataChannelError,
    CreateOfferError, DataChannelInit, IceCandidateInit, OfferOptions, SessionDescription,
    SetDescriptionError,
};

use super::PeerConnection;
use crate::{Configuration, DataChannel};

impl PeerConnection {
    /// Makes an offer.
    ///
    /// # Errors
    ///
    /// The connection is closed, or a remote offer is pending.
    pub async fn create_offer(
        &self,
        options: OfferOptions,
    ) -> Result<SessionDescription, CreateOfferError> {
        self.shared().command(|peer, _| peer.create_offer(options))
    }

    /// Makes an answer to the remote offer.
    ///
    /// # Errors
    ///
    /// The connection is closed, or there is no remote offer.
    pub async fn create_answer(&self) -> Result<SessionDescription, CreateAnswerError> {
        self.shared().command(|peer, _| peer.create_answer())
    }

    /// Applies a local description; `None` makes the one that fits. Gathering starts with it.
    ///
    /// # Errors
    ///
    /// The description does not fit; the connection is as it was.
    pub async fn set_local_description(
        &self,
        description: impl Into<Option<SessionDescription>>,
    ) -> Result<(), SetDescriptionError> {
        let description = description.into();
        self.shared()
            .command(|peer, now| peer.set_local_description(now, description))
            .map(drop)
    }

    /// Applies a remote description. An offer takes back a pending offer of our own.
    ///
    /// # Errors
    ///
    /// The description is malformed or does not fit; the connection is as it was.
    pub async fn set_remote_description(
        &self,
        description: SessionDescription,
    ) -> Result<(), SetDescriptionError> {
        self.shared()
            .command(|peer, now| peer.set_remote_description(now, &description))
            .map(drop)
    }

    /// Takes a candidate of the peer; `None` is the end of them all.
    ///
    /// # Errors
    ///
    /// The candidate is malformed, or belongs to no section or generation of the remote description.
    pub async fn add_ice_candidate(
        &self,
        candidate: impl Into<Option<IceCandidateInit>>,
    ) -> Result<(), AddIceCandidateError> {
        let candidate = candidate.into();
        self.shared()
            .command(|peer, now| peer.add_ice_candidate(now, candidate.as_ref()))
            .map(drop)
    }

    /// Asks for an ICE restart: [`NegotiationNeeded`](crate::Event::NegotiationNeeded) follows, and the
    /// next offer has new credentials. Data goes on over the old pair until a new one is selected.
    ///
    /// Does nothing before the first description, or once closed.
    pub fn restart_ice(&self) {
        self.shared()
            .command(rill_peer::PeerConnection::restart_ice);
    }

    /// Other servers or policies. They have effect when the next gathering starts, which
    /// [`restart_ice`](Self::restart_ice) brings about.
    ///
    /// No certificates means those there are; `loopback` stays what it was.
    ///
    /// # Errors
    ///
    /// The connection is closed, a server cannot be read, or the bundle policy or the certificates
    /// are others, or the size of the pool after the first local description.
    pub fn set_configuration(
        &self,
        configuration: Configuration,
    ) -> Result<(), ConfigurationError> {
        self.shared().set_configuration(configuration)
    }

    /// Creates a data channel. It opens once both peers have applied the descriptions.
    ///
    /// # Errors
    ///
    /// The connection is closed, an argument is out of range, or no stream is free.
    pub fn create_data_channel(
        &self,
        label: &str,
        init: DataChannelInit,
    ) -> Result<DataChannel, CreateDataChannelError> {
        let id = self.shared().create_data_channel(label, init)?;
        Ok(DataChannel::new(Arc::clone(&self.handle), id))
    }
}
