//! The connection: its parts, and the getters. What it does is in the files beside this one.

mod apply;
mod channel;
mod commit;
mod configure;
mod create;
mod describe;
mod establish;
mod network;
mod operation;
mod poll;
mod pool;
mod pump;
mod rest;
mod signal;
mod stats;
mod transceivers;
mod transports;

use std::{collections::VecDeque, time::Instant};

use rand_chacha::{
    ChaCha20Rng,
    rand_core::{Rng, SeedableRng},
};
use rill_ice::{Agent, CandidatePair, Generator, Role, Transmit, TransportId};

use crate::{
    Certificate, Configuration, ConfigurationError, ConnectionState, DtlsTransportState,
    IceConnectionState, IceGatheringState, SessionDescription, SignalingState,
    data_channel::DataChannels,
    jsep::{Description, Jsep},
    stats::Ids,
    task::TaskQueue,
    transceiver::{TrackEvents, TransceiverId, Transceivers, uuid},
    transport::DtlsTransport,
    view::View,
};

pub use self::create::OfferOptions;
use self::{configure::Restart, operation::Operations, pool::Pool};

/// A W3C peer connection without sockets, clock or threads.
///
/// Four families of methods: getters; `handle_*` for what the network, the driver or the clock says;
/// commands; and `poll_transmit`, `poll_request`, `poll_task`, `poll_timeout`. Any order of calls is
/// correct. After a command or a `handle_*`, poll until each gives `None`, then wait for the next
/// datagram, response or timeout.
///
/// Getters show the state as of the last polled task: no attribute runs ahead of its event.
#[derive(Debug)]
pub struct PeerConnection {
    agent: Agent,
    jsep: Jsep,
    view: View,
    tasks: TaskQueue,
    transports: Vec<DtlsTransport>,
    /// Those with a selected pair, and whether it is nominated.
    selected: Vec<(TransportId, bool)>,
    /// A local description was applied, be it taken back or not.
    was_described: bool,
    /// Some went with the description that is being applied.
    transports_left: bool,
    /// The transport that carries the data channels.
    data_transport: Option<TransportId>,
    channels: DataChannels,
    transceivers: Transceivers,
    /// The id of the stream of tracks of which the peer says no stream.
    default_stream: String,
    /// Those that came with the pending remote offer.
    offered_transceivers: Vec<TransceiverId>,
    operations: Operations,
    restart: Restart,
    certificate: Certificate,
    configuration: Configuration,
    /// URLs of servers that cannot be used yet; reported when gathering starts.
    unsupported_servers: Vec<String>,
    rng: Generator,
    /// The transports that the next new sections take; those that are not of the pool do nothing until
    /// then.
    spares: Vec<TransportId>,
    pool: Pool,
    /// What the tls-ids of this connection begin with (RFC 8842 §4).
    tls_id: String,
    /// What monitored objects are called in statistics.
    ids: Ids,
    /// Datagrams that nobody wanted.
    dropped: u64,
    /// A sealed datagram that did not fit the last train.
    carry: Vec<u8>,
    /// The SCTP packet that is being sealed.
    packet: Vec<u8>,
    /// When data was last sent or received, until the memory that it took is given back.
    busy: Option<Instant>,
    /// The last datagrams of a closed connection.
    farewell: VecDeque<(Transmit, Vec<u8>)>,
}

impl PeerConnection {
    /// A connection that has not begun, but for its candidate pool, if there is to be one: that gathers
    /// from `now` on. `seed` must come from a cryptographic source: keys that authenticate ICE are
    /// drawn from it.
    ///
    /// # Errors
    ///
    /// A server of the configuration cannot be read, or there is no certificate.
    pub fn new(
        now: Instant,
        configuration: Configuration,
        seed: [u8; 32],
    ) -> Result<Self, ConfigurationError> {
        let servers = configuration.check()?;
        let certificate = configuration.certificates.first();
        let certificate = certificate
            .ok_or(ConfigurationError::NoCertificate)?
            .clone();
        let mut rng = ChaCha20Rng::from_seed(seed);
        let config = configuration.ice(servers.usable);
        let mut agent_seed = [0; 32];
        rng.fill_bytes(&mut agent_seed);
        // The first description decides the role (RFC 9429 §5.6, §5.7).
        let agent = Agent::new(
            config,
            Role::Controlling,
            ChaCha20Rng::from_seed(agent_seed),
        );
        let mut tls_id = [0; 16];
        rng.fill_bytes(&mut tls_id);
        let mut connection = Self {
            agent,
            jsep: Jsep::new(rng.next_u64()),
            view: View::default(),
            tasks: TaskQueue::default(),
            transports: Vec::new(),
            selected: Vec::new(),
            was_described: false,
            transports_left: false,
            data_transport: None,
            channels: DataChannels::new(),
            transceivers: Transceivers::default(),
            default_stream: uuid(&mut rng),
            offered_transceivers: Vec::new(),
            operations: Operations::default(),
            restart: Restart::default(),
            certificate,
            configuration,
            unsupported_servers: servers.unsupported,
            rng: rng.into(),
            spares: Vec::new(),
            pool: Pool::default(),
            tls_id: tls_id.iter().map(|byte| format!("{byte:02x}")).collect(),
            ids: Ids::new(seed),
            dropped: 0,
            carry: Vec::new(),
            packet: Vec::new(),
            busy: None,
            farewell: VecDeque::new(),
        };
        connection.fill_pool(now);
        Ok(connection)
    }

    /// The configuration it was made with.
    #[must_use]
    pub fn configuration(&self) -> &Configuration {
        &self.configuration
    }

    /// Where the offer/answer exchange stands.
    #[must_use]
    pub fn signaling_state(&self) -> SignalingState {
        self.view.descriptions.signaling_state
    }

    /// How far gathering is.
    #[must_use]
    pub fn ice_gathering_state(&self) -> IceGatheringState {
        self.view.states.gathering
    }

    /// How ICE stands.
    #[must_use]
    pub fn ice_connection_state(&self) -> IceConnectionState {
        self.view.states.ice
    }

    /// ICE and DTLS together.
    #[must_use]
    pub fn connection_state(&self) -> ConnectionState {
        self.view.states.connection
    }

    /// Whether the peer can take candidates after its description: `None` before there is a remote
    /// description, then by its `a=ice-options` (RFC 9429 §4.1.17).
    #[must_use]
    pub fn can_trickle_ice_candidates(&self) -> Option<bool> {
        self.view.descriptions.can_trickle()
    }

    /// The pending local description, else the current one, with the candidates surfaced so far.
    #[must_use]
    pub fn local_description(&self) -> Option<SessionDescription> {
        self.view.descriptions.local().map(Description::to_text)
    }

    /// The local description of the last completed exchange.
    #[must_use]
    pub fn current_local_description(&self) -> Option<SessionDescription> {
        self.view
            .descriptions
            .current_local
            .as_ref()
            .map(Description::to_text)
    }

    /// The local description of the exchange in progress.
    #[must_use]
    pub fn pending_local_description(&self) -> Option<SessionDescription> {
        self.view
            .descriptions
            .pending_local
            .as_ref()
            .map(Description::to_text)
    }

    /// The pending remote description, else the current one, with the candidates added so far.
    #[must_use]
    pub fn remote_description(&self) -> Option<SessionDescription> {
        self.view.descriptions.remote().map(Description::to_text)
    }

    /// The remote description of the last completed exchange.
    #[must_use]
    pub fn current_remote_description(&self) -> Option<SessionDescription> {
        self.view
            .descriptions
            .current_remote
            .as_ref()
            .map(Description::to_text)
    }

    /// The remote description of the exchange in progress.
    #[must_use]
    pub fn pending_remote_description(&self) -> Option<SessionDescription> {
        self.view
            .descriptions
            .pending_remote
            .as_ref()
            .map(Description::to_text)
    }

    /// The pair that carries the data of the first transport.
    #[must_use]
    pub fn selected_pair(&self) -> Option<&CandidatePair> {
        self.view
            .transports
            .first()
            .and_then(|transport| transport.selected.as_deref())
    }

    /// The state of DTLS on the first transport, `None` when there is no transport.
    #[must_use]
    pub fn dtls_state(&self) -> Option<DtlsTransportState> {
        self.view.transports.first().map(|transport| transport.dtls)
    }

    /// The certificate with which it proves its identity.
    #[must_use]
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// How many datagrams and channel messages of the network were dropped as unusable.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped + self.channels.dropped
    }

    /// The ICE agent, for its pairs and counters.
    #[must_use]
    pub fn agent(&self) -> &Agent {
        &self.agent
    }

    /// Whether `close()` was called.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.view.descriptions.signaling_state == SignalingState::Closed
    }

    /// Closes at once and silently: no event fires and no operation completes any more
    /// (webrtc-pc §4.4.2). `poll_transmit` still gives out the SCTP ABORT and the DTLS close_notify,
    /// then `poll_request` the closing of the sockets.
    pub fn close(&mut self, now: Instant) {
        if self.is_closed() {
            return;
        }
        self.channels.abort(now);
        self.queue_farewell(now);
        self.channels.close_silently();
        self.jsep.descriptions.signaling_state = SignalingState::Closed;
        self.view.close();
        // Silently as well.
        let mut unfired = TrackEvents::default();
        for transceiver in self.transceivers.listed_mut() {
            transceiver.stop(&mut unfired);
        }
        self.tasks.clear();
    }
}
