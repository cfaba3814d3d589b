//! Responses to the peer's checks.

use std::collections::VecDeque;
use std::net::SocketAddr;

use rill_stun::{Class, HEADER_LENGTH, IntegrityKey, Method, TransactionId, Writer};

use crate::Path;
use crate::identifier::SessionKey;

/// A response to be sent. It is written only when polled, into the caller's buffer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) session: SessionKey,
    pub(crate) to: Path,
    pub(crate) transaction: TransactionId,
    pub(crate) content: ReplyContent,
    /// Whether the request was protected by SHA-256 (RFC 8489 §9.1.3).
    pub(crate) sha256: bool,
}

/// What the response says.
#[derive(Debug)]
pub(crate) enum ReplyContent {
    /// XOR-MAPPED-ADDRESS is the address that the reply goes to.
    Success,
    BadRequest,
    UnknownAttributes(Vec<u16>),
    RoleConflict,
}

/// The responses to be sent.
#[derive(Debug, Default)]
pub(crate) struct Replies {
    pub(crate) queue: VecDeque<Reply>,
}

impl Reply {
    /// Writes the response into `buffer`.
    pub(crate) fn write(&self, key: &IntegrityKey, buffer: &mut Vec<u8>) {
        let class = match self.content {
            ReplyContent::Success => Class::Success,
            ReplyContent::BadRequest
            | ReplyContent::UnknownAttributes(_)
            | ReplyContent::RoleConflict => Class::Error,
        };
        let writer = Writer::new(buffer, class, Method::BINDING, self.transaction);
        let writer = match &self.content {
            ReplyContent::Success => writer.xor_mapped_address(self.to.remote),
            ReplyContent::BadRequest => writer.error_code(400, ""),
            ReplyContent::UnknownAttributes(kinds) => {
                writer.error_code(420, "").unknown_attributes(kinds)
            }
            ReplyContent::RoleConflict => writer.error_code(487, ""),
        };
        let writer = if self.sha256 {
            writer.message_integrity_sha256_with(key)
        } else {
            writer.message_integrity_with(key)
        };
        writer.fingerprint().finish();
    }

    /// The length of what [`write`](Self::write) writes: never more than the request's, so that
    /// nobody is flooded through us.
    pub(crate) fn length(&self) -> usize {
        let content = match &self.content {
            ReplyContent::Success => match self.to.remote {
                SocketAddr::V4(_) => 12,
                SocketAddr::V6(_) => 24,
            },
            ReplyContent::BadRequest | ReplyContent::RoleConflict => 8,
            ReplyContent::UnknownAttributes(kinds) => 12 + (kinds.len() * 2).next_multiple_of(4),
        };
        let integrity = if self.sha256 { 36 } else { 24 };
        HEADER_LENGTH + content + integrity + 8
    }
}
