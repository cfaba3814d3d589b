//! Channels (RFC 8656 §12).

use std::net::{Ipv4Addr, SocketAddr};

use rill_ice::turn::{Event, Input};
use rill_stun::{ChannelData, ChannelNumber, Message, Method, Padding, is_channel_data};

use crate::scene::Scene;
use crate::server::{Server, address};

fn bound(scene: &mut Scene, peer: SocketAddr) {
    scene.client.bind_channel(scene.now, peer);
    scene.settle();
    assert_eq!(scene.event(), Some(Event::Permitted(peer.ip())));
}

fn wrapped(scene: &mut Scene, peer: SocketAddr, data: &[u8]) -> Vec<u8> {
    let mut buffer = data.to_vec();
    scene
        .client
        .wrap(peer, &mut buffer)
        .expect("it is permitted");
    buffer
}

#[test]
fn data_go_by_the_channel_as_soon_as_it_is_bound() {
    let mut scene = Scene::allocated(Server::new());
    let peer = address("192.0.2.1:9");
    scene.client.permit(scene.now, peer.ip());
    scene.settle();
    scene.connected = false;
    scene.client.bind_channel(scene.now, peer);
    scene.settle();
    let indication = wrapped(&mut scene, peer, b"data");
    assert_eq!(
        Message::parse(&indication).map(|message| message.method()),
        Ok(Method::SEND)
    );
    let request = scene.sent.last().expect("ChannelBind").1.clone();
    let answer = scene.server.answer(&request);
    scene.receive(&answer);
    let message = wrapped(&mut scene, peer, b"data!");
    assert_eq!(message, b"\x40\0\0\x05data!");
    assert_eq!(scene.server.channels[&ChannelNumber::MIN], peer);
}

#[test]
fn a_channel_is_for_one_port_of_a_peer() {
    let mut scene = Scene::allocated(Server::new());
    bound(&mut scene, address("192.0.2.1:9"));
    let other = wrapped(&mut scene, address("192.0.2.1:10"), b"data");
    assert!(!is_channel_data(&other));
}

#[test]
fn data_on_it_are_the_peers_from_the_moment_it_was_asked_for() {
    let mut scene = Scene::allocated(Server::new());
    let peer = address("[2001:db8::1]:9");
    let relayed = address("[2001:db8::15]:50001");
    let mut message = b"hello".to_vec();
    ChannelData::wrap(ChannelNumber::MIN, &mut message, Padding::None).expect("it is short");
    assert_eq!(scene.receive(&message), Input::Dropped);
    scene.connected = false;
    scene.client.bind_channel(scene.now, peer);
    scene.settle();
    let data = Input::Data {
        peer,
        relayed,
        range: 4..9,
    };
    assert_eq!(scene.receive(&message), data);
    message[1] = 1;
    assert_eq!(
        scene.receive(&message),
        Input::Dropped,
        "a channel of nobody"
    );
    assert_eq!(scene.receive(&message[..8]), Input::Dropped, "cut");
}

#[test]
fn a_channel_is_a_permission_too() {
    let mut scene = Scene::allocated(Server::new());
    let peer = address("192.0.2.1:9");
    scene.server.refuse(Method::CREATE_PERMISSION, 508, 1);
    scene.client.bind_channel(scene.now, peer);
    scene.settle();
    let refused = scene.event();
    assert!(matches!(
        refused,
        Some(Event::PermissionRefused { code: 508, .. })
    ));
    assert_eq!(scene.event(), Some(Event::Permitted(peer.ip())));
    scene.pass_seconds(240);
    assert_eq!(
        scene.count(Method::CREATE_PERMISSION),
        2,
        "it is refreshed as such"
    );
}

#[test]
fn it_is_refreshed_and_so_is_its_permission() {
    let mut scene = Scene::allocated(Server::new());
    let peer = address("192.0.2.1:9");
    bound(&mut scene, peer);
    scene.client.bind_channel(scene.now, peer);
    scene.pass_seconds(960);
    assert_eq!(scene.times(Method::CHANNEL_BIND), [0, 480_000, 960_000]);
    assert!(scene.count(Method::CREATE_PERMISSION) >= 2);
    assert_eq!(scene.server.channels.len(), 1);
    assert_eq!(scene.event(), None);
}

#[test]
fn a_refusal_leaves_send_indications_and_a_quarantine() {
    let mut scene = Scene::allocated(Server::new());
    let peer = address("192.0.2.1:9");
    scene.server.refuse(Method::CHANNEL_BIND, 400, 1);
    bound(&mut scene, peer);
    assert!(!is_channel_data(&wrapped(&mut scene, peer, b"data")));
    // Ten minutes for the server to forget it, five more for what is on the way.
    scene.pass_seconds(899);
    scene.client.bind_channel(scene.now, peer);
    scene.settle();
    assert_eq!(scene.count(Method::CHANNEL_BIND), 1);
    scene.pass_seconds(60);
    scene.client.bind_channel(scene.now, peer);
    scene.settle();
    assert_eq!(scene.count(Method::CHANNEL_BIND), 2);
    let number = scene
        .server
        .channels
        .keys()
        .next()
        .map(|number| number.number());
    assert_eq!(number, Some(0x4001), "another number");
    assert!(is_channel_data(&wrapped(&mut scene, peer, b"data")));
}

#[test]
fn a_refusal_of_the_refresh_ends_it() {
    let mut scene = Scene::allocated(Server::new());
    let peer = address("192.0.2.1:9");
    bound(&mut scene, peer);
    scene.server.refuse(Method::CHANNEL_BIND, 508, 1);
    scene.pass_seconds(480);
    assert!(!is_channel_data(&wrapped(&mut scene, peer, b"data")));
}

#[test]
fn there_are_256_at_most_and_no_number_twice() {
    let mut scene = Scene::allocated(Server::new());
    for port in 0..300 {
        scene.client.bind_channel(
            scene.now,
            SocketAddr::new(Ipv4Addr::new(192, 0, 2, 1).into(), 1000 + port),
        );
        scene.settle();
    }
    assert_eq!(scene.server.channels.len(), 256);
    assert_eq!(scene.count(Method::CHANNEL_BIND), 256);
}

#[test]
fn one_wanted_early_is_asked_for_with_the_allocation() {
    let mut scene = Scene::new(Server::new());
    scene.client.bind_channel(scene.now, address("192.0.2.1:9"));
    scene.settle();
    assert!(matches!(scene.event(), Some(Event::Allocated { .. })));
    assert_eq!(scene.server.channels.len(), 1);
}
