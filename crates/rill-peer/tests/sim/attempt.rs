//! One attempt to connect two sides.

use std::net::IpAddr;
use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime};

use rand_chacha::{ChaCha20Rng, rand_core::Rng};
use rill_peer::{
    Certificate, CertificateOptions, Configuration, ConnectionState, IceServer, Kind,
    PeerConnection, Security,
};
use rill_sim::{HostConfig, HostId, Link, Realm, Seed, Simulation, StunServer, TurnServer};

use crate::home::{Home, realm_of};
use crate::side::Side;

/// How long a better pair may take to be found after the first one carried data.
const SETTLING: Duration = Duration::from_secs(5);

/// Two sides and their network, before anything is said.
pub(crate) struct Attempt {
    sim: Simulation<Side>,
    /// The one that offers, and the other.
    hosts: Vec<HostId>,
    /// How long a signal takes at least.
    signalling: Duration,
    /// How many times as long it may take, so that checks overtake candidates.
    tardiness: u32,
    rng: ChaCha20Rng,
    /// When the last signal to each side arrives.
    last: [Instant; 2],
}

/// What came of it. Times are since the offer was made.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Outcome {
    /// When the answer was applied.
    pub(crate) answered: Option<Duration>,
    /// When both sides were connected.
    pub(crate) connected: Option<Duration>,
    /// When a message had arrived at each side.
    pub(crate) data: Option<Duration>,
    /// Whether the pair that both settled on goes over a relay.
    pub(crate) is_relayed: bool,
}

impl Attempt {
    /// Two homes with STUN and TURN at hand.
    pub(crate) fn new(seed: Seed, homes: [Home; 2], link: &Link) -> Self {
        let mut attempt = Self::bare(seed, link.delay * 2);
        attempt.tardiness = 10;
        add_servers(&mut attempt.sim, link);
        let shared = homes.iter().any(Home::shares_provider);
        let provider = shared.then(|| attempt.sim.add_nat(Home::provider()));
        for (side, home) in (0_u8..).zip(homes) {
            let outermost = provider
                .filter(|_| home.shares_provider())
                .unwrap_or(Realm::INTERNET);
            let sim = &mut attempt.sim;
            let realm = realm_of(&home, side, outermost, |nat| sim.add_nat(nat));
            attempt.add_side(side, realm, &home.addresses(side), link, servers());
        }
        attempt
    }

    /// Two sides in the open, of which the first has all the trouble of the line between them.
    pub(crate) fn over(seed: Seed, line: &Link, signalling: Duration) -> Self {
        let mut attempt = Self::bare(seed, signalling);
        let smooth = Link {
            delay: Duration::ZERO,
            ..Link::default()
        };
        for (side, link) in [(0, line), (1, &smooth)] {
            let address = IpAddr::from([198, 51, 100, side + 1]);
            attempt.add_side(side, Realm::INTERNET, &[address], link, Vec::new());
        }
        attempt
    }

    fn bare(seed: Seed, signalling: Duration) -> Self {
        let mut sim = Simulation::new(seed);
        for name in ["stun.example", "turn.example"] {
            let names = sim.names_mut();
            names.insert(name, Duration::from_millis(10), SERVER.map(address));
        }
        let last = [sim.now(); 2];
        Self {
            sim,
            hosts: Vec::new(),
            signalling,
            tardiness: 1,
            rng: seed.rng(2),
            last,
        }
    }

    fn add_side(
        &mut self,
        side: u8,
        realm: Realm,
        addresses: &[IpAddr],
        link: &Link,
        ice_servers: Vec<IceServer>,
    ) {
        let index = usize::from(side);
        let mut host = HostConfig::new(["alice", "bob"][index]);
        for address in addresses {
            host = host.address_in(realm, *address, link.clone());
        }
        let configuration = Configuration {
            ice_servers,
            certificates: vec![certificate(index)],
            security: Security::SimulationOnly,
            ..Configuration::default()
        };
        let mut seed = [0; 32];
        self.sim.seed().rng(side.into()).fill_bytes(&mut seed);
        let pc = PeerConnection::new(self.sim.now(), configuration, seed);
        let pc = pc.expect("the configuration is a good one");
        let added = self.sim.add_host(host, |host| Side::new(host, pc));
        self.hosts.push(added);
    }

    /// Makes the offer and lets the rest take its course, until data came to both sides and the pair
    /// had time to become a better one.
    pub(crate) fn run(mut self, limit: Duration) -> Outcome {
        let mut outcome = Outcome::default();
        self.sim.with(self.hosts[0], Side::offer);
        let over = limit + Duration::from_secs(30);
        outcome.data = self.run_until(over, Side::has_heard);
        outcome.connected = self.latest(|side| side.connected);
        outcome.answered = self.side(0).answered.map(|at| at - self.sim.start());
        self.run_until(SETTLING, |_| false);
        let sides = [0, 1].map(|index| self.side(index));
        outcome.is_relayed = sides.iter().any(|side| side.is_relayed());
        outcome
    }

    /// The same until both are connected, data or not.
    pub(crate) fn connect(mut self, limit: Duration) -> Outcome {
        self.sim.with(self.hosts[0], Side::offer);
        self.run_until(limit, |side| side.connected.is_some());
        Outcome {
            answered: self.side(0).answered.map(|at| at - self.sim.start()),
            connected: self.latest(|side| side.connected),
            ..Outcome::default()
        }
    }

    fn side(&self, index: usize) -> &Side {
        self.sim.endpoint(self.hosts[index])
    }

    /// The later of two times, if both have come.
    fn latest(&self, at: impl Fn(&Side) -> Option<std::time::Instant>) -> Option<Duration> {
        let (one, other) = (at(self.side(0))?, at(self.side(1))?);
        Some(one.max(other) - self.sim.start())
    }

    fn run_until(&mut self, limit: Duration, done: impl Fn(&Side) -> bool) -> Option<Duration> {
        let (hosts, signalling) = (self.hosts.clone(), self.signalling);
        let (rng, last, tardiness) = (&mut self.rng, &mut self.last, self.tardiness);
        self.sim.run_until(limit, |sim| {
            for (from, to) in [(0, 1), (1, 0)] {
                sim.with(hosts[from], Side::settle);
                while let Some(signal) = sim.endpoint_mut(hosts[from]).outbox.pop_front() {
                    let delay = signalling * (1 + rng.next_u32() % tardiness);
                    // They keep their order.
                    last[to] = last[to].max(sim.now() + delay);
                    sim.endpoint_mut(hosts[to]).inbox.push(last[to], signal);
                }
            }
            hosts.iter().all(|host| done(sim.endpoint(*host)))
        })
    }
}

impl Side {
    fn is_relayed(&self) -> bool {
        let pair = self.pc.selected_pair();
        pair.is_some_and(|pair| [pair.local.kind, pair.remote.kind].contains(&Kind::Relayed))
    }

    pub(crate) fn is_connected(&self) -> bool {
        self.pc.connection_state() == ConnectionState::Connected
    }
}

/// The addresses of the one server, which speaks STUN and TURN on its usual ports.
const SERVER: [&str; 2] = ["192.0.2.1", "2001:db8:ffff::1"];
const STUN: [&str; 2] = ["192.0.2.2:3478", "[2001:db8:ffff::2]:3478"];

fn address(text: &str) -> IpAddr {
    text.parse().expect("a literal address")
}

fn add_servers(sim: &mut Simulation<Side>, link: &Link) {
    for address in STUN {
        let stun = StunServer::new(address.parse().expect("a literal address"));
        sim.add_stun_server(stun, link.clone());
    }
    let names = sim.names_mut();
    let stun = ["192.0.2.2", "2001:db8:ffff::2"].map(address);
    names.insert("stun.example", Duration::from_millis(10), stun);
    let [v4, v6] = SERVER.map(address);
    let turn = TurnServer::new((v4, 3478).into())
        .listening_at((v6, 3478).into())
        .listening_for_tls_at((v4, 443).into(), "turn.example")
        .listening_for_tls_at((v6, 443).into(), "turn.example")
        .relaying_from(v6)
        .user("user", "secret");
    sim.add_turn_server(turn, link);
}

fn servers() -> Vec<IceServer> {
    let turn = [
        "turn:turn.example",
        "turn:turn.example?transport=tcp",
        "turns:turn.example:443",
    ];
    let stun = IceServer {
        urls: vec!["stun:stun.example".to_owned()],
        ..IceServer::default()
    };
    let turn = IceServer {
        urls: turn.map(str::to_owned).to_vec(),
        username: Some("user".to_owned()),
        credential: Some("secret".to_owned()),
    };
    vec![stun, turn]
}

/// The certificate of a side: the same in every attempt, for making one is not for free.
fn certificate(side: usize) -> Certificate {
    static CERTIFICATES: OnceLock<[Certificate; 2]> = OnceLock::new();
    let make = || {
        let new_year = SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600);
        let made = Certificate::generate(CertificateOptions::new(new_year));
        made.expect("the time is a sane one")
    };
    CERTIFICATES.get_or_init(|| [make(), make()])[side].clone()
}
