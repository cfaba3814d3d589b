//! What a walk takes place in.

use std::{
    sync::OnceLock,
    time::{Duration, Instant, SystemTime},
};

use rill_peer::{
    BundlePolicy, Certificate, CertificateOptions, Configuration, IceServer, PeerConnection,
    Security,
};
use rill_sim::{HostConfig, HostId, Link, Seed, Simulation, StunServer};

use crate::{action::NAMES, dice::Dice, side::Side};

/// The addresses of both hosts.
pub(crate) const ADDRESSES: [&str; 2] = ["198.51.100.1", "198.51.100.2"];

/// What is drawn once for a walk.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    seed: u64,
    link: Link,
    policies: [BundlePolicy; 2],
    servers: [Vec<&'static str>; 2],
    pools: [u8; 2],
    /// How likely it is, in percent, that candidates arrive after an action by themselves.
    pub(crate) trickle: usize,
}

impl Setting {
    pub(crate) fn draw(seed: u64, dice: &mut Dice) -> Self {
        let rough = Link {
            loss: 0.05,
            jitter: Duration::from_millis(7),
            reordering: 0.05,
            duplication: 0.03,
            ..Link::default()
        };
        let policy = |dice: &mut Dice| match dice.below(3) {
            0 => BundlePolicy::Balanced,
            1 => BundlePolicy::MaxCompat,
            _ => BundlePolicy::MaxBundle,
        };
        let servers = |dice: &mut Dice| match dice.below(6) {
            0 => vec!["stun:192.0.2.1"],
            1 => vec!["stun:192.0.2.99"],
            2 => vec!["stun:192.0.2.1", "stun:nowhere.example", "turns:192.0.2.1"],
            _ => vec![],
        };
        let pool = |dice: &mut Dice| [0, 0, 0, 1, 2, 255][dice.below(6)];
        Self {
            seed,
            link: if dice.percent(25) {
                rough
            } else {
                Link::default()
            },
            policies: [policy(dice), policy(dice)],
            servers: [servers(dice), servers(dice)],
            pools: [pool(dice), pool(dice)],
            trickle: [0, 50, 100][dice.below(3)],
        }
    }

    pub(crate) fn build(&self) -> (Simulation<Side>, [HostId; 2]) {
        let mut sim = Simulation::new(Seed::new(self.seed));
        let server = "192.0.2.1:3478".parse().expect("a literal address");
        sim.add_stun_server(StunServer::new(server), Link::default());
        let hosts = [0, 1].map(|side| {
            let address = ADDRESSES[side].parse().expect("a literal address");
            let host = HostConfig::new(NAMES[side]).address(address, self.link.clone());
            let pc = self.peer(sim.now(), side);
            let dice = Dice::new(self.seed ^ (side as u64 + 1));
            sim.add_host(host, |host| Side::new(NAMES[side], host, pc, dice))
        });
        (sim, hosts)
    }

    pub(crate) fn configuration(&self, side: usize) -> Configuration {
        Configuration {
            ice_servers: self.servers[side].iter().map(|url| server(url)).collect(),
            bundle_policy: self.policies[side],
            ice_candidate_pool_size: self.pools[side],
            certificates: vec![certificate(side)],
            security: Security::SimulationOnly,
            ..Configuration::default()
        }
    }

    fn peer(&self, now: Instant, side: usize) -> PeerConnection {
        let mut dice = Dice::new(self.seed.wrapping_mul(2) + side as u64);
        let mut seed = [0; 32];
        seed.fill_with(|| dice.next().to_le_bytes()[0]);
        PeerConnection::new(now, self.configuration(side), seed).expect("the configuration is good")
    }
}

/// A server with whatever its URL needs.
pub(crate) fn server(url: &str) -> IceServer {
    let relay = url.starts_with("turn");
    IceServer {
        urls: vec![url.to_owned()],
        username: relay.then(|| "user".to_owned()),
        credential: relay.then(|| "secret".to_owned()),
    }
}

/// The certificate of a side: the same in every walk, for making one is not for free.
pub(crate) fn certificate(side: usize) -> Certificate {
    static CERTIFICATES: OnceLock<[Certificate; 2]> = OnceLock::new();
    let make = || {
        let new_year = SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600);
        let made = Certificate::generate(CertificateOptions::new(new_year));
        made.expect("the time is a sane one")
    };
    CERTIFICATES.get_or_init(|| [make(), make()])[side].clone()
}
