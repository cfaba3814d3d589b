//! What is signed, and what only stands behind it (RFC 8489 §14.5).

use rill_ice::{PairState, Received, Role};
use rill_stun::{Class, Message, Method, TransactionId, Writer};

use crate::subject::{PASSWORD, Subject, address, success};

fn begin<'b>(bytes: &'b mut Vec<u8>, subject: &Subject) -> Writer<'b> {
    let id = TransactionId([1; 12]);
    Writer::new(bytes, Class::Request, Method::BINDING, id)
        .username(format!("{}:{}", subject.local.ufrag, subject.remote))
}

/// The codes of the errors that are sent now.
fn errors(subject: &mut Subject) -> Vec<u16> {
    let (mut codes, mut buffer) = (Vec::new(), Vec::new());
    while subject
        .agent
        .poll_transmit(subject.now, &mut buffer)
        .is_some()
    {
        let message = Message::parse(&buffer).expect("well formed");
        codes.extend(message.error_code().map(|error| error.code));
    }
    codes
}

/// Reliability 5: crates/rill-stun/src/attribute/mod.rs: `kind::MESSAGE_INTEGRITY => Self::Sha256AndFingerprint,` => `kind::MESSAGE_INTEGRITY => Self::All,`
#[test]
fn a_priority_behind_the_integrity_is_none() {
    let mut subject = Subject::new(Role::Controlled);
    let mut bytes = Vec::new();
    begin(&mut bytes, &subject)
        .ice_controlling(7)
        .message_integrity(subject.local.pwd.as_bytes())
        .priority(1_000_000)
        .fingerprint()
        .finish();
    assert_eq!(subject.feed(address(1), bytes), Received::Consumed);
    assert_eq!(errors(&mut subject), [400]);
    assert_eq!(subject.pairs(), []);
}

/// Reliability 5: crates/rill-stun/src/attribute/mod.rs: `kind::MESSAGE_INTEGRITY => Self::Sha256AndFingerprint,` => `kind::MESSAGE_INTEGRITY => Self::All,`
#[test]
fn a_nomination_and_a_role_behind_the_integrity_are_none() {
    let mut subject = Subject::new(Role::Controlled);
    let mut bytes = Vec::new();
    begin(&mut bytes, &subject)
        .priority(1_000_000)
        .ice_controlling(7)
        .message_integrity(subject.local.pwd.as_bytes())
        .use_candidate()
        .ice_controlled(0)
        .fingerprint()
        .finish();
    assert_eq!(subject.feed(address(1), bytes), Received::Consumed);
    assert_eq!(errors(&mut subject), []);
    subject.check_from(address(1), false);
    subject.answer_checks(&[address(1)]);
    assert_eq!(subject.agent.role(), Role::Controlled);
    assert_eq!(subject.selected(), Some((address(1), false)));
}

/// Also in a response, and also behind a signature that is right.
///
/// Reliability 5: crates/rill-ice/src/agent/inbound.rs: `Ok(message) if message.fingerprint() != Integrity::Invalid => message,` => `Ok(message) => message,`
#[test]
fn a_wrong_checksum_voids_what_is_signed_rightly() {
    let spoil = |mut bytes: Vec<u8>| {
        *bytes.last_mut().expect("it has a fingerprint") ^= 1;
        bytes
    };
    let mut subject = Subject::new(Role::Controlled);
    let check = spoil(subject.check(true));
    assert_eq!(subject.feed(address(1), check), Received::Dropped);
    assert_eq!(subject.pairs(), []);
    subject.add(address(1), 1000);
    let (to, request) = subject.requests().remove(0);
    assert_eq!(
        subject.feed(to, spoil(success(&request))),
        Received::Dropped
    );
    assert_eq!(subject.pair_states(), [PairState::InProgress]);
}

/// An address behind the signature of an answer is no address.
///
/// Reliability 5: crates/rill-stun/src/attribute/mod.rs: `kind::MESSAGE_INTEGRITY => Self::Sha256AndFingerprint,` => `kind::MESSAGE_INTEGRITY => Self::All,`
#[test]
fn a_mapped_address_behind_the_integrity_is_none() {
    let mut subject = Subject::new(Role::Controlling);
    subject.add(address(1), 1000);
    let (to, request) = subject.requests().remove(0);
    let id = Message::parse(&request).expect("our own").transaction_id();
    let mut bytes = Vec::new();
    Writer::new(&mut bytes, Class::Success, Method::BINDING, id)
        .message_integrity(PASSWORD.as_bytes())
        .xor_mapped_address("198.51.100.9:9".parse().expect("a literal"))
        .fingerprint()
        .finish();
    assert_eq!(subject.feed(to, bytes), Received::Dropped);
    assert_eq!(subject.selected(), None);
}
