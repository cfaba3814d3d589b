use crate::{Exception, SdpType, SignalingState, media::MediaProblem};

/// Why an offer was not created.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CreateOfferError {
    /// The connection is closed.
    #[error("the connection is closed")]
    Closed,
    /// A remote offer is pending; answer it or take it back first.
    #[error("an offer cannot be made in signaling state {0}; answer the peer's offer first")]
    WrongState(SignalingState),
}

impl CreateOfferError {
    /// The exception that W3C gives for it.
    #[must_use]
    pub const fn exception(&self) -> Exception {
        Exception::InvalidState
    }
}

/// Why an answer was not created.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CreateAnswerError {
    /// The connection is closed.
    #[error("the connection is closed")]
    Closed,
    /// There is no remote offer to answer.
    #[error("there is no remote offer to answer (the signaling state is {0})")]
    NoOffer(SignalingState),
}

impl CreateAnswerError {
    /// The exception that W3C gives for it.
    #[must_use]
    pub const fn exception(&self) -> Exception {
        Exception::InvalidState
    }
}

/// Why a description was not applied. The connection is exactly as it was before.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SetDescriptionError {
    /// The connection is closed.
    #[error("the connection is closed")]
    Closed,
    /// The step does not fit the signaling state.
    #[error("a {side} {kind} cannot be applied in signaling state {state}")]
    WrongState {
        /// `local` or `remote`.
        side: &'static str,
        /// What was to be applied.
        kind: SdpType,
        /// Where the exchange stands.
        state: SignalingState,
    },
    /// A local description is not the one that was created last.
    #[error("the {0} is not the one that was created last; apply it unchanged")]
    Modified(SdpType),
    /// The text is not SDP.
    #[error("malformed SDP: {0}")]
    Syntax(#[from] rill_sdp::ParseError),
    /// A media section cannot be used.
    #[error("media section {index} (mid `{mid}`): {problem}")]
    Section {
        /// Its position, from 0.
        index: usize,
        /// Its mid, where it has one.
        mid: String,
        /// What is wrong with it.
        problem: SectionProblem,
    },
    /// The bundle groups name more sections than there are (RFC 9143 §7).
    #[error("the BUNDLE groups name {named} sections, and the description has {sections}")]
    Groups {
        /// How many they name.
        named: usize,
        /// How many there are.
        sections: usize,
    },
    /// The sections do not match those of the offer, or of the description before.
    #[error("the description has {actual} media sections where {expected} are needed")]
    SectionCount {
        /// How many there are.
        actual: usize,
        /// How many there must be.
        expected: usize,
    },
}

impl SetDescriptionError {
    /// The exception that W3C gives for it. A syntax error is an `RTCError`, whose name is
    /// `OperationError`.
    #[must_use]
    pub fn exception(&self) -> Exception {
        match self {
            Self::Closed | Self::WrongState { .. } => Exception::InvalidState,
            Self::Modified(_) => Exception::InvalidModification,
            // What browsers take for content, not for form (RFC 8839 §5.4).
            Self::Syntax(error) if is_credential(error) => Exception::InvalidAccess,
            Self::Syntax(_) => Exception::Operation,
            Self::Section { .. } | Self::SectionCount { .. } | Self::Groups { .. } => {
                Exception::InvalidAccess
            }
        }
    }

    /// The line of the text that could not be read, from 1 (`RTCError.sdpLineNumber`).
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        match self {
            Self::Syntax(error) if !is_credential(error) => Some(error.line),
            _ => None,
        }
    }
}

fn is_credential(error: &rill_sdp::ParseError) -> bool {
    match &error.problem {
        rill_sdp::Problem::Field(error) => matches!(error.field, "ufrag" | "password"),
        _ => false,
    }
}

/// What makes a media section unusable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SectionProblem {
    /// RFC 8839 §5.4.
    #[error("it has no a=ice-ufrag and a=ice-pwd")]
    Credentials,
    /// RFC 8122 §5.
    #[error("it has no a=fingerprint that can be verified (sha-1, sha-256, sha-384, sha-512)")]
    Fingerprint,
    /// RFC 8842 §5.
    #[error("its a=setup is missing, does not answer the offer's, or changes the roles agreed on")]
    Setup,
    /// RFC 8841 §5.
    #[error("it has no usable a=sctp-port")]
    SctpPort,
    /// RFC 9429 §5.10: the kind or the mid is not that of the offer or of the description before.
    #[error("it does not match the section that the offer, or the description before, has here")]
    Mismatch,
    /// RFC 3264 §6: what is offered with port zero is answered with port zero.
    #[error("the offer rejected it, and the answer does not")]
    Revived,
    /// RFC 9143 §7: mids are unique.
    #[error("another section has the same mid")]
    DuplicateMid,
    /// RFC 9429 §5.10: our offer restarted ICE.
    #[error("it answers an ICE restart with the credentials from before it")]
    RestartUnanswered,
    /// RFC 9429 §5.10: an answer cannot restart ICE by itself.
    #[error("its ICE credentials changed, and the offer did not restart ICE")]
    RestartUnasked,
    /// RFC 9429 §5.11: another DTLS association needs an ICE restart.
    #[error("its fingerprint or tls-id changed without an ICE restart")]
    DtlsChanged,
    /// RFC 9143 §7.5.1: it was offered only in a bundle.
    #[error("it was offered only in a bundle, and the answer takes it out: bundle or reject it")]
    NotBundled,
    /// The audio or video in it cannot be negotiated.
    #[error(transparent)]
    Media(#[from] MediaProblem),
}

/// Why a candidate was not taken. Nothing changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddIceCandidateError {
    /// Neither mid nor position says which section is meant.
    #[error("a candidate needs sdpMid or sdpMLineIndex")]
    NoSection,
    /// The connection is closed.
    #[error("the connection is closed")]
    Closed,
    /// No remote description was applied.
    #[error("there is no remote description yet; apply it before its candidates")]
    NoRemoteDescription,
    /// No section has this mid.
    #[error("no section of the remote description has mid `{0}`")]
    UnknownMid(String),
    /// The position is beyond the last section.
    #[error("the remote description has no section at sdpMLineIndex {0}")]
    UnknownIndex(u16),
    /// No applied description of this section has the fragment.
    #[error("`{0}` is not the username fragment of that section in any applied description")]
    UnknownUfrag(String),
    /// The line cannot be read.
    #[error("malformed candidate: {0}")]
    Syntax(#[from] rill_sdp::CandidateError),
}

impl AddIceCandidateError {
    /// The exception that W3C gives for it.
    #[must_use]
    pub const fn exception(&self) -> Exception {
        match self {
            Self::NoSection => Exception::Type,
            Self::Closed | Self::NoRemoteDescription => Exception::InvalidState,
            Self::UnknownMid(_)
            | Self::UnknownIndex(_)
            | Self::UnknownUfrag(_)
            | Self::Syntax(_) => Exception::Operation,
        }
    }
}
