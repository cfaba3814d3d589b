//! Two whole peers, from the offer to the first message.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use rill_peer::{DataChannelInit, Event, IceGatheringState, Kind, Message, SdpType, Security};
use rill_sim::{Datagram, HostId, Link, Seed, Verdict};

use crate::{
    adapter::Adapter,
    scene::{ALICE, BOB, LONG, ONE_WAY, ROUND_TRIP, Scene, Setting, ip},
    signal::{Manner, Signal, naming, rewriting, withholding, without_lines},
};

const SERVER: &str = "192.0.2.1:3478";
const SERVER_URL: &str = "stun:192.0.2.1:3478";
const DEAD_URL: &str = "stun:192.0.2.99:3478";
const BOTH: [Security; 2] = [Security::SimulationOnly, Security::Dtls];

fn setting(security: Security) -> Setting {
    Setting {
        security,
        ..Setting::default()
    }
}

/// The offer takes half of one, ICE one, DTLS one and a half, SCTP one, the OPEN half of one.
#[test]
fn a_trickled_session_takes_five_round_trips_at_most() {
    for security in BOTH {
        let mut scene = setting(security).build();
        let channel = scene.connect();
        let bound = ROUND_TRIP * 5;
        assert!(channel.time <= bound, "{security:?}: {:?}", channel.time);
        scene.check_echo(&channel);
    }
}

/// It was selected before, as the best so far, and is no other pair now.
#[test]
fn a_selected_pair_is_shown_as_nominated_once_it_is() {
    let mut scene = setting(Security::SimulationOnly).build();
    let channel = scene.connect();
    scene.check_echo(&channel);
    for side in [scene.alice(), scene.bob()] {
        let info = side.pc.ice_transport(side.pc.transports()[0]);
        let pair = info.expect("it is in use").selected_pair;
        assert!(pair.expect("it is connected").nominated);
        assert!(side.pc.selected_pair().is_some_and(|pair| pair.nominated));
    }
}

/// Trickle A10: crates/rill-peer/src/jsep/create.rs: `.filter(|token| offer.lists_ice_option(token))` => `.filter(|_| true)`
#[test]
fn a_vanilla_offer_is_answered_when_complete() {
    let mut setting = Setting::secure();
    setting.manners = [Manner::Vanilla, Manner::Trickle];
    let mut scene = setting.build();
    scene.tamper[1] = no_more_than_one_signal();
    let channel = scene.connect();
    let bob = scene.bob();
    assert_eq!(bob.pc.can_trickle_ice_candidates(), Some(false));
    let answer = scene
        .alice()
        .pc
        .remote_description()
        .expect("it is applied");
    assert!(answer.sdp.contains("a=candidate:"), "{}", answer.sdp);
    assert!(answer.sdp.contains("a=end-of-candidates"), "{}", answer.sdp);
    assert!(!answer.sdp.contains("trickle"), "{}", answer.sdp);
    scene.check_echo(&channel);
}

#[test]
fn a_vanilla_answer_ends_trickling() {
    let mut setting = Setting::secure();
    setting.manners = [Manner::Trickle, Manner::Vanilla];
    let mut scene = setting.build();
    scene.tamper[1] = no_more_than_one_signal();
    let channel = scene.connect();
    assert_eq!(scene.alice().pc.can_trickle_ice_candidates(), Some(false));
    assert_eq!(scene.bob().pc.can_trickle_ice_candidates(), Some(true));
    scene.check_echo(&channel);
}

#[test]
fn a_half_trickled_offer_needs_no_candidates_after_it() {
    let mut setting = Setting::secure();
    setting.manners = [Manner::Half, Manner::Trickle];
    let mut scene = setting.build();
    scene.tamper[0] = withholding();
    let channel = scene.connect();
    assert_eq!(scene.bob().pc.can_trickle_ice_candidates(), Some(true));
    let offer = scene.bob().pc.remote_description().expect("it is applied");
    assert!(offer.sdp.contains("a=end-of-candidates"), "{}", offer.sdp);
    scene.check_echo(&channel);
}

fn no_more_than_one_signal() -> crate::signal::Tamper {
    let mut signals = 0;
    Box::new(move |signal| {
        signals += 1;
        assert_eq!(signals, 1, "more than the description: {signal:?}");
        Some(signal)
    })
}

/// Bob's candidates never arrive, or only as names: Alice learns his address from his checks.
#[test]
fn one_sides_candidates_are_enough() {
    for tamper in [withholding, naming] {
        for side in 0..2 {
            let mut scene = Setting::secure().build();
            scene.tamper[side] = tamper();
            let channel = scene.connect();
            assert!(channel.time <= ROUND_TRIP * 6, "{:?}", channel.time);
            let [alice, bob] = scene.hosts();
            let learner = [bob, alice][side];
            let pair = scene
                .side(learner)
                .pc
                .selected_pair()
                .expect("it is selected");
            assert_eq!(pair.remote.kind, Kind::PeerReflexive);
            scene.check_echo(&channel);
        }
    }
}

/// Alice trickles to a peer that takes her description for complete; his whole answer does it.
#[test]
fn a_token_lost_on_the_way_does_not_prevent_the_session() {
    let mut scene = Setting::secure().build();
    let strip = |sdp: &str| without_lines(sdp, "a=ice-options");
    scene.tamper = [
        rewriting(SdpType::Offer, strip),
        rewriting(SdpType::Answer, strip),
    ];
    let channel = scene.connect();
    assert_eq!(scene.bob().pc.can_trickle_ice_candidates(), Some(false));
    scene.check_echo(&channel);
}

fn rough(loss: f64) -> Link {
    Link {
        // Two links are on the way.
        loss: 1.0 - (1.0 - loss).sqrt(),
        ..Link::default()
    }
}

fn run_transfer(scene: &mut Scene) {
    let channel = scene.connect();
    assert!(channel.time < Duration::from_secs(20), "{:?}", channel.time);
    let texts: Vec<String> = (0..20).map(|n| format!("number {n}")).collect();
    for text in &texts {
        scene.send_text(scene.alice, channel.ours, text);
        scene.send_text(scene.bob, channel.theirs, text);
    }
    let over = scene.run_until(LONG, |alice, bob| {
        alice.texts(channel.ours).len() >= 20 && bob.texts(channel.theirs).len() >= 20
    });
    assert!(over.is_some(), "every text arrives");
    assert_eq!(scene.alice().texts(channel.ours), texts);
    assert_eq!(scene.bob().texts(channel.theirs), texts);
}

#[test]
fn a_fifth_of_all_packets_may_be_lost() {
    for seed in Seed::many(10) {
        let _replay = rill_sim::replay!(seed);
        for security in BOTH {
            let mut scene = Setting {
                security,
                link: rough(0.2),
                ..Setting::seeded(seed)
            }
            .build();
            run_transfer(&mut scene);
        }
    }
}

#[test]
fn packets_may_be_reordered_and_doubled() {
    for seed in Seed::many(8) {
        let _replay = rill_sim::replay!(seed);
        for security in BOTH {
            let mut scene = Setting {
                security,
                link: Link {
                    reordering: 0.3,
                    duplication: 0.2,
                    jitter: Duration::from_millis(4),
                    ..Link::default()
                },
                ..Setting::seeded(seed)
            }
            .build();
            run_transfer(&mut scene);
        }
    }
}

/// The lengths of all datagrams from now on.
fn watch_lengths(scene: &mut Scene) -> Arc<Mutex<Vec<usize>>> {
    let lengths = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&lengths);
    scene.sim.intercept(move |_, datagram: &mut Datagram| {
        let mut seen = seen.lock().expect("not poisoned");
        seen.push(datagram.bytes.len());
        Verdict::Pass
    });
    lengths
}

/// RELIABILITY, row 11: IP packets above what the path carries, headers included, vanish without a word.
/// 1200 bytes are enough, and more are sent only where probes have passed.
#[test]
fn whatever_the_path_carries_everything_arrives() {
    for security in BOTH {
        for mtu in [1200, 1280, 1400, 1500, 9000, 65_535] {
            let link = Link {
                mtu,
                ..Link::default()
            };
            let mut scene = Setting {
                security,
                link,
                ..Setting::default()
            }
            .build();
            let lengths = watch_lengths(&mut scene);
            let channel = scene.connect();
            let bytes = vec![7; 200_000];
            for number in 1..=10 {
                let message = Message::Binary(bytes.clone().into());
                scene.send(scene.alice, channel.ours, message);
                let arrived = scene.run_until(LONG, |_, bob| {
                    let received = bob.received.get(&channel.theirs);
                    received.is_some_and(|received| received.len() == number)
                });
                assert!(arrived.is_some(), "{security:?} {mtu}: message {number}");
                scene.run_for(Duration::from_secs(1));
            }
            let lengths = lengths.lock().expect("not poisoned");
            let header = 28;
            let (passed, vanished): (Vec<usize>, Vec<_>) =
                lengths.iter().partition(|&&length| length + header <= mtu);
            // Three probes of each size, and three sizes at most.
            assert!(vanished.len() <= 9, "{security:?} {mtu}: {vanished:?}");
            let largest = passed.into_iter().max().expect("something passed");
            let expected = match mtu {
                ..1400 => 1100..=1152,
                1400 => 1308..=1372,
                1500 => 1408..=1472,
                9000 => 8408..=8972,
                _ => 16_384..=16_500,
            };
            assert!(expected.contains(&largest), "{security:?} {mtu}: {largest}");
        }
    }
}

/// What one path carries says nothing of the next.
#[test]
fn another_pair_begins_with_small_packets() {
    let mut scene = Setting {
        link: Link {
            mtu: 65_535,
            ..Link::default()
        },
        ..Setting::secure()
    }
    .build();
    let lengths = watch_lengths(&mut scene);
    let channel = scene.connect();
    let largest_for = |scene: &mut Scene, length, number| {
        lengths.lock().expect("not poisoned").clear();
        let message = Message::Binary(vec![7; length].into());
        scene.send(scene.alice, channel.ours, message);
        let arrived = scene.run_until(LONG, |_, bob| {
            let received = bob.received.get(&channel.theirs);
            received.is_some_and(|received| received.len() == number)
        });
        assert!(arrived.is_some(), "message {number}");
        lengths.lock().expect("not poisoned").iter().max().copied()
    };
    largest_for(&mut scene, 200_000, 1);
    // Too little to search for.
    let large = largest_for(&mut scene, 5000, 2).expect("something left");
    assert!(large > 5000, "{large}");
    scene.restart(scene.alice);
    scene.run_for(Duration::from_secs(3));
    let small = largest_for(&mut scene, 5000, 3).expect("something left");
    assert!(small <= 1152, "{small}");
}

fn candidate_kinds(side: &Adapter) -> Vec<String> {
    let line = |event: &Event| match event {
        Event::IceCandidate(Some(candidate)) if !candidate.candidate.is_empty() => {
            Some(candidate.candidate.clone())
        }
        _ => None,
    };
    let kind = |line: String| line.split(' ').nth(7).unwrap_or_default().to_owned();
    side.diary.events().filter_map(line).map(kind).collect()
}

/// Behind a NAT the reflexive candidate differs from its base, and says which server told it.
/// Trickle B20: crates/rill-peer/src/peer_connection/pump.rs: `url: candidate.url,` => `url: None,`
#[test]
fn a_stun_server_gives_reflexive_candidates() {
    let mut setting = Setting::secure();
    setting.servers = [vec![SERVER_URL], vec![SERVER_URL]];
    let mut scene = setting.build_at_home(&[]);
    scene.add_server(SERVER);
    let channel = scene.connect();
    scene.run_for(Duration::from_secs(1));
    assert_eq!(candidate_kinds(scene.alice()), ["host", "srflx"]);
    let entry = scene.alice().diary.find(
        |event| matches!(event, Event::IceCandidate(Some(candidate)) if candidate.url.is_some()),
    );
    let Some(Event::IceCandidate(Some(candidate))) = entry.and_then(|entry| entry.event()) else {
        panic!("the reflexive candidate has an url");
    };
    assert_eq!(candidate.url.as_deref(), Some(SERVER_URL));
    assert!(candidate.candidate.contains("203.0.113.9"), "{candidate:?}");
    let reports = scene.alice().diary.events();
    let reports = reports
        .filter(|event| matches!(event, Event::Server(_)))
        .count();
    assert_eq!(reports, 1);
    scene.check_echo(&channel);
}

fn completion_time(scene: &Scene, host: HostId) -> Option<Duration> {
    let complete = Event::IceGatheringStateChange(IceGatheringState::Complete);
    let complete = format!("{complete:?}");
    let entry = scene
        .side(host)
        .diary
        .find(|event| format!("{event:?}") == complete);
    entry.map(|entry| entry.at - scene.sim.start())
}

#[test]
fn a_dead_server_delays_completion_by_less_than_two_seconds() {
    let mut setting = Setting::secure();
    setting.manners = [Manner::Vanilla, Manner::Trickle];
    setting.servers = [vec![DEAD_URL], vec![DEAD_URL]];
    let mut scene = setting.build();
    scene.sim.add_dead_address(ip("192.0.2.99"));
    let channel = scene.connect();
    let [alice, bob] = scene.hosts();
    let first = completion_time(&scene, alice).expect("it completes");
    assert!(first < Duration::from_secs(2), "{first:?}");
    let second = completion_time(&scene, bob).expect("it completes") - first - ONE_WAY;
    assert!(second < Duration::from_secs(2), "{second:?}");
    for host in [alice, bob] {
        let words = scene.side(host).diary.connection_words();
        let errors = words
            .iter()
            .filter(|word| *word == "candidate error 701")
            .count();
        assert_eq!(errors, 1, "{words:?}");
    }
    scene.check_echo(&channel);
}

#[test]
fn a_dead_server_does_not_delay_a_trickled_session() {
    let mut setting = Setting::secure();
    setting.servers = [vec![DEAD_URL], vec![DEAD_URL]];
    let mut scene = setting.build();
    scene.sim.add_dead_address(ip("192.0.2.99"));
    let channel = scene.connect();
    assert!(channel.time <= ROUND_TRIP * 5, "{:?}", channel.time);
}

/// Trickle B20: crates/rill-peer/src/peer_connection/pump.rs: `url: candidate.url,` => `url: None,`
#[test]
fn beside_a_dead_server_a_live_one_answers() {
    let mut setting = Setting::secure();
    setting.servers = [vec![DEAD_URL, SERVER_URL], vec![]];
    let mut scene = setting.build_at_home(&[]);
    scene.add_server(SERVER);
    scene.sim.add_dead_address(ip("192.0.2.99"));
    let channel = scene.connect();
    scene.run_for(Duration::from_secs(2));
    assert_eq!(candidate_kinds(scene.alice()), ["host", "srflx"]);
    let reflexive = scene
        .alice()
        .diary
        .find(|event| matches!(event, Event::IceCandidate(Some(found)) if found.url.is_some()));
    let reflexive = reflexive.expect("it is found").at - scene.sim.start();
    assert!(reflexive <= ROUND_TRIP * 2, "{reflexive:?}");
    let complete = completion_time(&scene, scene.alice).expect("it completes");
    assert!(complete < Duration::from_secs(2), "{complete:?}");
    scene.check_echo(&channel);
}

#[test]
fn names_of_servers_are_resolved() {
    let mut scene = Setting {
        servers: [
            vec!["stun:stun.example.org"],
            vec!["stun:nowhere.example.org"],
        ],
        ..Setting::default()
    }
    .build();
    // Hosts copy the table when they are added.
    let names = scene.sim.endpoint_mut(scene.alice).driver.host.names_mut();
    names.insert(
        "stun.example.org",
        Duration::from_millis(30),
        [ip("192.0.2.1")],
    );
    scene.add_server(SERVER);
    scene.connect();
    scene.run_for(Duration::from_secs(2));
    let words = scene.alice().diary.connection_words();
    assert!(
        words.contains(&"server stun:stun.example.org".to_owned()),
        "{words:?}"
    );
    assert!(
        !words.contains(&"candidate error 701".to_owned()),
        "{words:?}"
    );
    let words = scene.bob().diary.connection_words();
    assert!(
        words.contains(&"candidate error 701".to_owned()),
        "{words:?}"
    );
}

#[test]
fn ipv6_connects_too() {
    let mut setting = Setting::secure();
    setting.addresses = [
        vec![ip(ALICE), ip("2001:db8::1")],
        vec![ip("2001:db8::2"), ip(BOB)],
    ];
    let mut scene = setting.build();
    let channel = scene.connect();
    scene.check_echo(&channel);
    scene.run_for(Duration::from_secs(1));
    let pair = scene.alice().pc.selected_pair().expect("it is selected");
    assert!(pair.local.address.is_ipv6(), "{pair:?}");
}

/// A candidate that overtakes its offer is refused; its address is found all the same.
#[test]
fn candidates_that_overtake_the_offer_are_refused() {
    let mut scene = Setting::secure().build();
    let held = Arc::new(Mutex::new(None));
    let holding = Arc::clone(&held);
    scene.tamper[0] = Box::new(move |signal| match signal {
        Signal::Description(_) => {
            *holding.lock().expect("not poisoned") = Some(signal);
            None
        }
        Signal::Candidate(_) => Some(signal),
    });
    let ours = scene.create(scene.alice, "chat", DataChannelInit::default());
    scene.offer(scene.alice);
    scene.run_for(ROUND_TRIP);
    assert_eq!(
        scene.bob().refusals.len(),
        3,
        "a candidate, an end, and null"
    );
    assert_eq!(scene.bob().diary.words(), Vec::<String>::new());
    let offer = held.lock().expect("not poisoned").take();
    let now = scene.sim.now();
    let bob = scene.sim.endpoint_mut(scene.bob);
    bob.inbox.push(now, offer.expect("it was held"));
    let open = scene.run_until(LONG, |alice, _| {
        alice.pc.data_channel_state(ours) == rill_peer::DataChannelState::Open
    });
    assert!(open.is_some(), "the session forms");
}
