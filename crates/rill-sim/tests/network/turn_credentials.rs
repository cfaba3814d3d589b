//! Long-term credentials (RFC 8489 §9.2.4).

use std::time::Duration;

use rill_stun::{Algorithm, Check, Message, Method, SecurityFeatures};

use crate::probe::SECOND;
use crate::turn_client::{PEER, Proof, code, network, server};

#[test]
fn every_proof_is_taken_where_it_is_offered() {
    let all = || server().with_sha256().with_userhash();
    let cases = [
        (server(), Proof::Md5, 0),
        (all(), Proof::Md5, 0),
        (all(), Proof::Sha256, 0),
        (all(), Proof::Userhash, 0),
        // The client goes too far.
        (server().with_sha256(), Proof::Userhash, 401),
        (server(), Proof::Sha256, 401),
    ];
    for (server, proof, expected) in cases {
        let (mut simulation, _, mut client) = network(server);
        client.proof = proof;
        let response = client.allocate(&mut simulation);
        assert_eq!(code(&response), expected, "{proof:?}");
        if expected == 0 {
            let message = Message::parse(&response).expect("it is sound");
            assert_eq!(message.verify_integrity_with(&client.key()), Check::Valid);
            let algorithm = match proof {
                Proof::Md5 => Algorithm::HmacSha1,
                Proof::Sha256 | Proof::Userhash => Algorithm::HmacSha256,
            };
            assert_eq!(message.integrity_algorithm(), Some(algorithm));
        }
    }
}

#[test]
fn the_challenge_tells_what_is_offered() {
    for offered in [false, true] {
        let server = match offered {
            true => server().with_sha256().with_userhash().realm("r"),
            false => server().realm("r"),
        };
        let (mut simulation, _, mut client) = network(server);
        let response = client.ask(&mut simulation, Method::ALLOCATE, |writer| writer);
        let response = response.expect("it answers");
        let message = Message::parse(&response).expect("it is sound");
        assert_eq!(code(&response), 401);
        assert_eq!(message.realm(), Some(&b"r"[..]));
        assert_eq!(message.password_algorithms().is_some(), offered);
        let features = SecurityFeatures {
            password_algorithms: offered,
            username_anonymity: offered,
        };
        assert_eq!(message.security_features(), Some(features));
    }
}

#[test]
fn wrong_names_and_passwords_are_refused() {
    for (user, password) in [("alice", "wrong"), ("mallory", "secret")] {
        let (mut simulation, id, mut client) = network(server());
        (client.user, client.password) = (user.to_owned(), password.to_owned());
        assert_eq!(code(&client.allocate(&mut simulation)), 401);
        assert_eq!(simulation.turn_server(id).allocations().count(), 0);
    }
    let (mut simulation, id, mut client) = network(server());
    let server = simulation.turn_server_mut(id);
    server.set_password("alice", "changed");
    assert_eq!(code(&client.allocate(&mut simulation)), 401);
}

#[test]
fn a_nonce_gets_stale_by_use_and_by_age() {
    let hour = Duration::from_secs(3600);
    let (mut simulation, id, mut client) = network(server().nonces_for(2, hour));
    client.allocated(&mut simulation);
    let first = client.nonce.clone();
    assert_eq!(client.permit(&mut simulation, PEER), 0);
    assert_eq!(client.nonce, first);
    assert_eq!(client.permit(&mut simulation, PEER), 0);
    assert_ne!(client.nonce, first);
    let stale =
        |simulation: &rill_sim::Simulation<_>| simulation.turn_server(id).counters().errors(438);
    assert_eq!(stale(&simulation), 1);

    let (mut simulation, id, mut client) = network(server().nonces_for(9, 30 * SECOND));
    client.allocated(&mut simulation);
    assert_eq!(client.permit(&mut simulation, PEER), 0);
    simulation.run_for(30 * SECOND);
    assert_eq!(client.permit(&mut simulation, PEER), 0);
    assert_eq!(simulation.turn_server(id).counters().errors(438), 1);
}

#[test]
fn what_was_tampered_with_is_refused() {
    let (mut simulation, _, mut client) = network(server().with_sha256());
    client.proof = Proof::Sha256;
    client.ask(&mut simulation, Method::ALLOCATE, |writer| writer);
    let list = client.algorithms.clone();
    client.algorithms = list[..4].to_vec();
    let response = client.ask(&mut simulation, Method::ALLOCATE, |writer| {
        writer.requested_transport_udp()
    });
    assert_eq!(response.map(|it| code(&it)), Some(400));
    client.algorithms = list;
    client.realm = b"elsewhere".to_vec();
    let response = client.ask(&mut simulation, Method::ALLOCATE, |writer| writer);
    assert_eq!(response.map(|it| code(&it)), Some(401));
    assert_eq!(client.realm, b"rill.example");
    client.allocated(&mut simulation);
}
