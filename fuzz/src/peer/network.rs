//! The two peers, their drivers, their signalling, and the network between them.

use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::sync::LazyLock;
use std::time::{Duration, Instant, UNIX_EPOCH};

use rill_peer::{
    Certificate, CertificateOptions, ChannelId, Configuration, DataChannelInit, DataChannelState,
    Event, IceCandidateInit, Interface, Message, Path, PeerConnection, Request, Response, Security,
    SocketId,
};

use super::Snapshot;
use super::forge::Seen;
use crate::script::EPOCH;

/// Made once: keys take time.
static CERTIFICATE: LazyLock<Certificate> = LazyLock::new(|| {
    let options = CertificateOptions::new(UNIX_EPOCH + Duration::from_secs(1_800_000_000));
    Certificate::generate(options).expect("the library makes certificates")
});

pub(super) struct Network {
    pub(super) now: Instant,
    pub(super) sides: [Side; 2],
    /// Whether candidates are handed to the other side as they come.
    pub(super) trickles: bool,
}

pub(super) struct Side {
    pub(super) peer: PeerConnection,
    pub(super) channels: Vec<ChannelId>,
    /// Bytes of messages received.
    pub(super) received: usize,
    pub(super) seen: Seen,
    /// Datagrams on the way to the other side: where from, where to, what.
    wire: VecDeque<(SocketAddr, SocketAddr, Vec<u8>)>,
    sockets: BTreeMap<SocketId, SocketAddr>,
    candidates: VecDeque<IceCandidateInit>,
    /// The last addresses between which something was sent.
    addresses: Option<(SocketAddr, SocketAddr)>,
}

impl Network {
    pub(super) fn new(flags: u8) -> Self {
        let side = |seed| {
            let configuration = Configuration {
                security: Security::SimulationOnly,
                ..Configuration::default()
            };
            Side {
                peer: PeerConnection::new(configuration, CERTIFICATE.clone(), [seed; 32])
                    .expect("the configuration is sound"),
                channels: Vec::new(),
                received: 0,
                seen: Seen::default(),
                wire: VecDeque::new(),
                sockets: BTreeMap::new(),
                candidates: VecDeque::new(),
                addresses: None,
            }
        };
        Self {
            now: *EPOCH,
            sides: [side(1), side(2)],
            trickles: flags & 2 == 0,
        }
    }

    pub(super) fn create_channel(&mut self, side: usize, label: &str, init: DataChannelInit) {
        let side = &mut self.sides[side];
        if let Ok(id) = side.peer.create_data_channel(self.now, label, init) {
            side.channels.push(id);
        }
    }

    fn channel(&self, side: usize, choice: u8) -> Option<ChannelId> {
        let channels = &self.sides[side].channels;
        channels
            .get(usize::from(choice) % channels.len().max(1))
            .copied()
    }

    pub(super) fn send(&mut self, side: usize, channel: u8, message: Message) {
        let Some(id) = self.channel(side, channel) else {
            return;
        };
        let peer = &mut self.sides[side].peer;
        let is_open = peer.data_channel_state(id) == DataChannelState::Open;
        let sent = peer.send(self.now, id, message).is_ok();
        assert!(
            is_open || !sent,
            "a channel that is not open took a message"
        );
    }

    pub(super) fn close_channel(&mut self, side: usize, channel: u8) {
        if let Some(id) = self.channel(side, channel) {
            self.sides[side].peer.close_data_channel(self.now, id);
        }
    }

    /// An exchange as well-behaved users do it; in the wrong state it ends half-way.
    pub(super) fn exchange(&mut self, offerer: usize) {
        let now = self.now;
        for (from, to) in [(offerer, 1 - offerer), (1 - offerer, offerer)] {
            if self.sides[from]
                .peer
                .set_local_description(now, None)
                .is_err()
            {
                return;
            }
            self.settle();
            let Some(description) = self.sides[from].peer.local_description() else {
                return;
            };
            let taken = self.sides[to]
                .peer
                .set_remote_description(now, &description);
            if taken.is_err() {
                return;
            }
            self.settle();
        }
    }

    /// Tries something that may be refused, and then must have changed nothing.
    pub(super) fn attempt(&mut self, side: usize, run: impl FnOnce(&mut PeerConnection) -> bool) {
        self.settle();
        let peer = &mut self.sides[side].peer;
        let before = Snapshot::new(peer);
        if !run(peer) {
            assert!(
                peer.poll_task().is_none(),
                "what was refused has made a task"
            );
            assert_eq!(
                Snapshot::new(peer),
                before,
                "what was refused has changed something"
            );
        }
    }

    pub(super) fn take_datagram(&mut self, side: usize) -> Option<Vec<u8>> {
        self.sides[side]
            .wire
            .pop_front()
            .map(|(_, _, datagram)| datagram)
    }

    pub(super) fn drop_datagram(&mut self, side: usize) {
        self.sides[side].wire.pop_front();
    }

    pub(super) fn repeat_datagram(&mut self, side: usize) {
        let wire = &mut self.sides[side].wire;
        wire.extend(wire.front().cloned());
    }

    /// Gives the other side a datagram, as if this side had sent it.
    pub(super) fn inject(&mut self, side: usize, datagram: Vec<u8>) {
        if let Some((from, to)) = self.sides[side].addresses {
            self.deliver(side, from, to, datagram);
        }
    }

    fn deliver(&mut self, side: usize, from: SocketAddr, to: SocketAddr, mut datagram: Vec<u8>) {
        let receiver = &mut self.sides[1 - side];
        let socket = receiver.sockets.iter().find(|(_, address)| **address == to);
        if let Some((&socket, _)) = socket {
            let path = Path {
                socket,
                local_ip: None,
                remote: from,
                ecn: None,
            };
            receiver.peer.handle_datagram(self.now, path, &mut datagram);
        }
    }

    /// Lets time pass; the network delivers in no time.
    pub(super) fn pass(&mut self, time: Duration) {
        let until = self.now + time;
        for _ in 0..2000 {
            self.carry();
            let timeouts = self
                .sides
                .iter()
                .filter_map(|side| side.peer.poll_timeout());
            match timeouts.min().filter(|timeout| *timeout <= until) {
                Some(timeout) => self.now = self.now.max(timeout),
                None => {
                    self.now = until;
                    return;
                }
            }
            self.sides
                .iter_mut()
                .for_each(|side| side.peer.handle_timeout(self.now));
        }
        panic!("two thousand timeouts within {time:?}");
    }

    /// Delivers what is on the wire until nothing is.
    fn carry(&mut self) {
        for _ in 0..2000 {
            self.settle();
            if self.sides.iter().all(|side| side.wire.is_empty()) {
                return;
            }
            for side in [0, 1] {
                let datagrams = std::mem::take(&mut self.sides[side].wire);
                for (from, to, datagram) in datagrams {
                    self.deliver(side, from, to, datagram);
                }
            }
        }
        panic!("the peers do not come to rest");
    }

    /// Takes everything that the peers have to say, and hands candidates over.
    pub(super) fn settle(&mut self) {
        for side in [0, 1] {
            self.sides[side].poll(self.now, side);
        }
        if self.trickles {
            for side in [0, 1] {
                let candidates = std::mem::take(&mut self.sides[side].candidates);
                for candidate in candidates {
                    let other = &mut self.sides[1 - side].peer;
                    // The script may have brought the other side where it has no use for it.
                    let _ = other.add_ice_candidate(self.now, Some(&candidate));
                }
                self.sides[1 - side].poll(self.now, 1 - side);
            }
        }
    }

    /// Closes a peer: it says no more, and closes its sockets.
    pub(super) fn close(&mut self, side: usize) {
        let side = &mut self.sides[side];
        side.peer.close(self.now);
        assert!(side.peer.is_closed());
        assert!(side.peer.poll_task().is_none(), "a task after the end");
        assert!(side.peer.poll_timeout().is_none(), "a timer after the end");
        let mut buffer = Vec::new();
        let farewell = std::iter::from_fn(|| side.peer.poll_transmit(self.now, &mut buffer));
        assert!(farewell.take(100).count() < 100, "a farewell without end");
        while let Some(request) = side.peer.poll_request() {
            side.carry_out(self.now, request, 0);
        }
        assert!(
            side.sockets.is_empty(),
            "sockets are left: {:?}",
            side.sockets
        );
    }
}

impl Side {
    fn poll(&mut self, now: Instant, number: usize) {
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

    fn carry_out(&mut self, now: Instant, request: Request, number: usize) {
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
            Request::Resolve { id, .. } => (id, Response::Failed("no".into())),
            other => panic!("not asked yet: {other:?}"),
        };
        self.peer.handle_response(now, id, response);
    }

    fn poll_transmit(&mut self, now: Instant) -> bool {
        let mut buffer = Vec::new();
        let Some(transmit) = self.peer.poll_transmit(now, &mut buffer) else {
            return false;
        };
        let from = self.sockets.get(&transmit.to.socket).copied();
        let from = from.expect("a datagram leaves by a socket that is open");
        let to = transmit.to.remote;
        let segment = transmit.segment.unwrap_or(buffer.len()).max(1);
        for datagram in buffer.chunks(segment) {
            assert!(
                datagram.len() <= 1232,
                "a datagram of {} bytes",
                datagram.len()
            );
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
            _ => {}
        }
    }
}
