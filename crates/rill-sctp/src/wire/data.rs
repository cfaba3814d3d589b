//! DATA and I-DATA (RFC 9260 §3.3.1, RFC 8260 §2.1).

use bytes::Bytes;

use super::{Tsn, Writer, kind, u16_at, u32_at};
use crate::message::{Ppid, StreamId};

/// The length of a DATA chunk without its payload.
pub(crate) const DATA_HEADER: usize = 16;
/// The length of an I-DATA chunk without its payload.
pub(crate) const I_DATA_HEADER: usize = 20;

const END: u8 = 1;
const BEGINNING: u8 = 2;
const UNORDERED: u8 = 4;
const IMMEDIATE: u8 = 8;

/// The flags of both kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) struct DataFlags {
    /// The sender wants to be answered at once.
    pub(crate) immediate: bool,
    pub(crate) unordered: bool,
    pub(crate) beginning: bool,
    pub(crate) end: bool,
}

impl DataFlags {
    fn parse(bits: u8) -> Self {
        let has = |bit| bits & bit != 0;
        Self {
            immediate: has(IMMEDIATE),
            unordered: has(UNORDERED),
            beginning: has(BEGINNING),
            end: has(END),
        }
    }

    fn bits(self) -> u8 {
        let bit = |set: bool, bit: u8| if set { bit } else { 0 };
        bit(self.immediate, IMMEDIATE)
            | bit(self.unordered, UNORDERED)
            | bit(self.beginning, BEGINNING)
            | bit(self.end, END)
    }
}

/// A fragment of a message. `P` is a borrowed payload when it was received, a shared one when it is
/// sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Data<P> {
    pub(crate) tsn: Tsn,
    pub(crate) stream: StreamId,
    pub(crate) flags: DataFlags,
    /// The stream sequence number, or with interleaving the message identifier.
    pub(crate) message: u32,
    /// With interleaving the place among the message's fragments; otherwise zero.
    pub(crate) fragment: u32,
    /// With interleaving known of the first fragment only.
    pub(crate) ppid: Ppid,
    pub(crate) payload: P,
}

impl<'a> Data<&'a [u8]> {
    /// The chunk's value; none when it is cut short.
    pub(crate) fn parse(interleaved: bool, flags: u8, value: &'a [u8]) -> Option<Self> {
        let flags = DataFlags::parse(flags);
        let tsn = Tsn(u32_at(value, 0)?);
        let stream = StreamId(u16_at(value, 4)?);
        if !interleaved {
            return Some(Self {
                tsn,
                stream,
                flags,
                message: u32::from(u16_at(value, 6)?),
                fragment: 0,
                ppid: Ppid(u32_at(value, 8)?),
                payload: value.get(DATA_HEADER - 4..)?,
            });
        }
        // RFC 8260 §2.1: the first fragment has the identifier where the others have their number.
        let last = u32_at(value, 12)?;
        Some(Self {
            tsn,
            stream,
            flags,
            message: u32_at(value, 8)?,
            fragment: if flags.beginning { 0 } else { last },
            ppid: Ppid(if flags.beginning { last } else { 0 }),
            payload: value.get(I_DATA_HEADER - 4..)?,
        })
    }
}

/// Appends the chunk.
pub(crate) fn write_data(writer: &mut Writer<'_>, interleaved: bool, data: &Data<Bytes>) {
    let flags = data.flags.bits();
    if interleaved {
        writer.chunk(kind::I_DATA, flags, |out| {
            out.extend(data.tsn.0.to_be_bytes());
            out.extend(data.stream.0.to_be_bytes());
            out.extend([0; 2]);
            out.extend(data.message.to_be_bytes());
            let last = if data.flags.beginning {
                data.ppid.0
            } else {
                data.fragment
            };
            out.extend(last.to_be_bytes());
            out.extend_from_slice(&data.payload);
        });
    } else {
        writer.chunk(kind::DATA, flags, |out| {
            out.extend(data.tsn.0.to_be_bytes());
            out.extend(data.stream.0.to_be_bytes());
            let [.., high, low] = data.message.to_be_bytes();
            out.extend([high, low]);
            out.extend(data.ppid.0.to_be_bytes());
            out.extend_from_slice(&data.payload);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{HEADER, Header, chunks};

    fn data(flags: DataFlags) -> Data<Bytes> {
        Data {
            tsn: Tsn(0x0102_0304),
            stream: StreamId(0x0506),
            flags,
            message: 0x0708,
            fragment: if flags.beginning { 0 } else { 9 },
            ppid: Ppid(if flags.beginning { 53 } else { 0 }),
            payload: Bytes::from_static(b"abc"),
        }
    }

    #[test]
    fn what_is_written_is_read() {
        for interleaved in [false, true] {
            for bits in 0..16 {
                let mut sent = data(DataFlags::parse(bits));
                if !interleaved {
                    sent.fragment = 0;
                }
                let mut out = Vec::new();
                let header = Header {
                    source_port: 1,
                    destination_port: 2,
                    verification_tag: 3,
                };
                let mut writer = Writer::new(&mut out, header, 100);
                write_data(&mut writer, interleaved, &sent);
                writer.finish(false);
                let chunk = chunks(&out[HEADER..]).next().expect("it was written");
                let read = Data::parse(interleaved, chunk.flags, chunk.value).expect("whole");
                assert_eq!(read.payload, b"abc");
                let read = Data {
                    tsn: read.tsn,
                    stream: read.stream,
                    flags: read.flags,
                    message: read.message,
                    fragment: read.fragment,
                    ppid: read.ppid,
                    payload: sent.payload.clone(),
                };
                assert_eq!(read, sent);
                let header = if interleaved {
                    I_DATA_HEADER
                } else {
                    DATA_HEADER
                };
                assert_eq!(out.len(), HEADER + header + 4);
                for length in 0..header - 4 {
                    let cut = &chunk.value[..length];
                    assert_eq!(Data::parse(interleaved, chunk.flags, cut), None);
                }
            }
        }
    }
}
