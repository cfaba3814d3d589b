//! A report that is being made.

use std::time::{Instant, SystemTime};

use super::{CertificateStats, Ids, Stats, StatsId, StatsObject, StatsReport, id::Object};
use crate::fingerprint;

/// The objects so far, and what they are reported with.
pub(crate) struct Draft<'a> {
    ids: &'a Ids,
    now: Instant,
    wall: SystemTime,
    stats: Vec<Stats>,
}

impl<'a> Draft<'a> {
    pub(crate) fn new(ids: &'a Ids, now: Instant, wall: SystemTime) -> Self {
        Self {
            ids,
            now,
            wall,
            stats: Vec::new(),
        }
    }

    pub(crate) fn finish(self) -> StatsReport {
        StatsReport { stats: self.stats }
    }

    /// Adds what is known of an object, unless that is there already.
    pub(crate) fn push(&mut self, object: &Object<'_>, stats: StatsObject) -> StatsId {
        let id = self.ids.of(object);
        if self.stats.iter().all(|other| other.id != id) {
            self.stats.push(Stats {
                id,
                timestamp: self.wall,
                object: stats,
            });
        }
        id
    }

    pub(crate) fn push_certificate(&mut self, der: &[u8]) -> StatsId {
        let stats = StatsObject::Certificate(CertificateStats::of(der));
        self.push(&Object::Certificate(&fingerprint::sha256(der)), stats)
    }

    /// The time of day of a moment.
    pub(super) fn wall_of(&self, at: Instant) -> SystemTime {
        let wall = match self.now.checked_duration_since(at) {
            Some(ago) => self.wall.checked_sub(ago),
            None => self.wall.checked_add(at.duration_since(self.now)),
        };
        wall.unwrap_or(self.wall)
    }
}
