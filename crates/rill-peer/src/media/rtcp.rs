//! How RTCP travels with RTP.

use rill_sdp::{Attribute, Connection, Media, Rtcp};

/// The RTCP attributes of a section of ours. It always multiplexes (the policy is `require`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RtcpAttributes {
    /// `a=rtcp`, with the default value.
    default_port: bool,
    /// `a=rtcp-mux-only`.
    mux_only: bool,
    /// `a=rtcp-rsize`.
    reduced_size: bool,
}

impl RtcpAttributes {
    /// Of a section that is offered for the first time; `has_address` unless it is bundle-only
    /// (RFC 9429 §5.2.1).
    pub(crate) const fn first_offer(has_address: bool) -> Self {
        Self {
            default_port: has_address,
            mux_only: has_address,
            reduced_size: true,
        }
    }

    /// Of a section that is offered again, after this answer (RFC 9429 §5.2.2).
    pub(crate) fn later_offer(answer: &Media) -> Self {
        Self::answer(answer)
    }

    /// Of the answer to a section (RFC 9429 §5.3.1, RFC 8858 §4.3).
    pub(crate) fn answer(offer: &Media) -> Self {
        Self {
            default_port: false,
            mux_only: false,
            reduced_size: offer.attributes.contains(&Attribute::RtcpRsize),
        }
    }

    pub(super) fn write(self, media: &mut Media) {
        if self.default_port {
            media.push(Attribute::Rtcp(Rtcp {
                port: 9,
                connection: Some(Connection::unspecified()),
            }));
        }
        // Also where RFC 9143 §7.1.3 leaves it to the tagged section: Chromium refuses a bundled
        // section without it.
        media.push(Attribute::RtcpMux);
        if self.mux_only {
            media.push(Attribute::RtcpMuxOnly);
        }
        if self.reduced_size {
            media.push(Attribute::RtcpRsize);
        }
    }
}
