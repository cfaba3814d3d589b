//! Between candidates as ICE knows them and candidates as text.

use std::net::SocketAddr;

use rill_ice::{Kind, LocalCandidate, Protocol, RemoteAddress, RemoteCandidate};
use rill_sdp::{Candidate, CandidateAddress, CandidateKind, CandidateTransport};

/// The line for a local candidate (RFC 8839 §5.1).
pub(crate) fn to_line(local: &LocalCandidate) -> Candidate {
    let kind = match local.kind {
        Kind::Host => CandidateKind::Host,
        Kind::ServerReflexive => CandidateKind::ServerReflexive,
        Kind::PeerReflexive => CandidateKind::PeerReflexive,
        Kind::Relayed => CandidateKind::Relayed,
    };
    Candidate {
        foundation: local.foundation.clone(),
        component: 1,
        transport: CandidateTransport::Udp,
        transport_in_capitals: false,
        priority: local.priority,
        address: match &local.name {
            None => CandidateAddress::Ip(local.address.ip()),
            Some(name) => CandidateAddress::Name(name.clone()),
        },
        port: local.address.port(),
        kind,
        related_address: local
            .related
            .map(|related| CandidateAddress::Ip(related.ip())),
        related_port: local.related.map(|related| related.port()),
        tcp_type: None,
        extensions: Vec::new(),
    }
}

/// The candidate for ICE, or `None` for one that cannot be paired: TCP, an unknown type, a second
/// component.
pub(crate) fn to_ice(line: &Candidate) -> Option<RemoteCandidate> {
    let kind = to_kind(&line.kind)?;
    if line.transport != CandidateTransport::Udp || line.component != 1 {
        return None;
    }
    let address = match &line.address {
        CandidateAddress::Ip(ip) => RemoteAddress::Ip(SocketAddr::new(*ip, line.port)),
        CandidateAddress::Name(name) => RemoteAddress::Name {
            name: name.clone(),
            port: line.port,
        },
    };
    Some(RemoteCandidate {
        foundation: line.foundation.clone(),
        component: line.component,
        protocol: Protocol::Udp,
        priority: line.priority,
        kind,
        address,
        ufrag: line.ufrag().map(str::to_owned),
    })
}

/// The type; `None` for one that the RFC does not have.
pub(crate) fn to_kind(kind: &CandidateKind) -> Option<Kind> {
    Some(match kind {
        CandidateKind::Host => Kind::Host,
        CandidateKind::ServerReflexive => Kind::ServerReflexive,
        CandidateKind::PeerReflexive => Kind::PeerReflexive,
        CandidateKind::Relayed => Kind::Relayed,
        CandidateKind::Other(_) => return None,
    })
}
