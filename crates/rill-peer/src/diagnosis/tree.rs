//! A diagnosis as a tree of names and values.

use rill_ice::{
    AskedServer, Counters, GenerationReport, LocalCandidate, NameFate, PairReport, RefusedChecks,
    RefusedPeer, RemoteEnd, RemoteReport, Role, ServerOutcome,
};

use super::{
    Diagnosis, TransportDiagnosis, Unused, UnusedCandidate,
    json::Value::{self, Null, Object},
    sentence::{address_text, kind_name},
};

pub(super) fn of(diagnosis: &Diagnosis) -> Value {
    let (local, remote) = diagnosis.described;
    Object(vec![
        ("sentence", Value::text(&diagnosis.cause)),
        ("cause", diagnosis.cause.code().into()),
        ("trouble", diagnosis.cause.is_trouble().into()),
        ("connectionState", Value::text(diagnosis.connection)),
        ("signalingState", Value::text(diagnosis.signaling)),
        ("hasLocalDescription", local.into()),
        ("hasRemoteDescription", remote.into()),
        ("canTrickleIceCandidates", diagnosis.can_trickle.into()),
        ("relayOnly", diagnosis.relay_only.into()),
        ("role", role(diagnosis.role).into()),
        ("sctp", diagnosis.sctp.map(|state| state.to_string()).into()),
        ("transports", Value::list(&diagnosis.transports, transport)),
        ("counters", counters(&diagnosis.counters, diagnosis.dropped)),
    ])
}

fn role(role: Role) -> &'static str {
    match role {
        Role::Controlling => "controlling",
        Role::Controlled => "controlled",
    }
}

fn transport(transport: &TransportDiagnosis) -> Value {
    let error = transport.dtls_error.as_ref();
    Object(vec![
        ("ice", Value::text(transport.ice.state)),
        ("dtls", Value::text(transport.dtls)),
        ("dtlsError", error.map(ToString::to_string).into()),
        (
            "generations",
            Value::list(&transport.ice.generations, generation),
        ),
        (
            "unusedRemoteCandidates",
            Value::list(&transport.unused, unused),
        ),
    ])
}

fn generation(report: &GenerationReport) -> Value {
    let milliseconds = Value::milliseconds;
    Object(vec![
        ("generation", Value::count(report.generation.0.into())),
        ("usernameFragment", report.ufrag.as_str().into()),
        ("remoteUsernameFragment", report.remote_ufrag.clone().into()),
        ("remoteLite", report.remote_lite.into()),
        ("failed", report.failed.into()),
        (
            "connectedForMs",
            report.connected_for.map_or(Null, milliseconds),
        ),
        ("gathering", gathering(report)),
        (
            "localCandidates",
            Value::list(&report.local_candidates, local),
        ),
        ("localEndOfCandidates", report.local_ended.into()),
        (
            "remoteCandidates",
            Value::list(&report.remote_candidates, remote),
        ),
        ("remoteEndOfCandidates", end(report.remote_end).into()),
        ("pairs", Value::list(&report.pairs, pair)),
        ("refusedChecks", refused(report.refused)),
        ("unsendable", Value::count(report.unsendable)),
    ])
}

fn gathering(report: &GenerationReport) -> Value {
    let interface = |interface: &rill_ice::Interface| {
        Object(vec![
            ("name", interface.name.as_str().into()),
            ("address", Value::text(interface.address)),
            ("loopback", interface.loopback.into()),
        ])
    };
    Object(vec![
        ("state", Value::text(report.gathering)),
        (
            "sinceMs",
            report.gathering_for.map_or(Null, Value::milliseconds),
        ),
        ("interfaces", Value::list(&report.interfaces, interface)),
        ("sockets", Value::texts(&report.bases)),
        ("problems", Value::texts(&report.problems)),
        ("servers", Value::list(&report.servers, server)),
    ])
}

fn server(server: &AskedServer) -> Value {
    let outcome = |(outcome, elapsed): &(ServerOutcome, std::time::Duration)| {
        Object(vec![
            ("outcome", outcome_name(outcome).into()),
            ("text", outcome_text(outcome).into()),
            ("elapsedMs", Value::milliseconds(*elapsed)),
        ])
    };
    Object(vec![
        ("url", server.url.as_str().into()),
        ("relays", server.relay.is_some().into()),
        ("addresses", Value::texts(&server.addresses)),
        ("outcomes", Value::list(&server.outcomes, outcome)),
        ("lost", server.lost.into()),
        (
            "refusedPeers",
            Value::list(&server.refused_peers, refused_peer),
        ),
    ])
}

fn refused_peer(peer: &RefusedPeer) -> Value {
    Object(vec![
        ("address", Value::text(peer.address)),
        ("code", Value::Number(peer.code.into())),
        ("text", peer.reason.as_str().into()),
    ])
}

fn outcome_name(outcome: &ServerOutcome) -> &'static str {
    match outcome {
        ServerOutcome::Reflexive(_) => "reflexive",
        ServerOutcome::Redundant(_) => "redundant",
        ServerOutcome::Relayed(_) => "relayed",
        ServerOutcome::TimedOut => "timedOut",
        ServerOutcome::ResolveFailed(_) => "unresolved",
        ServerOutcome::Unusable(_) => "unusable",
        ServerOutcome::Rejected { .. } => "rejected",
        ServerOutcome::Unreachable => "unreachable",
    }
}

/// What a server did, as the rest of a sentence that begins with it.
pub(super) fn outcome_text(outcome: &ServerOutcome) -> String {
    match outcome {
        ServerOutcome::Reflexive(address) => format!("sees this machine as {address}"),
        ServerOutcome::Redundant(address) => format!("sees {address}: nothing translates it"),
        ServerOutcome::Relayed(address) => format!("relays at {address}"),
        ServerOutcome::TimedOut => "did not answer".to_owned(),
        ServerOutcome::ResolveFailed(reason) => {
            format!("has a name that was not resolved: {reason}")
        }
        ServerOutcome::Unusable(reason) => format!("could not be used: {reason}"),
        ServerOutcome::Rejected { code, reason } => format!("answered {code} ({reason})"),
        ServerOutcome::Unreachable => "has no address of a family that this machine has".to_owned(),
    }
}

fn local(candidate: &LocalCandidate) -> Value {
    Object(vec![
        ("type", kind_name(candidate.kind).into()),
        ("address", Value::text(candidate.address)),
        ("name", candidate.name.clone().into()),
        ("base", Value::text(candidate.base)),
        ("url", candidate.url.clone().into()),
    ])
}

fn remote(report: &RemoteReport) -> Value {
    let (name, address) = match &report.name {
        None => (None, None),
        Some(NameFate::Asked) => (Some("being looked up".to_owned()), None),
        Some(NameFate::Resolved(address)) => {
            (Some("resolved".to_owned()), Some(address.to_string()))
        }
        Some(NameFate::Failed(reason) | NameFate::Unheard(reason)) => {
            (Some(format!("not resolved: {reason}")), None)
        }
        Some(NameFate::NotAsked) => (Some("not looked up".to_owned()), None),
    };
    Object(vec![
        ("type", kind_name(report.candidate.kind).into()),
        ("address", address_text(&report.candidate.address).into()),
        ("lookup", name.into()),
        ("resolvedAddress", address.into()),
    ])
}

fn unused(candidate: &UnusedCandidate) -> Value {
    Object(vec![
        ("candidate", candidate.line.as_str().into()),
        ("reason", unused_text(candidate.reason).into()),
    ])
}

pub(super) fn unused_text(reason: Unused) -> &'static str {
    match reason {
        Unused::Tcp => "it is for TCP",
        Unused::Family(rill_ice::Family::V4) => "this side has no IPv4 address",
        Unused::Family(rill_ice::Family::V6) => "this side has no IPv6 address",
        Unused::Unusable => "nothing may be sent to it, or its type is unknown",
    }
}

fn end(end: RemoteEnd) -> &'static str {
    match end {
        RemoteEnd::Open => "not said",
        RemoteEnd::Presumed => "presumed, as the peer does not trickle",
        RemoteEnd::Said => "said",
    }
}

fn pair(pair: &PairReport) -> Value {
    let info = &pair.info;
    let counters = &info.counters;
    Object(vec![
        ("local", Value::text(info.local.address)),
        ("localType", kind_name(info.local.kind).into()),
        ("remote", address_text(&info.remote.address).into()),
        ("remoteAddress", Value::text(pair.remote)),
        ("remoteType", kind_name(info.remote.kind).into()),
        ("state", Value::text(info.state)),
        ("nominated", info.nominated.into()),
        ("selected", info.selected.into()),
        ("checksSent", Value::count(counters.requests_sent)),
        ("answersReceived", Value::count(counters.responses_received)),
        ("checksReceived", Value::count(counters.requests_received)),
        ("rttMs", info.rtt.map_or(Null, Value::milliseconds)),
        (
            "answeredAgoMs",
            pair.answered_ago.map_or(Null, Value::milliseconds),
        ),
        ("silent", pair.silent.into()),
        ("consentLost", pair.consent_lost.into()),
    ])
}

fn refused(refused: RefusedChecks) -> Value {
    Object(vec![
        ("forAnotherFragment", Value::count(refused.stranger)),
        ("fromAnotherFragment", Value::count(refused.foreign)),
        ("withAnotherPassword", Value::count(refused.forged)),
        ("untimely", Value::count(refused.untimely)),
    ])
}

fn counters(counters: &Counters, dropped: u64) -> Value {
    let count = |name, count| (name, Value::count(count));
    Object(vec![
        count("checksSent", counters.checks_sent),
        count("checksWithheld", counters.withheld_checks),
        count("checksReceived", counters.requests_received),
        count("serverRequestsSent", counters.server_requests_sent),
        count("unauthenticated", counters.unauthenticated),
        count("malformed", counters.malformed),
        count("unexpected", counters.unexpected),
        count("strayResponses", counters.stray_responses),
        count("suppressedResponses", counters.suppressed_responses),
        count("errorsSent", counters.errors_sent),
        count("unusableCandidates", counters.unusable_candidates),
        count("ignoredCandidates", counters.ignored_candidates),
        count("overLimit", counters.over_limit),
        count("dropped", dropped),
    ])
}
