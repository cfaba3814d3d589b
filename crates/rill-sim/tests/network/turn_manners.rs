//! TURN servers that do not do what clients hope.

use rill_sim::{StreamError, StreamEvent, Transport, TurnManner};
use rill_stun::{Check, Message, Method};

use crate::probe::{SECOND, socket};
use crate::turn_client::{PEER, code, network, server};

#[test]
fn a_silent_server_counts_and_says_nothing() {
    let (mut simulation, id, mut client) = network(server().manner(TurnManner::Silent));
    assert_eq!(client.ask(&mut simulation, Method::ALLOCATE, |it| it), None);
    client.connect(&mut simulation, Transport::Tcp);
    assert_eq!(client.ask(&mut simulation, Method::ALLOCATE, |it| it), None);
    let server = simulation.turn_server_mut(id);
    assert_eq!(server.counters().requests(Method::ALLOCATE), 2);
    server.set_manner(TurnManner::Serving);
    client.allocated(&mut simulation);
}

#[test]
fn a_server_refuses_what_it_is_told_to() {
    let manner = TurnManner::Refusing {
        code: 500,
        reason: "Out of order".to_owned(),
    };
    let (mut simulation, id, mut client) = network(server().manner(manner));
    let response = client.allocate(&mut simulation);
    let message = Message::parse(&response).expect("it is sound");
    let error = message.error_code().expect("it is one");
    assert_eq!((error.code, error.reason), (500, "Out of order"));
    assert_eq!(message.verify_integrity_with(&client.key()), Check::Valid);
    assert_eq!(simulation.turn_server(id).counters().errors(500), 1);
}

#[test]
fn a_server_sends_clients_elsewhere() {
    let to = socket("192.0.2.2:3478");
    let manner = TurnManner::Redirecting {
        to,
        domain: Some("other.example".to_owned()),
    };
    let (mut simulation, _, mut client) = network(server().manner(manner));
    let response = client.allocate(&mut simulation);
    let message = Message::parse(&response).expect("it is sound");
    assert_eq!(code(&response), 300);
    assert_eq!(message.alternate_servers().collect::<Vec<_>>(), [to]);
    assert_eq!(message.alternate_domain(), Some("other.example"));
    assert_eq!(message.verify_integrity_with(&client.key()), Check::Valid);
}

#[test]
fn the_first_requests_may_be_dropped() {
    let (mut simulation, _, mut client) = network(server().dropping_first(2));
    for expected in [None, None, Some(401)] {
        let response = client.ask(&mut simulation, Method::ALLOCATE, |it| it);
        assert_eq!(response.map(|it| code(&it)), expected);
    }
}

#[test]
fn a_restart_loses_allocations_and_nonces() {
    let (mut simulation, id, mut client) = network(server());
    client.allocated(&mut simulation);
    simulation.turn_server_mut(id).kill();
    assert_eq!(client.ask(&mut simulation, Method::REFRESH, |it| it), None);
    simulation.turn_server_mut(id).restart();
    let before = client.nonce.clone();
    assert_eq!(client.permit(&mut simulation, PEER), 437);
    assert_ne!(client.nonce, before);
    assert_eq!(simulation.turn_server(id).counters().errors(438), 1);
    client.allocated(&mut simulation);
}

#[test]
fn a_killed_server_resets_its_streams_and_refuses_new_ones() {
    let (mut simulation, id, mut client) = network(server());
    client.connect(&mut simulation, Transport::Tls);
    client.allocated(&mut simulation);
    simulation.turn_server_mut(id).kill();
    simulation.run_for(SECOND);
    let probe = simulation.endpoint_mut(client.host);
    assert_eq!(probe.told(), [&StreamEvent::Failed(StreamError::Reset)]);
    probe.connect(client.stream());
    simulation.run_for(SECOND);
    let told = simulation.endpoint(client.host).told();
    assert_eq!(told[1], &StreamEvent::Failed(StreamError::Refused));
    simulation.endpoint_mut(client.host).stream_events.clear();
    simulation.turn_server_mut(id).restart();
    client.connect(&mut simulation, Transport::Tls);
    client.allocated(&mut simulation);
}
