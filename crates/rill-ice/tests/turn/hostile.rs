//! Anything may arrive, at any time, and calls may come in any order.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use rill_ice::turn::{Event, Input};
use rill_stun::{MAGIC_COOKIE, Message, Method};

use crate::scene::Scene;
use crate::server::{Protection, Server, address};

/// What a test does next.
#[derive(Clone, Debug)]
enum Step {
    Bytes(Vec<u8>),
    /// Attributes in an answer to the last request, or in an indication.
    Answer {
        class: u8,
        attributes: Vec<u8>,
    },
    Wait(u32),
    Permit(u8),
    Bind(u8),
    Wrap(u8, usize),
    Settle,
    Stale,
    Refuse(u16),
    Protect(bool),
    Close,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => vec(any::<u8>(), 0..64).prop_map(Step::Bytes),
        4 => (0..6_u8, attributes()).prop_map(|(class, attributes)| Step::Answer { class, attributes }),
        4 => (0..100_000_u32).prop_map(Step::Wait),
        3 => (0..8_u8).prop_map(Step::Permit),
        3 => (0..8_u8).prop_map(Step::Bind),
        3 => (0..8_u8, 0..2000_usize).prop_map(|(peer, length)| Step::Wrap(peer, length)),
        6 => Just(Step::Settle),
        1 => Just(Step::Stale),
        1 => prop_oneof![Just(300), Just(400), Just(437), Just(438), Just(508)].prop_map(Step::Refuse),
        1 => any::<bool>().prop_map(Step::Protect),
        1 => Just(Step::Close),
    ]
}

fn attributes() -> impl Strategy<Value = Vec<u8>> {
    let kinds = prop_oneof![
        Just(0x0009_u16),
        Just(0x000c),
        Just(0x000d),
        Just(0x0012),
        Just(0x0013),
        Just(0x0014),
        Just(0x0015),
        Just(0x0016),
        Just(0x0020),
        Just(0x8000),
        Just(0x8001),
        Just(0x8002),
        Just(0x8023),
        any::<u16>(),
    ];
    let codes = prop_oneof![
        Just(vec![0, 0, 4, 1]),
        Just(vec![0, 0, 4, 38]),
        Just(vec![0, 0, 3, 0])
    ];
    let value = prop_oneof![vec(any::<u8>(), 0..40), codes];
    let attribute = (kinds, value).prop_map(|(kind, value)| {
        let mut bytes = [kind.to_be_bytes(), (value.len() as u16).to_be_bytes()].concat();
        bytes.extend_from_slice(&value);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    });
    vec(attribute, 0..6).prop_map(|attributes| attributes.concat())
}

/// An answer to the last request, whatever it says.
fn answer(scene: &Scene, class: u8, attributes: &[u8]) -> Vec<u8> {
    let last = scene.sent.last().map_or(&[0; 20][..], |(_, bytes)| bytes);
    let kind = match class {
        0 | 1 => [last[0] | 1, last[1]],
        2 | 3 => [last[0] | 1, last[1] | 0x10],
        4 => [0, 0x17],
        _ => [last[0], last[1]],
    };
    let mut bytes = kind.to_vec();
    bytes.extend_from_slice(&(attributes.len() as u16).to_be_bytes());
    bytes.extend_from_slice(&MAGIC_COOKIE.to_be_bytes());
    bytes.extend_from_slice(&last[8..20]);
    bytes.extend_from_slice(attributes);
    bytes
}

fn take(scene: &mut Scene, bytes: &[u8]) {
    if let Input::Data { range, .. } = scene.receive(bytes) {
        assert!(bytes.get(range).is_some(), "a range outside the datagram");
    }
    let mut buffer = Vec::new();
    while scene.client.poll_stream_data(&mut buffer).is_some() {}
}

fn run(scene: &mut Scene, step: &Step) {
    let peer = |number: u8| match number % 2 {
        0 => address(&format!("192.0.2.{number}:9")),
        _ => address(&format!("[2001:db8::{number}]:9")),
    };
    match step {
        Step::Bytes(bytes) => take(scene, bytes),
        Step::Answer { class, attributes } => {
            let bytes = answer(scene, *class, attributes);
            take(scene, &bytes);
        }
        Step::Wait(milliseconds) => scene.pass(Duration::from_millis((*milliseconds).into())),
        Step::Permit(number) => scene.client.permit(scene.now, peer(*number).ip()),
        Step::Bind(number) => scene.client.bind_channel(scene.now, peer(*number)),
        Step::Wrap(number, length) => {
            let mut data = vec![7; *length];
            match scene.client.wrap(peer(*number), &mut data) {
                Ok(()) => assert!(data.len() > *length),
                Err(_) => assert_eq!(data, vec![7; *length]),
            }
        }
        Step::Settle => scene.settle(),
        Step::Stale => scene.server.nonce.push(b'x'),
        Step::Refuse(code) => {
            for method in [
                Method::ALLOCATE,
                Method::REFRESH,
                Method::CREATE_PERMISSION,
                Method::CHANNEL_BIND,
            ] {
                scene.server.refuse(method, *code, 1);
            }
        }
        Step::Protect(right) => {
            scene.server.protection = if *right {
                Protection::Right
            } else {
                Protection::WrongKey
            };
        }
        Step::Close => scene.client.close(scene.now),
    }
}

fn is_last(event: &Event) -> bool {
    matches!(
        event,
        Event::Failed(_) | Event::Lost(_) | Event::Redirected { .. } | Event::Closed
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn nothing_breaks_the_client(steps in vec(step(), 1..60), stream in any::<bool>(), alternate in any::<bool>()) {
        let mut server = Server::new();
        server.alternate = alternate.then(|| (address("192.0.2.200:3478"), None));
        let mut scene = if stream { Scene::stream(server) } else { Scene::new(server) };
        for step in &steps {
            run(&mut scene, step);
        }
        scene.pass_seconds(60);
        let ends = scene.events.iter().filter(|event| is_last(event)).count();
        prop_assert!(ends <= 1, "{:?}", scene.events);
        if ends == 1 {
            prop_assert!(scene.events.back().is_some_and(is_last));
        }
        let allocations = scene.events.iter().filter(|event| matches!(event, Event::Allocated { .. }));
        prop_assert!(allocations.count() <= 1);
        // One request each 250 ms in the mean is a generous bound.
        let requests = scene.sent.len();
        prop_assert!(requests <= 60 * 60, "{requests} requests");
    }

    #[test]
    fn the_same_calls_give_the_same_bytes(steps in vec(step(), 1..40)) {
        let run_all = || {
            let mut scene = Scene::new(Server::new());
            for step in &steps {
                run(&mut scene, step);
            }
            scene.pass_seconds(30);
            (scene.sent, scene.events)
        };
        prop_assert_eq!(run_all(), run_all());
    }
}

#[test]
fn every_request_is_well_formed() {
    let mut scene = Scene::allocated(Server::new());
    scene.client.bind_channel(scene.now, address("192.0.2.1:9"));
    scene.pass_seconds(1000);
    for (_, bytes) in &scene.sent {
        let message = Message::parse(bytes).expect("it is sound");
        assert_eq!(message.unknown_attributes().count(), 0);
    }
}
