//! Nomination, against peers of other kinds that the test plays.

use std::time::Duration;

use rill_ice::{Role, TransportState};
use rill_stun::Class;

use crate::subject::{Subject, address, respond, success};

/// As browsers do it: every check nominates (RFC 5245), and the best pair wins (RFC 8445 §8.1.1).
#[test]
fn of_several_nominated_pairs_the_best_is_selected() {
    let (good, better) = (address(1), address(2));
    for order in [[good, better], [better, good]] {
        let mut subject = Subject::new(Role::Controlled);
        subject.add(good, 1000);
        subject.add(better, 2000);
        for from in order {
            subject.check_from(from, true);
        }
        subject.answer_checks(&[good, better]);
        assert_eq!(subject.selected(), Some((better, true)));
        subject.check_from(good, true);
        assert_eq!(
            subject.selected(),
            Some((better, true)),
            "nominated again, still worse"
        );
        assert_eq!(subject.nominated, []);
    }
}

#[test]
fn a_nomination_ahead_of_our_own_check_counts_once_that_succeeds() {
    let mut subject = Subject::new(Role::Controlled);
    subject.check_from(address(1), true);
    assert_eq!(subject.selected(), None);
    subject.answer_checks(&[address(1)]);
    assert_eq!(subject.selected(), Some((address(1), true)));
}

#[test]
fn a_controlled_agent_uses_the_best_valid_pair_until_one_is_nominated() {
    let (good, better) = (address(1), address(2));
    let mut subject = Subject::new(Role::Controlled);
    subject.add(good, 1000);
    subject.add(better, 2000);
    subject.answer_checks(&[good, better]);
    assert_eq!(subject.selected(), Some((better, false)));
    subject.check_from(good, true);
    assert_eq!(
        subject.selected(),
        Some((good, true)),
        "the controlling agent decides"
    );
}

#[test]
fn nothing_better_in_sight_means_nomination_at_once() {
    let mut subject = Subject::new(Role::Controlling);
    subject.add(address(1), 1000);
    subject.answer_checks(&[address(1)]);
    assert_eq!(subject.nominated, [address(1)]);
    assert_eq!(subject.selected(), Some((address(1), true)));
}

#[test]
fn a_better_pair_under_way_is_waited_for_briefly() {
    let (good, silent) = (address(1), address(2));
    let mut subject = Subject::new(Role::Controlling);
    subject.add(good, 1000);
    subject.add(silent, 2000);
    subject.answer_checks(&[good]);
    assert_eq!(subject.selected(), Some((good, false)), "usable already");
    assert_eq!(subject.nominated, []);
    let at = subject.agent.poll_timeout().expect("it waits");
    assert!(at - subject.now <= Duration::from_millis(100));
    subject.advance(Duration::from_millis(100));
    subject.answer_checks(&[good]);
    assert_eq!(subject.nominated, [good]);
    assert_eq!(subject.selected(), Some((good, true)));
}

#[test]
fn a_lite_peer_that_only_answers_is_connected_to() {
    let mut subject = Subject::new(Role::Controlling);
    subject.agent.set_remote_lite(subject.transport, true);
    subject.add(address(1), 1000);
    subject
        .agent
        .end_of_remote_candidates(subject.now, subject.transport, None);
    subject.answer_checks(&[address(1)]);
    subject.drive();
    assert_eq!(subject.state(), TransportState::Completed);
}

/// A lite peer sends no checks, so there is nothing to be patient for (RFC 8863 §4).
#[test]
fn a_lite_peer_that_does_not_answer_is_given_up_with_its_last_pair() {
    let mut subject = Subject::new(Role::Controlling);
    subject.agent.set_remote_lite(subject.transport, true);
    subject.add(address(1), 1000);
    subject
        .agent
        .end_of_remote_candidates(subject.now, subject.transport, None);
    for _ in 0..25 {
        subject.answer_checks(&[]);
        subject.advance(Duration::from_secs(1));
    }
    assert_eq!(subject.state(), TransportState::Failed);
}

#[test]
fn a_peer_may_revoke_consent() {
    let mut subject = Subject::new(Role::Controlling);
    subject.add(address(1), 1000);
    subject
        .agent
        .end_of_remote_candidates(subject.now, subject.transport, None);
    subject.answer_checks(&[address(1)]);
    subject.advance(Duration::from_secs(6));
    let (to, check) = subject.requests().remove(0);
    let forbidden = respond(&check, Class::Error, |writer| {
        writer.error_code(403, "Forbidden")
    });
    subject.feed(to, forbidden);
    assert_eq!(subject.agent.route(subject.transport), None);
    assert_eq!(subject.state(), TransportState::Failed);
}

/// Even if nobody calls `handle_timeout` (RFC 7675 §5.1: cease transmission).
#[test]
fn no_route_without_consent() {
    let mut subject = Subject::new(Role::Controlling);
    subject.add(address(1), 1000);
    subject.answer_checks(&[address(1)]);
    subject.now += Duration::from_secs(29);
    subject.answer_checks(&[]);
    assert!(subject.agent.route(subject.transport).is_some());
    subject.now += Duration::from_secs(1);
    subject.answer_checks(&[]);
    assert!(subject.agent.route(subject.transport).is_none());
}

/// A process that was stopped for long sends no burst when it goes on.
#[test]
fn a_long_stall_is_followed_by_few_datagrams() {
    let mut subject = Subject::new(Role::Controlling);
    for last in 1..=60 {
        subject.add(address(last), 1000 + u32::from(last));
    }
    subject.answer_checks(&[]);
    subject.advance(Duration::from_secs(25));
    let sent = subject.requests().len();
    assert!((1..=20).contains(&sent), "{sent}");
    let next = subject.agent.poll_timeout().expect("more to send");
    assert!(next > subject.now);
}

/// Once a pair is nominated, worse ones are left alone (RFC 8445 §8.1.2), until it dies.
#[test]
fn worse_pairs_rest_while_the_nominated_one_lives() {
    let (good, worse) = (address(1), address(2));
    let mut subject = Subject::new(Role::Controlling);
    subject.add(good, 2000);
    subject.answer_checks(&[good]);
    subject.add(worse, 1000);
    subject
        .agent
        .end_of_remote_candidates(subject.now, subject.transport, None);
    subject.drive();
    assert_eq!(subject.state(), TransportState::Completed);
    assert_eq!(subject.requests(), []);
    // From now on only the worse one answers.
    for _ in 0..100 {
        subject.advance(Duration::from_millis(100));
        subject.answer_checks(&[worse]);
    }
    assert_eq!(subject.selected(), Some((worse, true)));
    assert_eq!(subject.state(), TransportState::Completed);
}

#[test]
fn a_better_pair_that_stays_silent_is_not_waited_for() {
    let (good, silent) = (address(1), address(2));
    let mut subject = Subject::new(Role::Controlling);
    subject.add(silent, 2000);
    subject.answer_checks(&[]);
    subject.advance(Duration::from_millis(250));
    subject.answer_checks(&[]);
    subject.add(good, 1000);
    subject.answer_checks(&[good]);
    assert_eq!(subject.nominated, [good]);
}

/// Trickle F8: crates/rill-ice/src/agent/states.rs: `(true, _) => TransportState::Disconnected,`
#[test]
fn a_refused_nomination_may_be_repeated_later() {
    let peer = address(1);
    let mut subject = Subject::new(Role::Controlling);
    subject.add(peer, 1000);
    let (_, check) = subject.requests().remove(0);
    subject.feed(peer, success(&check));
    let (_, nomination) = subject.requests().remove(0);
    let refusal = respond(&nomination, Class::Error, |writer| {
        writer.error_code(400, "")
    });
    subject.feed(peer, refusal);
    assert_eq!(subject.selected(), None);
    subject.check_from(peer, false);
    subject.answer_checks(&[peer]);
    assert_eq!(subject.nominated, [peer, peer]);
    assert_eq!(subject.selected(), Some((peer, true)));
}

#[test]
fn a_controlled_peer_cannot_nominate() {
    let (good, silent) = (address(1), address(2));
    let mut subject = Subject::new(Role::Controlling);
    subject.add(good, 1000);
    subject.add(silent, 2000);
    subject.answer_checks(&[good]);
    subject.check_from(good, true);
    assert_eq!(subject.selected(), Some((good, false)));
}
