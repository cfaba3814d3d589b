use core::{fmt, str::FromStr};

/// What a description is (webrtc-pc, `RTCSdpType`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SdpType {
    /// The first half of an exchange.
    Offer,
    /// A provisional answer; a final one follows.
    Pranswer,
    /// The second half of an exchange.
    Answer,
    /// Take back the pending offer.
    Rollback,
}

impl SdpType {
    /// The string that W3C gives this value.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Offer => "offer",
            Self::Pranswer => "pranswer",
            Self::Answer => "answer",
            Self::Rollback => "rollback",
        }
    }
}

impl fmt::Display for SdpType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for SdpType {
    type Err = UnknownSdpType;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "offer" => Ok(Self::Offer),
            "pranswer" => Ok(Self::Pranswer),
            "answer" => Ok(Self::Answer),
            "rollback" => Ok(Self::Rollback),
            other => Err(UnknownSdpType(other.chars().take(32).collect())),
        }
    }
}

/// The text is none of `offer`, `pranswer`, `answer`, `rollback`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a description type; use offer, pranswer, answer or rollback")]
pub struct UnknownSdpType(String);

/// A description as it travels between peers (webrtc-pc, `RTCSessionDescriptionInit`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionDescription {
    /// What it is.
    pub kind: SdpType,
    /// The SDP text; empty for a rollback.
    pub sdp: String,
}

impl SessionDescription {
    /// A description of the given kind.
    pub fn new(kind: SdpType, sdp: impl Into<String>) -> Self {
        Self {
            kind,
            sdp: sdp.into(),
        }
    }
}
