//! Rules of gathering from servers, which the test plays.

use std::time::Duration;

use rill_ice::{
    CandidatePolicy, Config, Credentials, Event, Kind, PairState, Received, Role, ServerConfig,
    ServerHost, ServerOutcome, Service, TransportState,
};
use rill_stun::Class;

use crate::subject::{Subject, address, respond, success};

fn with_server() -> Config {
    Config {
        servers: vec![ServerConfig {
            url: "stun:192.0.2.1".into(),
            host: ServerHost::Ip([192, 0, 2, 1].into()),
            port: 3478,
            service: Service::Stun,
        }],
        ..Config::default()
    }
}

fn reflexive(subject: &Subject) -> usize {
    let is_reflexive = |event: &&Event| matches!(event, Event::LocalCandidate { candidate, .. } if candidate.kind == Kind::ServerReflexive);
    subject.events.iter().filter(is_reflexive).count()
}

/// Servers do not authenticate, so only the one that was asked is believed.
#[test]
fn a_server_is_believed_only_at_its_own_address() {
    let mut subject = Subject::unpolled(Role::Controlling, with_server());
    subject.drive();
    let (server, request) = subject.requests().remove(0);
    let answer = respond(&request, Class::Success, |writer| {
        writer.xor_mapped_address(address(7))
    });
    assert_eq!(subject.feed(address(3), answer.clone()), Received::Dropped);
    assert_eq!(reflexive(&subject), 0);
    assert_eq!(subject.feed(server, answer), Received::Consumed);
    assert_eq!(reflexive(&subject), 1);
}

/// An address that no host can have is no candidate.
#[test]
fn a_server_cannot_make_us_signal_nonsense() {
    for nonsense in [
        "0.0.0.0:4000",
        "224.0.0.1:4000",
        "192.0.2.9:0",
        "[2001:db8::1]:4000",
    ] {
        let mut subject = Subject::unpolled(Role::Controlling, with_server());
        subject.drive();
        let (server, request) = subject.requests().remove(0);
        let answer = respond(&request, Class::Success, |writer| {
            writer.xor_mapped_address(nonsense.parse().expect("a literal address"))
        });
        assert_eq!(
            subject.feed(server, answer),
            Received::Dropped,
            "{nonsense}"
        );
        assert_eq!(reflexive(&subject), 0);
    }
}

#[test]
fn where_a_silent_server_was_asked_is_still_told() {
    let mut subject = Subject::unpolled(Role::Controlling, with_server());
    subject.drive();
    for _ in 0..10 {
        subject.requests();
        subject.advance(Duration::from_secs(1));
    }
    let report = subject.agent.report(subject.now, subject.transport);
    let report = report.expect("the transport exists");
    let server = &report.generations[0].servers[0];
    assert_eq!(server.outcomes[0].0, ServerOutcome::TimedOut);
    assert_eq!(server.addresses, [([192, 0, 2, 1], 3478).into()]);
}

#[test]
fn other_servers_count_from_the_next_gathering_on() {
    let mut subject = Subject::new(Role::Controlling);
    subject
        .agent
        .set_servers(with_server().servers, CandidatePolicy::All);
    assert_eq!(subject.requests(), []);
    let (agent, transport) = (&mut subject.agent, subject.transport);
    let fresh = Credentials {
        ufrag: "fresh".into(),
        pwd: "another password of 22".into(),
    };
    agent
        .restart(subject.now, transport, fresh)
        .expect("it exists");
    agent.gather(subject.now, transport);
    subject.drive();
    assert_eq!(subject.requests().len(), 1);
}

/// Gathering goes on, and the peer may have more: that is no reason to wait.
///
/// Trickle F1: crates/rill-ice/src/session.rs: `self.remote.key.is_some() && !self.conclusion.failed && self.checks.has_paced()` => `self.remote.key.is_some() && self.local.ended && !self.conclusion.failed && self.checks.has_paced()`
#[test]
fn checks_begin_with_the_first_candidate_of_each_side() {
    let mut subject = Subject::unpolled(Role::Controlled, with_server());
    subject.drive();
    assert_eq!(subject.requests().len(), 1, "to the server");
    assert_eq!(subject.state(), TransportState::New);
    subject.add(address(1), 1000);
    let asked: Vec<_> = subject.requests().iter().map(|(to, _)| *to).collect();
    assert_eq!(asked, [address(1)]);
    assert_eq!(subject.state(), TransportState::Checking);
}

/// The candidate of a server comes while pairs of its base are in every state: it makes no pair of
/// its own, and takes none away.
///
/// Trickle F4, F5: crates/rill-ice/src/agent/pairing.rs: `if let Some(known) = session.checks.by_path(pair.path.socket, pair.path.remote) {` => `if let Some(known) = session.checks.by_path(pair.path.socket, pair.path.remote).filter(|_| formation == Formation::Triggered) {`
/// Trickle F3: crates/rill-ice/src/agent/pairing.rs: `if is_topmost || has_succeeded {`
/// Trickle F1: crates/rill-ice/src/session.rs: `self.remote.key.is_some() && !self.conclusion.failed && self.checks.has_paced()`
#[test]
fn a_reflexive_candidate_is_paired_as_its_base() {
    let mut subject = Subject::unpolled(Role::Controlled, with_server());
    subject.drive();
    let (server, query) = subject.requests().remove(0);
    subject.add(address(1), 3000);
    subject.add_of(address(2), 2000, "f");
    subject.add_of(address(3), 1000, "f");
    let (to, check) = subject.requests().remove(0);
    subject.feed(to, success(&check));
    let states = [
        PairState::Succeeded,
        PairState::InProgress,
        PairState::Frozen,
    ];
    assert_eq!(subject.pair_states(), states);
    let answer = respond(&query, Class::Success, |writer| {
        writer.xor_mapped_address(address(7))
    });
    subject.feed(server, answer);
    assert_eq!(reflexive(&subject), 1);
    assert_eq!(subject.pair_states(), states);
    let kinds: Vec<Kind> = subject.pairs().iter().map(|pair| pair.local.kind).collect();
    assert_eq!(kinds[1..], [Kind::Host, Kind::Host]);
}

/// Trickle F13: crates/rill-ice/src/agent/servers.rs: `if let QueryState::Sent(transaction) = query.state {` => `if let (QueryState::Queued, transaction) = (query.state, rill_stun::TransactionId([0; 12])) {`
#[test]
fn a_server_that_answers_after_the_end_is_not_heard() {
    let mut subject = Subject::unpolled(Role::Controlled, with_server());
    subject.drive();
    let (server, query) = subject.requests().remove(0);
    subject.advance(Duration::from_millis(1800));
    let is_end = |event: &Event| matches!(event, Event::LocalEndOfCandidates { .. });
    assert!(subject.events.iter().any(is_end));
    let answer = respond(&query, Class::Success, |writer| {
        writer.xor_mapped_address(address(7))
    });
    assert_eq!(subject.feed(server, answer), Received::Dropped);
    assert_eq!(reflexive(&subject), 0);
}

/// Trickle F11: crates/rill-ice/src/session.rs: `self.local.ended && has_peer_ended` => `has_peer_ended`
/// Trickle F1: crates/rill-ice/src/session.rs: `self.remote.key.is_some() && !self.conclusion.failed && self.checks.has_paced()`
#[test]
fn completion_waits_for_the_end_of_our_own_gathering() {
    let mut subject = Subject::unpolled(Role::Controlling, with_server());
    subject.drive();
    subject.add(address(1), 1000);
    subject.end(None);
    subject.answer_checks(&[address(1)]);
    assert_eq!(subject.selected(), Some((address(1), true)));
    assert_eq!(subject.state(), TransportState::Connected);
    subject.advance(Duration::from_millis(1800));
    assert_eq!(subject.state(), TransportState::Completed);
}
