//! Data to and from peers by indications (RFC 8656 §11).

use rill_ice::turn::{Client, Event, Input, WrapError};
use rill_stun::{Class, Icmp, Message, Method, TransactionId, Writer};

use crate::scene::Scene;
use crate::server::{Server, address};

fn permitted(peer: &str) -> Scene {
    let mut scene = Scene::allocated(Server::new());
    scene.client.permit(scene.now, address(peer).ip());
    scene.settle();
    assert!(matches!(scene.event(), Some(Event::Permitted(_))));
    scene
}

#[test]
fn data_go_out_as_send_indications() {
    let mut scene = permitted("[2001:db8::1]:9");
    let peer = address("[2001:db8::1]:9");
    let mut ids = Vec::new();
    for length in 0..6 {
        let data: Vec<u8> = (0..length).collect();
        let mut buffer = data.clone();
        assert_eq!(scene.client.wrap(peer, &mut buffer), Ok(()));
        assert!(buffer.len() <= data.len() + Client::max_overhead());
        let message = Message::parse(&buffer).expect("a Send indication");
        assert_eq!(
            (message.class(), message.method()),
            (Class::Indication, Method::SEND)
        );
        assert_eq!(message.xor_peer_addresses().collect::<Vec<_>>(), [peer]);
        assert_eq!(message.data(), Some(&data[..]));
        assert_eq!(
            message.username(),
            None,
            "indications are never authenticated"
        );
        ids.push(message.transaction_id());
    }
    ids.dedup();
    assert_eq!(ids.len(), 6);
}

#[test]
fn what_does_not_fit_is_refused_and_left_alone() {
    let mut scene = permitted("192.0.2.1:9");
    let peer = address("192.0.2.1:9");
    let most = 65_507 - Client::max_overhead();
    assert_eq!(scene.client.wrap(peer, &mut vec![7; most]), Ok(()));
    let mut data = vec![7; most + 1];
    let error = WrapError::TooLarge { length: most + 1 };
    assert_eq!(scene.client.wrap(peer, &mut data), Err(error));
    assert_eq!(data, vec![7; most + 1]);
}

#[test]
fn data_come_in_with_the_peer_and_our_address_of_its_family() {
    let mut scene = permitted("192.0.2.1:9");
    let (peer, relayed) = (address("192.0.2.1:77"), address("192.0.2.15:50000"));
    let message = Server::data(peer, b"hello");
    let Input::Data {
        peer: from,
        relayed: to,
        range,
    } = scene.receive(&message)
    else {
        panic!("no data");
    };
    assert_eq!((from, to, &message[range]), (peer, relayed, &b"hello"[..]));
    let empty = scene.receive(&Server::data(peer, b""));
    assert!(matches!(empty, Input::Data { range, .. } if range.is_empty()));
}

#[test]
fn data_of_strangers_are_dropped() {
    let mut scene = permitted("192.0.2.1:9");
    let stranger = Server::data(address("192.0.2.2:9"), b"hello");
    assert_eq!(scene.receive(&stranger), Input::Dropped);
}

#[test]
fn data_that_overtake_the_permission_are_welcome() {
    let mut scene = Scene::allocated(Server::new());
    scene.connected = false;
    scene.client.permit(scene.now, address("192.0.2.1:9").ip());
    scene.settle();
    let message = Server::data(address("192.0.2.1:9"), b"hello");
    assert!(matches!(scene.receive(&message), Input::Data { .. }));
}

#[test]
fn indications_without_data_or_without_a_peer_are_dropped() {
    let mut scene = permitted("192.0.2.1:9");
    let icmp = Icmp {
        kind: 3,
        code: 1,
        data: 0,
    };
    let mut buffer = Vec::new();
    Writer::new(
        &mut buffer,
        Class::Indication,
        Method::DATA,
        TransactionId([1; 12]),
    )
    .xor_peer_address(address("192.0.2.1:9"))
    .icmp(icmp)
    .finish();
    assert_eq!(scene.receive(&buffer), Input::Dropped);
    Writer::new(
        &mut buffer,
        Class::Indication,
        Method::DATA,
        TransactionId([1; 12]),
    )
    .data(b"hello")
    .finish();
    assert_eq!(scene.receive(&buffer), Input::Dropped);
    Writer::new(
        &mut buffer,
        Class::Indication,
        Method::SEND,
        TransactionId([1; 12]),
    )
    .xor_peer_address(address("192.0.2.1:9"))
    .data(b"hello")
    .finish();
    assert_eq!(
        scene.receive(&buffer),
        Input::Dropped,
        "servers do not send Send"
    );
}

#[test]
fn after_the_end_nothing_goes_either_way() {
    let mut scene = permitted("192.0.2.1:9");
    scene.client.close(scene.now);
    let message = Server::data(address("192.0.2.1:9"), b"hello");
    assert_eq!(scene.receive(&message), Input::Dropped);
    let wrapped = scene.client.wrap(address("192.0.2.1:9"), &mut vec![1]);
    assert_eq!(wrapped, Err(WrapError::NotAllocated));
}
