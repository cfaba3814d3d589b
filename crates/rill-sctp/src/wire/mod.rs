//! SCTP on the wire: borrowed views over what arrives, writers into the packet that leaves.

mod cause;
mod chunk;
mod cookie;
mod data;
mod forward_tsn;
mod init;
mod packet;
mod parameter;
mod probe;
mod reconfig;
mod sack;
mod tsn;

pub(crate) use cause::Cause;
pub(crate) use chunk::{Chunk, Unknown, chunks, kind};
pub(crate) use cookie::{Cookie, CookieKey};
pub(crate) use data::{DATA_HEADER, Data, DataFlags, I_DATA_HEADER, write_data};
pub(crate) use forward_tsn::{ForwardTsn, Skipped};
pub(crate) use init::Init;
pub(crate) use packet::{HEADER, Header, Writer, checksum_is_right};
pub(crate) use probe::{Probe, parse_takes, takes, write_padding};
pub(crate) use reconfig::{Outcome, Reconfig, Request};
pub(crate) use sack::Sack;
pub(crate) use tsn::Tsn;

/// A big-endian number at `at`, if the bytes are there.
fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    let field = bytes.get(at..at + 2)?;
    Some(u16::from_be_bytes(field.try_into().ok()?))
}

/// A big-endian number at `at`, if the bytes are there.
fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let field = bytes.get(at..at + 4)?;
    Some(u32::from_be_bytes(field.try_into().ok()?))
}

/// What a length is on the wire with its padding (RFC 9260 §3.2).
pub(crate) fn padded(length: usize) -> usize {
    length.next_multiple_of(4)
}
