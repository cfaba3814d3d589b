//! The check list of a session (RFC 8445 §6.1.2, RFC 8838 §12).

use std::collections::VecDeque;
use std::net::SocketAddr;

use litemap::LiteMap;

use crate::SocketId;
use crate::candidate::PairFoundation;
use crate::map::shrink;
use crate::pair::{Pair, PairId, PairState};
use crate::reply::{Reply, ReplyContent};
use crate::transaction::CheckKind;

/// The pairs of a session, the triggered-check queue, and the checks to addresses that have
/// answered before, which need no pacing.
#[derive(Debug, Default)]
pub(crate) struct CheckList {
    last: u32,
    /// Boxed, so that a map that mostly has few takes no room for more.
    pairs: LiteMap<PairId, Box<Pair>>,
    by_path: LiteMap<(SocketId, SocketAddr), PairId>,
    triggered: VecDeque<PairId>,
    unpaced: VecDeque<(PairId, CheckKind)>,
    waiting: usize,
}

impl CheckList {
    /// Gives back the room of the checks that were sent.
    pub(crate) fn rest(&mut self) {
        shrink(&mut self.pairs);
        shrink(&mut self.by_path);
        self.triggered.shrink_to_fit();
        self.unpaced.shrink_to_fit();
    }

    /// Inserts a pair, in `pair.state`. The caller has seen that no pair has its path.
    pub(crate) fn insert(&mut self, pair: Pair) -> PairId {
        self.last += 1;
        let id = PairId(self.last);
        self.by_path.insert(pair.path.key(), id);
        self.waiting += usize::from(pair.state == PairState::Waiting);
        self.pairs.insert(id, Box::new(pair));
        id
    }

    pub(crate) fn remove(&mut self, id: PairId) -> Option<Pair> {
        let pair = self.pairs.remove(&id)?;
        self.by_path.remove(&pair.path.key());
        self.waiting -= usize::from(pair.state == PairState::Waiting);
        self.triggered.retain(|queued| *queued != id);
        self.unpaced.retain(|(queued, _)| *queued != id);
        Some(*pair)
    }

    pub(crate) fn get(&self, id: PairId) -> Option<&Pair> {
        self.pairs.get(&id).map(|pair| &**pair)
    }

    /// For everything but the state.
    pub(crate) fn get_mut(&mut self, id: PairId) -> Option<&mut Pair> {
        self.pairs.get_mut(&id).map(|pair| &mut **pair)
    }

    /// The pair over which a datagram came.
    pub(crate) fn by_path(&self, socket: SocketId, remote: SocketAddr) -> Option<PairId> {
        self.by_path.get(&(socket, remote)).copied()
    }

    /// A response leaves.
    pub(crate) fn count_reply(&mut self, reply: &Reply) {
        let id = self.by_path(reply.to.socket, reply.to.remote);
        let pair = id.and_then(|id| self.pairs.get_mut(&id));
        if let (Some(pair), ReplyContent::Success) = (pair, &reply.content) {
            pair.counters.responses_sent += 1;
        }
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
        self.pairs.iter().map(|(id, pair)| (*id, &**pair))
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Pair> {
        self.pairs.iter_mut().map(|(_, pair)| &mut **pair)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::candidate::{
        FoundationKey, Foundations, LocalCandidates, RemoteCandidates, RemoteFoundation,
    };
    use crate::{Kind, LocalCandidate, Path};

    /// A list of pairs with these states and priorities, to different ports.
    fn list(pairs: &[(PairState, u64)]) -> (CheckList, Vec<PairId>) {
        let base: SocketAddr = ([10, 0, 0, 1], 1).into();
        let local = Foundations::default().of(FoundationKey {
            kind: Kind::Host,
            base: base.ip(),
            server: None,
            relay: None,
        });
        let candidate = LocalCandidate {
            kind: Kind::Host,
            address: base,
            name: None,
            base,
            related: None,
            foundation: local.text(),
            priority: 1,
            url: None,
            relay_protocol: None,
            socket: SocketId(1),
        };
        let mut locals = LocalCandidates::default();
        let local_id = locals.add(candidate, local).expect("the first");
        let mut remotes = RemoteCandidates::default();
        let mut list = CheckList::default();
        let ids = pairs.iter().zip(1..).map(|(&(state, priority), port)| {
            let remote: SocketAddr = ([10, 0, 0, 2], port).into();
            let id = remotes
                .discover(remote, 1, "u", 99)
                .expect("below the limit");
            let foundation = PairFoundation {
                local,
                remote: RemoteFoundation::Discovered(1),
            };
            let path = Path::new(SocketId(1), remote);
            let pair = Pair::new((local_id, id), path, foundation, priority);
            list.insert(Pair { state, ..pair })
        });
        let ids = ids.collect();
        (list, ids)
    }

    use PairState::{Failed, Frozen, InProgress, Succeeded, Waiting};

    #[test]
    fn failed_pairs_go_first_then_the_worst_that_did_not_begin() {
        let (mut list, ids) = list(&[(Waiting, 3), (Frozen, 2), (Failed, 9), (InProgress, 1)]);
        assert_eq!(list.expendable(5), Some(ids[2]));
        list.remove(ids[2]);
        assert_eq!(list.expendable(5), Some(ids[1]));
        assert_eq!(list.expendable(2), None, "the new one is no better");
    }

    #[test]
    fn a_pair_without_consent_is_remembered() {
        let (mut list, ids) = list(&[(Failed, 1), (Succeeded, 2)]);
        list.get_mut(ids[0]).expect("inserted").consent_lost = true;
        assert_eq!(list.expendable(5), None);
    }

    #[test]
    fn triggered_checks_go_first_in_their_order() {
        let (mut list, ids) = list(&[(Waiting, 9), (Frozen, 2), (Failed, 3), (Succeeded, 99)]);
        assert_eq!(list.next_paced(), Some(ids[0]));
        list.trigger(ids[2]);
        list.trigger(ids[1]);
        list.trigger(ids[2]);
        let mut order = Vec::new();
        while let Some(id) = list.next_paced() {
            order.push(id);
            list.set_state(id, InProgress);
        }
        assert_eq!(order, [ids[2], ids[1], ids[0]]);
        assert!(!list.has_paced());
    }

    #[test]
    fn a_removed_pair_leaves_no_trace() {
        let (mut list, ids) = list(&[(Waiting, 9)]);
        list.trigger(ids[0]);
        list.enqueue_unpaced(ids[0], CheckKind::Probe);
        let path = list.get(ids[0]).expect("inserted").path;
        list.remove(ids[0]);
        assert!(!list.has_paced() && !list.has_unpaced());
        assert_eq!(list.next_paced(), None);
        assert_eq!(list.by_path(path.socket, path.remote), None);
    }
}
