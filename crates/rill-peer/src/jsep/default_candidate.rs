use std::net::IpAddr;

use rill_sdp::{Candidate, CandidateAddress, CandidateKind, CandidateTransport, Connection, Media};

/// Writes the default candidate into `m=` and `c=`: what an agent without ICE would use. Until
/// there is one they hold port 9 and the unspecified address (RFC 9429 §5.2.1, §5.2.2).
pub(crate) fn set_default_candidate(media: &mut Media) {
    let best = media
        .candidates()
        .filter(|line| line.transport == CandidateTransport::Udp);
    let best =
        best.filter_map(|line| rank(line).map(|rank| (rank, line.port, line.address.clone())));
    let Some((_, port, CandidateAddress::Ip(ip))) = best.max_by_key(|(rank, ..)| *rank) else {
        return;
    };
    media.port = port;
    media.connection = Some(Connection {
        network_type: "IN".into(),
        address_type: if ip.is_ipv4() {
            "IP4".into()
        } else {
            "IP6".into()
        },
        address: ip.to_string(),
    });
}

/// Relayed before reflexive before host (RFC 8445 §5.1.4), IPv4 before IPv6: most likely to be
/// reachable by a peer that knows nothing else.
fn rank(line: &Candidate) -> Option<(u8, bool, u32)> {
    let kind = match line.kind {
        CandidateKind::Relayed => 3,
        CandidateKind::ServerReflexive => 2,
        CandidateKind::Host => 1,
        CandidateKind::PeerReflexive | CandidateKind::Other(_) => return None,
    };
    match &line.address {
        CandidateAddress::Ip(ip) => Some((kind, matches!(ip, IpAddr::V4(_)), line.priority)),
        CandidateAddress::Name(_) => None,
    }
}
