//! Pacing of transactions to addresses that have not answered (RFC 8445 §14).

use std::time::{Duration, Instant};

/// A token bucket: `burst` transactions at once, then one per `interval`.
#[derive(Debug)]
pub(crate) struct Pacer {
    interval: Duration,
    /// How far ahead of the sustained pace the bucket may be.
    tolerance: Duration,
    /// When the bucket will be full again; `None` before the first transaction.
    full_at: Option<Instant>,
}

impl Pacer {
    pub(crate) fn new(interval: Duration, burst: u32) -> Self {
        Self {
            interval,
            tolerance: interval * burst.saturating_sub(1),
            full_at: None,
        }
    }

    /// Takes a token, if there is one.
    pub(crate) fn take(&mut self, now: Instant) -> bool {
        if self.ready_at().is_some_and(|at| now < at) {
            return false;
        }
        let base = self.full_at.map_or(now, |at| at.max(now));
        self.full_at = Some(base + self.interval);
        true
    }

    /// When there is a token; `None` if nothing was taken yet.
    pub(crate) fn ready_at(&self) -> Option<Instant> {
        let full_at = self.full_at?;
        Some(full_at.checked_sub(self.tolerance).unwrap_or(full_at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_then_a_steady_pace() {
        let mut pacer = Pacer::new(Duration::from_millis(5), 20);
        #[expect(
            clippy::disallowed_methods,
            reason = "any instant will do as the epoch"
        )]
        let start = Instant::now();
        let taken = (0..1000)
            .filter(|ms| pacer.take(start + Duration::from_millis(*ms)))
            .count();
        assert!((200..=220).contains(&taken), "{taken}");

        let later = start + Duration::from_secs(9);
        assert_eq!((0..100).filter(|_| pacer.take(later)).count(), 20);
        let ready = pacer.ready_at().expect("something was taken");
        assert_eq!(ready, later + Duration::from_millis(5));
    }
}
