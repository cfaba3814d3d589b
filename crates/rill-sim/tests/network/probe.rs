//! An endpoint that sends what it is told and keeps what it gets.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use rill_sim::{
    Acceptance, Datagram, Delayed, Endpoint, Host, HostConfig, HostId, Link, Security, Seed,
    Simulation, StreamEvent, StreamId, StreamOffer, StreamRequest,
};

/// A datagram as it arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Received {
    pub(crate) at: Instant,
    pub(crate) local: SocketAddr,
    pub(crate) remote: SocketAddr,
    pub(crate) bytes: Vec<u8>,
}

#[derive(Debug)]
pub(crate) struct Probe {
    pub(crate) host: Host,
    pub(crate) received: Vec<Received>,
    pub(crate) refused: Vec<SocketAddr>,
    pub(crate) stream_events: Vec<(Instant, StreamId, StreamEvent)>,
    /// What becomes of streams to this host.
    pub(crate) acceptance: Acceptance,
    requests: VecDeque<StreamRequest>,
    outgoing: VecDeque<Datagram>,
    later: Delayed<Datagram>,
    echoes: bool,
}

impl Probe {
    pub(crate) fn new(host: Host) -> Self {
        Self {
            host,
            received: Vec::new(),
            refused: Vec::new(),
            stream_events: Vec::new(),
            acceptance: Acceptance::Refuse,
            requests: VecDeque::new(),
            outgoing: VecDeque::new(),
            later: Delayed::new(),
            echoes: false,
        }
    }

    /// Sends back everything it gets.
    pub(crate) fn echoing(host: Host) -> Self {
        Self {
            echoes: true,
            ..Self::new(host)
        }
    }

    pub(crate) fn send(&mut self, local: SocketAddr, remote: SocketAddr, bytes: &[u8]) {
        self.outgoing.push_back(datagram(local, remote, bytes));
    }

    pub(crate) fn send_at(
        &mut self,
        at: Instant,
        local: SocketAddr,
        remote: SocketAddr,
        bytes: &[u8],
    ) {
        self.later.push(at, datagram(local, remote, bytes));
    }

    /// Takes streams and says nothing.
    pub(crate) fn listening(host: Host) -> Self {
        Self {
            acceptance: Acceptance::Plain,
            ..Self::new(host)
        }
    }

    /// Sends back everything it gets, by streams too.
    pub(crate) fn serving(host: Host, acceptance: Acceptance) -> Self {
        Self {
            acceptance,
            ..Self::echoing(host)
        }
    }

    pub(crate) fn request(&mut self, request: StreamRequest) {
        self.requests.push_back(request);
    }

    pub(crate) fn connect(&mut self, stream: StreamId) {
        self.request(StreamRequest::Connect(stream, Security::Plain));
    }

    /// What happened to streams, without when and to which.
    pub(crate) fn told(&self) -> Vec<&StreamEvent> {
        self.stream_events
            .iter()
            .map(|(_, _, event)| event)
            .collect()
    }

    /// All bytes that streams brought.
    pub(crate) fn read(&self) -> Vec<u8> {
        let bytes = |event: &&StreamEvent| match event {
            StreamEvent::Received(bytes) => bytes.clone(),
            _ => Vec::new(),
        };
        self.told().iter().flat_map(bytes).collect()
    }

    /// The payloads received, in order.
    pub(crate) fn payloads(&self) -> Vec<&[u8]> {
        self.received
            .iter()
            .map(|received| &received.bytes[..])
            .collect()
    }

    /// The only datagram received.
    pub(crate) fn only(&self) -> &Received {
        let [received] = &self.received[..] else {
            panic!("{} datagrams instead of one", self.received.len())
        };
        received
    }
}

impl Endpoint for Probe {
    fn handle_datagram(
        &mut self,
        now: Instant,
        local: SocketAddr,
        remote: SocketAddr,
        bytes: &mut [u8],
    ) {
        let bytes = bytes.to_vec();
        if self.echoes {
            self.send(local, remote, &bytes);
        }
        self.received.push(Received {
            at: now,
            local,
            remote,
            bytes,
        });
    }

    fn handle_timeout(&mut self, now: Instant) {
        while let Some(datagram) = self.later.pop(now) {
            self.outgoing.push_back(datagram);
        }
    }

    fn poll_transmit(&mut self, _now: Instant) -> Option<Datagram> {
        self.outgoing.pop_front()
    }

    fn poll_timeout(&mut self) -> Option<Instant> {
        self.later.next_at()
    }

    fn handle_unreachable(&mut self, _now: Instant, _local: SocketAddr, remote: SocketAddr) {
        self.refused.push(remote);
    }

    fn accept_stream(&mut self, _now: Instant, _offer: &StreamOffer<'_>) -> Acceptance {
        self.acceptance.clone()
    }

    fn poll_stream_request(&mut self, _now: Instant) -> Option<StreamRequest> {
        self.requests.pop_front()
    }

    fn handle_stream_event(&mut self, now: Instant, stream: StreamId, event: StreamEvent) {
        if let StreamEvent::Received(bytes) = &event
            && self.echoes
        {
            self.request(StreamRequest::Send(stream, bytes.clone()));
        }
        self.stream_events.push((now, stream, event));
    }
}

pub(crate) const SECOND: Duration = Duration::from_secs(1);

pub(crate) const A: &str = "198.51.100.1";
pub(crate) const B: &str = "198.51.100.2";

pub(crate) fn ip(text: &str) -> IpAddr {
    text.parse().expect("a literal")
}

pub(crate) fn socket(text: &str) -> SocketAddr {
    text.parse().expect("a literal")
}

pub(crate) fn datagram(local: SocketAddr, remote: SocketAddr, bytes: &[u8]) -> Datagram {
    Datagram {
        local,
        remote,
        bytes: bytes.to_vec(),
    }
}

/// A host in the internet with this one address.
pub(crate) fn public(name: &str, address: &str, link: &Link) -> HostConfig {
    HostConfig::new(name).address(ip(address), link.clone())
}

/// Hosts `a` and `b` in the internet.
pub(crate) fn pair(seed: u64, link: &Link) -> (Simulation<Probe>, HostId, HostId) {
    let mut simulation = Simulation::new(Seed::new(seed));
    let a = simulation.add_host(public("a", A, link), Probe::new);
    let b = simulation.add_host(public("b", B, link), Probe::new);
    (simulation, a, b)
}

pub(crate) fn stream(local: &str, remote: &str) -> StreamId {
    StreamId {
        local: socket(local),
        remote: socket(remote),
    }
}

/// Sends `count` numbered datagrams from `a` to `b`, a millisecond apart, and waits for them.
pub(crate) fn send_numbered(simulation: &mut Simulation<Probe>, a: HostId, count: u8) {
    let start = simulation.now();
    for number in 0..count {
        let at = start + Duration::from_millis(number.into());
        let (from, to) = (SocketAddr::new(ip(A), 1), SocketAddr::new(ip(B), 2));
        simulation.endpoint_mut(a).send_at(at, from, to, &[number]);
    }
    simulation.run_for(SECOND);
}
