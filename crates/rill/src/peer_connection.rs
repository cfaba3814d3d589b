use std::{sync::Arc, time::SystemTime};

use rill_peer::{
    AddIceCandidateError, CandidatePair, Certificate, CertificateOptions, ConnectionState,
    CreateAnswerError, CreateDataChannelError, CreateOfferError, DataChannelInit, IceCandidateInit,
    IceConnectionState, IceGatheringState, IceServer, Loopback, SessionDescription,
    SetDescriptionError, SignalingState,
};

use crate::{
    DataChannel, Event, NewError, driver,
    inbox::Inbox,
    shared::{Face, Handle, Shared},
};

/// How a connection is to behave (webrtc-pc, `RTCConfiguration`).
#[derive(Clone, Debug, Default)]
pub struct Configuration {
    /// The servers to ask for reflexive addresses.
    pub ice_servers: Vec<IceServer>,
    /// Which candidates may be used.
    pub ice_transport_policy: rill_peer::IceTransportPolicy,
    /// How sections share transports.
    pub bundle_policy: rill_peer::BundlePolicy,
    /// The certificate with which to prove our identity; one is made when there is none.
    pub certificate: Option<Certificate>,
    /// Whether loopback addresses are offered; by default only when there are no others.
    pub loopback: Loopback,
}

/// A W3C peer connection, driven by the tokio runtime it was made in.
///
/// Cloning gives another handle to the same connection. It is closed when the last handle is dropped;
/// those of its channels count. Getters run ahead of your reading of the event stream: they show what
/// holds now.
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
        let peer = make_peer(configuration)?;
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

    /// Makes an offer.
    ///
    /// # Errors
    ///
    /// The connection is closed.
    pub async fn create_offer(&self) -> Result<SessionDescription, CreateOfferError> {
        self.shared().command(|peer, _| peer.create_offer())
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

    /// Applies a remote description.
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

    /// The next event; `None` once the connection is closed and every event was read. Several
    /// readers share the stream.
    pub async fn next_event(&self) -> Option<Event> {
        loop {
            let news = self.shared().events.notified();
            tokio::pin!(news);
            news.as_mut().enable();
            let next = match &mut self.shared().lock().face {
                Face::Inbox(inbox) => inbox.next_event(),
                Face::Binding { .. } => Some(None),
            };
            match next {
                Some(Some(event)) => {
                    if let Some(event) = self.to_event(event) {
                        return Some(event);
                    }
                }
                Some(None) => return None,
                None => news.await,
            }
        }
    }

    fn to_event(&self, event: rill_peer::Event) -> Option<Event> {
        use rill_peer::Event as E;
        Some(match event {
            E::SignalingStateChange(state) => Event::SignalingStateChange(state),
            E::IceGatheringStateChange(state) => Event::IceGatheringStateChange(state),
            E::IceConnectionStateChange(state) => Event::IceConnectionStateChange(state),
            E::ConnectionStateChange(state) => Event::ConnectionStateChange(state),
            E::NegotiationNeeded => Event::NegotiationNeeded,
            E::IceCandidate(candidate) => Event::IceCandidate(candidate),
            E::IceCandidateError(error) => Event::IceCandidateError(error),
            E::Server(report) => Event::Server(report),
            E::SelectedCandidatePairChange(pair) => Event::SelectedCandidatePairChange(pair),
            E::TransportError(error) => Event::TransportError(error),
            E::DataChannel(id) => {
                Event::DataChannel(DataChannel::new(Arc::clone(&self.handle), id))
            }
            _ => return None,
        })
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

    /// The pending remote description, else the current one, with the candidates added so far.
    #[must_use]
    pub fn remote_description(&self) -> Option<SessionDescription> {
        self.peer(rill_peer::PeerConnection::remote_description)
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

    /// The pair that carries the data.
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

/// The core with a seed of the operating system and a certificate.
pub(crate) fn make_peer(
    configuration: Configuration,
) -> Result<rill_peer::PeerConnection, NewError> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|error| NewError::Random(error.to_string()))?;
    let certificate = match configuration.certificate {
        Some(certificate) => certificate,
        None => Certificate::generate(CertificateOptions::new(SystemTime::now()))
            .map_err(|error| NewError::Certificate(error.to_string()))?,
    };
    let core = rill_peer::Configuration {
        ice_servers: configuration.ice_servers,
        ice_transport_policy: configuration.ice_transport_policy,
        bundle_policy: configuration.bundle_policy,
        loopback: configuration.loopback,
        security: rill_peer::Security::Dtls,
    };
    Ok(rill_peer::PeerConnection::new(core, certificate, seed)?)
}
