//! Requests that await their responses (RFC 8489 §6.2.1, §6.2.2).

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use rill_stun::{ChannelNumber, Method};

use super::authentication::Signature;
use super::{Timing, Transport};

/// What is asked of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Request {
    Allocate,
    /// To keep the allocation.
    Refresh,
    /// To give it up.
    Release,
    Permit(IpAddr),
    Bind(ChannelNumber),
}

impl Request {
    pub(super) fn method(self) -> Method {
        match self {
            Self::Allocate => Method::ALLOCATE,
            Self::Refresh | Self::Release => Method::REFRESH,
            Self::Permit(_) => Method::CREATE_PERMISSION,
            Self::Bind(_) => Method::CHANNEL_BIND,
        }
    }
}

/// A request that was sent.
#[derive(Debug)]
pub(super) struct Transaction {
    pub(super) request: Request,
    /// Sent again as it is.
    pub(super) message: Vec<u8>,
    /// What its response must be authenticated by.
    pub(super) signature: Option<Arc<Signature>>,
    /// How many challenges preceded it.
    pub(super) repeats: u32,
    /// An answer that was not authenticated.
    pub(super) violation: Option<String>,
    pub(super) give_up: Instant,
    pub(super) sent: u32,
}

impl Transaction {
    /// When it is to be sent again or given up, after it was sent at `now`.
    pub(super) fn due(&self, now: Instant, transport: Transport, timing: &Timing) -> Instant {
        let wait = match transport {
            Transport::Stream => return self.give_up,
            Transport::Datagram if self.sent >= timing.sends => timing.rto * timing.final_wait,
            Transport::Datagram => timing.rto * (1 << self.sent.saturating_sub(1).min(16)),
        };
        self.give_up.min(now + wait)
    }

    /// Whether it is sent no more.
    pub(super) fn is_over(&self, now: Instant, timing: &Timing) -> bool {
        now >= self.give_up || self.sent >= timing.sends
    }
}
