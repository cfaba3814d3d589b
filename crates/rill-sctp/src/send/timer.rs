//! The retransmission timer (RFC 9260 §6.3.2), and the probe before it (RFC 8985 §7).

use std::time::Instant;

use crate::recovery::Rtt;

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RetransmissionTimer {
    /// Since when the answer is awaited.
    since: Option<Instant>,
    last_sent: Option<Instant>,
    /// A probe was sent, and nothing has arrived since.
    probed: bool,
}

/// What the timer asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expired {
    /// One more packet, to learn what has arrived.
    Probe,
    /// Nothing arrived: everything again.
    Everything,
}

impl RetransmissionTimer {
    /// Data leaves.
    pub(crate) fn sent(&mut self, now: Instant) {
        self.since.get_or_insert(now);
        self.last_sent = Some(now);
    }

    /// Something was acknowledged; whether everything was.
    pub(crate) fn progress(&mut self, now: Instant, everything: bool) {
        self.since = (!everything).then_some(now);
        self.probed = false;
    }

    /// When it is due, and what for. `alone`: a single chunk is on its way.
    pub(crate) fn due(
        &self,
        rtt: &Rtt,
        may_probe: bool,
        alone: bool,
    ) -> Option<(Instant, Expired)> {
        let since = self.since?;
        let everything = since + rtt.timeout();
        let probe = rtt
            .probe_timeout(alone)
            .filter(|_| may_probe && !self.probed)
            .map(|timeout| self.last_sent.unwrap_or(since).max(since) + timeout);
        match probe {
            Some(probe) if probe < everything => Some((probe, Expired::Probe)),
            _ => Some((everything, Expired::Everything)),
        }
    }

    /// It was due.
    pub(crate) fn expired(&mut self, now: Instant) {
        self.since = Some(now);
        self.probed = true;
    }
}
