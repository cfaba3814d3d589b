//! The clock and the nodes.

use std::thread;
use std::time::{Duration, Instant};

use crate::connections::{Connections, Moment};
use crate::network::Network;
use crate::node::Node;
use crate::packet::Delivery;
use crate::transit::Transit;
use crate::{Datagram, Endpoint, Names, Seed, Trace};

/// Timeouts at one instant after which an endpoint is taken to spin.
const MAX_TIMEOUTS_AT_ONCE: usize = 10_000;

/// Datagrams and stream requests in a row after which an endpoint is taken to send without end.
const MAX_SENT_AT_ONCE: usize = 100_000;

/// Lines of the trace that are printed when a test fails.
const TAIL: usize = 60;

/// A network in virtual time, with endpoints of one type (`Box<dyn Endpoint>` for several).
///
/// Between calls to [`step`](Self::step) and the `run_*` methods, commands may be given to the
/// endpoints by [`endpoint_mut`](Self::endpoint_mut); what they want to send leaves with the next
/// step. Dropped in a panic, it prints the end of its trace.
#[derive(Debug)]
pub struct Simulation<E> {
    seed: Seed,
    start: Instant,
    pub(crate) now: Instant,
    pub(crate) nodes: Vec<Node<E>>,
    pub(crate) names: Names,
    pub(crate) transit: Transit,
    pub(crate) connections: Connections,
    /// Timeouts handled since the clock last moved.
    timeouts: usize,
}

/// What happens next.
enum Next {
    Packet,
    Timeout,
}

impl<E: Endpoint> Simulation<E> {
    /// An empty network. The clock is read here and never again.
    pub fn new(seed: Seed) -> Self {
        Self::starting_at(seed, Instant::now())
    }

    /// An empty network whose time begins at `start`.
    pub fn starting_at(seed: Seed, start: Instant) -> Self {
        Self {
            seed,
            start,
            now: start,
            nodes: Vec::new(),
            names: Names::default(),
            transit: Transit::new(Network::new(seed), start),
            connections: Connections::default(),
            timeouts: 0,
        }
    }

    /// The seed of this run.
    pub fn seed(&self) -> Seed {
        self.seed
    }

    /// When time began.
    pub fn start(&self) -> Instant {
        self.start
    }

    /// The virtual time.
    pub fn now(&self) -> Instant {
        self.now
    }

    /// The virtual time since the start.
    pub fn elapsed(&self) -> Duration {
        self.now - self.start
    }

    /// What happened so far.
    pub fn trace(&self) -> &Trace {
        &self.transit.trace
    }

    /// Puts a remark into the trace.
    pub fn note(&mut self, text: impl Into<String>) {
        self.transit.note(self.now, text.into());
    }

    /// Sends what is to be sent, then does the next thing: one delivery, or the timeouts of one
    /// instant. `false` if nothing is left to happen.
    ///
    /// # Panics
    ///
    /// If an endpoint spins: 10,000 timeouts without time moving, or 100,000 datagrams in a row.
    pub fn step(&mut self) -> bool {
        self.step_before(None)
    }

    /// Lets everything happen that is due within `duration`, and moves the clock by it.
    ///
    /// # Panics
    ///
    /// As [`step`](Self::step).
    pub fn run_for(&mut self, duration: Duration) {
        let deadline = self.now + duration;
        while self.step_before(Some(deadline)) {}
        self.set_now(deadline);
    }

    /// Runs until `done` says so, which is asked before the first and after every step. The time
    /// since the start when it did, or `None` if it did not within `limit` from now.
    ///
    /// # Panics
    ///
    /// As [`step`](Self::step).
    #[must_use = "None means that it did not happen in time"]
    pub fn run_until(
        &mut self,
        limit: Duration,
        mut done: impl FnMut(&mut Self) -> bool,
    ) -> Option<Duration> {
        let deadline = self.now + limit;
        loop {
            if done(self) {
                return Some(self.elapsed());
            }
            if !self.step_before(Some(deadline)) {
                self.set_now(deadline);
                return done(self).then(|| self.elapsed());
            }
        }
    }

    fn step_before(&mut self, deadline: Option<Instant>) -> bool {
        for node in 0..self.nodes.len() {
            self.transmit(node);
        }
        let Some((at, next)) = self.next() else {
            return false;
        };
        if deadline.is_some_and(|deadline| at > deadline) {
            return false;
        }
        self.set_now(at);
        match next {
            Next::Packet => {
                if let Some(delivery) = self.transit.deliver(self.now) {
                    self.handle_delivery(delivery);
                }
            }
            Next::Timeout => self.handle_timeouts(),
        }
        true
    }

    /// A packet goes before a timeout of the same instant.
    fn next(&mut self) -> Option<(Instant, Next)> {
        let packet = self.transit.next_at().map(|at| (at, Next::Packet));
        let timeouts = self
            .nodes
            .iter_mut()
            .filter_map(|node| node.endpoint().poll_timeout());
        let timeout = timeouts.min().map(|at| (at.max(self.now), Next::Timeout));
        [packet, timeout]
            .into_iter()
            .flatten()
            .min_by_key(|&(at, _)| at)
    }

    fn set_now(&mut self, at: Instant) {
        if at > self.now {
            self.now = at;
            self.timeouts = 0;
        }
    }

    fn handle_delivery(&mut self, delivery: Delivery) {
        let now = self.now;
        let node = match delivery {
            Delivery::Datagram { node, datagram } => {
                // What the sender calls remote is local here.
                let Datagram {
                    local: remote,
                    remote: local,
                    mut bytes,
                } = datagram;
                let endpoint = self.nodes[node].endpoint();
                endpoint.handle_datagram(now, local, remote, &mut bytes);
                node
            }
            Delivery::Unreachable {
                node,
                local,
                remote,
            } => {
                let endpoint = self.nodes[node].endpoint();
                endpoint.handle_unreachable(now, local, remote);
                node
            }
            Delivery::Segment(arrival) => {
                let node = arrival.node;
                self.with_connections(node, |connections, on| connections.arrive(arrival, on));
                node
            }
            Delivery::Resend { segment, bytes } => {
                let Some(node) = self.connections.sender(&segment) else {
                    return;
                };
                self.with_connections(node, |it, on| it.resend(segment, bytes, on));
                node
            }
            Delivery::Refused { segment } => {
                let Some(node) = self.connections.sender(&segment) else {
                    return;
                };
                self.with_connections(node, |connections, on| connections.refuse(&segment, on));
                node
            }
        };
        self.transmit(node);
    }

    /// Lets the connections act for a node.
    pub(crate) fn with_connections(
        &mut self,
        node: usize,
        act: impl FnOnce(&mut Connections, &mut Moment<'_>),
    ) {
        let mut moment = Moment {
            now: self.now,
            transit: &mut self.transit,
            endpoint: self.nodes[node].endpoint(),
        };
        act(&mut self.connections, &mut moment);
    }

    fn handle_timeouts(&mut self) {
        for node in 0..self.nodes.len() {
            let endpoint = self.nodes[node].endpoint();
            if endpoint.poll_timeout().is_some_and(|at| at <= self.now) {
                endpoint.handle_timeout(self.now);
                self.timeouts += 1;
                let name = self.transit.node_name(node);
                assert!(
                    self.timeouts <= MAX_TIMEOUTS_AT_ONCE,
                    "{name} spins: its timeout does not move after handle_timeout"
                );
                self.transmit(node);
            }
        }
    }

    /// Takes all that a node has to send.
    fn transmit(&mut self, node: usize) {
        for sent in 0.. {
            let endpoint = self.nodes[node].endpoint();
            if let Some(datagram) = endpoint.poll_transmit(self.now) {
                let Datagram { local, remote, .. } = datagram;
                if !self.transit.send(self.now, node, datagram) {
                    endpoint.handle_unreachable(self.now, local, remote);
                }
            } else if let Some(request) = endpoint.poll_stream_request(self.now) {
                self.with_connections(node, |it, on| it.request(node, request, on));
            } else {
                return;
            }
            let name = self.transit.node_name(node);
            assert!(sent < MAX_SENT_AT_ONCE, "{name} sends without end");
        }
    }
}

impl<E> Drop for Simulation<E> {
    fn drop(&mut self) {
        if thread::panicking() {
            let (seed, trace) = (self.seed, &self.transit.trace);
            eprintln!("seed {seed}, the last packets:\n{}", trace.tail(TAIL));
        }
    }
}
