//! Over TCP and TLS (RFC 8656 §3.1, §12.5).

use std::net::SocketAddr;

use rill_ice::turn::{Event, Failure};
use rill_stun::{ChannelData, ChannelNumber, Padding};

use crate::scene::Scene;
use crate::server::{Server, address};

fn bound(peer: SocketAddr) -> Scene {
    let mut scene = Scene::stream(Server::new());
    scene.client.bind_channel(scene.now, peer);
    scene.settle();
    assert!(matches!(scene.event(), Some(Event::Allocated { .. })));
    assert_eq!(scene.event(), Some(Event::Permitted(peer.ip())));
    scene
}

fn on_channel(data: &[u8]) -> Vec<u8> {
    let mut buffer = data.to_vec();
    ChannelData::wrap(ChannelNumber::MIN, &mut buffer, Padding::ToFourBytes).expect("it is short");
    buffer
}

fn fetch(scene: &mut Scene) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    let mut buffer = Vec::new();
    while let Some(data) = scene.client.poll_stream_data(&mut buffer) {
        assert_eq!(data.peer, address("192.0.2.1:9"));
        assert_eq!(data.relayed, address("192.0.2.15:50000"));
        all.push(buffer.clone());
    }
    all
}

#[test]
fn messages_of_one_read_come_out_one_by_one() {
    let peer = address("192.0.2.1:9");
    let mut scene = bound(peer);
    let stranger = Server::data(address("192.0.2.2:9"), b"stranger");
    let stream = [
        on_channel(b"one"),
        Server::data(peer, b"two!!"),
        stranger,
        on_channel(b""),
        on_channel(b"four"),
    ]
    .concat();
    scene.receive(&stream);
    assert_eq!(fetch(&mut scene), [&b"one"[..], b"two!!", b"", b"four"]);
}

#[test]
fn messages_come_out_whole_however_the_stream_is_cut() {
    let peer = address("192.0.2.1:9");
    let stream = [
        on_channel(b"one"),
        Server::data(peer, b"two!!"),
        on_channel(b"3"),
    ]
    .concat();
    for size in 1..stream.len() {
        let mut scene = bound(peer);
        let mut all = Vec::new();
        for piece in stream.chunks(size) {
            scene.receive(piece);
            all.extend(fetch(&mut scene));
        }
        assert_eq!(all, [&b"one"[..], b"two!!", b"3"]);
    }
}

#[test]
fn answers_are_heard_between_data() {
    let peer = address("192.0.2.1:9");
    let mut scene = bound(peer);
    scene.connected = false;
    let other = address("192.0.2.2:9").ip();
    scene.client.permit(scene.now, other);
    scene.settle();
    let request = scene.sent.last().expect("CreatePermission").1.clone();
    let answer = scene.server.answer(&request);
    scene.receive(&[on_channel(b"one"), answer, on_channel(b"two")].concat());
    scene.settle();
    assert_eq!(scene.event(), Some(Event::Permitted(other)));
    assert_eq!(fetch(&mut scene), [b"one", b"two"]);
}

#[test]
fn data_to_peers_are_padded() {
    let peer = address("192.0.2.1:9");
    let mut scene = bound(peer);
    let mut data = b"abcde".to_vec();
    assert_eq!(scene.client.wrap(peer, &mut data), Ok(()));
    assert_eq!(data, b"\x40\0\0\x05abcde\0\0\0");
}

#[test]
fn another_protocol_ends_it() {
    let mut scene = Scene::stream(Server::new());
    scene.receive(b"\x15\x03\x03\0\x02\x02\x28\0");
    scene.settle();
    assert!(matches!(scene.failure(), Failure::Protocol(_)));
    let mut scene = bound(address("192.0.2.1:9"));
    scene.receive(&[0xff]);
    scene.settle();
    assert!(matches!(scene.loss(), Failure::Protocol(_)));
    scene.receive(&on_channel(b"more"));
    assert_eq!(fetch(&mut scene), [b""; 0]);
}

#[test]
fn what_nobody_fetches_is_bounded() {
    let mut scene = bound(address("192.0.2.1:9"));
    let many = on_channel(b"").repeat(20_000);
    scene.receive(&many);
    assert_eq!(fetch(&mut scene).len(), 8192);
    let large = on_channel(&[7; 60_000]).repeat(100);
    scene.receive(&large);
    let held: usize = fetch(&mut scene).iter().map(Vec::len).sum();
    assert!(held <= 1 << 22 && held > 1 << 21, "{held}");
    scene.receive(&on_channel(b"later"));
    assert_eq!(fetch(&mut scene), [b"later"]);
}

#[test]
fn what_was_fetched_makes_room() {
    let mut scene = bound(address("192.0.2.1:9"));
    let datagram = on_channel(&[7; 60_000]);
    for _ in 0..100 {
        scene.receive(&datagram);
        assert_eq!(fetch(&mut scene).len(), 1);
    }
}
