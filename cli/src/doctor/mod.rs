//! `rill doctor`: what of connecting works on this machine, and what would not.

mod finding;
mod gathering;
mod multicast;
mod nat;
mod progress;
mod report;
mod self_test;

use std::io;

use rill::{Diagnosis, IceServer};
use thiserror::Error;

use crate::command::DoctorArguments;
use crate::server_arguments::ServerArgumentsError;
use finding::Finding;
use progress::Progress;
use self_test::SelfTest;

/// Asked when no server is given: two, so that the NAT can be judged by comparing what they see.
const PUBLIC: [&str; 2] = [
    "stun:stun.cloudflare.com:3478",
    "stun:stun.l.google.com:19302",
];

/// How it went; decides the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Healthy,
    Troubled,
}

/// Why `rill doctor` could not do its work.
#[derive(Debug, Error)]
pub(crate) enum DoctorError {
    #[error(transparent)]
    Servers(#[from] ServerArgumentsError),
    #[error("The examination could not start: {0}.")]
    Start(String),
    #[error("The result could not be written: {0}.")]
    Output(#[from] io::Error),
}

/// All that was found.
struct Examination {
    findings: Vec<Finding>,
    gathering: Diagnosis,
    connections: Vec<SelfTest>,
}

/// Examines the machine and the servers, then connects two peers of its own.
///
/// # Errors
///
/// When the servers cannot be asked, no peer connection can be made, or standard output cannot be
/// written.
pub(crate) async fn run(arguments: &DoctorArguments) -> Result<Verdict, DoctorError> {
    let servers = servers(arguments)?;
    let loopback = arguments.servers.loopback();
    let progress = Progress::new();
    progress.show(&match servers.len() {
        0 => "Looking at this machine, and for a name by multicast.".to_owned(),
        1 => "Asking a server, and for a name by multicast.".to_owned(),
        _ => "Asking the servers, and for a name by multicast.".to_owned(),
    })?;
    let limit = arguments.timeout;
    let (gathering, multicast) = tokio::join!(
        gathering::gather(&servers, loopback, limit),
        multicast::examine(limit),
    );
    let gathering = gathering?;
    let mut findings = gathering::findings(&gathering);
    findings.extend(multicast?);
    let mut connections = Vec::new();
    for server in ways(&servers) {
        progress.show(&match &server {
            Some(server) => format!("Connecting two peers through {}.", server.urls[0]),
            None => "Connecting two peers on this machine.".to_owned(),
        })?;
        let done = self_test::run(server, loopback, limit).await?;
        findings.push(done.finding());
        connections.push(done);
    }
    progress.clear()?;
    let examination = Examination {
        findings,
        gathering,
        connections,
    };
    report::write(&examination, arguments.json)?;
    Ok(examination.verdict())
}

impl Examination {
    fn verdict(&self) -> Verdict {
        if self.findings.iter().any(Finding::is_bad) {
            Verdict::Troubled
        } else {
            Verdict::Healthy
        }
    }
}

fn servers(arguments: &DoctorArguments) -> Result<Vec<IceServer>, ServerArgumentsError> {
    let mut servers = arguments.servers.ice_servers()?;
    if servers.is_empty() && !arguments.local {
        servers.extend(PUBLIC.map(|url| IceServer {
            urls: vec![url.to_owned()],
            ..IceServer::default()
        }));
    }
    Ok(servers)
}

/// Each TURN server by itself; without any, the direct way.
fn ways(servers: &[IceServer]) -> Vec<Option<IceServer>> {
    let relays = servers.iter().filter(|server| server.username.is_some());
    let relays = relays.flat_map(|server| {
        server.urls.iter().map(|url| IceServer {
            urls: vec![url.clone()],
            ..server.clone()
        })
    });
    let ways: Vec<Option<IceServer>> = relays.map(Some).collect();
    if ways.is_empty() { vec![None] } else { ways }
}
