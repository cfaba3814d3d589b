//! Two peers, their network and their signalling.

use std::{
    net::IpAddr,
    time::{Duration, Instant},
};

use rand_chacha::rand_core::Rng;
use rill_peer::{
    BundlePolicy, ChannelId, Configuration, ConnectionState, DataChannelInit, DataChannelState,
    IceServer, MediaKind, Message, PeerConnection, SdpType, Security, SessionDescription,
    TransceiverId, TransceiverInit,
};
use rill_sim::{HostConfig, HostId, Link, NatConfig, Seed, Simulation, StunServer};

use crate::{
    adapter::{Adapter, certificate},
    signal::{Manner, Signal, Tamper, honest},
};

/// One way of signalling, and of two default links.
pub(crate) const ONE_WAY: Duration = Duration::from_millis(10);
pub(crate) const ROUND_TRIP: Duration = Duration::from_millis(20);
/// Longer than any set-up should take.
pub(crate) const LONG: Duration = Duration::from_secs(60);

pub(crate) const ALICE: &str = "198.51.100.1";
pub(crate) const BOB: &str = "198.51.100.2";
/// What others see of Alice when she is at home.
pub(crate) const HOME: &str = "203.0.113.9";

/// How a scene is set up.
#[derive(Clone)]
pub(crate) struct Setting {
    pub(crate) seed: Seed,
    pub(crate) security: Security,
    pub(crate) link: Link,
    pub(crate) manners: [Manner; 2],
    pub(crate) servers: [Vec<&'static str>; 2],
    pub(crate) addresses: [Vec<IpAddr>; 2],
    /// Whether the order of polls is shuffled, and by which seed.
    pub(crate) shuffle: Option<Seed>,
    /// Whether tasks are put off now and then, if it is.
    pub(crate) lazy: bool,
    /// What else the connections are configured with.
    pub(crate) configurations: [Configuration; 2],
}

impl Default for Setting {
    fn default() -> Self {
        Self {
            seed: Seed::from_env_or(1),
            security: Security::SimulationOnly,
            link: Link::default(),
            manners: [Manner::Trickle; 2],
            servers: [vec![], vec![]],
            addresses: [vec![ip(ALICE)], vec![ip(BOB)]],
            shuffle: None,
            lazy: false,
            configurations: [Configuration::default(), Configuration::default()],
        }
    }
}

impl Setting {
    pub(crate) fn seeded(seed: Seed) -> Self {
        Self {
            seed,
            ..Self::default()
        }
    }

    /// With real DTLS.
    pub(crate) fn secure() -> Self {
        Self {
            security: Security::Dtls,
            ..Self::default()
        }
    }

    pub(crate) fn build(self) -> Scene {
        let mut sim = Simulation::new(self.seed);
        let [alice, bob] = [0, 1].map(|side: usize| {
            let mut host = HostConfig::new(["alice", "bob"][side]);
            for address in &self.addresses[side] {
                host = host.address(*address, self.link.clone());
            }
            let pc = self.peer(sim.now(), side);
            let manner = self.manners[side];
            let shuffle = self.shuffle.map(|seed| seed.rng(100 + side as u32));
            sim.add_host(host, |host| {
                let mut adapter = Adapter::new(host, pc, manner);
                adapter.shuffle = shuffle;
                adapter.lazy = self.lazy;
                adapter
            })
        });
        Scene {
            sim,
            alice,
            bob,
            tamper: [honest(), honest()],
        }
    }

    /// With a bundle policy of Alice's.
    pub(crate) fn bundling(policy: BundlePolicy) -> Self {
        let mut setting = Self::default();
        setting.configurations[0].bundle_policy = policy;
        setting
    }

    /// With Alice at 10.0.0.1 behind a NAT, and at these addresses besides.
    pub(crate) fn build_at_home(mut self, more: &[IpAddr]) -> Scene {
        self.addresses[0].clear();
        let mut scene = self.clone().build();
        let realm = scene.sim.add_nat(NatConfig::new(ip(HOME)));
        let host = HostConfig::new("alice at home");
        let host = host.address_in(realm, ip("10.0.0.1"), Link::default());
        let host = more.iter().fold(host, |host, address| {
            host.address(*address, Link::default())
        });
        let pc = self.peer(scene.sim.now(), 0);
        let adapter = |host| Adapter::new(host, pc, self.manners[0]);
        scene.alice = scene.sim.add_host(host, adapter);
        scene
    }

    /// The connection of a side, on its own.
    pub(crate) fn peer(&self, now: Instant, side: usize) -> PeerConnection {
        let server = |url: &&str| IceServer {
            urls: vec![(*url).to_owned()],
            ..IceServer::default()
        };
        let mut configuration = self.configurations[side].clone();
        configuration.security = self.security;
        let servers = self.servers[side].iter().map(server);
        configuration.ice_servers.extend(servers);
        if configuration.certificates.is_empty() {
            configuration.certificates.push(certificate(side));
        }
        let mut seed = [0; 32];
        self.seed.rng(side as u32).fill_bytes(&mut seed);
        let pc = PeerConnection::new(now, configuration, seed);
        pc.expect("the configuration is a good one")
    }
}

/// Where Alice and Bob stand.
pub(crate) struct Scene {
    pub(crate) sim: Simulation<Adapter>,
    pub(crate) alice: HostId,
    pub(crate) bob: HostId,
    /// What becomes of Alice's signals, and of Bob's.
    pub(crate) tamper: [Tamper; 2],
}

impl Scene {
    pub(crate) fn side(&self, host: HostId) -> &Adapter {
        self.sim.endpoint(host)
    }

    pub(crate) fn alice(&self) -> &Adapter {
        self.side(self.alice)
    }

    pub(crate) fn bob(&self) -> &Adapter {
        self.side(self.bob)
    }

    pub(crate) fn hosts(&self) -> [HostId; 2] {
        [self.alice, self.bob]
    }

    /// Adds a STUN server that answers.
    pub(crate) fn add_server(&mut self, address: &str) {
        let address = address.parse().expect("a literal address");
        self.sim
            .add_stun_server(StunServer::new(address), Link::default());
    }

    pub(crate) fn create(&mut self, host: HostId, label: &str, init: DataChannelInit) -> ChannelId {
        let create = |side: &mut Adapter, now| side.pc.create_data_channel(now, label, init);
        self.sim
            .with(host, create)
            .expect("the channel is a good one")
    }

    pub(crate) fn send(&mut self, host: HostId, id: ChannelId, message: Message) {
        let send = |side: &mut Adapter, now| side.pc.send(now, id, message);
        self.sim.with(host, send).expect("the channel takes it");
    }

    pub(crate) fn send_text(&mut self, host: HostId, id: ChannelId, text: &str) {
        self.send(host, id, Message::Text(text.into()));
    }

    pub(crate) fn close(&mut self, host: HostId, id: ChannelId) {
        let close = |side: &mut Adapter, now| side.pc.close_data_channel(now, id);
        self.sim.with(host, close);
    }

    pub(crate) fn offer(&mut self, host: HostId) {
        self.sim.with(host, Adapter::offer);
    }

    /// A restart is asked for and offered.
    pub(crate) fn restart(&mut self, host: HostId) {
        self.sim.with(host, Adapter::restart);
    }

    pub(crate) fn roll_back(&mut self, host: HostId) {
        let back = SessionDescription::new(SdpType::Rollback, "");
        let roll_back = |side: &mut Adapter, now| side.pc.set_local_description(now, Some(back));
        let done = self.sim.with(host, roll_back);
        done.expect("there is an offer");
    }

    /// A section for media that only the other side would send.
    pub(crate) fn transceiver(&mut self, host: HostId, kind: MediaKind) -> TransceiverId {
        let init = TransceiverInit::default();
        let add = |side: &mut Adapter, now| side.pc.add_transceiver(now, kind, init);
        self.sim.with(host, add).expect("the connection is open")
    }

    /// Carries signals both ways.
    fn carry(sim: &mut Simulation<Adapter>, hosts: [HostId; 2], tamper: &mut [Tamper; 2]) {
        let at = sim.now() + ONE_WAY;
        for side in 0..2 {
            sim.with(hosts[side], Adapter::settle);
            while let Some(signal) = sim.endpoint_mut(hosts[side]).outbox.pop_front() {
                if let Some(signal) = tamper[side](signal) {
                    sim.endpoint_mut(hosts[1 - side]).inbox.push(at, signal);
                }
            }
        }
    }

    /// Runs until `done`; gives the time since the start.
    pub(crate) fn run_until(
        &mut self,
        limit: Duration,
        done: impl Fn(&Adapter, &Adapter) -> bool,
    ) -> Option<Duration> {
        let hosts = self.hosts();
        let Self { sim, tamper, .. } = self;
        sim.run_until(limit, |sim| {
            Self::carry(sim, hosts, tamper);
            done(sim.endpoint(hosts[0]), sim.endpoint(hosts[1]))
        })
    }

    pub(crate) fn run_for(&mut self, duration: Duration) {
        let over = self.run_until(duration, |_, _| false);
        assert_eq!(over, None);
    }

    /// Alice offers a channel; gives it when it is open on both sides, and the time it took.
    pub(crate) fn connect(&mut self) -> Connected {
        let ours = self.create(self.alice, "chat", DataChannelInit::default());
        self.offer(self.alice);
        let is_open = |side: &Adapter, id| side.pc.data_channel_state(id) == DataChannelState::Open;
        let time = self.run_until(LONG, |alice, bob| {
            let theirs = bob.announced.first();
            is_open(alice, ours) && theirs.is_some_and(|id| is_open(bob, *id))
        });
        let words = self.hosts().map(|host| self.side(host).diary.words());
        let time = time.unwrap_or_else(|| panic!("not connected in time: {words:#?}"));
        for host in self.hosts() {
            let side = self.side(host);
            assert_eq!(side.refusals, Vec::<String>::new());
            assert_eq!(side.pc.connection_state(), ConnectionState::Connected);
        }
        Connected {
            ours,
            theirs: self.bob().announced[0],
            time,
        }
    }

    /// A text each way arrives.
    pub(crate) fn check_echo(&mut self, channel: &Connected) {
        self.send_text(self.alice, channel.ours, "to bob");
        self.send_text(self.bob, channel.theirs, "to alice");
        let last = |side: &Adapter, id| side.texts(id).pop();
        let arrived = self.run_until(LONG, |alice, bob| {
            last(alice, channel.ours).as_deref() == Some("to alice")
                && last(bob, channel.theirs).as_deref() == Some("to bob")
        });
        assert!(arrived.is_some(), "both texts arrive");
    }

    /// What Alice signalled first.
    pub(crate) fn first_offer(&mut self) -> String {
        self.create(self.alice, "chat", DataChannelInit::default());
        self.offer(self.alice);
        self.sim.step();
        let signal = self.sim.endpoint_mut(self.alice).outbox.pop_front();
        match signal {
            Some(Signal::Description(offer)) if offer.kind == SdpType::Offer => offer.sdp,
            other => panic!("not an offer: {other:?}"),
        }
    }
}

/// A channel that is open on both sides.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Connected {
    pub(crate) ours: ChannelId,
    pub(crate) theirs: ChannelId,
    /// Since the start.
    pub(crate) time: Duration,
}

pub(crate) fn ip(text: &str) -> IpAddr {
    text.parse().expect("a literal address")
}
