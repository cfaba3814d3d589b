//! The agent: its inputs and outputs. Its commands, what it shows of itself, and what happens inside are in
//! the files of this folder, one per procedure.

mod ahead;
mod allocations;
mod checks;
mod commands;
mod consent;
mod gathering;
mod inbound;
mod local;
mod nominate;
mod pairing;
mod relay_ends;
mod relayed;
mod relays;
mod remote;
mod report;
mod responses;
mod restart;
mod servers;
mod settle;
mod snapshot;
mod states;
mod transmit;
mod view;

use std::time::Instant;

use rand_chacha::ChaCha20Rng;

use crate::context::Context;
use crate::timer::Timer;
use crate::transport::Transports;
use crate::{
    Config, Event, Path, Received, Request, RequestId, Response, Role, StreamId, Traffic, Transmit,
};

pub use self::snapshot::{
    GenerationSnapshot, LocalSnapshot, PairSnapshot, RemoteSnapshot, TransportSnapshot,
};

/// The ICE agent of one peer connection.
///
/// After any command or input, poll requests, datagrams and events until there are none, in any
/// order, and call [`handle_timeout`](Self::handle_timeout) when
/// [`poll_timeout`](Self::poll_timeout) says. Any other order of calls is correct too, only slower.
/// Getters show the present state, which may be ahead of the events not yet polled.
///
/// Nothing the network sends makes a method fail: what is malformed or not authenticated is
/// dropped and counted in [`Counters`](crate::Counters).
#[derive(Debug)]
pub struct Agent {
    ctx: Context,
    transports: Transports,
}

impl Agent {
    /// An agent without transports. All randomness comes from `rng`: the same seed and the same
    /// calls give the same bytes. Seed it from the operating system.
    pub fn new(config: Config, role: Role, rng: ChaCha20Rng) -> Self {
        Self {
            ctx: Context::new(config, role, rng),
            transports: Transports::default(),
        }
    }
}

/// Inputs.
impl Agent {
    /// The driver's answer to a request. One for a request that was never made, or was answered,
    /// is ignored.
    pub fn handle_response(&mut self, now: Instant, id: RequestId, response: Response) {
        let now = self.ctx.advance(now);
        if let Some(purpose) = self.ctx.requests.answered(id) {
            self.driver_answered(now, purpose, response);
            self.settle(now);
        }
    }

    /// A received datagram. STUN is dealt with; what else comes is for the caller.
    pub fn handle_datagram(&mut self, now: Instant, path: Path, bytes: &mut [u8]) -> Received {
        let now = self.ctx.advance(now);
        let received = self.receive(now, path, bytes);
        self.settle(now);
        received
    }

    /// Bytes arrived on a stream. Poll [`poll_streamed`](Self::poll_streamed) afterwards.
    pub fn handle_stream(&mut self, now: Instant, stream: StreamId, bytes: &[u8]) {
        let now = self.ctx.advance(now);
        self.receive_stream(now, stream, bytes);
        self.settle(now);
    }

    /// The next datagram that [`handle_stream`](Self::handle_stream) brought, and what became of it;
    /// `None` if there is no further one. Its bytes are in `buffer`, which is cleared.
    pub fn poll_streamed(
        &mut self,
        now: Instant,
        stream: StreamId,
        buffer: &mut Vec<u8>,
    ) -> Option<Received> {
        let now = self.ctx.advance(now);
        let path = self.next_streamed(stream, buffer)?;
        let received = self.receive(now, path, buffer);
        self.settle(now);
        Some(received)
    }

    /// A stream was closed by the other side, or broke, for this reason. Not for one that
    /// [`Request::CloseStream`] ended.
    pub fn handle_stream_closed(&mut self, now: Instant, stream: StreamId, reason: String) {
        let now = self.ctx.advance(now);
        self.stream_ended(now, stream, reason);
        self.settle(now);
    }

    /// Sending to this path failed for a lasting reason, such as no route: what was asked there is
    /// given up at once. A pair that has succeeded before is not touched; consent decides on it.
    /// Not for passing troubles such as a full buffer.
    pub fn handle_send_error(&mut self, now: Instant, path: &Path) {
        let now = self.ctx.advance(now);
        self.send_failed(now, path);
        self.settle(now);
    }

    /// Does what is due at `now`. A consent check is sent also if it is due within a tenth of
    /// [`consent_interval`](crate::Timing::consent_interval), so that a driver of many agents may serve them
    /// at one time.
    pub fn handle_timeout(&mut self, now: Instant) {
        let now = self.ctx.advance(now);
        while let Some(timer) = self.ctx.timers.pop(now) {
            self.timer_fired(now, timer);
        }
        self.keep_consents(now);
        self.settle(now);
    }

    fn timer_fired(&mut self, now: Instant, timer: Timer) {
        match timer {
            Timer::Gathering(key) => self.servers_due(now, key),
            Timer::Keepalive(key) => self.keepalive_due(now, key),
            Timer::Patience(key) => self.patience_over(key),
            Timer::Nomination(key) => self.unsettle(key),
            Timer::Consent(key) => self.consent_due(now, key),
            Timer::Retirement(key) => self.drop_generation(key),
            Timer::FirstCheck(key) => {
                if let Some(session) = self.transports.session_mut(key) {
                    session.await_no_more(&mut self.ctx);
                }
            }
            Timer::Relay(key, relay) => {
                if let Some(session) = self.transports.session_mut(key) {
                    session.relay_due(&mut self.ctx, now, relay);
                }
            }
            Timer::Transaction(id) => self.transaction_due(now, id),
        }
    }
}

impl Agent {
    /// Gives back the memory that a busier time has taken, such as gathering. For when nothing but
    /// consent checks was sent or received for a while: what comes next takes it anew.
    pub fn rest(&mut self) {
        self.ctx.rest();
        self.transports.rest();
    }
}

/// Outputs.
impl Agent {
    /// The next thing the driver is to do. Sockets and streams are closed after the last datagrams
    /// over them were polled.
    pub fn poll_request(&mut self) -> Option<Request> {
        self.ctx.requests.poll(!self.ctx.outgoing.is_empty())
    }

    /// Writes the next datagram into `buffer`, which is cleared, and says where it goes.
    pub fn poll_transmit(&mut self, now: Instant, buffer: &mut Vec<u8>) -> Option<Transmit> {
        let now = self.ctx.advance(now);
        let transmit = self.next_transmit(now, buffer);
        self.settle(now);
        transmit
    }

    /// Turns application bytes for a path of [`route`](Self::route) into what the driver is to send:
    /// over a relay they are wrapped. With `segment` they are a train of datagrams of that length.
    /// `None` if nothing is to be sent now.
    pub fn transmit(
        &mut self,
        path: Path,
        segment: Option<usize>,
        buffer: &mut Vec<u8>,
    ) -> Option<Transmit> {
        let sent = Traffic::of_train(self.ctx.latest, buffer.len(), segment);
        let transmit = self.wrap(path, segment, buffer)?;
        if let Some(key) = self.ctx.sockets.owner(path.socket) {
            self.transports.count_sent(key, path, &sent);
        }
        Some(transmit)
    }

    /// The next event. A local candidate counts as sent to the peer once its event was polled.
    pub fn poll_event(&mut self) -> Option<Event> {
        let event = self.ctx.events.poll()?;
        if let Event::LocalCandidate {
            transport,
            generation,
            candidate,
        } = &event
        {
            self.surface(*transport, *generation, candidate);
        }
        Some(event)
    }

    /// When to call [`handle_timeout`](Self::handle_timeout) and poll datagrams next. A time
    /// that has passed means at once.
    pub fn poll_timeout(&self) -> Option<Instant> {
        // Goodbyes to be sent, or what waited for them.
        if !self.ctx.outgoing.is_empty() || self.ctx.requests.held {
            return self.ctx.latest;
        }
        if self.ctx.closed {
            return None;
        }
        let sending = self.transmit_at();
        let waiting = self.ctx.timers.next();
        match (sending, waiting) {
            (Some(sending), Some(waiting)) => Some(sending.min(waiting)),
            (at, None) | (None, at) => at,
        }
    }
}
