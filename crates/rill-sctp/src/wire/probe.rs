//! The probe of a path's MTU: a HEARTBEAT and padding (RFC 8899 §6.2.1.2, RFC 4820 §3), and what its
//! receiver has to say of itself.

use super::{Writer, chunk::kind, u16_at, u32_at};

/// RFC 9260 §3.3.5: Heartbeat Info.
const INFO: u16 = 1;
const INFO_LENGTH: u16 = 16;
/// Begins the padding in which an endpoint tells how large packets it takes: RFC 8899 §5.3.1 makes use
/// of that where it is learned, and nothing has a field for it. Who does not know it takes it for the
/// padding that it is.
const TAKES: [u8; 8] = *b"rill:mtu";

/// What a probe is known by when it is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Probe {
    pub(crate) nonce: u64,
    /// Of its packet.
    pub(crate) size: usize,
}

impl Probe {
    /// Fills the packet, whose limit is the probe's size.
    pub(crate) fn write(self, writer: &mut Writer<'_>) {
        writer.chunk(kind::HEARTBEAT, 0, |out| {
            out.extend(INFO.to_be_bytes());
            out.extend(INFO_LENGTH.to_be_bytes());
            out.extend(self.nonce.to_be_bytes());
            out.extend((self.size as u32).to_be_bytes());
        });
        write_padding(writer);
    }

    /// The probe that a HEARTBEAT ACK answers, if its value is of our making.
    pub(crate) fn parse(value: &[u8]) -> Option<Self> {
        if (u16_at(value, 0)?, u16_at(value, 2)?) != (INFO, INFO_LENGTH) {
            return None;
        }
        let nonce = value.get(4..12)?.try_into().ok()?;
        Some(Self {
            nonce: u64::from_be_bytes(nonce),
            size: u32_at(value, 12)? as usize,
        })
    }
}

/// Fills what room the packet has, if that is enough for a chunk.
pub(crate) fn write_padding(writer: &mut Writer<'_>) {
    if let Some(length) = writer.room().checked_sub(4) {
        writer.chunk(kind::PAD, 0, |out| out.resize(out.len() + length, 0));
    }
}

/// Padding that tells how large packets are taken.
pub(crate) fn takes(size: usize) -> Vec<u8> {
    let mut padding = TAKES.to_vec();
    padding.extend((size as u32).to_be_bytes());
    padding
}

/// How large packets the peer takes, if its padding tells.
pub(crate) fn parse_takes(padding: &[u8]) -> Option<usize> {
    let size = padding.strip_prefix(&TAKES)?;
    Some(u32_at(size, 0)? as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{HEADER, Header, chunks};

    const PROBE: Probe = Probe {
        nonce: 0x0102_0304_0506_0708,
        size: 1408,
    };

    #[test]
    fn a_probe_has_its_size_and_is_known_by_its_answer() {
        let mut out = Vec::new();
        let header = Header {
            source_port: 1,
            destination_port: 2,
            verification_tag: 3,
        };
        let mut writer = Writer::new(&mut out, header, PROBE.size);
        PROBE.write(&mut writer);
        writer.finish(false);
        assert_eq!(out.len(), PROBE.size);
        let chunks: Vec<_> = chunks(&out[HEADER..]).collect();
        let kinds: Vec<_> = chunks.iter().map(|chunk| chunk.kind).collect();
        assert_eq!(kinds, [kind::HEARTBEAT, kind::PAD]);
        let value = chunks[0].value;
        assert_eq!(Probe::parse(value), Some(PROBE));
        for cut in 0..value.len() {
            assert_eq!(Probe::parse(&value[..cut]), None, "{cut}");
        }
        assert_eq!(parse_takes(chunks[1].value), None);
    }

    #[test]
    fn padding_can_tell_what_is_taken() {
        let told = takes(16_384);
        assert_eq!(parse_takes(&told), Some(16_384));
        for cut in 0..told.len() {
            assert_eq!(parse_takes(&told[..cut]), None, "{cut}");
        }
    }
}
