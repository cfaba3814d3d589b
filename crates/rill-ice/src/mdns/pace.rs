use std::time::{Duration, Instant};

/// Lets something happen once per interval, and a few times at once after a rest.
#[derive(Debug)]
pub(super) struct Pace {
    interval: Duration,
    burst: u32,
    /// When all that has happened will have been paid for.
    paid: Option<Instant>,
}

impl Pace {
    pub(super) const fn new(interval: Duration, burst: u32) -> Self {
        Self {
            interval,
            burst,
            paid: None,
        }
    }

    /// When it may happen next.
    pub(super) fn ready(&self, now: Instant) -> Instant {
        let credit = self.interval * (self.burst - 1);
        self.paid
            .and_then(|paid| paid.checked_sub(credit))
            .map_or(now, |ready| ready.max(now))
    }

    /// Lets it happen, if it may.
    pub(super) fn take(&mut self, now: Instant) -> bool {
        if self.ready(now) > now {
            return false;
        }
        self.paid = Some(self.paid.map_or(now, |paid| paid.max(now)) + self.interval);
        true
    }
}
