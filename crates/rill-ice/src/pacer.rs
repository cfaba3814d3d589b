//! Pacing of transactions to addresses that have not answered (RFC 8445 §14).

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The bucket that transactions are paced by (RFC 8445 §14: over all agents of a process).
///
/// Clones share one bucket: give all agents of a process clones of one. [`Timing::pace`] and
/// [`Timing::burst`] say how it is filled, and should be the same for all of them; so should the
/// clock that their times come from. Agents that wait take turns.
///
/// [`Timing::pace`]: crate::Timing::pace
/// [`Timing::burst`]: crate::Timing::burst
#[derive(Clone, Debug, Default)]
pub struct Pacer {
    bucket: Arc<Mutex<Bucket>>,
}

#[derive(Debug, Default)]
struct Bucket {
    /// When it will be full again; `None` before the first transaction.
    full_at: Option<Instant>,
    /// Those who were refused since their last turn, in that order.
    waiting: VecDeque<Ticket>,
    tickets: u32,
}

/// Names an agent at a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Ticket(u32);

/// One agent's access to a bucket.
#[derive(Debug)]
pub(crate) struct Turns {
    pacer: Pacer,
    ticket: Ticket,
    interval: Duration,
    /// How far ahead of the sustained pace the bucket may be.
    tolerance: Duration,
}

impl Pacer {
    /// Takes part: `burst` transactions at once, then one per `interval`.
    pub(crate) fn join(&self, interval: Duration, burst: u32) -> Turns {
        let mut bucket = self.bucket();
        bucket.tickets = bucket.tickets.wrapping_add(1);
        Turns {
            ticket: Ticket(bucket.tickets),
            pacer: self.clone(),
            interval,
            tolerance: interval * burst.saturating_sub(1),
        }
    }

    /// A bucket is whole whatever happened to its last holder.
    fn bucket(&self) -> MutexGuard<'_, Bucket> {
        self.bucket.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turns {
    /// Takes a token, if there is one and nobody has waited longer for it.
    pub(crate) fn take(&self, now: Instant) -> bool {
        let mut bucket = self.pacer.bucket();
        if self.ready(&bucket).is_some_and(|at| now < at) {
            if !bucket.waiting.contains(&self.ticket) {
                bucket.waiting.push_back(self.ticket);
            }
            return false;
        }
        // Who is first and did not come needs no turn any more.
        if bucket.waiting.front() != Some(&self.ticket) {
            bucket.waiting.pop_front();
        }
        bucket.waiting.retain(|ticket| *ticket != self.ticket);
        let base = bucket.full_at.map_or(now, |at| at.max(now));
        bucket.full_at = Some(base + self.interval);
        true
    }

    /// When there is a token for us; `None` if nothing was taken yet.
    pub(crate) fn ready_at(&self) -> Option<Instant> {
        self.ready(&self.pacer.bucket())
    }

    /// Whoever is first in the queue has an interval to come.
    fn ready(&self, bucket: &Bucket) -> Option<Instant> {
        let full_at = bucket.full_at?;
        let at = full_at.checked_sub(self.tolerance).unwrap_or(full_at);
        let first = bucket.waiting.front();
        let is_ours = first.is_none_or(|first| *first == self.ticket);
        Some(if is_ours { at } else { at + self.interval })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACE: Duration = Duration::from_millis(5);

    #[expect(
        clippy::disallowed_methods,
        reason = "any instant will do as the epoch"
    )]
    fn epoch() -> Instant {
        Instant::now()
    }

    #[test]
    fn a_burst_then_a_steady_pace() {
        let (turns, start) = (Pacer::default().join(PACE, 20), epoch());
        let taken = (0..1000)
            .filter(|ms| turns.take(start + Duration::from_millis(*ms)))
            .count();
        assert!((200..=220).contains(&taken), "{taken}");

        let later = start + Duration::from_secs(9);
        assert_eq!((0..100).filter(|_| turns.take(later)).count(), 20);
        let ready = turns.ready_at().expect("something was taken");
        assert_eq!(ready, later + PACE);
    }

    #[test]
    fn clones_share_a_bucket_and_others_do_not() {
        let (pacer, start) = (Pacer::default(), epoch());
        let [one, two] = [pacer.clone(), pacer].map(|pacer| pacer.join(PACE, 2));
        assert!(one.take(start) && two.take(start));
        assert!(!one.take(start) && !two.take(start));
        assert!(Pacer::default().join(PACE, 2).take(start));
    }

    #[test]
    fn those_who_wait_take_turns_and_who_does_not_come_loses_only_its_own() {
        let (pacer, start) = (Pacer::default(), epoch());
        let [one, two, three] = [(); 3].map(|()| pacer.join(PACE, 1));
        let at = |ms| start + Duration::from_millis(ms);
        assert!(one.take(at(0)));
        assert!(!one.take(at(0)) && !two.take(at(0)) && !three.take(at(0)));
        assert!(!two.take(at(5)) && one.take(at(5)) && !one.take(at(5)));
        assert_eq!(three.ready_at(), Some(at(15)), "unless the second comes");
        assert!(!three.take(at(10)) && !one.take(at(14)));
        assert!(one.take(at(15)), "the second did not come");
        assert!(!one.take(at(20)) && three.take(at(20)) && one.take(at(25)));
    }
}
