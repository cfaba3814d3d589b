//! Nominations with numbers (draft-thatcher-ice-renomination), of peers that the test plays and between
//! agents.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use rand_chacha::rand_core::Rng;
use rill_ice::{Config, Received, Role};
use rill_sim::{Datagram, Link, Seed, Verdict};
use rill_stun::{Class, Message, kind};

use crate::node::Node;
use crate::scene::{Scene, Setting, ip};
use crate::subject::{Subject, address, respond, success};

/// A subject whose peer's description names the option, or not.
fn subject(role: Role, renominates: bool) -> Subject {
    let mut subject = Subject::unpolled(role, Config::default());
    subject
        .agent
        .set_remote_renomination(subject.transport, renominates);
    subject.drive();
    subject
}

/// A controlled one with two valid pairs, the better one of which has the higher priority.
fn controlled(renominates: bool) -> (Subject, SocketAddr, SocketAddr) {
    let (good, better) = (address(1), address(2));
    let mut subject = subject(Role::Controlled, renominates);
    subject.add(good, 1000);
    subject.add(better, 2000);
    subject.answer_checks(&[good, better]);
    (subject, good, better)
}

impl Subject {
    /// A nomination with USE-CANDIDATE and a number, as we send them.
    fn nominate(&mut self, from: SocketAddr, number: u32) {
        let check = self.check_with(|writer| writer.use_candidate().nomination(number));
        assert_eq!(self.feed(from, check), Received::Consumed);
    }

    /// One without USE-CANDIDATE, as libwebrtc sends them.
    fn nominate_barely(&mut self, from: SocketAddr, number: u32) {
        let check = self.check_with(|writer| writer.nomination(number));
        assert_eq!(self.feed(from, check), Received::Consumed);
    }

    /// Answers the checks to these for so long; gives each nomination that was sent: to whom, and
    /// the number.
    fn nominations(
        &mut self,
        answering: &[SocketAddr],
        time: Duration,
    ) -> Vec<(SocketAddr, Option<u32>)> {
        let mut nominations = Vec::new();
        let end = self.now + time;
        loop {
            let requests = self.requests();
            for (to, request) in &requests {
                let message = Message::parse(request).expect("well formed");
                if message.use_candidate() {
                    nominations.push((*to, message.nomination()));
                } else {
                    assert_eq!(message.nomination(), None);
                }
                if answering.contains(to) {
                    self.feed(*to, success(request));
                }
            }
            if requests.is_empty() {
                if self.now >= end {
                    return nominations;
                }
                self.advance(Duration::from_millis(50));
            }
        }
    }
}

#[test]
fn the_last_number_wins_and_not_the_priority() {
    let (mut subject, good, better) = controlled(true);
    subject.nominate(better, 1);
    assert_eq!(subject.selected(), Some((better, true)));
    subject.nominate(good, 3);
    assert_eq!(subject.selected(), Some((good, true)));
    subject.nominate(better, 2);
    assert_eq!(subject.selected(), Some((good, true)), "it came late");
    subject.nominate(better, 3);
    assert_eq!(subject.selected(), Some((good, true)), "it is no larger");
    subject.check_from(better, true);
    assert_eq!(subject.selected(), Some((good, true)), "it has no number");
    subject.nominate_barely(better, 4);
    assert_eq!(subject.selected(), Some((better, true)));
}

#[test]
fn the_order_of_arrival_does_not_matter() {
    let (_, good, better) = controlled(true);
    let sent = [(good, 1), (better, 2), (good, 3), (better, 4), (good, 5)];
    for seed in Seed::many(50) {
        let mut rng = seed.rng(0);
        let (mut subject, ..) = controlled(true);
        // Each comes twice, in any order.
        let mut arriving: Vec<_> = [sent, sent].concat();
        while !arriving.is_empty() {
            let next = rng.next_u32() as usize % arriving.len();
            let (from, number) = arriving.swap_remove(next);
            subject.nominate(from, number);
        }
        assert_eq!(subject.selected(), Some((good, true)), "{seed}");
    }
}

#[test]
fn a_numbered_nomination_ahead_of_our_own_check_counts_once_that_succeeds() {
    let (good, better) = (address(1), address(2));
    let mut subject = subject(Role::Controlled, true);
    subject.add(better, 2000);
    subject.answer_checks(&[better]);
    subject.nominate(better, 1);
    subject.nominate(good, 2);
    assert_eq!(subject.selected(), Some((better, true)));
    subject.answer_checks(&[good, better]);
    assert_eq!(subject.selected(), Some((good, true)));
}

#[test]
fn a_pair_that_was_put_aside_is_asked_before_it_is_used() {
    let (mut subject, good, better) = controlled(true);
    subject.nominate(better, 1);
    for _ in 0..40 {
        subject.advance(Duration::from_secs(1));
        subject.answer_checks(&[better]);
    }
    subject.nominate(good, 2);
    assert_eq!(subject.selected(), Some((better, true)));
    subject.answer_checks(&[good, better]);
    assert_eq!(subject.selected(), Some((good, true)));
}

/// Consent checks repeat it, so that a pair that failed on our side alone is not lost.
#[test]
fn the_same_number_nominates_the_same_pair_again() {
    let (mut subject, good, better) = controlled(true);
    subject.nominate(good, 7);
    for _ in 0..100 {
        subject.advance(Duration::from_millis(100));
        for (to, check) in subject.requests() {
            let refusal = respond(&check, Class::Error, |writer| writer.error_code(400, ""));
            let is_refused = to == good;
            subject.feed(to, if is_refused { refusal } else { success(&check) });
        }
    }
    assert_eq!(subject.selected(), Some((better, false)));
    subject.nominate(good, 7);
    subject.answer_checks(&[good, better]);
    assert_eq!(subject.selected(), Some((good, true)));
}

#[test]
fn a_number_that_is_zero_or_not_authenticated_is_none() {
    let (mut subject, good, better) = controlled(true);
    subject.nominate_barely(good, 0);
    assert_eq!(subject.selected(), Some((better, false)));
    subject.nominate(better, 1);

    // Behind MESSAGE-INTEGRITY anybody may have added it (RFC 8489 §14.5).
    let mut check = subject.check(false);
    check.truncate(check.len() - 8);
    let length = u16::from_be_bytes([check[2], check[3]]);
    check[2..4].copy_from_slice(&length.to_be_bytes());
    check.extend_from_slice(&kind::NOMINATION.to_be_bytes());
    check.extend_from_slice(&[0, 4, 0, 0, 0, 9]);
    let parsed = Message::parse(&check).expect("as long as the fingerprint was");
    assert_eq!(parsed.nomination(), None);
    assert_eq!(subject.feed(good, check), Received::Consumed);
    assert_eq!(subject.selected(), Some((better, true)));

    let mut forged = subject.check_with(|writer| writer.nomination(8));
    let number = forged.windows(4).position(|four| four == [0, 0, 0, 8]);
    forged[number.expect("it was written") + 3] = 9;
    let unsigned = forged.len() - 8;
    forged.truncate(unsigned);
    forged[3] -= 8;
    assert_eq!(subject.feed(good, forged), Received::Dropped);
    assert_eq!(subject.agent.counters().unauthenticated, 1);
    assert_eq!(subject.selected(), Some((better, true)));
}

#[test]
fn without_the_option_numbers_mean_nothing() {
    let (mut subject, good, better) = controlled(false);
    subject.nominate_barely(good, 1);
    assert_eq!(subject.selected(), Some((better, false)));
    subject.nominate(better, 1);
    subject.nominate(good, 2);
    assert_eq!(subject.selected(), Some((better, true)), "by priority");
}

/// An answerer that nominates may be faster than its answer.
#[test]
fn numbers_ahead_of_the_description_count_unless_it_lacks_the_option() {
    let (good, better) = (address(1), address(2));
    for named in [true, false] {
        let mut subject = Subject::new(Role::Controlled);
        subject.add(good, 1000);
        subject.add(better, 2000);
        subject.answer_checks(&[good, better]);
        subject.nominate(better, 1);
        subject.nominate(good, 2);
        assert_eq!(subject.selected(), Some((good, true)));
        subject
            .agent
            .set_remote_renomination(subject.transport, named);
        subject.check_from(better, true);
        let selected = if named { good } else { better };
        assert_eq!(subject.selected(), Some((selected, true)));
    }
}

#[test]
fn numbers_begin_anew_with_a_generation_and_with_a_role() {
    let (mut subject, good, better) = controlled(true);
    subject.nominate(good, 9);
    subject.agent.set_role(subject.now, Role::Controlling);
    subject.agent.set_role(subject.now, Role::Controlled);
    subject.nominate(better, 1);
    assert_eq!(subject.selected(), Some((better, true)));

    subject.nominate(good, 9);
    subject.restart();
    subject.answer("newer");
    subject
        .agent
        .set_remote_renomination(subject.transport, true);
    subject.drive();
    subject.add_for(better, "newer").expect("accepted");
    subject.answer_checks(&[better]);
    subject.nominate(better, 1);
    assert_eq!(subject.selected(), Some((better, true)));
}

#[test]
fn each_nomination_of_ours_has_the_next_number() {
    let (good, better) = (address(1), address(2));
    let mut subject = subject(Role::Controlling, true);
    subject.add(good, 1000);
    let first = subject.nominations(&[good], Duration::from_secs(12));
    assert!(first.len() >= 3, "consent checks repeat it: {first:?}");
    assert_eq!(
        BTreeSet::from_iter(first),
        BTreeSet::from([(good, Some(1))])
    );
    subject.add(better, 2000);
    let second = subject.nominations(&[good, better], Duration::from_secs(12));
    assert!(second.len() >= 3, "consent checks repeat it: {second:?}");
    assert_eq!(
        BTreeSet::from_iter(second),
        BTreeSet::from([(better, Some(2))])
    );
    assert_eq!(subject.selected(), Some((better, true)));
}

#[test]
fn a_pair_that_comes_back_is_nominated_once_more() {
    for renominates in [true, false] {
        let (good, better) = (address(1), address(2));
        let mut subject = subject(Role::Controlling, renominates);
        subject.add(good, 1000);
        subject.nominations(&[good], Duration::from_secs(1));
        subject.add(better, 2000);
        subject.nominations(&[good, better], Duration::from_secs(1));
        let fallback = subject.nominations(&[good], Duration::from_secs(15));
        assert_eq!(subject.selected(), Some((good, true)));
        let back = subject.nominations(&[good, better], Duration::from_secs(15));
        assert_eq!(subject.selected(), Some((better, true)));
        let numbers = |sent: &[(SocketAddr, Option<u32>)], to| {
            let sent = sent.iter().filter(|(other, _)| *other == to);
            sent.map(|(_, number)| *number).collect::<BTreeSet<_>>()
        };
        if renominates {
            assert_eq!(numbers(&fallback, good), BTreeSet::from([Some(3)]));
            assert!(
                !numbers(&back, better).contains(&None),
                "{back:?}: it was marked before its number"
            );
            assert_eq!(back.last(), Some(&(better, Some(4))));
        } else {
            let all = [fallback, back].concat();
            assert!(all.iter().all(|(_, number)| number.is_none()), "{all:?}");
        }
    }
}

const WIFI: &str = "198.51.100.1";
const CELLULAR: &str = "198.51.100.3";
const BOB: &str = "198.51.100.2";

/// Alice with two addresses, and Bob.
fn two_ways(seed: Seed, renominates: [bool; 2]) -> Scene {
    let setting = Setting {
        seed,
        addresses: [vec![ip(WIFI), ip(CELLULAR)], vec![ip(BOB)]],
        ..Setting::default()
    };
    let mut scene = setting.build();
    for (host, told) in [scene.alice, scene.bob].into_iter().zip(renominates) {
        scene.sim.endpoint_mut(host).told_renomination = told;
    }
    scene
}

/// Alice's end of what she selected, and what Bob takes for it.
fn ends(scene: &Scene) -> [SocketAddr; 2] {
    let selected = |node: &Node| node.agent.selected_pair(node.transport).expect("connected");
    let alice = selected(scene.node(scene.alice));
    let bob = selected(scene.node(scene.bob));
    [alice.local.address, bob.path.remote]
}

/// From now on a way is bad, and only whoever has this address can tell.
fn lose_answers_to(scene: &mut Scene, address: IpAddr) {
    scene.sim.intercept(move |_, datagram: &mut Datagram| {
        let message = Message::parse(&datagram.bytes);
        let is_answer = message.is_ok_and(|message| message.class() == Class::Success);
        if is_answer && datagram.remote.ip() == address {
            Verdict::Drop
        } else {
            Verdict::Pass
        }
    });
}

/// Numbers tell Bob what Alice knows; priorities cannot.
#[test]
fn the_controlled_side_leaves_a_pair_that_works_only_for_it() {
    for renominates in [true, false] {
        let mut scene = two_ways(Seed::new(1), [renominates; 2]);
        scene.connect(Duration::from_secs(5));
        scene.run_for(Duration::from_secs(1));
        assert_eq!(ends(&scene).map(|end| end.ip()), [ip(WIFI); 2]);
        lose_answers_to(&mut scene, ip(WIFI));
        scene.run_for(Duration::from_secs(15));
        let [alice, bob] = ends(&scene).map(|end| end.ip());
        assert_eq!(alice, ip(CELLULAR));
        assert_eq!(bob == alice, renominates);
    }
}

/// Both ends agree in the end, whatever was lost, doubled and overtaken while ways came and went, and
/// also about a way that only Alice knows to be bad.
#[test]
fn both_ends_agree_after_ways_came_and_went() {
    for seed in Seed::many(30) {
        let mut scene = two_ways(seed, [true; 2]);
        scene.connect(Duration::from_secs(5));
        let mut rng = seed.rng(7);
        let rough = Link {
            loss: 0.15,
            duplication: 0.1,
            reordering: 0.2,
            reordering_delay: Duration::from_millis(400),
            ..Link::default()
        };
        scene.sim.set_link(ip(BOB), &rough);
        for _ in 0..4 {
            let way = ip([WIFI, CELLULAR][rng.next_u32() as usize % 2]);
            match rng.next_u32() % 3 {
                0 => scene.sim.partition(way, ip(BOB)),
                1 => scene.sim.partition_one_way(way, ip(BOB)),
                _ => scene.sim.partition_one_way(ip(BOB), way),
            }
            scene.run_for(Duration::from_millis(
                2000 + u64::from(rng.next_u32() % 8000),
            ));
            scene.sim.heal(way, ip(BOB));
            scene.run_for(Duration::from_millis(u64::from(rng.next_u32() % 3000)));
        }
        let bad = ip([WIFI, CELLULAR][rng.next_u32() as usize % 2]);
        lose_answers_to(&mut scene, bad);
        scene.run_for(Duration::from_secs(30));
        scene.sim.set_link(ip(BOB), &Link::default());
        scene.run_for(Duration::from_secs(10));
        let [alice, bob] = ends(&scene);
        assert_eq!(alice, bob, "{seed}");
        assert_ne!(alice.ip(), bad, "{seed}");
        assert!(scene.node(scene.alice).is_concluded() && scene.node(scene.bob).is_concluded());
    }
}
