//! How names are looked for.

use std::collections::BTreeMap;

use rill_ice::mdns::{Event, Kind, Message, Question, Record, ResolveError};

use crate::scene::{
    ETHERNET, NEIGHBOUR, OWN, SECOND, Scene, ip, message, ms, name, qm, record, response, told,
};

fn resolved(query: rill_ice::mdns::QueryId, addresses: &[&str]) -> Event {
    let addresses = addresses.iter().map(|address| ip(address)).collect();
    Event::Resolved { query, addresses }
}

fn failed(query: rill_ice::mdns::QueryId, heard: bool) -> Event {
    Event::Failed { query, heard }
}

/// A firewall that drops multicast drops our own questions too.
#[test]
fn what_fails_tells_whether_anything_was_heard_meanwhile() {
    let mut scene = Scene::new();
    scene.hear(NEIGHBOUR, &qm(name(9), Kind::A));
    scene.run(ms(1));
    let deaf = scene.mdns.resolve(scene.now, name(1)).unwrap();
    scene.run(4 * SECOND);
    assert_eq!(scene.events(), [failed(deaf, false)]);
    let hearing = scene.mdns.resolve(scene.now, name(1)).unwrap();
    let own = message(&scene.sent()[0]);
    scene.hear("192.0.2.1:5353", &own);
    scene.run(4 * SECOND);
    assert_eq!(scene.events(), [failed(hearing, true)]);
}

#[test]
fn a_name_is_asked_for_four_times_and_given_up_after_four_seconds() {
    let mut scene = Scene::new();
    let query = scene.mdns.resolve(scene.now, name(1)).unwrap();
    let said = scene.run(ms(3999));
    let unicast = |transmit| message(transmit).questions[0].unicast;
    let asked: Vec<_> = said.iter().map(|(at, to)| (*at, unicast(to))).collect();
    let expected = [(0, true), (100, false), (1100, false), (3100, false)];
    // One for each family.
    let expected: Vec<_> = expected.iter().flat_map(|once| [*once, *once]).collect();
    assert_eq!(asked, expected);
    assert_eq!(scene.events(), []);
    scene.run(ms(1));
    assert_eq!(scene.events(), [failed(query, false)]);
    assert!(scene.mdns.is_idle());
    assert!(scene.run(100 * SECOND).is_empty(), "never again");
}

#[test]
fn a_message_has_one_question_and_goes_to_every_link() {
    let mut scene = Scene::dual();
    scene.mdns.resolve(scene.now, name(1)).unwrap();
    let said = scene.sent();
    let mut seen = BTreeMap::<String, Vec<Kind>>::new();
    for transmit in &said {
        let Message {
            id,
            response,
            questions,
            records,
            ..
        } = message(transmit);
        assert!(id == 0 && !response && records.is_empty());
        let [
            Question {
                name: asked, kind, ..
            },
        ] = questions[..]
        else {
            panic!(
                "Chromium reads no message with {} questions",
                questions.len()
            );
        };
        assert_eq!(asked, name(1));
        assert_eq!(transmit.interface, ETHERNET);
        seen.entry(transmit.destination.to_string())
            .or_default()
            .push(kind);
    }
    let kinds = vec![Kind::A, Kind::Aaaa];
    let expected = [("224.0.0.251:5353", &kinds), ("[ff02::fb%2]:5353", &kinds)];
    assert_eq!(
        seen,
        expected
            .map(|(to, kinds)| (to.to_owned(), kinds.clone()))
            .into()
    );
}

#[test]
fn where_the_port_is_shared_no_unicast_answer_is_asked_for() {
    let mut scene = Scene::on(&[(ETHERNET, OWN, 24)], false);
    scene.mdns.resolve(scene.now, name(1)).unwrap();
    let said = scene.run(5 * SECOND);
    assert!(said.iter().all(|(_, to)| !message(to).questions[0].unicast));
    let times: Vec<u64> = said.iter().step_by(2).map(|(at, _)| *at).collect();
    assert_eq!(times, [0, 1000, 3000]);
}

#[test]
fn an_answer_counts_after_the_other_family_had_its_chance() {
    let mut scene = Scene::new();
    let query = scene.mdns.resolve(scene.now, name(1)).unwrap();
    scene.run(ms(90));
    scene.hear(NEIGHBOUR, &response(&[record(name(1), "192.0.2.9")]));
    assert!(scene.run(ms(19)).is_empty(), "asked again at 100 ms");
    assert_eq!(scene.events(), []);
    let rest = scene.run(ms(1));
    assert_eq!(scene.events(), [resolved(query, &["192.0.2.9"])]);
    assert!(
        rest.is_empty() && scene.run(10 * SECOND).is_empty(),
        "asked again"
    );
    assert_eq!(scene.mdns.counters().answers, 1);
}

#[test]
fn an_answer_that_says_it_is_all_counts_at_once() {
    let mut scene = Scene::new();
    let query = scene.mdns.resolve(scene.now, name(1)).unwrap();
    let mut empty = told(name(1), "192.0.2.9");
    empty.records.clear();
    scene.hear(NEIGHBOUR, &empty);
    assert_eq!(scene.events(), [], "there is no address yet");
    scene.hear(NEIGHBOUR, &told(name(1), "192.0.2.9"));
    assert_eq!(scene.events(), [resolved(query, &["192.0.2.9"])]);
}

#[test]
fn both_families_are_taken_at_once() {
    let mut scene = Scene::new();
    let query = scene.mdns.resolve(scene.now, name(1)).unwrap();
    scene.hear(NEIGHBOUR, &response(&[record(name(1), "192.0.2.9")]));
    scene.run(ms(5));
    scene.hear(NEIGHBOUR, &response(&[record(name(1), "2001:db8::9")]));
    assert_eq!(
        scene.events(),
        [resolved(query, &["192.0.2.9", "2001:db8::9"])]
    );
}

#[test]
fn a_name_has_four_addresses_at_most() {
    let mut scene = Scene::new();
    let query = scene.mdns.resolve(scene.now, name(1)).unwrap();
    let records: Vec<Record> = (10..60)
        .flat_map(|host| [host, host])
        .map(|host| record(name(1), &format!("192.0.2.{host}")))
        .collect();
    scene.hear(NEIGHBOUR, &response(&records));
    scene.run(SECOND);
    let four = ["192.0.2.10", "192.0.2.11", "192.0.2.12", "192.0.2.13"];
    assert_eq!(scene.events(), [resolved(query, &four)]);
}

#[test]
fn all_who_ask_share_one_search() {
    let mut scene = Scene::new();
    let first = scene.mdns.resolve(scene.now, name(1)).unwrap();
    let mut said = scene.run(ms(500));
    let second = scene.mdns.resolve(scene.now, name(1)).unwrap();
    let third = scene.mdns.resolve(scene.now, name(1)).unwrap();
    said.extend(scene.run(ms(3499)));
    assert_eq!(said.len(), 8);
    scene.mdns.cancel(second);
    scene.run(ms(1));
    assert_eq!(scene.events(), [failed(first, false), failed(third, false)]);
}

#[test]
fn what_nobody_wants_any_more_is_not_asked_for() {
    let mut scene = Scene::new();
    let one = scene.mdns.resolve(scene.now, name(1)).unwrap();
    let two = scene.mdns.resolve(scene.now, name(1)).unwrap();
    scene.sent();
    scene.mdns.cancel(one);
    assert!(!scene.mdns.is_idle());
    scene.mdns.cancel(two);
    assert!(scene.mdns.is_idle());
    assert!(scene.run(10 * SECOND).is_empty());
    assert_eq!(scene.events(), []);
}

#[test]
fn a_cancelled_query_has_no_event_even_if_it_waited_already() {
    let mut scene = Scene::new();
    let name = scene.settled(1, OWN);
    let query = scene.mdns.resolve(scene.now, name).unwrap();
    scene.mdns.cancel(query);
    assert_eq!(scene.events(), []);
}

#[test]
fn names_of_this_process_need_no_network() {
    let mut scene = Scene::on(&[], true);
    let early = scene.mdns.resolve(scene.now, name(1)).unwrap();
    scene.mdns.register(name(1), ip(OWN)).unwrap();
    assert_eq!(scene.events(), [resolved(early, &[OWN])]);
    let late = scene.mdns.resolve(scene.now, name(1)).unwrap();
    assert_eq!(scene.events(), [resolved(late, &[OWN])]);
    assert!(scene.run(10 * SECOND).is_empty());
}

#[test]
fn without_a_network_a_search_fails_in_the_same_time() {
    let mut scene = Scene::on(&[], true);
    let query = scene.mdns.resolve(scene.now, name(1)).unwrap();
    assert!(scene.run(ms(3999)).is_empty());
    assert_eq!(scene.events(), []);
    scene.run(ms(1));
    assert_eq!(scene.events(), [failed(query, false)]);
}

#[test]
fn an_answer_is_remembered_for_its_lifetime() {
    let mut scene = Scene::new();
    let start = scene.mdns.resolve(scene.now, name(1)).unwrap();
    let ttl = 10;
    scene.hear(
        NEIGHBOUR,
        &response(&[Record {
            ttl,
            ..record(name(1), "192.0.2.9")
        }]),
    );
    scene.run(SECOND);
    assert_eq!(scene.events(), [resolved(start, &["192.0.2.9"])]);
    let again = scene.mdns.resolve(scene.now, name(1)).unwrap();
    assert_eq!(scene.events(), [resolved(again, &["192.0.2.9"])]);
    assert!(scene.sent().is_empty());
    scene.run(10 * SECOND);
    scene.mdns.resolve(scene.now, name(1)).unwrap();
    assert_eq!(scene.sent().len(), 2, "asked anew");
}

#[test]
fn an_address_that_is_taken_back_is_forgotten() {
    let mut scene = Scene::new();
    scene.mdns.resolve(scene.now, name(1)).unwrap();
    scene.hear(NEIGHBOUR, &response(&[record(name(1), "192.0.2.9")]));
    scene.run(SECOND);
    scene.events();
    let ttl = 0;
    scene.hear(
        NEIGHBOUR,
        &response(&[Record {
            ttl,
            ..record(name(1), "192.0.2.9")
        }]),
    );
    scene.mdns.resolve(scene.now, name(1)).unwrap();
    assert_eq!(scene.events(), []);
}

#[test]
fn a_question_of_another_is_no_answer() {
    let mut scene = Scene::new();
    scene.mdns.resolve(scene.now, name(1)).unwrap();
    let query = Message {
        records: vec![record(name(1), "192.0.2.9")],
        ..qm(name(1), Kind::A)
    };
    scene.hear(NEIGHBOUR, &query);
    scene.run(SECOND);
    assert_eq!(scene.events(), []);
}

/// One bounded series of questions each, and nobody waits longer.
///
/// Reliability 11: crates/rill-ice/src/mdns/querier.rs: `const PATIENCE: Duration = Duration::from_secs(4);` => `const PATIENCE: Duration = Duration::from_secs(40);`
#[test]
fn a_thousand_names_are_a_trickle_and_over_within_five_seconds() {
    let mut scene = Scene::new();
    for number in 0..1000 {
        scene.mdns.resolve(scene.now, name(number)).unwrap();
    }
    let said = scene.run(5 * SECOND);
    let mut asked = BTreeMap::new();
    for (_, transmit) in &said {
        *asked
            .entry(message(transmit).questions[0].name)
            .or_insert(0) += 1;
    }
    assert_eq!(asked.len(), 1000, "some were never asked for");
    assert!(asked.values().all(|times| (2..=8).contains(times)));
    for window in said.windows(200) {
        let (first, last) = (window[0].0, window[199].0);
        assert!(last - first >= 100, "{first} to {last}: a flood");
    }
    assert_eq!(scene.events().len(), 1000);
    assert!(scene.mdns.is_idle());
    assert!(scene.run(100 * SECOND).is_empty());
}

#[test]
fn searches_and_those_who_wait_for_them_have_a_limit() {
    let mut scene = Scene::new();
    for number in 0..1024 {
        scene.mdns.resolve(scene.now, name(number)).unwrap();
    }
    assert_eq!(
        scene.mdns.resolve(scene.now, name(2000)),
        Err(ResolveError::Full)
    );
    for _ in 1024..4096 {
        scene.mdns.resolve(scene.now, name(1)).unwrap();
    }
    assert_eq!(
        scene.mdns.resolve(scene.now, name(1)),
        Err(ResolveError::Full)
    );
    scene.run(5 * SECOND);
    assert_eq!(scene.events().len(), 4096);
    assert!(scene.mdns.resolve(scene.now, name(1)).is_ok());
}
