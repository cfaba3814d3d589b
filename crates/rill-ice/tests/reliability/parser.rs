//! Lengths that lie.

use std::hint::black_box;

use rill_ice::{Received, Role};
use rill_stun::{MAGIC_COOKIE, Message};

use crate::subject::{Subject, address, success};

/// Looks at everything that a message may have.
fn read_all(message: &Message<'_>) {
    black_box((
        message.username(),
        message.priority(),
        message.use_candidate(),
    ));
    black_box((
        message.ice_controlling(),
        message.ice_controlled(),
        message.nomination(),
    ));
    black_box((message.xor_mapped_address(), message.mapped_address()));
    black_box((
        message.error_code(),
        message.software(),
        message.fingerprint(),
    ));
    black_box((
        message.integrity_algorithm(),
        message.verify_integrity(b"key"),
    ));
    black_box((
        message.realm(),
        message.nonce(),
        message.security_features(),
    ));
    black_box((
        message.userhash(),
        message.password_algorithm(),
        message.alternate_domain(),
    ));
    black_box((
        message.channel_number(),
        message.lifetime(),
        message.data(),
        message.data_range(),
    ));
    black_box((
        message.requested_address_family(),
        message.additional_address_family(),
    ));
    black_box((
        message.even_port(),
        message.requested_transport(),
        message.dont_fragment(),
    ));
    black_box((
        message.reservation_token(),
        message.icmp(),
        message.password_algorithms(),
    ));
    let counts = [
        message.attributes().count(),
        message.unknown_attributes().count(),
        message.alternate_servers().count(),
        message.xor_peer_addresses().count(),
        message.xor_relayed_addresses().count(),
        message.address_error_codes().count(),
    ];
    black_box(counts);
}

/// A message of one attribute with this many bytes behind its head, which claims others.
fn message(head: u16, kind: u16, claimed: u16, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(value.len() + 4).expect("short");
    let mut bytes = [head, length].map(u16::to_be_bytes).concat();
    bytes.extend(MAGIC_COOKIE.to_be_bytes());
    bytes.extend([5; 12]);
    bytes.extend([kind, claimed].map(u16::to_be_bytes).concat());
    bytes.extend(value);
    bytes
}

/// Attribute lengths of 0 to 3, 0xFFFC and 0xFFFF, the right one and its neighbours, for every attribute
/// there is, in every kind of message that an agent takes.
///
/// Reliability 4: crates/rill-stun/src/attribute/mod.rs: `if padded > rest.len() {` => `if padded > rest.len() + 8 {`
#[test]
fn an_attribute_that_claims_more_than_there_is_voids_its_message() {
    let mut subject = Subject::new(Role::Controlled);
    let kinds = (0..0x34).chain(0x8000..0x8034).chain(0xc000..0xc008);
    let (mut read, mut refused) = (0, 0);
    for kind in kinds {
        for length in (0..=36).step_by(4) {
            for filling in [0, 0xff] {
                let value = vec![filling; length];
                let right = u16::try_from(length).expect("short");
                let near = [right.saturating_sub(1), right, right + 1];
                for claimed in [0, 1, 2, 3, 0xfffc, 0xffff].into_iter().chain(near) {
                    for head in [0x0001, 0x0101, 0x0111, 0x0103, 0x0113, 0x0017] {
                        let bytes = message(head, kind, claimed, &value);
                        match Message::parse(&bytes) {
                            Ok(message) => {
                                assert!(usize::from(claimed) <= length, "{kind:#x} {claimed}");
                                read_all(&message);
                                read += 1;
                            }
                            Err(_) => refused += 1,
                        }
                        let received = subject.feed(address(1), bytes);
                        assert_eq!(received, Received::Dropped, "nothing of it is signed");
                    }
                }
            }
        }
    }
    assert!(
        read > 10_000 && refused > 10_000,
        "{read} read, {refused} refused"
    );
    assert_eq!(subject.pairs(), []);
}

/// Truncations at each byte.
///
/// Reliability 4: crates/rill-stun/src/header.rs: `if length != attributes.len() {` => `if false {`
#[test]
fn a_part_of_a_check_or_of_an_answer_is_nothing() {
    let mut subject = Subject::new(Role::Controlling);
    let check = subject.check(false);
    for length in 0..check.len() {
        let received = subject.feed(address(2), check[..length].to_vec());
        assert_ne!(received, Received::Consumed, "{length}");
    }
    assert_eq!(subject.pairs(), []);
    assert_eq!(subject.requests(), []);
    subject.add(address(1), 1000);
    let (to, request) = subject.requests().remove(0);
    let answer = success(&request);
    for length in 0..answer.len() {
        let received = subject.feed(to, answer[..length].to_vec());
        assert_ne!(received, Received::Consumed, "{length}");
    }
    assert_eq!(subject.selected(), None);
    assert_eq!(subject.feed(to, answer), Received::Consumed);
    assert_eq!(subject.selected().map(|(remote, _)| remote), Some(to));
}
