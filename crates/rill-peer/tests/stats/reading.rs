//! Reports, taken apart.

use std::collections::BTreeMap;

use rill_peer::{
    CandidatePairStats, CandidateStats, CertificateStats, DataChannelStats, PeerConnectionStats,
    StatsId, StatsObject, StatsReport, TransportStats,
};

pub(crate) fn connection(report: &StatsReport) -> PeerConnectionStats {
    let found = report.iter().find_map(|stats| match &stats.object {
        StatsObject::PeerConnection(connection) => Some(*connection),
        _ => None,
    });
    found.expect("there is always one")
}

pub(crate) fn channels(report: &StatsReport) -> Vec<(StatsId, DataChannelStats)> {
    pick(report, |object| match object {
        StatsObject::DataChannel(channel) => Some(channel.clone()),
        _ => None,
    })
}

pub(crate) fn transports(report: &StatsReport) -> Vec<(StatsId, TransportStats)> {
    pick(report, |object| match object {
        StatsObject::Transport(transport) => Some(transport.clone()),
        _ => None,
    })
}

/// The only one there is.
pub(crate) fn transport(report: &StatsReport) -> (StatsId, TransportStats) {
    let [transport] = &transports(report)[..] else {
        panic!("not one transport: {report:#?}");
    };
    transport.clone()
}

pub(crate) fn pairs(report: &StatsReport) -> Vec<(StatsId, CandidatePairStats)> {
    pick(report, |object| match object {
        StatsObject::CandidatePair(pair) => Some(pair.clone()),
        _ => None,
    })
}

pub(crate) fn locals(report: &StatsReport) -> Vec<(StatsId, CandidateStats)> {
    pick(report, |object| match object {
        StatsObject::LocalCandidate(candidate) => Some(candidate.clone()),
        _ => None,
    })
}

pub(crate) fn remotes(report: &StatsReport) -> Vec<(StatsId, CandidateStats)> {
    pick(report, |object| match object {
        StatsObject::RemoteCandidate(candidate) => Some(candidate.clone()),
        _ => None,
    })
}

pub(crate) fn certificate(report: &StatsReport, id: StatsId) -> CertificateStats {
    match report.get(id).map(|stats| &stats.object) {
        Some(StatsObject::Certificate(certificate)) => certificate.clone(),
        other => panic!("not a certificate: {other:?}"),
    }
}

/// The pair that data goes over, with its candidates.
pub(crate) fn selected(
    report: &StatsReport,
) -> (StatsId, CandidatePairStats, CandidateStats, CandidateStats) {
    let id = transport(report).1.selected_candidate_pair;
    let id = id.expect("a pair is selected");
    let pair = pairs(report).into_iter().find(|(own, _)| *own == id);
    let (_, pair) = pair.expect("it is reported");
    let of = |list: Vec<(StatsId, CandidateStats)>, id| {
        let found = list.into_iter().find(|(own, _)| *own == id);
        found.expect("references were followed").1
    };
    let local = of(locals(report), pair.local_candidate);
    let remote = of(remotes(report), pair.remote_candidate);
    (id, pair, local, remote)
}

/// What each object is, for comparing ids.
pub(crate) fn kinds(report: &StatsReport) -> BTreeMap<StatsId, &'static str> {
    let kinds = report.iter().map(|stats| (stats.id, stats.object.kind()));
    kinds.collect()
}

fn pick<T>(report: &StatsReport, of: impl Fn(&StatsObject) -> Option<T>) -> Vec<(StatsId, T)> {
    let stats = report.iter();
    stats
        .filter_map(|stats| Some((stats.id, of(&stats.object)?)))
        .collect()
}

/// Ids are unique, references lead to what they should, and sums agree where no pair is gone.
pub(crate) fn check(report: &StatsReport) {
    let kinds = kinds(report);
    assert_eq!(kinds.len(), report.len(), "ids are unique");
    let is = |id: StatsId, kind: &str| {
        assert_eq!(kinds.get(&id), Some(&kind), "a reference leads nowhere");
    };
    for (_, pair) in pairs(report) {
        is(pair.transport, "transport");
        is(pair.local_candidate, "local-candidate");
        is(pair.remote_candidate, "remote-candidate");
    }
    for (_, candidate) in locals(report) {
        is(candidate.transport, "transport");
    }
    for (_, candidate) in remotes(report) {
        is(candidate.transport, "transport");
        assert_eq!((candidate.url, candidate.relay_protocol), (None, None));
    }
    for (id, transport) in transports(report) {
        is(transport.local_certificate, "certificate");
        let certificate = transport.remote_certificate;
        certificate.inspect(|id| is(*id, "certificate"));
        let pair = transport.selected_candidate_pair;
        pair.inspect(|id| is(*id, "candidate-pair"));
        let own = pairs(report)
            .into_iter()
            .filter(|(_, pair)| pair.transport == id);
        let sum: u64 = own
            .map(|(_, pair)| pair.bytes_sent + pair.bytes_received)
            .sum();
        assert!(sum <= transport.bytes_sent + transport.bytes_received);
    }
}
