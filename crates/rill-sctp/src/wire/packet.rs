//! Packets: the common header and its checksum (RFC 9260 §3.1), and the writer.

use super::{padded, u16_at, u32_at};

/// The length of the common header.
pub(crate) const HEADER: usize = 12;
/// The length of a chunk's header.
const CHUNK_HEADER: usize = 4;
const CHECKSUM: std::ops::Range<usize> = 8..12;

/// The common header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) source_port: u16,
    pub(crate) destination_port: u16,
    pub(crate) verification_tag: u32,
}

impl Header {
    /// The header of a packet, if that is long enough to have one.
    pub(crate) fn parse(packet: &[u8]) -> Option<Self> {
        packet.get(..HEADER)?;
        Some(Self {
            source_port: u16_at(packet, 0)?,
            destination_port: u16_at(packet, 2)?,
            verification_tag: u32_at(packet, 4)?,
        })
    }
}

/// Whether the checksum is right, or zero, as RFC 9653 §5.3 allows a peer whose packets something
/// below protects. The packet has a header.
pub(crate) fn checksum_is_right(packet: &[u8]) -> bool {
    let stated = &packet[CHECKSUM];
    stated == [0; 4] || stated == crc32c_of(packet)
}

/// RFC 9260 appendix A: over the packet with zeros in place of the checksum, least significant byte
/// first.
fn crc32c_of(packet: &[u8]) -> [u8; 4] {
    let state = crc32c::crc32c(&packet[..CHECKSUM.start]);
    let state = crc32c::crc32c_append(state, &[0; 4]);
    crc32c::crc32c_append(state, &packet[CHECKSUM.end..]).to_le_bytes()
}

/// Writes one packet, chunk by chunk, into a buffer of the caller's.
#[derive(Debug)]
pub(crate) struct Writer<'a> {
    out: &'a mut Vec<u8>,
    limit: usize,
}

impl<'a> Writer<'a> {
    /// Begins a packet of at most `limit` bytes.
    pub(crate) fn new(out: &'a mut Vec<u8>, header: Header, limit: usize) -> Self {
        out.clear();
        out.extend(header.source_port.to_be_bytes());
        out.extend(header.destination_port.to_be_bytes());
        out.extend(header.verification_tag.to_be_bytes());
        out.extend([0; 4]);
        Self { out, limit }
    }

    /// What follows may make the packet this long.
    pub(crate) fn extend(&mut self, limit: usize) {
        self.limit = limit;
    }

    /// How many bytes there still is room for, chunk headers included.
    pub(crate) fn room(&self) -> usize {
        self.limit.saturating_sub(self.out.len())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.out.len() == HEADER
    }

    /// Appends a chunk whose value `write` appends.
    pub(crate) fn chunk(&mut self, kind: u8, flags: u8, write: impl FnOnce(&mut Vec<u8>)) {
        let start = self.out.len();
        self.out.extend([kind, flags, 0, 0]);
        write(self.out);
        finish_length(self.out, start);
    }

    /// Ends the packet, with its checksum or with none (RFC 9653 §5.2).
    pub(crate) fn finish(self, checksum: bool) {
        if checksum {
            let sum = crc32c_of(self.out);
            self.out[CHECKSUM].copy_from_slice(&sum);
        }
    }
}

/// Enters the length of the chunk, parameter or cause that began at `start`, and pads it.
pub(super) fn finish_length(out: &mut Vec<u8>, start: usize) {
    let length = out.len() - start;
    debug_assert!(length >= CHUNK_HEADER && length <= usize::from(u16::MAX));
    let field = u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes();
    out[start + 2..start + CHUNK_HEADER].copy_from_slice(&field);
    out.resize(start + padded(length), 0);
}

#[cfg(test)]
mod tests {
    use super::*;

    const PORTS: Header = Header {
        source_port: 5000,
        destination_port: 5001,
        verification_tag: 0x0102_0304,
    };

    fn packet(checksum: bool) -> Vec<u8> {
        let mut out = vec![7; 3];
        let mut writer = Writer::new(&mut out, PORTS, 100);
        assert!(writer.is_empty());
        writer.chunk(11, 0, |out| out.push(5));
        assert_eq!(writer.room(), 100 - HEADER - 8);
        writer.finish(checksum);
        out
    }

    #[test]
    fn a_written_packet_can_be_read() {
        let packet = packet(true);
        assert_eq!(Header::parse(&packet), Some(PORTS));
        assert_eq!(packet[HEADER..], [11, 0, 0, 5, 5, 0, 0, 0]);
        assert!(checksum_is_right(&packet));
        assert_eq!(Header::parse(&packet[..HEADER - 1]), None);
    }

    #[test]
    fn zero_is_a_checksum_and_others_must_be_right() {
        assert_eq!(packet(false)[CHECKSUM], [0; 4]);
        assert!(checksum_is_right(&packet(false)));
        let mut changed = packet(true);
        changed[HEADER + 4] ^= 1;
        assert!(!checksum_is_right(&changed));
    }

    /// RFC 3720 appendix B.4: 32 bytes of zeros.
    #[test]
    fn the_polynomial_is_castagnolis() {
        assert_eq!(crc32c::crc32c(&[0; 32]), 0x8a91_36aa);
    }
}
