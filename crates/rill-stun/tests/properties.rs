//! What must hold for all messages.

use std::net::{IpAddr, SocketAddr};

use proptest::collection::vec;
use proptest::prelude::*;
use rill_stun::{
    AddressErrorCode, AddressFamily, ChannelData, ChannelNumber, Check, Class, ErrorCode,
    HEADER_LENGTH, Icmp, MAGIC_COOKIE, Message, Method, PasswordAlgorithm, SecurityFeatures,
    TransactionId, Writer, frame_length, is_stun, kind,
};

/// Asks a message everything there is to ask.
fn read_all(message: &Message<'_>) -> usize {
    let _ = (message.class(), message.method(), message.transaction_id());
    let _ = (
        message.username(),
        message.priority(),
        message.use_candidate(),
        message.nomination(),
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
    let _ = (message.realm(), message.nonce(), message.userhash());
    let _ = (message.security_features(), message.password_algorithm());
    let _ = (
        message.alternate_domain(),
        message.alternate_servers().count(),
    );
    let _ = message.password_algorithms().map(Iterator::count);
    let _ = (message.channel_number(), message.lifetime(), message.icmp());
    let _ = message.xor_peer_addresses().count() + message.xor_relayed_addresses().count();
    let _ = (message.address_error_codes().count(), message.even_port());
    let _ = (message.requested_transport(), message.reservation_token());
    let _ = (
        message.requested_address_family(),
        message.additional_address_family(),
        message.dont_fragment(),
    );
    assert_eq!(
        message.data().map(<[u8]>::len),
        message.data_range().map(|range| range.len())
    );
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
        Just(kind::CHANNEL_NUMBER),
        Just(kind::LIFETIME),
        Just(kind::XOR_PEER_ADDRESS),
        Just(kind::DATA),
        Just(kind::NONCE),
        Just(kind::PASSWORD_ALGORITHMS),
        Just(kind::ADDRESS_ERROR_CODE),
        Just(kind::ICMP),
        Just(kind::ALTERNATE_DOMAIN),
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
        [priority, number] in any::<[u32; 2]>(),
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
            .nomination(number)
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
        prop_assert_eq!(message.nomination(), Some(number));
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
    #[test]
    fn what_turn_writes_is_read(
        id in any::<[u8; 12]>(),
        channel in 0x4000..=0x4fff_u16,
        seconds in any::<u32>(),
        peers in vec(any::<(IpAddr, u16)>(), 0..5),
        relayed in any::<[(IpAddr, u16); 2]>(),
        data in vec(any::<u8>(), 0..100),
        token in any::<[u8; 8]>(),
        (kind, code) in any::<(u8, u8)>(),
        reason in "\\PC{0,127}",
        flag in any::<bool>(),
    ) {
        let channel = ChannelNumber::new(channel).expect("in range");
        let peers: Vec<SocketAddr> = peers.into_iter().map(SocketAddr::from).collect();
        let relayed = relayed.map(SocketAddr::from);
        let icmp = Icmp { kind, code, data: seconds };
        let error = ErrorCode { code: 440, reason: &reason };
        let refused = AddressErrorCode { family: AddressFamily::V6, error };
        let mut buffer = Vec::new();
        let start = Writer::new(&mut buffer, Class::Success, Method::ALLOCATE, TransactionId(id));
        let bytes = peers
            .iter()
            .fold(start, |writer, peer| writer.xor_peer_address(*peer))
            .channel_number(channel)
            .lifetime(seconds)
            .xor_relayed_address(relayed[0])
            .xor_relayed_address(relayed[1])
            .data(&data)
            .requested_address_family(AddressFamily::V4)
            .additional_address_family()
            .address_error_code(refused)
            .even_port(flag)
            .requested_transport_udp()
            .dont_fragment()
            .reservation_token(token)
            .icmp(icmp)
            .finish();
        let message = Message::parse(bytes).expect("we wrote it");
        prop_assert_eq!(message.channel_number(), Some(channel));
        prop_assert_eq!(message.lifetime(), Some(seconds));
        prop_assert_eq!(message.xor_peer_addresses().collect::<Vec<_>>(), peers);
        prop_assert_eq!(message.xor_relayed_addresses().collect::<Vec<_>>(), relayed);
        prop_assert_eq!(message.data(), Some(&data[..]));
        prop_assert_eq!(&bytes[message.data_range().expect("it is there")], &data[..]);
        prop_assert_eq!(message.requested_address_family(), Some(AddressFamily::V4));
        prop_assert_eq!(message.additional_address_family(), Some(AddressFamily::V6));
        prop_assert_eq!(message.address_error_codes().collect::<Vec<_>>(), [refused]);
        prop_assert_eq!(message.even_port(), Some(flag));
        prop_assert_eq!(message.requested_transport(), Some(17));
        prop_assert!(message.dont_fragment());
        prop_assert_eq!(message.reservation_token(), Some(token));
        prop_assert_eq!(message.icmp(), Some(icmp));
        prop_assert_eq!(message.unknown_attributes().count(), 0);
    }

    #[test]
    fn what_a_server_says_of_credentials_is_read(
        realm in vec(any::<u8>(), 0..764),
        nonce in vec(any::<u8>(), 0..750),
        (password_algorithms, username_anonymity) in any::<(bool, bool)>(),
        server in any::<(IpAddr, u16)>(),
        domain in "[a-z0-9.-]{1,255}",
        hash in any::<[u8; 32]>(),
    ) {
        let features = SecurityFeatures { password_algorithms, username_anonymity };
        let nonce = [&features.cookie()[..], &nonce].concat();
        let list = [PasswordAlgorithm::Sha256, PasswordAlgorithm::Md5].map(PasswordAlgorithm::encode);
        let mut buffer = Vec::new();
        let id = TransactionId([4; 12]);
        let bytes = Writer::new(&mut buffer, Class::Error, Method::ALLOCATE, id)
            .realm(&realm)
            .nonce(&nonce)
            .password_algorithms(list.as_flattened())
            .password_algorithm(PasswordAlgorithm::Sha256)
            .userhash(&hash)
            .alternate_server(server.into())
            .alternate_domain(&domain)
            .finish();
        let message = Message::parse(bytes).expect("we wrote it");
        prop_assert_eq!(message.realm(), Some(&realm[..]));
        prop_assert_eq!(message.nonce(), Some(&nonce[..]));
        prop_assert_eq!(message.security_features(), Some(features));
        let algorithms = message.password_algorithms().expect("they were written");
        prop_assert_eq!(algorithms.as_bytes(), list.as_flattened());
        prop_assert!(algorithms.eq([PasswordAlgorithm::Sha256, PasswordAlgorithm::Md5]));
        prop_assert_eq!(message.password_algorithm(), Some(PasswordAlgorithm::Sha256));
        prop_assert_eq!(message.userhash(), Some(hash));
        prop_assert_eq!(message.alternate_servers().collect::<Vec<_>>(), [SocketAddr::from(server)]);
        prop_assert_eq!(message.alternate_domain(), Some(&domain[..]));
    }

    #[test]
    fn no_stream_makes_the_framing_panic(bytes in vec(any::<u8>(), 0..64)) {
        if let Ok(Some(length)) = frame_length(&bytes) {
            prop_assert_eq!(length % 4, 0);
            prop_assert!((4..=0xffff + 21).contains(&length));
        }
        let _ = ChannelData::parse(&bytes);
    }
}
