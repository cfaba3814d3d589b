//! Who meets whom through two NATs when both send at once, as ICE does (RFC 4787 §4.1, §5).

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

use rill_sim::{
    Acceptance, HostConfig, HostId, Link, NatConfig, Realm, Seed, Simulation, StreamEvent,
};

use crate::probe::{Probe, SECOND, ip, public, socket, stream};

const RENDEZVOUS: &str = "192.0.2.1:3478";

type Nat = fn(IpAddr) -> NatConfig;

/// From the most to the least open; no NAT at all comes first.
const NATS: [Option<Nat>; 5] = [
    None,
    Some(NatConfig::full_cone),
    Some(NatConfig::restricted),
    Some(NatConfig::port_restricted),
    Some(NatConfig::symmetric),
];

/// A host behind a NAT, or not.
fn side(simulation: &mut Simulation<Probe>, nat: Option<Nat>, number: u8) -> (HostId, SocketAddr) {
    let external = IpAddr::from([203, 0, 113, number]);
    let (realm, address) = match nat {
        Some(nat) => (
            simulation.add_nat(nat(external)),
            IpAddr::from([10, 0, 0, number]),
        ),
        None => (Realm::INTERNET, external),
    };
    let config = HostConfig::new("side").address_in(realm, address, Link::default());
    let host = simulation.add_host(config, Probe::new);
    (host, SocketAddr::new(address, 5000))
}

/// Whether two sides that know each other's reflexive address hear one another.
fn meet(one: Option<Nat>, other: Option<Nat>) -> bool {
    let mut simulation = Simulation::new(Seed::new(1));
    let rendezvous = public("rendezvous", "192.0.2.1", &Link::default());
    let rendezvous = simulation.add_host(rendezvous, Probe::new);
    let sides = [one, other];
    let mut number = 0;
    let sides = sides.map(|nat| {
        number += 1;
        side(&mut simulation, nat, number)
    });
    for (host, local) in sides {
        let probe = simulation.endpoint_mut(host);
        probe.send(local, socket(RENDEZVOUS), b"who am I?");
        simulation.run_for(SECOND);
    }
    let seen = &simulation.endpoint(rendezvous).received;
    let mut known = [seen[1].remote, seen[0].remote].map(|remote| BTreeSet::from([remote]));
    for _ in 0..4 {
        for ((host, local), known) in sides.iter().zip(&mut known) {
            let probe = simulation.endpoint_mut(*host);
            known.extend(probe.received.iter().map(|it| it.remote));
            for &remote in &*known {
                probe.send(*local, remote, b"hello");
            }
        }
        simulation.run_for(SECOND);
    }
    sides
        .iter()
        .all(|(host, _)| !simulation.endpoint(*host).received.is_empty())
}

#[test]
fn only_a_symmetric_nat_before_one_that_looks_at_ports_needs_a_relay() {
    for (row, one) in NATS.into_iter().enumerate() {
        for (column, other) in NATS.into_iter().enumerate() {
            let expected = !matches!((row, column), (4, 3) | (3, 4) | (4, 4));
            assert_eq!(meet(one, other), expected, "{row} and {column}");
        }
    }
}

#[test]
fn two_nats_in_a_row_translate_streams_twice() {
    let mut simulation = Simulation::new(Seed::new(1));
    let carrier = simulation.add_nat(NatConfig::symmetric(ip("203.0.113.1")));
    let home = NatConfig::new(ip("100.64.0.9")).behind(carrier);
    let home = simulation.add_nat(home);
    let config = HostConfig::new("a").address_in(home, ip("10.0.0.1"), Link::default());
    let a = simulation.add_host(config, Probe::new);
    let config = public("b", "192.0.2.1", &Link::default());
    let b = simulation.add_host(config, |host| Probe::serving(host, Acceptance::Plain));
    let id = stream("10.0.0.1:1", "192.0.2.1:2");
    simulation.endpoint_mut(a).connect(id);
    simulation.run_for(SECOND);
    assert_eq!(simulation.endpoint(a).told(), [&StreamEvent::Connected]);
    let seen = simulation.endpoint(b).stream_events[0].1;
    assert_eq!(seen.remote.ip(), ip("203.0.113.1"));
}
