//! Transports, and what became of what the peer signalled.

use std::{net::IpAddr, time::Instant};

use rill_ice::{Family, GenerationReport, TransportId};
use rill_sdp::{Candidate, CandidateAddress, CandidateTransport};

use super::{TransportDiagnosis, Unused, UnusedCandidate};
use crate::{DtlsTransportState, IceCandidate, PeerConnection, candidate::to_ice};

impl PeerConnection {
    pub(super) fn diagnose_transports(&self, now: Instant) -> Vec<TransportDiagnosis> {
        let diagnose = |id: TransportId| {
            let ice = self.agent().report(now, id)?;
            let info = self.ice_transport(id);
            let signalled = info.map(|info| info.remote_candidates).unwrap_or_default();
            let newest = ice.generations.last();
            let dtls = self.dtls_transport(id);
            Some(TransportDiagnosis {
                unused: newest
                    .map(|newest| unused(&signalled, newest))
                    .unwrap_or_default(),
                dtls: dtls.map_or(DtlsTransportState::New, |dtls| dtls.state),
                dtls_error: self.dtls_failure(id).cloned(),
                ice,
            })
        };
        self.transports().into_iter().filter_map(diagnose).collect()
    }
}

fn unused(signalled: &[IceCandidate], generation: &GenerationReport) -> Vec<UnusedCandidate> {
    let lines = signalled.iter();
    lines
        .filter_map(|candidate| {
            let line = Candidate::parse(&candidate.candidate).ok()?;
            Some(UnusedCandidate {
                reason: reason(&line, generation)?,
                line: candidate.candidate.clone(),
            })
        })
        .collect()
}

/// Why no pair can be made with it, if so.
fn reason(line: &Candidate, generation: &GenerationReport) -> Option<Unused> {
    if line.transport == CandidateTransport::Tcp {
        return Some(Unused::Tcp);
    }
    let is_held = to_ice(line).is_some_and(|candidate| {
        let mut held = generation.remote_candidates.iter();
        held.any(|held| held.candidate.address == candidate.address)
    });
    match &line.address {
        _ if !is_held => Some(Unused::Unusable),
        CandidateAddress::Ip(ip) => {
            let mut own = generation.local_candidates.iter();
            let is_ours = |own: IpAddr| own.is_ipv4() == ip.is_ipv4();
            let has_family = own.any(|own| is_ours(own.base.ip()));
            // Ours may still come.
            let is_open = generation.local_candidates.is_empty();
            (!has_family && !is_open).then(|| Unused::Family(family(*ip)))
        }
        CandidateAddress::Name(_) => None,
    }
}

fn family(ip: IpAddr) -> Family {
    if ip.is_ipv4() { Family::V4 } else { Family::V6 }
}
