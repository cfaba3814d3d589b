//! What every SCTP stack must do to be measured.

mod dcsctp;
mod rill;

use std::time::Instant;

use bytes::Bytes;
use rill_sctp::CongestionControl;

/// The settings that are alike for all stacks, so that the figures differ by recovery and congestion
/// control alone: rill's own defaults.
const MTU: usize = 1112;
const RECEIVE_WINDOW: usize = 16 << 20;
const SEND_BUFFER: usize = 64 << 20;
const STREAM: u16 = 1;
/// WebRTC's identifier for binary messages (RFC 8831 §8).
const BINARY: u32 = 53;

/// One end of an association. After any call that takes the time, there may be something to send.
pub(crate) trait Endpoint {
    fn connect(&mut self, now: Instant);

    fn handle_datagram(&mut self, now: Instant, datagram: &[u8]);

    fn handle_timeout(&mut self, now: Instant);

    /// Appends the datagrams that may leave now. Nothing appended: nothing may, until something else
    /// happens.
    fn poll_transmit(&mut self, now: Instant, train: &mut Vec<Vec<u8>>);

    fn poll_timeout(&self) -> Option<Instant>;

    /// Queues a reliable, ordered message.
    fn send(&mut self, now: Instant, message: Bytes);

    /// Bytes that were queued and not yet sent for the first time.
    fn buffered(&self) -> usize;

    fn receive(&mut self, now: Instant) -> Option<Bytes>;
}

/// The stacks, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stack {
    Rill,
    RillCubic,
    RillNewReno,
    Dcsctp,
}

impl Stack {
    pub(crate) const ALL: [Self; 4] =
        [Self::Rill, Self::RillCubic, Self::RillNewReno, Self::Dcsctp];

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stack| stack.name() == name)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Rill => "rill",
            Self::RillCubic => "rill-cubic",
            Self::RillNewReno => "rill-new-reno",
            Self::Dcsctp => "dcsctp",
        }
    }

    pub(crate) fn endpoint(self, seed: u64, now: Instant) -> Box<dyn Endpoint> {
        let rill = |control| Box::new(rill::Rill::new(control, seed, now));
        match self {
            Self::Rill => rill(CongestionControl::default()),
            Self::RillCubic => rill(CongestionControl::Cubic),
            Self::RillNewReno => rill(CongestionControl::NewReno),
            Self::Dcsctp => Box::new(dcsctp::Dcsctp::new(seed, now)),
        }
    }
}
