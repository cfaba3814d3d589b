//! The vectors of RFC 5769 and RFC 8489 Appendix B.1: parsed, verified, and written again.

mod published;

use std::net::SocketAddr;

use published::{IPV4_RESPONSE, IPV6_RESPONSE, LONG_TERM_REQUEST, REQUEST, SHA256_REQUEST};
use rill_stun::{
    Algorithm, Check, Class, IntegrityKey, Message, Method, ParseError, PasswordAlgorithm,
    SecurityFeatures, TransactionId, Writer, is_stun, kind, userhash,
};

const PASSWORD: &[u8] = b"VOkJxbRl1RmTxUk/WvJxBt";
const ID: TransactionId = TransactionId([
    0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae,
]);
const LONG_TERM_ID: TransactionId = TransactionId([
    0x78, 0xad, 0x34, 0x33, 0xc6, 0xad, 0x72, 0xc0, 0x29, 0xda, 0x41, 0x2e,
]);

const USERNAME: &str = "マトリックス";
const REALM: &[u8] = b"example.org";

/// "The<U+00AD>M<U+00AA>tr<U+2168>" as prepared in both RFCs.
const LONG_TERM_PASSWORD: &str = "TheMatrIX";

fn long_term_key(algorithm: PasswordAlgorithm) -> IntegrityKey {
    IntegrityKey::long_term(algorithm, USERNAME, REALM, LONG_TERM_PASSWORD)
}

fn parse(bytes: &[u8]) -> Message<'_> {
    assert!(is_stun(bytes));
    Message::parse(bytes).expect("a published vector")
}

fn address(text: &str) -> SocketAddr {
    text.parse().expect("a literal")
}

/// The vectors pad with spaces where we write zeros (RFC 8489 §14), so what we write is compared
/// by its attributes.
fn assert_same_content(written: &[u8], vector: &[u8]) {
    let (written, vector) = (parse(written), parse(vector));
    assert_eq!(written.class(), vector.class());
    assert_eq!(written.transaction_id(), vector.transaction_id());
    let protects = |kind| matches!(kind, kind::MESSAGE_INTEGRITY | kind::FINGERPRINT);
    let content = |message: Message<'_>| -> Vec<(u16, Vec<u8>)> {
        let attributes = message
            .attributes()
            .filter(|attribute| !protects(attribute.kind));
        attributes
            .map(|attribute| (attribute.kind, attribute.value.to_vec()))
            .collect()
    };
    assert_eq!(content(written), content(vector));
}

/// Reliability 4: crates/rill-stun/src/attribute/mod.rs: `if self.open.admits(attribute.kind) {`
#[test]
fn sample_request_is_read_and_verified() {
    let message = parse(&REQUEST);
    assert_eq!(message.class(), Class::Request);
    assert_eq!(message.method(), Method::BINDING);
    assert_eq!(message.transaction_id(), ID);
    assert_eq!(message.software(), Some("STUN test client"));
    assert_eq!(message.priority(), Some(0x6e00_01ff));
    assert_eq!(message.ice_controlled(), Some(0x932f_f9b1_5126_3b36));
    assert_eq!(message.ice_controlling(), None);
    assert!(!message.use_candidate());
    assert_eq!(message.username(), Some(&b"evtj:h6vY"[..]));
    assert_eq!(message.integrity_algorithm(), Some(Algorithm::HmacSha1));
    assert_eq!(message.verify_integrity(PASSWORD), Check::Valid);
    assert_eq!(
        message.verify_integrity_with(&IntegrityKey::new(PASSWORD)),
        Check::Valid
    );
    assert_eq!(
        message.verify_integrity(b"another password"),
        Check::Invalid
    );
    assert_eq!(message.fingerprint(), Check::Valid);
    assert_eq!(message.unknown_attributes().count(), 0);
}

#[test]
fn sample_request_is_written() {
    let mut buffer = Vec::new();
    let written = Writer::new(&mut buffer, Class::Request, Method::BINDING, ID)
        .software("STUN test client")
        .priority(0x6e00_01ff)
        .ice_controlled(0x932f_f9b1_5126_3b36)
        .username("evtj:h6vY")
        .message_integrity(PASSWORD)
        .fingerprint()
        .finish();
    assert_eq!(written.len(), REQUEST.len());
    assert_same_content(written, &REQUEST);
    assert_eq!(parse(written).verify_integrity(PASSWORD), Check::Valid);
    assert_eq!(parse(written).fingerprint(), Check::Valid);
}

#[test]
fn sample_responses_are_read_and_verified() {
    let samples = [
        (&IPV4_RESPONSE[..], "192.0.2.1:32853"),
        (
            &IPV6_RESPONSE[..],
            "[2001:db8:1234:5678:11:2233:4455:6677]:32853",
        ),
    ];
    for (vector, mapped) in samples {
        let message = parse(vector);
        assert_eq!(message.class(), Class::Success);
        assert_eq!(message.software(), Some("test vector"));
        assert_eq!(message.xor_mapped_address(), Some(address(mapped)));
        assert_eq!(message.mapped_address(), None);
        assert_eq!(message.verify_integrity(PASSWORD), Check::Valid);
        assert_eq!(message.fingerprint(), Check::Valid);

        let mut buffer = Vec::new();
        let written = Writer::new(&mut buffer, Class::Success, Method::BINDING, ID)
            .software("test vector")
            .xor_mapped_address(address(mapped))
            .message_integrity(PASSWORD)
            .fingerprint()
            .finish();
        assert_same_content(written, vector);
        assert_eq!(parse(written).verify_integrity(PASSWORD), Check::Valid);
    }
}

#[test]
fn long_term_request_is_read_and_written_to_the_byte() {
    let nonce = b"f//499k954d6OL34oL9FSTvy64sA";
    let key = long_term_key(PasswordAlgorithm::Md5);
    let message = parse(&LONG_TERM_REQUEST);
    assert_eq!(message.username(), Some(USERNAME.as_bytes()));
    assert_eq!(message.realm(), Some(REALM));
    assert_eq!(message.nonce(), Some(&nonce[..]));
    assert_eq!(message.security_features(), None);
    assert_eq!(message.verify_integrity_with(&key), Check::Valid);
    assert_eq!(message.fingerprint(), Check::Absent);

    let mut buffer = Vec::new();
    let written = Writer::new(&mut buffer, Class::Request, Method::BINDING, LONG_TERM_ID)
        .username(USERNAME)
        .nonce(nonce)
        .realm(REALM)
        .message_integrity_with(&key)
        .finish();
    assert_eq!(written, LONG_TERM_REQUEST);
}

#[test]
fn sha256_request_is_read_and_written_to_the_byte() {
    let nonce = b"obMatJos2AAACf//499k954d6OL34oL9FSTvy64sA";
    let key = long_term_key(PasswordAlgorithm::Sha256);
    let hash = userhash(USERNAME, REALM);
    let message = parse(&SHA256_REQUEST);
    assert_eq!(message.integrity_algorithm(), Some(Algorithm::HmacSha256));
    assert_eq!(message.userhash(), Some(hash));
    assert_eq!(message.realm(), Some(REALM));
    assert_eq!(message.nonce(), Some(&nonce[..]));
    let no_features = SecurityFeatures::default();
    assert_eq!(message.security_features(), Some(no_features));
    assert_eq!(message.verify_integrity_with(&key), Check::Valid);
    let other = long_term_key(PasswordAlgorithm::Md5);
    assert_eq!(message.verify_integrity_with(&other), Check::Invalid);

    let mut buffer = Vec::new();
    let written = Writer::new(&mut buffer, Class::Request, Method::BINDING, LONG_TERM_ID)
        .userhash(&hash)
        .nonce(nonce)
        .realm(REALM)
        .message_integrity_sha256_with(&key)
        .finish();
    assert_eq!(written, SHA256_REQUEST);
}

/// Reliability 4: crates/rill-stun/src/header.rs: `if length != attributes.len() {` => `if false {`
#[test]
fn every_truncation_is_refused() {
    for vector in [
        &REQUEST[..],
        &IPV4_RESPONSE,
        &IPV6_RESPONSE,
        &LONG_TERM_REQUEST,
    ] {
        for length in 0..vector.len() {
            let error = Message::parse(&vector[..length]).expect_err("it is cut");
            if length < 20 {
                assert_eq!(
                    error,
                    ParseError::TooShort {
                        expected: 20,
                        actual: length
                    }
                );
            } else {
                let (expected, actual) = (vector.len() - 20, length - 20);
                assert_eq!(error, ParseError::WrongLength { expected, actual });
            }
        }
    }
}

#[test]
fn every_changed_byte_is_noticed() {
    for index in 0..REQUEST.len() {
        let mut changed = REQUEST;
        changed[index] ^= 0x20;
        let Ok(message) = Message::parse(&changed) else {
            continue;
        };
        assert_ne!(message.fingerprint(), Check::Valid, "byte {index}");
        let covered = index < REQUEST.len() - 8;
        let verified = message.verify_integrity(PASSWORD) == Check::Valid;
        assert_eq!(verified, !covered, "byte {index}");
    }
}

#[test]
fn sha256_request_as_published_has_a_wrong_length() {
    let mut published = SHA256_REQUEST;
    published[3] = 0x9c;
    let error = ParseError::WrongLength {
        expected: 156,
        actual: 136,
    };
    assert_eq!(Message::parse(&published).err(), Some(error));
}
