//! The connection: its handles and getters. What it does is in the files beside this one.

mod diagnose;
mod events;
mod media;
mod operations;
mod stats;
mod transports;

use std::sync::Arc;

use rill_peer::{
    CandidatePair, ConnectionState, IceConnectionState, IceGatheringState, SessionDescription,
    SignalingState,
};

use crate::{
    Configuration, NewError, driver,
    inbox::Inbox,
    shared::{Face, Handle, Shared},
};

/// A W3C peer connection, driven by the tokio runtime it was made in.
///
/// Cloning gives another handle to the same connection. It is closed when the last handle is dropped;
/// those of its channels and transceivers count. Getters run ahead of your reading of the event
/// stream: they show what holds now.
#[derive(Clone)]
pub struct PeerConnection {
    handle: Arc<Handle>,
}

impl core::fmt::Debug for PeerConnection {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("PeerConnection")
            .field("signaling_state", &self.signaling_state())
            .field("connection_state", &self.connection_state())
            .finish_non_exhaustive()
    }
}

impl PeerConnection {
    /// A connection that has not begun.
    ///
    /// # Errors
    ///
    /// The configuration was refused, or there is no tokio runtime here.
    pub fn new(configuration: Configuration) -> Result<Self, NewError> {
        let runtime = tokio::runtime::Handle::try_current().map_err(|_| NewError::NoRuntime)?;
        let peer = configuration.make_peer()?;
        let shared = Shared::new(peer, Face::Inbox(Inbox::default()));
        runtime.spawn(driver::run(Arc::clone(&shared)));
        Ok(Self {
            handle: Arc::new(Handle(shared)),
        })
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.handle.0
    }

    fn peer<R>(&self, get: impl FnOnce(&rill_peer::PeerConnection) -> R) -> R {
        get(&self.shared().lock().peer)
    }

    /// Whether the peer can take candidates after its description: `None` before there is a remote
    /// description, then by its `a=ice-options`.
    #[must_use]
    pub fn can_trickle_ice_candidates(&self) -> Option<bool> {
        self.peer(rill_peer::PeerConnection::can_trickle_ice_candidates)
    }

    /// The pending local description, else the current one, with the candidates surfaced so far.
    #[must_use]
    pub fn local_description(&self) -> Option<SessionDescription> {
        self.peer(rill_peer::PeerConnection::local_description)
    }

    /// The local description of the last completed exchange.
    #[must_use]
    pub fn current_local_description(&self) -> Option<SessionDescription> {
        self.peer(rill_peer::PeerConnection::current_local_description)
    }

    /// The local description of the exchange in progress.
    #[must_use]
    pub fn pending_local_description(&self) -> Option<SessionDescription> {
        self.peer(rill_peer::PeerConnection::pending_local_description)
    }

    /// The pending remote description, else the current one, with the candidates added so far.
    #[must_use]
    pub fn remote_description(&self) -> Option<SessionDescription> {
        self.peer(rill_peer::PeerConnection::remote_description)
    }

    /// The remote description of the last completed exchange.
    #[must_use]
    pub fn current_remote_description(&self) -> Option<SessionDescription> {
        self.peer(rill_peer::PeerConnection::current_remote_description)
    }

    /// The remote description of the exchange in progress.
    #[must_use]
    pub fn pending_remote_description(&self) -> Option<SessionDescription> {
        self.peer(rill_peer::PeerConnection::pending_remote_description)
    }

    /// Where the offer/answer exchange stands.
    #[must_use]
    pub fn signaling_state(&self) -> SignalingState {
        self.peer(rill_peer::PeerConnection::signaling_state)
    }

    /// How far gathering is.
    #[must_use]
    pub fn ice_gathering_state(&self) -> IceGatheringState {
        self.peer(rill_peer::PeerConnection::ice_gathering_state)
    }

    /// How ICE stands.
    #[must_use]
    pub fn ice_connection_state(&self) -> IceConnectionState {
        self.peer(rill_peer::PeerConnection::ice_connection_state)
    }

    /// ICE and DTLS together.
    #[must_use]
    pub fn connection_state(&self) -> ConnectionState {
        self.peer(rill_peer::PeerConnection::connection_state)
    }

    /// The pair that carries the data of the first transport.
    #[must_use]
    pub fn selected_pair(&self) -> Option<CandidatePair> {
        self.peer(|peer| peer.selected_pair().cloned())
    }

    /// The longest message that the peer accepts, in bytes, once negotiated.
    #[must_use]
    pub fn max_message_size(&self) -> Option<usize> {
        self.peer(rill_peer::PeerConnection::max_message_size)
    }

    /// Closes the connection at once. The peer is told; no event fires any more.
    pub fn close(&self) {
        self.shared().close();
    }
}
