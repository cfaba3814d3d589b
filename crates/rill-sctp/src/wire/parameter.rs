//! Parameters: what some chunks consist of (RFC 9260 §3.2.1).

use super::{padded, u16_at};

/// The types of parameters.
pub(super) mod kind {
    pub(crate) const STATE_COOKIE: u16 = 7;
    pub(crate) const UNRECOGNIZED: u16 = 8;
    /// RFC 6525 §4.1.
    pub(crate) const OUTGOING_RESET: u16 = 13;
    /// RFC 6525 §4.2.
    pub(crate) const INCOMING_RESET: u16 = 14;
    /// RFC 6525 §4.4.
    pub(crate) const RECONFIG_RESPONSE: u16 = 16;
    /// RFC 6525 §4.5.
    pub(crate) const ADD_OUTGOING: u16 = 17;
    /// RFC 9653 §4.1.
    pub(crate) const ZERO_CHECKSUM: u16 = 0x8001;
    /// RFC 5061 §4.2.7.
    pub(crate) const SUPPORTED_EXTENSIONS: u16 = 0x8008;
    /// RFC 3758 §3.1.
    pub(crate) const FORWARD_TSN_SUPPORTED: u16 = 0xc000;
}

/// A parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Parameter<'a> {
    pub(crate) kind: u16,
    pub(crate) value: &'a [u8],
    /// All of it, without padding.
    pub(crate) whole: &'a [u8],
}

/// The parameters in `bytes`, up to the first that is cut short.
pub(crate) fn parameters(bytes: &[u8]) -> impl Iterator<Item = Parameter<'_>> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let (kind, length) = (u16_at(rest, 0)?, usize::from(u16_at(rest, 2)?));
        let (Some(value), Some(whole)) = (rest.get(4..length), rest.get(..length)) else {
            rest = &[];
            return None;
        };
        rest = rest.get(padded(length)..).unwrap_or_default();
        Some(Parameter { kind, value, whole })
    })
}

/// Appends a parameter whose value `write` appends.
pub(super) fn write(out: &mut Vec<u8>, kind: u16, write: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend(kind.to_be_bytes());
    out.extend([0; 2]);
    write(out);
    super::packet::finish_length(out, start);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let mut out = Vec::new();
        write(&mut out, 7, |out| out.extend([1, 2, 3]));
        write(&mut out, 0xc000, |_| {});
        assert_eq!(out.len(), 12);
        let read: Vec<_> = parameters(&out).map(|p| (p.kind, p.value)).collect();
        assert_eq!(read, [(7, &[1, 2, 3][..]), (0xc000, &[])]);
        assert_eq!(parameters(&[0, 7, 0, 3, 0, 7, 0, 4]).count(), 0);
    }
}
