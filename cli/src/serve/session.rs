//! One page and its Rust peer: carries signalling between the WebSocket and the peer.

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, close_code};
use tokio::sync::watch;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval, sleep_until, timeout};

use super::limits::{PING_INTERVAL, WRITE_TIME};
use super::peer::{Peer, PeerError};
use super::signal::{FromPage, FromRill, IceServer, SignalError, Timed};
use super::vigil::{End, Vigil};

/// Runs a session to its end; the peer is closed and the page told why.
pub(super) async fn run(socket: WebSocket, stun: &[String], stop: watch::Receiver<bool>) -> End {
    let mut line = Line {
        socket,
        zero: Instant::now(),
    };
    let end = match Peer::new(stun) {
        Ok(peer) => {
            let mut session = Session::new(line, peer, stop);
            let end = session.run(stun).await;
            session.peer.close();
            line = session.line;
            end
        }
        Err(error) => {
            let _ = line
                .say(FromRill::Problem {
                    text: error.to_string(),
                })
                .await;
            End::NoPeer
        }
    };
    line.hang_up(end).await;
    end
}

struct Session {
    line: Line,
    peer: Peer,
    vigil: Vigil,
    stop: watch::Receiver<bool>,
    pings: Interval,
}

/// What there is to react to.
enum Step {
    Frame(Option<Result<Message, axum::Error>>),
    Peer(Option<FromRill>),
    Ping,
    Deadline,
    Stop,
}

/// Why a message of the page could not be used.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
enum Mistake {
    Signal(#[from] SignalError),
    Peer(#[from] PeerError),
}

impl Session {
    fn new(line: Line, peer: Peer, stop: watch::Receiver<bool>) -> Self {
        let mut pings = interval(PING_INTERVAL);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let vigil = Vigil::new(line.zero.into_std());
        Self {
            line,
            peer,
            vigil,
            stop,
            pings,
        }
    }

    async fn run(&mut self, stun: &[String]) -> End {
        let ice_servers = stun
            .iter()
            .map(|url| IceServer { urls: url.clone() })
            .collect();
        let hello = FromRill::Hello {
            version: env!("CARGO_PKG_VERSION"),
            ice_servers,
        };
        let Err(end) = self.converse(hello).await;
        end
    }

    async fn converse(&mut self, hello: FromRill) -> Result<std::convert::Infallible, End> {
        self.line.say(hello).await?;
        loop {
            match self.step().await {
                Step::Frame(Some(Ok(frame))) => self.handle_frame(frame).await?,
                Step::Frame(_) => return Err(End::Left),
                Step::Peer(Some(message)) => self.line.say(message).await?,
                Step::Peer(None) => return Err(End::Unconnected),
                Step::Ping => self.line.send(Message::Ping(bytes::Bytes::new())).await?,
                Step::Deadline => {}
                Step::Stop => return Err(End::Stopped),
            }
            let now = Instant::now().into_std();
            self.vigil.peer(now, self.peer.is_connected());
            self.vigil.check(now)?;
        }
    }

    async fn step(&mut self) -> Step {
        tokio::select! {
            frame = self.line.socket.recv() => Step::Frame(frame),
            message = self.peer.next() => Step::Peer(message),
            _ = self.pings.tick() => Step::Ping,
            () = sleep_until(self.vigil.deadline().into()) => Step::Deadline,
            _ = self.stop.wait_for(|stop| *stop) => Step::Stop,
        }
    }

    async fn handle_frame(&mut self, frame: Message) -> Result<(), End> {
        self.vigil.heard(Instant::now().into_std());
        let used = match frame {
            Message::Text(text) => {
                self.vigil.message()?;
                self.handle_text(&text).await
            }
            Message::Binary(_) => {
                self.vigil.message()?;
                Err(SignalError::Binary.into())
            }
            Message::Ping(_) | Message::Pong(_) => Ok(()),
            Message::Close(_) => return Err(End::Left),
        };
        let Err(mistake) = used else { return Ok(()) };
        self.line
            .say(FromRill::Problem {
                text: mistake.to_string(),
            })
            .await?;
        self.vigil.mistake()
    }

    async fn handle_text(&mut self, text: &str) -> Result<(), Mistake> {
        match FromPage::parse(text)? {
            FromPage::Offer { sdp } => {
                self.vigil.offered();
                Ok(self.peer.offer(sdp).await?)
            }
            FromPage::Answer { sdp } => Ok(self.peer.answer(sdp).await?),
            FromPage::Candidate { candidate } => Ok(self.peer.candidate(candidate).await?),
            FromPage::Restart => {
                self.peer.restart();
                Ok(())
            }
        }
    }
}

/// The WebSocket to the page, and the zero of its times.
struct Line {
    socket: WebSocket,
    zero: Instant,
}

impl Line {
    async fn say(&mut self, message: FromRill) -> Result<(), End> {
        // Tenths of a millisecond: candidates often come within the same one.
        let at = (self.zero.elapsed().as_secs_f64() * 10_000.0).round() / 10.0;
        self.send(Message::text(Timed::json(at, message))).await
    }

    async fn send(&mut self, frame: Message) -> Result<(), End> {
        match timeout(WRITE_TIME, self.socket.send(frame)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(End::Left),
            Err(_) => Err(End::NotRead),
        }
    }

    async fn hang_up(mut self, end: End) {
        if matches!(end, End::Left | End::NotRead) {
            return;
        }
        if self.say(end.into()).await.is_ok() {
            let reason = Utf8Bytes::from(end.to_string());
            let frame = CloseFrame {
                code: close_code::NORMAL,
                reason,
            };
            let _ = self.send(Message::Close(Some(frame))).await;
        }
    }
}
