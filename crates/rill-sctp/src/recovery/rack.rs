//! Losses are found by time (RFC 8985 §6): what was sent well before something that has arrived is
//! lost.

use std::time::{Duration, Instant};

use super::Rtt;
use crate::wire::Tsn;

/// RFC 8985 §6.2: how much the window may be stretched.
const MAX_STRETCH: u32 = 20;

/// When a chunk was sent; of those sent at one time the later number is later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SentAt {
    pub(crate) at: Instant,
    pub(crate) tsn: Tsn,
}

impl SentAt {
    fn is_after(self, other: Self) -> bool {
        self.at > other.at || self.at == other.at && self.tsn.is_after(other.tsn)
    }
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Rack {
    /// What was sent last of what has arrived, and how long that took.
    newest: Option<(SentAt, Duration)>,
    /// The highest number that has arrived.
    highest: Option<Tsn>,
    reordering_seen: bool,
    /// Times a quarter of the shortest round trip: how much reordering is waited for.
    stretch: u32,
    /// The number sent next when the window was stretched last: once a round trip.
    stretched: Option<Tsn>,
}

impl Rack {
    /// A chunk has arrived (RFC 8985 §6.2, steps 1 to 3).
    pub(crate) fn acknowledged(
        &mut self,
        now: Instant,
        sent: SentAt,
        retransmitted: bool,
        rtt: &Rtt,
    ) {
        let took = now.saturating_duration_since(sent.at);
        // An answer sooner than any can come is one to an earlier transmission.
        if retransmitted && rtt.min().is_some_and(|min| took < min) {
            return;
        }
        if self.newest.is_none_or(|(newest, _)| sent.is_after(newest)) {
            self.newest = Some((sent, took));
        }
        match self.highest {
            Some(highest) if !sent.tsn.is_after(highest) => {
                self.reordering_seen |= !retransmitted && highest != sent.tsn;
            }
            _ => self.highest = Some(sent.tsn),
        }
    }

    /// What was thought lost was not: more reordering is waited for, one step a round trip.
    pub(crate) fn spurious(&mut self, acknowledged: Tsn, next: Tsn) {
        if self.stretched.is_none_or(|at| !at.is_after(acknowledged)) {
            self.stretched = Some(next);
            self.stretch = (self.stretch.max(1) + 1).min(MAX_STRETCH);
        }
    }

    /// Whether a chunk is lost; the time at which it will be taken to be so, if not yet; or that
    /// nothing sent after it has arrived (RFC 8985 §6.2, step 5).
    pub(crate) fn judge(&self, now: Instant, sent: SentAt, rtt: &Rtt) -> Verdict {
        let Some((newest, took)) = self.newest else {
            return Verdict::Unknown;
        };
        if !newest.is_after(sent) {
            return Verdict::Unknown;
        }
        let due = sent.at + took + self.window(rtt);
        if due <= now {
            Verdict::Lost
        } else {
            Verdict::LostAt(due)
        }
    }

    /// How much reordering is waited for (RFC 8985 §6.2, step 4).
    fn window(&self, rtt: &Rtt) -> Duration {
        let (Some(min), Some(smoothed)) = (rtt.min(), rtt.smoothed()) else {
            return Duration::ZERO;
        };
        let window = (min * self.stretch.max(1) / 4).min(smoothed);
        if self.reordering_seen {
            window
        } else {
            // Nothing was ever reordered; timers are no finer than this.
            window.min(min / 8)
        }
    }
}

/// What is known of a chunk on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Unknown,
    LostAt(Instant),
    Lost,
}
