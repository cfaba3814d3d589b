//! Messages as a careless or hostile sender makes them.

use rill_stun::{
    Algorithm, Check, Class, ErrorCode, HEADER_LENGTH, MAGIC_COOKIE, Message, Method, ParseError,
    RawAttribute, TransactionId, Writer, is_stun, kind,
};

const ID: TransactionId = TransactionId([9; 12]);
const KEY: &[u8] = b"a password of twenty-two";

/// A Binding request with these bytes in place of attributes.
fn request(attributes: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x00, 0x01];
    bytes.extend_from_slice(&(attributes.len() as u16).to_be_bytes());
    bytes.extend_from_slice(&MAGIC_COOKIE.to_be_bytes());
    bytes.extend_from_slice(&ID.0);
    bytes.extend_from_slice(attributes);
    bytes
}

fn write(build: impl FnOnce(Writer<'_>) -> Writer<'_>) -> Vec<u8> {
    let mut buffer = Vec::new();
    build(Writer::new(
        &mut buffer,
        Class::Request,
        Method::BINDING,
        ID,
    ))
    .finish();
    buffer
}

/// Appends attributes behind a finished message and corrects its length field.
fn append(message: &mut Vec<u8>, attributes: &[u8]) {
    message.extend_from_slice(attributes);
    let length = (message.len() - HEADER_LENGTH) as u16;
    message[2..4].copy_from_slice(&length.to_be_bytes());
}

fn parse(bytes: &[u8]) -> Message<'_> {
    Message::parse(bytes).expect("its structure is sound")
}

#[test]
fn an_attribute_length_beyond_the_message_is_refused() {
    for (length, expected) in [(0xfffc_u16, 0xfffc), (0xffff, 0x1_0000), (5, 8), (8, 8)] {
        let mut attribute = vec![0x80, 0x22];
        attribute.extend_from_slice(&length.to_be_bytes());
        attribute.extend_from_slice(&[0; 4]);
        let error = ParseError::TruncatedAttribute {
            kind: kind::SOFTWARE,
            expected,
            actual: 4,
        };
        assert_eq!(Message::parse(&request(&attribute)).err(), Some(error));
    }
}

#[test]
fn short_attributes_take_their_padding() {
    let bytes = request(&[0x80, 0x22, 0, 0, 0x80, 0x22, 0, 3, b'a', b'b', b'c', 0xee]);
    let attributes: Vec<_> = parse(&bytes).attributes().collect();
    let software = |value| RawAttribute {
        kind: kind::SOFTWARE,
        value,
    };
    assert_eq!(attributes, [software(b""), software(b"abc")]);
}

#[test]
fn the_largest_attribute_is_read() {
    let message = write(|writer| writer.raw(kind::SOFTWARE, &[b'x'; 0xfff8]));
    assert_eq!(message.len(), HEADER_LENGTH + 0xfffc);
    assert_eq!(parse(&message).software().map(str::len), Some(0xfff8));
}

#[test]
#[should_panic(expected = "65532 at most")]
fn an_attribute_that_fits_no_datagram_is_the_callers_mistake() {
    write(|writer| writer.raw(kind::SOFTWARE, &[b'x'; 0xfff9]));
}

#[test]
fn a_wrong_header_is_refused() {
    let good = request(&[]);
    assert!(is_stun(&good));

    let mut bytes = good.clone();
    bytes[0] = 0x80;
    assert!(!is_stun(&bytes));
    assert_eq!(
        Message::parse(&bytes).err(),
        Some(ParseError::WrongType { actual: 0x8001 })
    );

    let mut bytes = good.clone();
    bytes[7] = 0;
    assert!(!is_stun(&bytes));
    let error = ParseError::WrongCookie {
        expected: MAGIC_COOKIE,
        actual: 0x2112_a400,
    };
    assert_eq!(Message::parse(&bytes).err(), Some(error));

    let mut bytes = good.clone();
    bytes[3] = 2;
    bytes.extend_from_slice(&[0; 2]);
    assert_eq!(
        Message::parse(&bytes).err(),
        Some(ParseError::UnalignedLength { actual: 2 })
    );

    let mut bytes = good;
    bytes.push(0);
    let error = ParseError::WrongLength {
        expected: 0,
        actual: 1,
    };
    assert_eq!(Message::parse(&bytes).err(), Some(error));
}

#[test]
fn other_protocols_are_not_stun() {
    for first in [4_u8, 16, 20, 63, 64, 79, 128, 191, 255] {
        let mut bytes = request(&[]);
        bytes[0] = first;
        assert!(!is_stun(&bytes), "first byte {first}");
    }
    assert!(!is_stun(&[]));
    assert!(!is_stun(&request(&[])[..19]));
}

#[test]
fn attributes_after_message_integrity_are_ignored() {
    let mut bytes = write(|writer| writer.username("a:b").message_integrity(KEY));
    append(
        &mut bytes,
        &[
            0x00, 0x25, 0, 0, 0x00, 0x24, 0, 4, 1, 2, 3, 4, 0x7f, 0xff, 0, 0,
        ],
    );
    let message = parse(&bytes);
    assert!(!message.use_candidate());
    assert_eq!(message.priority(), None);
    assert_eq!(message.unknown_attributes().count(), 0);
    assert_eq!(message.attributes().count(), 2);
    assert_eq!(message.verify_integrity(KEY), Check::Valid);
}

#[test]
fn a_fingerprint_after_message_integrity_counts() {
    let bytes = write(|writer| writer.username("a:b").message_integrity(KEY).fingerprint());
    assert_eq!(parse(&bytes).fingerprint(), Check::Valid);
    let kinds: Vec<_> = parse(&bytes)
        .attributes()
        .map(|attribute| attribute.kind)
        .collect();
    assert_eq!(
        kinds,
        [kind::USERNAME, kind::MESSAGE_INTEGRITY, kind::FINGERPRINT]
    );
}

#[test]
fn a_fingerprint_that_is_not_last_is_invalid() {
    // Its checksum is right for the length of the whole message.
    let mut bytes = write(|writer| writer.raw(kind::FINGERPRINT, &[0; 4]).use_candidate());
    let checksum = crc32fast::hash(&bytes[..HEADER_LENGTH]) ^ 0x5354_554e;
    bytes[HEADER_LENGTH + 4..HEADER_LENGTH + 8].copy_from_slice(&checksum.to_be_bytes());
    assert_eq!(parse(&bytes).fingerprint(), Check::Invalid);
}

#[test]
fn the_first_of_two_fingerprints_counts() {
    let bytes = write(|writer| writer.fingerprint().fingerprint());
    assert_eq!(parse(&bytes).fingerprint(), Check::Invalid);
}

#[test]
fn a_wrong_checksum_is_invalid() {
    let mut bytes = write(|writer| writer.username("a:b").message_integrity(KEY).fingerprint());
    *bytes.last_mut().expect("not empty") ^= 1;
    assert_eq!(parse(&bytes).fingerprint(), Check::Invalid);
    assert_eq!(parse(&bytes).verify_integrity(KEY), Check::Valid);
}

#[test]
fn protecting_attributes_of_a_wrong_length_are_invalid() {
    let bytes = write(|writer| writer.raw(kind::MESSAGE_INTEGRITY, &[0; 16]));
    assert_eq!(parse(&bytes).verify_integrity(KEY), Check::Invalid);
    let bytes = write(|writer| writer.raw(kind::MESSAGE_INTEGRITY, &[]));
    assert_eq!(parse(&bytes).verify_integrity(KEY), Check::Invalid);
    let bytes = write(|writer| writer.raw(kind::FINGERPRINT, &[0; 3]));
    assert_eq!(parse(&bytes).fingerprint(), Check::Invalid);
}

#[test]
fn a_truncated_sha256_is_invalid() {
    let whole = write(|writer| writer.message_integrity_sha256(KEY));
    assert_eq!(parse(&whole).verify_integrity(KEY), Check::Valid);
    let bytes = write(|writer| {
        writer.raw(
            kind::MESSAGE_INTEGRITY_SHA256,
            &whole[HEADER_LENGTH + 4..][..16],
        )
    });
    assert_eq!(parse(&bytes).verify_integrity(KEY), Check::Invalid);
}

#[test]
fn sha256_is_preferred_when_both_are_there() {
    let both = |sha1: &[u8], sha256: &[u8]| {
        write(|writer| {
            writer
                .message_integrity(sha1)
                .message_integrity_sha256(sha256)
                .fingerprint()
        })
    };
    let bytes = both(KEY, KEY);
    assert_eq!(
        parse(&bytes).integrity_algorithm(),
        Some(Algorithm::HmacSha256)
    );
    assert_eq!(parse(&bytes).verify_integrity(KEY), Check::Valid);
    assert_eq!(parse(&bytes).fingerprint(), Check::Valid);
    assert_eq!(
        parse(&both(b"wrong", KEY)).verify_integrity(KEY),
        Check::Valid
    );
    assert_eq!(
        parse(&both(KEY, b"wrong")).verify_integrity(KEY),
        Check::Invalid
    );
}

#[test]
fn sha1_after_sha256_is_ignored() {
    let bytes = write(|writer| {
        writer
            .message_integrity_sha256(b"wrong")
            .message_integrity(KEY)
    });
    assert_eq!(parse(&bytes).verify_integrity(KEY), Check::Invalid);
    assert_eq!(parse(&bytes).attributes().count(), 1);
}

#[test]
fn a_message_without_integrity_says_so() {
    let bytes = write(|writer| writer.username("a:b"));
    assert_eq!(parse(&bytes).verify_integrity(KEY), Check::Absent);
    assert_eq!(parse(&bytes).integrity_algorithm(), None);
    assert_eq!(parse(&bytes).fingerprint(), Check::Absent);
}

#[test]
fn a_username_need_not_be_text() {
    let bytes = write(|writer| writer.username([0xff, 0xfe, 0x00]));
    assert_eq!(parse(&bytes).username(), Some(&[0xff, 0xfe, 0x00][..]));
}

#[test]
fn values_of_a_wrong_length_are_absent() {
    let bytes = write(|writer| {
        writer
            .raw(kind::PRIORITY, &[1, 2, 3])
            .raw(kind::USE_CANDIDATE, &[1])
            .raw(kind::NOMINATION, &[0, 0, 1])
            .raw(kind::ICE_CONTROLLING, &[0; 7])
            .raw(kind::ICE_CONTROLLED, &[0; 9])
            .raw(kind::XOR_MAPPED_ADDRESS, &[0, 1, 0, 0])
            .raw(kind::MAPPED_ADDRESS, &[])
            .raw(kind::ERROR_CODE, &[0, 0, 4])
    });
    let message = parse(&bytes);
    assert_eq!(message.priority(), None);
    assert!(!message.use_candidate());
    assert_eq!(message.nomination(), None);
    assert_eq!(message.ice_controlling(), None);
    assert_eq!(message.ice_controlled(), None);
    assert_eq!(message.xor_mapped_address(), None);
    assert_eq!(message.mapped_address(), None);
    assert_eq!(message.error_code(), None);
}

#[test]
fn the_first_of_equal_attributes_counts() {
    let bytes = write(|writer| writer.priority(1).priority(2));
    assert_eq!(parse(&bytes).priority(), Some(1));
}

#[test]
fn unknown_attributes_are_those_that_must_be_understood() {
    let bytes = write(|writer| {
        writer
            .raw(0x0003, b"")
            .username("a")
            .raw(0xc057, b"1234")
            .raw(0x7fff, b"")
            .raw(0x8000, b"")
    });
    let unknown: Vec<_> = parse(&bytes).unknown_attributes().collect();
    assert_eq!(unknown, [0x0003, 0x7fff]);

    let mut buffer = Vec::new();
    let refusal = Writer::new(&mut buffer, Class::Error, Method::BINDING, ID)
        .error_code(ErrorCode::UNKNOWN_ATTRIBUTE, "Unknown Attribute")
        .unknown_attributes(parse(&bytes).unknown_attributes())
        .finish();
    let refusal = parse(refusal);
    let error = ErrorCode {
        code: 420,
        reason: "Unknown Attribute",
    };
    assert_eq!(refusal.error_code(), Some(error));
    let list = refusal
        .attributes()
        .last()
        .expect("two attributes were written");
    let expected = RawAttribute {
        kind: kind::UNKNOWN_ATTRIBUTES,
        value: &[0, 3, 0x7f, 0xff],
    };
    assert_eq!(list, expected);
}
