//! Why it did not connect.

use std::{net::IpAddr, time::Duration};

use rill_ice::{Family, Kind};

/// The most likely cause of the state that a connection is in. [`Display`](std::fmt::Display) says it in
/// one sentence, together with what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// `close()` was called.
    Closed,
    /// Nothing is wrong.
    Connected(Route),
    /// There is no description at all.
    NothingNegotiated,
    /// Our offer is not answered.
    AnswerMissing,
    /// The peer's offer is not answered by us.
    OwnAnswerMissing,
    /// The descriptions have nothing that needs a transport.
    NothingToCarry,
    /// The peer's certificate is not the announced one.
    FingerprintMismatch,
    /// The DTLS handshake failed, for this reason.
    DtlsFailed(String),
    /// ICE has a pair, and the DTLS handshake is not answered.
    DtlsUnanswered(Duration),
    /// The DTLS handshake, or the SCTP one after it, is under way.
    HandshakeUnderWay,
    /// The peer ended the connection.
    PeerClosed,
    /// The peer stopped answering.
    PeerSilent {
        /// How long the connection had stood.
        stood: Duration,
        /// Since its last answer.
        silent: Duration,
        /// Its consent expired, so nothing is sent any more.
        given_up: bool,
    },
    /// There are no candidates of ours yet.
    GatheringUnderWay {
        /// The servers that have not answered.
        waiting: Vec<String>,
    },
    /// The machine has no address to connect from; with the first thing that went wrong.
    NoNetwork(Option<String>),
    /// Host addresses are hidden behind names that could not be registered.
    OwnNamesRefused,
    /// Only relayed candidates may be used, and no TURN server is configured.
    NoRelayConfigured,
    /// No candidates of the peer came.
    RemoteSilent(RemoteSilence),
    /// The peer sent only `.local` names, and they are being looked up.
    LookingUpNames,
    /// The peer sent only `.local` names, and multicast DNS answers for none of them.
    OnlyLocalNames {
        /// What its lookup said of the first.
        reason: String,
    },
    /// The peer sent only `.local` names, and nothing of multicast DNS is heard on this machine.
    MulticastBlocked {
        /// What its lookup said of the first.
        reason: String,
    },
    /// The peer sent only names that are not looked up.
    OnlyNames {
        /// Because only relayed candidates may be used.
        relay_only: bool,
    },
    /// The peer sent only candidates for TCP.
    OnlyTcp,
    /// The peer sent only candidates of this family, and we have no address of it.
    OnlyFamily(Family),
    /// None of the peer's candidates can be used.
    OnlyUnusable,
    /// Checks arrive, but not for this session.
    WrongSession(Mismatch),
    /// The peer's checks arrive, ours are not answered.
    OneWay,
    /// A TURN or STUN server that was needed did not help.
    Server(ServerFault),
    /// No server answers, and no check is answered.
    UdpBlocked,
    /// The system refuses to send to the peer's candidates.
    NoRoute,
    /// Checks are being sent, and it is too early for a verdict.
    Checking {
        /// How many pairs are checked.
        pairs: usize,
    },
    /// No check was answered, and none arrived.
    Unanswered {
        /// How many checks were sent.
        sent: u64,
        /// Whether a relay was tried, ours or the peer's.
        relayed: bool,
    },
}

/// The way that data takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Our address, and how it was found.
    pub local: (String, Kind),
    /// The peer's.
    pub remote: (String, Kind),
    /// Our TURN server, if it goes through one.
    pub server: Option<String>,
}

/// What is missing of the peer's candidates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RemoteSilence {
    /// Neither candidates nor their end.
    Nothing,
    /// Its description has none, and says that none will follow.
    Untrickled,
    /// It said that there are none.
    Ended,
}

/// What does not fit of checks that arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mismatch {
    /// They name another username fragment than ours.
    OurFragment,
    /// They come from another username fragment than the peer's.
    TheirFragment,
    /// They are made with another password.
    Password,
}

/// Why a server did not help.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerFault {
    /// The server.
    pub url: String,
    /// Whether it was to relay.
    pub relays: bool,
    /// What went wrong.
    pub fault: Fault,
}

/// What went wrong with a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It does not accept the credentials: 401, or 441.
    Unauthorized(u16),
    /// It refused with this code, and in these words.
    Refused(u16, String),
    /// Its name was not resolved.
    Unresolved(String),
    /// Its certificate is not trusted.
    Untrusted(String),
    /// No connection to it, or it breaks the protocol.
    Unusable(String),
    /// It does not answer.
    Silent,
    /// We have no address of its family.
    Unreachable,
    /// It forgot the relay that it had granted, or the connection to it broke.
    Lost,
    /// It does not relay to where the peer is: the address, its error code and its words.
    PeerRefused(IpAddr, u16, String),
}

impl Cause {
    /// The sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        self.to_string()
    }

    /// A short name that stays, for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Connected(_) => "connected",
            Self::NothingNegotiated => "nothing-negotiated",
            Self::AnswerMissing => "answer-missing",
            Self::OwnAnswerMissing => "own-answer-missing",
            Self::NothingToCarry => "nothing-to-carry",
            Self::FingerprintMismatch => "fingerprint-mismatch",
            Self::DtlsFailed(_) => "dtls-failed",
            Self::DtlsUnanswered(_) => "dtls-unanswered",
            Self::HandshakeUnderWay => "handshake-under-way",
            Self::PeerClosed => "peer-closed",
            Self::PeerSilent { .. } => "peer-silent",
            Self::GatheringUnderWay { .. } => "gathering-under-way",
            Self::NoNetwork(_) => "no-network",
            Self::OwnNamesRefused => "own-names-refused",
            Self::NoRelayConfigured => "no-relay-configured",
            Self::RemoteSilent(_) => "remote-silent",
            Self::LookingUpNames => "looking-up-names",
            Self::OnlyLocalNames { .. } => "only-local-names",
            Self::MulticastBlocked { .. } => "multicast-blocked",
            Self::OnlyNames { .. } => "only-names",
            Self::OnlyTcp => "only-tcp",
            Self::OnlyFamily(_) => "only-family",
            Self::OnlyUnusable => "only-unusable",
            Self::WrongSession(_) => "wrong-session",
            Self::OneWay => "one-way",
            Self::Server(_) => "server",
            Self::UdpBlocked => "udp-blocked",
            Self::NoRoute => "no-route",
            Self::Checking { .. } => "checking",
            Self::Unanswered { .. } => "unanswered",
        }
    }

    /// Whether something is wrong, rather than connected or on its way.
    #[must_use]
    pub const fn is_trouble(&self) -> bool {
        !matches!(
            self,
            Self::Connected(_)
                | Self::HandshakeUnderWay
                | Self::GatheringUnderWay { .. }
                | Self::LookingUpNames
                | Self::Checking { .. }
        )
    }
}
