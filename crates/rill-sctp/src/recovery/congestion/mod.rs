//! How much may be on its way (RFC 9260 §7.2 gives the least; each file here another answer).

mod bbr;
mod bursts;
mod cubic;
mod highest;
mod hystart;
mod new_reno;

use std::fmt::Debug;
use std::time::{Duration, Instant};

pub(crate) use bbr::Bbr;
pub(crate) use cubic::Cubic;
pub(crate) use new_reno::NewReno;

/// What an acknowledgement says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Acked {
    pub(crate) now: Instant,
    /// Newly acknowledged bytes.
    pub(crate) bytes: usize,
    /// Bytes found lost with it.
    pub(crate) lost: usize,
    /// Bytes on their way before it, and after it.
    pub(crate) in_flight_before: usize,
    pub(crate) in_flight: usize,
    /// The round trip of a chunk that it acknowledged.
    pub(crate) rtt: Option<Duration>,
    pub(crate) smoothed_rtt: Duration,
    pub(crate) min_rtt: Duration,
    /// All bytes ever delivered.
    pub(crate) delivered: u64,
    /// Something sent after the round before has arrived.
    pub(crate) round_started: bool,
    /// Bytes a second, and whether the application could have sent more.
    pub(crate) rate: Option<RateSample>,
    /// The window was in use.
    pub(crate) limited_by_window: bool,
}

/// How fast data was delivered of late.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RateSample {
    /// Bytes a second.
    pub(crate) rate: u64,
    /// There was not enough to send to know more.
    pub(crate) limited_by_application: bool,
    /// The peer had too little room to know more.
    pub(crate) limited_by_peer: bool,
    /// What was on its way when the newest acknowledged chunk was sent.
    pub(crate) in_flight_then: usize,
}

/// A congestion controller.
pub(crate) trait Controller: Debug + Send {
    /// How many bytes may be on their way.
    fn window(&self) -> usize;

    /// How fast they may leave, in bytes a second; none before a round trip was measured.
    fn pacing_rate(&self) -> Option<u64>;

    /// Packets are of this size from now on. The window stays as it is (RFC 8899 §3, item 7).
    fn set_mtu(&mut self, mtu: usize);

    /// Something was acknowledged.
    fn acked(&mut self, acked: &Acked);

    /// Something sent since the last reduction is lost.
    fn congestion(&mut self);

    /// Nothing was acknowledged for a whole time-out: all that was on its way counts as lost.
    fn timeout(&mut self);

    /// The last reduction was a mistake: what was thought lost had arrived.
    fn undo(&mut self);

    /// Something leaves after nothing was on its way.
    fn restart(&mut self, now: Instant);
}
