//! What does not get through.

use std::time::Duration;

use rill_sim::{
    Acceptance, Fate, Firewall, HostConfig, HostId, Link, NatConfig, Ports, Realm, Seed,
    Simulation, StreamError, StreamEvent,
};

use crate::probe::{B, Probe, SECOND, ip, public, socket, stream};

/// A host behind a NAT, and a server.
fn network(firewall: Firewall) -> (Simulation<Probe>, Realm, HostId, HostId) {
    let mut simulation = Simulation::new(Seed::new(1));
    let nat = NatConfig::full_cone(ip("203.0.113.1")).with_firewall(firewall);
    let realm = simulation.add_nat(nat);
    let inside = HostConfig::new("a").address_in(realm, ip("10.0.0.1"), Link::default());
    let a = simulation.add_host(inside, Probe::new);
    let b = simulation.add_host(public("b", B, &Link::default()), |host| {
        Probe::serving(host, Acceptance::Plain)
    });
    (simulation, realm, a, b)
}

/// Which ports answer by UDP, and what becomes of streams to them.
fn try_ports(
    simulation: &mut Simulation<Probe>,
    a: HostId,
    ports: &[u16],
) -> (Vec<u16>, Vec<StreamEvent>) {
    for port in ports {
        let id = stream("10.0.0.1:0", &format!("198.51.100.2:{port}"));
        let local = socket(&format!("10.0.0.1:{}", 5_000 + port));
        simulation.endpoint_mut(a).send(local, id.remote, b"x");
        let id = rill_sim::StreamId { local, ..id };
        simulation.endpoint_mut(a).connect(id);
    }
    simulation.run_for(Duration::from_secs(90));
    let probe = simulation.endpoint(a);
    let answered = probe.received.iter().map(|it| it.remote.port()).collect();
    let told = probe.told().into_iter().cloned().collect();
    (answered, told)
}

#[test]
fn everything_passes_by_default() {
    let (mut simulation, _, a, _) = network(Firewall::default());
    let (udp, tcp) = try_ports(&mut simulation, a, &[443, 3478]);
    assert_eq!(udp, [443, 3478]);
    assert_eq!(tcp, [StreamEvent::Connected, StreamEvent::Connected]);
}

#[test]
fn udp_may_be_blocked_alone() {
    let (mut simulation, _, a, b) = network(Firewall::udp_blocked());
    let (udp, tcp) = try_ports(&mut simulation, a, &[443]);
    assert!(udp.is_empty() && simulation.endpoint(b).received.is_empty());
    assert_eq!(tcp, [StreamEvent::Connected]);
    assert_eq!(simulation.trace().count(Fate::Blocked), 1);
    assert!(simulation.endpoint(a).refused.is_empty());
}

#[test]
fn only_the_open_tcp_port_connects() {
    let (mut simulation, _, a, _) = network(Firewall::tcp_only([443]));
    let (udp, tcp) = try_ports(&mut simulation, a, &[443, 3478]);
    assert!(udp.is_empty());
    let timed_out = StreamEvent::Failed(StreamError::TimedOut);
    assert_eq!(tcp, [StreamEvent::Connected, timed_out]);
}

#[test]
fn a_refusing_firewall_says_so_at_once() {
    let (mut simulation, _, a, _) = network(Firewall::tcp_only([443]).refusing());
    let (udp, tcp) = try_ports(&mut simulation, a, &[80]);
    assert!(udp.is_empty());
    assert_eq!(simulation.endpoint(a).refused, [socket("198.51.100.2:80")]);
    assert_eq!(tcp, [StreamEvent::Failed(StreamError::Refused)]);
    let (at, ..) = simulation.endpoint(a).stream_events[0];
    // To the NAT and back.
    assert_eq!(at - simulation.start(), Duration::from_millis(10));
    assert_eq!(simulation.trace().count(Fate::Rejected), 2);
}

#[test]
fn rules_change_during_a_run_and_hold_inwards_too() {
    let (mut simulation, realm, a, b) = network(Firewall::open());
    let (from, to) = (socket("10.0.0.1:1"), socket("198.51.100.2:2"));
    simulation.endpoint_mut(a).send(from, to, b"open");
    simulation.run_for(SECOND);
    let external = simulation.endpoint(b).only().remote;
    simulation.set_firewall(realm, Firewall::udp_blocked().refusing());
    simulation.endpoint_mut(b).send(to, external, b"late");
    simulation.run_for(SECOND);
    assert_eq!(simulation.endpoint(a).payloads(), [b"open"]);
    assert!(
        simulation.endpoint(b).refused.is_empty(),
        "strangers are not told"
    );
}

#[test]
fn a_host_has_a_firewall_of_its_own() {
    let mut simulation = Simulation::new(Seed::new(1));
    let rules = Firewall {
        udp: Ports::only([2]),
        ..Firewall::open()
    };
    let config = public("a", "198.51.100.1", &Link::default()).loopback();
    let a = simulation.add_host(config.firewall(rules.clone()), Probe::new);
    let b = simulation.add_host(public("b", B, &Link::default()), Probe::echoing);
    let from = socket("198.51.100.1:1");
    let send = |simulation: &mut Simulation<Probe>| {
        for to in ["198.51.100.2:2", "198.51.100.2:3", "198.51.100.1:9"] {
            simulation.endpoint_mut(a).send(from, socket(to), b"x");
        }
        simulation.run_for(SECOND);
    };
    send(&mut simulation);
    let heard: Vec<_> = simulation.endpoint(a).received.iter().collect();
    assert_eq!(heard.len(), 2, "from the open port, and from itself");
    assert!(simulation.endpoint(a).refused.is_empty());
    simulation
        .endpoint_mut(b)
        .send(socket("198.51.100.2:3"), from, b"from a closed port");
    simulation.set_host_firewall(a, rules.refusing());
    send(&mut simulation);
    assert_eq!(simulation.endpoint(a).refused, [socket("198.51.100.2:3")]);
    assert_eq!(simulation.trace().count(Fate::Blocked), 2);
}

#[test]
fn the_trace_proves_that_nobody_else_was_sent_to() {
    let (mut simulation, _, a, _) = network(Firewall::open());
    let (server, other) = (socket("198.51.100.2:2"), socket("198.51.100.2:3"));
    let from = socket("10.0.0.1:1");
    simulation.endpoint_mut(a).send(from, server, b"x");
    simulation.run_for(SECOND);
    assert!(simulation.trace().sent_elsewhere("a", &[server]).is_empty());
    simulation
        .endpoint_mut(a)
        .connect(stream("10.0.0.1:1", "198.51.100.2:3"));
    simulation.run_for(SECOND);
    let stray = simulation.trace().sent_elsewhere("a", &[server]);
    assert_eq!(stray.len(), 1);
    assert!(stray[0].to_string().contains("SYN 0 Sent"));
    let trace = simulation.trace();
    assert!(trace.sent_elsewhere("a", &[server, other]).is_empty());
}
