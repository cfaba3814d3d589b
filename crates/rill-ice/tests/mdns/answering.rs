//! What is said of the names that are registered.

use rill_ice::mdns::{Kind, Message, Record, RegisterError};

use crate::scene::{
    ETHERNET, NEIGHBOUR, OWN, OWN_V6, SECOND, Scene, WIRELESS, message, ms, name, qm, qu, question,
    record, response, told,
};

#[test]
fn a_new_name_is_neither_probed_for_nor_announced() {
    let mut scene = Scene::dual();
    let name = name(1);
    scene.mdns.register(name, OWN.parse().unwrap()).unwrap();
    assert!(scene.run(10 * SECOND).is_empty());
}

#[test]
fn the_first_question_is_answered_at_once_with_all_that_is_to_say() {
    let mut scene = Scene::dual();
    let name = name(1);
    scene.mdns.register(name, OWN.parse().unwrap()).unwrap();
    for (from, group) in [
        (NEIGHBOUR, "224.0.0.251:5353"),
        ("[fe80::9]:5353", "[ff02::fb%2]:5353"),
    ] {
        scene.hear(from, &qm(name, Kind::A));
        let said = scene.sent();
        assert_eq!(said.len(), 1);
        // Authoritative, identifier zero, no question.
        assert_eq!(said[0].bytes[..6], [0, 0, 0x84, 0, 0, 0]);
        assert_eq!(message(&said[0]), told(name, OWN));
        assert_eq!(said[0].destination.to_string(), group);
        assert_eq!(said[0].interface, ETHERNET);
    }
}

#[test]
fn a_question_is_answered_to_all() {
    let mut scene = Scene::new();
    let name = scene.settled(1, OWN);
    scene.hear(NEIGHBOUR, &qm(name, Kind::A));
    let said = scene.sent();
    assert_eq!(said.len(), 1);
    assert_eq!(said[0].destination.to_string(), "224.0.0.251:5353");
    assert_eq!(message(&said[0]), told(name, OWN));
}

/// Chromium asks for both families, and waits three seconds for an answer that does not come.
#[test]
fn who_asks_for_the_other_family_is_told_that_there_is_none() {
    for (address, kind) in [(OWN, Kind::Aaaa), (OWN_V6, Kind::A)] {
        let mut scene = Scene::new();
        let name = scene.settled(1, address);
        for kind in [kind, Kind::Any] {
            scene.hear(NEIGHBOUR, &qm(name, kind));
            assert_eq!(scene.said(), [told(name, address)]);
            scene.run(2 * SECOND);
        }
        let known = Message {
            records: vec![record(name, address)],
            ..qm(name, kind)
        };
        scene.hear(NEIGHBOUR, &known);
        assert_eq!(
            scene.said(),
            [told(name, address)],
            "the address was not the question"
        );
    }
}

/// RFC 6762 §6.1: the bitmap of a name that has A alone, and AAAA alone.
#[test]
fn the_record_of_what_is_not_there_is_as_the_rfc_has_it() {
    for (address, end) in [
        (OWN, &[0, 5, 0xc0, 12, 0, 1, 0x40][..]),
        (OWN_V6, &[0, 8, 0xc0, 12, 0, 4, 0, 0, 0, 8]),
    ] {
        let mut expected = vec![0xc0, 12, 0, 47, 0x80, 1, 0, 0, 0, 120];
        expected.extend(end);
        assert!(told(name(1), address).to_bytes().ends_with(&expected));
    }
}

#[test]
fn names_that_are_not_registered_have_no_answer() {
    let mut scene = Scene::new();
    let name = scene.settled(1, OWN);
    scene.hear(NEIGHBOUR, &qm(crate::scene::name(2), Kind::Any));
    assert_eq!(scene.said(), []);
    scene.mdns.unregister(scene.now, name);
    scene.run(2 * SECOND);
    scene.hear(NEIGHBOUR, &qm(name, Kind::Any));
    assert_eq!(scene.said(), []);
}

#[test]
fn who_asks_for_a_unicast_answer_gets_one() {
    let mut scene = Scene::new();
    let name = scene.settled(1, OWN);
    scene.hear(NEIGHBOUR, &qu(name, Kind::A));
    let said = scene.sent();
    assert_eq!(said.len(), 1);
    assert_eq!(said[0].destination.to_string(), NEIGHBOUR);
    assert_eq!(message(&said[0]), told(name, OWN));
}

#[test]
fn a_unicast_answer_becomes_a_multicast_when_the_last_one_is_long_ago() {
    let mut scene = Scene::new();
    let name = scene.settled(1, OWN);
    scene.run(40 * SECOND);
    scene.hear(NEIGHBOUR, &qu(name, Kind::A));
    let said = scene.sent();
    assert!(said.len() == 1 && said[0].is_multicast(), "{said:?}");
    scene.hear(NEIGHBOUR, &qu(name, Kind::A));
    assert!(!scene.sent()[0].is_multicast(), "now it is not");
}

#[test]
fn another_process_of_this_machine_is_answered_by_multicast() {
    let mut scene = Scene::new();
    let name = scene.settled(1, OWN);
    scene.hear("192.0.2.1:5353", &qu(name, Kind::A));
    let said = scene.sent();
    assert!(said.len() == 1 && said[0].is_multicast(), "{said:?}");
}

#[test]
fn a_direct_query_is_answered_directly_and_only_to_a_neighbour() {
    let mut scene = Scene::new();
    let name = scene.settled(1, OWN);
    scene.get(NEIGHBOUR, &qm(name, Kind::A));
    assert_eq!(scene.sent()[0].destination.to_string(), NEIGHBOUR);
    scene.get("198.51.100.9:5353", &qm(name, Kind::A));
    assert_eq!(scene.said(), []);
}

#[test]
fn a_stranger_in_the_group_is_answered_by_multicast_only() {
    let mut scene = Scene::new();
    let name = scene.settled(1, OWN);
    scene.hear("198.51.100.9:5353", &qu(name, Kind::A));
    let said = scene.sent();
    assert!(said.len() == 1 && said[0].is_multicast(), "{said:?}");
    scene.run(2 * SECOND);
    scene.hear("198.51.100.9:4000", &qm(name, Kind::A));
    assert_eq!(scene.said(), []);
}

#[test]
fn a_simple_resolver_gets_what_it_understands() {
    let mut scene = Scene::new();
    let name = scene.settled(1, OWN);
    let query = Message {
        id: 0x1234,
        ..qm(name, Kind::A)
    };
    scene.hear("192.0.2.9:40000", &query);
    let said = scene.sent();
    assert_eq!(said.len(), 1);
    assert_eq!(said[0].destination.to_string(), "192.0.2.9:40000");
    let mut expected = told(name, OWN);
    expected.id = 0x1234;
    (expected.records[0].flush, expected.records[0].ttl) = (false, 10);
    (expected.only[0].flush, expected.only[0].ttl) = (false, 10);
    assert_eq!(message(&said[0]), expected);
    let asked = query.to_bytes();
    assert_eq!(said[0].bytes[4..6], [0, 1], "one question");
    assert_eq!(
        said[0].bytes[12..asked.len()],
        asked[12..],
        "and it is the one"
    );
}

#[test]
fn a_record_is_multicast_once_a_second_however_often_it_is_asked_for() {
    let mut scene = Scene::new();
    let name = scene.settled(1, OWN);
    let start = scene.elapsed();
    let mut times = Vec::new();
    for _ in 0..300 {
        scene.hear(NEIGHBOUR, &qm(name, Kind::A));
        times.extend(scene.run(ms(10)).iter().map(|(at, _)| at - start));
    }
    assert_eq!(times, [0, 1000, 2000, 3000]);
}

#[test]
fn who_asks_right_after_an_answer_gets_the_next_a_second_later() {
    let mut scene = Scene::new();
    let name = scene.settled(1, OWN);
    scene.hear(NEIGHBOUR, &qm(name, Kind::A));
    scene.run(ms(300));
    scene.hear("192.0.2.10:5353", &qm(name, Kind::A));
    let said = scene.run(10 * SECOND);
    let times: Vec<u64> = said.iter().map(|(at, _)| *at).collect();
    assert_eq!(times, [4000]);
}

#[test]
fn links_have_rates_of_their_own() {
    let mut scene = Scene::on(&[(ETHERNET, OWN, 24), (WIRELESS, "198.51.100.1", 24)], true);
    let name = scene.settled(1, OWN);
    scene.hear(NEIGHBOUR, &qm(name, Kind::A));
    let said = scene.run(5 * SECOND);
    let interfaces: Vec<_> = said.iter().map(|(_, to)| to.interface).collect();
    assert_eq!(interfaces, [ETHERNET], "only where the question was");
}

#[test]
fn questions_are_answered_on_the_interfaces_there_are() {
    let mut scene = Scene::on(&[(WIRELESS, "198.51.100.1", 24)], true);
    let name = name(1);
    scene.mdns.register(name, OWN.parse().unwrap()).unwrap();
    scene.hear(NEIGHBOUR, &qm(name, Kind::A));
    assert_eq!(scene.said(), []);
    scene.interfaces(&[(WIRELESS, "198.51.100.1", 24), (ETHERNET, OWN, 24)]);
    scene.hear(NEIGHBOUR, &qm(name, Kind::A));
    assert_eq!(scene.said(), [told(name, OWN)]);
    scene.hear(NEIGHBOUR, &qm(name, Kind::A));
    scene.interfaces(&[(WIRELESS, "198.51.100.1", 24)]);
    scene.hear(NEIGHBOUR, &qm(name, Kind::A));
    assert!(scene.run(5 * SECOND).is_empty());
}

#[test]
fn who_knows_the_answer_is_not_told() {
    let mut scene = Scene::new();
    let name = scene.settled(1, OWN);
    for (address, ttl, silent) in [(OWN, 60, true), (OWN, 59, false), ("192.0.2.2", 120, false)] {
        let known = Record {
            ttl,
            ..record(name, address)
        };
        let query = Message {
            records: vec![known],
            ..qm(name, Kind::A)
        };
        scene.hear(NEIGHBOUR, &query);
        assert_eq!(scene.said().is_empty(), silent, "{address} {ttl}");
        scene.run(2 * SECOND);
    }
}

#[test]
fn several_names_share_a_message_and_each_stands_in_it_once() {
    let mut scene = Scene::new();
    let names = [scene.settled(1, OWN), scene.settled(2, OWN)];
    let questions = [names[0], names[1], names[0]].map(|name| question(name, Kind::Any));
    let query = Message {
        questions: questions.to_vec(),
        ..Message::default()
    };
    scene.hear(NEIGHBOUR, &query);
    let said = scene.said();
    assert_eq!(said.len(), 1);
    assert_eq!(said[0].records.len(), 2);
}

#[test]
fn messages_stay_below_every_mtu() {
    let mut scene = Scene::new();
    for number in 0..60 {
        let registered = scene.mdns.register(name(number), OWN_V6.parse().unwrap());
        registered.unwrap();
    }
    let questions = (0..60).map(|number| question(name(number), Kind::Any));
    let query = Message {
        questions: questions.collect(),
        ..Message::default()
    };
    scene.hear(NEIGHBOUR, &query);
    let said = scene.sent();
    let records = said.iter().map(|said| message(said).records.len());
    assert_eq!(records.sum::<usize>(), 60);
    assert!(
        said.iter().all(|said| said.bytes.len() <= 1232),
        "fits IPv6's least MTU"
    );
}

#[test]
fn a_name_is_taken_back_where_it_was_heard() {
    let mut scene = Scene::new();
    let name = scene.settled(1, OWN);
    scene.mdns.unregister(scene.now, name);
    assert!(!scene.mdns.is_idle(), "something is left to say");
    let ttl = 0;
    let goodbye = Record {
        ttl,
        ..record(name, OWN)
    };
    assert_eq!(scene.said(), [response(&[goodbye])]);
    assert!(scene.mdns.is_idle());
    assert!(scene.run(5 * SECOND).is_empty());

    // And not where nobody has heard of it.
    let silent = crate::scene::name(2);
    scene.mdns.register(silent, OWN.parse().unwrap()).unwrap();
    scene.hear(NEIGHBOUR, &qm(silent, Kind::A));
    scene.mdns.unregister(scene.now, silent);
    assert!(scene.run(5 * SECOND).is_empty());
    assert!(scene.mdns.is_idle());
}

#[test]
fn registrations_have_a_limit_and_a_name_one_address() {
    let mut scene = Scene::new();
    let address = OWN.parse().unwrap();
    for number in 0..1024 {
        assert_eq!(scene.mdns.register(name(number), address), Ok(()));
    }
    let taken = scene.mdns.register(name(7), address);
    assert_eq!(taken, Err(RegisterError::Taken));
    let full = scene.mdns.register(name(5000), address);
    assert_eq!(full, Err(RegisterError::Full));
    scene.mdns.unregister(scene.now, name(7));
    assert_eq!(scene.mdns.register(name(5000), address), Ok(()));
}
