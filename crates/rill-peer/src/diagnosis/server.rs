//! What the servers contributed to a failure.

use rill_ice::{AskedServer, GenerationReport, RelayProtocol, ServerOutcome};

use super::{Fault, ServerFault};

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
