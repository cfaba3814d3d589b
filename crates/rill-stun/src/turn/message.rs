//! Reading TURN's attributes.

use std::net::SocketAddr;
use std::ops::Range;

use super::{AddressErrorCode, Icmp};
use crate::attribute::{address, kind};
use crate::{AddressFamily, ChannelNumber, Message};

impl<'a> Message<'a> {
    /// CHANNEL-NUMBER, if it is in range.
    pub fn channel_number(&self) -> Option<ChannelNumber> {
        let [high, low, _, _] = self.array(kind::CHANNEL_NUMBER)?;
        ChannelNumber::new(u16::from_be_bytes([high, low]))
    }

    /// LIFETIME, in seconds.
    pub fn lifetime(&self) -> Option<u32> {
        self.array(kind::LIFETIME).map(u32::from_be_bytes)
    }

    /// XOR-PEER-ADDRESS, one or more.
    pub fn xor_peer_addresses(&self) -> impl Iterator<Item = SocketAddr> + use<'a> {
        self.xor_addresses(kind::XOR_PEER_ADDRESS)
    }

    /// XOR-RELAYED-ADDRESS, one for each family that was allocated.
    pub fn xor_relayed_addresses(&self) -> impl Iterator<Item = SocketAddr> + use<'a> {
        self.xor_addresses(kind::XOR_RELAYED_ADDRESS)
    }

    /// DATA: what a peer sent, or is to be sent. May be empty.
    pub fn data(&self) -> Option<&'a [u8]> {
        self.value(kind::DATA)
    }

    /// Where [`data`](Self::data) stands in the message.
    pub fn data_range(&self) -> Option<Range<usize>> {
        self.range(kind::DATA)
    }

    /// REQUESTED-ADDRESS-FAMILY.
    pub fn requested_address_family(&self) -> Option<AddressFamily> {
        self.family(kind::REQUESTED_ADDRESS_FAMILY)
    }

    /// ADDITIONAL-ADDRESS-FAMILY; only IPv6 is legal.
    pub fn additional_address_family(&self) -> Option<AddressFamily> {
        self.family(kind::ADDITIONAL_ADDRESS_FAMILY)
    }

    /// ADDRESS-ERROR-CODE, one for each family that was not allocated.
    pub fn address_error_codes(&self) -> impl Iterator<Item = AddressErrorCode<'a>> + use<'a> {
        self.values(kind::ADDRESS_ERROR_CODE)
            .filter_map(AddressErrorCode::decode)
    }

    /// EVEN-PORT: whether the port after it is to be reserved.
    pub fn even_port(&self) -> Option<bool> {
        let [flags] = self.array(kind::EVEN_PORT)?;
        Some(flags & 0x80 != 0)
    }

    /// REQUESTED-TRANSPORT: a protocol number of IP; 17 for UDP.
    pub fn requested_transport(&self) -> Option<u8> {
        let [protocol, _, _, _] = self.array(kind::REQUESTED_TRANSPORT)?;
        Some(protocol)
    }

    /// Whether DONT-FRAGMENT is there.
    pub fn dont_fragment(&self) -> bool {
        self.array::<0>(kind::DONT_FRAGMENT).is_some()
    }

    /// RESERVATION-TOKEN.
    pub fn reservation_token(&self) -> Option<[u8; 8]> {
        self.array(kind::RESERVATION_TOKEN)
    }

    /// ICMP: why a datagram did not reach the peer.
    pub fn icmp(&self) -> Option<Icmp> {
        self.array(kind::ICMP).map(Icmp::decode)
    }

    fn xor_addresses(&self, kind: u16) -> impl Iterator<Item = SocketAddr> + use<'a> {
        let id = self.transaction_id();
        self.values(kind)
            .filter_map(move |value| address::decode_xor(value, id))
    }

    fn family(&self, kind: u16) -> Option<AddressFamily> {
        let [number, _, _, _] = self.array(kind)?;
        AddressFamily::from_number(number)
    }
}
