//! Both families.

use rill_sim::{Acceptance, Fate, HostConfig, HostId, Link, NatConfig, Seed, Simulation};

use crate::probe::{B, Probe, SECOND, ip, socket, stream};

const HOME: &str = "2001:db8:1::1";
const SERVER: &str = "2001:db8:2::2";

/// A home and a server, both with both families.
fn network(nat: NatConfig) -> (Simulation<Probe>, HostId, HostId) {
    let mut simulation = Simulation::new(Seed::new(1));
    let realm = simulation.add_nat(nat);
    let home = HostConfig::new("home")
        .address_in(realm, ip("10.0.0.1"), Link::default())
        .address_in(realm, ip(HOME), Link::default());
    let home = simulation.add_host(home, Probe::new);
    let server = HostConfig::new("server")
        .address(ip(B), Link::default())
        .address(ip(SERVER), Link::default());
    let server = simulation.add_host(server, |host| Probe::serving(host, Acceptance::Plain));
    (simulation, home, server)
}

#[test]
fn an_ipv6_firewall_lets_answers_in_and_no_strangers() {
    let (mut simulation, home, server) = network(NatConfig::ipv6_firewall());
    let (inside, outside) = (socket("[2001:db8:1::1]:5"), socket("[2001:db8:2::2]:6"));
    simulation
        .endpoint_mut(server)
        .send(outside, inside, b"unasked");
    simulation.run_for(SECOND);
    assert!(simulation.endpoint(home).received.is_empty());
    assert_eq!(simulation.trace().count(Fate::Filtered), 1);
    simulation.endpoint_mut(home).send(inside, outside, b"x");
    simulation.run_for(SECOND);
    assert_eq!(simulation.endpoint(server).only().remote, inside);
    assert_eq!(simulation.endpoint(home).payloads(), [b"x"]);
    let stranger = socket("[2001:db8:2::2]:7");
    simulation
        .endpoint_mut(server)
        .send(stranger, inside, b"unasked");
    simulation.run_for(SECOND);
    assert_eq!(simulation.trace().count(Fate::Filtered), 2);
}

#[test]
fn an_ipv6_firewall_alone_has_no_ipv4() {
    let (mut simulation, home, _) = network(NatConfig::ipv6_firewall());
    let to = socket("198.51.100.2:2");
    simulation
        .endpoint_mut(home)
        .send(socket("10.0.0.1:1"), to, b"x");
    simulation.run_for(SECOND);
    assert_eq!(simulation.trace().count(Fate::NoRoute), 1);
}

#[test]
fn a_home_has_a_nat_for_one_family_and_a_firewall_for_the_other() {
    let nat = NatConfig::new(ip("203.0.113.1")).with_ipv6_firewall();
    let (mut simulation, home, server) = network(nat);
    let ways = [
        ("10.0.0.1:1", "198.51.100.2:2"),
        ("[2001:db8:1::1]:1", "[2001:db8:2::2]:2"),
    ];
    for (from, to) in ways {
        let probe = simulation.endpoint_mut(home);
        probe.send(socket(from), socket(to), b"x");
        probe.connect(stream(from, to));
    }
    simulation.run_for(SECOND);
    let probe = simulation.endpoint(server);
    let seen = |index: usize| probe.received[index].remote.ip();
    assert_eq!((seen(0), seen(1)), (ip("203.0.113.1"), ip(HOME)));
    let seen = |index: usize| probe.stream_events[index].1.remote.ip();
    assert_eq!((seen(0), seen(1)), (ip("203.0.113.1"), ip(HOME)));
    assert_eq!(simulation.endpoint(home).received.len(), 2);
}

#[test]
fn a_firewall_behind_a_firewall_is_reached_through_both() {
    let mut simulation = Simulation::new(Seed::new(1));
    let carrier = simulation.add_nat(NatConfig::ipv6_firewall());
    let home = simulation.add_nat(NatConfig::ipv6_firewall().behind(carrier));
    let config = HostConfig::new("home").address_in(home, ip(HOME), Link::default());
    let home = simulation.add_host(config, Probe::new);
    let config = HostConfig::new("server").address(ip(SERVER), Link::default());
    simulation.add_host(config, Probe::echoing);
    let (inside, outside) = (socket("[2001:db8:1::1]:5"), socket("[2001:db8:2::2]:6"));
    simulation.endpoint_mut(home).send(inside, outside, b"x");
    simulation.run_for(SECOND);
    assert_eq!(simulation.endpoint(home).only().remote, outside);
}

#[test]
fn a_nat_may_translate_ipv6_too() {
    let nat = NatConfig {
        external: vec![ip("203.0.113.1"), ip("2001:db8:9::9")],
        ..NatConfig::new(ip("203.0.113.1"))
    };
    let (mut simulation, home, server) = network(nat);
    let (inside, outside) = (socket("[2001:db8:1::1]:5"), socket("[2001:db8:2::2]:6"));
    simulation.endpoint_mut(home).send(inside, outside, b"x");
    simulation.run_for(SECOND);
    let seen = simulation.endpoint(server).only().remote;
    assert_eq!(seen.ip(), ip("2001:db8:9::9"));
    assert_eq!(simulation.endpoint(home).payloads(), [b"x"]);
}
