//! CUBIC (RFC 9438), with HyStart++ (RFC 9406).

use std::time::{Duration, Instant};

use super::{
    Acked, Controller,
    hystart::{GROWTH_DIVISOR, HyStart, Phase},
};

/// RFC 9438 §4.6.
const BETA: f64 = 0.7;
/// RFC 9438 §5.
const C: f64 = 0.4;
/// RFC 6928: ten packets.
const INITIAL: usize = 10;
const MIN: usize = 4;

/// A window that is a cubic function of the time since the last loss.
#[derive(Clone, Debug)]
pub(crate) struct Cubic {
    mtu: usize,
    state: State,
    hystart: HyStart,
    smoothed_rtt: Option<Duration>,
    before: Option<State>,
}

#[derive(Clone, Copy, Debug)]
struct State {
    window: f64,
    threshold: f64,
    /// The window at the last loss, and when the climb back to it began.
    max: f64,
    epoch: Option<Instant>,
    /// What Reno's window would be (RFC 9438 §4.3).
    estimate: f64,
}

impl Cubic {
    pub(crate) fn new(mtu: usize) -> Self {
        Self {
            mtu,
            state: State {
                window: (INITIAL * mtu) as f64,
                threshold: f64::INFINITY,
                max: 0.0,
                epoch: None,
                estimate: 0.0,
            },
            hystart: HyStart::new(),
            smoothed_rtt: None,
            before: None,
        }
    }

    fn slow_start(&mut self, acked: &Acked) {
        // RFC 9438 §4.10 and RFC 3465: at most so many packets an acknowledgement.
        let bytes = acked.bytes.min(16 * self.mtu);
        match self.hystart.acked(acked.rtt, acked.round_started) {
            Phase::SlowStart => self.state.window += bytes as f64,
            Phase::Conservative(_) => self.state.window += (bytes / GROWTH_DIVISOR) as f64,
            Phase::Over => self.state.threshold = self.state.window,
        }
    }

    /// RFC 9438 §4.2 to §4.5.
    fn avoid_congestion(&mut self, acked: &Acked) {
        let mtu = self.mtu as f64;
        let state = &mut self.state;
        let epoch = *state.epoch.get_or_insert_with(|| {
            state.estimate = state.window;
            acked.now
        });
        state.max = state.max.max(state.window.min(state.max + mtu));
        let since = acked.now.saturating_duration_since(epoch) + acked.smoothed_rtt;
        let k = ((state.max - state.window_at_epoch()).max(0.0) / mtu / C).cbrt();
        let cubic = C * (since.as_secs_f64() - k).powi(3) * mtu + state.max;
        let target = cubic.clamp(state.window, state.window * 1.5);
        let share = acked.bytes as f64 / state.window;
        // RFC 9438 §4.3: alpha is 3 (1 - beta) / (1 + beta) until the old window is reached.
        let alpha = if state.estimate < state.max {
            3.0 * (1.0 - BETA) / (1.0 + BETA)
        } else {
            1.0
        };
        state.estimate += alpha * mtu * share;
        state.window += (target - state.window) * share;
        state.window = state.window.max(state.estimate);
    }

    fn reduce(&mut self) {
        let least = (MIN * self.mtu) as f64;
        self.before = Some(self.state);
        let state = &mut self.state;
        // RFC 9438 §4.7: fast convergence.
        state.max = if state.window < state.max {
            state.window * (1.0 + BETA) / 2.0
        } else {
            state.window
        };
        state.threshold = (state.window * BETA).max(least);
        state.epoch = None;
    }
}

impl State {
    /// What the window was when the climb began: after a loss, the threshold.
    fn window_at_epoch(&self) -> f64 {
        self.threshold.min(self.window)
    }
}

impl Controller for Cubic {
    fn window(&self) -> usize {
        self.state.window as usize
    }

    fn pacing_rate(&self) -> Option<u64> {
        let slow_start = self.state.window < self.state.threshold;
        let gain = if slow_start { 2.0 } else { 1.2 };
        let seconds = self.smoothed_rtt?.as_secs_f64().max(1e-6);
        Some((self.state.window * gain / seconds) as u64)
    }

    fn set_mtu(&mut self, mtu: usize) {
        self.mtu = mtu;
    }

    fn acked(&mut self, acked: &Acked) {
        self.smoothed_rtt = Some(acked.smoothed_rtt);
        if !acked.limited_by_window {
            return;
        }
        if self.state.window < self.state.threshold {
            self.slow_start(acked);
        } else {
            self.avoid_congestion(acked);
        }
    }

    fn congestion(&mut self) {
        self.reduce();
        self.state.window = self.state.threshold;
    }

    fn timeout(&mut self) {
        self.reduce();
        self.hystart = HyStart::new();
        // RFC 9438 §4.8.
        self.state.window = self.mtu as f64;
    }

    fn undo(&mut self) {
        if let Some(before) = self.before.take()
            && before.window > self.state.window
        {
            self.state = before;
        }
    }

    fn restart(&mut self, _: Instant) {
        // RFC 9438 §5.8: an idle time is no time without a loss.
        self.state.epoch = None;
    }
}
