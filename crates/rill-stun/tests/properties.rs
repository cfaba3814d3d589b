//! What must hold for all messages.

use std::net::{IpAddr, SocketAddr};

use proptest::collection::vec;
use proptest::prelude::*;
use rill_stun::{
    Check, Class, HEADER_LENGTH, MAGIC_COOKIE, Message, Method, TransactionId, Writer, is_stun,
    kind,
};

/// Asks a message everything there is to ask.
fn read_all(message: &Message<'_>) -> usize {
    let _ = (message.class(), message.method(), message.transaction_id());
    let _ = (
        message.username(),
        message.priority(),
        message.use_candidate(),
    );
    let _ = (
        message.ice_controlling(),
        message.ice_controlled(),
        message.software(),
    );
    let _ = (
        message.xor_mapped_address(),
        message.mapped_address(),
        message.error_code(),
    );
    let _ = (message.verify_integrity(b"key"), message.fingerprint());
    message.attributes().count() + message.unknown_attributes().count()
}

/// A header that is right, before attributes that are probably not.
fn with_header(attributes: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x01, 0x01];
    bytes.extend_from_slice(&(attributes.len() as u16).to_be_bytes());
    bytes.extend_from_slice(&MAGIC_COOKIE.to_be_bytes());
    bytes.extend_from_slice(&[1; 12]);
    bytes.extend_from_slice(attributes);
    bytes
}

/// Attributes with known types and lengths near the limits of their form.
fn attributes() -> impl Strategy<Value = Vec<u8>> {
    let types = prop_oneof![
        Just(kind::USERNAME),
        Just(kind::MESSAGE_INTEGRITY),
        Just(kind::ERROR_CODE),
        Just(kind::MESSAGE_INTEGRITY_SHA256),
        Just(kind::XOR_MAPPED_ADDRESS),
        Just(kind::PRIORITY),
        Just(kind::USE_CANDIDATE),
        Just(kind::FINGERPRINT),
        Just(kind::ICE_CONTROLLED),
        any::<u16>(),
    ];
    let attribute = (types, vec(any::<u8>(), 0..36), 0..20_u16).prop_map(|(kind, value, lie)| {
        // One length in twenty is wrong.
        let length = if lie == 0 { 0xffff } else { value.len() as u16 };
        let mut bytes = [kind.to_be_bytes(), length.to_be_bytes()].concat();
        bytes.extend_from_slice(&value);
        bytes.resize(bytes.len().next_multiple_of(4), 0xaa);
        bytes
    });
    vec(attribute, 0..8).prop_map(|attributes| attributes.concat())
}

fn class() -> impl Strategy<Value = Class> {
    prop_oneof![
        Just(Class::Request),
        Just(Class::Indication),
        Just(Class::Success),
        Just(Class::Error),
    ]
}

proptest! {
    #[test]
    fn no_datagram_makes_the_parser_panic(bytes in vec(any::<u8>(), 0..256)) {
        let _ = is_stun(&bytes);
        let _ = Message::parse(&bytes).map(|message| read_all(&message));
    }

    #[test]
    fn no_attributes_make_the_getters_panic(attributes in attributes()) {
        let bytes = with_header(&attributes);
        prop_assert!(is_stun(&bytes));
        if let Ok(message) = Message::parse(&bytes) {
            prop_assert!(read_all(&message) <= 2 * attributes.len());
        }
    }

    #[test]
    fn what_is_written_is_read(
        class in class(),
        method in 0..=0xfff_u16,
        id in any::<[u8; 12]>(),
        username in vec(any::<u8>(), 0..509),
        priority in any::<u32>(),
        tie_breaker in any::<u64>(),
        address in any::<(IpAddr, u16)>(),
        code in 300..700_u16,
        reason in "\\PC{0,127}",
        key in vec(any::<u8>(), 0..100),
    ) {
        let method = Method::new(method).expect("at most twelve bits");
        let address = SocketAddr::from(address);
        let mut buffer = Vec::new();
        let bytes = Writer::new(&mut buffer, class, method, TransactionId(id))
            .username(&username)
            .priority(priority)
            .use_candidate()
            .ice_controlling(tie_breaker)
            .ice_controlled(!tie_breaker)
            .xor_mapped_address(address)
            .error_code(code, &reason)
            .software(&reason)
            .message_integrity(&key)
            .message_integrity_sha256(&key)
            .fingerprint()
            .finish();
        prop_assert_eq!((bytes.len() - HEADER_LENGTH) % 4, 0);
        let message = Message::parse(bytes).expect("we wrote it");
        prop_assert_eq!((message.class(), message.method()), (class, method));
        prop_assert_eq!(message.transaction_id(), TransactionId(id));
        prop_assert_eq!(message.username(), Some(&username[..]));
        prop_assert_eq!(message.priority(), Some(priority));
        prop_assert!(message.use_candidate());
        prop_assert_eq!(message.ice_controlling(), Some(tie_breaker));
        prop_assert_eq!(message.ice_controlled(), Some(!tie_breaker));
        prop_assert_eq!(message.xor_mapped_address(), Some(address));
        let error = message.error_code().expect("it was written");
        prop_assert_eq!((error.code, error.reason), (code, &reason[..]));
        prop_assert_eq!(message.software(), Some(&reason[..]));
        prop_assert_eq!(message.unknown_attributes().count(), 0);
        prop_assert_eq!(message.verify_integrity(&key), Check::Valid);
        prop_assert_eq!(message.fingerprint(), Check::Valid);
    }
}
