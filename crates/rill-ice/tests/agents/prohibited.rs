//! Ports that a candidate must not lead us to (WebRTC 1.0 §4.4.2, "administratively prohibited").

use std::net::SocketAddr;
use std::time::Duration;

use rill_ice::{Event, PairState, Role, TransportState};

use crate::subject::{Subject, address};

fn at(port: u16) -> SocketAddr {
    SocketAddr::new(address(1).ip(), port)
}

/// What a page sees of an address where nobody answers, and how many datagrams went there.
fn story(port: u16) -> (Vec<(Duration, Event)>, Vec<PairState>, usize) {
    let mut subject = Subject::new(Role::Controlling);
    let start = subject.now;
    subject.add(at(port), 1000);
    subject.end(None);
    let (mut events, mut sent, mut seen) = (Vec::new(), 0, subject.events.len());
    while subject.now - start < Duration::from_secs(60) {
        sent += subject.requests().len();
        subject.advance(Duration::from_millis(50));
        let news = subject.events[seen..].iter().cloned();
        events.extend(news.map(|event| (subject.now - start, event)));
        seen = subject.events.len();
    }
    assert_eq!(subject.state(), TransportState::Failed);
    (events, subject.pair_states(), sent)
}

/// Trickle C14: crates/rill-ice/src/agent/checks.rs: `path.is_permitted().then_some(path)` => `Some(path)`
/// Trickle C14: crates/rill-ice/src/agent/transmit.rs: `is_permitted = transaction.path.is_permitted();` => `is_permitted = true;`
#[test]
fn a_prohibited_port_is_never_contacted_and_nobody_can_tell() {
    let (events, states, sent) = story(4000);
    assert_eq!(states, [PairState::Failed]);
    assert!(sent >= 7, "{sent}");
    for port in [9, 53, 5060, 6667, 10_080] {
        assert_eq!(story(port), (events.clone(), states.clone(), 0), "{port}");
    }
}

/// Trickle C14: crates/rill-ice/src/agent/transmit.rs: `if reply.to.is_permitted() {` => `if true {`
/// Trickle C14: crates/rill-ice/src/agent/checks.rs: `path.is_permitted().then_some(path)`
#[test]
fn nor_is_a_peer_that_sends_from_there_answered() {
    let mut subject = Subject::new(Role::Controlled);
    let mut answers = |from: SocketAddr| {
        subject.check_from(from, true);
        let (mut sent, mut buffer) = (0, Vec::new());
        while subject
            .agent
            .poll_transmit(subject.now, &mut buffer)
            .is_some()
        {
            sent += 1;
        }
        sent
    };
    assert_eq!(answers(at(6667)), 0);
    assert_eq!(answers(at(6670)), 2, "a response and a check");
}

#[test]
fn other_candidates_are_not_held_up() {
    let mut subject = Subject::new(Role::Controlling);
    subject.add(at(6667), 2000);
    subject.add(at(4000), 1000);
    subject.answer_checks(&[at(4000)]);
    assert_eq!(subject.selected().map(|(to, _)| to), Some(at(4000)));
}
