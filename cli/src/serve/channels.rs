//! The data channels of one session: each is echoed, or measured by a throughput run.

use std::sync::Arc;

use rill::DataChannel;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;

use super::echo::echo;
use super::limits::{CHANNELS, RUNS};
use super::signal::{ChannelState, FromRill};
use super::throughput::{self, Progress};

/// Reports of channels that may wait to be sent to the page.
const REPORTS: usize = 64;

/// A task for each channel that the browser opened; they end with this.
pub(super) struct Channels {
    tasks: JoinSet<()>,
    runs: Arc<Semaphore>,
    reporter: mpsc::Sender<FromRill>,
}

impl Channels {
    /// Also gives what is to be told to the page from time to time.
    pub(super) fn new() -> (Self, mpsc::Receiver<FromRill>) {
        let (reporter, reports) = mpsc::channel(REPORTS);
        let channels = Self {
            tasks: JoinSet::new(),
            runs: Arc::new(Semaphore::new(RUNS)),
            reporter,
        };
        (channels, reports)
    }

    /// Serves a channel until it closes. Says what the page is to be told at once.
    pub(super) fn serve(&mut self, channel: DataChannel) -> FromRill {
        while self.tasks.try_join_next().is_some() {}
        if self.tasks.len() >= CHANNELS {
            return refuse(format!(
                "Only {CHANNELS} data channels are served; another was closed."
            ));
        }
        let label = channel.label();
        if label != throughput::LABEL {
            self.tasks
                .spawn(serve_echo(channel, label.clone(), self.reporter.clone()));
        } else if let Ok(seat) = Arc::clone(&self.runs).try_acquire_owned() {
            let reporter = self.reporter.clone();
            let label = label.clone();
            self.tasks.spawn(async move {
                serve_run(channel, label, reporter).await;
                drop(seat);
            });
        } else {
            return refuse(format!(
                "Only {RUNS} throughput runs go on at a time; another was refused."
            ));
        }
        let state = ChannelState::Open;
        FromRill::Channel { label, state }
    }

    pub(super) fn end(&mut self) {
        self.tasks.abort_all();
    }
}

/// The channel's handle is dropped by then, which closes it.
fn refuse(text: String) -> FromRill {
    FromRill::Problem { text }
}

async fn serve_echo(channel: DataChannel, label: String, reporter: mpsc::Sender<FromRill>) {
    if let Err(error) = echo(&channel).await {
        let text = format!("A message could not be echoed: {error}.");
        let _ = reporter.send(FromRill::Problem { text }).await;
    }
    let state = ChannelState::Closed;
    let _ = reporter.send(FromRill::Channel { label, state }).await;
}

async fn serve_run(channel: DataChannel, label: String, reporter: mpsc::Sender<FromRill>) {
    // A page that is behind with reading misses a number, and the run goes on.
    let tell = |progress| drop(reporter.try_send(report(progress)));
    if let Err(error) = throughput::run(&channel, tell).await {
        let text = format!("{error}.");
        let _ = reporter.send(FromRill::Problem { text }).await;
    }
    let state = ChannelState::Closed;
    let _ = reporter.send(FromRill::Channel { label, state }).await;
}

fn report(progress: Progress) -> FromRill {
    FromRill::Throughput {
        received: progress.received,
        elapsed_ms: progress.elapsed.as_secs_f64() * 1000.0,
    }
}
