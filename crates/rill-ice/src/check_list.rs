//! The check list of a session (RFC 8445 §6.1.2, RFC 8838 §12).

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;

use crate::SocketId;
use crate::candidate::PairFoundation;
use crate::pair::{Pair, PairId, PairState};
use crate::transaction::CheckKind;

/// The pairs of a session, the triggered-check queue, and the checks to addresses that have
/// answered before, which need no pacing.
#[derive(Debug, Default)]
pub(crate) struct CheckList {
    last: u32,
    pairs: BTreeMap<PairId, Pair>,
    by_path: BTreeMap<(SocketId, SocketAddr), PairId>,
    triggered: VecDeque<PairId>,
    unpaced: VecDeque<(PairId, CheckKind)>,
    waiting: usize,
}

impl CheckList {
    /// Inserts a pair, in `pair.state`. The caller has seen that no pair has its path.
    pub(crate) fn insert(&mut self, pair: Pair) -> PairId {
        self.last += 1;
        let id = PairId(self.last);
        self.by_path.insert(pair.path.key(), id);
        self.waiting += usize::from(pair.state == PairState::Waiting);
        self.pairs.insert(id, pair);
        id
    }

    pub(crate) fn remove(&mut self, id: PairId) -> Option<Pair> {
        let pair = self.pairs.remove(&id)?;
        self.by_path.remove(&pair.path.key());
        self.waiting -= usize::from(pair.state == PairState::Waiting);
        self.triggered.retain(|queued| *queued != id);
        self.unpaced.retain(|(queued, _)| *queued != id);
        Some(pair)
    }

    pub(crate) fn get(&self, id: PairId) -> Option<&Pair> {
        self.pairs.get(&id)
    }

    /// For everything but the state.
    pub(crate) fn get_mut(&mut self, id: PairId) -> Option<&mut Pair> {
        self.pairs.get_mut(&id)
    }

    /// The pair over which a datagram came.
    pub(crate) fn by_path(&self, socket: SocketId, remote: SocketAddr) -> Option<PairId> {
        self.by_path.get(&(socket, remote)).copied()
    }

    pub(crate) fn set_state(&mut self, id: PairId, state: PairState) {
        let Some(pair) = self.pairs.get_mut(&id) else {
            return;
        };
        self.waiting -= usize::from(pair.state == PairState::Waiting);
        self.waiting += usize::from(state == PairState::Waiting);
        pair.state = state;
        pair.held = false;
        if state != PairState::Waiting {
            self.triggered.retain(|queued| *queued != id);
        }
    }

    /// Freezes a pair for as long as a better one is nominated.
    pub(crate) fn hold(&mut self, id: PairId) {
        self.set_state(id, PairState::Frozen);
        if let Some(pair) = self.pairs.get_mut(&id) {
            pair.held = true;
        }
    }

    /// Enqueues a triggered check (RFC 8445 §7.3.1.4), and sets the pair to Waiting.
    pub(crate) fn trigger(&mut self, id: PairId) {
        self.set_state(id, PairState::Waiting);
        if !self.triggered.contains(&id) {
            self.triggered.push_back(id);
        }
    }

    /// Enqueues a check of a valid pair. At most one of a kind waits per pair.
    pub(crate) fn enqueue_unpaced(&mut self, id: PairId, kind: CheckKind) {
        if !self.unpaced.contains(&(id, kind)) {
            self.unpaced.push_back((id, kind));
        }
    }

    pub(crate) fn next_unpaced(&mut self) -> Option<(PairId, CheckKind)> {
        self.unpaced.pop_front()
    }

    pub(crate) fn has_unpaced(&self) -> bool {
        !self.unpaced.is_empty()
    }

    /// Whether a triggered or ordinary check is to be sent.
    pub(crate) fn has_paced(&self) -> bool {
        self.waiting > 0
    }

    /// The pair whose check is next: the oldest triggered one, else the Waiting one of highest
    /// priority (RFC 8445 §6.1.4.2). It stays where it is.
    pub(crate) fn next_paced(&self) -> Option<PairId> {
        if !self.has_paced() {
            return None;
        }
        self.triggered.front().copied().or_else(|| {
            self.pairs
                .iter()
                .filter(|(_, pair)| pair.state == PairState::Waiting)
                .max_by_key(|(id, pair)| (pair.priority, std::cmp::Reverse(**id)))
                .map(|(id, _)| *id)
        })
    }

    /// All pairs, oldest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (PairId, &Pair)> {
        self.pairs.iter().map(|(id, pair)| (*id, pair))
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Pair> {
        self.pairs.values_mut()
    }

    pub(crate) fn len(&self) -> usize {
        self.pairs.len()
    }

    /// The ids of the pairs that `matches` holds for.
    pub(crate) fn ids_where(&self, matches: impl Fn(&Pair) -> bool) -> Vec<PairId> {
        self.iter()
            .filter(|(_, pair)| matches(pair))
            .map(|(id, _)| id)
            .collect()
    }

    /// Sets the frozen pairs of a foundation to Waiting (RFC 8445 §7.2.5.3.3).
    pub(crate) fn thaw(&mut self, foundation: &PairFoundation) {
        let frozen = |pair: &Pair| {
            pair.state == PairState::Frozen && !pair.held && pair.foundation == *foundation
        };
        for id in self.ids_where(frozen) {
            self.set_state(id, PairState::Waiting);
        }
    }

    /// The pair to give up so that a better one fits: a failed one, else the Waiting or Frozen
    /// one of lowest priority, if that is lower than `priority` (RFC 8838 §10).
    pub(crate) fn expendable(&self, priority: u64) -> Option<PairId> {
        let lowest = |matches: fn(&Pair) -> bool| {
            self.iter()
                .filter(|(_, pair)| matches(pair))
                .min_by_key(|(id, pair)| (pair.priority, std::cmp::Reverse(*id)))
        };
        // A pair without consent must be remembered as such.
        if let Some((id, _)) = lowest(|pair| pair.state == PairState::Failed && !pair.consent_lost)
        {
            return Some(id);
        }
        let unstarted = |pair: &Pair| matches!(pair.state, PairState::Waiting | PairState::Frozen);
        lowest(unstarted)
            .filter(|(_, pair)| pair.priority < priority)
            .map(|(id, _)| id)
    }
}
