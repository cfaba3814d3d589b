//! How many more bytes are acknowledged at once than the rate explains (draft-ietf-ccwg-bbr-05 §5.5.9): radio links
//! gather packets, and hold back what is behind one that they repeat. So much more must be on its way.

use std::time::Instant;

use super::Acked;
use super::highest::Highest;

/// So many bytes, and what comes in so many seconds, are the most of which account is taken: no radio link gathers
/// more, and sockets overflow of more.
const MOST_BYTES: f64 = 1_048_576.0;
const MOST_SECONDS: f64 = 0.1;

/// The largest bursts of the last rounds.
#[derive(Clone, Debug, Default)]
pub(super) struct Bursts {
    largest: Highest,
    /// Since when no less arrived than expected, and how many bytes.
    run: Option<(Instant, usize)>,
}

impl Bursts {
    /// Counts what was acknowledged where this many bytes a second are expected.
    pub(super) fn count(&mut self, acked: &Acked, round: u64, rate: u64) {
        let rate = rate as f64;
        let expected =
            |since: Instant| rate * acked.now.saturating_duration_since(since).as_secs_f64();
        let (since, arrived) = self
            .run
            .filter(|&(since, arrived)| arrived as f64 > expected(since))
            .unwrap_or((acked.now, 0));
        let arrived = arrived + acked.bytes;
        self.run = Some((since, arrived));
        let most = (rate * MOST_SECONDS).min(MOST_BYTES);
        let more = (arrived as f64 - expected(since)).min(most);
        self.largest.add(round, more as u64);
    }

    /// In bytes.
    pub(super) fn largest(&self) -> u64 {
        self.largest.get().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::testing::epoch;

    /// Bytes a second: a thousand each millisecond.
    const RATE: u64 = 1_000_000;

    /// What counts as a burst when so many bytes come after so many milliseconds each.
    fn largest(rate: u64, arrivals: &[(u64, usize)]) -> u64 {
        let (mut bursts, mut now) = (Bursts::default(), epoch());
        for &(after, bytes) in arrivals {
            now += Duration::from_millis(after);
            let acked = Acked {
                now,
                bytes,
                lost: 0,
                in_flight_before: bytes,
                in_flight: 0,
                rtt: None,
                smoothed_rtt: Duration::ZERO,
                min_rtt: Duration::ZERO,
                delivered: 0,
                round_started: false,
                rate: None,
                limited_by_window: false,
            };
            bursts.count(&acked, 0, rate);
        }
        bursts.largest()
    }

    #[test]
    fn what_comes_as_expected_is_no_burst_but_each_piece() {
        assert_eq!(largest(RATE, &[(0, 1000), (1, 1000), (1, 1000)]), 1000);
    }

    #[test]
    fn what_comes_at_once_is_one_and_a_pause_ends_it() {
        assert_eq!(largest(RATE, &[(0, 4000), (1, 4000), (20, 5000)]), 7000);
    }

    #[test]
    fn no_more_counts_than_a_tenth_of_a_second_nor_than_sockets_hold() {
        assert_eq!(largest(RATE, &[(0, 900_000)]), 100_000);
        assert_eq!(largest(100 * RATE, &[(0, 9_000_000)]), 1 << 20);
    }
}
