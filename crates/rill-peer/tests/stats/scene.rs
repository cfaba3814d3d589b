//! Alice and Bob, their network and their signalling.

use std::{
    net::IpAddr,
    sync::OnceLock,
    time::{Duration, Instant, SystemTime},
};

use rand_chacha::rand_core::Rng;
use rill_peer::{
    Certificate, CertificateOptions, ChannelId, Configuration, DataChannelInit, DataChannelState,
    IceServer, Message, PeerConnection, Security, StatsReport,
};
use rill_sim::{HostConfig, HostId, Link, NatConfig, Seed, Simulation, StunServer, TurnServer};

use crate::{
    adapter::{Adapter, Names, Signal},
    reading::check,
};

pub(crate) const ALICE: &str = "198.51.100.1";
pub(crate) const BOB: &str = "198.51.100.2";
/// Where Alice is when she is behind a NAT, and what others see of her.
pub(crate) const INSIDE: &str = "10.0.0.1";
pub(crate) const HOME: &str = "203.0.113.9";
pub(crate) const STUN: &str = "stun:192.0.2.1:3478";
pub(crate) const TURN: &str = "turn:192.0.2.2:3478";

/// Of two default links, there and back.
pub(crate) const ROUND_TRIP: Duration = Duration::from_millis(20);
const ONE_WAY: Duration = Duration::from_millis(10);
const LONG: Duration = Duration::from_secs(30);

/// 2026-01-01 00:00:00 UTC, when time begins.
pub(crate) fn new_year() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600)
}

pub(crate) struct Scene {
    pub(crate) sim: Simulation<Adapter>,
    pub(crate) alice: HostId,
    pub(crate) bob: HostId,
    /// Whether candidates of Alice are kept back, and those that were.
    pub(crate) withholds: bool,
    withheld: Vec<Signal>,
}

/// A configuration that real DTLS is not too slow for.
pub(crate) fn plaintext() -> Configuration {
    Configuration {
        security: Security::SimulationOnly,
        ..Configuration::default()
    }
}

/// With a server, and what it wants to know.
pub(crate) fn asking(url: &str) -> Configuration {
    let server = IceServer {
        urls: vec![url.to_owned()],
        username: Some("user".into()),
        credential: Some("secret".into()),
    };
    Configuration {
        ice_servers: vec![server],
        ..plaintext()
    }
}

impl Scene {
    pub(crate) fn new(configurations: [Configuration; 2]) -> Self {
        Self::build(configurations, false)
    }

    /// With Alice behind a NAT.
    pub(crate) fn at_home(configurations: [Configuration; 2]) -> Self {
        Self::build(configurations, true)
    }

    fn build(configurations: [Configuration; 2], at_home: bool) -> Self {
        let seed = Seed::from_env_or(1);
        let mut sim = Simulation::new(seed);
        let link = Link::default;
        let stun = StunServer::new("192.0.2.1:3478".parse().expect("a literal"));
        sim.add_stun_server(stun, link());
        let turn = TurnServer::new("192.0.2.2:3478".parse().expect("a literal"));
        sim.add_turn_server(turn.user("user", "secret"), &link());
        let [first, second] = [0, 1].map(|side| {
            let configuration = configurations[side].clone();
            peer(sim.now(), seed, side, configuration)
        });
        let alice = HostConfig::new("alice");
        let alice = if at_home {
            let home = sim.add_nat(NatConfig::new(ip(HOME)));
            alice.address_in(home, ip(INSIDE), link())
        } else {
            alice.address(ip(ALICE), link())
        };
        let bob = HostConfig::new("bob").address(ip(BOB), link());
        let names = Names::default();
        let alice = sim.add_host(alice, |host| Adapter::new(host, first, names.clone()));
        let bob = sim.add_host(bob, |host| Adapter::new(host, second, names));
        Self {
            sim,
            alice,
            bob,
            withholds: false,
            withheld: Vec::new(),
        }
    }

    pub(crate) fn hosts(&self) -> [HostId; 2] {
        [self.alice, self.bob]
    }

    pub(crate) fn side(&self, host: HostId) -> &Adapter {
        self.sim.endpoint(host)
    }

    /// The report of a side, whose references were followed.
    pub(crate) fn stats(&self, host: HostId) -> StatsReport {
        let wall = new_year() + self.sim.elapsed();
        let report = self.side(host).pc.stats(self.sim.now(), wall);
        check(&report);
        report
    }

    pub(crate) fn create(&mut self, host: HostId, label: &str) -> ChannelId {
        let create = |side: &mut Adapter, now| {
            side.pc
                .create_data_channel(now, label, DataChannelInit::default())
        };
        self.sim
            .with(host, create)
            .expect("nothing is wrong with it")
    }

    pub(crate) fn offer(&mut self, host: HostId) {
        self.sim.with(host, Adapter::describe);
    }

    pub(crate) fn send(&mut self, host: HostId, id: ChannelId, length: usize) {
        let message = Message::Binary(vec![7; length].into());
        let send = |side: &mut Adapter, now| side.pc.send(now, id, message);
        self.sim.with(host, send).expect("the channel takes it");
    }

    /// What was kept back goes on its way.
    pub(crate) fn release(&mut self) {
        self.withholds = false;
        for signal in std::mem::take(&mut self.withheld) {
            let at = self.sim.now() + ONE_WAY;
            self.sim.endpoint_mut(self.bob).inbox.push(at, signal);
        }
    }

    fn carry(&mut self) {
        let hosts = self.hosts();
        for side in 0..2 {
            self.sim.with(hosts[side], Adapter::settle);
            while let Some(signal) = self.sim.endpoint_mut(hosts[side]).outbox.pop_front() {
                if side == 0 && self.withholds && matches!(signal, Signal::Candidate(_)) {
                    self.withheld.push(signal);
                    continue;
                }
                let at = self.sim.now() + ONE_WAY;
                self.sim
                    .endpoint_mut(hosts[1 - side])
                    .inbox
                    .push(at, signal);
            }
        }
    }

    pub(crate) fn run_until(&mut self, done: impl Fn(&Self) -> bool) {
        let end = self.sim.now() + LONG;
        self.carry();
        while !done(self) {
            assert!(self.sim.now() < end, "it does not happen");
            self.sim.run_for(Duration::from_millis(1));
            self.carry();
        }
    }

    pub(crate) fn run_for(&mut self, duration: Duration) {
        let end = self.sim.now() + duration;
        while self.sim.now() < end {
            self.sim.run_for(Duration::from_millis(5));
            self.carry();
        }
    }

    /// Alice offers a channel, until it is open on both sides.
    pub(crate) fn connect(&mut self) -> [ChannelId; 2] {
        let ours = self.create(self.alice, "chat");
        self.offer(self.alice);
        let is_open = |side: &Adapter, id| side.pc.data_channel_state(id) == DataChannelState::Open;
        self.run_until(|scene| {
            let (alice, bob) = (scene.side(scene.alice), scene.side(scene.bob));
            let theirs = bob.announced.first();
            is_open(alice, ours) && theirs.is_some_and(|id| is_open(bob, *id))
        });
        [ours, self.side(self.bob).announced[0]]
    }
}

fn peer(now: Instant, seed: Seed, side: usize, mut configuration: Configuration) -> PeerConnection {
    configuration.certificates.push(certificate(side));
    let mut bytes = [0; 32];
    seed.rng(u32::try_from(side).expect("one of two"))
        .fill_bytes(&mut bytes);
    PeerConnection::new(now, configuration, bytes).expect("the configuration is a good one")
}

/// The same in every scene, for making one is not for free.
fn certificate(side: usize) -> Certificate {
    static CERTIFICATES: OnceLock<[Certificate; 2]> = OnceLock::new();
    let make = || {
        let made = Certificate::generate(CertificateOptions::new(new_year()));
        made.expect("the time is a sane one")
    };
    CERTIFICATES.get_or_init(|| [make(), make()])[side].clone()
}

pub(crate) fn ip(text: &str) -> IpAddr {
    text.parse().expect("a literal address")
}
