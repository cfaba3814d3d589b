//! INIT and INIT ACK (RFC 9260 §3.3.2, §3.3.3).

use super::{
    Tsn, kind as chunk_kind,
    parameter::{self, kind, parameters},
    u16_at, u32_at,
};

/// RFC 9653 §4.1: DTLS protects the packets.
const DTLS: u32 = 1;
const FIXED: usize = 16;

/// How much of what is not understood is sent back (RFC 9260 §3.2.2): the peer fills it.
const UNRECOGNIZED: usize = 256;

/// What each side says of itself in the handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Init {
    pub(crate) tag: u32,
    pub(crate) window: u32,
    pub(crate) outbound_streams: u16,
    pub(crate) max_inbound_streams: u16,
    pub(crate) first_tsn: Tsn,
    /// RFC 3758.
    pub(crate) partial_reliability: bool,
    /// RFC 6525.
    pub(crate) reconfig: bool,
    /// RFC 8260.
    pub(crate) interleaving: bool,
    /// RFC 9653: packets without a checksum are taken.
    pub(crate) zero_checksum: bool,
    /// RFC 4820: padding is known. RFC 9260 §3.2 has everybody skip it, but there are peers whose process
    /// ends over a chunk that they do not know (werift).
    pub(crate) padding: bool,
}

impl Init {
    /// The value of an INIT or INIT ACK. What an endpoint may not say makes it none: a tag of zero, no
    /// streams (RFC 9260 §3.3.2).
    pub(crate) fn parse(value: &[u8]) -> Option<Self> {
        let mut init = Self {
            tag: u32_at(value, 0)?,
            window: u32_at(value, 4)?,
            outbound_streams: u16_at(value, 8)?,
            max_inbound_streams: u16_at(value, 10)?,
            first_tsn: Tsn(u32_at(value, 12)?),
            partial_reliability: false,
            reconfig: false,
            interleaving: false,
            zero_checksum: false,
            padding: false,
        };
        for parameter in parameters(&value[FIXED..]) {
            match parameter.kind {
                kind::FORWARD_TSN_SUPPORTED => init.partial_reliability = true,
                kind::ZERO_CHECKSUM => {
                    init.zero_checksum = u32_at(parameter.value, 0) == Some(DTLS);
                }
                kind::SUPPORTED_EXTENSIONS => {
                    let has = |kind| parameter.value.contains(&kind);
                    init.partial_reliability |= has(chunk_kind::FORWARD_TSN);
                    init.reconfig = has(chunk_kind::RE_CONFIG);
                    init.interleaving = has(chunk_kind::I_DATA);
                    init.padding = has(chunk_kind::PAD);
                }
                _ => {}
            }
        }
        let valid = init.tag != 0 && init.outbound_streams != 0 && init.max_inbound_streams != 0;
        valid.then_some(init)
    }

    /// The cookie of an INIT ACK.
    pub(crate) fn cookie(value: &[u8]) -> Option<&[u8]> {
        parameters(value.get(FIXED..)?)
            .find(|parameter| parameter.kind == kind::STATE_COOKIE)
            .map(|parameter| parameter.value)
    }

    /// Appends the value of an INIT.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        out.extend(self.tag.to_be_bytes());
        out.extend(self.window.to_be_bytes());
        out.extend(self.outbound_streams.to_be_bytes());
        out.extend(self.max_inbound_streams.to_be_bytes());
        out.extend(self.first_tsn.0.to_be_bytes());
        if self.partial_reliability {
            parameter::write(out, kind::FORWARD_TSN_SUPPORTED, |_| {});
        }
        if self.zero_checksum {
            parameter::write(out, kind::ZERO_CHECKSUM, |out| {
                out.extend(DTLS.to_be_bytes());
            });
        }
        parameter::write(out, kind::SUPPORTED_EXTENSIONS, |out| {
            if self.partial_reliability {
                out.push(chunk_kind::FORWARD_TSN);
            }
            if self.reconfig {
                out.push(chunk_kind::RE_CONFIG);
            }
            if self.interleaving {
                out.extend([chunk_kind::I_DATA, chunk_kind::I_FORWARD_TSN]);
            }
            if self.padding {
                out.push(chunk_kind::PAD);
            }
        });
    }

    /// Appends the value of the INIT ACK that answers `init`, an INIT's value.
    pub(crate) fn write_ack(&self, out: &mut Vec<u8>, cookie: &[u8], init: &[u8]) {
        self.write(out);
        parameter::write(out, kind::STATE_COOKIE, |out| out.extend(cookie));
        write_unrecognized(out, init);
    }
}

/// RFC 9260 §3.2.1, §3.2.2: what the peer said that we do not know, where it asks for that.
fn write_unrecognized(out: &mut Vec<u8>, init: &[u8]) {
    let mut room = UNRECOGNIZED;
    for parameter in parameters(init.get(FIXED..).unwrap_or_default()) {
        let known = matches!(
            parameter.kind,
            kind::FORWARD_TSN_SUPPORTED | kind::ZERO_CHECKSUM | kind::SUPPORTED_EXTENSIONS
        );
        // IPv4 and IPv6 addresses, cookie preservative, host name, address types (RFC 9260 §3.3.2.1):
        // over DTLS there is nothing to do about them (RFC 8261 §5).
        if known || matches!(parameter.kind, 5 | 6 | 9 | 11 | 12) {
            continue;
        }
        if parameter.kind & 0x4000 != 0 && parameter.whole.len() <= room {
            room -= parameter.whole.len();
            parameter::write(out, kind::UNRECOGNIZED, |out| out.extend(parameter.whole));
        }
        if parameter.kind & 0x8000 == 0 {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INIT: Init = Init {
        tag: 9,
        window: 100_000,
        outbound_streams: 65535,
        max_inbound_streams: 1024,
        first_tsn: Tsn(77),
        partial_reliability: true,
        reconfig: true,
        interleaving: true,
        zero_checksum: true,
        padding: true,
    };

    fn written(init: &Init) -> Vec<u8> {
        let mut out = Vec::new();
        init.write(&mut out);
        out
    }

    #[test]
    fn what_is_written_is_read() {
        let plain = Init {
            partial_reliability: false,
            reconfig: false,
            interleaving: false,
            zero_checksum: false,
            padding: false,
            ..INIT
        };
        for init in [INIT, plain] {
            assert_eq!(Init::parse(&written(&init)), Some(init));
        }
    }

    #[test]
    fn what_may_not_be_said_is_refused() {
        let no_tag = Init { tag: 0, ..INIT };
        let no_streams = Init {
            outbound_streams: 0,
            ..INIT
        };
        let takes_none = Init {
            max_inbound_streams: 0,
            ..INIT
        };
        for init in [no_tag, no_streams, takes_none] {
            assert_eq!(Init::parse(&written(&init)), None);
        }
        assert_eq!(Init::parse(&written(&INIT)[..FIXED - 1]), None);
    }

    #[test]
    fn an_answer_has_the_cookie_and_what_was_not_understood() {
        let mut init = written(&INIT);
        // Unknown: skip and report; then stop.
        parameter::write(&mut init, 0xc123, |out| out.extend([1, 2]));
        parameter::write(&mut init, 0x0123, |_| {});
        parameter::write(&mut init, 0xc124, |_| {});
        let mut answer = Vec::new();
        INIT.write_ack(&mut answer, b"cookie", &init);
        assert_eq!(Init::cookie(&answer), Some(&b"cookie"[..]));
        let unrecognized: Vec<_> = parameters(&answer[FIXED..])
            .filter(|parameter| parameter.kind == kind::UNRECOGNIZED)
            .map(|parameter| parameter.value)
            .collect();
        assert_eq!(unrecognized, [&[0xc1, 0x23, 0, 6, 1, 2][..]]);
    }
}
