//! Attributes as text.

use std::fmt;

use super::{Attribute, ice, rtp};

impl fmt::Display for Attribute {
    /// The name and, after a colon, the value; without `a=`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::Candidate(candidate) = self {
            return candidate.fmt(f);
        }
        f.write_str(self.name())?;
        match self {
            Self::Group { semantics, mids } => {
                write!(f, ":{semantics}")?;
                mids.iter().try_for_each(|mid| write!(f, " {mid}"))
            }
            Self::SsrcGroup { semantics, ssrcs } => {
                write!(f, ":{semantics}")?;
                ssrcs.iter().try_for_each(|ssrc| write!(f, " {ssrc}"))
            }
            Self::IceOptions(tokens) => write!(f, ":{}", tokens.join(" ")),
            Self::IcePwd(password) => write!(f, ":{}", password.as_str()),
            Self::RemoteCandidates(candidates) => ice::write_remote_candidates(candidates, f),
            Self::Mid(value) | Self::IceUfrag(value) | Self::TlsId(value) => write!(f, ":{value}"),
            Self::IcePacing(value) => write!(f, ":{value}"),
            Self::SctpPort(value) => write!(f, ":{value}"),
            Self::MaxMessageSize(value) => write!(f, ":{value}"),
            Self::Msid(value) => write!(f, ":{value}"),
            Self::Fingerprint(value) => write!(f, ":{value}"),
            Self::Setup(value) => write!(f, ":{value}"),
            Self::Identity(value) => write!(f, ":{value}"),
            Self::Rtpmap(value) => write!(f, ":{value}"),
            Self::Fmtp(value) => write!(f, ":{value}"),
            Self::Ptime(value) | Self::Maxptime(value) => rtp::write_milliseconds(*value, f),
            Self::Rtcp(value) => write!(f, ":{value}"),
            Self::RtcpFb(value) => write!(f, ":{value}"),
            Self::Extmap(value) => write!(f, ":{value}"),
            Self::Ssrc(value) => write!(f, ":{value}"),
            Self::Rid(value) => write!(f, ":{value}"),
            Self::Simulcast(value) => write!(f, ":{value}"),
            Self::Unknown {
                value: Some(value), ..
            } => write!(f, ":{value}"),
            Self::Unknown { value: None, .. }
            | Self::Candidate(_)
            | Self::Direction(_)
            | Self::BundleOnly
            | Self::IceLite
            | Self::EndOfCandidates
            | Self::RtcpMux
            | Self::RtcpMuxOnly
            | Self::RtcpRsize
            | Self::ExtmapAllowMixed => Ok(()),
        }
    }
}
