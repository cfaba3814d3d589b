//! Streams between two hosts.

use std::time::Duration;

use rill_sim::{
    Acceptance, Fate, HostConfig, HostId, Link, NatConfig, Seed, Simulation, StreamError,
    StreamEvent, StreamId, StreamRequest, Verdict,
};

use crate::probe::{A, B, Probe, SECOND, ip, public, socket, stream};

const MINUTE: Duration = Duration::from_secs(60);

fn to_b() -> StreamId {
    stream("198.51.100.1:1", "198.51.100.2:2")
}

/// A client and a server that echoes.
fn pair(seed: u64, link: &Link) -> (Simulation<Probe>, HostId, HostId) {
    let mut simulation = Simulation::new(Seed::new(seed));
    let a = simulation.add_host(public("a", A, link), Probe::new);
    let b = simulation.add_host(public("b", B, link), |host| {
        Probe::serving(host, Acceptance::Plain)
    });
    (simulation, a, b)
}

fn connected(seed: u64, link: &Link) -> (Simulation<Probe>, HostId, HostId) {
    let (mut simulation, a, b) = pair(seed, link);
    simulation.endpoint_mut(a).connect(to_b());
    simulation.run_for(10 * SECOND);
    assert_eq!(simulation.endpoint(a).told(), [&StreamEvent::Connected]);
    (simulation, a, b)
}

#[test]
fn connecting_takes_a_round_trip_and_bytes_half_of_one() {
    let (mut simulation, a, b) = pair(1, &Link::default());
    simulation.endpoint_mut(a).connect(to_b());
    let write = StreamRequest::Send(to_b(), b"hello".to_vec());
    let done = simulation.run_until(SECOND, |it| !it.endpoint(a).told().is_empty());
    assert_eq!(done, Some(Duration::from_millis(20)));
    simulation.endpoint_mut(a).request(write);
    let done = simulation.run_until(SECOND, |it| it.endpoint(b).read() == b"hello");
    assert_eq!(done, Some(Duration::from_millis(30)));
    let seen = simulation.endpoint(b).stream_events[0].1;
    assert_eq!(seen, stream("198.51.100.2:2", "198.51.100.1:1"));
    simulation.run_for(SECOND);
    assert_eq!(simulation.endpoint(a).read(), b"hello");
}

#[test]
fn loss_delays_bytes_and_neither_loses_nor_reorders_them() {
    let link = Link {
        loss: 0.2,
        duplication: 0.1,
        reordering: 0.2,
        jitter: Duration::from_millis(20),
        ..Link::default()
    };
    let text: Vec<u8> = (0..50_000_u32).map(|number| (number % 251) as u8).collect();
    for seed in 0..10 {
        let (mut simulation, a, _) = connected(seed, &link);
        for part in text.chunks(7_000) {
            let write = StreamRequest::Send(to_b(), part.to_vec());
            simulation.endpoint_mut(a).request(write);
        }
        simulation.run_for(30 * SECOND);
        assert_eq!(simulation.endpoint(a).read(), text, "seed {seed}");
        assert!(simulation.trace().count(Fate::Lost) > 0);
    }
}

#[test]
fn a_lost_segment_costs_a_fifth_of_a_second_or_a_round_trip() {
    for (delay, expected) in [(5, 210), (150, 900)] {
        let link = Link {
            delay: Duration::from_millis(delay),
            ..Link::default()
        };
        let (mut simulation, a, b) = connected(1, &link);
        let start = simulation.elapsed();
        simulation.partition_one_way(ip(A), ip(B));
        let write = StreamRequest::Send(to_b(), b"x".to_vec());
        simulation.endpoint_mut(a).request(write);
        simulation.run_for(Duration::from_millis(delay));
        simulation.heal(ip(A), ip(B));
        let done = simulation.run_until(MINUTE, |it| it.endpoint(b).read() == b"x");
        let took = done.expect("it is sent again") - start;
        assert_eq!(took, Duration::from_millis(expected + delay));
    }
}

#[test]
fn a_closed_stream_delivers_what_was_sent_before() {
    let (mut simulation, a, b) = connected(1, &Link::default());
    let requests = [
        StreamRequest::Send(to_b(), vec![7; 5_000]),
        StreamRequest::Close(to_b()),
        StreamRequest::Send(to_b(), b"too late".to_vec()),
    ];
    for request in requests {
        simulation.endpoint_mut(a).request(request);
    }
    simulation.run_for(SECOND);
    assert_eq!(simulation.endpoint(b).read(), [7; 5_000]);
    assert_eq!(
        simulation.endpoint(b).told().last(),
        Some(&&StreamEvent::Closed)
    );
    assert_eq!(simulation.endpoint(a).told(), [&StreamEvent::Connected]);
    // The addresses are free again.
    simulation.endpoint_mut(a).connect(to_b());
    simulation.run_for(SECOND);
    assert_eq!(simulation.endpoint(a).told(), [&StreamEvent::Connected; 2]);
}

#[test]
fn servers_close_and_reset_too() {
    let ends = [
        (
            StreamRequest::Close as fn(StreamId) -> _,
            StreamEvent::Closed,
        ),
        (
            StreamRequest::Reset,
            StreamEvent::Failed(StreamError::Reset),
        ),
    ];
    for (end, event) in ends {
        let (mut simulation, a, b) = connected(1, &Link::default());
        let id = simulation.endpoint(b).stream_events[0].1;
        simulation.endpoint_mut(b).request(end(id));
        simulation.run_for(SECOND);
        assert_eq!(simulation.endpoint(a).told().last(), Some(&&event));
    }
}

#[test]
fn nobody_listening_refuses_after_a_round_trip() {
    let (mut simulation, a, b) = pair(1, &Link::default());
    simulation.endpoint_mut(b).acceptance = Acceptance::Refuse;
    simulation.endpoint_mut(a).connect(to_b());
    simulation.run_for(SECOND);
    let (at, _, event) = &simulation.endpoint(a).stream_events[0];
    assert_eq!(*event, StreamEvent::Failed(StreamError::Refused));
    assert_eq!(*at - simulation.start(), Duration::from_millis(20));
    assert!(simulation.trace().to_string().contains("RST 0 Delivered"));
}

#[test]
fn silence_times_out_after_a_minute_or_when_the_endpoint_wants() {
    let (mut simulation, a, b) = pair(1, &Link::default());
    simulation.endpoint_mut(b).acceptance = Acceptance::Ignore;
    let dead = stream("198.51.100.1:3", "192.0.2.66:3");
    let impatient = stream("198.51.100.1:4", "192.0.2.66:4");
    for id in [to_b(), dead, impatient] {
        simulation.endpoint_mut(a).connect(id);
    }
    simulation.run_for(SECOND);
    simulation
        .endpoint_mut(a)
        .request(StreamRequest::Reset(impatient));
    simulation.run_for(10 * MINUTE);
    let timed_out = StreamEvent::Failed(StreamError::TimedOut);
    assert_eq!(simulation.endpoint(a).told(), [&timed_out; 2]);
    let sent_for = |port: u16| {
        let line = format!("198.51.100.1:{port} >");
        let trace = simulation.trace().to_string();
        trace.lines().filter(|it| it.contains(&line)).count()
    };
    assert!(sent_for(4) < sent_for(3) / 3, "no SYN after the reset");
}

#[test]
fn the_operating_system_refuses_what_it_cannot_send() {
    let (mut simulation, a, _) = connected(1, &Link::default());
    simulation.endpoint_mut(a).connect(to_b());
    let foreign = stream("198.51.100.9:1", "198.51.100.2:2");
    simulation.endpoint_mut(a).connect(foreign);
    simulation.run_for(SECOND);
    let failures = [StreamError::AddressInUse, StreamError::Unreachable].map(StreamEvent::Failed);
    let told = simulation.endpoint(a).told();
    assert_eq!(told[1..], [&failures[0], &failures[1]]);
}

#[test]
fn an_address_that_vanishes_resets_its_streams() {
    let (mut simulation, a, b) = connected(1, &Link::default());
    simulation.remove_address(ip(A));
    let reset = StreamEvent::Failed(StreamError::Reset);
    assert_eq!(simulation.endpoint(a).told().last(), Some(&&reset));
    let id = simulation.endpoint(b).stream_events[0].1;
    let write = StreamRequest::Send(id, b"x".to_vec());
    simulation.endpoint_mut(b).request(write);
    simulation.run_for(2 * MINUTE);
    let timed_out = StreamEvent::Failed(StreamError::TimedOut);
    assert_eq!(simulation.endpoint(b).told().last(), Some(&&timed_out));
}

#[test]
fn nats_translate_streams_and_filter_them() {
    let mut simulation = Simulation::new(Seed::new(1));
    let realm = simulation.add_nat(NatConfig::new(ip("203.0.113.1")));
    let inside = HostConfig::new("a").address_in(realm, ip("10.0.0.1"), Link::default());
    let a = simulation.add_host(inside, Probe::listening);
    let b = simulation.add_host(public("b", B, &Link::default()), Probe::listening);
    let id = stream("10.0.0.1:1", "198.51.100.2:2");
    simulation.endpoint_mut(a).connect(id);
    simulation.run_for(SECOND);
    let seen = simulation.endpoint(b).stream_events[0].1;
    assert_eq!(seen.remote.ip(), ip("203.0.113.1"));
    let write = StreamRequest::Send(seen, b"welcome".to_vec());
    simulation.endpoint_mut(b).request(write);
    simulation.run_for(SECOND);
    assert_eq!(simulation.endpoint(a).read(), b"welcome");
    assert_eq!(simulation.endpoint(a).stream_events[0].1, id);
    let uninvited = StreamId {
        local: socket("198.51.100.2:9"),
        remote: seen.remote,
    };
    simulation.endpoint_mut(b).connect(uninvited);
    simulation.run_for(2 * MINUTE);
    let timed_out = StreamEvent::Failed(StreamError::TimedOut);
    assert_eq!(simulation.endpoint(b).told().last(), Some(&&timed_out));
}

#[test]
fn a_nat_that_forgets_a_stream_breaks_it() {
    let mut simulation = Simulation::new(Seed::new(1));
    let nat = NatConfig {
        stream_lifetime: MINUTE,
        ..NatConfig::new(ip("203.0.113.1"))
    };
    let realm = simulation.add_nat(nat);
    let inside = HostConfig::new("a").address_in(realm, ip("10.0.0.1"), Link::default());
    let a = simulation.add_host(inside, Probe::new);
    simulation.add_host(public("b", B, &Link::default()), |host| {
        Probe::serving(host, Acceptance::Plain)
    });
    let id = stream("10.0.0.1:1", "198.51.100.2:2");
    simulation.endpoint_mut(a).connect(id);
    simulation.run_for(MINUTE + SECOND);
    let write = StreamRequest::Send(id, b"x".to_vec());
    simulation.endpoint_mut(a).request(write);
    simulation.run_for(SECOND);
    // It comes from a port that the server does not know.
    let reset = StreamEvent::Failed(StreamError::Reset);
    assert_eq!(simulation.endpoint(a).told().last(), Some(&&reset));
}

#[test]
fn the_same_seed_gives_the_same_streams() {
    let link = Link {
        loss: 0.3,
        ..Link::default()
    };
    let run = || {
        let (mut simulation, a, _) = connected(5, &link);
        let write = StreamRequest::Send(to_b(), vec![1; 20_000]);
        simulation.endpoint_mut(a).request(write);
        simulation.run_for(20 * SECOND);
        simulation.trace().to_string()
    };
    assert_eq!(run(), run());
}

#[test]
fn what_was_lost_is_not_sent_again_after_a_reset() {
    let (mut simulation, a, _) = connected(1, &Link::default());
    simulation.partition(ip(A), ip(B));
    let requests = [
        StreamRequest::Send(to_b(), b"x".to_vec()),
        StreamRequest::Reset(to_b()),
    ];
    for request in requests {
        simulation.endpoint_mut(a).request(request);
    }
    simulation.run_for(SECOND);
    let sent = simulation.trace().count(Fate::Sent);
    simulation.run_for(MINUTE);
    assert_eq!(simulation.trace().count(Fate::Sent), sent);
}

#[test]
fn an_interceptor_sees_nothing_of_streams() {
    let (mut simulation, a, b) = connected(1, &Link::default());
    simulation.intercept(|_, _| Verdict::Drop);
    let write = StreamRequest::Send(to_b(), b"x".to_vec());
    simulation.endpoint_mut(a).request(write);
    simulation.run_for(SECOND);
    assert_eq!(simulation.endpoint(b).read(), b"x");
}
