use core::fmt;

/// Which way media may flow (webrtc-pc, `RTCRtpTransceiverDirection`), from our point of view.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Both ways.
    #[default]
    SendRecv,
    /// From us only.
    SendOnly,
    /// To us only.
    RecvOnly,
    /// Neither way, for now.
    Inactive,
    /// Neither way, for good.
    Stopped,
}

impl Direction {
    /// The string that W3C gives this value.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SendRecv => "sendrecv",
            Self::SendOnly => "sendonly",
            Self::RecvOnly => "recvonly",
            Self::Inactive => "inactive",
            Self::Stopped => "stopped",
        }
    }

    /// Whether we send.
    #[must_use]
    pub const fn sends(self) -> bool {
        matches!(self, Self::SendRecv | Self::SendOnly)
    }

    /// Whether we receive.
    #[must_use]
    pub const fn receives(self) -> bool {
        matches!(self, Self::SendRecv | Self::RecvOnly)
    }

    /// The direction that sends and receives as said.
    pub(crate) const fn of(sends: bool, receives: bool) -> Self {
        match (sends, receives) {
            (true, true) => Self::SendRecv,
            (true, false) => Self::SendOnly,
            (false, true) => Self::RecvOnly,
            (false, false) => Self::Inactive,
        }
    }

    /// The same flow seen by the peer.
    pub(crate) const fn reversed(self) -> Self {
        Self::of(self.receives(), self.sends())
    }

    /// What both allow (RFC 9429 §5.3.1).
    pub(crate) const fn intersect(self, other: Self) -> Self {
        Self::of(
            self.sends() && other.sends(),
            self.receives() && other.receives(),
        )
    }

    pub(crate) const fn of_sdp(direction: rill_sdp::Direction) -> Self {
        match direction {
            rill_sdp::Direction::SendRecv => Self::SendRecv,
            rill_sdp::Direction::SendOnly => Self::SendOnly,
            rill_sdp::Direction::RecvOnly => Self::RecvOnly,
            rill_sdp::Direction::Inactive => Self::Inactive,
        }
    }

    pub(crate) const fn to_sdp(self) -> rill_sdp::Direction {
        match self {
            Self::SendRecv => rill_sdp::Direction::SendRecv,
            Self::SendOnly => rill_sdp::Direction::SendOnly,
            Self::RecvOnly => rill_sdp::Direction::RecvOnly,
            Self::Inactive | Self::Stopped => rill_sdp::Direction::Inactive,
        }
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
