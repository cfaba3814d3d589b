//! Pacing of transactions to addresses that have not answered (RFC 8445 §14).

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The bucket that transactions are paced by (RFC 8445 §14: over all agents of a process).
///
/// Clones share one bucket: give all agents of a process clones of one. [`Timing::pace`] and
/// [`Timing::burst`] say how it is filled, and should be the same for all of them; so should the
/// clock that their times come from.
///
/// [`Timing::pace`]: crate::Timing::pace
/// [`Timing::burst`]: crate::Timing::burst
#[derive(Clone, Debug, Default)]
pub struct Pacer {
    /// When the bucket will be full again; `None` before the first transaction.
    full_at: Arc<Mutex<Option<Instant>>>,
}

impl Pacer {
    /// Takes a token, if there is one: `burst` at once, then one per `interval`.
    pub(crate) fn take(&self, now: Instant, interval: Duration, burst: u32) -> bool {
        let mut full_at = self.full_at();
        if ready_at(*full_at, interval, burst).is_some_and(|at| now < at) {
            return false;
        }
        *full_at = Some(full_at.map_or(now, |at| at.max(now)) + interval);
        true
    }

    /// When there is a token; `None` if nothing was taken yet.
    pub(crate) fn ready_at(&self, interval: Duration, burst: u32) -> Option<Instant> {
        ready_at(*self.full_at(), interval, burst)
    }

    /// A time is whole whatever happened to its last holder.
    fn full_at(&self) -> MutexGuard<'_, Option<Instant>> {
        self.full_at.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The bucket may be ahead of the sustained pace by all of a burst but one.
fn ready_at(full_at: Option<Instant>, interval: Duration, burst: u32) -> Option<Instant> {
    let full_at = full_at?;
    let tolerance = interval * burst.saturating_sub(1);
    Some(full_at.checked_sub(tolerance).unwrap_or(full_at))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACE: Duration = Duration::from_millis(5);

    #[test]
    fn a_burst_then_a_steady_pace() {
        let (pacer, start) = (Pacer::default(), epoch());
        let taken = (0..1000)
            .filter(|ms| pacer.take(start + Duration::from_millis(*ms), PACE, 20))
            .count();
        assert!((200..=220).contains(&taken), "{taken}");

        let later = start + Duration::from_secs(9);
        assert_eq!((0..100).filter(|_| pacer.take(later, PACE, 20)).count(), 20);
        let ready = pacer.ready_at(PACE, 20).expect("something was taken");
        assert_eq!(ready, later + PACE);
    }

    #[test]
    fn clones_share_a_bucket_and_others_do_not() {
        let (pacer, start) = (Pacer::default(), epoch());
        let clone = pacer.clone();
        assert!(pacer.take(start, PACE, 2) && clone.take(start, PACE, 2));
        assert!(!pacer.take(start, PACE, 2) && !clone.take(start, PACE, 2));
        assert!(Pacer::default().take(start, PACE, 2));
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "any instant will do as the epoch"
    )]
    fn epoch() -> Instant {
        Instant::now()
    }
}
