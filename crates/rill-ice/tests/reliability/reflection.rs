//! Nobody is made to send to others.

use std::net::{Ipv6Addr, SocketAddr};
use std::time::Duration;

use rill_ice::Credentials;
use rill_stun::{Class, Method, TransactionId, Writer};

use super::attacker::{
    Wiretap, check, connected, credentials, feed, guessed, misnamed, source, unsigned,
};
use crate::node::Node;
use crate::scene::Setting;

/// What strangers send who do not know the password, and one thing that even who knows it gets nothing for.
fn datagrams(local: &Credentials, peer: &str, number: u32) -> Vec<Vec<u8>> {
    let good = check(local, peer, number, |writer| writer.ice_controlled(1));
    let mut all = vec![
        unsigned(local, peer, number),
        check(&guessed(local), peer, number, |writer| {
            writer.use_candidate()
        }),
        check(&misnamed(local), peer, number, |writer| writer),
        [&good[..good.len() - 4], b"crc?"].concat(),
        good[..good.len() / 2].to_vec(),
        vec![number.to_be_bytes()[3]; 40],
        // A DTLS ClientHello's head, and ChannelData.
        vec![22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1],
        vec![0x40, 0x01, 0, 4, 1, 2, 3, 4],
    ];
    let methods = [
        Method::ALLOCATE,
        Method::REFRESH,
        Method::SEND,
        Method::DATA,
        Method::CREATE_PERMISSION,
        Method::CHANNEL_BIND,
    ];
    for method in methods {
        let mut bytes = Vec::new();
        Writer::new(&mut bytes, Class::Request, method, TransactionId([7; 12]))
            .username(format!("{}:{peer}", local.ufrag))
            .message_integrity(local.pwd.as_bytes())
            .fingerprint()
            .finish();
        all.push(bytes);
    }
    for class in [Class::Indication, Class::Success, Class::Error] {
        let mut bytes = Vec::new();
        Writer::new(&mut bytes, class, Method::BINDING, TransactionId([8; 12]))
            .error_code(487, "")
            .message_integrity(local.pwd.as_bytes())
            .finish();
        all.push(bytes);
    }
    all
}

/// Reliability 1: crates/rill-ice/src/agent/inbound.rs: `if message.verify_integrity_with(&self.local.key.integrity) != Integrity::Valid {` => `if false {`
/// Reliability 1: crates/rill-ice/src/agent/inbound.rs: `(Method::BINDING, Class::Request) => {` => `(_, Class::Request) => {`
#[test]
fn strangers_draw_nothing_from_us_whatever_they_send() {
    let mut scene = connected(Setting::default());
    let tap = Wiretap::on(&mut scene);
    let bob = scene.node(scene.bob).ufrag.clone().expect("it started");
    let mut received = 0;
    for round in 0..100_u32 {
        scene.sim.with(scene.alice, |node, now| {
            let datagrams = datagrams(&credentials(node), &bob, round);
            // From 10,000 sources in all.
            for number in 0..100 {
                let bytes = &datagrams[number as usize % datagrams.len()];
                feed(node, now, source(round * 100 + number), bytes);
                received += bytes.len();
            }
        });
        scene.run_for(Duration::from_millis(100));
    }
    // Longer than anything is repeated.
    scene.run_for(Duration::from_secs(60));
    assert!(received > 100_000, "{received} bytes came in");
    assert_eq!((tap.bytes(), tap.datagrams()), (0, 0));
    // Who knows the password is answered: the tap is not deaf.
    scene.sim.with(scene.alice, |node, now| {
        let good = check(&credentials(node), &bob, 1, |writer| {
            writer.ice_controlled(1)
        });
        feed(node, now, source(1), &good);
    });
    scene.run_for(Duration::from_secs(1));
    assert!(tap.datagrams() > 0);
}

/// A whole response costs no more than its request, so that not even who knows the password gains by sending in
/// another's name. Checks of our own are counted by address.
///
/// Reliability 1: crates/rill-ice/src/agent/inbound.rs: `if !has_room || reply.length() > request_length {` => `if !has_room {`
#[test]
fn responses_are_no_longer_than_requests_from_whoever_knows_the_password() {
    let mut scene = Setting::default().build();
    scene.sim.with(scene.alice, Node::start);
    scene.sim.run_for(Duration::from_secs(1));
    let (mut received, mut sent) = (0, 0);
    scene.sim.with(scene.alice, |node, now| {
        let local = credentials(node);
        for number in 0..300_u16 {
            let bytes = shortest(&local, number);
            let from =
                SocketAddr::from((Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, number), 4000));
            received += bytes.len();
            feed(node, now, from, &bytes);
            let mut buffer = Vec::new();
            while node.agent.poll_transmit(now, &mut buffer).is_some() {
                assert!(buffer.len() <= bytes.len(), "{number}: {}", buffer.len());
                sent += buffer.len();
            }
        }
        assert_eq!(node.agent.counters().suppressed_responses, 200);
    });
    assert!((1..=received).contains(&sent), "{sent} for {received}");
}

/// The shortest requests that there are: an error fits into what the first is long, the error for the second
/// does not, nor does a success with an IPv6 address for the third.
fn shortest(local: &Credentials, number: u16) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut id = [3; 12];
    id[..2].copy_from_slice(&number.to_be_bytes());
    let writer = Writer::new(
        &mut bytes,
        Class::Request,
        Method::BINDING,
        TransactionId(id),
    )
    .username(format!("{}:b", local.ufrag));
    let writer = match number % 3 {
        0 => writer,
        1 => writer.raw(0x7000, b""),
        _ => writer.priority(1),
    };
    writer.message_integrity(local.pwd.as_bytes()).finish();
    bytes
}
