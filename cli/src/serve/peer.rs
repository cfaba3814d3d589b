//! The Rust peer of one session: DESIGN's two ways to answer an offer, and an echo.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use rill::{
    CandidatePair, Configuration, ConnectionState, DataChannel, Event, GatheringWait, IceCandidate,
    IceCandidateInit, IceServer, Kind, Loopback, PeerConnection, SdpType, SessionDescription,
};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::server_outcome::sentence;

use super::echo::echo;
use super::limits::CHANNELS;
use super::signal::{AnswerTime, Candidate, ChannelState, FromRill, PairEnd, StateName};

/// How long an answer without trickle waits for candidates: a dead STUN server is given up
/// sooner, so this only bounds what nobody foresaw.
const GATHERING_TIME: Duration = Duration::from_secs(5);

/// Reports of echoes and of the awaited answer that may wait to be sent to the page.
const REPORTS: usize = 64;

/// Why the Rust peer refused; `Display` is shown on the page.
#[derive(Debug, thiserror::Error)]
pub(super) enum PeerError {
    #[error("The Rust peer could not be made: {0}.")]
    New(String),
    #[error("The offer could not be applied: {0}.")]
    Offer(String),
    #[error("The answer could not be made: {0}.")]
    Answer(String),
    #[error("The browser's candidate could not be added: {0}.")]
    Candidate(String),
}

/// A peer connection that answers, echoes, and tells the page what it does.
pub(super) struct Peer {
    connection: PeerConnection,
    /// Whether our candidates go to the browser as they come.
    trickle: bool,
    ready: VecDeque<FromRill>,
    /// Echoes, and the wait for an answer's candidates; they end with the peer.
    tasks: JoinSet<()>,
    reporter: mpsc::Sender<FromRill>,
    reports: mpsc::Receiver<FromRill>,
}

impl Peer {
    pub(super) fn new(stun: &[String]) -> Result<Self, PeerError> {
        let ice_servers = stun.iter().map(|url| IceServer {
            urls: vec![url.clone()],
            ..IceServer::default()
        });
        let configuration = Configuration {
            ice_servers: ice_servers.collect(),
            // The browser may be on this machine, and the machine without any network.
            loopback: Loopback::Always,
            ..Configuration::default()
        };
        let connection = PeerConnection::new(configuration)
            .map_err(|error| PeerError::New(error.to_string()))?;
        let (reporter, reports) = mpsc::channel(REPORTS);
        Ok(Self {
            connection,
            trickle: false,
            ready: VecDeque::new(),
            tasks: JoinSet::new(),
            reporter,
            reports,
        })
    }

    /// Applies the browser's offer and answers it: at once if the browser can trickle, else
    /// when every candidate is known.
    pub(super) async fn offer(&mut self, sdp: String) -> Result<(), PeerError> {
        let refused = |error: &dyn std::error::Error| PeerError::Offer(error.to_string());
        let failed = |error: &dyn std::error::Error| PeerError::Answer(error.to_string());
        let offer = SessionDescription::new(SdpType::Offer, sdp);
        self.connection
            .set_remote_description(offer)
            .await
            .map_err(|error| refused(&error))?;
        self.drain().await;
        let can_trickle = self.connection.can_trickle_ice_candidates();
        self.trickle = can_trickle == Some(true);
        self.ready
            .push_back(FromRill::CanTrickle { value: can_trickle });
        let answer = self
            .connection
            .create_answer()
            .await
            .map_err(|error| failed(&error))?;
        self.connection
            .set_local_description(Some(answer))
            .await
            .map_err(|error| failed(&error))?;
        if self.trickle {
            self.ready.push_back(FromRill::Branch {
                answer: AnswerTime::AtOnce,
            });
            self.ready.push_back(current_answer(&self.connection));
        } else {
            self.ready.push_back(FromRill::Branch {
                answer: AnswerTime::WhenComplete,
            });
            self.answer_when_complete();
        }
        Ok(())
    }

    /// Adds the browser's candidate; `None` says that there are no more.
    pub(super) async fn candidate(&self, candidate: Option<Candidate>) -> Result<(), PeerError> {
        self.connection
            .add_ice_candidate(candidate.map(IceCandidateInit::from))
            .await
            .map_err(|error| PeerError::Candidate(error.to_string()))
    }

    /// What the page is to be told next; `None` when the connection is closed.
    ///
    /// Nothing is lost if the future is dropped.
    pub(super) async fn next(&mut self) -> Option<FromRill> {
        loop {
            if let Some(message) = self.ready.pop_front() {
                return Some(message);
            }
            tokio::select! {
                // The awaited answer comes after the events of the candidates that it carries.
                biased;
                event = self.connection.next_event() => self.handle(event?),
                Some(report) = self.reports.recv() => return Some(report),
            }
        }
    }

    pub(super) fn is_connected(&self) -> bool {
        self.connection.connection_state() == ConnectionState::Connected
    }

    pub(super) fn close(&mut self) {
        self.tasks.abort_all();
        self.connection.close();
    }

    /// Takes the events that are there, so that the page sees them before what comes next.
    async fn drain(&mut self) {
        loop {
            tokio::select! {
                biased;
                event = self.connection.next_event() => match event {
                    Some(event) => self.handle(event),
                    None => return,
                },
                () = std::future::ready(()) => return,
            }
        }
    }

    fn answer_when_complete(&mut self) {
        let connection = self.connection.clone();
        let reporter = self.reporter.clone();
        self.tasks.spawn(async move {
            let wait = GatheringWait {
                deadline: Some(GATHERING_TIME),
                ..GatheringWait::default()
            };
            connection.gathering_complete(wait).await;
            // The session is over when nobody takes the answer.
            let _ = reporter.send(current_answer(&connection)).await;
        });
    }

    fn handle(&mut self, event: Event) {
        let state = |name, value: &dyn ToString| FromRill::State {
            name,
            value: value.to_string(),
        };
        let message = match event {
            Event::SignalingStateChange(value) => state(StateName::Signaling, &value),
            Event::IceGatheringStateChange(value) => state(StateName::IceGathering, &value),
            Event::IceConnectionStateChange(value) => state(StateName::IceConnection, &value),
            Event::ConnectionStateChange(value) => state(StateName::Connection, &value),
            Event::IceCandidate(candidate) => self.own_candidate(candidate),
            Event::IceCandidateError(error) => FromRill::CandidateError {
                url: error.url,
                code: error.code,
                text: error.text,
            },
            Event::Server(report) => FromRill::Server {
                url: report.url,
                outcome: sentence(&report.outcome),
                elapsed_ms: report.elapsed.as_secs_f64() * 1000.0,
            },
            Event::SelectedCandidatePairChange(pair) => selected(&pair),
            Event::TransportError(error) => FromRill::Problem {
                text: format!("{error}."),
            },
            Event::DataChannel(channel) => return self.echo(channel),
            // Nothing here asks for a negotiation; the browser makes every offer.
            _ => return,
        };
        self.ready.push_back(message);
    }

    fn own_candidate(&self, candidate: Option<IceCandidate>) -> FromRill {
        let candidate = candidate.map(|candidate| Candidate::from(candidate.to_init()));
        if self.trickle {
            FromRill::Candidate { candidate }
        } else {
            FromRill::Gathered { candidate }
        }
    }

    fn echo(&mut self, channel: DataChannel) {
        while self.tasks.try_join_next().is_some() {}
        if self.tasks.len() >= CHANNELS {
            channel.close();
            let text = format!("Only {CHANNELS} data channels are echoed; another was closed.");
            self.ready.push_back(FromRill::Problem { text });
            return;
        }
        let label = channel.label();
        let state = ChannelState::Open;
        self.ready.push_back(FromRill::Channel {
            label: label.clone(),
            state,
        });
        let reporter = self.reporter.clone();
        self.tasks.spawn(async move {
            if let Err(error) = echo(&channel).await {
                let text = format!("A message could not be echoed: {error}.");
                let _ = reporter.send(FromRill::Problem { text }).await;
            }
            let state = ChannelState::Closed;
            let _ = reporter.send(FromRill::Channel { label, state }).await;
        });
    }
}

fn current_answer(connection: &PeerConnection) -> FromRill {
    match connection.local_description() {
        Some(answer) => FromRill::Answer { sdp: answer.sdp },
        None => FromRill::Problem {
            text: "The answer was withdrawn before it left.".to_owned(),
        },
    }
}

fn selected(pair: &CandidatePair) -> FromRill {
    let end = |kind, address: SocketAddr| PairEnd {
        kind: kind_name(kind),
        address: address.to_string(),
    };
    FromRill::SelectedPair {
        local: end(pair.local.kind, pair.local.address),
        // A candidate that was signalled by name has its address only from the path.
        remote: end(pair.remote.kind, pair.path.remote),
    }
}

/// W3C's `RTCIceCandidateType`.
fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Host => "host",
        Kind::ServerReflexive => "srflx",
        Kind::PeerReflexive => "prflx",
        Kind::Relayed => "relay",
    }
}

impl From<Candidate> for IceCandidateInit {
    fn from(candidate: Candidate) -> Self {
        Self {
            candidate: candidate.candidate,
            sdp_mid: candidate.sdp_mid,
            sdp_m_line_index: candidate.sdp_m_line_index,
            username_fragment: candidate.username_fragment,
        }
    }
}

impl From<IceCandidateInit> for Candidate {
    fn from(init: IceCandidateInit) -> Self {
        Self {
            candidate: init.candidate,
            sdp_mid: init.sdp_mid,
            sdp_m_line_index: init.sdp_m_line_index,
            username_fragment: init.username_fragment,
        }
    }
}
