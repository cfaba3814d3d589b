//! Whoever is not the peer does not choose the path, nor does the peer out of turn.

use std::net::SocketAddr;
use std::time::Duration;

use rill_ice::{PairState, Received, Role};

use crate::subject::{Subject, address, success};

/// Connected by one pair, which is nominated.
fn settled(role: Role) -> Subject {
    let mut subject = Subject::new(role);
    subject.add(address(1), 1000);
    if role == Role::Controlled {
        subject.check_from(address(1), true);
    }
    subject.answer_checks(&[address(1)]);
    assert_eq!(subject.selected(), Some((address(1), true)));
    subject
}

/// Reliability 6: crates/rill-ice/src/agent/inbound.rs: `if message.verify_integrity_with(&self.local.key.integrity) != Integrity::Valid {` => `if false {`
#[test]
fn a_nomination_with_bad_integrity_moves_nothing() {
    for role in [Role::Controlled, Role::Controlling] {
        let mut subject = settled(role);
        let right = std::mem::replace(&mut subject.local.pwd, "a guess of twenty-two chars".into());
        for from in [address(1), address(2)] {
            let forged = subject.check(true);
            assert_eq!(subject.feed(from, forged), Received::Dropped);
        }
        subject.local.pwd = right;
        assert_eq!(subject.requests(), []);
        assert_eq!(subject.pairs().len(), 1);
        assert_eq!(subject.selected(), Some((address(1), true)));
    }
}

/// Until our own check to there is answered by who knows the peer's password.
///
/// Reliability 6: crates/rill-ice/src/pair.rs: `self.is_valid() && self.nominated == Nominated::Yes` => `self.nominated != Nominated::No`
#[test]
fn a_nomination_from_an_unpaired_source_waits_for_our_own_check() {
    let mut subject = settled(Role::Controlled);
    subject.check_from(address(3), true);
    for _ in 0..100 {
        // The peer lives on; at the other place nobody answers.
        subject.answer_checks(&[address(1)]);
        subject.advance(Duration::from_millis(100));
        assert_eq!(subject.selected(), Some((address(1), true)));
    }
    assert!(
        subject
            .pairs()
            .iter()
            .all(|pair| !pair.nominated || pair.selected)
    );
}

/// Reliability 6: crates/rill-ice/src/agent/inbound.rs: `if role == Role::Controlled {` => `if true {`
#[test]
fn a_controlled_peer_nominates_nothing() {
    let mut subject = Subject::new(Role::Controlling);
    let both: [SocketAddr; 2] = [address(1), address(2)];
    subject.add(both[0], 2000);
    subject.add(both[1], 1000);
    subject.answer_checks(&both);
    subject.advance(Duration::from_millis(200));
    subject.answer_checks(&both);
    assert_eq!(subject.selected(), Some((both[0], true)));
    subject.check_from(both[1], true);
    subject.answer_checks(&both);
    let nominated: Vec<_> = subject
        .pairs()
        .into_iter()
        .filter(|pair| pair.nominated)
        .collect();
    assert_eq!(nominated.len(), 1);
    assert_eq!(subject.selected(), Some((both[0], true)));
}

/// RFC 8445 §7.2.5.2.1, and nothing is selected.
///
/// Reliability 6: crates/rill-ice/src/agent/responses.rs: `if check.kind == CheckKind::Validation {` => `if false {`
#[test]
fn an_answer_from_another_address_fails_its_pair() {
    let mut subject = Subject::new(Role::Controlling);
    subject.add(address(1), 1000);
    let (asked, request) = subject.requests().remove(0);
    let port = SocketAddr::new(asked.ip(), asked.port() + 1);
    subject.feed(port, success(&request));
    assert_eq!(subject.pair_states(), [PairState::Failed]);
    assert_eq!(subject.feed(asked, success(&request)), Received::Dropped);
    assert_eq!(subject.selected(), None);
}
