//! Where a scenario is played: two peers, their network, and the page's part.

use std::{
    sync::OnceLock,
    time::{Duration, Instant, SystemTime},
};

use rill_peer::{
    BundlePolicy, Certificate, CertificateOptions, Configuration, Exception, IceServer,
    IceTransportPolicy, OperationId, PeerConnection, Security,
};
use rill_sim::{HostConfig, HostId, Link, NatConfig, Seed, Simulation, StunServer};

use crate::{
    lines::{Baseline, Letters, Line, print, print_connectivity},
    peer::Peer,
};

/// Longer than anything takes.
const LONG: Duration = Duration::from_secs(60);
const NAMES: [&str; 2] = ["alice", "bob"];

/// Two peers, and what was printed of them.
pub(crate) struct Stage {
    sim: Simulation<Peer>,
    hosts: [HostId; 2],
    baselines: [Baseline; 2],
    /// What is about connectivity, and waits for a step that shows it.
    connectivity: [Vec<Line>; 2],
    pub(crate) letters: Letters,
}

impl Stage {
    /// `at_home` puts both behind address translators of their own.
    pub(crate) fn new(at_home: bool) -> Self {
        let mut sim = Simulation::new(Seed::new(1));
        let server = "192.0.2.1:3478".parse().expect("a literal address");
        sim.add_stun_server(StunServer::new(server), Link::default());
        let places = [
            ("198.51.100.1", "203.0.113.1"),
            ("198.51.100.2", "203.0.113.2"),
        ];
        let hosts = [0, 1].map(|side: usize| {
            let [address, public] =
                [places[side].0, places[side].1].map(|text| text.parse().expect("a literal"));
            let host = HostConfig::new(NAMES[side]);
            let host = if at_home {
                let realm = sim.add_nat(NatConfig::new(public));
                host.address_in(realm, address, Link::default())
            } else {
                host.address(address, Link::default())
            };
            let pc = connection(sim.now(), side, configuration(side, &[]));
            sim.add_host(host, |host| Peer::new(host, pc))
        });
        Self {
            sim,
            hosts,
            baselines: Default::default(),
            connectivity: Default::default(),
            letters: Letters::default(),
        }
    }

    /// Makes the connection of a side anew.
    pub(crate) fn renew(&mut self, side: usize, words: &[String]) {
        let now = self.sim.now();
        self.peer(side).pc = connection(now, side, configuration(side, words));
    }

    pub(crate) fn peer(&mut self, side: usize) -> &mut Peer {
        self.sim.endpoint_mut(self.hosts[side])
    }

    /// Lets a command act on a side.
    pub(crate) fn with<R>(
        &mut self,
        side: usize,
        command: impl FnOnce(&mut Peer, Instant) -> R,
    ) -> R {
        self.sim.with(self.hosts[side], command)
    }

    /// An operation of the page: on the chain, and settled with its task.
    pub(crate) fn operate(
        &mut self,
        side: usize,
        name: &str,
        call: impl FnOnce(&mut PeerConnection, Instant) -> Result<OperationId, Exception>,
    ) {
        self.peer(side).pc.begin_operation();
        let begun = self.with(side, |peer, now| call(&mut peer.pc, now));
        let end = match begun {
            Ok(operation) => {
                let settles = self.run(LONG, |peers| peers[side].has_completed(operation));
                let closed = self.peer(side).pc.is_closed();
                assert!(settles || closed, "{name} never settles");
                "settles".to_owned()
            }
            Err(exception) => format!("rejects {exception}"),
        };
        let peer = self.peer(side);
        peer.pc.end_operation();
        peer.learn_credentials();
        peer.note(format!("{name} {end}"));
    }

    /// Runs tasks and the network until `done`, and not one task longer.
    pub(crate) fn run(&mut self, limit: Duration, done: impl Fn([&Peer; 2]) -> bool) -> bool {
        let hosts = self.hosts;
        let over = self.sim.run_until(limit, |sim| {
            loop {
                if done(hosts.map(|host| sim.endpoint(host))) {
                    return true;
                }
                if !hosts.iter().any(|host| sim.with(*host, Peer::run_task)) {
                    return false;
                }
            }
        });
        over.is_some()
    }

    /// Until an event of that name has come.
    pub(crate) fn wait_for(&mut self, side: usize, name: &str) {
        let before = self.peer(side).count(name);
        let came = self.run(LONG, |peers| peers[side].count(name) > before);
        assert!(came, "no {name} at {}", NAMES[side]);
    }

    /// Until gathering was completed once more than steps have waited for it.
    pub(crate) fn wait_complete(&mut self, side: usize) {
        let before = self.peer(side).completions;
        let name = "icecandidate null";
        let came = self.run(LONG, |peers| peers[side].count(name) > before);
        assert!(came, "no completion at {}", NAMES[side]);
        self.peer(side).completions += 1;
    }

    /// Until both have nothing left to do, and the channel is open.
    pub(crate) fn wait_connected(&mut self) {
        let has_channel = (0..2).any(|side| self.peer(side).objects.channel.is_some());
        let rests = |peer: &Peer| {
            let pc = &peer.pc;
            let channel = peer.objects.channel.map(|id| pc.data_channel_state(id));
            pc.connection_state().as_str() == "connected"
                && pc.ice_connection_state().as_str() == "completed"
                && (!has_channel || channel.is_some_and(|state| state.as_str() == "open"))
                && peer.count("channel open") == usize::from(has_channel)
        };
        let both = self.run(LONG, |peers| peers.into_iter().all(rests));
        assert!(both, "they do not connect");
    }

    /// The lines of those that a step was about; what the other does meanwhile has no order.
    pub(crate) fn take_lines(&mut self, sides: &[usize]) -> String {
        let mut text = String::new();
        for &side in sides {
            let lines = std::mem::take(&mut self.peer(side).lines);
            let Self {
                baselines,
                letters,
                connectivity,
                ..
            } = self;
            let (own, later) = print(NAMES[side], lines, &mut baselines[side], letters);
            text += &own;
            connectivity[side].extend(later);
        }
        text
    }

    /// The lines about connectivity that waited.
    pub(crate) fn take_connectivity(&mut self) -> String {
        let mut text = String::new();
        for (side, name) in NAMES.into_iter().enumerate() {
            let lines = std::mem::take(&mut self.connectivity[side]);
            let (baseline, letters) = (&mut self.baselines[side], &mut self.letters);
            text += &print_connectivity(name, lines, baseline, letters);
        }
        text
    }
}

/// `stun=… policy=… bundle=…`.
pub(crate) fn configuration(side: usize, words: &[String]) -> Configuration {
    let mut configuration = Configuration {
        certificates: vec![certificate(side)],
        security: Security::SimulationOnly,
        ..Configuration::default()
    };
    for word in words {
        match word.as_str() {
            "stun=silent" => configuration.ice_servers.push(server("stun:192.0.2.99")),
            "stun=mirror" | "stun=mapped" => {
                configuration.ice_servers.push(server("stun:192.0.2.1"));
            }
            "policy=relay" => configuration.ice_transport_policy = IceTransportPolicy::Relay,
            "bundle=max-compat" => configuration.bundle_policy = BundlePolicy::MaxCompat,
            other => panic!("{other:?} is no setting"),
        }
    }
    configuration
}

fn server(url: &str) -> IceServer {
    IceServer {
        urls: vec![url.to_owned()],
        ..IceServer::default()
    }
}

fn connection(now: Instant, side: usize, configuration: Configuration) -> PeerConnection {
    let seed = [7 + u8::try_from(side).expect("two sides"); 32];
    PeerConnection::new(now, configuration, seed).expect("the configuration is good")
}

fn certificate(side: usize) -> Certificate {
    static CERTIFICATES: OnceLock<[Certificate; 2]> = OnceLock::new();
    let make = || {
        let new_year = SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600);
        Certificate::generate(CertificateOptions::new(new_year)).expect("the time is sane")
    };
    CERTIFICATES.get_or_init(|| [make(), make()])[side].clone()
}
