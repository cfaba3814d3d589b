//! Everything that a transport has, under names that stay, for statistics.

use crate::candidate::{LocalId, RemoteId};
use crate::pair::PairId;
use crate::session::Session;
use crate::{Agent, Generation, LocalCandidate, PairInfo, RemoteCandidate, Traffic, TransportId};

/// What a transport has at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransportSnapshot {
    /// What went over its pairs, those that are gone included.
    pub traffic: Traffic,
    /// How often the selected pair changed; its coming and its going count too.
    pub selection_changes: u32,
    /// The newest generation, and before it the one that carries data if that is another. Of that one
    /// there is only the selected pair with its candidates: the rest ended with the restart.
    pub generations: Vec<GenerationSnapshot>,
}

/// What a generation has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GenerationSnapshot {
    /// Which it is.
    pub generation: Generation,
    /// How often the peer began it anew. Its candidates of before are others than those of now.
    pub renewals: u32,
    /// Our username fragment.
    pub local_ufrag: String,
    /// The peer's, once it was signalled.
    pub remote_ufrag: Option<String>,
    /// Our candidates whose events were polled, those that only the peer's answers showed, and those
    /// that pairs are made with.
    pub locals: Vec<LocalSnapshot>,
    /// The peer's candidates that have an address.
    pub remotes: Vec<RemoteSnapshot>,
    /// The pairs, oldest first.
    pub pairs: Vec<PairSnapshot>,
}

/// A candidate of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalSnapshot {
    /// Its number in its generation.
    pub number: u32,
    /// The candidate.
    pub candidate: LocalCandidate,
    /// Whether anybody was told of it. If not, it is but the base of another.
    pub is_told: bool,
}

/// A candidate of the peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteSnapshot {
    /// The candidate. Its address is the name, where the peer gave one.
    pub candidate: RemoteCandidate,
    /// Whether the peer signalled it. If not, its checks gave it away.
    pub is_signalled: bool,
}

/// A pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PairSnapshot {
    /// Its number in its generation, never used again.
    pub number: u32,
    /// Its local candidate, by its place in [`GenerationSnapshot::locals`].
    pub local: usize,
    /// Its remote candidate, by its place in [`GenerationSnapshot::remotes`].
    pub remote: usize,
    /// What else is known.
    pub info: PairInfo,
}

impl Agent {
    /// What a transport has at this moment; `None` if it does not exist.
    pub fn snapshot(&self, id: TransportId) -> Option<TransportSnapshot> {
        let transport = self.transports.get(id)?;
        let newest = transport.newest();
        let carrier = transport
            .carrier()
            .filter(|carrier| carrier.key != newest.key);
        let old = carrier.map(|carrier| carrier.snapshot(Extent::Selected));
        Some(TransportSnapshot {
            traffic: transport.traffic,
            selection_changes: transport.selection_changes,
            generations: old
                .into_iter()
                .chain([newest.snapshot(Extent::All)])
                .collect(),
        })
    }
}

/// How much of a generation is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Extent {
    All,
    /// The selected pair and its candidates.
    Selected,
}

impl Session {
    fn snapshot(&self, extent: Extent) -> GenerationSnapshot {
        let selected = self.selected_pair();
        let pairs = self.checks.iter().filter(|(id, _)| match extent {
            Extent::All => true,
            Extent::Selected => selected.is_some_and(|(selected, _)| selected == *id),
        });
        let drawn: Vec<_> = pairs
            .map(|(id, pair)| (id, pair.mapped.unwrap_or(pair.local), pair.remote))
            .collect();
        let locals: Vec<_> = self.locals_of(extent, &drawn);
        let remotes: Vec<_> = self.remotes_of(extent, &drawn);
        let pairs = drawn.iter().filter_map(|&(id, local, remote)| {
            Some(PairSnapshot {
                number: id.0,
                local: locals.iter().position(|own| *own == local)?,
                remote: remotes.iter().position(|own| *own == remote)?,
                info: self.pair_info(id, self.checks.get(id)?)?,
            })
        });
        let pairs = pairs.collect();
        let key = self.remote.key.as_ref();
        GenerationSnapshot {
            generation: self.key.generation,
            renewals: self.remote.candidates.renewals(),
            local_ufrag: self.local.key.credentials.ufrag.clone(),
            remote_ufrag: key.map(|key| key.credentials.ufrag.clone()),
            locals: locals.iter().map(|id| self.local(*id)).collect(),
            remotes: remotes.iter().filter_map(|id| self.remote(*id)).collect(),
            pairs,
        }
    }

    /// A pair may be of a candidate that is not said yet, where it is the base of one that is.
    fn locals_of(&self, extent: Extent, pairs: &[(PairId, LocalId, RemoteId)]) -> Vec<LocalId> {
        let is_paired = |id: &LocalId| pairs.iter().any(|(_, local, _)| local == id);
        let ids = self.local.candidates.ids();
        ids.filter(|id| {
            let is_told = extent == Extent::All && self.local.candidates[*id].surfaced;
            is_told || is_paired(id)
        })
        .collect()
    }

    fn remotes_of(&self, extent: Extent, pairs: &[(PairId, LocalId, RemoteId)]) -> Vec<RemoteId> {
        let mut ids = self.remote.candidates.ids();
        ids.retain(|id| extent == Extent::All || pairs.iter().any(|(.., remote)| remote == id));
        ids
    }

    fn local(&self, id: LocalId) -> LocalSnapshot {
        let local = &self.local.candidates[id];
        LocalSnapshot {
            number: id.number(),
            candidate: local.candidate.clone(),
            is_told: local.surfaced,
        }
    }

    fn remote(&self, id: RemoteId) -> Option<RemoteSnapshot> {
        let remote = self.remote.candidates.get(id)?;
        Some(RemoteSnapshot {
            candidate: remote.view(),
            is_signalled: !remote.is_discovered(),
        })
    }
}
