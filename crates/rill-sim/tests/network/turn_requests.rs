//! What a TURN server does with requests, by section of RFC 8656.

use std::net::SocketAddr;
use std::time::Duration;

use rill_sim::TurnServer;
use rill_stun::{AddressFamily, ChannelNumber, Message, Method, Writer};

use crate::probe::{SECOND, ip, socket};
use crate::turn_client::{Client, PEER, RELAY_V6, code, network, relayed, server};

type Attributes = fn(Writer<'_>) -> Writer<'_>;

/// §7.2.
#[test]
fn an_allocation_gives_an_address_and_tells_the_clients_own() {
    let (mut simulation, id, mut client) = network(server());
    let response = client.allocate(&mut simulation);
    let message = Message::parse(&response).expect("it is sound");
    assert_eq!(message.xor_mapped_address(), Some(client.local));
    assert_eq!(message.lifetime(), Some(600));
    assert_eq!(relayed(&response), [socket("192.0.2.1:49152")]);
    let server = simulation.turn_server(id);
    let allocations: Vec<_> = server.allocations().collect();
    assert_eq!(allocations[0].0.client, client.local);
    assert_eq!(allocations[0].1, [socket("192.0.2.1:49152")]);
    assert_eq!(server.counters().requests(Method::ALLOCATE), 2);
    assert_eq!(server.counters().errors(401), 1);
}

/// §7.2, the note on retransmissions.
#[test]
fn the_same_request_gets_the_same_answer_and_another_a_mismatch() {
    let (mut simulation, _, mut client) = network(server());
    let first = client.allocate(&mut simulation);
    let again = client.ask_again(&mut simulation, Method::ALLOCATE, |writer| {
        writer.requested_transport_udp()
    });
    assert_eq!(again, Some(first));
    assert_eq!(code(&client.allocate(&mut simulation)), 437);
}

/// §7.2.
#[test]
fn malformed_allocate_requests_are_refused() {
    let (mut simulation, _, mut client) = network(server().relaying_from(ip(RELAY_V6)));
    let cases: [(Attributes, u16); 5] = [
        (|writer| writer, 400),
        (|writer| writer.raw(0x0019, &[6, 0, 0, 0]), 442),
        (
            |writer| {
                let writer = writer.requested_transport_udp();
                writer
                    .requested_address_family(AddressFamily::V4)
                    .additional_address_family()
            },
            400,
        ),
        (
            |writer| writer.requested_transport_udp().even_port(true),
            508,
        ),
        (|writer| writer.raw(0x7123, b"what?"), 420),
    ];
    for (attributes, expected) in cases {
        let response = client.request(&mut simulation, Method::ALLOCATE, attributes);
        assert_eq!(code(&response), expected);
    }
}

/// §7.2.
#[test]
fn families_are_given_as_far_as_there_are_relays() {
    fn v6(writer: Writer<'_>) -> Writer<'_> {
        let writer = writer.requested_transport_udp();
        writer.requested_address_family(AddressFamily::V6)
    }
    fn both(writer: Writer<'_>) -> Writer<'_> {
        writer.requested_transport_udp().additional_address_family()
    }
    let (mut simulation, _, mut client) = network(server());
    let response = client.request(&mut simulation, Method::ALLOCATE, v6);
    assert_eq!(code(&response), 440);
    let response = client.request(&mut simulation, Method::ALLOCATE, both);
    let message = Message::parse(&response).expect("it is sound");
    let missing = message.address_error_codes().next().expect("it is there");
    assert_eq!(
        (missing.family, missing.error.code),
        (AddressFamily::V6, 440)
    );
    assert_eq!(relayed(&response).len(), 1);
    let again = client.ask_again(&mut simulation, Method::ALLOCATE, both);
    assert_eq!(again, Some(response));
    let refreshed = client.request(&mut simulation, Method::REFRESH, |writer| {
        writer.requested_address_family(AddressFamily::V6)
    });
    assert_eq!(code(&refreshed), 443);

    let (mut simulation, _, mut client) = network(server().relaying_from(ip(RELAY_V6)));
    let response = client.request(&mut simulation, Method::ALLOCATE, both);
    let ips: Vec<_> = relayed(&response).iter().map(SocketAddr::ip).collect();
    assert_eq!(ips, [ip("192.0.2.1"), ip(RELAY_V6)]);
    let mut other = Client::new(client.host, 5001);
    let response = other.request(&mut simulation, Method::ALLOCATE, v6);
    assert_eq!(relayed(&response)[0].ip(), ip(RELAY_V6));
}

/// §7.2: the lifetime is at least the server's usual one and at most its longest.
#[test]
fn lifetimes_are_granted_within_limits() {
    let (mut simulation, _, mut client) = network(server());
    client.allocated(&mut simulation);
    for (asked, granted) in [(60, 600), (1200, 1200), (90_000, 3600)] {
        let response = client.refresh(&mut simulation, asked);
        let message = Message::parse(&response).expect("it is sound");
        assert_eq!(message.lifetime(), Some(granted));
    }
}

/// §8.2.
#[test]
fn an_allocation_ends_when_it_is_not_refreshed() {
    let minute = Duration::from_secs(60);
    let (mut simulation, id, mut client) = network(server().lifetimes(minute, minute));
    client.allocated(&mut simulation);
    simulation.run_for(40 * SECOND);
    assert_eq!(code(&client.refresh(&mut simulation, 60)), 0);
    simulation.run_for(40 * SECOND);
    assert_eq!(simulation.turn_server(id).allocations().count(), 1);
    simulation.run_for(20 * SECOND);
    assert_eq!(simulation.turn_server(id).allocations().count(), 0);
    assert_eq!(code(&client.refresh(&mut simulation, 60)), 437);
}

/// §8.2.
#[test]
fn a_lifetime_of_nothing_ends_an_allocation_and_is_counted() {
    let (mut simulation, id, mut client) = network(server());
    client.allocated(&mut simulation);
    assert_eq!(simulation.turn_server(id).counters().deallocations, 0);
    let response = client.refresh(&mut simulation, 0);
    let message = Message::parse(&response).expect("it is sound");
    assert_eq!(message.lifetime(), Some(0));
    let server = simulation.turn_server(id);
    assert_eq!(server.allocations().count(), 0);
    assert_eq!(server.counters().deallocations, 1);
    assert_eq!(server.counters().last_refresh, Some(0));
}

/// §7.2, checks 10 and 9.
#[test]
fn quota_and_capacity_are_limits() {
    for (server, expected) in [(server().quota(1), 486), (server().capacity(1), 508)] {
        let (mut simulation, _, mut client) = network(server.user("bob", "hidden"));
        client.allocated(&mut simulation);
        let mut second = Client::new(client.host, 5001);
        assert_eq!(code(&second.allocate(&mut simulation)), expected);
        // The quota is one per user.
        let mut bob = Client::new(client.host, 5002);
        (bob.user, bob.password) = ("bob".to_owned(), "hidden".to_owned());
        let bobs = code(&bob.allocate(&mut simulation));
        assert_eq!(bobs, if expected == 486 { 0 } else { 508 });
        client.refresh(&mut simulation, 0);
        assert_eq!(code(&second.allocate(&mut simulation)), 0);
    }
}

/// §10.2, §12.2.
#[test]
fn peers_may_be_denied_or_of_the_wrong_family() {
    let (mut simulation, _, mut client) = network(server().denying(socket(PEER).ip()));
    assert_eq!(client.permit(&mut simulation, PEER), 437);
    client.allocated(&mut simulation);
    assert_eq!(client.permit(&mut simulation, PEER), 403);
    assert_eq!(client.permit(&mut simulation, "[2001:db8::b]:7"), 443);
    assert_eq!(client.permit(&mut simulation, "198.51.100.9:1"), 0);
    let bound = client.request(&mut simulation, Method::CHANNEL_BIND, |writer| {
        let writer = writer.channel_number(ChannelNumber::MIN);
        writer.xor_peer_address(socket(PEER))
    });
    assert_eq!(code(&bound), 403);
    let response = client.request(&mut simulation, Method::CREATE_PERMISSION, |writer| writer);
    assert_eq!(code(&response), 400);
}

/// §12.2.
#[test]
fn a_channel_has_one_peer_and_a_peer_one_channel() {
    let (mut simulation, _, mut client) = network(server());
    client.allocated(&mut simulation);
    let other = "198.51.100.9:1";
    let cases = [
        (0x4000, PEER, 0),
        (0x4000, PEER, 0),
        (0x4000, other, 400),
        (0x4001, PEER, 400),
        (0x4001, other, 0),
        (0x4002, "[2001:db8::b]:7", 443),
    ];
    for (number, peer, expected) in cases {
        let channel = ChannelNumber::new(number).expect("in range");
        let bound = client.request(&mut simulation, Method::CHANNEL_BIND, |writer| {
            let writer = writer.channel_number(channel);
            writer.xor_peer_address(socket(peer))
        });
        assert_eq!(code(&bound), expected, "{number:#x} to {peer}");
    }
}

/// §5.
#[test]
fn an_allocation_is_of_its_user() {
    let (mut simulation, _, mut client) = network(server().user("bob", "hidden"));
    client.allocated(&mut simulation);
    (client.user, client.password) = ("bob".to_owned(), "hidden".to_owned());
    assert_eq!(client.permit(&mut simulation, PEER), 441);
}

#[test]
fn binding_requests_need_no_credentials() {
    let (mut simulation, _, mut client) = network(TurnServer::new(socket("192.0.2.1:3478")));
    let response = client.ask(&mut simulation, Method::BINDING, |writer| writer);
    let response = response.expect("it answers");
    let message = Message::parse(&response).expect("it is sound");
    assert_eq!(message.xor_mapped_address(), Some(client.local));
}
