//! One of the peers, and its driver.

use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::sync::LazyLock;
use std::time::{Duration, Instant, UNIX_EPOCH};

use rill_peer::{
    BundlePolicy, Certificate, CertificateOptions, ChannelId, Configuration, DataChannelState,
    Direction, Event, IceCandidateInit, Interface, PeerConnection, Request, Response, Security,
    SocketId,
};

use super::forge::Seen;

/// Made once: keys take time.
static CERTIFICATE: LazyLock<Certificate> = LazyLock::new(|| {
    let options = CertificateOptions::new(UNIX_EPOCH + Duration::from_secs(1_800_000_000));
    Certificate::generate(options).expect("the library makes certificates")
});

/// What one record holds, and the byte around it: no path here is too small for that, and the search for
/// its MTU (RFC 8899) ends there.
const LARGEST: usize = 16_384 + 1;

pub(super) struct Side {
    pub(super) peer: PeerConnection,
    pub(super) channels: Vec<ChannelId>,
    /// Bytes of messages received.
    pub(super) received: usize,
    pub(super) seen: Seen,
    /// Datagrams on the way to the other side: where from, where to, what.
    pub(super) wire: VecDeque<(SocketAddr, SocketAddr, Vec<u8>)>,
    pub(super) sockets: BTreeMap<SocketId, SocketAddr>,
    pub(super) candidates: VecDeque<IceCandidateInit>,
    /// The last addresses between which something was sent.
    pub(super) addresses: Option<(SocketAddr, SocketAddr)>,
}

impl Side {
    /// A peer of its own seed, which bundles as the two bits say.
    pub(super) fn new(now: Instant, seed: u8, policy: u8) -> Self {
        let configuration = Configuration {
            security: Security::SimulationOnly,
            certificates: vec![CERTIFICATE.clone()],
            bundle_policy: match policy & 3 {
                1 => BundlePolicy::MaxCompat,
                2 => BundlePolicy::MaxBundle,
                _ => BundlePolicy::Balanced,
            },
            ..Configuration::default()
        };
        Self {
            peer: PeerConnection::new(now, configuration, [seed; 32])
                .expect("the configuration is sound"),
            channels: Vec::new(),
            received: 0,
            seen: Seen::default(),
            wire: VecDeque::new(),
            sockets: BTreeMap::new(),
            candidates: VecDeque::new(),
            addresses: None,
        }
    }

    pub(super) fn poll(&mut self, now: Instant, number: usize) {
        for _ in 0..20_000 {
            let request = self.peer.poll_request();
            let is_idle = request.is_none();
            if let Some(request) = request {
                self.carry_out(now, request, number);
            }
            let is_idle = !self.poll_task(now) && is_idle;
            if !self.poll_transmit(now) && is_idle {
                return;
            }
        }
        panic!("outputs without end");
    }

    pub(super) fn carry_out(&mut self, now: Instant, request: Request, number: usize) {
        let own: IpAddr = [10, 0, 0, if number == 0 { 1 } else { 2 }].into();
        let (id, response) = match request {
            Request::ListInterfaces { id } => {
                let interface = Interface {
                    name: "if0".into(),
                    address: own,
                    loopback: false,
                };
                (id, Response::Interfaces(vec![interface]))
            }
            Request::BindUdp {
                id,
                socket,
                address,
                ..
            } => {
                let port = 1000 + u16::try_from(socket.0 % 60_000).unwrap_or(0);
                let address = SocketAddr::new(address, port);
                self.sockets.insert(socket, address);
                (id, Response::Bound(address))
            }
            Request::CloseSocket { socket } => {
                let before = self.sockets.remove(&socket);
                assert!(before.is_some(), "a socket that is not open is closed");
                return;
            }
            Request::Resolve { id, .. } | Request::ResolveMdns { id, .. } => {
                (id, Response::Failed("no".into()))
            }
            other => panic!("not asked yet: {other:?}"),
        };
        self.peer.handle_response(now, id, response);
    }

    fn poll_transmit(&mut self, now: Instant) -> bool {
        let mut buffer = Vec::new();
        let Some(transmit) = self.peer.poll_transmit(now, &mut buffer) else {
            return false;
        };
        let path = transmit.to.path().expect("no server relays");
        let from = self.sockets.get(&path.socket).copied();
        let from = from.expect("a datagram leaves by a socket that is open");
        let to = path.remote;
        let segment = transmit.segment.unwrap_or(buffer.len()).max(1);
        for datagram in buffer.chunks(segment) {
            let length = datagram.len();
            assert!(length <= LARGEST, "a datagram of {length} bytes");
            assert!(self.wire.len() < 100_000, "a storm of datagrams");
            self.seen.note(datagram);
            self.wire.push_back((from, to, datagram.to_vec()));
        }
        self.addresses = Some((from, to));
        true
    }

    fn poll_task(&mut self, now: Instant) -> bool {
        let Some(task) = self.peer.poll_task() else {
            return false;
        };
        assert!(!self.peer.is_closed(), "a task after the end");
        let (mut bytes, mut weight) = (0, 0);
        for event in task.into_events() {
            self.check(&event);
            match event {
                Event::DataChannel(id) => self.channels.push(id),
                Event::IceCandidate(Some(candidate)) => {
                    self.candidates.push_back(candidate.to_init());
                }
                Event::Message(_, message) => {
                    bytes += message.len();
                    weight += message.weight();
                }
                _ => {}
            }
        }
        self.received += bytes;
        self.peer.consumed(now, weight);
        true
    }

    /// The getters show what the event says.
    fn check(&self, event: &Event) {
        let peer = &self.peer;
        match event {
            Event::SignalingStateChange(state) => assert_eq!(peer.signaling_state(), *state),
            Event::IceGatheringStateChange(state) => assert_eq!(peer.ice_gathering_state(), *state),
            Event::IceConnectionStateChange(state) => {
                assert_eq!(peer.ice_connection_state(), *state);
            }
            Event::ConnectionStateChange(state) => assert_eq!(peer.connection_state(), *state),
            Event::IceCandidate(Some(candidate)) if !candidate.candidate.is_empty() => {
                let description = peer.local_description().expect("it gathers for one");
                assert!(
                    description.sdp.contains(&candidate.candidate),
                    "not yet in it"
                );
            }
            Event::Open(id) => assert_eq!(peer.data_channel_state(*id), DataChannelState::Open),
            Event::Close(id) => assert_eq!(peer.data_channel_state(*id), DataChannelState::Closed),
            Event::SelectedCandidatePairChange(id, pair) => {
                let shown = peer.ice_transport(*id).and_then(|info| info.selected_pair);
                assert_eq!(shown.as_ref(), Some(&**pair));
            }
            Event::SelectedCandidatePairLost(id) => {
                let info = peer.ice_transport(*id).expect("it had a pair");
                assert!(info.selected_pair.is_none() && info.selected_candidates.is_none());
            }
            Event::Track {
                transceiver,
                streams,
            } => {
                let info = peer.transceiver(*transceiver).expect("it was announced");
                assert_eq!(&info.receiver_streams, streams);
            }
            Event::StreamAdded {
                transceiver,
                stream,
            } => {
                let info = peer.transceiver(*transceiver).expect("it was announced");
                assert!(info.receiver_streams.contains(stream));
            }
            Event::StreamRemoved {
                transceiver,
                stream,
            } => {
                let info = peer.transceiver(*transceiver).expect("it was announced");
                assert!(!info.receiver_streams.contains(stream));
            }
            Event::Ended(id) => {
                let info = peer.transceiver(*id).expect("it was announced");
                assert_eq!(info.direction, Direction::Stopped);
            }
            _ => {}
        }
    }
}
