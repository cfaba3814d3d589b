//! One generation of a transport: its candidates and pairs.

use rill_ice::{GenerationSnapshot, PairSnapshot, TransportId};
use rill_sdp::Candidate;

use super::{CandidatePairStats, CandidateStats, StatsId, StatsObject, draft::Draft, id::Object};
use crate::view::TransportView;

/// One generation of a transport on its way into a report.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GenerationPart<'a> {
    pub(crate) view: &'a TransportView,
    pub(crate) transport: StatsId,
    pub(crate) generation: &'a GenerationSnapshot,
    pub(crate) is_newest: bool,
    /// Whether the addresses of hosts are nobody's business.
    pub(crate) hides: bool,
}

impl GenerationPart<'_> {
    pub(crate) fn push(self, draft: &mut Draft<'_>) {
        let locals = self.push_locals(draft);
        let remotes = self.push_remotes(draft);
        for pair in &self.generation.pairs {
            self.push_pair(draft, pair, (locals[pair.local], remotes[pair.remote]));
        }
    }

    fn id(self) -> TransportId {
        self.view.id
    }

    fn push_locals(self, draft: &mut Draft<'_>) -> Vec<StatsId> {
        let generation = self.generation;
        let mut ids = Vec::new();
        for local in &generation.locals {
            let ufrag = &generation.local_ufrag;
            let stats = CandidateStats::local(self.transport, local, ufrag, self.hides);
            let object = Object::Local(self.id(), generation.generation, local.number);
            let stats = StatsObject::LocalCandidate(stats);
            ids.push(draft.push(&object, stats));
        }
        ids
    }

    /// Those that have an address, whose ids are given, and for the newest generation the others that
    /// the peer signalled.
    fn push_remotes(self, draft: &mut Draft<'_>) -> Vec<StatsId> {
        let lines = self.lines();
        let ufrag = self.generation.remote_ufrag.as_deref();
        let mut ids = Vec::new();
        for remote in &self.generation.remotes {
            let own = CandidateStats::remote(self.transport, &remote.candidate, ufrag);
            let line = lines.iter().find(|line| line.place() == own.place());
            let place = own.place();
            // webrtc-stats: an address that the application never gave is not told.
            let is_known = lines.iter().any(|line| line.address == own.address);
            let mut stats = line.cloned().unwrap_or(own);
            if !remote.is_signalled && !is_known {
                stats.address = None;
            }
            ids.push(self.push_remote(draft, &place, stats));
        }
        for line in lines.into_iter().filter(|_| self.is_newest) {
            self.push_remote(draft, &line.place(), line);
        }
        ids
    }

    fn push_remote(self, draft: &mut Draft<'_>, place: &str, stats: CandidateStats) -> StatsId {
        let GenerationSnapshot {
            generation,
            renewals,
            ..
        } = *self.generation;
        let object = Object::Remote(self.id(), generation, renewals, place);
        draft.push(&object, StatsObject::RemoteCandidate(stats))
    }

    /// What the peer signalled for this generation.
    fn lines(self) -> Vec<CandidateStats> {
        let Some(ufrag) = &self.generation.remote_ufrag else {
            return Vec::new();
        };
        let told = self.view.told(ufrag).filter_map(|told| {
            let line = Candidate::parse(&told.candidate).ok()?;
            CandidateStats::signalled(self.transport, &line, ufrag)
        });
        told.collect()
    }

    fn push_pair(
        self,
        draft: &mut Draft<'_>,
        pair: &PairSnapshot,
        (local, remote): (StatsId, StatsId),
    ) {
        let (info, counters) = (&pair.info, &pair.info.counters);
        let traffic = counters.traffic;
        let stats = CandidatePairStats {
            transport: self.transport,
            local_candidate: local,
            remote_candidate: remote,
            state: info.state,
            nominated: info.nominated,
            packets_sent: traffic.packets_sent,
            packets_received: traffic.packets_received,
            bytes_sent: traffic.bytes_sent,
            bytes_received: traffic.bytes_received,
            last_packet_sent: traffic.last_sent.map(|at| draft.wall_of(at)),
            last_packet_received: traffic.last_received.map(|at| draft.wall_of(at)),
            total_round_trip_time: counters.total_rtt,
            current_round_trip_time: info.rtt,
            requests_received: counters.requests_received,
            requests_sent: counters.checks_sent,
            responses_received: counters.responses_received,
            responses_sent: counters.responses_sent,
            consent_requests_sent: counters.consent_checks_sent,
        };
        let object = Object::Pair(self.id(), self.generation.generation, pair.number);
        draft.push(&object, StatsObject::CandidatePair(stats));
    }
}
