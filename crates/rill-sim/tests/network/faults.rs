//! Partitions, addresses that are gone, attackers.

use std::net::SocketAddr;

use rill_sim::{Fate, HostConfig, Link, Realm, Seed, Simulation, Verdict};

use crate::probe::{A, B, Probe, SECOND, datagram, ip, pair, public, send_numbered, socket};

#[test]
fn a_partition_holds_until_it_is_healed() {
    let (mut simulation, a, b) = pair(1, &Link::default());
    simulation.partition(ip(A), ip(B));
    send_numbered(&mut simulation, a, 3);
    assert!(simulation.endpoint(b).received.is_empty());
    assert_eq!(simulation.trace().count(Fate::Partitioned), 3);
    simulation.heal(ip(A), ip(B));
    send_numbered(&mut simulation, a, 3);
    assert_eq!(simulation.endpoint(b).received.len(), 3);
}

#[test]
fn a_one_way_partition_lets_the_other_way_pass() {
    let mut simulation = Simulation::new(Seed::new(1));
    let a = simulation.add_host(public("a", A, &Link::default()), Probe::new);
    let b = simulation.add_host(public("b", B, &Link::default()), Probe::echoing);
    simulation.partition_one_way(ip(B), ip(A));
    send_numbered(&mut simulation, a, 1);
    assert_eq!(simulation.endpoint(b).received.len(), 1);
    assert!(simulation.endpoint(a).received.is_empty());
}

#[test]
fn a_removed_address_sends_and_gets_nothing() {
    let (mut simulation, a, b) = pair(1, &Link::default());
    simulation.remove_address(ip(A));
    let (from, to) = (socket("198.51.100.1:1"), socket("198.51.100.2:2"));
    simulation.endpoint_mut(a).send(from, to, b"x");
    simulation.endpoint_mut(b).send(to, from, b"y");
    simulation.run_for(SECOND);
    assert_eq!(simulation.endpoint(a).refused, [to]);
    assert!(simulation.endpoint(a).received.is_empty());
    simulation.restore_address(ip(A));
    simulation.endpoint_mut(b).send(to, from, b"z");
    simulation.run_for(SECOND);
    assert_eq!(simulation.endpoint(a).payloads(), [b"z"]);
}

#[test]
fn dead_and_unknown_addresses_swallow_and_unreachable_ones_refuse() {
    let (mut simulation, a, _) = pair(1, &Link::default());
    simulation.add_dead_address(ip("192.0.2.66"));
    simulation.add_unreachable_address(ip("192.0.2.77"));
    let from = socket("198.51.100.1:1");
    for to in ["192.0.2.66:1", "192.0.2.77:1", "192.0.2.88:1"] {
        simulation.endpoint_mut(a).send(from, socket(to), b"x");
    }
    simulation.run_for(SECOND);
    assert_eq!(simulation.endpoint(a).refused, [socket("192.0.2.77:1")]);
    for fate in [Fate::Dead, Fate::Refused, Fate::NoRoute] {
        assert_eq!(simulation.trace().count(fate), 1, "{fate:?}");
    }
}

#[test]
fn the_other_family_is_refused() {
    let (mut simulation, a, _) = pair(1, &Link::default());
    let to = socket("[2001:db8::1]:1");
    simulation.endpoint_mut(a).send(socket("[::]:1"), to, b"x");
    simulation
        .endpoint_mut(a)
        .send(socket("198.51.100.1:1"), to, b"x");
    simulation.run_for(SECOND);
    assert_eq!(simulation.endpoint(a).refused, [to, to]);
}

#[test]
fn a_host_reaches_itself_without_a_link() {
    let config = HostConfig::new("a")
        .address(
            ip(A),
            Link {
                loss: 1.0,
                ..Link::default()
            },
        )
        .address(
            ip(B),
            Link {
                loss: 1.0,
                ..Link::default()
            },
        )
        .loopback();
    let mut simulation = Simulation::new(Seed::new(1));
    let a = simulation.add_host(config, Probe::new);
    let routes = [
        ("127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:1"),
        ("198.51.100.1:1", "198.51.100.2:2", "198.51.100.1:1"),
        ("0.0.0.0:1", "198.51.100.2:2", "198.51.100.2:1"),
    ];
    for (from, to, seen_from) in routes {
        simulation
            .endpoint_mut(a)
            .send(socket(from), socket(to), b"x");
        simulation.run_for(SECOND);
        let received = simulation
            .endpoint_mut(a)
            .received
            .pop()
            .expect("it arrived");
        assert_eq!(
            (received.local, received.remote),
            (socket(to), socket(seen_from))
        );
    }
    simulation
        .endpoint_mut(a)
        .send(socket("127.0.0.1:1"), socket("192.0.2.1:1"), b"x");
    simulation.run_for(SECOND);
    assert_eq!(simulation.endpoint(a).refused, [socket("192.0.2.1:1")]);
}

#[test]
fn an_unspecified_source_takes_the_hosts_address() {
    let (mut simulation, a, b) = pair(1, &Link::default());
    simulation
        .endpoint_mut(a)
        .send(socket("0.0.0.0:7"), socket("198.51.100.2:2"), b"x");
    simulation.run_for(SECOND);
    assert_eq!(
        simulation.endpoint(b).only().remote,
        SocketAddr::new(ip(A), 7)
    );
}

#[test]
fn an_interceptor_changes_and_drops() {
    let (mut simulation, a, b) = pair(1, &Link::default());
    simulation.intercept(|_, datagram| {
        datagram.bytes[0] ^= 0x80;
        if datagram.bytes[0] == 0x81 {
            Verdict::Drop
        } else {
            Verdict::Pass
        }
    });
    send_numbered(&mut simulation, a, 3);
    assert_eq!(simulation.endpoint(b).payloads(), [&[0x80], &[0x82]]);
    assert_eq!(simulation.trace().count(Fate::Intercepted), 1);
    simulation.stop_intercepting();
    send_numbered(&mut simulation, a, 1);
    assert_eq!(simulation.endpoint(b).payloads().last(), Some(&&[0][..]));
}

#[test]
fn an_attacker_may_take_any_source() {
    let (mut simulation, _, b) = pair(1, &Link::default());
    let spoofed = datagram(socket("198.51.100.1:1"), socket("198.51.100.2:2"), b"evil");
    simulation.inject(Realm::INTERNET, spoofed);
    simulation.run_for(SECOND);
    let received = simulation.endpoint(b).only();
    assert_eq!(received.remote, socket("198.51.100.1:1"));
    assert!(
        simulation
            .trace()
            .to_string()
            .contains("injected: 198.51.100.1:1")
    );
}
