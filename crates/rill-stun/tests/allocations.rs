//! Answering a Binding request costs no allocation.

use std::hint::black_box;

use allocation_counter::measure;
use rill_stun::{Check, Class, IntegrityKey, Message, Method, TransactionId, Writer};

#[test]
fn the_counter_counts() {
    let counted = measure(|| {
        black_box(Box::new(1));
    });
    assert_eq!(counted.count_total, 1);
}

#[test]
fn answering_a_binding_request_allocates_nothing() {
    let key = IntegrityKey::new(b"VOkJxbRl1RmTxUk/WvJxBt");
    let id = TransactionId([3; 12]);
    let (mut request, mut response) = (Vec::with_capacity(256), Vec::with_capacity(256));
    let source = "[2001:db8::1]:32853".parse().expect("a literal");

    let counted = measure(|| {
        let datagram = Writer::new(&mut request, Class::Request, Method::BINDING, id)
            .username("evtj:h6vY")
            .priority(1)
            .ice_controlling(2)
            .use_candidate()
            .message_integrity_with(&key)
            .fingerprint()
            .finish();
        let message = Message::parse(datagram).expect("we wrote it");
        assert_eq!(message.fingerprint(), Check::Valid);
        assert_eq!(message.unknown_attributes().next(), None);
        assert_eq!(message.username(), Some(&b"evtj:h6vY"[..]));
        assert_eq!(message.verify_integrity_with(&key), Check::Valid);
        assert!(message.use_candidate());
        let answer = Writer::new(&mut response, Class::Success, Method::BINDING, id)
            .xor_mapped_address(source)
            .message_integrity_with(&key)
            .fingerprint()
            .finish();
        assert_eq!(
            Message::parse(answer).map(|m| m.xor_mapped_address()),
            Ok(Some(source))
        );
    });
    assert_eq!(counted.count_total, 0);
}
