//! `rill gather`: shows what ICE finds on this machine, as it finds it.

mod candidate;
mod progress;
mod report;
mod servers;

use std::io;
use std::time::{Duration, Instant};

use rill::{Configuration, DataChannelInit, Event, IceGatheringState, PeerConnection};
use thiserror::Error;
use tokio::time::timeout_at;

use crate::command::GatherArguments;
use crate::server_arguments::ServerArgumentsError;
use candidate::Candidate;
use progress::Progress;
use report::Report;
use servers::Servers;

/// How it went; decides the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Gathering completed, and every server answered (or none was given).
    EveryServerAnswered,
    /// A server failed, or the time was up.
    Incomplete,
}

/// Why `rill gather` could not do its work.
#[derive(Debug, Error)]
pub(crate) enum GatherError {
    #[error(transparent)]
    Servers(#[from] ServerArgumentsError),
    #[error("Gathering could not start: {0}.")]
    Start(String),
    #[error("The result could not be written: {0}.")]
    Output(#[from] io::Error),
}

/// Gathers until every server has an outcome or the time is up.
///
/// # Errors
///
/// When no peer connection can be made, or standard output cannot be written.
pub(crate) async fn run(arguments: &GatherArguments) -> Result<Verdict, GatherError> {
    let report = Report::new(arguments.json);
    let mut gathering = Gathering::new(arguments, report);
    let connection = gathering.start(arguments).await?;
    let complete = gathering.follow(&connection, arguments.timeout).await?;
    connection.close();
    gathering.finish(complete)
}

struct Gathering {
    started: Instant,
    report: Report,
    progress: Progress,
    servers: Servers,
    found: Vec<Candidate>,
}

impl Gathering {
    fn new(arguments: &GatherArguments, report: Report) -> Self {
        Self {
            started: Instant::now(),
            report,
            progress: Progress::new(),
            servers: Servers::new(arguments.servers.urls()),
            found: Vec::new(),
        }
    }

    async fn start(&mut self, arguments: &GatherArguments) -> Result<PeerConnection, GatherError> {
        let failed = |error: &dyn std::error::Error| GatherError::Start(error.to_string());
        let configuration = Configuration {
            ice_servers: arguments.servers.ice_servers()?,
            loopback: arguments.servers.loopback(),
            ..Configuration::default()
        };
        let connection = PeerConnection::new(configuration).map_err(|error| failed(&error))?;
        // An offer has a transport, and so something to gather for, once there is a channel.
        let _ = connection
            .create_data_channel("gather", DataChannelInit::default())
            .map_err(|error| failed(&error))?;
        self.started = Instant::now();
        connection
            .set_local_description(None)
            .await
            .map_err(|error| failed(&error))?;
        Ok(connection)
    }

    /// Reports events; says whether gathering completed in time.
    async fn follow(
        &mut self,
        connection: &PeerConnection,
        limit: Duration,
    ) -> Result<bool, GatherError> {
        let deadline = self.started + limit;
        loop {
            self.progress.show(
                self.started.elapsed(),
                self.found.len(),
                self.servers.waiting(),
            )?;
            let tick = deadline.min(Instant::now() + Progress::INTERVAL);
            match timeout_at(tick.into(), connection.next_event()).await {
                Ok(None | Some(Event::IceGatheringStateChange(IceGatheringState::Complete))) => {
                    return Ok(true);
                }
                Ok(Some(event)) => self.handle(event)?,
                Err(_) if Instant::now() >= deadline => return Ok(false),
                Err(_) => {}
            }
        }
    }

    fn handle(&mut self, event: Event) -> Result<(), GatherError> {
        let elapsed = self.started.elapsed();
        match event {
            // The empty candidate says that a transport has no more (webrtc-pc §4.8.1.3).
            Event::IceCandidate(Some(found)) if !found.candidate.is_empty() => {
                let Some(candidate) = Candidate::parse(&found.candidate, found.url) else {
                    return Ok(());
                };
                self.progress.clear()?;
                self.report.candidate(elapsed, &candidate)?;
                self.found.push(candidate);
            }
            Event::Server(server) => {
                self.progress.clear()?;
                let outcome = servers::Outcome::Reported(server.outcome);
                self.report.server(&server.url, &outcome, server.elapsed)?;
                self.servers.settle(&server.url, &outcome);
            }
            _ => {}
        }
        Ok(())
    }

    fn finish(mut self, complete: bool) -> Result<Verdict, GatherError> {
        self.progress.clear()?;
        let elapsed = self.started.elapsed();
        for url in self.servers.unsettled() {
            self.report
                .server(&url, &servers::Outcome::Unfinished, elapsed)?;
        }
        self.report
            .summary(elapsed, &self.found, &self.servers, complete)?;
        let good = complete && self.servers.answered() == self.servers.count();
        Ok(if good {
            Verdict::EveryServerAnswered
        } else {
            Verdict::Incomplete
        })
    }
}
