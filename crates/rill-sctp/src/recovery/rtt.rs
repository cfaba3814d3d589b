//! The round trip, and the retransmission time-out that follows from it (RFC 9260 §6.3.1).

use std::time::{Duration, Instant};

/// Before anything was measured. RFC 9260 §16 says one second, for paths of which nothing is known;
/// ours has just carried a DTLS handshake.
const INITIAL: Duration = Duration::from_millis(500);
/// RFC 9260 §16 says one second. Twice what peers may delay an acknowledgement by (§6.2) is enough.
const MIN: Duration = Duration::from_millis(400);
/// Whether the path is dead is decided by ICE consent (RFC 7675), 30 seconds; one that comes back
/// before that should be used soon.
const MAX: Duration = Duration::from_secs(3);
/// RFC 8985 §7.2: how long a peer may wait with an acknowledgement.
const MAX_ACK_DELAY: Duration = Duration::from_millis(200);
/// How long the shortest round trip is believed.
const MEMORY: Duration = Duration::from_secs(10);

#[derive(Clone, Copy, Debug)]
pub(crate) struct Rtt {
    measured: Option<Measured>,
    /// How often in a row the time-out has passed.
    backoff: u32,
}

#[derive(Clone, Copy, Debug)]
struct Measured {
    smoothed: Duration,
    variation: Duration,
    min: Duration,
    min_at: Instant,
}

impl Rtt {
    pub(crate) fn new() -> Self {
        Self {
            measured: None,
            backoff: 0,
        }
    }

    /// A chunk that was sent once was acknowledged after this long.
    pub(crate) fn sample(&mut self, now: Instant, rtt: Duration) {
        let Some(before) = &mut self.measured else {
            self.measured = Some(Measured {
                smoothed: rtt,
                variation: rtt / 2,
                min: rtt,
                min_at: now,
            });
            return;
        };
        // RFC 9260 §6.3.1 C3: alpha is 1/8, beta 1/4.
        let error = before.smoothed.abs_diff(rtt);
        before.variation = before.variation * 3 / 4 + error / 4;
        before.smoothed = before.smoothed * 7 / 8 + rtt / 8;
        if rtt <= before.min || now.saturating_duration_since(before.min_at) > MEMORY {
            before.min = rtt;
            before.min_at = now;
        }
    }

    /// Something was acknowledged: the path works.
    pub(crate) fn progress(&mut self) {
        self.backoff = 0;
    }

    /// The time-out has passed (RFC 9260 §6.3.3 E2).
    pub(crate) fn back_off(&mut self) {
        self.backoff = (self.backoff + 1).min(8);
    }

    pub(crate) fn smoothed(&self) -> Option<Duration> {
        self.measured.map(|measured| measured.smoothed)
    }

    /// The shortest of late.
    pub(crate) fn min(&self) -> Option<Duration> {
        self.measured.map(|measured| measured.min)
    }

    /// The retransmission time-out.
    pub(crate) fn timeout(&self) -> Duration {
        let base = self.measured.map_or(INITIAL, |measured| {
            (measured.smoothed + measured.variation * 4).max(MIN)
        });
        (base * (1 << self.backoff)).min(MAX)
    }

    /// The probe time-out (RFC 8985 §7.2), unless it is time for the other.
    pub(crate) fn probe_timeout(&self, alone: bool) -> Option<Duration> {
        let smoothed = self.smoothed().filter(|_| self.backoff == 0)?;
        let delay = if alone {
            MAX_ACK_DELAY
        } else {
            Duration::from_millis(2)
        };
        Some(smoothed * 2 + delay)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn the_timeout_follows_the_measurements_within_bounds() {
        let now = crate::testing::epoch();
        let mut rtt = Rtt::new();
        assert_eq!(rtt.timeout(), INITIAL);
        rtt.sample(now, 40 * MS);
        assert_eq!(rtt.timeout(), MIN);
        rtt.sample(now, 1000 * MS);
        // 35 + 125 and 15 + 240.
        assert_eq!(rtt.smoothed(), Some(160 * MS));
        assert_eq!(rtt.timeout(), 160 * MS + 4 * 255 * MS);
        rtt.back_off();
        assert_eq!(rtt.timeout(), 2360 * MS);
        (0..20).for_each(|_| rtt.back_off());
        assert_eq!(rtt.timeout(), MAX);
        rtt.progress();
        assert_eq!(rtt.timeout(), 1180 * MS);
    }

    #[test]
    fn the_shortest_is_forgotten_after_a_while() {
        let now = crate::testing::epoch();
        let mut rtt = Rtt::new();
        rtt.sample(now, 10 * MS);
        rtt.sample(now + MEMORY, 20 * MS);
        assert_eq!(rtt.min(), Some(10 * MS));
        rtt.sample(now + MEMORY + MS, 20 * MS);
        assert_eq!(rtt.min(), Some(20 * MS));
    }

    #[test]
    fn a_probe_leaves_time_for_a_delayed_acknowledgement() {
        let now = crate::testing::epoch();
        let mut rtt = Rtt::new();
        assert_eq!(rtt.probe_timeout(true), None);
        rtt.sample(now, 40 * MS);
        assert_eq!(rtt.probe_timeout(true), Some(280 * MS));
        assert_eq!(rtt.probe_timeout(false), Some(82 * MS));
        rtt.back_off();
        assert_eq!(rtt.probe_timeout(false), None);
    }
}
