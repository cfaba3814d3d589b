//! The most likely cause, the most specific first.

use std::time::Duration;

use rill_ice::{
    Family, GatheringState, GenerationReport, Kind, NameFate, PairReport, PairState, RemoteEnd,
    RemoteReport, TransportState,
};

use super::{
    Cause, Diagnosis, Mismatch, RemoteSilence, Route, TransportDiagnosis, Unused,
    server::{is_certain, is_cut_off, lost_relay, reflexive_fault, refused_peer, relay_fault},
};
use crate::{DtlsTransportState, SctpTransportState, SignalingState, TransportError};

/// A handshake that lasts longer is not answered: its first flight was repeated three times by then.
const HANDSHAKE: Duration = Duration::from_secs(3);
/// A peer that has not answered by then is not merely slow.
const PATIENCE: Duration = Duration::from_secs(2);

pub(super) fn cause_of(diagnosis: &Diagnosis) -> Cause {
    match (diagnosis.signaling, diagnosis.described) {
        (SignalingState::Closed, _) => return Cause::Closed,
        (_, (false, false)) => return Cause::NothingNegotiated,
        (_, (true, false)) => return Cause::AnswerMissing,
        (_, (false, true)) => return Cause::OwnAnswerMissing,
        (_, (true, true)) => {}
    }
    let causes = diagnosis.transports.iter();
    let mut causes = causes.map(|transport| transport_cause(diagnosis, transport));
    let first = causes.next().unwrap_or(Cause::NothingToCarry);
    if !matches!(first, Cause::Connected(_)) {
        return first;
    }
    let troubled = causes.find(|cause| !matches!(cause, Cause::Connected(_)));
    troubled.unwrap_or(first)
}

fn transport_cause(diagnosis: &Diagnosis, transport: &TransportDiagnosis) -> Cause {
    match (&transport.dtls_error, transport.dtls) {
        (Some(TransportError::Fingerprint), _) => return Cause::FingerprintMismatch,
        (Some(TransportError::Dtls { reason, .. }), _) => return Cause::DtlsFailed(reason.clone()),
        (None, DtlsTransportState::Closed) => return Cause::PeerClosed,
        (None, _) => {}
    }
    let Some(generation) = transport.ice.generations.last() else {
        return Cause::NothingToCarry;
    };
    let carrier = transport.ice.generations.iter().rev().find_map(selected);
    match (carrier, transport.ice.state) {
        (Some((carrier, pair)), TransportState::Connected | TransportState::Completed) => {
            above_ice(diagnosis, transport, carrier, pair)
        }
        (Some((carrier, pair)), _) => silent(carrier, pair),
        (None, _) => match lost(generation) {
            Some(pair) => {
                lost_relay(generation, pair).map_or_else(|| silent(generation, pair), Cause::Server)
            }
            None => unconnected(diagnosis, transport, generation),
        },
    }
}

fn selected(generation: &GenerationReport) -> Option<(&GenerationReport, &PairReport)> {
    let pair = generation.pairs.iter().find(|pair| pair.info.selected)?;
    Some((generation, pair))
}

/// The pair that the connection stood on.
fn lost(generation: &GenerationReport) -> Option<&PairReport> {
    let lost = generation.pairs.iter().filter(|pair| pair.consent_lost);
    lost.min_by_key(|pair| pair.answered_ago)
}

fn silent(generation: &GenerationReport, pair: &PairReport) -> Cause {
    let silent = pair.answered_ago.unwrap_or_default();
    let since = generation.connected_for.unwrap_or_default();
    Cause::PeerSilent {
        stood: since.saturating_sub(silent),
        silent,
        given_up: pair.consent_lost,
    }
}

/// ICE is connected.
fn above_ice(
    diagnosis: &Diagnosis,
    transport: &TransportDiagnosis,
    generation: &GenerationReport,
    pair: &PairReport,
) -> Cause {
    let since = generation.connected_for.unwrap_or_default();
    let is_up = transport.dtls == DtlsTransportState::Connected;
    let carries = diagnosis
        .sctp
        .is_none_or(|sctp| sctp == SctpTransportState::Connected);
    if is_up && carries {
        let (local, remote) = (&pair.info.local, &pair.info.remote);
        return Cause::Connected(Route {
            local: (local.address.to_string(), local.kind),
            remote: (pair.remote.to_string(), remote.kind),
            server: local.relay_protocol.and_then(|_| local.url.clone()),
        });
    }
    if !is_up && since > HANDSHAKE {
        // A peer without the right credentials of ours answers, and never sees a pair.
        return session_mix(generation).unwrap_or(Cause::DtlsUnanswered(since));
    }
    Cause::HandshakeUnderWay
}

/// There is no pair, and never was one.
fn unconnected(
    diagnosis: &Diagnosis,
    transport: &TransportDiagnosis,
    generation: &GenerationReport,
) -> Cause {
    no_local(diagnosis, generation)
        .or_else(|| session_mix(generation))
        .or_else(|| one_way(generation))
        .or_else(|| no_remote(transport, generation))
        .or_else(|| unusable_remote(diagnosis, transport, generation))
        .unwrap_or_else(|| unanswered(generation))
}

fn no_local(diagnosis: &Diagnosis, generation: &GenerationReport) -> Option<Cause> {
    if !generation.local_candidates.is_empty() {
        return None;
    }
    let is_gathering = generation.gathering != GatheringState::Complete;
    let servers = generation.servers.iter();
    let waiting = servers.filter(|server| server.outcomes.is_empty());
    Some(if is_gathering {
        Cause::GatheringUnderWay {
            waiting: waiting.map(|server| server.url.clone()).collect(),
        }
    } else if generation.bases.is_empty() {
        Cause::NoNetwork(generation.problems.first().cloned())
    } else if diagnosis.relay_only {
        relay_fault(generation).map_or(Cause::NoRelayConfigured, Cause::Server)
    } else {
        Cause::OwnNamesRefused
    })
}

/// Checks that do not belong here, and none that do.
fn session_mix(generation: &GenerationReport) -> Option<Cause> {
    let refused = generation.refused;
    let is_checked = generation.pairs.iter().any(was_requested);
    let mismatch = if refused.stranger > 0 {
        Mismatch::OurFragment
    } else if refused.foreign > 0 {
        Mismatch::TheirFragment
    } else if refused.forged > 0 {
        Mismatch::Password
    } else {
        return None;
    };
    (!is_checked).then_some(Cause::WrongSession(mismatch))
}

/// Their checks arrive, and ours have had time to be answered.
fn one_way(generation: &GenerationReport) -> Option<Cause> {
    let pairs = || generation.pairs.iter();
    let is_answered = pairs().any(|pair| pair.info.counters.responses_received > 0);
    let is_one_way = pairs().any(was_requested) && had_time(generation);
    (is_one_way && !is_answered).then_some(Cause::OneWay)
}

fn was_requested(pair: &PairReport) -> bool {
    pair.info.counters.requests_received > 0
}

/// The checks could have been answered.
fn had_time(generation: &GenerationReport) -> bool {
    let is_over = |pair: &PairReport| pair.info.state == PairState::Failed;
    let since = generation.checking_for;
    generation.pairs.iter().all(is_over) || since.is_some_and(|since| since >= PATIENCE)
}

fn no_remote(transport: &TransportDiagnosis, generation: &GenerationReport) -> Option<Cause> {
    if !generation.remote_candidates.is_empty() || !transport.unused.is_empty() {
        return None;
    }
    Some(Cause::RemoteSilent(match generation.remote_end {
        RemoteEnd::Said => RemoteSilence::Ended,
        RemoteEnd::Presumed => RemoteSilence::Untrickled,
        RemoteEnd::Open => RemoteSilence::Nothing,
    }))
}

/// The peer has candidates, and no pair can be made with any.
fn unusable_remote(
    diagnosis: &Diagnosis,
    transport: &TransportDiagnosis,
    generation: &GenerationReport,
) -> Option<Cause> {
    if !generation.pairs.is_empty() {
        return None;
    }
    let fates: Vec<&NameFate> = generation
        .remote_candidates
        .iter()
        .filter_map(fate_of)
        .collect();
    if !fates.is_empty() {
        return Some(only_names(diagnosis, &fates));
    }
    let unused = &transport.unused;
    let is_all = |reason: Unused| {
        !unused.is_empty() && unused.iter().all(|candidate| candidate.reason == reason)
    };
    let of_family = |family: &Family| is_all(Unused::Family(*family));
    if is_all(Unused::Tcp) {
        Some(Cause::OnlyTcp)
    } else if let Some(family) = [Family::V4, Family::V6].into_iter().find(of_family) {
        Some(Cause::OnlyFamily(family))
    } else {
        (generation.remote_candidates.len() <= unused.len()).then_some(Cause::OnlyUnusable)
    }
}

fn fate_of(remote: &RemoteReport) -> Option<&NameFate> {
    remote.name.as_ref()
}

fn only_names(diagnosis: &Diagnosis, fates: &[&NameFate]) -> Cause {
    if fates.contains(&&NameFate::Asked) {
        return Cause::LookingUpNames;
    }
    let failure = fates.iter().find_map(|fate| match fate {
        NameFate::Failed(reason) => Some(Cause::OnlyLocalNames {
            reason: reason.clone(),
        }),
        _ => None,
    });
    let deafness = fates.iter().find_map(|fate| match fate {
        NameFate::Unheard(reason) => Some(Cause::MulticastBlocked {
            reason: reason.clone(),
        }),
        _ => None,
    });
    // One that was merely not found was asked for where others are heard.
    failure.or(deafness).unwrap_or(Cause::OnlyNames {
        relay_only: diagnosis.relay_only,
    })
}

/// There are pairs, and none of them works.
fn unanswered(generation: &GenerationReport) -> Cause {
    let pairs = &generation.pairs;
    let is_pending = |pair: &&PairReport| {
        let state = pair.info.state;
        matches!(
            state,
            PairState::Waiting | PairState::InProgress | PairState::Frozen
        )
    };
    let pending = pairs.iter().filter(is_pending).count();
    if pending > 0 && !had_time(generation) {
        return Cause::Checking { pairs: pending };
    }
    if let Some(fault) = relay_fault(generation).filter(|fault| is_certain(&fault.fault)) {
        return Cause::Server(fault);
    }
    if let Some(fault) = refused_peer(generation) {
        return Cause::Server(fault);
    }
    if is_cut_off(generation) {
        return Cause::UdpBlocked;
    }
    if let Some(fault) = relay_fault(generation).or_else(|| reflexive_fault(generation)) {
        return Cause::Server(fault);
    }
    let sent = pairs
        .iter()
        .map(|pair| pair.info.counters.requests_sent)
        .sum();
    if generation.unsendable > 0
        && pairs
            .iter()
            .all(|pair| pair.info.state == PairState::Failed)
    {
        return Cause::NoRoute;
    }
    let is_relayed =
        |pair: &PairReport| [pair.info.local.kind, pair.info.remote.kind].contains(&Kind::Relayed);
    Cause::Unanswered {
        sent,
        relayed: pairs.iter().any(is_relayed),
    }
}
