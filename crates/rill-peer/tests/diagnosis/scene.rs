//! Alice, Bob, their networks and their signalling.

use std::{
    net::IpAddr,
    sync::OnceLock,
    time::{Duration, SystemTime},
};

use rand_chacha::rand_core::Rng;
use rill_peer::{
    Certificate, CertificateOptions, Configuration, DataChannelInit, Diagnosis, IceServer,
    IceTransportPolicy, Pacer, PeerConnection, Security,
};
use rill_sim::{
    Firewall, HostConfig, HostId, Link, NatConfig, Seed, Simulation, StunServer, TurnServer,
    TurnServerId,
};

use crate::adapter::{ONE_WAY, Side, Signal};

pub(crate) const ALICE: &str = "198.51.100.1";
pub(crate) const BOB: &str = "198.51.100.2";
pub(crate) const STUN: &str = "192.0.2.1:3478";
pub(crate) const TURN: &str = "192.0.2.2:3478";
pub(crate) const TURN_URL: &str = "turn:192.0.2.2";
pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// How a scene is set up.
#[derive(Clone, Default)]
pub(crate) struct Setting {
    pub(crate) configurations: [Configuration; 2],
    pub(crate) addresses: [Vec<IpAddr>; 2],
    pub(crate) firewalls: [Firewall; 2],
    /// Whether a host is behind a NAT.
    pub(crate) nats: [Option<NatConfig>; 2],
}

/// What becomes of a signal; `None` loses it.
pub(crate) type Tamper = Box<dyn FnMut(Signal) -> Option<Signal>>;

pub(crate) struct Scene {
    pub(crate) sim: Simulation<Side>,
    pub(crate) alice: HostId,
    pub(crate) bob: HostId,
    /// What becomes of Alice's signals, and of Bob's.
    pub(crate) tamper: [Tamper; 2],
}

impl Setting {
    /// Both in the internet.
    pub(crate) fn open() -> Self {
        Self {
            addresses: [vec![ip(ALICE)], vec![ip(BOB)]],
            ..Self::default()
        }
    }

    /// Alice asks this server too; credentials are those of [`turn_server`].
    pub(crate) fn asking(mut self, url: &str) -> Self {
        self.configurations[0]
            .ice_servers
            .push(server(url, "secret"));
        self
    }

    /// Alice may use relayed candidates only.
    pub(crate) fn relay_only(mut self) -> Self {
        self.configurations[0].ice_transport_policy = IceTransportPolicy::Relay;
        self
    }

    /// Each behind a NAT that maps anew for every peer.
    pub(crate) fn behind_symmetric_nats(mut self) -> Self {
        let nat = |address| Some(NatConfig::symmetric(ip(address)));
        self.nats = [nat("203.0.113.1"), nat("203.0.113.2")];
        self.addresses = [vec![ip("10.0.0.1")], vec![ip("10.1.0.1")]];
        self
    }

    /// Alice alone behind such a NAT.
    pub(crate) fn at_home(mut self) -> Self {
        self.nats[0] = Some(NatConfig::symmetric(ip("203.0.113.1")));
        self.addresses[0] = vec![ip("10.0.0.1")];
        self
    }

    pub(crate) fn build(mut self) -> Scene {
        let seed = Seed::from_env_or(1);
        let mut sim = Simulation::new(seed);
        let [alice, bob] = [0, 1].map(|side: usize| {
            let mut host = HostConfig::new(["alice", "bob"][side]);
            host = host.firewall(self.firewalls[side].clone());
            let realm = self.nats[side].take().map(|nat| sim.add_nat(nat));
            for address in &self.addresses[side] {
                host = match realm {
                    Some(realm) => host.address_in(realm, *address, Link::default()),
                    None => host.address(*address, Link::default()),
                };
            }
            let mut configuration = self.configurations[side].clone();
            configuration.security = Security::SimulationOnly;
            configuration.pacer = Pacer::default();
            configuration.certificates.push(certificate(side));
            let mut bytes = [0; 32];
            seed.rng(side as u32).fill_bytes(&mut bytes);
            let pc =
                PeerConnection::new(sim.now(), configuration, bytes).expect("a good configuration");
            sim.add_host(host, |host| Side::new(host, pc))
        });
        Scene {
            sim,
            alice,
            bob,
            tamper: [Box::new(Some), Box::new(Some)],
        }
    }
}

impl Scene {
    pub(crate) fn add_stun(&mut self, server: StunServer) {
        self.sim.add_stun_server(server, Link::default());
    }

    pub(crate) fn add_turn(&mut self, server: TurnServer) -> TurnServerId {
        self.sim.add_turn_server(server, &Link::default())
    }

    /// Alice offers a data channel.
    pub(crate) fn offer(&mut self) {
        self.sim.with(self.alice, |side, now| {
            let init = DataChannelInit::default();
            let made = side.pc.create_data_channel(now, "chat", init);
            made.expect("the channel is a good one");
            side.describe(now);
        });
    }

    pub(crate) fn run(&mut self, duration: Duration) {
        let hosts = [self.alice, self.bob];
        let Self { sim, tamper, .. } = self;
        let over = sim.run_until(duration, |sim| {
            let at = sim.now() + ONE_WAY;
            for side in 0..2 {
                sim.with(hosts[side], Side::settle);
                while let Some(signal) = sim.endpoint_mut(hosts[side]).outbox.pop_front() {
                    if let Some(signal) = tamper[side](signal) {
                        sim.endpoint_mut(hosts[1 - side]).inbox.push(at, signal);
                    }
                }
            }
            false
        });
        assert_eq!(over, None, "nothing ends it early");
    }

    /// What DNS and multicast DNS say to Alice.
    pub(crate) fn name(&mut self, name: &str, delay: Duration, address: &str) {
        let names = self.sim.endpoint_mut(self.alice).driver.host.names_mut();
        names.insert(name, delay, [ip(address)]);
    }

    pub(crate) fn diagnosis(&self, host: HostId) -> Diagnosis {
        self.sim.endpoint(host).pc.diagnose(self.sim.now())
    }

    /// What Alice is told.
    pub(crate) fn alices(&self) -> String {
        self.diagnosis(self.alice).sentence()
    }

    /// What Bob is told.
    pub(crate) fn bobs(&self) -> String {
        self.diagnosis(self.bob).sentence()
    }

    /// Offers, runs, and gives what Alice is told.
    pub(crate) fn after(&mut self, duration: Duration) -> String {
        self.offer();
        self.run(duration);
        self.alices()
    }
}

pub(crate) fn server(url: &str, password: &str) -> IceServer {
    let is_turn = url.starts_with("turn");
    IceServer {
        urls: vec![url.to_owned()],
        username: is_turn.then(|| "alice".to_owned()),
        credential: is_turn.then(|| password.to_owned()),
    }
}

/// A TURN server that knows Alice.
pub(crate) fn turn_server() -> TurnServer {
    TurnServer::new(TURN.parse().expect("a literal address")).user("alice", "secret")
}

/// Every candidate line goes through `rewrite`; `None` loses it.
pub(crate) fn rewriting(mut rewrite: impl FnMut(&str) -> Option<String> + 'static) -> Tamper {
    Box::new(move |signal| match signal {
        Signal::Candidate(Some(mut init)) if !init.candidate.is_empty() => {
            init.candidate = rewrite(&init.candidate)?;
            Some(Signal::Candidate(Some(init)))
        }
        other => Some(other),
    })
}

/// Every description goes through `rewrite`.
pub(crate) fn describing(mut rewrite: impl FnMut(&str) -> String + 'static) -> Tamper {
    Box::new(move |signal| match signal {
        Signal::Description(mut description) => {
            description.sdp = rewrite(&description.sdp);
            Some(Signal::Description(description))
        }
        other => Some(other),
    })
}

/// With another word in this place of a candidate line.
pub(crate) fn with_word(line: &str, place: usize, word: &str) -> String {
    let words = line.split(' ').enumerate();
    let words: Vec<&str> = words
        .map(|(at, old)| if at == place { word } else { old })
        .collect();
    words.join(" ")
}

pub(crate) fn ip(text: &str) -> IpAddr {
    text.parse().expect("a literal address")
}

/// The same in every scene, for making one is not for free.
pub(crate) fn certificate(side: usize) -> Certificate {
    static CERTIFICATES: OnceLock<[Certificate; 3]> = OnceLock::new();
    let make = || {
        let new_year = SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600);
        let made = Certificate::generate(CertificateOptions::new(new_year));
        made.expect("the time is a sane one")
    };
    CERTIFICATES.get_or_init(|| [make(), make(), make()])[side].clone()
}
