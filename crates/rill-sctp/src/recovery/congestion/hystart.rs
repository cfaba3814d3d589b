//! Slow start ends when the round trip grows (RFC 9406, HyStart++).

use std::time::Duration;

const MIN_THRESHOLD: Duration = Duration::from_millis(4);
const MAX_THRESHOLD: Duration = Duration::from_millis(16);
/// How many samples of a round are enough to judge by.
const SAMPLES: u32 = 8;
/// How many rounds the window grows slowly before slow start is over.
const ROUNDS: u32 = 5;
/// How slowly.
pub(super) const GROWTH_DIVISOR: usize = 4;

/// Whether slow start goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    SlowStart,
    /// Conservative slow start: the round trip grew; this many rounds ago.
    Conservative(u32),
    Over,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct HyStart {
    phase: Phase,
    last_round: Option<Duration>,
    this_round: Option<Duration>,
    samples: u32,
    /// The shortest of the round in which the conservative phase began.
    baseline: Option<Duration>,
}

impl HyStart {
    pub(super) fn new() -> Self {
        Self {
            phase: Phase::SlowStart,
            last_round: None,
            this_round: None,
            samples: 0,
            baseline: None,
        }
    }

    /// RFC 9406 §4.2.
    pub(super) fn acked(&mut self, rtt: Option<Duration>, round_started: bool) -> Phase {
        if round_started {
            self.last_round = self.this_round.take();
            self.samples = 0;
            if let Phase::Conservative(rounds) = self.phase {
                self.phase = if rounds + 1 >= ROUNDS {
                    Phase::Over
                } else {
                    Phase::Conservative(rounds + 1)
                };
            }
        }
        if let Some(rtt) = rtt {
            self.samples += 1;
            self.this_round = Some(self.this_round.map_or(rtt, |shortest| shortest.min(rtt)));
        }
        if self.samples >= SAMPLES
            && let Some(this) = self.this_round
        {
            self.judge(this);
        }
        self.phase
    }

    fn judge(&mut self, this: Duration) {
        match self.phase {
            Phase::SlowStart => {
                let Some(last) = self.last_round else {
                    return;
                };
                let threshold = (last / 8).clamp(MIN_THRESHOLD, MAX_THRESHOLD);
                if this >= last + threshold {
                    self.baseline = Some(this);
                    self.phase = Phase::Conservative(0);
                }
            }
            Phase::Conservative(_) if self.baseline.is_some_and(|baseline| this < baseline) => {
                self.phase = Phase::SlowStart;
            }
            Phase::Conservative(_) | Phase::Over => {}
        }
    }
}
