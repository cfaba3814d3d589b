//! RFC 9260's own answer (§7.2): half of the window on a loss, a packet more each round trip.

use std::time::{Duration, Instant};

use super::{Acked, Controller};

/// The controller that the RFC describes, for comparison.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewReno {
    mtu: usize,
    window: usize,
    threshold: usize,
    /// Bytes acknowledged towards the next packet of the window.
    partial: usize,
    smoothed_rtt: Option<Duration>,
    before: Option<(usize, usize)>,
}

impl NewReno {
    pub(crate) fn new(mtu: usize) -> Self {
        Self {
            mtu,
            window: (4 * mtu).min((2 * mtu).max(4404)),
            threshold: usize::MAX,
            partial: 0,
            smoothed_rtt: None,
            before: None,
        }
    }
}

impl Controller for NewReno {
    fn window(&self) -> usize {
        self.window
    }

    fn pacing_rate(&self) -> Option<u64> {
        let gain = if self.window < self.threshold {
            2.0
        } else {
            1.2
        };
        let seconds = self.smoothed_rtt?.as_secs_f64().max(1e-6);
        Some((self.window as f64 * gain / seconds) as u64)
    }

    fn set_mtu(&mut self, mtu: usize) {
        self.mtu = mtu;
    }

    fn acked(&mut self, acked: &Acked) {
        self.smoothed_rtt = Some(acked.smoothed_rtt);
        if !acked.limited_by_window {
            return;
        }
        if self.window < self.threshold {
            // RFC 9260 §7.2.1, with the limit L of RFC 3465 for whole windows.
            self.window += acked.bytes.min(8 * self.mtu);
            return;
        }
        // RFC 9260 §7.2.2.
        self.partial += acked.bytes;
        if self.partial >= self.window {
            self.partial -= self.window;
            self.window += self.mtu;
        }
    }

    fn congestion(&mut self) {
        self.before = Some((self.window, self.threshold));
        // RFC 9260 §7.2.3.
        self.threshold = (self.window / 2).max(4 * self.mtu);
        self.window = self.threshold;
        self.partial = 0;
    }

    fn timeout(&mut self) {
        self.before = Some((self.window, self.threshold));
        self.threshold = (self.window / 2).max(4 * self.mtu);
        self.window = self.mtu;
        self.partial = 0;
    }

    fn undo(&mut self) {
        if let Some((window, threshold)) = self.before.take() {
            self.window = self.window.max(window);
            self.threshold = self.threshold.max(threshold);
        }
    }

    fn restart(&mut self, _: Instant) {}
}
