//! Ways through NATs.

use std::net::SocketAddr;

use rill_sim::{
    Behaviour, Fate, Hairpinning, HostConfig, HostId, Link, NatConfig, Realm, Seed, Simulation,
};

use crate::probe::{A, Probe, SECOND, datagram, ip, public, socket};

const INSIDE: &str = "10.0.0.1";
const NEIGHBOUR: &str = "10.0.0.2";
const EXTERNAL: &str = "203.0.113.1";

fn behind(realm: Realm, name: &str, address: &str) -> HostConfig {
    HostConfig::new(name).address_in(realm, ip(address), Link::default())
}

/// A host behind a NAT and an echoing one in the internet.
fn network(nat: NatConfig) -> (Simulation<Probe>, Realm, HostId, HostId) {
    let mut simulation = Simulation::new(Seed::new(1));
    let realm = simulation.add_nat(nat);
    let inside = simulation.add_host(behind(realm, "inside", INSIDE), Probe::new);
    let outside = simulation.add_host(public("outside", A, &Link::default()), Probe::echoing);
    (simulation, realm, inside, outside)
}

fn from_inside() -> SocketAddr {
    socket("10.0.0.1:5000")
}

fn to_outside() -> SocketAddr {
    socket("198.51.100.1:9")
}

#[test]
fn the_outside_sees_the_external_address_and_can_answer() {
    let (mut simulation, _, inside, outside) = network(NatConfig::new(ip(EXTERNAL)));
    simulation
        .endpoint_mut(inside)
        .send(from_inside(), to_outside(), b"hello");
    simulation.run_for(SECOND);
    let seen = simulation.endpoint(outside).only().remote;
    assert_eq!(seen.ip(), ip(EXTERNAL));
    assert_ne!(seen.port(), 5000);
    let echo = simulation.endpoint(inside).only();
    assert_eq!((echo.local, echo.remote), (from_inside(), to_outside()));
}

#[test]
fn strangers_are_filtered_or_not() {
    let cases = [
        (Behaviour::EndpointIndependent, true),
        (Behaviour::AddressDependent, false),
        (Behaviour::AddressAndPortDependent, false),
    ];
    for (filtering, admitted) in cases {
        let nat = NatConfig {
            filtering,
            ..NatConfig::new(ip(EXTERNAL))
        };
        let (mut simulation, _, inside, outside) = network(nat);
        simulation
            .endpoint_mut(inside)
            .send(from_inside(), to_outside(), b"hello");
        simulation.run_for(SECOND);
        let external = simulation.endpoint(outside).only().remote;
        let stranger = datagram(socket("192.0.2.99:1"), external, b"stranger");
        simulation.inject(Realm::INTERNET, stranger);
        simulation.run_for(SECOND);
        let got_it = simulation
            .endpoint(inside)
            .payloads()
            .contains(&&b"stranger"[..]);
        assert_eq!(got_it, admitted, "{filtering:?}");
        assert_eq!(
            simulation.trace().count(Fate::Filtered),
            usize::from(!admitted)
        );
    }
}

#[test]
fn a_symmetric_nat_shows_every_remote_another_port() {
    let (mut simulation, _, inside, outside) = network(NatConfig::symmetric(ip(EXTERNAL)));
    for port in [1, 2, 1] {
        let to = SocketAddr::new(ip(A), port);
        simulation
            .endpoint_mut(inside)
            .send(from_inside(), to, b"x");
    }
    simulation.run_for(SECOND);
    let ports: Vec<_> = simulation
        .endpoint(outside)
        .received
        .iter()
        .map(|received| received.remote.port())
        .collect();
    assert_ne!(ports[0], ports[1]);
    assert_eq!(ports[0], ports[2]);
}

#[test]
fn private_addresses_are_not_reached_from_outside() {
    let (mut simulation, _, inside, outside) = network(NatConfig::new(ip(EXTERNAL)));
    simulation
        .endpoint_mut(outside)
        .send(to_outside(), from_inside(), b"x");
    simulation.run_for(SECOND);
    assert!(simulation.endpoint(inside).received.is_empty());
    assert_eq!(simulation.trace().count(Fate::NoRoute), 1);
}

#[test]
fn neighbours_reach_one_another_directly() {
    let (mut simulation, realm, inside, _) = network(NatConfig::new(ip(EXTERNAL)));
    let neighbour = simulation.add_host(behind(realm, "neighbour", NEIGHBOUR), Probe::new);
    simulation
        .endpoint_mut(inside)
        .send(from_inside(), socket("10.0.0.2:1"), b"x");
    simulation.run_for(SECOND);
    assert_eq!(simulation.endpoint(neighbour).only().remote, from_inside());
}

#[test]
fn hairpinning_is_as_configured() {
    // RFC 4787 REQ-9: the source is the external address.
    let cases = [
        (Hairpinning::Off, None),
        (Hairpinning::ExternalSource, Some(EXTERNAL)),
        (Hairpinning::InternalSource, Some(NEIGHBOUR)),
    ];
    for (hairpinning, seen) in cases {
        let nat = NatConfig {
            hairpinning,
            ..NatConfig::full_cone(ip(EXTERNAL))
        };
        let (mut simulation, realm, inside, outside) = network(nat);
        let neighbour = simulation.add_host(behind(realm, "neighbour", NEIGHBOUR), Probe::new);
        simulation
            .endpoint_mut(inside)
            .send(from_inside(), to_outside(), b"open");
        simulation.run_for(SECOND);
        let external = simulation.endpoint(outside).only().remote;
        simulation
            .endpoint_mut(neighbour)
            .send(socket("10.0.0.2:7"), external, b"hairpin");
        simulation.run_for(SECOND);
        let received = &simulation.endpoint(inside).received;
        let hairpin = received.iter().find(|it| it.bytes == b"hairpin");
        let source = hairpin.map(|it| it.remote.ip());
        assert_eq!(source, seen.map(ip), "{hairpinning:?}");
    }
}

#[test]
fn hairpins_are_filtered_like_the_rest() {
    let nat = NatConfig::port_restricted(ip(EXTERNAL)).with_hairpinning();
    let (mut simulation, realm, inside, outside) = network(nat);
    let neighbour = simulation.add_host(behind(realm, "neighbour", NEIGHBOUR), Probe::new);
    let neighbour_inside = socket("10.0.0.2:7");
    for (host, from) in [(inside, from_inside()), (neighbour, neighbour_inside)] {
        let probe = simulation.endpoint_mut(host);
        probe.send(from, to_outside(), b"open");
    }
    simulation.run_for(SECOND);
    let seen = &simulation.endpoint(outside).received;
    let [one, other] = [seen[0].remote, seen[1].remote];
    let probe = simulation.endpoint_mut(neighbour);
    probe.send(neighbour_inside, one, b"first");
    simulation.run_for(SECOND);
    simulation
        .endpoint_mut(inside)
        .send(from_inside(), other, b"punch");
    simulation.run_for(SECOND);
    let probe = simulation.endpoint_mut(neighbour);
    probe.send(neighbour_inside, one, b"second");
    simulation.run_for(SECOND);
    let heard = simulation.endpoint(inside).payloads();
    assert!(!heard.contains(&&b"first"[..]) && heard.contains(&&b"second"[..]));
}

#[test]
fn a_nat_behind_a_nat_translates_twice_each_way() {
    let mut simulation = Simulation::new(Seed::new(1));
    let carrier = simulation.add_nat(NatConfig::new(ip(EXTERNAL)));
    let home = NatConfig {
        outer: carrier,
        ..NatConfig::new(ip("100.64.0.9"))
    };
    let home = simulation.add_nat(home);
    let inside = simulation.add_host(behind(home, "inside", INSIDE), Probe::new);
    let outside = simulation.add_host(public("outside", A, &Link::default()), Probe::echoing);
    simulation
        .endpoint_mut(inside)
        .send(from_inside(), to_outside(), b"x");
    simulation.run_for(SECOND);
    assert_eq!(
        simulation.endpoint(outside).only().remote.ip(),
        ip(EXTERNAL)
    );
    assert_eq!(simulation.endpoint(inside).only().local, from_inside());
}

#[test]
fn two_customers_of_a_carrier_meet_at_its_inside_not_by_its_outside() {
    let mut simulation = Simulation::new(Seed::new(1));
    let carrier = simulation.add_nat(NatConfig::new(ip(EXTERNAL)));
    let homes = ["100.64.0.1", "100.64.0.2"].map(|external| {
        let filtering = Behaviour::EndpointIndependent;
        let nat = NatConfig {
            outer: carrier,
            filtering,
            ..NatConfig::new(ip(external))
        };
        simulation.add_nat(nat)
    });
    let [one, other] =
        homes.map(|home| simulation.add_host(behind(home, "customer", INSIDE), Probe::new));
    let outside = simulation.add_host(public("outside", A, &Link::default()), Probe::new);
    for customer in [one, other] {
        simulation
            .endpoint_mut(customer)
            .send(from_inside(), to_outside(), b"open");
    }
    simulation.run_for(SECOND);
    let external = simulation.endpoint(outside).received[1].remote;
    simulation
        .endpoint_mut(one)
        .send(from_inside(), external, b"by the outside");
    simulation
        .endpoint_mut(one)
        .send(from_inside(), socket("100.64.0.2:40000"), b"by the inside");
    simulation.run_for(SECOND);
    assert_eq!(simulation.endpoint(other).payloads(), [b"by the inside"]);
    assert_eq!(
        simulation.endpoint(other).only().remote,
        socket("100.64.0.1:40000")
    );
}
