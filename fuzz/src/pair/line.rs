//! What is between the agents.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::side::ADDRESSES;

/// A datagram under way.
#[derive(Clone, Debug)]
pub(super) struct Datagram {
    pub(super) from: SocketAddr,
    pub(super) to: SocketAddr,
    pub(super) bytes: Vec<u8>,
}

/// A line that loses, delays, doubles and reorders, and that can be cut between two addresses.
pub(super) struct Line {
    pub(super) loss: f64,
    /// In milliseconds, of which up to half more or less.
    pub(super) delay: u64,
    pub(super) duplication: f64,
    cuts: BTreeSet<(IpAddr, IpAddr)>,
    rng: ChaCha20Rng,
    under_way: BTreeMap<(Instant, u64), Datagram>,
    sent: u64,
}

impl Line {
    pub(super) fn new(seed: u8) -> Self {
        Self {
            loss: 0.0,
            delay: 10,
            duplication: 0.0,
            cuts: BTreeSet::new(),
            rng: ChaCha20Rng::seed_from_u64(u64::from(seed)),
            under_way: BTreeMap::new(),
            sent: 0,
        }
    }

    /// Cuts or mends the way between an address of each side, in one direction or both.
    pub(super) fn cut(&mut self, left: usize, right: usize, how: u8) {
        let parse = |side: usize, index: usize| -> IpAddr {
            ADDRESSES[side][index].parse().expect("a literal")
        };
        let (left, right) = (parse(0, left), parse(1, right));
        for (bit, way) in [(1, (left, right)), (2, (right, left))] {
            if how & 4 == 4 {
                self.cuts.remove(&way);
            } else if how & bit == 0 {
                self.cuts.insert(way);
            }
        }
    }

    /// Whole and quiet again; what is under way still arrives.
    pub(super) fn mend(&mut self) {
        self.cuts.clear();
        (self.loss, self.delay, self.duplication) = (0.0, 10, 0.0);
    }

    pub(super) fn send(&mut self, now: Instant, datagram: &Datagram) {
        let is_cut = self.cuts.contains(&(datagram.from.ip(), datagram.to.ip()));
        if is_cut || self.roll() < self.loss {
            return;
        }
        let copies = 1 + usize::from(self.roll() < self.duplication);
        for _ in 0..copies {
            let wobble = (self.roll() * 1000.0 * self.delay as f64) as u64;
            let at = now + Duration::from_micros(self.delay * 500 + wobble);
            self.sent += 1;
            self.under_way.insert((at, self.sent), datagram.clone());
        }
    }

    pub(super) fn next_at(&self) -> Option<Instant> {
        self.under_way.keys().next().map(|(at, _)| *at)
    }

    /// What has arrived by now.
    pub(super) fn take(&mut self, now: Instant) -> Option<Datagram> {
        let entry = self.under_way.first_entry()?;
        (entry.key().0 <= now).then(|| entry.remove())
    }

    fn roll(&mut self) -> f64 {
        f64::from(self.rng.next_u32()) / f64::from(u32::MAX)
    }
}
