//! Servers that mean no good, beside those of the other files here.

use std::time::Duration;

use rill_ice::turn::{Event, Failure, Input};
use rill_stun::{Class, IntegrityKey, Message, PasswordAlgorithm, Writer};

use crate::scene::Scene;
use crate::server::{PASSWORD, Server, USERNAME, address};

/// Answers each request with this code and a nonce that was never there before, for as long as the client
/// goes on; gives how often it asked.
fn challenge_for_ever(scene: &mut Scene, code: u16, signed: bool) -> usize {
    let (mut asked, mut buffer) = (0, Vec::new());
    for _ in 0..3600 {
        while scene.client.poll_transmit(scene.now, &mut buffer) {
            asked += 1;
            assert!(asked < 1000, "it goes on for ever");
            let request = Message::parse(&buffer).expect("a sound request");
            let nonce = format!("nonce {asked}");
            let mut answer = Vec::new();
            let id = request.transaction_id();
            let writer = Writer::new(&mut answer, Class::Error, request.method(), id)
                .error_code(code, "again")
                .realm(b"example.org")
                .nonce(nonce.as_bytes());
            let key =
                IntegrityKey::long_term(PasswordAlgorithm::Md5, USERNAME, b"example.org", PASSWORD);
            match signed && request.integrity_algorithm().is_some() {
                true => drop(writer.message_integrity_with(&key).finish().len()),
                false => drop(writer.finish().len()),
            }
            scene.receive(&answer);
        }
        while let Some(event) = scene.client.poll_event() {
            scene.events.push_back(event);
        }
        scene.now += Duration::from_secs(1);
        scene.client.handle_timeout(scene.now);
    }
    asked
}

/// Reliability 15: crates/rill-ice/src/turn/responses.rs: `if is_refused || transaction.repeats >= MAX_REPEATS {` => `if false {`
#[test]
fn a_server_that_challenges_for_ever_is_left() {
    for code in [401, 438] {
        for signed in [false, true] {
            let mut scene = Scene::new(Server::new());
            let asked = challenge_for_ever(&mut scene, code, signed);
            assert!((2..=6).contains(&asked), "{code}: asked {asked} times");
            let failure = scene.failure();
            let is_told = matches!(failure, Failure::Rejected { code: told, .. } if told == code);
            let is_known = is_told || matches!(failure, Failure::Unauthorized { .. });
            assert!(is_known, "{failure:?}");
            assert_eq!(scene.client.poll_timeout(), None, "nothing more is to come");
        }
    }
}

/// Also once there is an allocation.
///
/// Reliability 15: crates/rill-ice/src/turn/responses.rs: `if is_refused || transaction.repeats >= MAX_REPEATS {` => `if false {`
#[test]
fn an_allocation_that_is_challenged_for_ever_is_lost() {
    for code in [401, 438] {
        let mut scene = Scene::allocated(Server::new());
        scene.client.permit(scene.now, address("192.0.2.1:1").ip());
        let asked = challenge_for_ever(&mut scene, code, true);
        // The permission, the refreshes of an hour until it is given up.
        assert!((2..=60).contains(&asked), "{code}: asked {asked} times");
        assert!(
            scene
                .events
                .iter()
                .any(|event| matches!(event, Event::Lost(_))),
            "{:?}",
            scene.events
        );
    }
}

/// Reliability 15: crates/rill-ice/src/turn/allocation.rs: `!address.ip().is_unspecified() && !address.ip().is_multicast() && address.port() != 0` => `true`
#[test]
fn a_relayed_address_of_everybody_or_nobody_is_no_allocation() {
    for relayed in [
        "224.0.0.1:5000",
        "0.0.0.0:5000",
        "192.0.2.15:0",
        "[ff02::1]:5000",
        "[::]:5000",
    ] {
        let mut server = Server::new();
        server.relayed = vec![address(relayed)];
        let mut scene = Scene::new(server);
        scene.pass_seconds(30);
        scene.failure();
        assert!(!scene.server.allocated, "{relayed}: it is given back");
    }
}

/// Reliability 15: crates/rill-stun/src/channel_data.rs: `let Some(data) = rest.get(..length) else {` => `let Some(data) = rest.get(..length.min(rest.len())) else {`
#[test]
fn channel_data_longer_than_their_datagram_are_dropped() {
    let peer = address("192.0.2.1:9");
    let mut scene = Scene::allocated(Server::new());
    scene.client.bind_channel(scene.now, peer);
    scene.settle();
    let number = scene
        .server
        .channels
        .keys()
        .next()
        .expect("it is bound")
        .number();
    let message = |claimed: u16, data: &[u8]| {
        let mut bytes = [number, claimed].map(u16::to_be_bytes).concat();
        bytes.extend(data);
        bytes
    };
    for claimed in [5, 6, 0xfffc, 0xffff] {
        assert_eq!(
            scene.receive(&message(claimed, b"four")),
            Input::Dropped,
            "{claimed}"
        );
    }
    for length in 0..4 {
        assert_eq!(
            scene.receive(&message(4, b"four")[..length]),
            Input::Dropped
        );
    }
    assert!(matches!(
        scene.receive(&message(4, b"four")),
        Input::Data { .. }
    ));
    // Another number than was bound, and one that cannot be.
    for other in [number + 1, 0x4fff, 0x5000, 0x7fff] {
        let mut bytes = message(4, b"four");
        bytes[..2].copy_from_slice(&other.to_be_bytes());
        assert_eq!(scene.receive(&bytes), Input::Dropped, "{other:#x}");
    }
}

/// Reliability 15: crates/rill-ice/src/turn/inbound.rs: `if !self.permissions.is_requested(peer.ip()) {` => `if false {`
#[test]
fn data_of_those_who_were_not_let_in_are_dropped() {
    let mut scene = Scene::allocated(Server::new());
    let friend = address("192.0.2.1:9");
    scene.client.permit(scene.now, friend.ip());
    scene.settle();
    for number in 0..=255 {
        let stranger = std::net::SocketAddr::from(([198, 51, 100, number], 9));
        assert_eq!(
            scene.receive(&Server::data(stranger, b"hello")),
            Input::Dropped
        );
    }
    assert!(matches!(
        scene.receive(&Server::data(friend, b"hello")),
        Input::Data { .. }
    ));
}
