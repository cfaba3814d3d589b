//! The ICE candidate pool (RFC 9429 §3.5.4): transports that gather before a description needs them.

use std::time::Instant;

use rill_ice::{GatheringState, TransportId};

use crate::{PeerConnection, transport::DtlsTransport};

/// Most transports that gather ahead, whatever size is asked for: each binds a socket for every
/// address of the machine and has every server asked from it.
const SIZE_MAX: usize = 8;

/// The transports that gather ahead. What they find is kept by the agent, and told of when a local
/// description needs it.
#[derive(Debug, Default)]
pub(super) struct Pool {
    /// In the order in which sections take them. A remote offer may have given some to its sections.
    transports: Vec<TransportId>,
    /// The first exchange is over: no description takes from it any more.
    drained: bool,
}

impl Pool {
    pub(super) fn holds(&self, id: TransportId) -> bool {
        self.transports.contains(&id)
    }

    /// A local description needs this one: it gathers like any other.
    pub(super) fn release(&mut self, id: TransportId) {
        self.transports.retain(|pooled| *pooled != id);
    }

    /// RFC 9429 §5.11: a final answer ends it.
    pub(super) fn drain(&mut self) {
        self.transports.clear();
        self.drained = true;
    }
}

impl PeerConnection {
    /// Makes the pool as large as it is to be by now. What gathers for a local description counts as
    /// taken from it, until a rollback takes that back.
    pub(super) fn fill_pool(&mut self, now: Instant) {
        let agent = &self.agent;
        let exists = |id: &TransportId| agent.local_credentials(*id).is_some();
        self.pool.transports.retain(exists);
        let wanted = self.pool_size();
        while self.pool.transports.len() > wanted {
            if let Some(id) = self.pool.transports.pop() {
                self.agent.discard_ahead(now, id);
            }
        }
        while self.pool.transports.len() < wanted {
            let id = self.next_to_pool();
            self.agent.gather_ahead(now, id);
            self.pool.transports.push(id);
        }
    }

    /// Other servers: what the old ones gave is of no use (webrtc-pc §4.4.1.6).
    pub(super) fn renew_pool(&mut self, now: Instant) {
        for id in std::mem::take(&mut self.pool.transports) {
            self.agent.discard_ahead(now, id);
        }
    }

    fn pool_size(&self) -> usize {
        if self.pool.drained || self.is_closed() {
            return 0;
        }
        let size = usize::from(self.configuration.ice_candidate_pool_size).min(SIZE_MAX);
        let gathers = |id: &TransportId| {
            !self.pool.holds(*id) && self.agent.gathering_state(*id) != GatheringState::New
        };
        let taken = self.transports.iter().filter(|own| gathers(&own.id()));
        size.saturating_sub(taken.count())
    }

    /// The transport that is needed first of those that do not gather.
    fn next_to_pool(&mut self) -> TransportId {
        let rests = |id: &TransportId| {
            !self.pool.holds(*id) && self.agent.gathering_state(*id) == GatheringState::New
        };
        let taken = self.transports.iter().map(DtlsTransport::id);
        let next = taken.chain(self.spares.iter().copied()).find(rests);
        next.unwrap_or_else(|| {
            let id = self.agent.add_transport();
            self.spares.push(id);
            id
        })
    }
}
