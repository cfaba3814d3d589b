//! A Send indication around data that are already in their buffer (RFC 8656 §11.1).

use std::net::SocketAddr;

use thiserror::Error;

use crate::attribute::{ATTRIBUTE_HEADER, address, kind};
use crate::header::HEADER_LENGTH;
use crate::{Class, MAGIC_COOKIE, Method, TransactionId, message_type};

/// Most bytes before the data: a header, an IPv6 address, and the header of DATA.
const MAX_HEAD: usize = HEADER_LENGTH + ATTRIBUTE_HEADER + address::MAX_LENGTH + ATTRIBUTE_HEADER;

/// Most bytes that [`wrap_send_indication`] adds, padding included.
pub const SEND_INDICATION_OVERHEAD: usize = MAX_HEAD + 3;

/// The data do not fit in an indication, whose length field has 16 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a Send indication carries about 65,000 bytes at most, these are {actual}: send less")]
pub struct TooLarge {
    /// Bytes to be sent.
    pub actual: usize,
}

/// Turns application data into a Send indication to `peer`, in place: the data move, nothing
/// else is allocated while the buffer's capacity suffices.
///
/// # Errors
///
/// The data are too long; they are left as they were.
pub fn wrap_send_indication(
    id: TransactionId,
    peer: SocketAddr,
    buffer: &mut Vec<u8>,
) -> Result<(), TooLarge> {
    let actual = buffer.len();
    let mut address = [0; address::MAX_LENGTH];
    let address = address::encode_xor(peer, id, &mut address);
    let head_length = MAX_HEAD - address::MAX_LENGTH + address.len();
    let padded = head_length + actual.next_multiple_of(4);
    let (Ok(length), Ok(data_length)) =
        (u16::try_from(padded - HEADER_LENGTH), u16::try_from(actual))
    else {
        return Err(TooLarge { actual });
    };
    let mut head = [0; MAX_HEAD];
    let parts: [&[u8]; 9] = [
        &message_type::encode(Class::Indication, Method::SEND).to_be_bytes(),
        &length.to_be_bytes(),
        &MAGIC_COOKIE.to_be_bytes(),
        &id.0,
        &kind::XOR_PEER_ADDRESS.to_be_bytes(),
        // At most 20.
        &(address.len() as u16).to_be_bytes(),
        address,
        &kind::DATA.to_be_bytes(),
        &data_length.to_be_bytes(),
    ];
    let mut end = 0;
    for part in parts {
        head[end..end + part.len()].copy_from_slice(part);
        end += part.len();
    }
    buffer.reserve(padded - actual);
    buffer.splice(0..0, head[..end].iter().copied());
    buffer.resize(padded, 0);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Writer;

    const ID: TransactionId = TransactionId([0x5a; 12]);

    fn peers() -> [SocketAddr; 2] {
        ["192.0.2.7:5000", "[2001:db8::7]:9"].map(|text| text.parse().expect("a literal"))
    }

    #[test]
    fn it_is_what_the_writer_writes() {
        for peer in peers() {
            for length in 0..9 {
                let data: Vec<u8> = (1..=length).collect();
                let mut expected = Vec::new();
                Writer::new(&mut expected, Class::Indication, Method::SEND, ID)
                    .xor_peer_address(peer)
                    .data(&data)
                    .finish();
                let mut buffer = data.clone();
                wrap_send_indication(ID, peer, &mut buffer).expect("it is short");
                assert_eq!(buffer, expected);
                assert!(buffer.len() - data.len() <= SEND_INDICATION_OVERHEAD);
            }
        }
    }

    #[test]
    fn data_that_do_not_fit_are_left_alone() {
        for peer in peers() {
            let mut buffer = vec![7; 0xfff0];
            let error = TooLarge { actual: 0xfff0 };
            assert_eq!(wrap_send_indication(ID, peer, &mut buffer), Err(error));
            assert_eq!(buffer, vec![7; 0xfff0]);
        }
    }
}
