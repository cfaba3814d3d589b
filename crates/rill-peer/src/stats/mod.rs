//! Statistics (webrtc-pc §8, webrtc-stats): what `getStats()` reports, as plain structs.

mod candidate;
mod certificate;
mod channel;
mod draft;
mod generation;
mod id;
mod transport;

use std::time::SystemTime;

pub use self::{
    candidate::{CandidatePairStats, CandidateStats},
    certificate::CertificateStats,
    channel::{DataChannelStats, PeerConnectionStats},
    id::StatsId,
    transport::TransportStats,
};
pub(crate) use self::{
    draft::Draft,
    generation::GenerationPart,
    id::{Ids, Object},
};

/// What was known of the objects of a connection at one moment (webrtc-pc §8.3).
///
/// The connection comes first, then its data channels, then each transport with its certificates,
/// pairs and candidates. Every object that another refers to is in the same report.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StatsReport {
    stats: Vec<Stats>,
}

/// What was known of one object (webrtc-pc §8.4).
#[derive(Clone, Debug, PartialEq)]
pub struct Stats {
    /// Names the object in every report of its connection.
    pub id: StatsId,
    /// When this held.
    pub timestamp: SystemTime,
    /// What held.
    pub object: StatsObject,
}

/// The objects that are monitored, by W3C's `RTCStatsType`.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum StatsObject {
    /// `peer-connection`
    PeerConnection(PeerConnectionStats),
    /// `data-channel`
    DataChannel(DataChannelStats),
    /// `transport`
    Transport(TransportStats),
    /// `certificate`
    Certificate(CertificateStats),
    /// `candidate-pair`
    CandidatePair(CandidatePairStats),
    /// `local-candidate`
    LocalCandidate(CandidateStats),
    /// `remote-candidate`
    RemoteCandidate(CandidateStats),
}

impl StatsObject {
    /// The string of `RTCStatsType`.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::PeerConnection(_) => "peer-connection",
            Self::DataChannel(_) => "data-channel",
            Self::Transport(_) => "transport",
            Self::Certificate(_) => "certificate",
            Self::CandidatePair(_) => "candidate-pair",
            Self::LocalCandidate(_) => "local-candidate",
            Self::RemoteCandidate(_) => "remote-candidate",
        }
    }
}

impl StatsReport {
    /// The object of an id; `None` if it was not there at that moment.
    #[must_use]
    pub fn get(&self, id: StatsId) -> Option<&Stats> {
        self.stats.iter().find(|stats| stats.id == id)
    }

    /// Every object, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Stats> {
        self.stats.iter()
    }

    /// How many objects there are: the connection at least.
    #[must_use]
    pub fn len(&self) -> usize {
        self.stats.len()
    }

    /// Whether nothing is reported.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.stats.is_empty()
    }
}

impl IntoIterator for StatsReport {
    type Item = Stats;
    type IntoIter = std::vec::IntoIter<Stats>;

    fn into_iter(self) -> Self::IntoIter {
        self.stats.into_iter()
    }
}

impl<'a> IntoIterator for &'a StatsReport {
    type Item = &'a Stats;
    type IntoIter = std::slice::Iter<'a, Stats>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
