//! The little that is read from, and written to, SCTP packets outside dcsctp.

/// The common header (RFC 9260 §3.1).
const COMMON_HEADER: usize = 12;
/// The header of a chunk (RFC 9260 §3.2).
const CHUNK_HEADER: usize = 4;

/// Chunk types (RFC 9260 §3.2, RFC 8260 §2.1).
pub(crate) mod chunk_type {
    pub(crate) const DATA: u8 = 0;
    pub(crate) const SACK: u8 = 3;
    pub(crate) const ABORT: u8 = 6;
    pub(crate) const SHUTDOWN_ACK: u8 = 8;
    pub(crate) const SHUTDOWN_COMPLETE: u8 = 14;
    pub(crate) const I_DATA: u8 = 64;
}

/// The flag that says "the verification tag is the receiver's own, reflected" (RFC 9260 §3.3.7).
pub(crate) const FLAG_REFLECTED: u8 = 0x01;
/// Beginning and end of a message in one DATA chunk (RFC 9260 §3.3.1).
const FLAGS_WHOLE_MESSAGE: u8 = 0x03;

/// One chunk of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Chunk<'a> {
    pub(crate) kind: u8,
    pub(crate) flags: u8,
    pub(crate) value: &'a [u8],
}

/// The verification tag of a packet.
pub(crate) fn verification_tag(packet: &[u8]) -> Option<u32> {
    read_u32(packet, 4)
}

/// The chunks of a packet, up to the first that is malformed.
pub(crate) fn chunks(packet: &[u8]) -> impl Iterator<Item = Chunk<'_>> {
    let mut rest = packet.get(COMMON_HEADER..).unwrap_or_default();
    std::iter::from_fn(move || {
        let (&[kind, flags, high, low], _) = rest.split_first_chunk::<CHUNK_HEADER>()?;
        let length = usize::from(u16::from_be_bytes([high, low]));
        let value = rest.get(CHUNK_HEADER..length)?;
        // Chunks start at multiples of four; the padding of the last may be missing.
        rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
        Some(Chunk { kind, flags, value })
    })
}

/// What a SACK says of the receiver (RFC 9260 §3.3.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sack {
    pub(crate) cumulative_tsn: u32,
    pub(crate) window: u32,
}

/// The first SACK of a packet.
pub(crate) fn sack(packet: &[u8]) -> Option<Sack> {
    let sack = chunks(packet).find(|chunk| chunk.kind == chunk_type::SACK)?;
    Some(Sack {
        cumulative_tsn: read_u32(sack.value, 0)?,
        window: read_u32(sack.value, 4)?,
    })
}

/// Whether a packet carries data of messages.
pub(crate) fn has_data(packet: &[u8]) -> bool {
    chunks(packet).any(|chunk| matches!(chunk.kind, chunk_type::DATA | chunk_type::I_DATA))
}

/// A packet with one chunk of one byte of data under `tsn`, on stream 0. The checksum is left out,
/// as RFC 9653 allows.
pub(crate) fn data(ports: (u16, u16), tag: u32, tsn: u32, interleaving: bool) -> Vec<u8> {
    let (source, destination) = ports;
    // Stream, sequence number and protocol; interleaved, also reserved bits and a longer number.
    let (kind, numbers) = if interleaving {
        (chunk_type::I_DATA, 12)
    } else {
        (chunk_type::DATA, 8)
    };
    let length = CHUNK_HEADER + 4 + numbers + 1;
    let mut packet = Vec::with_capacity(COMMON_HEADER + length.next_multiple_of(4));
    packet.extend_from_slice(&source.to_be_bytes());
    packet.extend_from_slice(&destination.to_be_bytes());
    packet.extend_from_slice(&tag.to_be_bytes());
    packet.extend_from_slice(&[0; 4]);
    packet.extend_from_slice(&[kind, FLAGS_WHOLE_MESSAGE, 0, length as u8]);
    packet.extend_from_slice(&tsn.to_be_bytes());
    packet.resize(COMMON_HEADER + length.next_multiple_of(4), 0);
    packet
}

fn read_u32(bytes: &[u8], at: usize) -> Option<u32> {
    bytes
        .get(at..)?
        .first_chunk()
        .map(|&bytes| u32::from_be_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// COOKIE ACK, then SACK: a capture in dcSCTP's documentation of RFC 9260 §3.3.4.
    const PACKET: [u8; 32] = [
        0x04, 0xd2, 0x10, 0xe1, 0x69, 0x7e, 0x3a, 0x4e, 0xc0, 0x6e, 0x8b, 0x36, // header
        0x0b, 0x00, 0x00, 0x04, // COOKIE ACK
        0x03, 0x00, 0x00, 0x10, 0xae, 0xa9, 0x52, 0x52, 0x00, 0x02, 0x00, 0x00, 0, 0, 0, 0,
    ];

    #[test]
    fn finds_a_sack_behind_another_chunk() {
        assert_eq!(verification_tag(&PACKET), Some(0x697e_3a4e));
        assert_eq!(
            chunks(&PACKET).map(|chunk| chunk.kind).collect::<Vec<_>>(),
            [11, 3]
        );
        assert_eq!(
            sack(&PACKET),
            Some(Sack {
                cumulative_tsn: 0xaea9_5252,
                window: 0x0002_0000
            })
        );
    }

    #[test]
    fn cut_packets_give_what_is_whole() {
        for length in 0..PACKET.len() {
            let chunks = chunks(&PACKET[..length]).count();
            assert_eq!(chunks, usize::from(length >= 16), "{length} bytes");
            assert_eq!(sack(&PACKET[..length]), None);
        }
    }

    #[test]
    fn a_chunk_shorter_than_its_header_ends_the_packet() {
        let mut packet = PACKET;
        packet[15] = 3;
        assert_eq!(chunks(&packet).count(), 0);
    }

    #[test]
    fn data_is_one_whole_chunk() {
        for interleaving in [false, true] {
            let packet = data((5000, 5001), 7, 99, interleaving);
            assert_eq!(packet.len() % 4, 0);
            let chunks: Vec<_> = chunks(&packet).collect();
            assert_eq!(chunks.len(), 1);
            assert_eq!(chunks[0].flags, FLAGS_WHOLE_MESSAGE);
            assert_eq!(chunks[0].value.len(), if interleaving { 17 } else { 13 });
            assert_eq!(read_u32(chunks[0].value, 0), Some(99));
        }
    }
}
