//! Attributes, `a=`: one file for each family.

mod dtls;
mod extmap;
mod grouping;
mod ice;
mod rtcp;
mod rtp;
mod sctp;
mod simulcast;
mod ssrc;
mod write;

use std::time::Duration;

pub use dtls::{Fingerprint, HashFunction, Identity, Setup};
pub use extmap::Extmap;
pub use grouping::Msid;
pub use ice::{IcePassword, RemoteCandidate};
pub use rtcp::{Feedback, FeedbackTarget, Rtcp};
pub use rtp::{Direction, Fmtp, Rtpmap};
pub use simulcast::{Rid, RidDirection, Simulcast, SimulcastStream, SimulcastVersion};
pub use ssrc::Ssrc;

use crate::candidate::Candidate;
use crate::error::{Fault, FieldError};
use crate::grammar::token;

/// An attribute. The names are those of the attributes; what WebRTC has no use for is
/// [`Unknown`](Self::Unknown) and kept word for word.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Attribute {
    /// `group` (RFC 5888 §5), at session level.
    Group {
        /// `BUNDLE`, `LS`, …
        semantics: String,
        /// The mids of the grouped media descriptions; may be empty.
        mids: Vec<String>,
    },
    /// `mid` (RFC 5888 §4).
    Mid(String),
    /// `bundle-only` (RFC 9143 §6).
    BundleOnly,
    /// `msid` (RFC 8830 §2).
    Msid(Msid),
    /// `ice-options` (RFC 8839 §5.6): the tokens, which are not checked against its alphabet,
    /// because `ice2,trickle` is sent in the field and means one unknown token.
    IceOptions(Vec<String>),
    /// `ice-lite` (RFC 8839 §5.3), at session level.
    IceLite,
    /// `ice-ufrag` (RFC 8839 §5.4): 4 to 256 characters.
    IceUfrag(String),
    /// `ice-pwd` (RFC 8839 §5.4): 22 to 256 characters.
    IcePwd(IcePassword),
    /// `ice-pacing` (RFC 8839 §5.5), in milliseconds.
    IcePacing(u32),
    /// `candidate` (RFC 8839 §5.1).
    Candidate(Box<Candidate>),
    /// `remote-candidates` (RFC 8839 §5.2).
    RemoteCandidates(Vec<RemoteCandidate>),
    /// `end-of-candidates` (RFC 8840 §8.1).
    EndOfCandidates,
    /// `fingerprint` (RFC 8122 §5).
    Fingerprint(Fingerprint),
    /// `setup` (RFC 4145 §4).
    Setup(Setup),
    /// `tls-id` (RFC 8842 §4): 20 to 255 characters.
    TlsId(String),
    /// `identity` (RFC 8827 §5), at session level.
    Identity(Identity),
    /// `sctp-port` (RFC 8841 §5).
    SctpPort(u16),
    /// `max-message-size` (RFC 8841 §6), in bytes; 0 means any.
    MaxMessageSize(u64),
    /// `sendrecv`, `sendonly`, `recvonly` or `inactive` (RFC 8866 §6.7).
    Direction(Direction),
    /// `rtpmap` (RFC 8866 §6.6).
    Rtpmap(Rtpmap),
    /// `fmtp` (RFC 8866 §6.15).
    Fmtp(Fmtp),
    /// `ptime` (RFC 8866 §6.4), a whole number of microseconds.
    Ptime(Duration),
    /// `maxptime` (RFC 8866 §6.5), a whole number of microseconds.
    Maxptime(Duration),
    /// `rtcp` (RFC 3605 §2.1).
    Rtcp(Rtcp),
    /// `rtcp-mux` (RFC 5761 §5.1.3).
    RtcpMux,
    /// `rtcp-mux-only` (RFC 8858 §3).
    RtcpMuxOnly,
    /// `rtcp-rsize` (RFC 5506 §5).
    RtcpRsize,
    /// `rtcp-fb` (RFC 4585 §4.2).
    RtcpFb(Feedback),
    /// `extmap` (RFC 8285 §8).
    Extmap(Extmap),
    /// `extmap-allow-mixed` (RFC 8285 §6).
    ExtmapAllowMixed,
    /// `ssrc` (RFC 5576 §4.1).
    Ssrc(Ssrc),
    /// `ssrc-group` (RFC 5576 §4.2).
    SsrcGroup {
        /// `FID`, `SIM`, …
        semantics: String,
        /// The sources.
        ssrcs: Vec<u32>,
    },
    /// `rid` (RFC 8851 §4).
    Rid(Rid),
    /// `simulcast` (RFC 8853 §5.1).
    Simulcast(Simulcast),
    /// Any other, word for word.
    Unknown {
        /// What stands before the colon.
        name: String,
        /// What stands after it, if there is one.
        value: Option<String>,
    },
}

/// An attribute's value, if it has one.
#[derive(Clone, Copy)]
struct Value<'a>(Option<&'a str>);

impl<'a> Value<'a> {
    /// For property attributes: `property`, if there is no value.
    fn flag(self, property: Attribute) -> Result<Option<Attribute>, FieldError> {
        match self.0 {
            None => Ok(Some(property)),
            Some(_) => Err(FieldError::new("attribute-value", Fault::Unexpected)),
        }
    }

    /// For value attributes.
    fn text(self) -> Result<&'a str, FieldError> {
        self.0
            .filter(|text| !text.is_empty())
            .ok_or(FieldError::missing("attribute-value"))
    }
}

impl Attribute {
    /// Reads what follows `a=`.
    pub(crate) fn parse(text: &str) -> Result<Self, FieldError> {
        type Family = fn(&str, Value<'_>) -> Result<Option<Attribute>, FieldError>;
        const FAMILIES: [Family; 9] = [
            ice::parse,
            rtp::parse,
            rtcp::parse,
            extmap::parse,
            ssrc::parse,
            dtls::parse,
            sctp::parse,
            grouping::parse,
            simulcast::parse,
        ];
        let (name, value) = match text.split_once(':') {
            Some((name, value)) => (name, Some(value)),
            None => (text, None),
        };
        for family in FAMILIES {
            if let Some(attribute) = family(name, Value(value))? {
                return Ok(attribute);
            }
        }
        let name = token("attribute-name", name)?.into();
        Ok(Self::Unknown {
            name,
            value: value.map(Into::into),
        })
    }

    /// What stands before the colon.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Group { .. } => "group",
            Self::Mid(_) => "mid",
            Self::BundleOnly => "bundle-only",
            Self::Msid(_) => "msid",
            Self::IceOptions(_) => "ice-options",
            Self::IceLite => "ice-lite",
            Self::IceUfrag(_) => "ice-ufrag",
            Self::IcePwd(_) => "ice-pwd",
            Self::IcePacing(_) => "ice-pacing",
            Self::Candidate(_) => "candidate",
            Self::RemoteCandidates(_) => "remote-candidates",
            Self::EndOfCandidates => "end-of-candidates",
            Self::Fingerprint(_) => "fingerprint",
            Self::Setup(_) => "setup",
            Self::TlsId(_) => "tls-id",
            Self::Identity(_) => "identity",
            Self::SctpPort(_) => "sctp-port",
            Self::MaxMessageSize(_) => "max-message-size",
            Self::Direction(direction) => direction.as_str(),
            Self::Rtpmap(_) => "rtpmap",
            Self::Fmtp(_) => "fmtp",
            Self::Ptime(_) => "ptime",
            Self::Maxptime(_) => "maxptime",
            Self::Rtcp(_) => "rtcp",
            Self::RtcpMux => "rtcp-mux",
            Self::RtcpMuxOnly => "rtcp-mux-only",
            Self::RtcpRsize => "rtcp-rsize",
            Self::RtcpFb(_) => "rtcp-fb",
            Self::Extmap(_) => "extmap",
            Self::ExtmapAllowMixed => "extmap-allow-mixed",
            Self::Ssrc(_) => "ssrc",
            Self::SsrcGroup { .. } => "ssrc-group",
            Self::Rid(_) => "rid",
            Self::Simulcast(_) => "simulcast",
            Self::Unknown { name, .. } => name,
        }
    }

    pub(crate) const fn as_ice_ufrag(&self) -> Option<&str> {
        if let Self::IceUfrag(ufrag) = self {
            Some(ufrag.as_str())
        } else {
            None
        }
    }

    pub(crate) fn as_ice_pwd(&self) -> Option<&str> {
        if let Self::IcePwd(password) = self {
            Some(password.as_str())
        } else {
            None
        }
    }

    pub(crate) const fn as_fingerprint(&self) -> Option<&Fingerprint> {
        if let Self::Fingerprint(fingerprint) = self {
            Some(fingerprint)
        } else {
            None
        }
    }

    pub(crate) const fn as_setup(&self) -> Option<Setup> {
        if let Self::Setup(setup) = self {
            Some(*setup)
        } else {
            None
        }
    }

    pub(crate) const fn as_tls_id(&self) -> Option<&str> {
        if let Self::TlsId(id) = self {
            Some(id.as_str())
        } else {
            None
        }
    }

    pub(crate) const fn as_direction(&self) -> Option<Direction> {
        if let Self::Direction(direction) = self {
            Some(*direction)
        } else {
            None
        }
    }

    /// For those that may appear once at a level (RFC 9429 §5.8: "a single"), what they exclude.
    /// Two that say the same thing do no harm, so properties are not among them; nor is
    /// `ice-options`, whose lines add up.
    pub(crate) const fn exclusion(&self) -> Option<&'static str> {
        Some(match self {
            Self::Mid(_) => "mid",
            Self::IceUfrag(_) => "ice-ufrag",
            Self::IcePwd(_) => "ice-pwd",
            Self::IcePacing(_) => "ice-pacing",
            Self::Setup(_) => "setup",
            Self::TlsId(_) => "tls-id",
            Self::SctpPort(_) => "sctp-port",
            Self::MaxMessageSize(_) => "max-message-size",
            Self::Direction(_) => "direction",
            Self::Ptime(_) => "ptime",
            Self::Maxptime(_) => "maxptime",
            Self::Rtcp(_) => "rtcp",
            Self::Simulcast(_) => "simulcast",
            _ => return None,
        })
    }

    /// How much it counts against [`MAX_ITEMS`](crate::MAX_ITEMS) beyond its line.
    pub(crate) fn entries(&self) -> usize {
        match self {
            Self::Group { mids, .. } => mids.len(),
            Self::IceOptions(tokens) => tokens.len(),
            Self::Candidate(candidate) => 3 + 2 * candidate.extensions.len(),
            Self::RemoteCandidates(candidates) => candidates.len(),
            Self::Rid(rid) => rid.formats.len() + 2 * rid.restrictions.len(),
            Self::Simulcast(simulcast) => {
                let streams = simulcast.lists.iter().flat_map(|(_, streams)| streams);
                streams
                    .map(|SimulcastStream(versions)| 1 + versions.len())
                    .sum()
            }
            _ => 0,
        }
    }
}

impl From<Candidate> for Attribute {
    fn from(candidate: Candidate) -> Self {
        Self::Candidate(Box::new(candidate))
    }
}
