//! An endpoint that sends what it is told and keeps what it gets.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use rill_sim::{Datagram, Delayed, Endpoint, Host, HostConfig, HostId, Link, Seed, Simulation};

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
