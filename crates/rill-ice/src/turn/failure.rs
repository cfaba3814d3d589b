//! Why there is no allocation.

use rill_stun::ErrorCode;
use thiserror::Error;

/// Longest reason of a server that is repeated, in characters (RFC 8489 §14.8).
const MAX_REASON: usize = 127;

/// Why there is no allocation, in words for whoever configured the server.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Failure {
    /// No answer.
    #[error(
        "the TURN server does not answer: check its address, port and transport, and firewalls on the way"
    )]
    Timeout,
    /// The server does not accept the credentials: 401, or 441.
    #[error(
        "the TURN server does not accept the username and credential ({code} {reason}): check them, and whether they have expired"
    )]
    Unauthorized {
        /// The error code.
        code: u16,
        /// The server's reason.
        reason: String,
    },
    /// 486.
    #[error(
        "this user has as many allocations on the TURN server as it grants: close some, or wait a minute"
    )]
    Quota,
    /// 508.
    #[error("the TURN server has no relayed address left: try another server, or wait a minute")]
    Capacity,
    /// 437: the allocation is gone, or our address is still in use for another one.
    #[error(
        "the TURN server knows another allocation, or none, at our address: use another local port"
    )]
    Mismatch,
    /// 403.
    #[error("the TURN server refuses for administrative reasons: ask its operator")]
    Forbidden,
    /// The server cannot do what was asked for: 420, 440, 442.
    #[error(
        "the TURN server does not support what was asked for ({code} {reason}): try other address families or another server"
    )]
    Unsupported {
        /// The error code.
        code: u16,
        /// The server's reason.
        reason: String,
    },
    /// Another error.
    #[error("the TURN server refuses: {code} {reason}")]
    Rejected {
        /// The error code.
        code: u16,
        /// The server's reason.
        reason: String,
    },
    /// The server, or someone on the way, breaks the rules.
    #[error("the TURN server breaks the protocol: {0}")]
    Protocol(String),
}

impl Failure {
    /// The server's error code, if it gave one that can be trusted.
    pub fn code(&self) -> Option<u16> {
        match self {
            Self::Timeout | Self::Protocol(_) => None,
            Self::Unauthorized { code, .. }
            | Self::Unsupported { code, .. }
            | Self::Rejected { code, .. } => Some(*code),
            Self::Quota => Some(ErrorCode::ALLOCATION_QUOTA_REACHED),
            Self::Capacity => Some(ErrorCode::INSUFFICIENT_CAPACITY),
            Self::Mismatch => Some(ErrorCode::ALLOCATION_MISMATCH),
            Self::Forbidden => Some(ErrorCode::FORBIDDEN),
        }
    }

    /// What an error response says (RFC 8656 §7.4).
    pub(super) fn of(error: ErrorCode<'_>) -> Self {
        let (code, reason) = (error.code, readable(error.reason));
        match code {
            ErrorCode::UNAUTHENTICATED | ErrorCode::WRONG_CREDENTIALS => {
                Self::Unauthorized { code, reason }
            }
            ErrorCode::FORBIDDEN => Self::Forbidden,
            ErrorCode::ALLOCATION_MISMATCH => Self::Mismatch,
            ErrorCode::ALLOCATION_QUOTA_REACHED => Self::Quota,
            ErrorCode::INSUFFICIENT_CAPACITY => Self::Capacity,
            ErrorCode::UNKNOWN_ATTRIBUTE
            | ErrorCode::ADDRESS_FAMILY_NOT_SUPPORTED
            | ErrorCode::UNSUPPORTED_TRANSPORT => Self::Unsupported { code, reason },
            _ => Self::Rejected { code, reason },
        }
    }
}

/// A reason as it may be shown: not long, and without control characters.
pub(super) fn readable(reason: &str) -> String {
    let shown = reason.chars().filter(|character| !character.is_control());
    shown.take(MAX_REASON).collect()
}
