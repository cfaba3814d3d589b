//! The Rust peer of one session: DESIGN's two ways to answer an offer, and ICE restarts.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use rill::{
    AddIceCandidateError, CandidatePair, Configuration, ConnectionState, Event, GatheringWait,
    IceCandidate, IceCandidateInit, IceServer, Loopback, PeerConnection, SdpType,
    SessionDescription, SignalingState,
};
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::server_outcome::sentence;

use super::channels::Channels;
use super::diagnosis::DiagnosisWatch;
use super::pairs::PairWatch;
use super::signal::{AnswerTime, Candidate, FromRill, PairEnd, StateName, kind_name};

/// How long a description without trickle waits for candidates: a dead STUN server is given up
/// sooner, so this only bounds what nobody foresaw.
const GATHERING_TIME: Duration = Duration::from_secs(5);

/// Why the Rust peer refused; `Display` is shown on the page.
#[derive(Debug, thiserror::Error)]
pub(super) enum PeerError {
    #[error("The Rust peer could not be made: {0}.")]
    New(String),
    #[error("The offer could not be applied: {0}.")]
    Offer(String),
    #[error("The answer could not be made: {0}.")]
    Answer(String),
    #[error("The browser's answer could not be applied: {0}.")]
    BrowserAnswer(String),
    #[error("The browser's candidate could not be added: {0}.")]
    Candidate(String),
}

/// A peer connection that answers, restarts when it is told, and tells the page what it does.
///
/// Offers may cross (webrtc-pc §10.7). Rill is the impolite side: it ignores an offer that comes
/// while its own is out, and the page, which is polite, rolls back and answers.
pub(super) struct Peer {
    connection: PeerConnection,
    /// Whether our candidates go to the browser as they come.
    trickle: bool,
    /// The last offer of the browser was ignored; so are its candidates.
    ignoring: bool,
    /// A negotiation is needed, and begins when nothing else is under way.
    offer_due: bool,
    /// The local description waits for its candidates, at most until then.
    held_until: Option<Instant>,
    ready: VecDeque<FromRill>,
    channels: Channels,
    reports: mpsc::Receiver<FromRill>,
    pairs: PairWatch,
    diagnosis: DiagnosisWatch,
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
        let (channels, reports) = Channels::new();
        Ok(Self {
            connection,
            trickle: false,
            ignoring: false,
            offer_due: false,
            held_until: None,
            ready: VecDeque::new(),
            channels,
            reports,
            pairs: PairWatch::new(),
            diagnosis: DiagnosisWatch::new(),
        })
    }

    /// Applies the browser's offer and answers it: at once if the browser can trickle, else
    /// when every candidate is known.
    pub(super) async fn offer(&mut self, sdp: String) -> Result<(), PeerError> {
        self.ignoring = self.connection.signaling_state() == SignalingState::HaveLocalOffer;
        if self.ignoring {
            let text = "ignores an offer that crossed with its own".to_owned();
            self.ready.push_back(FromRill::Note { text });
            return Ok(());
        }
        let offer = SessionDescription::new(SdpType::Offer, sdp);
        self.connection
            .set_remote_description(offer)
            .await
            .map_err(|error| PeerError::Offer(error.to_string()))?;
        self.drain().await;
        // If this offer leaves something to negotiate, the event comes again after the answer.
        self.offer_due = false;
        let can_trickle = self.connection.can_trickle_ice_candidates();
        self.trickle = can_trickle == Some(true);
        self.ready
            .push_back(FromRill::CanTrickle { value: can_trickle });
        self.connection
            .set_local_description(None)
            .await
            .map_err(|error| PeerError::Answer(error.to_string()))?;
        let answer = if self.trickle {
            AnswerTime::AtOnce
        } else {
            AnswerTime::WhenComplete
        };
        self.ready.push_back(FromRill::Branch { answer });
        self.send_description();
        Ok(())
    }

    /// Applies the browser's answer to our offer.
    pub(super) async fn answer(&mut self, sdp: String) -> Result<(), PeerError> {
        let answer = SessionDescription::new(SdpType::Answer, sdp);
        self.connection
            .set_remote_description(answer)
            .await
            .map_err(|error| PeerError::BrowserAnswer(error.to_string()))?;
        self.ignoring = false;
        self.drain().await;
        let value = self.connection.can_trickle_ice_candidates();
        self.ready.push_back(FromRill::CanTrickle { value });
        Ok(())
    }

    /// Adds the browser's candidate; `None` says that there are no more.
    pub(super) async fn candidate(
        &mut self,
        candidate: Option<Candidate>,
    ) -> Result<(), PeerError> {
        let init = candidate.map(IceCandidateInit::from);
        match self.connection.add_ice_candidate(init).await {
            Err(_) if self.ignoring => Ok(()),
            // What is late for a generation that a restart has ended is nobody's mistake.
            Err(AddIceCandidateError::UnknownUfrag(_)) => {
                let text = "drops a candidate of an earlier generation".to_owned();
                self.ready.push_back(FromRill::Note { text });
                Ok(())
            }
            added => added.map_err(|error| PeerError::Candidate(error.to_string())),
        }
    }

    /// Restarts ICE from this side; the offer follows.
    pub(super) fn restart(&mut self) {
        self.ready.push_back(FromRill::Restart);
        self.connection.restart_ice();
    }

    /// What the page is to be told next; `None` when the connection is closed.
    ///
    /// Nothing is lost if the future is dropped.
    pub(super) async fn next(&mut self) -> Option<FromRill> {
        loop {
            if let Some(message) = self.ready.pop_front() {
                return Some(message);
            }
            if self.may_offer() {
                self.make_offer().await;
                continue;
            }
            tokio::select! {
                // A held description comes after the events of the candidates that it carries.
                biased;
                event = self.connection.next_event() => self.handle(event?),
                Some(report) = self.reports.recv() => return Some(report),
                () = gathered(&self.connection, self.held_until) => {
                    self.held_until = None;
                    self.push_description();
                }
                pairs = self.pairs.changed(&self.connection) => return Some(FromRill::Pairs { pairs }),
                json = self.diagnosis.changed(&self.connection) => {
                    return Some(FromRill::Diagnosis { json });
                }
            }
        }
    }

    pub(super) fn is_connected(&self) -> bool {
        self.connection.connection_state() == ConnectionState::Connected
    }

    pub(super) fn close(&mut self) {
        self.channels.end();
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

    /// An answer that is still held has to leave first.
    fn may_offer(&self) -> bool {
        self.offer_due
            && self.held_until.is_none()
            && self.connection.signaling_state() == SignalingState::Stable
    }

    async fn make_offer(&mut self) {
        self.offer_due = false;
        match self.connection.set_local_description(None).await {
            Ok(()) => self.send_description(),
            Err(error) => {
                let text = format!("The offer could not be made: {error}.");
                self.ready.push_back(FromRill::Problem { text });
            }
        }
    }

    fn send_description(&mut self) {
        if self.trickle {
            self.push_description();
        } else {
            self.held_until = Some(Instant::now() + GATHERING_TIME);
        }
    }

    fn push_description(&mut self) {
        let message = match self.connection.local_description() {
            Some(SessionDescription {
                kind: SdpType::Offer,
                sdp,
            }) => FromRill::Offer { sdp },
            Some(SessionDescription { sdp, .. }) => FromRill::Answer { sdp },
            None => FromRill::Problem {
                text: "The description was withdrawn before it left.".to_owned(),
            },
        };
        self.ready.push_back(message);
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
            Event::SelectedCandidatePairChange(_, pair) => selected(&pair),
            Event::SelectedCandidatePairLost(_) => {
                self.pairs.lose_carrier();
                let text = "lost its selected pair: the browser stopped answering".to_owned();
                FromRill::Note { text }
            }
            Event::TransportError(_, error) => FromRill::Problem {
                text: format!("{error}."),
            },
            Event::DataChannel(channel) => self.channels.serve(channel),
            Event::NegotiationNeeded => {
                self.offer_due = true;
                return;
            }
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
}

/// Resolves when a description that is held has its candidates; never when none is.
async fn gathered(connection: &PeerConnection, held_until: Option<Instant>) {
    let Some(until) = held_until else {
        return std::future::pending().await;
    };
    let wait = GatheringWait {
        deadline: Some(until.saturating_duration_since(Instant::now())),
        ..GatheringWait::default()
    };
    connection.gathering_complete(wait).await;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_loss_of_the_selected_pair_is_told_and_kept_in_no_table() {
        let mut peer = Peer::new(&[]).expect("a peer");
        let channel = peer.connection.create_data_channel("x", Default::default());
        let _channel = channel.expect("a new connection takes channels");
        let applied = peer.connection.set_local_description(None).await;
        applied.expect("an offer");
        peer.pairs.carry("old");
        assert!(peer.pairs.has_carrier());
        let transport = peer.connection.transports()[0];
        peer.handle(Event::SelectedCandidatePairLost(transport));
        assert!(!peer.pairs.has_carrier());
        let told = peer.ready.back();
        let is_told = matches!(told, Some(FromRill::Note { text }) if text.starts_with("lost"));
        assert!(is_told, "{told:?}");
    }
}
