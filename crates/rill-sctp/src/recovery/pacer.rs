//! Spreads what is sent over the round trip.

use std::time::{Duration, Instant};

/// How far ahead of its time data may leave: timers are no finer, and a train of datagrams costs
/// less than they would alone.
const AHEAD: Duration = Duration::from_millis(1);

/// The longest wait after a packet: the rate may be known better by then.
const MAX_WAIT: Duration = Duration::from_millis(250);

#[derive(Clone, Copy, Debug)]
pub(crate) struct Pacer {
    /// When all that was sent would have left at the rate.
    next: Option<Instant>,
}

impl Pacer {
    pub(crate) fn new() -> Self {
        Self { next: None }
    }

    /// When there may be sent again; none: now.
    pub(crate) fn wait(&self, now: Instant) -> Option<Instant> {
        self.next.filter(|&next| next > now + AHEAD)
    }

    /// `bytes` leave, at a rate in bytes per second.
    pub(crate) fn sent(&mut self, now: Instant, bytes: usize, rate: u64) {
        let time = Duration::from_secs_f64(bytes as f64 / rate.max(1) as f64);
        // What was not used does not add up, but for a timer that came late.
        let late = now.checked_sub(AHEAD).unwrap_or(now);
        let from = self.next.map_or(now, |next| next.max(late));
        self.next = Some(from + time.min(MAX_WAIT));
    }

    /// Sends now what was waiting: nothing is on its way any more.
    pub(crate) fn restart(&mut self) {
        self.next = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leaves_in_a_second_is_the_rate() {
        let start = crate::testing::epoch();
        let mut pacer = Pacer::new();
        let mut now = start;
        let mut sent = 0;
        while now < start + Duration::from_secs(1) {
            while pacer.wait(now).is_none() {
                pacer.sent(now, 1200, 1_200_000);
                sent += 1;
            }
            now = pacer.wait(now).expect("it was just asked");
        }
        assert!((1000..=1004).contains(&sent), "{sent}");
    }

    #[test]
    fn an_idle_time_is_not_made_up_for() {
        let now = crate::testing::epoch();
        let mut pacer = Pacer::new();
        pacer.sent(now, 1200, 120_000);
        let later = now + Duration::from_secs(5);
        assert_eq!(pacer.wait(later), None);
        pacer.sent(later, 1200, 120_000);
        let due = later + Duration::from_millis(10) - AHEAD;
        assert_eq!(pacer.wait(later), Some(due));
        pacer.restart();
        assert_eq!(pacer.wait(later), None);
    }
}
