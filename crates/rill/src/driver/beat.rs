//! Drivers that rest wake up together: a process sleeps longer if what can be done a little earlier is done
//! at one time for many connections.

use std::{
    sync::{
        LazyLock,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

/// No longer than a consent check may be early (a tenth of its period).
const PERIOD: Duration = Duration::from_millis(500);

/// What is due sooner is waited for exactly.
const NEAR: Duration = Duration::from_secs(1);

/// So many drivers share a beat. With consent checks every 5 s, some 25 of them meet in one: a
/// millisecond of work.
const GROUP: u32 = 256;

static EPOCH: LazyLock<Instant> = LazyLock::new(Instant::now);

/// The times, one in each period, at which a group of drivers wakes up.
#[derive(Debug)]
pub(super) struct Beat {
    first: Instant,
    said: Option<Said>,
}

/// The last answer.
#[derive(Clone, Copy, Debug)]
struct Said {
    due: Instant,
    wake: Instant,
}

impl Beat {
    /// The beat of the next group that has room.
    pub(super) fn join() -> Self {
        static DRIVERS: AtomicU32 = AtomicU32::new(0);
        let group = DRIVERS.fetch_add(1, Ordering::Relaxed) / GROUP;
        // The golden section spreads any number of groups over the period.
        let part = group.wrapping_mul(0x9E37_79B9);
        let phase = PERIOD.mul_f64(f64::from(part) / f64::from(u32::MAX));
        Self::from(*EPOCH + phase)
    }

    fn from(first: Instant) -> Self {
        Self { first, said: None }
    }

    /// When to wake up for what is due at `at`: then if that is near, else not after it. What was
    /// said before holds until then, also when it comes near.
    pub(super) fn at_or_before(&mut self, at: Instant, now: Instant) -> Instant {
        let said = self.said.filter(|said| said.due == at && said.wake > now);
        let said = said.unwrap_or_else(|| Said {
            due: at,
            wake: self.choose(at, now),
        });
        self.said = Some(said);
        said.wake
    }

    fn choose(&self, at: Instant, now: Instant) -> Instant {
        if at < now + NEAR {
            return at;
        }
        let since = at.saturating_duration_since(self.first);
        let past = since.as_nanos() % PERIOD.as_nanos();
        at - Duration::from_nanos(u64::try_from(past).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_wakes_up_together_and_groups_apart() {
        let drivers: Vec<Beat> = (0..10 * GROUP).map(|_| Beat::join()).collect();
        let mut firsts: Vec<Instant> = drivers.iter().map(|beat| beat.first).collect();
        firsts.dedup();
        // Other tests in this process join too.
        assert!((10..=12).contains(&firsts.len()), "{firsts:?}");
        firsts.sort();
        let gaps = firsts.windows(2).map(|two| two[1] - two[0]);
        let close = gaps.filter(|gap| *gap < PERIOD / 25).count();
        assert_eq!(close, 0, "{firsts:?}");
    }

    #[test]
    fn nothing_is_late_and_what_is_near_is_exact() {
        let now = Instant::now();
        let mut beat = Beat::from(now);
        let millis = |millis| now + Duration::from_millis(millis);
        assert_eq!(beat.at_or_before(millis(999), now), millis(999));
        assert_eq!(beat.at_or_before(millis(1000), now), millis(1000));
        assert_eq!(beat.at_or_before(millis(4999), now), millis(4500));
        assert_eq!(beat.at_or_before(millis(4501), now), millis(4500));
        assert_eq!(beat.at_or_before(now, now), now);
        let mut later = Beat::from(millis(800));
        assert_eq!(later.at_or_before(millis(4501), now), millis(4300));
    }

    #[test]
    fn what_was_said_holds_until_then() {
        let now = Instant::now();
        let mut beat = Beat::from(now);
        let millis = |millis| now + Duration::from_millis(millis);
        assert_eq!(beat.at_or_before(millis(4900), now), millis(4500));
        // Something arrived meanwhile.
        assert_eq!(beat.at_or_before(millis(4900), millis(4200)), millis(4500));
        // It has passed, and nothing was done early.
        assert_eq!(beat.at_or_before(millis(4900), millis(4500)), millis(4900));
        assert_eq!(beat.at_or_before(millis(4901), millis(4200)), millis(4901));
    }
}
