//! STUN messages.

use rill_stun::{
    ChannelData, Check, Message, Padding, RawAttribute, Writer, frame_length, is_channel_data,
    is_stun, kind,
};

const KEY: &[u8] = b"VOkJxbRl1RmTxUk/WvJxBt";

/// What is accepted survives being written again; integrity and fingerprint notice every changed
/// bit; nothing panics.
pub fn stun(data: &[u8]) {
    channel(data);
    let Ok(message) = Message::parse(data) else {
        return;
    };
    // RFC 7983 §7 leaves only the lower methods to STUN on a socket that is shared.
    assert_eq!(is_stun(data), data[0] <= 3, "first byte {}", data[0]);
    assert_eq!(frame_length(data), Ok(Some(data.len())));
    look_at(&message, data.len());
    look_at_turn(&message, data);
    let attributes: Vec<RawAttribute<'_>> = message.attributes().collect();
    let mut buffer = Vec::new();
    assert_eq!(
        rewrite(&message, &attributes, &mut buffer),
        attributes.len()
    );
    let again = Message::parse(&buffer).expect("what we wrote is a message");
    assert!(
        again.attributes().eq(attributes.iter().copied()),
        "the attributes changed"
    );
    assert_eq!(again.class(), message.class());
    assert_eq!(again.method(), message.method());
    assert_eq!(again.transaction_id(), message.transaction_id());
    for cut in [1, 2, 3, 4, data.len() / 2] {
        let cut = data.len().saturating_sub(cut);
        assert!(Message::parse(&data[..cut]).is_err(), "cut to {cut} bytes");
    }
    protect(&message, &attributes, data);
}

/// What is accepted on a channel survives being written again, and is found in a stream.
fn channel(data: &[u8]) {
    let Ok(message) = ChannelData::parse(data) else {
        return;
    };
    assert!(is_channel_data(data), "first byte {}", data[0]);
    let mut buffer = message.data.to_vec();
    ChannelData::wrap(message.channel, &mut buffer, Padding::None).expect("it came so long");
    assert!(data.starts_with(&buffer), "the header changed");
    let mut buffer = message.data.to_vec();
    ChannelData::wrap(message.channel, &mut buffer, Padding::ToFourBytes).expect("as before");
    assert_eq!(frame_length(&buffer), Ok(Some(buffer.len())));
    assert_eq!(ChannelData::parse(&buffer), Ok(message));
}

fn look_at_turn(message: &Message<'_>, data: &[u8]) {
    let range = message.data_range();
    assert_eq!(range.map(|range| &data[range]), message.data());
    if let Some(algorithms) = message.password_algorithms() {
        assert!(4 * algorithms.count() <= algorithms.as_bytes().len());
    }
    assert!(message.alternate_domain().is_none_or(str::is_ascii));
    let refused = message.address_error_codes();
    assert!(
        refused
            .map(|refused| refused.error.code)
            .all(|code| (300..700).contains(&code))
    );
    let _ = message.xor_peer_addresses().count() + message.xor_relayed_addresses().count();
    let _ = (
        message.security_features(),
        message.alternate_servers().count(),
    );
    let _ = (message.channel_number(), message.lifetime(), message.icmp());
    let _ = (message.requested_address_family(), message.even_port());
}

fn look_at(message: &Message<'_>, length: usize) {
    let total: usize = message
        .attributes()
        .map(|attribute| 4 + attribute.value.len())
        .sum();
    assert!(20 + total <= length, "more attributes than bytes");
    assert!(
        message.unknown_attributes().all(|kind| kind < 0x8000),
        "not comprehension-required"
    );
    if let Some(error) = message.error_code() {
        assert!((300..700).contains(&error.code), "code {}", error.code);
    }
    let _ = (
        message.username(),
        message.priority(),
        message.use_candidate(),
        message.software(),
    );
    let _ = (message.ice_controlling(), message.ice_controlled());
    let _ = (message.xor_mapped_address(), message.mapped_address());
    let _ = (
        message.verify_integrity(KEY),
        message.fingerprint(),
        message.integrity_algorithm(),
    );
}

/// Writes the message with these attributes, and says how many it wrote.
fn rewrite(message: &Message<'_>, attributes: &[RawAttribute<'_>], buffer: &mut Vec<u8>) -> usize {
    let mut writer = Writer::new(
        buffer,
        message.class(),
        message.method(),
        message.transaction_id(),
    );
    for attribute in attributes {
        writer = writer.raw(attribute.kind, attribute.value);
    }
    writer.finish();
    attributes.len()
}

/// Protects the message with integrity and fingerprint, then changes one bit.
fn protect(message: &Message<'_>, attributes: &[RawAttribute<'_>], data: &[u8]) {
    let mut buffer = Vec::new();
    let mut writer = Writer::new(
        &mut buffer,
        message.class(),
        message.method(),
        message.transaction_id(),
    );
    for attribute in attributes {
        let own = [
            kind::MESSAGE_INTEGRITY,
            kind::MESSAGE_INTEGRITY_SHA256,
            kind::FINGERPRINT,
        ];
        if !own.contains(&attribute.kind) {
            writer = writer.raw(attribute.kind, attribute.value);
        }
    }
    writer
        .message_integrity(KEY)
        .message_integrity_sha256(KEY)
        .fingerprint()
        .finish();
    let valid = Message::parse(&buffer).expect("what we wrote is a message");
    assert_eq!(valid.verify_integrity(KEY), Check::Valid);
    assert_eq!(valid.verify_integrity(b"another"), Check::Invalid);
    assert_eq!(valid.fingerprint(), Check::Valid);

    let seed = data.iter().fold(0_usize, |sum, byte| {
        sum.wrapping_mul(31) + usize::from(*byte)
    });
    let bit = seed % (buffer.len() * 8);
    buffer[bit / 8] ^= 1 << (bit % 8);
    if let Ok(damaged) = Message::parse(&buffer) {
        assert_ne!(
            damaged.fingerprint(),
            Check::Valid,
            "bit {bit} of the message was changed"
        );
    }
}
