//! What passes through a TURN server.

use std::time::Duration;

use rill_sim::{
    Firewall, Link, NatConfig, Simulation, StreamEvent, StreamRequest, Transport, TurnManner,
    TurnServerId,
};
use rill_stun::{
    ChannelData, ChannelNumber, Message, Method, Padding, TransactionId, wrap_send_indication,
};

use crate::probe::{A, Probe, SECOND, ip, socket};
use crate::turn_client::{Client, PEER, RELAY_V6, code, network, server};

fn send_indication(client: &Client, simulation: &mut Simulation<Probe>, peer: &str, data: &[u8]) {
    let mut bytes = data.to_vec();
    let id = TransactionId([9; 12]);
    wrap_send_indication(id, socket(peer), &mut bytes).expect("it is short");
    client.send(simulation, &bytes);
}

fn bind(client: &mut Client, simulation: &mut Simulation<Probe>, peer: &str) {
    let bound = client.request(simulation, Method::CHANNEL_BIND, |writer| {
        let writer = writer.channel_number(ChannelNumber::MIN);
        writer.xor_peer_address(socket(peer))
    });
    assert_eq!(code(&bound), 0);
}

fn send_on_channel(client: &Client, simulation: &mut Simulation<Probe>, data: &[u8]) {
    let mut bytes = data.to_vec();
    let padding = match client.transport {
        Transport::Udp => Padding::None,
        Transport::Tcp | Transport::Tls => Padding::ToFourBytes,
    };
    ChannelData::wrap(ChannelNumber::MIN, &mut bytes, padding).expect("it is short");
    client.send(simulation, &bytes);
}

fn relayed_counts(simulation: &Simulation<Probe>, id: TurnServerId) -> [usize; 3] {
    let counters = simulation.turn_server(id).counters();
    [
        counters.relayed_to_peers,
        counters.relayed_to_clients,
        counters.without_permission,
    ]
}

#[test]
fn indications_and_channels_carry_data_over_every_transport() {
    for transport in [Transport::Udp, Transport::Tcp, Transport::Tls] {
        let (mut simulation, id, mut client) = network(server());
        if transport != Transport::Udp {
            client.connect(&mut simulation, transport);
        }
        client.allocated(&mut simulation);
        let (five_tuple, _) = simulation
            .turn_server(id)
            .allocations()
            .next()
            .expect("one");
        assert_eq!(five_tuple.transport, transport);
        assert_eq!(client.permit(&mut simulation, PEER), 0);
        send_indication(&client, &mut simulation, PEER, b"hello");
        let echoes = client.receive(&mut simulation);
        let message = Message::parse(&echoes[0]).expect("it is sound");
        assert_eq!(message.method(), Method::DATA);
        assert_eq!(message.data(), Some(&b"hello"[..]));
        assert_eq!(message.xor_peer_addresses().next(), Some(socket(PEER)));
        bind(&mut client, &mut simulation, PEER);
        send_on_channel(&client, &mut simulation, b"short");
        send_on_channel(&client, &mut simulation, &[7; 1000]);
        let echoes = client.receive(&mut simulation);
        let data = echoes
            .iter()
            .map(|it| ChannelData::parse(it).expect("on the channel").data);
        assert_eq!(data.collect::<Vec<_>>(), [&b"short"[..], &[7; 1000]]);
        assert_eq!(relayed_counts(&simulation, id), [3, 3, 0]);
    }
}

#[test]
fn nothing_passes_without_a_permission_or_after_it() {
    let (mut simulation, id, mut client) = network(server());
    let relayed = client.allocated(&mut simulation);
    send_indication(&client, &mut simulation, PEER, b"too early");
    assert!(client.receive(&mut simulation).is_empty());
    assert_eq!(relayed_counts(&simulation, id), [0, 0, 1]);
    client.permit(&mut simulation, PEER);
    // Another host of the internet, and the permitted one from another port.
    for (from, passed) in [("198.51.100.9:1", 0), ("198.51.100.2:1", 1)] {
        let datagram = rill_sim::Datagram {
            local: socket(from),
            remote: relayed,
            bytes: b"x".to_vec(),
        };
        simulation.inject(rill_sim::Realm::INTERNET, datagram);
        assert_eq!(client.receive(&mut simulation).len(), passed, "{from}");
    }
    simulation.run_for(Duration::from_secs(300));
    send_indication(&client, &mut simulation, PEER, b"too late");
    assert!(client.receive(&mut simulation).is_empty());
    assert_eq!(relayed_counts(&simulation, id), [0, 1, 3]);
}

#[test]
fn a_channel_outlives_its_permission() {
    let (mut simulation, id, mut client) = network(server());
    client.allocated(&mut simulation);
    bind(&mut client, &mut simulation, PEER);
    send_on_channel(&client, &mut simulation, b"x");
    assert_eq!(client.receive(&mut simulation).len(), 1);
    simulation.run_for(Duration::from_secs(400));
    send_on_channel(&client, &mut simulation, b"x");
    assert!(client.receive(&mut simulation).is_empty());
    assert_eq!(client.permit(&mut simulation, PEER), 0);
    send_on_channel(&client, &mut simulation, b"x");
    assert_eq!(client.receive(&mut simulation).len(), 1);
    client.refresh(&mut simulation, 600);
    simulation.run_for(Duration::from_secs(200));
    send_on_channel(&client, &mut simulation, b"x");
    assert!(client.receive(&mut simulation).is_empty());
    assert_eq!(relayed_counts(&simulation, id), [2, 2, 1]);
}

#[test]
fn a_dual_allocation_reaches_both_families() {
    let (mut simulation, _, mut client) = network(server().relaying_from(ip(RELAY_V6)));
    let response = client.request(&mut simulation, Method::ALLOCATE, |writer| {
        writer.requested_transport_udp().additional_address_family()
    });
    assert_eq!(code(&response), 0);
    for peer in [PEER, "[2001:db8::b]:7"] {
        assert_eq!(client.permit(&mut simulation, peer), 0);
        send_indication(&client, &mut simulation, peer, b"x");
        let echoes = client.receive(&mut simulation);
        let message = Message::parse(&echoes[0]).expect("it is sound");
        assert_eq!(message.xor_peer_addresses().next(), Some(socket(peer)));
    }
}

#[test]
fn two_allocations_of_one_server_meet_inside_of_it() {
    let (mut simulation, _, mut one) = network(server());
    let mut other = Client::new(one.host, 5001);
    let relayed = [
        one.allocated(&mut simulation),
        other.allocated(&mut simulation),
    ];
    let [to_one, to_other] = relayed.map(|address| address.to_string());
    assert_eq!(one.permit(&mut simulation, &to_other), 0);
    assert_eq!(other.permit(&mut simulation, &to_one), 0);
    send_indication(&one, &mut simulation, &to_other, b"hello");
    let received = other.receive(&mut simulation);
    let message = Message::parse(&received[0]).expect("it is sound");
    assert_eq!(message.data(), Some(&b"hello"[..]));
    assert_eq!(message.xor_peer_addresses().next(), Some(relayed[0]));
}

#[test]
fn a_peer_that_cannot_be_reached_is_reported() {
    let (mut simulation, _, mut client) = network(server());
    let peer = "192.0.2.99:1";
    simulation.add_unreachable_address(socket(peer).ip());
    client.allocated(&mut simulation);
    client.permit(&mut simulation, peer);
    send_indication(&client, &mut simulation, peer, b"x");
    let received = client.receive(&mut simulation);
    let message = Message::parse(&received[0]).expect("it is sound");
    let icmp = message.icmp().expect("it says why");
    assert_eq!((icmp.kind, icmp.code), (3, 1));
}

#[test]
fn an_allocation_ends_with_its_stream() {
    let (mut simulation, id, mut client) = network(server());
    client.connect(&mut simulation, Transport::Tcp);
    client.allocated(&mut simulation);
    let close = StreamRequest::Close(client.stream());
    simulation.endpoint_mut(client.host).request(close);
    simulation.run_for(SECOND);
    assert_eq!(simulation.turn_server(id).allocations().count(), 0);
}

#[test]
fn messages_in_pieces_are_put_together_and_rubbish_resets() {
    let (mut simulation, _, mut client) = network(server());
    client.connect(&mut simulation, Transport::Tcp);
    client.allocated(&mut simulation);
    client.permit(&mut simulation, PEER);
    let mut bytes = b"hello".to_vec();
    let id = TransactionId([9; 12]);
    wrap_send_indication(id, socket(PEER), &mut bytes).expect("it is short");
    for piece in [&bytes[..], &bytes].concat().chunks(11) {
        client.send(&mut simulation, piece);
    }
    assert_eq!(client.receive(&mut simulation).len(), 2);
    client.send(&mut simulation, b"\xffrubbish");
    simulation.run_for(SECOND);
    let reset = StreamEvent::Failed(rill_sim::StreamError::Reset);
    let told = simulation.endpoint(client.host).told();
    assert_eq!(told, [&reset]);
}

#[test]
fn where_only_one_port_is_open_tls_gets_through_and_nobody_else_is_sent_to() {
    let (mut simulation, _, _) = network(server());
    let nat = NatConfig::symmetric(ip("203.0.113.1")).with_firewall(Firewall::tcp_only([443]));
    let realm = simulation.add_nat(nat);
    let config = rill_sim::HostConfig::new("office").address_in(realm, ip(A), Link::default());
    let office = simulation.add_host(config, Probe::new);
    let mut client = Client::new(office, 5000);
    assert_eq!(client.ask(&mut simulation, Method::ALLOCATE, |it| it), None);
    client.connect(&mut simulation, Transport::Tls);
    client.allocated(&mut simulation);
    client.permit(&mut simulation, PEER);
    send_indication(&client, &mut simulation, PEER, b"hello");
    assert_eq!(client.receive(&mut simulation).len(), 1);
    let trace = simulation.trace();
    let allowed = [socket("192.0.2.1:3478"), client.server];
    assert!(trace.sent_elsewhere("office", &allowed).is_empty());
    let relayed = trace.sent_elsewhere("turn 192.0.2.1", &[]);
    assert!(
        relayed
            .iter()
            .any(|it| it.to_string().contains("192.0.2.1:49152 > 198.51.100.2:7"))
    );
}

#[test]
fn a_server_that_falls_silent_relays_nothing() {
    let (mut simulation, id, mut client) = network(server());
    let relayed = client.allocated(&mut simulation);
    bind(&mut client, &mut simulation, PEER);
    let server = simulation.turn_server_mut(id);
    server.set_manner(TurnManner::Silent);
    send_indication(&client, &mut simulation, PEER, b"x");
    send_on_channel(&client, &mut simulation, b"x");
    let datagram = rill_sim::Datagram {
        local: socket(PEER),
        remote: relayed,
        bytes: b"x".to_vec(),
    };
    simulation.inject(rill_sim::Realm::INTERNET, datagram);
    assert!(client.receive(&mut simulation).is_empty());
    assert_eq!(relayed_counts(&simulation, id), [0, 0, 0]);
}
