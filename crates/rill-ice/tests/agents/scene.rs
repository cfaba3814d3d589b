//! Two nodes, their network and their signalling.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use rill_ice::{Agent, Config, Event, Role, ServerConfig, ServerHost, Service, TransportState};
use rill_sim::{HostConfig, HostId, Link, NatConfig, Realm, Seed, Simulation};

use crate::node::Node;

/// Where Alice and Bob stand.
pub(crate) struct Scene {
    pub(crate) sim: Simulation<Node>,
    pub(crate) alice: HostId,
    pub(crate) bob: HostId,
    /// How long a signal takes.
    pub(crate) signalling: Duration,
}

/// How a scene is set up.
#[derive(Clone)]
pub(crate) struct Setting {
    pub(crate) seed: Seed,
    pub(crate) link: Link,
    pub(crate) roles: [Role; 2],
    pub(crate) configs: [Config; 2],
    pub(crate) addresses: [Vec<IpAddr>; 2],
    pub(crate) nats: [Option<NatConfig>; 2],
}

impl Default for Setting {
    fn default() -> Self {
        Self {
            seed: Seed::from_env_or(1),
            link: Link::default(),
            roles: [Role::Controlling, Role::Controlled],
            configs: [Config::default(), Config::default()],
            addresses: [vec![ip("198.51.100.1")], vec![ip("198.51.100.2")]],
            nats: [None, None],
        }
    }
}

impl Setting {
    pub(crate) fn seeded(seed: u64) -> Self {
        Self {
            seed: Seed::new(seed),
            ..Self::default()
        }
    }

    /// Both ask this server.
    pub(crate) fn with_server(mut self, server: &str) -> Self {
        for config in &mut self.configs {
            config.servers.push(stun(server));
        }
        self
    }

    pub(crate) fn build(self) -> Scene {
        let mut sim = Simulation::new(self.seed);
        let names = ["alice", "bob"];
        let mut hosts = [0, 1].map(|side: usize| {
            let realm = match &self.nats[side] {
                Some(nat) => sim.add_nat(nat.clone()),
                None => Realm::INTERNET,
            };
            let mut host = HostConfig::new(names[side]);
            for address in &self.addresses[side] {
                host = host.address_in(realm, *address, self.link.clone());
            }
            let rng = self.seed.rng(side as u32);
            let agent = Agent::new(self.configs[side].clone(), self.roles[side], rng);
            Some(sim.add_host(host, |host| Node::new(host, agent)))
        });
        let mut take = |side: usize| hosts[side].take().expect("taken once");
        Scene {
            alice: take(0),
            bob: take(1),
            sim,
            signalling: Duration::from_millis(1),
        }
    }
}

impl Scene {
    pub(crate) fn node(&self, host: HostId) -> &Node {
        self.sim.endpoint(host)
    }

    /// Starts both sides.
    pub(crate) fn start(&mut self) {
        for host in [self.alice, self.bob] {
            self.sim.with(host, Node::start);
        }
    }

    /// Carries signals both ways.
    pub(crate) fn signal(sim: &mut Simulation<Node>, ends: [HostId; 2], delay: Duration) {
        for (from, to) in [(ends[0], ends[1]), (ends[1], ends[0])] {
            let at = sim.now() + delay;
            while let Some(signal) = sim.endpoint_mut(from).outbox.pop_front() {
                sim.endpoint_mut(to).inbox.push(at, signal);
            }
        }
    }

    /// Runs until `done`; gives the time since the start.
    pub(crate) fn run_until(
        &mut self,
        limit: Duration,
        done: impl Fn(&Node, &Node) -> bool,
    ) -> Option<Duration> {
        let (alice, bob, delay) = (self.alice, self.bob, self.signalling);
        self.sim.run_until(limit, |sim| {
            Self::signal(sim, [alice, bob], delay);
            done(sim.endpoint(alice), sim.endpoint(bob))
        })
    }

    pub(crate) fn run_for(&mut self, duration: Duration) {
        let over = self.run_until(duration, |_, _| false);
        assert_eq!(over, None);
    }

    /// Starts both sides and runs until both have a nominated pair.
    pub(crate) fn connect(&mut self, limit: Duration) -> Duration {
        self.start();
        let time = self.run_until(limit, |alice, bob| {
            alice.is_concluded() && bob.is_concluded()
        });
        let time = time.expect("both sides connect in time");
        self.check_agreement();
        time
    }

    /// Both sides' selected pairs are the two ends of one path, and every event sequence is sound.
    pub(crate) fn check_agreement(&self) {
        for host in [self.alice, self.bob] {
            check_order(self.node(host));
        }
    }

    pub(crate) fn both_are(&self, state: TransportState) -> bool {
        self.node(self.alice).state() == state && self.node(self.bob).state() == state
    }
}

/// What holds of every sequence of events.
pub(crate) fn check_order(node: &Node) {
    let states = node.states();
    if let Some(first) = states.first() {
        assert_eq!(*first, TransportState::Checking, "{states:?}");
    }
    assert!(states.windows(2).all(|two| two[0] != two[1]), "{states:?}");
    let mut ended = BTreeSet::new();
    for (_, event) in &node.events {
        match event {
            Event::LocalCandidate { generation, .. } => {
                assert!(!ended.contains(generation), "a candidate after the end");
            }
            Event::LocalEndOfCandidates { generation, .. } => {
                assert!(ended.insert(*generation), "two ends of candidates");
            }
            _ => {}
        }
    }
}

pub(crate) fn ip(text: &str) -> IpAddr {
    text.parse().expect("a literal address")
}

pub(crate) fn stun(address: &str) -> ServerConfig {
    let address: std::net::SocketAddr = address.parse().expect("a literal address");
    ServerConfig {
        service: Service::Stun,
        url: format!("stun:{address}"),
        host: ServerHost::Ip(address.ip()),
        port: address.port(),
    }
}
