//! Writing TURN's attributes.

use std::net::SocketAddr;

use super::{AddressErrorCode, Icmp};
use crate::attribute::kind;
use crate::{AddressFamily, ChannelNumber, Writer};

impl Writer<'_> {
    /// CHANNEL-NUMBER.
    pub fn channel_number(self, channel: ChannelNumber) -> Self {
        let [high, low] = channel.number().to_be_bytes();
        self.raw(kind::CHANNEL_NUMBER, &[high, low, 0, 0])
    }

    /// LIFETIME, in seconds.
    pub fn lifetime(self, seconds: u32) -> Self {
        self.raw(kind::LIFETIME, &seconds.to_be_bytes())
    }

    /// XOR-PEER-ADDRESS; may stand several times in a CreatePermission request.
    pub fn xor_peer_address(self, peer: SocketAddr) -> Self {
        self.xor_address(kind::XOR_PEER_ADDRESS, peer)
    }

    /// XOR-RELAYED-ADDRESS; stands once for each family.
    pub fn xor_relayed_address(self, relayed: SocketAddr) -> Self {
        self.xor_address(kind::XOR_RELAYED_ADDRESS, relayed)
    }

    /// DATA: what is sent to a peer, or came from it.
    pub fn data(self, data: &[u8]) -> Self {
        self.raw(kind::DATA, data)
    }

    /// REQUESTED-ADDRESS-FAMILY; not together with the following (RFC 8656 §7.1).
    pub fn requested_address_family(self, family: AddressFamily) -> Self {
        self.raw(kind::REQUESTED_ADDRESS_FAMILY, &[family.number(), 0, 0, 0])
    }

    /// ADDITIONAL-ADDRESS-FAMILY, which is always IPv6 (RFC 8656 §18.11): an address of each.
    pub fn additional_address_family(self) -> Self {
        let value = [AddressFamily::V6.number(), 0, 0, 0];
        self.raw(kind::ADDITIONAL_ADDRESS_FAMILY, &value)
    }

    /// ADDRESS-ERROR-CODE: why there is no address of this family.
    pub fn address_error_code(self, refused: AddressErrorCode<'_>) -> Self {
        let ([_, _, class, number], reason) = refused.error.encode();
        let fixed = [refused.family.number(), 0, class, number];
        let value = [&fixed, reason.as_bytes()].concat();
        self.raw(kind::ADDRESS_ERROR_CODE, &value)
    }

    /// EVEN-PORT, and whether to reserve the port after it.
    pub fn even_port(self, reserve_next: bool) -> Self {
        self.raw(kind::EVEN_PORT, &[if reserve_next { 0x80 } else { 0 }])
    }

    /// REQUESTED-TRANSPORT between the server and the peers, which is always UDP (RFC 8656 §18.8).
    pub fn requested_transport_udp(self) -> Self {
        self.raw(kind::REQUESTED_TRANSPORT, &[17, 0, 0, 0])
    }

    /// DONT-FRAGMENT.
    pub fn dont_fragment(self) -> Self {
        self.raw(kind::DONT_FRAGMENT, &[])
    }

    /// RESERVATION-TOKEN.
    pub fn reservation_token(self, token: [u8; 8]) -> Self {
        self.raw(kind::RESERVATION_TOKEN, &token)
    }

    /// ICMP: why a datagram did not reach the peer.
    pub fn icmp(self, icmp: Icmp) -> Self {
        self.raw(kind::ICMP, &icmp.encode())
    }
}
