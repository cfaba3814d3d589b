//! SCTP packets (RFC 9260 §3), read and written by other means than those of the crate under test.

use crate::checksum::{SCTP_HEADER, make_right};

/// The types of chunks that targets look at.
pub(crate) mod kind {
    pub(crate) const DATA: u8 = 0;
    pub(crate) const INIT: u8 = 1;
    pub(crate) const INIT_ACK: u8 = 2;
    pub(crate) const SACK: u8 = 3;
    pub(crate) const HEARTBEAT: u8 = 4;
    pub(crate) const HEARTBEAT_ACK: u8 = 5;
    pub(crate) const SHUTDOWN: u8 = 7;
    pub(crate) const COOKIE_ECHO: u8 = 10;
    pub(crate) const I_DATA: u8 = 64;
    pub(crate) const RE_CONFIG: u8 = 130;
    pub(crate) const PAD: u8 = 132;
    pub(crate) const FORWARD_TSN: u8 = 192;
    pub(crate) const I_FORWARD_TSN: u8 = 194;
}

/// A chunk without its padding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Chunk {
    pub(crate) kind: u8,
    pub(crate) flags: u8,
    pub(crate) value: Vec<u8>,
}

impl Chunk {
    pub(crate) const fn new(kind: u8, flags: u8, value: Vec<u8>) -> Self {
        Self { kind, flags, value }
    }

    /// The number that begins `at` bytes into the value.
    pub(crate) fn word(&self, at: usize) -> Option<u32> {
        let word = self.value.get(at..at + 4)?.try_into().ok()?;
        Some(u32::from_be_bytes(word))
    }

    pub(crate) fn half(&self, at: usize) -> Option<u16> {
        let half = self.value.get(at..at + 2)?.try_into().ok()?;
        Some(u16::from_be_bytes(half))
    }

    /// Adds to the number that begins there, if there is one.
    pub(crate) fn add(&mut self, at: usize, to_add: u32) {
        if let Some(number) = self.word(at) {
            let sum = number.wrapping_add(to_add).to_be_bytes();
            self.value[at..at + 4].copy_from_slice(&sum);
        }
    }
}

/// How a packet is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Checksum {
    /// There is none (RFC 9653).
    Zero,
    Right,
    Wrong,
}

/// A packet between two ports 5000.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Packet {
    pub(crate) tag: u32,
    pub(crate) chunks: Vec<Chunk>,
}

impl Packet {
    /// The chunks of a packet's body, up to the first that is cut short (RFC 9260 §6.10).
    pub(crate) fn chunks_of(body: &[u8]) -> Vec<Chunk> {
        let mut rest = body;
        let mut chunks = Vec::new();
        while let [kind, flags, high, low, ..] = *rest {
            let length = usize::from(u16::from_be_bytes([high, low]));
            let Some(value) = rest.get(4..length) else {
                break;
            };
            chunks.push(Chunk::new(kind, flags, value.to_vec()));
            rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
        }
        chunks
    }

    /// The parameters in a chunk's value: their types and values (RFC 9260 §3.2.1).
    pub(crate) fn parameters(value: &[u8]) -> Vec<(u16, Vec<u8>)> {
        let chunks = Self::chunks_of(value).into_iter();
        let parameter = |c: Chunk| (u16::from_be_bytes([c.kind, c.flags]), c.value);
        chunks.map(parameter).collect()
    }

    /// A packet that was written by the crate under test, which wrote nothing but what is read here.
    pub(crate) fn read(bytes: &[u8]) -> Self {
        assert!(bytes.len() >= SCTP_HEADER, "a packet without a header");
        let [a, b, c, d] = [bytes[4], bytes[5], bytes[6], bytes[7]];
        let packet = Self {
            tag: u32::from_be_bytes([a, b, c, d]),
            chunks: Self::chunks_of(&bytes[SCTP_HEADER..]),
        };
        let checksum = if bytes[8..SCTP_HEADER] == [0; 4] {
            Checksum::Zero
        } else {
            Checksum::Right
        };
        assert_eq!(packet.write(checksum), bytes, "what is read is not all");
        packet
    }

    pub(crate) fn write(&self, checksum: Checksum) -> Vec<u8> {
        let mut body = Vec::new();
        for chunk in &self.chunks {
            let length = u16::try_from(chunk.value.len() + 4).expect("a chunk is that short");
            body.extend([chunk.kind, chunk.flags]);
            body.extend(length.to_be_bytes());
            body.extend(&chunk.value);
            body.resize(body.len().next_multiple_of(4), 0);
        }
        around(self.tag, &body, checksum)
    }
}

/// A packet with any bytes for its chunks.
pub(crate) fn around(tag: u32, body: &[u8], checksum: Checksum) -> Vec<u8> {
    let mut packet = vec![0x13, 0x88, 0x13, 0x88];
    packet.extend(tag.to_be_bytes());
    packet.extend([0; 4]);
    packet.extend(body);
    match checksum {
        Checksum::Zero => {}
        Checksum::Right => make_right(&mut packet),
        Checksum::Wrong => {
            make_right(&mut packet);
            packet[8] ^= 1;
        }
    }
    packet
}

/// Numbers as a chunk has them.
pub(crate) fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_be_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let packet = Packet {
            tag: 7,
            chunks: vec![
                Chunk::new(kind::SHUTDOWN, 0, words(&[5])),
                Chunk::new(kind::PAD, 1, vec![9]),
            ],
        };
        for checksum in [Checksum::Zero, Checksum::Right] {
            assert_eq!(Packet::read(&packet.write(checksum)), packet);
        }
        let mut body = packet.write(Checksum::Zero)[SCTP_HEADER..].to_vec();
        body.extend([kind::PAD, 0, 0, 9, 1]);
        assert_eq!(Packet::chunks_of(&body), packet.chunks, "one is cut short");
        body[2..4].fill(0);
        assert_eq!(Packet::chunks_of(&body), []);
    }
}
