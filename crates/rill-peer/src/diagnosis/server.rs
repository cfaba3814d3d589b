//! What the servers contributed to a failure.

use rill_ice::{
    AskedServer, GenerationReport, Kind, PairReport, PairState, RefusedPeer, RelayProtocol,
    ServerOutcome,
};

use super::{Fault, ServerFault};

/// Stands for an error code where a server did not answer.
const NO_ANSWER: u16 = 701;

/// Somebody said what is wrong, rather than nothing.
pub(super) fn is_certain(fault: &Fault) -> bool {
    !matches!(
        fault,
        Fault::Silent | Fault::Unreachable | Fault::Unusable(_)
    )
}

/// Not one server that was asked over UDP answered.
pub(super) fn is_cut_off(generation: &GenerationReport) -> bool {
    let over_udp = |server: &&AskedServer| matches!(server.relay, None | Some(RelayProtocol::Udp));
    let mut servers = generation.servers.iter().filter(over_udp).peekable();
    let is_silent = |server: &AskedServer| {
        let mut outcomes = server.outcomes.iter();
        !server.outcomes.is_empty()
            && outcomes.all(|(outcome, _)| *outcome == ServerOutcome::TimedOut)
    };
    servers.peek().is_some() && servers.all(is_silent)
}

/// Why no TURN server relays, if there are any.
pub(super) fn relay_fault(generation: &GenerationReport) -> Option<ServerFault> {
    let relays = || {
        generation
            .servers
            .iter()
            .filter(|server| server.relay.is_some())
    };
    let is_serving = |server: &AskedServer| {
        let mut outcomes = server.outcomes.iter();
        !server.lost && outcomes.any(|(outcome, _)| matches!(outcome, ServerOutcome::Relayed(_)))
    };
    if relays().any(is_serving) {
        return None;
    }
    let faults: Vec<ServerFault> = relays().filter_map(fault_of).collect();
    let certain = faults.iter().find(|fault| is_certain(&fault.fault));
    certain.or_else(|| faults.first()).cloned()
}

/// A TURN server that relays to none of the addresses that it was needed for, and said so.
pub(super) fn refused_peer(generation: &GenerationReport) -> Option<ServerFault> {
    let is_relayed = |pair: &&PairReport| pair.info.local.kind == Kind::Relayed;
    let mut relayed = generation.pairs.iter().filter(is_relayed).peekable();
    let first = refusal_of(generation, relayed.peek()?)?;
    let is_refused = |pair: &PairReport| {
        pair.info.state == PairState::Failed && refusal_of(generation, pair).is_some()
    };
    relayed.all(is_refused).then(|| {
        let (server, peer) = first;
        ServerFault {
            url: server.url.clone(),
            relays: true,
            fault: Fault::PeerRefused(peer.address, peer.code, peer.reason.clone()),
        }
    })
}

fn refusal_of<'a>(
    generation: &'a GenerationReport,
    pair: &PairReport,
) -> Option<(&'a AskedServer, &'a RefusedPeer)> {
    let server = server_of(generation, pair)?;
    let said = |peer: &&RefusedPeer| peer.address == pair.remote.ip() && peer.code != NO_ANSWER;
    Some((server, server.refused_peers.iter().find(said)?))
}

/// The TURN server that took its relay away, if the pair went over it.
pub(super) fn lost_relay(generation: &GenerationReport, pair: &PairReport) -> Option<ServerFault> {
    let server = server_of(generation, pair).filter(|server| server.lost)?;
    Some(ServerFault {
        url: server.url.clone(),
        relays: true,
        fault: Fault::Lost,
    })
}

fn server_of<'a>(generation: &'a GenerationReport, pair: &PairReport) -> Option<&'a AskedServer> {
    let local = &pair.info.local;
    let is_its = |server: &&AskedServer| {
        server.relay.is_some() && local.url.as_deref() == Some(server.url.as_str())
    };
    let mut servers = generation.servers.iter();
    servers.find(is_its).filter(|_| local.kind == Kind::Relayed)
}

/// Why a STUN server said nothing, while others answered or none was asked for a relay.
pub(super) fn reflexive_fault(generation: &GenerationReport) -> Option<ServerFault> {
    let mut servers = generation
        .servers
        .iter()
        .filter(|server| server.relay.is_none());
    let faults = servers.clone().filter_map(fault_of).next();
    let answered = |server: &AskedServer| fault_of(server).is_none();
    faults.filter(|_| !servers.any(answered))
}

fn fault_of(server: &AskedServer) -> Option<ServerFault> {
    let faults = server
        .outcomes
        .iter()
        .map(|(outcome, _)| fault(server, outcome));
    let faults: Option<Vec<Fault>> = faults.collect();
    let fault = match faults {
        _ if server.lost => Fault::Lost,
        Some(faults) => faults.into_iter().next()?,
        // It answered in one way or another.
        None => return None,
    };
    Some(ServerFault {
        url: server.url.clone(),
        relays: server.relay.is_some(),
        fault,
    })
}

fn fault(server: &AskedServer, outcome: &ServerOutcome) -> Option<Fault> {
    Some(match outcome {
        ServerOutcome::Relayed(_) => return None,
        ServerOutcome::Reflexive(_) | ServerOutcome::Redundant(_) if server.relay.is_none() => {
            return None;
        }
        // It answers, and does not relay.
        ServerOutcome::Reflexive(_) | ServerOutcome::Redundant(_) => Fault::Silent,
        ServerOutcome::TimedOut => Fault::Silent,
        ServerOutcome::ResolveFailed(reason) => Fault::Unresolved(reason.clone()),
        ServerOutcome::Unusable(reason) if reason.contains("certificate") => {
            Fault::Untrusted(reason.clone())
        }
        ServerOutcome::Unusable(reason) => Fault::Unusable(reason.clone()),
        ServerOutcome::Rejected { code, .. } if matches!(code, 401 | 441) => {
            Fault::Unauthorized(*code)
        }
        ServerOutcome::Rejected { code, reason } => Fault::Refused(*code, reason.clone()),
        ServerOutcome::Unreachable => Fault::Unreachable,
    })
}
