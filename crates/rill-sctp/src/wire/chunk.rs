//! Chunks: what a packet consists of (RFC 9260 §3.2).

use super::{padded, u16_at};

/// The types of chunks.
pub(crate) mod kind {
    pub(crate) const DATA: u8 = 0;
    pub(crate) const INIT: u8 = 1;
    pub(crate) const INIT_ACK: u8 = 2;
    pub(crate) const SACK: u8 = 3;
    pub(crate) const HEARTBEAT: u8 = 4;
    pub(crate) const HEARTBEAT_ACK: u8 = 5;
    pub(crate) const ABORT: u8 = 6;
    pub(crate) const SHUTDOWN: u8 = 7;
    pub(crate) const SHUTDOWN_ACK: u8 = 8;
    pub(crate) const ERROR: u8 = 9;
    pub(crate) const COOKIE_ECHO: u8 = 10;
    pub(crate) const COOKIE_ACK: u8 = 11;
    pub(crate) const SHUTDOWN_COMPLETE: u8 = 14;
    /// RFC 8260 §2.1.
    pub(crate) const I_DATA: u8 = 64;
    /// RFC 6525 §3.1.
    pub(crate) const RE_CONFIG: u8 = 130;
    /// RFC 4820 §3.
    pub(crate) const PAD: u8 = 132;
    /// RFC 3758 §3.2.
    pub(crate) const FORWARD_TSN: u8 = 192;
    /// RFC 8260 §2.3.1.
    pub(crate) const I_FORWARD_TSN: u8 = 194;
}

/// A chunk of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Chunk<'a> {
    pub(crate) kind: u8,
    pub(crate) flags: u8,
    /// What follows its header, without padding.
    pub(crate) value: &'a [u8],
}

/// What the upper bits of a type that is not known ask for (RFC 9260 §3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unknown {
    /// The rest of the packet is not looked at.
    pub(crate) stop: bool,
    /// The sender is told.
    pub(crate) report: bool,
}

impl Unknown {
    pub(crate) fn of(kind: u8) -> Self {
        Self {
            stop: kind & 0x80 == 0,
            report: kind & 0x40 != 0,
        }
    }
}

/// The chunks behind the common header, up to the first that is cut short (RFC 9260 §6.10).
pub(crate) fn chunks(body: &[u8]) -> impl Iterator<Item = Chunk<'_>> {
    let mut rest = body;
    std::iter::from_fn(move || {
        let length = usize::from(u16_at(rest, 2)?);
        let (kind, flags) = (*rest.first()?, *rest.get(1)?);
        let Some(value) = rest.get(4..length) else {
            rest = &[];
            return None;
        };
        rest = rest.get(padded(length)..).unwrap_or_default();
        Some(Chunk { kind, flags, value })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_is_skipped_and_a_cut_chunk_ends_it() {
        let body = [6, 1, 0, 5, 9, 0, 0, 0, 11, 0, 0, 4, 3, 0, 0, 8, 1];
        let found: Vec<_> = chunks(&body).collect();
        let abort = Chunk {
            kind: 6,
            flags: 1,
            value: &[9],
        };
        let cookie_ack = Chunk {
            kind: 11,
            flags: 0,
            value: &[],
        };
        assert_eq!(found, [abort, cookie_ack]);
    }

    #[test]
    fn lengths_below_a_header_end_it() {
        for length in 0..4 {
            let body = [11, 0, 0, length, 11, 0, 0, 4];
            assert_eq!(chunks(&body).count(), 0, "{length}");
        }
    }

    #[test]
    fn the_upper_bits_of_an_unknown_type_decide() {
        let of = |kind| {
            let Unknown { stop, report } = Unknown::of(kind);
            (stop, report)
        };
        assert_eq!(of(0x3f), (true, false));
        assert_eq!(of(0x7f), (true, true));
        assert_eq!(of(0xbf), (false, false));
        assert_eq!(of(0xff), (false, true));
    }
}
