//! What gathering says of the machine and of the servers.

use std::net::SocketAddr;
use std::time::Duration;

use rill::{
    Configuration, DataChannelInit, Diagnosis, GatheringWait, IceServer, Loopback, PeerConnection,
    ServerOutcome, TransportDiagnosis,
};

use super::finding::{Finding, Grade};
use super::{DoctorError, nat};
use crate::server_outcome;

/// Gathers until every server has an outcome or the time is up.
pub(super) async fn gather(
    servers: &[IceServer],
    loopback: Loopback,
    limit: Duration,
) -> Result<Diagnosis, DoctorError> {
    let failed = |error: &dyn std::error::Error| DoctorError::Start(error.to_string());
    let configuration = Configuration {
        ice_servers: servers.to_vec(),
        loopback,
        ..Configuration::default()
    };
    let connection = PeerConnection::new(configuration).map_err(|error| failed(&error))?;
    let channel = connection.create_data_channel("doctor", DataChannelInit::default());
    let _channel = channel.map_err(|error| failed(&error))?;
    let applied = connection.set_local_description(None).await;
    applied.map_err(|error| failed(&error))?;
    let wait = GatheringWait {
        deadline: Some(limit),
        ..GatheringWait::default()
    };
    connection.gathering_complete(wait).await;
    let diagnosis = connection.diagnose();
    connection.close();
    Ok(diagnosis)
}

/// What it means.
pub(super) fn findings(diagnosis: &Diagnosis) -> Vec<Finding> {
    let Some(transport) = diagnosis.transports.first() else {
        return vec![Finding::new(
            "addresses",
            Grade::Bad,
            "Nothing was gathered.",
        )];
    };
    let mut findings = addresses(transport);
    findings.extend(servers(transport));
    findings.extend(nat::finding(&seen(transport)));
    let mut asked = transport
        .ice
        .generations
        .iter()
        .flat_map(|generation| &generation.servers);
    if !asked.any(|server| server.relay.is_some()) {
        findings.push(Finding::new(
            "relays",
            Grade::Note,
            "No TURN server was given (--turn): where UDP is blocked or both sides are behind \
             strict NATs, there will be no connection.",
        ));
    }
    findings
}

fn addresses(transport: &TransportDiagnosis) -> Vec<Finding> {
    let mut findings = Vec::new();
    for generation in &transport.ice.generations {
        for problem in &generation.problems {
            findings.push(Finding::new("addresses", Grade::Bad, sentence(problem)));
        }
        for (family, is_it) in families() {
            let bases = generation.bases.iter().filter(is_it);
            let named = bases.map(|base| {
                let mut interfaces = generation.interfaces.iter();
                let interface = interfaces.find(|interface| interface.address == base.ip());
                match interface {
                    Some(interface) => format!("{} on {}", base.ip(), interface.name),
                    None => base.ip().to_string(),
                }
            });
            let named: Vec<String> = named.collect();
            findings.push(if named.is_empty() {
                let text =
                    format!("No {family} address: peers with {family} alone need a TURN server.");
                Finding::new("addresses", Grade::Note, text)
            } else {
                let text = format!("{family}: {}.", named.join(", "));
                Finding::new("addresses", Grade::Good, text)
            });
        }
        if generation.bases.is_empty() {
            let text = "This machine has no network address to connect from: check its network.";
            findings.push(Finding::new("addresses", Grade::Bad, text));
        } else if generation.bases.iter().all(|base| base.ip().is_loopback()) {
            let text = "There are only loopback addresses: no other machine can be reached.";
            findings.push(Finding::new("addresses", Grade::Note, text));
        }
    }
    findings
}

type IsFamily = fn(&&SocketAddr) -> bool;

fn families() -> [(&'static str, IsFamily); 2] {
    [
        ("IPv4", |address| address.is_ipv4()),
        ("IPv6", |address| address.is_ipv6()),
    ]
}

fn servers(transport: &TransportDiagnosis) -> Vec<Finding> {
    let mut findings = Vec::new();
    let asked = transport
        .ice
        .generations
        .iter()
        .flat_map(|generation| &generation.servers);
    for server in asked {
        let has_relay =
            |(outcome, _): &(ServerOutcome, Duration)| matches!(outcome, ServerOutcome::Relayed(_));
        let is_done = server.relay.is_none() || server.outcomes.iter().any(has_relay);
        for (outcome, elapsed) in &server.outcomes {
            let (what, ms) = (server_outcome::sentence(outcome), elapsed.as_millis());
            let text = format!("{} {what} ({ms} ms).", server.url);
            let grade = if is_answer(outcome) {
                Grade::Good
            } else {
                Grade::Bad
            };
            findings.push(Finding::new("servers", grade, text));
        }
        if server.outcomes.is_empty() {
            let text = format!(
                "{} had not answered when the time was up (see --timeout).",
                server.url
            );
            findings.push(Finding::new("servers", Grade::Bad, text));
        } else if !is_done
            && server
                .outcomes
                .iter()
                .all(|(outcome, _)| is_answer(outcome))
        {
            let text = format!("{} answers, but gave no relay.", server.url);
            findings.push(Finding::new("servers", Grade::Bad, text));
        }
    }
    findings
}

fn is_answer(outcome: &ServerOutcome) -> bool {
    matches!(
        outcome,
        ServerOutcome::Reflexive(_) | ServerOutcome::Redundant(_) | ServerOutcome::Relayed(_)
    )
}

/// Where servers saw us, over IPv4, and whether a NAT made it so.
fn seen(transport: &TransportDiagnosis) -> Vec<nat::Seen> {
    let asked = transport
        .ice
        .generations
        .iter()
        .flat_map(|generation| &generation.servers);
    let outcomes = asked.flat_map(|server| &server.outcomes);
    outcomes
        .filter_map(|(outcome, _)| match outcome {
            ServerOutcome::Reflexive(address) => Some(nat::Seen::Translated(*address)),
            ServerOutcome::Redundant(address) => Some(nat::Seen::AsIs(*address)),
            _ => None,
        })
        // Before a server on this machine there is no NAT in any case.
        .filter(|seen| seen.is_ipv4() && !seen.is_loopback())
        .collect()
}

fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(characters).chain(['.']).collect()
}
