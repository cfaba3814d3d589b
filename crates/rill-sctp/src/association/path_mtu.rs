//! How large packets the path carries (RFC 8899).
//!
//! There is no timer: all of it goes on while bulk leaves, and rests otherwise. An association without
//! much to say never sends a probe.

use std::time::{Duration, Instant};

use super::Association;
use crate::wire::Probe;

/// RFC 8899 §5.1.2: MAX_PROBES.
const MAX_PROBES: u32 = 3;
/// RFC 8899 §5.1.1: no PROBE_TIMER is shorter. Longer ones are for paths whose round trip is not known.
const PROBE_TIMER: Duration = Duration::from_secs(1);
/// RFC 8899 §5.1.1: PMTU_RAISE_TIMER.
const RAISE_TIMER: Duration = Duration::from_secs(600);
/// So many of the smallest packets wait: there is a use for larger ones.
const BULK: usize = 8;
/// A size that turns out wrong so soon after another contradicts it (RFC 8899 §5.3.3).
const FLAPPING: Duration = Duration::from_secs(60);
/// How long nothing is tried then; the time doubles.
const CALM: Duration = Duration::from_secs(10);

/// What is around a packet in an IP packet: 40 of IPv6, 8 of UDP, 4 of a TURN channel, 37 of a DTLS 1.2
/// AES-GCM record.
const AROUND: usize = 89;
const ETHERNET: usize = inside(1500);
/// RFC 8899 §5.3.2: IP packets of 1400 bytes (mobile networks), 1420 (WireGuard), 1492 (PPPoE), 1500, and
/// what every network with jumbo frames carries (clouds: 8500 to 9001). The next is what one record
/// holds, for loopback. Below 1400 there is room for little beside a chunk of the smallest packet, less
/// than its headers cost.
const SIZES: [usize; 5] = [
    inside(1400),
    inside(1420),
    inside(1492),
    ETHERNET,
    inside(8500),
];

/// What a size must have beyond the base: room for a fragment.
const WORTH: usize = 148;

const fn inside(ip: usize) -> usize {
    (ip - AROUND) & !3
}

/// The search for the largest packets that the path carries.
#[derive(Debug)]
pub(super) struct PathMtu {
    /// BASE_PLPMTU, which every path is taken to carry.
    base: usize,
    /// MAX_PLPMTU of ours.
    max: usize,
    /// Of the peer's, if it has told. Larger packets than Ethernet's are sent to no other: libwebrtc reads
    /// a record into 2048 bytes, and ends the connection over a longer one.
    peer_takes: usize,
    /// PLPMTU.
    current: usize,
    state: State,
    /// Since when a size that was found may be relied on, and how often one turned out wrong before.
    black_hole: Option<(Instant, u32)>,
}

/// RFC 8899 §5.2. There is no state for a path that does not even carry the base: whether a path is dead
/// is decided by ICE consent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Nothing was tried since the path is this one.
    Base,
    Search {
        /// The smallest size that does not arrive.
        failed: usize,
        attempt: Option<Attempt>,
    },
    Complete {
        raise_at: Instant,
    },
    /// Sizes that arrived vanish, again and again.
    Error {
        until: Instant,
    },
}

/// A size that is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Attempt {
    /// The same each time: a late answer to the first proves as much.
    probe: Probe,
    /// PROBE_COUNT.
    count: u32,
    due: Instant,
}

impl State {
    const SEARCH: Self = Self::Search {
        failed: usize::MAX,
        attempt: None,
    };
}

impl PathMtu {
    pub(super) fn new(base: usize, max: usize) -> Self {
        Self {
            base,
            max,
            peer_takes: ETHERNET,
            current: base,
            state: State::Base,
            black_hole: None,
        }
    }

    /// The largest packet that may be sent.
    pub(super) fn current(&self) -> usize {
        self.current
    }

    /// The probe that is to leave now, while `waiting` bytes wait. `timeout` is the retransmission
    /// time-out.
    fn poll(
        &mut self,
        now: Instant,
        waiting: usize,
        timeout: Duration,
        nonce: impl FnOnce() -> u64,
    ) -> Option<Probe> {
        if waiting <= BULK * self.base {
            return None;
        }
        match self.state {
            State::Base => self.state = State::SEARCH,
            State::Complete { raise_at: at } | State::Error { until: at } if at <= now => {
                self.state = State::SEARCH;
            }
            State::Search { .. } => {}
            State::Complete { .. } | State::Error { .. } => return None,
        }
        let State::Search { failed, attempt } = self.state else {
            return None;
        };
        let due = now + timeout.max(PROBE_TIMER);
        let (failed, attempt) = match attempt {
            Some(attempt) if attempt.due > now => return None,
            Some(Attempt { probe, count, .. }) if count < MAX_PROBES => {
                let count = count + 1;
                (failed, Some(Attempt { probe, count, due }))
            }
            over => {
                let failed = over.map_or(failed, |attempt| attempt.probe.size);
                let probe = self.next(failed).map(|size| Probe {
                    nonce: nonce(),
                    size,
                });
                let count = 1;
                (failed, probe.map(|probe| Attempt { probe, count, due }))
            }
        };
        self.state = if attempt.is_some() {
            State::Search { failed, attempt }
        } else {
            let raise_at = now + RAISE_TIMER;
            State::Complete { raise_at }
        };
        attempt.map(|attempt| attempt.probe)
    }

    /// The next size, given the smallest that failed. Most paths are Ethernet's: that first, then
    /// between what has arrived and what has not; above it one step after the other, for each that fails
    /// costs three probes.
    fn next(&self, failed: usize) -> Option<usize> {
        let most = self.most();
        let sizes: Vec<_> = SIZES
            .into_iter()
            .filter(|&size| size < most)
            .chain([most])
            .filter(|&size| size > self.current && size < failed && size >= self.base + WORTH)
            .collect();
        let first = sizes.first().copied();
        if first.is_none_or(|first| first > ETHERNET) {
            return first;
        }
        let ordinary: Vec<_> = sizes.into_iter().filter(|&size| size <= ETHERNET).collect();
        if failed == usize::MAX {
            ordinary.last().copied()
        } else {
            ordinary.get(ordinary.len() / 2).copied()
        }
    }

    fn most(&self) -> usize {
        self.max.min(self.peer_takes).max(self.base)
    }

    /// A HEARTBEAT was answered.
    pub(super) fn answered(&mut self, answered: Probe) {
        if let State::Search { attempt, .. } = &mut self.state
            && attempt
                .take_if(|attempt| attempt.probe == answered)
                .is_some()
        {
            tracing::debug!(size = answered.size, "the path carries larger packets");
            self.current = answered.size;
        }
    }

    /// The peer has told how large packets it takes.
    pub(super) fn peer_takes(&mut self, size: usize) {
        let before = self.most();
        self.peer_takes = size.max(ETHERNET);
        if self.most() > before && matches!(self.state, State::Complete { .. }) {
            self.state = State::SEARCH;
        }
    }

    /// RFC 8899 §4.3: packets of the current size have ceased to arrive.
    pub(super) fn black_hole(&mut self, now: Instant) {
        if self.current == self.base {
            return;
        }
        tracing::debug!(size = self.current, "large packets no longer arrive");
        self.current = self.base;
        let before = self.black_hole.filter(|(since, _)| now < *since + FLAPPING);
        let Some((_, often)) = before else {
            self.black_hole = Some((now, 0));
            self.state = State::Base;
            return;
        };
        let until = now + (CALM * (1 << often.min(6))).min(RAISE_TIMER);
        self.black_hole = Some((until, often + 1));
        self.state = State::Error { until };
    }

    /// What was found out was another path's.
    fn path_changed(&mut self) {
        self.current = self.base;
        self.state = State::Base;
        self.black_hole = None;
    }
}

impl Association {
    /// Packets take another path from now on: they are small again, as in the beginning, until the new
    /// one has been found to carry larger ones.
    pub fn path_changed(&mut self, now: Instant) {
        self.advance(now);
        self.path_mtu.path_changed();
    }

    /// The size of the largest packets that are sent at present, in bytes:
    /// [`Config::mtu`](crate::Config::mtu), or what the path was found to carry, up to
    /// [`Config::max_mtu`](crate::Config::max_mtu).
    pub fn mtu(&self) -> usize {
        self.path_mtu.current()
    }

    /// The size of packets follows what is known of the path.
    pub(super) fn follow_path(&mut self) {
        if self.outbound.full_packets_vanish() {
            self.path_mtu.black_hole(self.now);
        }
        self.outbound.set_mtu(self.now, self.path_mtu.current());
    }

    pub(super) fn poll_probe(&mut self) -> Option<Probe> {
        let (waiting, timeout) = (self.outbound.queue.buffered(), self.outbound.timeout());
        let random = &mut self.random;
        self.path_mtu
            .poll(self.now, waiting, timeout, || random.u64(..))
    }
}

#[cfg(test)]
mod tests;
