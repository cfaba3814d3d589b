//! The STUN server.

use std::net::SocketAddr;
use std::time::Duration;

use rill_sim::{HostConfig, Link, NatConfig, Realm, Seed, ServerId, Simulation, StunServer};
use rill_stun::{Check, Class, Message, Method, TransactionId, Writer};

use crate::probe::{A, Probe, SECOND, ip, socket};

const SERVER: &str = "192.0.2.1:3478";
const ID: TransactionId = TransactionId([5; 12]);

/// Sends `count` Binding requests, 100 ms apart, from a host in a realm; its probe's answers.
fn ask(
    simulation: &mut Simulation<Probe>,
    realm: Realm,
    server: StunServer,
    count: u32,
) -> (Vec<Vec<u8>>, ServerId) {
    let server = simulation.add_stun_server(server, Link::default());
    let config = HostConfig::new("client").address_in(realm, ip(A), Link::default());
    let client = simulation.add_host(config, Probe::new);
    let mut request = Vec::new();
    Writer::new(&mut request, Class::Request, Method::BINDING, ID)
        .fingerprint()
        .finish();
    let start = simulation.now();
    for number in 0..count {
        let at = start + number * Duration::from_millis(100);
        let local = SocketAddr::new(ip(A), 9);
        simulation
            .endpoint_mut(client)
            .send_at(at, local, socket(SERVER), &request);
    }
    simulation.run_for(SECOND);
    let answers = &simulation.endpoint(client).received;
    (
        answers.iter().map(|answer| answer.bytes.clone()).collect(),
        server,
    )
}

fn simulation() -> Simulation<Probe> {
    Simulation::new(Seed::new(1))
}

#[test]
fn answers_with_the_address_it_sees() {
    let mut simulation = simulation();
    let realm = simulation.add_nat(NatConfig::new(ip("203.0.113.1")));
    let (answers, server) = ask(&mut simulation, realm, StunServer::new(socket(SERVER)), 1);
    let message = Message::parse(&answers[0]).expect("rill-stun wrote it");
    assert_eq!(message.class(), Class::Success);
    assert_eq!(message.transaction_id(), ID);
    assert_eq!(
        message.xor_mapped_address(),
        Some(socket("203.0.113.1:40000"))
    );
    assert_eq!(message.fingerprint(), Check::Valid);
    assert_eq!(simulation.stun_server(server).requests(), 1);
}

#[test]
fn a_dead_server_counts_but_does_not_answer() {
    let mut simulation = simulation();
    let server = StunServer::new(socket(SERVER)).dead();
    let (answers, server) = ask(&mut simulation, Realm::INTERNET, server, 3);
    assert!(answers.is_empty());
    assert_eq!(simulation.stun_server(server).requests(), 3);
}

#[test]
fn a_refusing_server_says_why() {
    let server = StunServer::new(socket(SERVER)).refusing(500, "Server Error");
    let (answers, _) = ask(&mut simulation(), Realm::INTERNET, server, 1);
    let message = Message::parse(&answers[0]).expect("rill-stun wrote it");
    assert_eq!(message.class(), Class::Error);
    let error = message.error_code().expect("an error response has one");
    assert_eq!((error.code, error.reason), (500, "Server Error"));
}

#[test]
fn the_first_requests_can_be_dropped() {
    let server = StunServer::new(socket(SERVER)).dropping_first(2);
    let (answers, _) = ask(&mut simulation(), Realm::INTERNET, server, 5);
    assert_eq!(answers.len(), 3);
}

#[test]
fn what_is_not_a_binding_request_is_ignored() {
    let mut simulation = simulation();
    let server = simulation.add_stun_server(StunServer::new(socket(SERVER)), Link::default());
    let mut response = Vec::new();
    Writer::new(&mut response, Class::Success, Method::BINDING, ID).finish();
    for (port, bytes) in [
        (3478, &b"garbage"[..]),
        (3478, &response),
        (3479, &response),
    ] {
        let remote = SocketAddr::new(ip("192.0.2.1"), port);
        let datagram = crate::probe::datagram(socket("192.0.2.9:1"), remote, bytes);
        simulation.inject(Realm::INTERNET, datagram);
    }
    simulation.run_for(SECOND);
    assert_eq!(simulation.stun_server(server).requests(), 0);
}
