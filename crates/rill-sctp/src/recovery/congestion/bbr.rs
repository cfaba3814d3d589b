//! A model of the path instead of a reaction to losses (BBR: draft-ietf-ccwg-bbr, simplified): how
//! fast data is delivered, and how short the round trip is, say how much belongs on its way.

use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use super::bursts::Bursts;
use super::highest::Highest;
use super::{Acked, Controller, RateSample};

/// Doubles what is delivered each round trip: 4 ln 2.
const STARTUP_GAIN: f64 = 2.77;
const DRAIN_GAIN: f64 = 0.35;
/// A cycle asks for more in its first phase, gives back in the second, and cruises in the others.
const ASK: usize = 0;
const GIVE_BACK: usize = 1;
const CRUISE: usize = 2;
/// How many phases a cycle has: at random, because of two flows that ask at the same time neither finds out what
/// the other could leave.
const PHASES: RangeInclusive<usize> = 6..=10;
/// What the window is of the bandwidth-delay product, beside what bursts need. Rates that two flows measured
/// while they asked are together more than there is, and only the window keeps the queue short then.
const WINDOW_GAIN: f64 = 1.05;
/// The same while more is asked for. With less a flow beside CUBIC gets no third.
const ASKING_WINDOW_GAIN: f64 = 1.4;
/// In start-up, where it is also by how much what is delivered grows in a round trip. With 2 a short queue
/// loses more of the last round than SACKs can name.
const STARTUP_WINDOW_GAIN: f64 = 1.75;
/// Slightly less than was measured, so that queues drain.
const MARGIN: f64 = 0.99;
/// How long the shortest round trip is believed, and how long it is looked for.
const MIN_RTT_LIFE: Duration = Duration::from_secs(10);
const PROBE_RTT: Duration = Duration::from_millis(200);
/// How much of what was on its way may be lost before that was too much: well above what a bad
/// radio link loses, well below what a full queue does.
const TOO_MUCH_LOSS: f64 = 0.1;
/// How often at least something is found lost in a round that ends start-up: of few packets one is much.
const STARTUP_LOSSES: u32 = 6;
/// What is left of the window then.
const BETA: f64 = 0.7;
const INITIAL: usize = 10;
const MIN: usize = 4;
/// A train of datagrams.
const TRAIN: f64 = 65_536.0;

/// A controller with a model of the path.
#[derive(Clone, Debug)]
pub(crate) struct Bbr {
    mtu: usize,
    /// What may be on its way before anything is known.
    initial: usize,
    mode: Mode,
    window: usize,
    round: u64,
    rates: Highest,
    bursts: Bursts,
    min_rtt: Option<(Duration, Instant)>,
    /// The rate at which start-up last found more, and for how many rounds it has not.
    full: (u64, u32),
    pipe_is_full: bool,
    /// What may be on its way without a queue losing too much of it.
    ceiling: Option<f64>,
    round_losses: Losses,
    before_probe: usize,
    /// Something leaves after a pause, in which no shorter round trip could be seen.
    restarted: bool,
    random: fastrand::Rng,
    /// How many phases this cycle has.
    phases: usize,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Mode {
    Startup,
    Drain,
    Cycle { phase: usize, since: Instant },
    ProbeRtt { until: Option<Instant> },
}

/// What was delivered and lost in this round.
#[derive(Clone, Copy, Debug, Default)]
struct Losses {
    delivered: usize,
    lost: usize,
    /// How often something was found lost.
    times: u32,
}

impl Bbr {
    pub(crate) fn new(mtu: usize, seed: u64) -> Self {
        Self {
            mtu,
            initial: INITIAL * mtu,
            mode: Mode::Startup,
            window: INITIAL * mtu,
            round: 0,
            rates: Highest::default(),
            bursts: Bursts::default(),
            min_rtt: None,
            full: (0, 0),
            pipe_is_full: false,
            ceiling: None,
            round_losses: Losses::default(),
            before_probe: 0,
            restarted: false,
            random: fastrand::Rng::with_seed(seed),
            phases: *PHASES.end(),
        }
    }

    /// The bandwidth-delay product, in bytes.
    fn product(&self) -> Option<f64> {
        let (min_rtt, _) = self.min_rtt?;
        Some(self.rates.get()? as f64 * min_rtt.as_secs_f64())
    }

    fn measure(&mut self, acked: &Acked) -> bool {
        if acked.round_started {
            self.round += 1;
        }
        if let Some(RateSample {
            rate,
            limited_by_application,
            limited_by_peer,
            ..
        }) = acked.rate
            && (!(limited_by_application || limited_by_peer)
                || self.rates.get().is_none_or(|best| rate > best))
        {
            self.rates.add(self.round, rate);
        }
        let Some(rtt) = acked.rtt else {
            return false;
        };
        let old = |at: Instant| acked.now.saturating_duration_since(at) > MIN_RTT_LIFE;
        let expired = self.min_rtt.is_some_and(|(_, at)| old(at));
        if expired || self.min_rtt.is_none_or(|(min, _)| rtt <= min) {
            self.min_rtt = Some((rtt, acked.now));
        }
        expired
    }

    fn count_losses(&mut self, acked: &Acked) {
        self.round_losses.delivered += acked.bytes;
        self.round_losses.lost += acked.lost;
        self.round_losses.times += u32::from(acked.lost > 0);
        if !acked.round_started {
            return;
        }
        let Losses {
            delivered,
            lost,
            times,
        } = std::mem::take(&mut self.round_losses);
        let share = lost as f64 / (delivered + lost).max(1) as f64;
        let floor = self.product().unwrap_or_default();
        if share > TOO_MUCH_LOSS && (self.pipe_is_full || times >= STARTUP_LOSSES) {
            self.pipe_is_full = true;
            let then = acked
                .rate
                .map_or(acked.in_flight_before, |rate| rate.in_flight_then);
            self.ceiling = Some((then as f64 * BETA).max(floor));
        } else if let Some(ceiling) = &mut self.ceiling {
            // Probes slowly for what another flow may have left.
            *ceiling += (self.mtu as f64).max(*ceiling / 16.0);
            if *ceiling > floor * 4.0 {
                self.ceiling = None;
            }
        }
    }

    fn check_full_pipe(&mut self, acked: &Acked) {
        // If the peer has room for no more, no more will be delivered either.
        let limited = acked.rate.is_none_or(|rate| rate.limited_by_application);
        if self.pipe_is_full || !acked.round_started || limited {
            return;
        }
        let rate = self.rates.get().unwrap_or_default();
        if rate as f64 >= self.full.0 as f64 * 1.25 {
            self.full = (rate, 0);
            return;
        }
        self.full.1 += 1;
        self.pipe_is_full = self.full.1 >= 3;
    }

    fn change_mode(&mut self, acked: &Acked, min_rtt_expired: bool) {
        let restarted = std::mem::take(&mut self.restarted);
        if min_rtt_expired
            && !restarted
            && !matches!(self.mode, Mode::ProbeRtt { .. })
            && self.pipe_is_full
        {
            self.before_probe = self.window;
            self.mode = Mode::ProbeRtt { until: None };
        }
        let product = self.product().unwrap_or(f64::INFINITY);
        match self.mode {
            Mode::Startup if self.pipe_is_full => self.mode = Mode::Drain,
            Mode::Drain if acked.in_flight as f64 <= product => self.start_cycle(acked.now, CRUISE),
            Mode::Cycle { phase, since } => {
                let length = self.min_rtt.map_or(Duration::ZERO, |(min_rtt, _)| min_rtt);
                let long = acked.now.saturating_duration_since(since) > length * 8;
                let over = acked.now.saturating_duration_since(since) > length;
                let next = match phase {
                    // Asks until there is more on its way, or too much.
                    ASK => {
                        over && (long
                            || acked.lost > 0
                            || acked.in_flight_before as f64 >= product * 1.25)
                    }
                    GIVE_BACK => over || acked.in_flight as f64 <= product,
                    _ => over,
                };
                if next {
                    self.next_phase(acked.now, phase + 1);
                }
            }
            Mode::ProbeRtt { until: None } if acked.in_flight <= self.probe_window() => {
                let until = acked.now + PROBE_RTT.max(acked.min_rtt);
                self.mode = Mode::ProbeRtt { until: Some(until) };
            }
            Mode::ProbeRtt { until: Some(until) } if until <= acked.now => {
                self.min_rtt = self.min_rtt.map(|(min_rtt, _)| (min_rtt, acked.now));
                self.window = self.window.max(self.before_probe);
                self.start_cycle(acked.now, CRUISE);
            }
            Mode::Startup | Mode::Drain | Mode::ProbeRtt { .. } => {}
        }
    }

    fn start_cycle(&mut self, now: Instant, phase: usize) {
        self.phases = self.random.usize(PHASES);
        self.mode = Mode::Cycle { phase, since: now };
    }

    fn next_phase(&mut self, now: Instant, phase: usize) {
        if phase < self.phases {
            self.mode = Mode::Cycle { phase, since: now };
        } else {
            self.start_cycle(now, ASK);
        }
    }

    fn probe_window(&self) -> usize {
        let half = self.product().unwrap_or_default() / 2.0;
        (half as usize).max(MIN * self.mtu)
    }

    fn set_window(&mut self, acked: &Acked) {
        let Some(product) = self.product() else {
            self.window += acked.bytes;
            return;
        };
        let train = (self.rates.get().unwrap_or_default() as f64 / 1000.0).min(TRAIN);
        let mut target = product * self.window_gain() + 3.0 * train;
        if self.pipe_is_full {
            target += self.bursts.largest() as f64;
        }
        if let Some(ceiling) = self.ceiling {
            target = target.min(ceiling.max(product));
        }
        let target = (target as usize).max(MIN * self.mtu);
        if self.pipe_is_full {
            self.window = (self.window + acked.bytes).min(target);
        } else if self.window < target || acked.delivered < self.initial as u64 {
            self.window += acked.bytes;
        }
        if matches!(self.mode, Mode::ProbeRtt { .. }) {
            self.window = self.window.min(self.probe_window());
        }
    }

    fn window_gain(&self) -> f64 {
        match self.mode {
            _ if !self.pipe_is_full => STARTUP_WINDOW_GAIN,
            Mode::Cycle { phase: ASK, .. } => ASKING_WINDOW_GAIN,
            _ => WINDOW_GAIN,
        }
    }

    fn pacing_gain(&self) -> f64 {
        match self.mode {
            Mode::Startup => STARTUP_GAIN,
            Mode::Drain => DRAIN_GAIN,
            Mode::Cycle { phase: ASK, .. } => 1.25,
            Mode::Cycle {
                phase: GIVE_BACK, ..
            } => 0.75,
            Mode::Cycle { .. } | Mode::ProbeRtt { .. } => 1.0,
        }
    }
}

impl Controller for Bbr {
    fn window(&self) -> usize {
        self.window
    }

    fn pacing_rate(&self) -> Option<u64> {
        let (min_rtt, _) = self.min_rtt?;
        let measured = self.rates.get().unwrap_or_default() as f64;
        let rate = if self.pipe_is_full {
            measured
        } else {
            // A few small messages say nothing of the path.
            measured.max(self.initial as f64 / min_rtt.as_secs_f64().max(1e-6))
        };
        let margin = if self.pipe_is_full { MARGIN } else { 1.0 };
        Some((rate * self.pacing_gain() * margin) as u64)
    }

    fn set_mtu(&mut self, mtu: usize) {
        self.mtu = mtu;
    }

    fn acked(&mut self, acked: &Acked) {
        let expired = self.measure(acked);
        if self.pipe_is_full {
            let rate = self.rates.get().unwrap_or_default();
            self.bursts.count(acked, self.round, rate);
        }
        self.count_losses(acked);
        self.check_full_pipe(acked);
        self.change_mode(acked, expired);
        self.set_window(acked);
    }

    /// Losses are counted by the round.
    fn congestion(&mut self) {}

    fn timeout(&mut self) {
        self.before_probe = self.before_probe.max(self.window);
        self.window = MIN * self.mtu;
    }

    fn undo(&mut self) {
        self.window = self.window.max(self.before_probe);
    }

    fn restart(&mut self, now: Instant) {
        self.restarted = true;
        if matches!(self.mode, Mode::Cycle { .. }) {
            self.start_cycle(now, CRUISE);
        }
    }
}

#[cfg(test)]
mod tests;
