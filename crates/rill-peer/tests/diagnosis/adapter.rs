//! A peer connection on a simulated host, with the driver's and the page's parts played.

use std::{
    collections::{BTreeMap, VecDeque},
    net::{IpAddr, SocketAddr},
    time::{Duration, Instant},
};

use rill_peer::{
    Destination, Event, IceCandidateInit, Interface, OperationId, Path, PeerConnection, Request,
    RequestId, Response, SdpType, SessionDescription, SocketId, StreamId, Transmit,
};
use rill_sim::{
    Datagram, Delayed, Endpoint, Host, Security, StreamEvent, StreamId as SimStream, StreamRequest,
};

/// What one side tells the other beside the network.
#[derive(Clone, Debug)]
pub(crate) enum Signal {
    Description(SessionDescription),
    Candidate(Option<IceCandidateInit>),
}

/// What follows when an operation completes.
#[derive(Clone, Copy, Debug)]
enum Step {
    Tell,
    Answer,
}

/// One side.
pub(crate) struct Side {
    pub(crate) pc: PeerConnection,
    pub(crate) host: Host,
    pub(crate) outbox: VecDeque<Signal>,
    pub(crate) inbox: Delayed<Signal>,
    /// Whether names of its own are answered for.
    pub(crate) multicast: bool,
    /// Whether multicast DNS hears anything.
    pub(crate) hears: bool,
    /// Whether offers of the peer are answered.
    pub(crate) answers: bool,
    /// Whether DTLS leaves it.
    pub(crate) handshakes: bool,
    told: bool,
    steps: BTreeMap<OperationId, Step>,
    responses: Delayed<(RequestId, Response)>,
    sockets: BTreeMap<SocketId, SocketAddr>,
    streams: BTreeMap<StreamId, SimStream>,
    connecting: BTreeMap<SimStream, RequestId>,
    stream_requests: VecDeque<StreamRequest>,
    to_send: VecDeque<Datagram>,
    buffer: Vec<u8>,
}

impl Side {
    pub(crate) fn new(host: Host, pc: PeerConnection) -> Self {
        Self {
            pc,
            host,
            outbox: VecDeque::new(),
            inbox: Delayed::new(),
            multicast: true,
            hears: true,
            answers: true,
            handshakes: true,
            told: false,
            steps: BTreeMap::new(),
            responses: Delayed::new(),
            sockets: BTreeMap::new(),
            streams: BTreeMap::new(),
            connecting: BTreeMap::new(),
            stream_requests: VecDeque::new(),
            to_send: VecDeque::new(),
            buffer: Vec::new(),
        }
    }

    pub(crate) fn describe(&mut self, now: Instant) {
        let operation = self.pc.set_local_description(now, None);
        let operation = operation.expect("a description of our own fits");
        self.steps.insert(operation, Step::Tell);
    }

    /// Plays the driver and the page until the connection wants nothing more.
    pub(crate) fn settle(&mut self, now: Instant) {
        while self.serve_one(now) || self.respond_one(now) || self.run_task(now) {}
    }

    fn serve_one(&mut self, now: Instant) -> bool {
        while self.pc.is_closed() && self.transmit_one(now) {}
        let request = self.pc.poll_request();
        let any = request.is_some();
        if let Some(request) = request {
            self.serve(now, request);
        }
        any
    }

    fn respond_one(&mut self, now: Instant) -> bool {
        let Some((id, response)) = self.responses.pop(now) else {
            return false;
        };
        self.pc.handle_response(now, id, response);
        true
    }

    fn run_task(&mut self, now: Instant) -> bool {
        let Some(task) = self.pc.poll_task() else {
            return false;
        };
        let completed = task.completed;
        for event in task.into_events() {
            if let Event::IceCandidate(candidate) = event
                && self.told
            {
                let init = candidate.map(|candidate| candidate.to_init());
                self.outbox.push_back(Signal::Candidate(init));
            }
        }
        match completed.and_then(|operation| self.steps.remove(&operation)) {
            Some(Step::Answer) if self.answers => self.describe(now),
            Some(Step::Tell) => {
                let description = self.pc.local_description().expect("it was applied");
                self.told = true;
                self.outbox.push_back(Signal::Description(description));
            }
            Some(Step::Answer) | None => {}
        }
        true
    }

    fn take_signal(&mut self, now: Instant, signal: Signal) {
        match signal {
            Signal::Description(description) => {
                let applied = self.pc.set_remote_description(now, &description);
                let operation = applied.expect("the description fits");
                if description.kind == SdpType::Offer {
                    self.steps.insert(operation, Step::Answer);
                }
            }
            // One that signalling mixed up is refused.
            Signal::Candidate(init) => drop(self.pc.add_ice_candidate(now, init.as_ref())),
        }
    }

    fn serve(&mut self, now: Instant, request: Request) {
        match request {
            Request::ListInterfaces { id } => {
                let interface = |interface: &rill_sim::Interface| Interface {
                    name: interface.name.clone(),
                    address: interface.address,
                    loopback: interface.loopback,
                };
                let list = self.host.interfaces().iter().map(interface).collect();
                self.responses.push(now, (id, Response::Interfaces(list)));
            }
            Request::BindUdp {
                id,
                socket,
                address,
                ..
            } => {
                let bound = self.host.bind(address).expect("a free port");
                self.sockets.insert(socket, bound);
                self.responses.push(now, (id, Response::Bound(bound)));
            }
            Request::ResolveMdns { id, .. } if !self.hears => {
                let deaf = "not even our own questions are heard".to_owned();
                self.responses
                    .push(now + PATIENCE, (id, Response::Unheard(deaf)));
            }
            Request::Resolve { id, name } | Request::ResolveMdns { id, name } => {
                let answer = self.host.resolve(&name);
                let response = match answer.addresses {
                    Ok(addresses) => Response::Resolved(addresses),
                    Err(reason) => Response::Failed(reason),
                };
                self.responses.push(now + answer.delay, (id, response));
            }
            Request::RegisterMdns { id, .. } => {
                let response = if self.multicast {
                    Response::Registered
                } else {
                    Response::Failed("no multicast here".to_owned())
                };
                self.responses.push(now, (id, response));
            }
            Request::ConnectStream {
                id,
                stream,
                address,
                server_name,
            } => self.connect(id, stream, address, server_name),
            Request::CloseStream { stream } => {
                if let Some(stream) = self.streams.remove(&stream) {
                    self.connecting.remove(&stream);
                    self.stream_requests.push_back(StreamRequest::Close(stream));
                }
            }
            Request::CloseSocket { socket } => {
                if let Some(bound) = self.sockets.remove(&socket) {
                    self.host.close(bound);
                }
            }
            other => panic!("the connection asks for what it should not: {other:?}"),
        }
    }

    fn connect(
        &mut self,
        id: RequestId,
        stream: StreamId,
        remote: SocketAddr,
        server_name: Option<String>,
    ) {
        let interfaces = self.host.interfaces().iter();
        let mut own = interfaces.map(|interface| interface.address);
        let is_fit = |own: &IpAddr| own.is_ipv4() == remote.is_ipv4() && !own.is_loopback();
        let own = own.find(is_fit).expect("the host has the family");
        let local = self.host.bind(own).expect("a free port");
        let name = SimStream { local, remote };
        self.streams.insert(stream, name);
        self.connecting.insert(name, id);
        let security = server_name.map_or(Security::Plain, |server_name| Security::Tls {
            server_name,
            verify: true,
        });
        self.stream_requests
            .push_back(StreamRequest::Connect(name, security));
    }

    fn transmit_one(&mut self, now: Instant) -> bool {
        let Some(Transmit { to, segment }) = self.pc.poll_transmit(now, &mut self.buffer) else {
            return false;
        };
        let length = segment.unwrap_or(self.buffer.len()).max(1);
        match to {
            Destination::Datagram(path) => {
                let is_dtls = matches!(self.buffer.first(), Some(20..=63));
                if is_dtls && !self.handshakes {
                    return true;
                }
                let Some(&local) = self.sockets.get(&path.socket) else {
                    return true;
                };
                for bytes in self.buffer.chunks(length) {
                    self.to_send.push_back(Datagram {
                        local,
                        remote: path.remote,
                        bytes: bytes.to_vec(),
                    });
                }
            }
            Destination::Stream(stream) => {
                if let Some(&stream) = self.streams.get(&stream) {
                    let send = StreamRequest::Send(stream, self.buffer.clone());
                    self.stream_requests.push_back(send);
                }
            }
        }
        true
    }

    fn socket_at(&self, local: SocketAddr) -> Option<SocketId> {
        let mut sockets = self.sockets.iter();
        let found = sockets.find(|(_, bound)| **bound == local)?;
        Some(*found.0)
    }

    fn path(&self, local: SocketAddr, remote: SocketAddr) -> Option<Path> {
        Some(Path {
            socket: self.socket_at(local)?,
            local_ip: None,
            remote,
            ecn: None,
        })
    }
}

impl Endpoint for Side {
    fn handle_datagram(
        &mut self,
        now: Instant,
        local: SocketAddr,
        remote: SocketAddr,
        bytes: &mut [u8],
    ) {
        if let Some(path) = self.path(local, remote) {
            self.pc.handle_datagram(now, path, bytes);
        }
    }

    fn handle_timeout(&mut self, now: Instant) {
        while let Some(signal) = self.inbox.pop(now) {
            self.take_signal(now, signal);
        }
        self.pc.handle_timeout(now);
    }

    fn poll_transmit(&mut self, now: Instant) -> Option<Datagram> {
        loop {
            if let Some(datagram) = self.to_send.pop_front() {
                return Some(datagram);
            }
            self.settle(now);
            if !self.transmit_one(now) && !self.pc.has_task() {
                return None;
            }
        }
    }

    fn poll_timeout(&mut self) -> Option<Instant> {
        let times = [
            self.pc.poll_timeout(),
            self.inbox.next_at(),
            self.responses.next_at(),
        ];
        times.into_iter().flatten().min()
    }

    fn handle_unreachable(&mut self, now: Instant, local: SocketAddr, remote: SocketAddr) {
        if let Some(path) = self.path(local, remote) {
            self.pc.handle_send_error(now, &path);
        }
    }

    fn poll_stream_request(&mut self, now: Instant) -> Option<StreamRequest> {
        self.settle(now);
        self.stream_requests.pop_front()
    }

    fn handle_stream_event(&mut self, now: Instant, stream: SimStream, event: StreamEvent) {
        let mut streams = self.streams.iter();
        let Some((&id, _)) = streams.find(|(_, own)| **own == stream) else {
            return;
        };
        let asked = self.connecting.remove(&stream);
        match (event, asked) {
            (StreamEvent::Connected, Some(request)) => {
                let local = stream.local;
                self.pc
                    .handle_response(now, request, Response::Connected { local });
            }
            (StreamEvent::Failed(error), Some(request)) => {
                self.streams.remove(&id);
                let response = Response::Failed(error.to_string());
                self.pc.handle_response(now, request, response);
            }
            (StreamEvent::Received(bytes), _) => self.pc.handle_stream(now, id, &bytes),
            (StreamEvent::Closed, _) => self.broke(now, id, "closed".to_owned()),
            (StreamEvent::Failed(error), None) => self.broke(now, id, error.to_string()),
            (StreamEvent::Connected, None) => {}
        }
    }
}

impl Side {
    fn broke(&mut self, now: Instant, id: StreamId, reason: String) {
        self.streams.remove(&id);
        self.pc.handle_stream_closed(now, id, reason);
    }
}

/// How long multicast DNS looks for a name.
const PATIENCE: Duration = Duration::from_secs(4);

/// One way of signalling.
pub(crate) const ONE_WAY: Duration = Duration::from_millis(10);
