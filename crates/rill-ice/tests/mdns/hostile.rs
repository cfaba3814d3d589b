//! What strangers may send.

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use rill_ice::mdns::{Event, InterfaceId, Kind, Message, ParseError, Received, Record};

use crate::scene::{
    ETHERNET, NEIGHBOUR, OWN, SECOND, Scene, ip, name, qm, qu, question, record, response, told,
};

#[test]
fn answers_to_what_was_not_asked_change_nothing() {
    let mut scene = Scene::new();
    scene.hear(NEIGHBOUR, &response(&[record(name(1), "192.0.2.66")]));
    let query = scene.mdns.resolve(scene.now, name(1)).unwrap();
    scene.hear(NEIGHBOUR, &response(&[record(name(2), "192.0.2.66")]));
    scene.run(5 * SECOND);
    assert_eq!(scene.events(), [Event::Failed { query, heard: true }]);
    assert_eq!(scene.mdns.counters().answers, 0);
}

#[test]
fn a_response_from_another_port_is_none() {
    let mut scene = Scene::new();
    scene.mdns.resolve(scene.now, name(1)).unwrap();
    scene.hear(
        "192.0.2.9:5354",
        &response(&[record(name(1), "192.0.2.66")]),
    );
    scene.run(SECOND);
    assert_eq!(scene.events(), []);
    assert_eq!(scene.mdns.counters().ignored, 1);
}

#[test]
fn a_unicast_answer_is_taken_from_a_neighbour_only_and_while_it_was_asked_for() {
    let answer = response(&[record(name(1), "192.0.2.9")]);
    // From where, after how many seconds, with the port to ourselves.
    for (from, seconds, unicast, taken) in [
        (NEIGHBOUR, 0, true, true),
        (NEIGHBOUR, 1, true, true),
        (NEIGHBOUR, 3, true, false),
        (NEIGHBOUR, 0, false, false),
        ("198.51.100.9:5353", 0, true, false),
    ] {
        let mut scene = Scene::on(&[(ETHERNET, OWN, 24)], unicast);
        scene.mdns.resolve(scene.now, name(1)).unwrap();
        scene.run(seconds * SECOND);
        scene.get(from, &answer);
        scene.run(SECOND / 2);
        assert_eq!(
            scene.events().len(),
            usize::from(taken),
            "{from} {seconds} {unicast}"
        );
    }
}

#[test]
fn the_address_is_that_of_the_record_and_one_that_a_host_can_have() {
    let mut scene = Scene::new();
    let query = scene.mdns.resolve(scene.now, name(1)).unwrap();
    for address in [
        "0.0.0.0",
        "224.0.0.251",
        "255.255.255.255",
        "127.0.0.1",
        "::",
        "::1",
        "ff02::fb",
        "::ffff:192.0.2.5",
    ] {
        scene.hear(NEIGHBOUR, &response(&[record(name(1), address)]));
    }
    scene.run(SECOND);
    assert_eq!(scene.events(), []);
    scene.hear(NEIGHBOUR, &response(&[record(name(1), "192.0.2.77")]));
    scene.run(SECOND);
    let addresses = vec![ip("192.0.2.77")];
    assert_eq!(scene.events(), [Event::Resolved { query, addresses }]);
}

#[test]
fn loopback_is_taken_from_this_machine() {
    let mut scene = Scene::new();
    scene.mdns.resolve(scene.now, name(1)).unwrap();
    scene.hear("192.0.2.1:5353", &response(&[record(name(1), "127.0.0.1")]));
    scene.run(SECOND);
    assert_eq!(scene.events().len(), 1);
}

#[test]
fn a_claim_on_our_name_moves_nothing() {
    let mut scene = Scene::new();
    let name = scene.settled(1, OWN);
    let ttl = 0;
    for record in [
        record(name, "192.0.2.66"),
        Record {
            ttl,
            ..record(name, OWN)
        },
    ] {
        scene.hear(NEIGHBOUR, &response(&[record]));
    }
    scene.hear(NEIGHBOUR, &qm(name, Kind::A));
    assert_eq!(scene.said(), [told(name, OWN)]);
    let query = scene.mdns.resolve(scene.now, name).unwrap();
    let addresses = vec![ip(OWN)];
    assert_eq!(scene.events(), [Event::Resolved { query, addresses }]);
}

#[test]
fn a_flood_of_questions_draws_no_flood_of_answers() {
    let mut scene = Scene::new();
    let name = scene.settled(1, OWN);
    let start = scene.elapsed();
    let simple = qm(name, Kind::A);
    let (mut answers, mut bytes) = (0, 0);
    // Ten thousand a second, in the names of others.
    for number in 0..20_000 {
        let from = format!("192.0.2.{}:{}", 2 + number % 250, 1024 + number);
        scene.hear(&from, &simple);
        scene.hear(NEIGHBOUR, &qu(name, Kind::A));
        for (_, transmit) in scene.run(SECOND / 10_000) {
            answers += 1;
            bytes += transmit.bytes.len();
        }
    }
    assert!(scene.elapsed() - start <= 2000);
    assert!((64..=200).contains(&answers), "{answers} answers");
    assert!(bytes < simple.to_bytes().len() * 400, "{bytes} bytes");
}

#[test]
fn one_question_draws_little_more_than_itself() {
    let mut scene = Scene::new();
    let name = scene.settled(1, OWN);
    let questions = [Kind::A, Kind::Any, Kind::Aaaa].map(|kind| question(name, kind));
    let query = Message {
        questions: questions.iter().cycle().take(300).copied().collect(),
        ..Message::default()
    };
    scene.hear("192.0.2.9:4000", &query);
    let said = scene.sent();
    assert_eq!(said.len(), 1);
    assert!(said[0].bytes.len() <= 120, "{} bytes", said[0].bytes.len());
}

#[test]
fn replies_that_nobody_collects_are_bounded() {
    let mut scene = Scene::new();
    let name = scene.settled(1, OWN);
    for _ in 0..100 {
        for _ in 0..64 {
            scene.hear("192.0.2.9:4000", &qm(name, Kind::A));
        }
        scene.now += SECOND;
    }
    assert_eq!(scene.sent().len(), 64);
}

#[test]
fn an_unknown_interface_is_deaf() {
    let mut scene = Scene::new();
    let name = scene.settled(1, OWN);
    let received = Received {
        from: NEIGHBOUR.parse().unwrap(),
        interface: InterfaceId(77),
        multicast: true,
    };
    let query = qm(name, Kind::A).to_bytes();
    scene.mdns.handle_datagram(scene.now, &received, &query);
    assert!(scene.sent().is_empty());
}

/// The start of a message with one question, whose name follows.
const HEADER: [u8; 12] = [0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];

#[test]
fn pointers_lead_strictly_backwards() {
    for name in [
        &[0xc0, 12][..],
        &[0xc0, 14, 0xc0, 12],
        &[1, b'a', 0xc0, 12],
        &[0xc0, 40],
        &[0xff, 0xff],
    ] {
        let mut bytes = HEADER.to_vec();
        bytes.extend(name);
        bytes.extend([0, 1, 0, 1]);
        assert_eq!(Message::parse(&bytes), Err(ParseError::Name), "{name:?}");
    }
}

#[test]
fn labels_are_short_and_names_have_an_end() {
    let label = |length: u8| {
        let mut label = vec![length];
        label.extend(vec![b'a'; length.into()]);
        label
    };
    let with = |labels: &[Vec<u8>]| {
        let mut bytes = HEADER.to_vec();
        bytes.extend(labels.concat());
        bytes.extend([0, 0, 1, 0, 1]);
        Message::parse(&bytes)
    };
    // 3 × 64 + 62 + 1 = 255 bytes.
    let long = [label(63), label(63), label(63), label(61)];
    assert!(with(&long).is_ok());
    let longer = [label(63), label(63), label(63), label(62)];
    assert_eq!(with(&longer), Err(ParseError::Name));
    assert_eq!(with(&[vec![0x40]]), Err(ParseError::Name));
    assert_eq!(with(&[vec![0x80]]), Err(ParseError::Name));
}

#[test]
fn pointers_are_followed_where_others_write_them() {
    // A question for <uuid>.local, then an answer whose name is a pointer to the UUID's label, and
    // one whose name is a label of its own before a pointer to `local`.
    let mut bytes = Message {
        response: true,
        ..qm(name(1), Kind::A)
    }
    .to_bytes();
    bytes[7] = 2;
    bytes.extend([0xc0, 12, 0, 1, 0x80, 1, 0, 0, 0, 120, 0, 4, 192, 0, 2, 9]);
    bytes.push(36);
    bytes.extend(name(2).to_string().to_uppercase()[..36].bytes());
    bytes.extend([
        0xc0,
        12 + 37,
        0,
        1,
        0x80,
        1,
        0,
        0,
        0,
        120,
        0,
        4,
        192,
        0,
        2,
        10,
    ]);
    let expected = response(&[record(name(1), "192.0.2.9"), record(name(2), "192.0.2.10")]);
    assert_eq!(Message::parse(&bytes), Ok(expected));
}

#[test]
fn a_message_that_is_cut_off_or_of_another_kind_is_none() {
    let mut message = response(&[record(name(1), OWN), record(name(2), "2001:db8::1")]);
    message.only = told(name(2), OWN).only;
    let bytes = message.to_bytes();
    assert_eq!(Message::parse(&bytes), Ok(message));
    for length in 0..bytes.len() {
        assert_eq!(
            Message::parse(&bytes[..length]),
            Err(ParseError::Truncated),
            "{length}"
        );
    }
    for (at, bits) in [(2, 0x08), (2, 0x40), (3, 0x01), (3, 0x0f)] {
        let mut foreign = bytes.clone();
        foreign[at] |= bits;
        assert_eq!(Message::parse(&foreign), Err(ParseError::Foreign));
    }
    assert_eq!(Message::parse(&[0; 9001]), Err(ParseError::Long));
}

#[test]
fn other_types_and_classes_are_passed_over() {
    let mut bytes = response(&[record(name(1), OWN); 1]).to_bytes();
    let class = bytes.len() - 12;
    bytes[class + 1] = 3;
    assert_eq!(Message::parse(&bytes), Ok(response(&[])), "class CHAOS");
    bytes[class + 1] = 1;
    bytes[class - 1] = 16;
    assert_eq!(Message::parse(&bytes), Ok(response(&[])), "a text");
    bytes[class - 1] = 28;
    assert_eq!(
        Message::parse(&bytes),
        Ok(response(&[])),
        "four bytes are no IPv6 address"
    );
}

#[test]
fn of_one_message_no_more_than_64_of_each_are_kept() {
    let message = Message {
        questions: vec![question(name(1), Kind::A); 200],
        records: vec![record(name(1), OWN); 200],
        ..Message::default()
    };
    let read = Message::parse(&message.to_bytes()).unwrap();
    assert_eq!((read.questions.len(), read.records.len()), (64, 64));
}

/// Random bytes, and messages with random bytes in them.
#[test]
fn no_bytes_do_harm() {
    let mut rng = ChaCha20Rng::seed_from_u64(6762);
    let mut scene = Scene::dual();
    let own = scene.settled(1, OWN);
    let mut accepted = 0_u32;
    for round in 0..5000_u32 {
        let mut message = told(name(2), "192.0.2.9");
        message.records.push(record(own, "2001:db8::9"));
        message.questions = vec![question(own, Kind::Any), question(name(2), Kind::A)];
        message.response = round % 3 == 0;
        let mut bytes = message.to_bytes();
        for _ in 0..rng.next_u32() % 8 {
            let at = rng.next_u32() as usize % bytes.len();
            bytes[at] = rng.next_u32().to_be_bytes()[0];
        }
        bytes.truncate(rng.next_u32() as usize % (bytes.len() * 4));
        if let Ok(message) = Message::parse(&bytes) {
            accepted += 1;
            // Questions of a response are ignored where they are read, so it has none here.
            assert_eq!(Message::parse(&message.to_bytes()), Ok(message));
        }
        let query = scene.mdns.resolve(scene.now, name(2)).unwrap();
        let from = if round % 2 == 0 {
            NEIGHBOUR
        } else {
            "[fe80::9]:4000"
        };
        let received = Received {
            from: from.parse().unwrap(),
            interface: ETHERNET,
            multicast: round % 5 != 0,
        };
        scene.mdns.handle_datagram(scene.now, &received, &bytes);
        scene.sent();
        scene.mdns.cancel(query);
        scene.now += SECOND / 100;
    }
    assert!(
        (500..4500).contains(&accepted),
        "{accepted}: neither all nor none"
    );
}
