//! FORWARD TSN and I-FORWARD-TSN (RFC 3758 §3.2, RFC 8260 §2.3.1).

use super::{Tsn, Writer, kind, u16_at, u32_at};
use crate::message::StreamId;

/// A message that the receiver need not wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Skipped {
    pub(crate) stream: StreamId,
    /// Only with interleaving are such messages named.
    pub(crate) unordered: bool,
    /// The stream sequence number or message identifier of the last one skipped.
    pub(crate) message: u32,
}

/// What the receiver need not wait for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ForwardTsn {
    pub(crate) cumulative: Tsn,
    pub(crate) skipped: Vec<Skipped>,
}

impl ForwardTsn {
    /// The chunk's value; none when it is cut short.
    pub(crate) fn parse(interleaved: bool, value: &[u8]) -> Option<Self> {
        let cumulative = Tsn(u32_at(value, 0)?);
        let entry = entry_length(interleaved);
        let entries = value[4..].chunks_exact(entry);
        if !entries.remainder().is_empty() {
            return None;
        }
        let skipped = entries.filter_map(|entry| {
            let stream = StreamId(u16_at(entry, 0)?);
            Some(if interleaved {
                Skipped {
                    stream,
                    unordered: u16_at(entry, 2)? & 1 != 0,
                    message: u32_at(entry, 4)?,
                }
            } else {
                Skipped {
                    stream,
                    unordered: false,
                    message: u32::from(u16_at(entry, 2)?),
                }
            })
        });
        Some(Self {
            cumulative,
            skipped: skipped.collect(),
        })
    }

    /// How many messages can be named in `room` bytes; none when not even the chunk fits.
    pub(crate) fn capacity(interleaved: bool, room: usize) -> Option<usize> {
        Some(room.checked_sub(8)? / entry_length(interleaved))
    }

    /// Appends the chunk.
    pub(crate) fn write(&self, interleaved: bool, writer: &mut Writer<'_>) {
        let kind = if interleaved {
            kind::I_FORWARD_TSN
        } else {
            kind::FORWARD_TSN
        };
        writer.chunk(kind, 0, |out| {
            out.extend(self.cumulative.0.to_be_bytes());
            for skipped in &self.skipped {
                out.extend(skipped.stream.0.to_be_bytes());
                if interleaved {
                    out.extend([0, u8::from(skipped.unordered)]);
                    out.extend(skipped.message.to_be_bytes());
                } else {
                    let [.., high, low] = skipped.message.to_be_bytes();
                    out.extend([high, low]);
                }
            }
        });
    }
}

fn entry_length(interleaved: bool) -> usize {
    if interleaved { 8 } else { 4 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{HEADER, Header, chunks};

    #[test]
    fn what_is_written_is_read() {
        for interleaved in [false, true] {
            let skipped = |stream, unordered, message| Skipped {
                stream: StreamId(stream),
                unordered,
                message,
            };
            let forward = ForwardTsn {
                cumulative: Tsn(9),
                skipped: vec![skipped(1, false, 2), skipped(3, interleaved, 4)],
            };
            let mut out = Vec::new();
            let header = Header {
                source_port: 1,
                destination_port: 2,
                verification_tag: 3,
            };
            let mut writer = Writer::new(&mut out, header, 100);
            let room = 8 + 2 * entry_length(interleaved);
            assert_eq!(ForwardTsn::capacity(interleaved, room), Some(2));
            forward.write(interleaved, &mut writer);
            writer.finish(false);
            assert_eq!(out.len(), HEADER + room);
            let value = chunks(&out[HEADER..]).next().expect("it was written").value;
            assert_eq!(ForwardTsn::parse(interleaved, value), Some(forward));
            assert_eq!(
                ForwardTsn::parse(interleaved, &value[..value.len() - 1]),
                None
            );
        }
        assert_eq!(ForwardTsn::capacity(true, 7), None);
        assert_eq!(ForwardTsn::parse(true, &[0; 3]), None);
    }
}
