//! What every stack must do to be measured.

mod rill;
mod str0m;
mod webrtc;

use std::time::Duration;

/// The names, in the order of their turns.
pub(crate) const NAMES: [&str; 3] = ["rill", "str0m", "webrtc"];

/// One stack: two peers in this process, over sockets, with the settings it comes with.
pub(crate) trait Contender {
    /// Connects a pair by host candidates and closes it; the time from the first constructor until
    /// one data channel is open at both ends.
    fn set_up(&mut self) -> Duration;

    /// Sends over one reliable, ordered channel as fast as it goes; counted at the receiver, from the
    /// opening of the channel on.
    fn transfer(&mut self, load: Load) -> Transferred;
}

/// What to send.
#[derive(Clone, Copy)]
pub(crate) struct Load {
    /// Bytes of each message.
    pub(crate) message: usize,
    /// Enough is when so many bytes have arrived…
    pub(crate) total: usize,
    /// …or so much time has passed.
    pub(crate) limit: Duration,
}

/// What arrived.
pub(crate) struct Transferred {
    pub(crate) bytes: usize,
    pub(crate) elapsed: Duration,
}

/// The stack of that name, and the version measured.
pub(crate) fn named(name: &str) -> Option<Box<dyn Contender>> {
    match name {
        "rill" => Some(Box::new(rill::Rill::new())),
        "str0m" => Some(Box::new(str0m::Str0m::new())),
        "webrtc" => Some(Box::new(webrtc::Webrtc::new())),
        _ => None,
    }
}
