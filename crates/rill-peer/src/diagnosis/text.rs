//! A diagnosis for people: the sentence, then what it rests on.

use std::fmt;

use rill_ice::{GenerationReport, NameFate, RemoteEnd};

use super::{
    Diagnosis, TransportDiagnosis,
    sentence::{address_text, kind_name},
    tree::{outcome_text, unused_text},
};

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.cause)?;
        writeln!(
            f,
            "signaling: {}, connection: {}",
            self.signaling, self.connection
        )?;
        for (number, transport) in self.transports.iter().enumerate() {
            writeln!(
                f,
                "transport {number}: ICE {}, DTLS {}",
                transport.ice.state, transport.dtls
            )?;
            for generation in &transport.ice.generations {
                write_generation(f, generation)?;
            }
            write_unused(f, transport)?;
        }
        Ok(())
    }
}

fn write_unused(f: &mut fmt::Formatter<'_>, transport: &TransportDiagnosis) -> fmt::Result {
    for unused in &transport.unused {
        writeln!(
            f,
            "    unused {}: {}",
            unused.line,
            unused_text(unused.reason)
        )?;
    }
    Ok(())
}

fn write_generation(f: &mut fmt::Formatter<'_>, report: &GenerationReport) -> fmt::Result {
    writeln!(
        f,
        "  generation {}: gathering {}",
        report.generation.0, report.gathering
    )?;
    for problem in &report.problems {
        writeln!(f, "    problem: {problem}")?;
    }
    for server in &report.servers {
        if server.outcomes.is_empty() {
            writeln!(f, "    server {}: no answer yet", server.url)?;
        }
        for (outcome, elapsed) in &server.outcomes {
            let (text, ms) = (outcome_text(outcome), elapsed.as_millis());
            writeln!(f, "    server {} {text} ({ms} ms)", server.url)?;
        }
    }
    for candidate in &report.local_candidates {
        writeln!(
            f,
            "    ours   {:<5} {}",
            kind_name(candidate.kind),
            candidate.address
        )?;
    }
    for remote in &report.remote_candidates {
        let address = address_text(&remote.candidate.address);
        let fate = match &remote.name {
            None => String::new(),
            Some(NameFate::Asked) => ", being looked up".to_owned(),
            Some(NameFate::Resolved(address)) => format!(", which is {address}"),
            Some(NameFate::Failed(reason) | NameFate::Unheard(reason)) => {
                format!(", not resolved: {reason}")
            }
            Some(NameFate::NotAsked) => ", not looked up".to_owned(),
        };
        writeln!(
            f,
            "    theirs {:<5} {address}{fate}",
            kind_name(remote.candidate.kind)
        )?;
    }
    if report.remote_end == RemoteEnd::Open {
        writeln!(f, "    theirs: more may come")?;
    }
    for pair in &report.pairs {
        let (info, counters) = (&pair.info, &pair.info.counters);
        writeln!(
            f,
            "    pair {} -> {}: {}{}, {} sent, {} answered, {} received",
            info.local.address,
            address_text(&info.remote.address),
            info.state,
            if info.selected { ", selected" } else { "" },
            counters.requests_sent,
            counters.responses_received,
            counters.requests_received,
        )?;
    }
    Ok(())
}
