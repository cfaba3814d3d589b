//! Time, seeds, and endpoints that misbehave.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use rill_sim::{Datagram, Endpoint, HostConfig, Link, Names, Seed, Simulation};

use crate::probe::{A, B, Probe, SECOND, ip, pair, send_numbered, socket};

fn bad_link() -> Link {
    Link {
        loss: 0.1,
        duplication: 0.1,
        reordering: 0.1,
        jitter: Duration::from_millis(7),
        ..Link::default()
    }
}

fn trace(seed: u64) -> String {
    let (mut simulation, a, _) = pair(seed, &bad_link());
    send_numbered(&mut simulation, a, 100);
    simulation.trace().to_string()
}

#[test]
fn the_same_seed_gives_the_same_trace_and_another_does_not() {
    assert_eq!(trace(1), trace(1));
    assert_ne!(trace(1), trace(2));
}

#[test]
fn the_fate_of_packets_on_one_link_does_not_depend_on_others() {
    let arrivals = |others: u8| {
        let (mut simulation, a, b) = pair(3, &bad_link());
        for _ in 0..others {
            let (from, to) = (SocketAddr::new(ip(B), 2), SocketAddr::new(ip(A), 1));
            simulation.endpoint_mut(b).send(from, to, b"noise");
        }
        send_numbered(&mut simulation, a, 100);
        let start = simulation.start();
        let received = simulation.endpoint(b).received.iter();
        received
            .map(|received| (received.at - start, received.bytes.clone()))
            .collect::<Vec<_>>()
    };
    assert_eq!(arrivals(0), arrivals(50));
}

#[test]
fn run_for_moves_the_clock_even_if_nothing_happens() {
    let (mut simulation, _, _) = pair(1, &Link::default());
    simulation.run_for(SECOND);
    assert_eq!(simulation.elapsed(), SECOND);
    assert!(!simulation.step());
}

#[test]
fn run_for_includes_what_is_due_at_its_end() {
    let (mut simulation, a, b) = pair(1, &Link::default());
    simulation
        .endpoint_mut(a)
        .send(SocketAddr::new(ip(A), 1), SocketAddr::new(ip(B), 2), b"x");
    simulation.run_for(Duration::from_millis(9));
    assert!(simulation.endpoint(b).received.is_empty());
    simulation.run_for(Duration::from_millis(1));
    assert_eq!(simulation.endpoint(b).received.len(), 1);
}

#[test]
fn run_until_stops_at_the_step_that_fulfils() {
    let (mut simulation, a, b) = pair(1, &Link::default());
    simulation
        .endpoint_mut(a)
        .send(SocketAddr::new(ip(A), 1), SocketAddr::new(ip(B), 2), b"x");
    let got_it = |simulation: &mut Simulation<Probe>| !simulation.endpoint(b).received.is_empty();
    assert_eq!(
        simulation.run_until(SECOND, got_it),
        Some(Duration::from_millis(10))
    );
    assert_eq!(simulation.run_until(SECOND, |_| false), None);
    assert_eq!(simulation.elapsed(), Duration::from_millis(1010));
}

#[test]
fn a_timeout_in_the_past_is_handled_now() {
    let (mut simulation, a, b) = pair(1, &Link::default());
    simulation.run_for(SECOND);
    let past = simulation.start();
    let (from, to) = (SocketAddr::new(ip(A), 1), SocketAddr::new(ip(B), 2));
    simulation.endpoint_mut(a).send_at(past, from, to, b"x");
    simulation.run_for(SECOND);
    assert_eq!(
        simulation.endpoint(b).only().at - past,
        Duration::from_millis(1010)
    );
}

#[test]
fn hosts_resolve_the_names_given_before_them() {
    let mut simulation = Simulation::new(Seed::new(1));
    let delay = Duration::from_millis(70);
    let addresses = [ip("192.0.2.1"), ip("2001:db8::1")];
    simulation
        .names_mut()
        .insert("stun.example", delay, addresses);
    simulation
        .names_mut()
        .insert_failure("broken.example", delay, "SERVFAIL");
    let host = simulation.add_host(HostConfig::new("a"), Probe::new);
    let host = &simulation.endpoint(host).host;
    let answer = host.resolve("STUN.example");
    assert_eq!(
        (answer.delay, answer.addresses),
        (delay, Ok(addresses.to_vec()))
    );
    assert_eq!(
        host.resolve("broken.example").addresses,
        Err("SERVFAIL".to_owned())
    );
    assert_eq!(
        host.resolve("x.example").addresses,
        Names::default().resolve("x.example").addresses
    );
    assert!(host.resolve("x.example").addresses.is_err());
}

#[test]
fn notes_stand_in_the_trace_at_their_time() {
    let (mut simulation, a, _) = pair(1, &Link::default());
    send_numbered(&mut simulation, a, 1);
    simulation.note("the answer is applied");
    let trace = simulation.trace().to_string();
    let lines: Vec<_> = trace.lines().map(str::trim).collect();
    let packet = "#1 a: 198.51.100.1:1 > 198.51.100.2:2 STUN 1";
    let expected = [
        format!("0.0000 {packet} Sent"),
        format!("0.0100 {packet} Delivered"),
        "1.0000 the answer is applied".to_owned(),
    ];
    assert_eq!(lines, expected);
}

/// Its timeout never moves, or it never stops sending.
struct Misbehaving {
    timeout: Option<Instant>,
    floods: bool,
}

impl Endpoint for Misbehaving {
    fn handle_datagram(&mut self, _: Instant, _: SocketAddr, _: SocketAddr, _: &mut [u8]) {}

    fn handle_timeout(&mut self, _: Instant) {}

    fn poll_transmit(&mut self, _: Instant) -> Option<Datagram> {
        let datagram = Datagram {
            local: socket("127.0.0.1:1"),
            remote: socket("127.0.0.1:2"),
            bytes: Vec::new(),
        };
        self.floods.then_some(datagram)
    }

    fn poll_timeout(&mut self) -> Option<Instant> {
        self.timeout
    }
}

#[test]
#[should_panic(expected = "a spins")]
fn an_endpoint_that_spins_is_told_so() {
    let mut simulation = Simulation::new(Seed::new(1));
    let timeout = Some(simulation.now());
    simulation.add_host(HostConfig::new("a"), |_| Misbehaving {
        timeout,
        floods: false,
    });
    simulation.run_for(SECOND);
}

#[test]
#[should_panic(expected = "a sends without end")]
fn an_endpoint_that_floods_is_told_so() {
    let mut simulation = Simulation::new(Seed::new(1));
    let config = HostConfig::new("a").loopback();
    simulation.add_host(config, |_| Misbehaving {
        timeout: None,
        floods: true,
    });
    simulation.run_for(SECOND);
}
