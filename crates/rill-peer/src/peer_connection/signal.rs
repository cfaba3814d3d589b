//! Candidates from the peer, by way of signalling (webrtc-pc §4.4.2, `addIceCandidate`).

use std::time::Instant;

use rill_ice::TransportId;
use rill_sdp::Candidate;

use crate::{
    AddIceCandidateError, IceCandidateError, IceCandidateInit, OperationId, PeerConnection,
    candidate::to_ice, task::Change, view::RemoteCandidateAdded,
};

impl PeerConnection {
    /// Takes a candidate of the peer. `None`, or an empty `candidate`, is end-of-candidates: for the
    /// section it names, or for all.
    ///
    /// A candidate that cannot be used (a name, TCP, an unknown type) is taken and not paired.
    ///
    /// # Errors
    ///
    /// The candidate is malformed, or belongs to no section or generation of an applied remote
    /// description. Nothing changed.
    pub fn add_ice_candidate(
        &mut self,
        now: Instant,
        init: Option<&IceCandidateInit>,
    ) -> Result<OperationId, AddIceCandidateError> {
        let end = IceCandidateInit::default();
        let plan = self.jsep.plan_candidate(init.unwrap_or(&end))?;
        for (transport, ufrag) in &plan.transports {
            match &plan.candidate {
                Some(candidate) => self.add_to_ice(now, *transport, candidate, ufrag),
                None => {
                    self.agent
                        .end_of_remote_candidates(now, *transport, Some(ufrag));
                }
            }
        }
        let operation = self.operations.begin();
        self.tasks
            .push(Change::RemoteCandidate(Box::new(RemoteCandidateAdded {
                operation,
                lines: plan.lines,
                transports: plan.transports,
            })));
        self.pump(now);
        Ok(operation)
    }

    /// Gives a candidate to its generation. What cannot be paired is left out; so is what exceeds the
    /// agent's limit, and what belongs to a section whose own transport went into a bundle.
    pub(super) fn add_to_ice(
        &mut self,
        now: Instant,
        id: TransportId,
        candidate: &Candidate,
        ufrag: &str,
    ) {
        let Some(mut candidate) = to_ice(candidate) else {
            return;
        };
        candidate.ufrag = Some(ufrag.to_owned());
        if let Err(error) = self.agent.add_remote_candidate(now, id, candidate) {
            tracing::debug!(%error, "remote candidate not used");
        }
    }

    /// Says once which servers are not asked.
    pub(super) fn report_unsupported_servers(&mut self) {
        for url in std::mem::take(&mut self.unsupported_servers) {
            self.tasks
                .push(Change::CandidateError(Box::new(IceCandidateError {
                address: None,
                url,
                code: IceCandidateError::UNREACHABLE,
                text:
                    "STUN over TLS, and TURN over DTLS, are not supported; the server was not asked"
                        .to_owned(),
            })));
        }
    }
}
