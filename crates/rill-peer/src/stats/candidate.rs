//! ICE candidates and their pairs.

use std::time::{Duration, SystemTime};

use rill_ice::{Kind, LocalSnapshot, PairState, RelayProtocol, RemoteAddress, RemoteCandidate};
use rill_sdp::{Candidate, CandidateTransport, TcpType};

use super::StatsId;
use crate::candidate::to_kind;

/// webrtc-stats, `RTCIceCandidateStats`, of a candidate of ours or of the peer's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CandidateStats {
    /// The transport that it belongs to.
    pub transport: StatsId,
    /// The address, or the name that stands for it; `None` where the application is not to know it: a
    /// peer's that was never signalled, and one of ours that is told to nobody.
    pub address: Option<String>,
    /// The port.
    pub port: u16,
    /// What it is reached by.
    pub protocol: &'static str,
    /// How it was found.
    pub candidate_type: Kind,
    /// RFC 8445 §5.1.2.
    pub priority: u32,
    /// Groups candidates that share their fate.
    pub foundation: String,
    /// The server that a reflexive or relayed one of ours was learnt from.
    pub url: Option<String>,
    /// How we reach the server that relays; of ours only.
    pub relay_protocol: Option<RelayProtocol>,
    /// The related address (RFC 8839 §5.1); not of host candidates.
    pub related_address: Option<String>,
    /// The port that belongs to it.
    pub related_port: Option<u16>,
    /// The generation; of a peer's, once it was signalled.
    pub username_fragment: Option<String>,
    /// Who connects, for TCP.
    pub tcp_type: Option<TcpType>,
}

/// webrtc-stats, `RTCIceCandidatePairStats`.
///
/// Bytes are those of UDP payloads that are not STUN. There are no available bitrates, which nothing
/// estimates as long as there is no RTP, and no discarded packets, of which no socket tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CandidatePairStats {
    /// The transport that it belongs to.
    pub transport: StatsId,
    /// Our candidate.
    pub local_candidate: StatsId,
    /// The peer's candidate.
    pub remote_candidate: StatsId,
    /// Where its check stands.
    pub state: PairState,
    /// Whether it is nominated.
    pub nominated: bool,
    /// Datagrams sent.
    pub packets_sent: u64,
    /// Datagrams received.
    pub packets_received: u64,
    /// Bytes sent.
    pub bytes_sent: u64,
    /// Bytes received.
    pub bytes_received: u64,
    /// When the last datagram was sent.
    pub last_packet_sent: Option<SystemTime>,
    /// When the last datagram was received.
    pub last_packet_received: Option<SystemTime>,
    /// The round trips of all checks together; divide by `responses_received` for a mean.
    pub total_round_trip_time: Duration,
    /// The last round trip of a check.
    pub current_round_trip_time: Option<Duration>,
    /// Checks received, retransmissions and consent checks included.
    pub requests_received: u64,
    /// Checks sent, without retransmissions and consent checks.
    pub requests_sent: u64,
    /// Success responses received.
    pub responses_received: u64,
    /// Success responses sent.
    pub responses_sent: u64,
    /// Consent checks sent (RFC 7675).
    pub consent_requests_sent: u64,
}

impl CandidateStats {
    /// One of ours. With `hides` the addresses of hosts are nobody's business.
    pub(super) fn local(
        transport: StatsId,
        LocalSnapshot {
            candidate, is_told, ..
        }: &LocalSnapshot,
        ufrag: &str,
        hides: bool,
    ) -> Self {
        // What a peer behind no NAT saw is the host's own address.
        let is_hidden = !is_told || (hides && candidate.kind == Kind::PeerReflexive);
        let ip = || candidate.address.ip().to_string();
        let address = candidate.name.clone().unwrap_or_else(ip);
        let related = candidate.related.filter(|_| candidate.kind != Kind::Host);
        let from_server = matches!(candidate.kind, Kind::ServerReflexive | Kind::Relayed);
        let is_relayed = candidate.kind == Kind::Relayed;
        Self {
            transport,
            address: (!is_hidden).then_some(address),
            port: candidate.address.port(),
            protocol: "udp",
            candidate_type: candidate.kind,
            priority: candidate.priority,
            foundation: candidate.foundation.clone(),
            url: candidate.url.clone().filter(|_| from_server),
            relay_protocol: candidate.relay_protocol.filter(|_| is_relayed),
            related_address: related.map(|related| related.ip().to_string()),
            related_port: related.map(|related| related.port()),
            username_fragment: Some(ufrag.to_owned()),
            tcp_type: None,
        }
    }

    /// One that the peer signalled; `None` for a type or protocol that W3C has no name for.
    pub(super) fn signalled(transport: StatsId, line: &Candidate, ufrag: &str) -> Option<Self> {
        let kind = to_kind(&line.kind)?;
        let is_host = kind == Kind::Host;
        Some(Self {
            transport,
            address: Some(line.address.to_string()),
            port: line.port,
            protocol: match line.transport {
                CandidateTransport::Udp => "udp",
                CandidateTransport::Tcp => "tcp",
                CandidateTransport::Other(_) => return None,
            },
            candidate_type: kind,
            priority: line.priority,
            foundation: line.foundation.clone(),
            url: None,
            relay_protocol: None,
            related_address: line
                .related_address
                .as_ref()
                .filter(|_| !is_host)
                .map(ToString::to_string),
            related_port: line.related_port.filter(|_| !is_host),
            username_fragment: Some(ufrag.to_owned()),
            tcp_type: line.tcp_type,
        })
    }

    /// One of the peer's that no line is there for.
    pub(super) fn remote(
        transport: StatsId,
        candidate: &RemoteCandidate,
        ufrag: Option<&str>,
    ) -> Self {
        let (address, port) = place(candidate);
        Self {
            transport,
            address: Some(address),
            port,
            protocol: "udp",
            candidate_type: candidate.kind,
            priority: candidate.priority,
            foundation: candidate.foundation.clone(),
            url: None,
            relay_protocol: None,
            related_address: None,
            related_port: None,
            username_fragment: ufrag.map(str::to_owned),
            tcp_type: None,
        }
    }

    /// What tells it from the peer's others.
    pub(super) fn place(&self) -> String {
        let address = self.address.as_deref().unwrap_or_default();
        format!("{} {address} {}", self.protocol, self.port)
    }
}

/// The address, or the name, and the port.
fn place(candidate: &RemoteCandidate) -> (String, u16) {
    match &candidate.address {
        RemoteAddress::Ip(address) => (address.ip().to_string(), address.port()),
        RemoteAddress::Name { name, port } => (name.clone(), *port),
    }
}
