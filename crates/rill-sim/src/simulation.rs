//! The clock and the nodes.

use std::net::IpAddr;
use std::thread;
use std::time::{Duration, Instant};

use crate::interceptor::{Interceptor, Verdict};
use crate::network::{Network, Realm};
use crate::transit::{Delivery, Transit};
use crate::{
    Datagram, Endpoint, Host, HostConfig, Link, Names, NatConfig, Seed, StunServer, Trace,
};

/// Timeouts at one instant after which an endpoint is taken to spin.
const MAX_TIMEOUTS_AT_ONCE: usize = 10_000;

/// Datagrams in a row after which an endpoint is taken to send without end.
const MAX_DATAGRAMS_AT_ONCE: usize = 100_000;

/// Lines of the trace that are printed when a test fails.
const TAIL: usize = 60;

/// A host of a simulation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostId(usize);

/// A STUN server of a simulation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServerId(usize);

/// A network in virtual time, with endpoints of one type (`Box<dyn Endpoint>` for several).
///
/// Between calls to [`step`](Self::step) and the `run_*` methods, commands may be given to the
/// endpoints by [`endpoint_mut`](Self::endpoint_mut); what they want to send leaves with the next
/// step. Dropped in a panic, it prints the end of its trace.
#[derive(Debug)]
pub struct Simulation<E> {
    seed: Seed,
    start: Instant,
    now: Instant,
    nodes: Vec<Node<E>>,
    names: Names,
    transit: Transit,
    /// Timeouts handled since the clock last moved.
    timeouts: usize,
}

#[derive(Debug)]
enum Node<E> {
    Endpoint(E),
    StunServer(StunServer),
}

impl<E: Endpoint> Node<E> {
    fn endpoint(&mut self) -> &mut dyn Endpoint {
        match self {
            Self::Endpoint(endpoint) => endpoint,
            Self::StunServer(server) => server,
        }
    }
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

    /// The names that hosts added from now on resolve.
    pub fn names_mut(&mut self) -> &mut Names {
        &mut self.names
    }

    /// Adds a NAT and returns the realm behind it.
    ///
    /// # Panics
    ///
    /// If its outer realm is of another simulation.
    pub fn add_nat(&mut self, nat: NatConfig) -> Realm {
        self.transit.network.add_nat(nat)
    }

    /// Adds a host with the endpoint that `build` makes for it.
    ///
    /// # Panics
    ///
    /// If one of its addresses is taken in its realm.
    pub fn add_host(&mut self, config: HostConfig, build: impl FnOnce(Host) -> E) -> HostId {
        let interfaces = config.interfaces();
        let node = self.transit.add_node(config.name.clone());
        for (address, realm, link) in config.addresses {
            self.transit.network.attach(node, realm, address, link);
        }
        // A range of its own for each of the first 40 hosts: no port is right by accident.
        let first_port = 20_000 + 1_000 * (node % 40) as u16;
        let host = Host::new(config.name, interfaces, self.names.clone(), first_port);
        self.nodes.push(Node::Endpoint(build(host)));
        HostId(node)
    }

    /// Adds a STUN server in the internet.
    ///
    /// # Panics
    ///
    /// If its address is taken.
    pub fn add_stun_server(&mut self, server: StunServer, link: Link) -> ServerId {
        let node = self.transit.add_node(format!("stun {}", server.address()));
        self.transit
            .network
            .attach(node, Realm::INTERNET, server.address().ip(), link);
        self.nodes.push(Node::StunServer(server));
        ServerId(node)
    }

    /// Lets datagrams to `address` vanish under that heading in the trace. (Without it they vanish
    /// too, as having no route.)
    pub fn add_dead_address(&mut self, address: IpAddr) {
        self.transit.network.add_dead(address);
    }

    /// Lets sending to `address` fail at once, on every host.
    pub fn add_unreachable_address(&mut self, address: IpAddr) {
        self.transit.network.add_unreachable(address);
    }

    /// Cuts the way between two interfaces, both directions, by their own addresses (inside of
    /// their NATs). Packets under way are lost too.
    pub fn partition(&mut self, one: IpAddr, other: IpAddr) {
        self.partition_one_way(one, other);
        self.partition_one_way(other, one);
    }

    /// Cuts the way from one interface to another.
    pub fn partition_one_way(&mut self, from: IpAddr, to: IpAddr) {
        self.transit.network.partition(from, to);
    }

    /// Undoes [`partition`](Self::partition), and [`partition_one_way`](Self::partition_one_way) in
    /// both directions.
    pub fn heal(&mut self, one: IpAddr, other: IpAddr) {
        self.transit.network.heal(one, other);
        self.transit.network.heal(other, one);
    }

    /// Takes an address away from its host: sending from it is refused, datagrams to it are lost.
    /// The endpoint is not told.
    pub fn remove_address(&mut self, address: IpAddr) {
        self.transit.network.set_present(address, false);
    }

    /// Gives a removed address back.
    pub fn restore_address(&mut self, address: IpAddr) {
        self.transit.network.set_present(address, true);
    }

    /// Changes the link of the interface with this address, both directions.
    pub fn set_link(&mut self, address: IpAddr, link: &Link) {
        for attachment in self.transit.network.with_address(address) {
            attachment.up.set_link(link.clone());
            attachment.down.set_link(link.clone());
        }
    }

    /// Shows every datagram that leaves a host to `intercept`, which may change it (payload and
    /// addresses) or drop it: for a fault at one certain message, or an attacker on the path.
    pub fn intercept(
        &mut self,
        intercept: impl FnMut(Instant, &mut Datagram) -> Verdict + Send + 'static,
    ) {
        self.transit
            .set_interceptor(Some(Interceptor::new(intercept)));
    }

    /// Ends [`intercept`](Self::intercept).
    pub fn stop_intercepting(&mut self) {
        self.transit.set_interceptor(None);
    }

    /// Sends a datagram as an attacker in `realm` does, with `local` as its source, whoever has that
    /// address. It is routed and filtered as any other and passes the receiver's link.
    pub fn inject(&mut self, realm: Realm, datagram: Datagram) {
        self.transit.inject(self.now, realm, datagram);
    }

    /// The endpoint of a host.
    ///
    /// # Panics
    ///
    /// If the id is of another simulation.
    pub fn endpoint(&self, HostId(node): HostId) -> &E {
        match &self.nodes[node] {
            Node::Endpoint(endpoint) => endpoint,
            Node::StunServer(_) => panic!("the host id is of another simulation"),
        }
    }

    /// The endpoint of a host, for giving it commands and taking its events.
    ///
    /// # Panics
    ///
    /// If the id is of another simulation.
    pub fn endpoint_mut(&mut self, HostId(node): HostId) -> &mut E {
        match &mut self.nodes[node] {
            Node::Endpoint(endpoint) => endpoint,
            Node::StunServer(_) => panic!("the host id is of another simulation"),
        }
    }

    /// Lets `command` act on an endpoint together with the current time.
    ///
    /// # Panics
    ///
    /// If the id is of another simulation.
    pub fn with<R>(&mut self, host: HostId, command: impl FnOnce(&mut E, Instant) -> R) -> R {
        let now = self.now;
        command(self.endpoint_mut(host), now)
    }

    /// A STUN server.
    ///
    /// # Panics
    ///
    /// If the id is of another simulation.
    pub fn stun_server(&self, ServerId(node): ServerId) -> &StunServer {
        match &self.nodes[node] {
            Node::StunServer(server) => server,
            Node::Endpoint(_) => panic!("the server id is of another simulation"),
        }
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
        let Delivery { node, datagram } = delivery;
        // What the sender calls remote is local here.
        let Datagram {
            local: remote,
            remote: local,
            mut bytes,
        } = datagram;
        self.nodes[node]
            .endpoint()
            .handle_datagram(self.now, local, remote, &mut bytes);
        self.transmit(node);
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

    /// Takes all datagrams that a node has to send.
    fn transmit(&mut self, node: usize) {
        let endpoint = self.nodes[node].endpoint();
        for sent in 0.. {
            let Some(datagram) = endpoint.poll_transmit(self.now) else {
                return;
            };
            let name = self.transit.node_name(node);
            assert!(sent < MAX_DATAGRAMS_AT_ONCE, "{name} sends without end");
            let Datagram { local, remote, .. } = datagram;
            if !self.transit.send(self.now, node, datagram) {
                endpoint.handle_unreachable(self.now, local, remote);
            }
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
