//! MAPPED-ADDRESS and XOR-MAPPED-ADDRESS (RFC 8489 §14.1, §14.2).
//!
//! ```text
//! |0 0 0 0 0 0 0 0|    Family     |            (X-)Port           |
//! |              (X-)Address (32 bits or 128 bits)                |
//! ```

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::{MAGIC_COOKIE, TransactionId};

const FAMILY_IPV4: u8 = AddressFamily::V4.number();
const FAMILY_IPV6: u8 = AddressFamily::V6.number();

/// The family of an address, as attributes number it (RFC 8489 §14.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AddressFamily {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

impl AddressFamily {
    /// The family that an address is of.
    pub const fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(_) => Self::V4,
            IpAddr::V6(_) => Self::V6,
        }
    }

    /// Its number in attributes.
    pub const fn number(self) -> u8 {
        match self {
            Self::V4 => 0x01,
            Self::V6 => 0x02,
        }
    }

    /// The family with this number, or `None` when it has none.
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            0x01 => Some(Self::V4),
            0x02 => Some(Self::V6),
            _ => None,
        }
    }
}

/// Longest encoded value: four bytes and an IPv6 address.
pub(crate) const MAX_LENGTH: usize = 20;

/// Decodes a plain address; `None` for another family or a wrong length.
pub(crate) fn decode(value: &[u8]) -> Option<SocketAddr> {
    decode_masked(value, [0; 16])
}

/// Decodes an address hidden under the magic cookie and the transaction id.
pub(crate) fn decode_xor(value: &[u8], id: TransactionId) -> Option<SocketAddr> {
    decode_masked(value, mask(id))
}

/// Encodes a hidden address into `out` and returns the bytes used.
pub(crate) fn encode_xor(
    address: SocketAddr,
    id: TransactionId,
    out: &mut [u8; MAX_LENGTH],
) -> &[u8] {
    encode_masked(address, mask(id), out)
}

/// Encodes a plain address into `out` and returns the bytes used.
pub(crate) fn encode(address: SocketAddr, out: &mut [u8; MAX_LENGTH]) -> &[u8] {
    encode_masked(address, [0; 16], out)
}

fn encode_masked(address: SocketAddr, mask: [u8; 16], out: &mut [u8; MAX_LENGTH]) -> &[u8] {
    let port = address.port().to_be_bytes();
    out[0] = 0;
    out[2] = port[0] ^ mask[0];
    out[3] = port[1] ^ mask[1];
    let length = match address.ip() {
        IpAddr::V4(ip) => {
            out[1] = FAMILY_IPV4;
            out[4..8].copy_from_slice(&ip.octets());
            8
        }
        IpAddr::V6(ip) => {
            out[1] = FAMILY_IPV6;
            out[4..20].copy_from_slice(&ip.octets());
            20
        }
    };
    for (byte, mask) in out[4..length].iter_mut().zip(mask) {
        *byte ^= mask;
    }
    &out[..length]
}

/// The cookie followed by the transaction id: what the address is XOR'ed with.
fn mask(id: TransactionId) -> [u8; 16] {
    let mut mask = [0; 16];
    mask[..4].copy_from_slice(&MAGIC_COOKIE.to_be_bytes());
    mask[4..].copy_from_slice(&id.0);
    mask
}

fn decode_masked(value: &[u8], mask: [u8; 16]) -> Option<SocketAddr> {
    // The first byte is reserved and ignored (RFC 8489 §14.1).
    let (&[_, family, port_high, port_low], address) = value.split_first_chunk()?;
    let port = u16::from_be_bytes([port_high ^ mask[0], port_low ^ mask[1]]);
    let ip = match family {
        FAMILY_IPV4 => IpAddr::V4(Ipv4Addr::from(unmask::<4>(address, mask)?)),
        FAMILY_IPV6 => IpAddr::V6(Ipv6Addr::from(unmask::<16>(address, mask)?)),
        _ => return None,
    };
    Some(SocketAddr::new(ip, port))
}

fn unmask<const N: usize>(address: &[u8], mask: [u8; 16]) -> Option<[u8; N]> {
    let mut octets = <[u8; N]>::try_from(address).ok()?;
    for (octet, mask) in octets.iter_mut().zip(mask) {
        *octet ^= mask;
    }
    Some(octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: TransactionId = TransactionId([0xa5; 12]);

    #[test]
    fn plain_addresses_are_read_and_written() {
        let v4 = [0, 1, 0x80, 0x55, 192, 0, 2, 1];
        let address: SocketAddr = "192.0.2.1:32853".parse().expect("a literal");
        assert_eq!(decode(&v4), Some(address));
        assert_eq!(encode(address, &mut [0xee; MAX_LENGTH]), v4);
    }

    #[test]
    fn hidden_addresses_survive_a_round_trip() {
        for text in [
            "192.0.2.1:32853",
            "[2001:db8::1]:9",
            "0.0.0.0:0",
            "[::ffff:1.2.3.4]:65535",
        ] {
            let address: SocketAddr = text.parse().expect("a literal");
            let mut out = [0xee; MAX_LENGTH];
            let value = encode_xor(address, ID, &mut out);
            assert_eq!(decode_xor(value, ID), Some(address));
            assert_ne!(
                decode(value),
                Some(address),
                "the address must not stand in the open"
            );
        }
    }

    #[test]
    fn wrong_lengths_and_families_are_refused() {
        let v4 = [0, 1, 0x80, 0x55, 192, 0, 2, 1];
        for length in 0..v4.len() {
            assert_eq!(decode(&v4[..length]), None);
        }
        assert_eq!(decode(&[0, 1, 0, 9, 192, 0, 2, 1, 0]), None);
        assert_eq!(decode(&[0, 2, 0, 9, 192, 0, 2, 1]), None);
        assert_eq!(decode(&[0, 3, 0, 9, 192, 0, 2, 1]), None);
    }

    #[test]
    fn the_reserved_byte_is_ignored() {
        assert!(decode(&[0xff, 1, 0, 9, 192, 0, 2, 1]).is_some());
    }
}
