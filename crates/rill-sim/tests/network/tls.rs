//! TLS, as far as policies need it.

use std::time::Duration;

use rill_sim::{
    Acceptance, Link, Security, Seed, Simulation, StreamError, StreamEvent, StreamRequest,
};

use crate::probe::{A, B, Probe, SECOND, public, stream};

fn certificate(name: &str) -> Acceptance {
    Acceptance::Tls {
        certificate: name.to_owned(),
        expired: false,
    }
}

fn tls(server_name: &str, verify: bool) -> Security {
    Security::Tls {
        server_name: server_name.to_owned(),
        verify,
    }
}

/// What the client and the server are told, and how long it took the client.
fn meet(security: Security, acceptance: Acceptance) -> (StreamEvent, Vec<StreamEvent>, Duration) {
    let mut simulation = Simulation::new(Seed::new(1));
    let a = simulation.add_host(public("a", A, &Link::default()), Probe::new);
    let b = simulation.add_host(public("b", B, &Link::default()), |host| {
        Probe::serving(host, acceptance)
    });
    let id = stream("198.51.100.1:1", "198.51.100.2:443");
    let client = simulation.endpoint_mut(a);
    client.request(StreamRequest::Connect(id, security));
    simulation.run_for(SECOND);
    let (at, _, event) = simulation.endpoint(a).stream_events[0].clone();
    let told = simulation.endpoint(b).told().into_iter().cloned();
    (event, told.collect(), at - simulation.start())
}

#[test]
fn the_handshake_takes_two_round_trips() {
    let (client, server, took) = meet(tls("turn.example", true), certificate("TURN.example"));
    assert_eq!(client, StreamEvent::Connected);
    assert_eq!(server, [StreamEvent::Connected]);
    assert_eq!(took, Duration::from_millis(40));
}

#[test]
fn another_name_fails_unless_it_is_not_checked() {
    let (client, server, _) = meet(tls("turn.example", true), certificate("evil.example"));
    let error = StreamError::WrongCertificate("evil.example".to_owned());
    assert_eq!(error.to_string(), "the certificate is for evil.example");
    assert_eq!(client, StreamEvent::Failed(error));
    assert_eq!(server, []);
    let (client, server, _) = meet(tls("turn.example", false), certificate("evil.example"));
    assert_eq!((client, server.len()), (StreamEvent::Connected, 1));
}

#[test]
fn an_expired_certificate_fails_unless_it_is_not_checked() {
    let expired = || Acceptance::Tls {
        certificate: "turn.example".to_owned(),
        expired: true,
    };
    let (client, server, _) = meet(tls("turn.example", true), expired());
    let error = StreamError::ExpiredCertificate;
    assert_eq!(error.to_string(), "the certificate expired");
    assert_eq!((client, server), (StreamEvent::Failed(error), vec![]));
    let (client, server, _) = meet(tls("turn.example", false), expired());
    assert_eq!((client, server.len()), (StreamEvent::Connected, 1));
}

#[test]
fn a_server_without_tls_is_noticed() {
    let (client, server, _) = meet(tls("turn.example", false), Acceptance::Plain);
    assert_eq!(client, StreamEvent::Failed(StreamError::NotTls));
    assert_eq!(server, []);
}

#[test]
fn a_client_without_tls_is_reset_when_it_sends() {
    let mut simulation = Simulation::new(Seed::new(1));
    let a = simulation.add_host(public("a", A, &Link::default()), Probe::new);
    let b = simulation.add_host(public("b", B, &Link::default()), |host| {
        Probe::serving(host, certificate("turn.example"))
    });
    let id = stream("198.51.100.1:1", "198.51.100.2:443");
    simulation.endpoint_mut(a).connect(id);
    simulation.run_for(SECOND);
    let write = StreamRequest::Send(id, b"GET /".to_vec());
    simulation.endpoint_mut(a).request(write);
    simulation.run_for(SECOND);
    let reset = StreamEvent::Failed(StreamError::Reset);
    let told = simulation.endpoint(a).told();
    assert_eq!(told, [&StreamEvent::Connected, &reset]);
    assert!(simulation.endpoint(b).told().is_empty());
}

#[test]
fn the_trace_tells_tls_from_tcp() {
    for (security, label) in [(Security::Plain, "TCP 3 "), (tls("b", false), "TLS 3 ")] {
        let mut simulation = Simulation::new(Seed::new(1));
        let a = simulation.add_host(public("a", A, &Link::default()), Probe::new);
        let acceptance = match security {
            Security::Plain => Acceptance::Plain,
            Security::Tls { .. } => certificate("b"),
        };
        simulation.add_host(public("b", B, &Link::default()), |host| {
            Probe::serving(host, acceptance)
        });
        let id = stream("198.51.100.1:1", "198.51.100.2:443");
        let client = simulation.endpoint_mut(a);
        client.request(StreamRequest::Connect(id, security));
        simulation.run_for(SECOND);
        let client = simulation.endpoint_mut(a);
        client.request(StreamRequest::Send(id, b"abc".to_vec()));
        simulation.run_for(SECOND);
        let trace = simulation.trace().to_string();
        assert!(trace.contains(label) && trace.contains("SYN-ACK 0 Delivered"));
    }
}

#[test]
fn a_handshake_that_is_broken_off_is_no_refusal() {
    let mut simulation = Simulation::new(Seed::new(1));
    let a = simulation.add_host(public("a", A, &Link::default()), Probe::new);
    let b = simulation.add_host(public("b", B, &Link::default()), |host| {
        Probe::serving(host, certificate("b"))
    });
    let id = stream("198.51.100.1:1", "198.51.100.2:443");
    let client = simulation.endpoint_mut(a);
    client.request(StreamRequest::Connect(id, tls("b", true)));
    simulation.run_for(Duration::from_millis(25));
    let id = stream("198.51.100.2:443", "198.51.100.1:1");
    simulation.endpoint_mut(b).request(StreamRequest::Reset(id));
    simulation.run_for(SECOND);
    let reset = StreamEvent::Failed(StreamError::Reset);
    assert_eq!(simulation.endpoint(a).told(), [&reset]);
}
