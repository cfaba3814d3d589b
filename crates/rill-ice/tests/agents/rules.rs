//! Single rules of checks and check lists.

use std::net::SocketAddr;
use std::time::Duration;

use rill_ice::{
    Config, Credentials, PairInfo, PairState, Received, RemoteAddress, Role, TransportState,
};
use rill_stun::{Class, Message, Method, TransactionId, Writer};

use crate::subject::{Subject, address, respond, success};

/// RFC 8445 §7.2.5.3.3, RFC 8838 §12 rule 2.
///
/// Trickle F3: crates/rill-ice/src/agent/pairing.rs: `if is_topmost || has_succeeded {` => `if true {`
/// Trickle F3: crates/rill-ice/src/agent/pairing.rs: `let has_succeeded = self.any_pair(set, |other| same(other) && other.is_valid());` => `let has_succeeded = false;`
#[test]
fn success_thaws_a_whole_foundation_and_what_comes_later() {
    let mut subject = Subject::new(Role::Controlled);
    for last in [1, 2, 3] {
        let priority = 5000 - u32::from(last);
        subject.add_of(address(last), priority, "f");
    }
    let (frozen, waiting) = (PairState::Frozen, PairState::Waiting);
    assert_eq!(subject.pair_states(), [waiting, frozen, frozen]);
    let (to, check) = subject.requests().remove(0);
    subject.feed(to, success(&check));
    let succeeded = PairState::Succeeded;
    assert_eq!(subject.pair_states(), [succeeded, waiting, waiting]);
    subject.add_of(address(4), 10, "f");
    assert_eq!(subject.pair_states()[3], waiting);
}

/// RFC 8838 §11: a candidate found by its check takes its foundation when it is signalled.
///
/// Trickle F3: crates/rill-ice/src/agent/pairing.rs: `if is_topmost || has_succeeded {` => `if true {`
/// Trickle F6: crates/rill-ice/src/agent/pairing.rs: `if let Some(known) = session.checks.by_path(pair.path.socket, pair.path.remote) {`
#[test]
fn a_discovered_candidate_joins_its_foundation() {
    let mut subject = Subject::new(Role::Controlled);
    subject.check_from(address(1), false);
    subject.requests();
    subject.add_of(address(1), 5, "f");
    subject.add_of(address(2), 4, "f");
    let expected = [PairState::InProgress, PairState::Frozen];
    assert_eq!(subject.pair_states(), expected);
}

/// RFC 8445 §7.3.1.4: the peer's check tells that now is a good time for ours.
#[test]
fn a_check_from_the_peer_triggers_ours_anew() {
    let mut subject = Subject::new(Role::Controlled);
    subject.add(address(1), 1000);
    let first = subject.requests();
    assert_eq!(first.len(), 1);
    subject.check_from(address(1), false);
    let second = subject.requests();
    assert_eq!(second.len(), 1);
    let id = |bytes: &[u8]| Message::parse(bytes).expect("well formed").transaction_id();
    assert_ne!(id(&first[0].1), id(&second[0].1), "a new transaction");
    // The cancelled one is not sent again, but its answer counts.
    subject.advance(Duration::from_millis(300));
    assert_eq!(subject.requests().len(), 1);
    subject.feed(address(1), success(&first[0].1));
    assert_eq!(subject.pair_states(), [PairState::Succeeded]);
    subject.advance(Duration::from_secs(1));
    assert_eq!(subject.requests(), []);
}

/// Karn: which of several requests was answered is not known.
#[test]
fn round_trips_are_measured_on_checks_sent_once() {
    let mut subject = Subject::new(Role::Controlled);
    subject.add(address(1), 1000);
    subject.add(address(2), 900);
    let requests = subject.requests();
    subject.advance(Duration::from_millis(40));
    subject.feed(address(1), success(&requests[0].1));
    subject.advance(Duration::from_millis(210));
    subject.requests();
    subject.feed(address(2), success(&requests[1].1));
    let rtts: Vec<_> = subject.pairs().iter().map(|pair| pair.rtt).collect();
    assert_eq!(rtts, [Some(Duration::from_millis(40)), None]);
}

/// RFC 8489 §6.3.3.
#[test]
fn a_response_with_an_attribute_that_must_be_understood_is_void() {
    let mut subject = Subject::new(Role::Controlled);
    subject.add(address(1), 1000);
    let (to, check) = subject.requests().remove(0);
    let strange = respond(&check, Class::Success, |writer| {
        writer.raw(0x7777, b"").xor_mapped_address(address(9))
    });
    assert_eq!(subject.feed(to, strange), Received::Dropped);
    assert_eq!(subject.pair_states(), [PairState::InProgress]);
}

/// Nobody can know the address yet, so whoever sends there means no good.
#[test]
fn checks_to_an_address_not_yet_told_are_dropped() {
    let mut subject = Subject::unpolled(Role::Controlled, Config::default());
    subject.serve();
    let check = subject.check(false);
    assert_eq!(subject.feed(address(1), check.clone()), Received::Dropped);
    // Feeding polled the events: now the candidate is told.
    assert_eq!(subject.feed(address(1), check), Received::Consumed);
}

/// An IPv6 answer is larger than the smallest request.
#[test]
fn an_answer_that_would_be_larger_is_not_sent() {
    let mut subject = Subject::new(Role::Controlled);
    subject.answer("t");
    let mut small = Vec::new();
    let id = TransactionId([7; 12]);
    Writer::new(&mut small, Class::Request, Method::BINDING, id)
        .username(format!("{}:t", subject.local.ufrag))
        .priority(1)
        .message_integrity(subject.local.pwd.as_bytes())
        .finish();
    let from = "[2001:db8::9]:4000".parse().expect("a literal address");
    subject.feed(from, small);
    assert_eq!(subject.agent.counters().suppressed_responses, 1);
    let mut buffer = Vec::new();
    while let Some(transmit) = subject.agent.poll_transmit(subject.now, &mut buffer) {
        let message = Message::parse(&buffer).expect("well formed");
        let class = message.class();
        assert_eq!(
            class,
            Class::Request,
            "a check of ours to {:?}",
            transmit.to.path().expect("no server relays")
        );
    }
}

/// RFC 7675 §5.1: the credentials are not used on that path again, whoever begins.
///
/// Trickle F8: crates/rill-ice/src/agent/states.rs: `(true, _) => TransportState::Disconnected,`
#[test]
fn a_path_without_consent_stays_dead() {
    let mut subject = Subject::new(Role::Controlled);
    subject.add(address(1), 1000);
    subject.answer_checks(&[address(1)]);
    assert_eq!(subject.state(), TransportState::Connected);
    for _ in 0..32 {
        subject.advance(Duration::from_secs(1));
        subject.requests();
    }
    assert_eq!(subject.state(), TransportState::Disconnected);
    let check = subject.check(true);
    assert_eq!(subject.feed(address(1), check), Received::Dropped);
    let mut buffer = Vec::new();
    assert!(
        subject
            .agent
            .poll_transmit(subject.now, &mut buffer)
            .is_none()
    );
    assert_eq!(subject.pair_states(), [PairState::Failed]);
}

/// RFC 7675 §5.1: 4 to 6 s apart, and not in step.
#[test]
fn consent_checks_are_spread() {
    let mut subject = Subject::new(Role::Controlled);
    subject.add(address(1), 1000);
    subject.answer_checks(&[address(1)]);
    let mut times = Vec::new();
    for _ in 0..100 {
        let at = subject.agent.poll_timeout().expect("consent is kept");
        subject.advance(at.saturating_duration_since(subject.now));
        let requests = subject.requests();
        times.extend(requests.iter().map(|_| subject.now));
        for (to, request) in requests {
            subject.feed(to, success(&request));
        }
    }
    let gaps: Vec<Duration> = times.windows(2).map(|two| two[1] - two[0]).collect();
    assert!(gaps.len() > 50);
    let (shortest, longest) = (gaps.iter().min(), gaps.iter().max());
    let bounds = Duration::from_secs(4)..=Duration::from_secs(6);
    assert!(gaps.iter().all(|gap| bounds.contains(gap)), "{gaps:?}");
    let spread = longest
        .zip(shortest)
        .map(|(longest, shortest)| *longest - *shortest);
    assert!(spread > Some(Duration::from_secs(1)), "{spread:?}");
}

/// RFC 7675 §5.1: no less than 4 s apart, also when the driver is awake before they are due.
#[test]
fn a_consent_check_may_be_early_by_a_tenth_of_its_period() {
    let mut subject = Subject::new(Role::Controlled);
    subject.add(address(1), 1000);
    subject.answer_checks(&[address(1)]);
    let mut last = None;
    let mut early = Vec::new();
    for _ in 0..100 {
        let due = subject.agent.poll_timeout().expect("consent is kept");
        subject.advance(Duration::from_millis(50));
        for (to, request) in subject.requests() {
            let before = last.replace(subject.now);
            let gap = before.map(|before| subject.now - before);
            assert!(gap >= before.map(|_| Duration::from_secs(4)), "{gap:?}");
            early.push(due.saturating_duration_since(subject.now));
            subject.feed(to, success(&request));
        }
    }
    assert!(
        early
            .iter()
            .all(|early| (450..=500).contains(&early.as_millis())),
        "{early:?}"
    );
}

#[test]
fn a_closed_agent_asks_no_more() {
    let mut subject = Subject::new(Role::Controlled);
    subject.add(address(1), 1000);
    subject.answer_checks(&[address(1)]);
    subject.agent.close(subject.now);
    for _ in 0..100 {
        subject.advance(Duration::from_millis(100));
        assert!(subject.requests().is_empty());
        assert_eq!(subject.agent.poll_timeout(), None);
    }
}

/// RFC 8445 §7.2.5.1: the other role, another tie-breaker, and the same pair again.
#[test]
fn a_role_conflict_changes_role_and_tie_breaker() {
    let mut subject = Subject::new(Role::Controlling);
    subject.add(address(1), 1000);
    let (to, check) = subject.requests().remove(0);
    let conflict = respond(&check, Class::Error, |writer| writer.error_code(487, ""));
    assert_eq!(subject.feed(to, conflict), Received::Consumed);
    assert_eq!(subject.agent.role(), Role::Controlled);
    let (again, retry) = subject.requests().remove(0);
    assert_eq!(again, to);
    let before = Message::parse(&check).expect("well formed");
    let after = Message::parse(&retry).expect("well formed");
    assert_eq!(after.ice_controlling(), None);
    assert!(after.ice_controlled().is_some());
    assert_ne!(after.ice_controlled(), before.ice_controlling());
}

/// A second provisional answer means another peer, perhaps.
///
/// Trickle D9: crates/rill-ice/src/agent/remote.rs: `session.forget_peer(&mut self.ctx);` => ``
#[test]
fn other_credentials_drop_the_connection_to_the_former_peer() {
    let mut subject = Subject::new(Role::Controlled);
    subject.add(address(1), 1000);
    subject
        .agent
        .end_of_remote_candidates(subject.now, subject.transport, None);
    subject.check_from(address(1), true);
    subject.answer_checks(&[address(1)]);
    assert_eq!(subject.state(), TransportState::Completed);
    let others = Credentials {
        ufrag: "others".into(),
        pwd: "another password of 22".into(),
    };
    let (agent, transport) = (&mut subject.agent, subject.transport);
    agent.set_remote_credentials(subject.now, transport, others);
    assert_eq!(agent.route(transport), None);
    assert_eq!(agent.selected_pair(transport), None);
    assert_eq!(subject.state(), TransportState::New);
    // The end of candidates was the former peer's.
    subject.add(address(2), 1000);
    assert_eq!(subject.state(), TransportState::Checking);
}

/// The peer checks a worse pair, so we do too.
///
/// Trickle F11: crates/rill-ice/src/agent/states.rs: `let is_checked = !self.checks.iter().any(|(_, pair)| pair.is_pending());` => `let is_checked = true;`
#[test]
fn completion_waits_for_the_last_check() {
    let (good, worse) = (address(1), address(2));
    let mut subject = Subject::new(Role::Controlling);
    subject.add(good, 2000);
    subject.add(worse, 1000);
    subject.end(None);
    subject.check_from(worse, false);
    subject.answer_checks(&[good]);
    assert_eq!(subject.selected(), Some((good, true)));
    assert_eq!(subject.state(), TransportState::Connected);
    subject.check_from(worse, false);
    subject.answer_checks(&[good, worse]);
    assert_eq!(subject.state(), TransportState::Completed);
}

/// Trickle B16: crates/rill-ice/src/agent/commands.rs: `self.ctx.events.clear();` => ``
#[test]
fn what_was_not_heard_before_the_close_is_never_heard() {
    let mut subject = Subject::unpolled(Role::Controlling, Config::default());
    subject.serve();
    subject.agent.close(subject.now);
    assert_eq!(subject.agent.poll_event(), None);
}

/// Trickle F5: crates/rill-ice/src/agent/pairing.rs: `let expendable = session.checks.expendable(priority);` => `let expendable: Option<PairId> = None;`
/// Trickle F4: crates/rill-ice/src/check_list.rs: `let unstarted = |pair: &Pair| matches!(pair.state, PairState::Waiting | PairState::Frozen);` => `let unstarted = |_: &Pair| true;`
#[test]
fn at_the_limit_failed_pairs_go_first_then_the_worst_that_did_not_begin() {
    let mut config = Config::default();
    config.limits.pairs = 3;
    let mut subject = Subject::unpolled(Role::Controlled, config);
    subject.drive();
    let held = |subject: &Subject| {
        let last = |pair: &PairInfo| match pair.remote.address {
            RemoteAddress::Ip(SocketAddr::V4(address)) => address.ip().octets()[3],
            _ => 0,
        };
        subject.pairs().iter().map(last).collect::<Vec<u8>>()
    };
    subject.add(address(1), 900);
    subject.add(address(2), 100);
    let (to, check) = subject.requests().remove(0);
    let refusal = respond(&check, Class::Error, |writer| writer.error_code(400, ""));
    assert_eq!(subject.feed(to, refusal), Received::Consumed);
    subject.add(address(3), 200);
    let (failed, begun) = (PairState::Failed, PairState::InProgress);
    assert_eq!(subject.pair_states(), [failed, begun, PairState::Waiting]);
    subject.add(address(4), 300);
    assert_eq!(held(&subject), [2, 3, 4], "without the failed one");
    subject.add(address(5), 400);
    assert_eq!(held(&subject), [2, 4, 5], "the worst has begun");
    subject.add(address(6), 50);
    assert_eq!(held(&subject), [2, 4, 5], "the new one is the worst");
    assert_eq!(subject.agent.counters().over_limit, 1);
}

/// Trickle F14: crates/rill-ice/src/agent/remote.rs: `(Some(_), _) | (None, None) => session.remote.ended = true,` => `(Some(_), _) | (None, None) => session.remote.ended = !session.checks.iter().any(|(_, pair)| pair.state == crate::pair::PairState::InProgress),`
#[test]
fn an_end_that_comes_while_checks_run_is_remembered() {
    let mut subject = Subject::new(Role::Controlling);
    subject.add(address(1), 1000);
    let (to, check) = subject.requests().remove(0);
    subject.end(None);
    assert_eq!(subject.state(), TransportState::Checking);
    subject.feed(to, success(&check));
    subject.answer_checks(&[address(1)]);
    assert_eq!(subject.state(), TransportState::Completed);
}
