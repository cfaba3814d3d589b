//! The agent: its commands, inputs and outputs. What it shows of itself, and what happens inside, is in
//! the files of this folder, one per procedure.

mod ahead;
mod allocations;
mod checks;
mod consent;
mod gathering;
mod inbound;
mod nominate;
mod pairing;
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
    AddCandidateError, CandidatePolicy, Config, Credentials, Event, Generation, Path, Received,
    RemoteCandidate, Request, RequestId, Response, Role, ServerConfig, StreamId, Traffic, Transmit,
    TransportId, TransportState,
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

/// Commands.
impl Agent {
    /// An agent without transports. All randomness comes from `rng`: the same seed and the same
    /// calls give the same bytes. Seed it from the operating system.
    pub fn new(config: Config, role: Role, rng: ChaCha20Rng) -> Self {
        Self {
            ctx: Context::new(config, role, rng),
            transports: Transports::default(),
        }
    }

    /// Adds a transport, with generation 0 and fresh credentials. Nothing is gathered yet.
    pub fn add_transport(&mut self) -> TransportId {
        self.transports.add(&mut self.ctx.rng)
    }

    /// Removes a transport: closes its sockets and forgets its events.
    pub fn remove_transport(&mut self, now: Instant, id: TransportId) {
        let now = self.ctx.advance(now);
        if let Some(transport) = self.transports.remove(id) {
            for session in transport.sessions {
                self.ctx.forget(session);
            }
            self.ctx.events.forget(id);
            self.settle(now);
        }
    }

    /// Starts gathering in the newest generation, or tells of what was gathered ahead; does nothing if
    /// it was started before.
    pub fn gather(&mut self, now: Instant, id: TransportId) {
        let now = self.ctx.advance(now);
        self.start_gathering(now, id);
        self.use_ahead(now, id);
        self.settle(now);
    }

    /// The peer's credentials for the newest generation. Does nothing if they are those known.
    /// If they differ, the peer starts this generation anew (a second provisional answer, RFC 9429
    /// §5.10): its candidates, their end, the pairs and the selected pair are dropped.
    pub fn set_remote_credentials(&mut self, now: Instant, id: TransportId, remote: Credentials) {
        let now = self.ctx.advance(now);
        self.accept_remote_credentials(now, id, remote);
        self.settle(now);
    }

    /// Whether the peer is an ICE-lite agent, which sends no checks (RFC 8445 §2.5).
    pub fn set_remote_lite(&mut self, id: TransportId, lite: bool) {
        if let Some(transport) = self.transports.get_mut(id) {
            transport.newest_mut().remote.lite = lite;
        }
    }

    /// Adds a candidate of the peer, before or after anything else. A candidate that no pair can
    /// be made with, that is known, or that comes after the end of candidates, is accepted and
    /// counted. One without a ufrag is for the newest generation whose credentials are known.
    ///
    /// # Errors
    ///
    /// The transport or generation does not exist, or holds as many candidates as it can.
    pub fn add_remote_candidate(
        &mut self,
        now: Instant,
        id: TransportId,
        candidate: RemoteCandidate,
    ) -> Result<(), AddCandidateError> {
        let now = self.ctx.advance(now);
        let result = self.accept_remote_candidate(id, &candidate);
        self.settle(now);
        result
    }

    /// The peer has no more candidates for the generation of this ufrag (RFC 8838 §14); without
    /// one, for the newest whose credentials are known. Later ones are ignored, and so is the end
    /// of a generation that is gone.
    pub fn end_of_remote_candidates(&mut self, now: Instant, id: TransportId, ufrag: Option<&str>) {
        let now = self.ctx.advance(now);
        self.accept_end_of_candidates(id, ufrag);
        self.settle(now);
    }

    /// The peer says that it does not trickle, so that what it sent should be all, and failure
    /// need not wait for more. Candidates that come all the same are used: stacks that trickle
    /// without saying so are common.
    pub fn presume_end_of_remote_candidates(&mut self, now: Instant, id: TransportId) {
        let now = self.ctx.advance(now);
        if let Some(transport) = self.transports.get_mut(id) {
            let session = transport.newest_mut();
            session.remote.presumed_ended = true;
            session.unsettled = true;
        }
        self.settle(now);
    }

    /// Sets the role, as JSEP determines it. Does nothing if it is the present one.
    pub fn set_role(&mut self, now: Instant, role: Role) {
        let now = self.ctx.advance(now);
        if self.ctx.claim.role != role {
            self.take_role(role);
            self.settle(now);
        }
    }

    /// Other servers, and another policy, for gatherings that start from now on.
    pub fn set_servers(&mut self, servers: Vec<ServerConfig>, policy: CandidatePolicy) {
        self.ctx.config.servers = servers;
        self.ctx.config.policy = policy;
    }

    /// Starts a new generation with these credentials, which should be fresh (RFC 8445 §9).
    /// Gathering is started apart.
    ///
    /// The earlier one lives on, gathers on, and is answered and added to by its ufrag; data goes
    /// over it until the new one has a selected pair. What becomes of the two is said by
    /// [`confirm_restart`](Self::confirm_restart) or [`cancel_restart`](Self::cancel_restart).
    /// Another restart before that supersedes this one. So a transport has three generations at
    /// most: the confirmed one, the one begun since, and an older one that still carries data.
    ///
    /// `None` if the transport does not exist.
    pub fn restart(
        &mut self,
        now: Instant,
        id: TransportId,
        credentials: Credentials,
    ) -> Option<Generation> {
        let now = self.ctx.advance(now);
        let generation = self.start_generation(id, credentials);
        self.settle(now);
        generation
    }

    /// Gives the newest generation these credentials of ours in the place of its own: a description
    /// that was created earlier names them. Does nothing once gathering has begun, unless ahead.
    pub fn set_local_credentials(&mut self, id: TransportId, credentials: Credentials) {
        if let Some(transport) = self.transports.get_mut(id) {
            transport.newest_mut().adopt(credentials);
        }
    }

    /// Both sides agreed on the newest generation. Earlier ones end: they gather no more, nothing
    /// more is said of them, and they are dropped. The one that carries data lives until a little
    /// after the newest has a selected pair. Does nothing if it was confirmed before.
    pub fn confirm_restart(&mut self, now: Instant, id: TransportId) {
        let now = self.ctx.advance(now);
        self.confirm_generation(id);
        self.settle(now);
    }

    /// The restart was rolled back: the generation that was last confirmed is the newest again, and
    /// all is as if the restart had never been. Generation 0 counts as confirmed: to roll back a
    /// first offer, [remove](Self::remove_transport) the transport.
    pub fn cancel_restart(&mut self, now: Instant, id: TransportId) {
        let now = self.ctx.advance(now);
        self.cancel_generation(id);
        self.settle(now);
    }

    /// Closes everything. Afterwards there are only goodbyes to TURN servers to be sent, and then
    /// requests to close sockets and streams.
    pub fn close(&mut self, now: Instant) {
        self.ctx.advance(now);
        self.ctx.closed = true;
        for transport in self.transports.iter_mut() {
            for session in &mut transport.sessions {
                session.end_relays(&mut self.ctx, |_| true);
                self.ctx.release(session.key);
            }
            transport.state = TransportState::Closed;
        }
        self.ctx.events.clear();
        self.ctx.replies.queue.clear();
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

    /// Does what is due at `now`.
    pub fn handle_timeout(&mut self, now: Instant) {
        let now = self.ctx.advance(now);
        while let Some(timer) = self.ctx.timers.pop(now) {
            self.timer_fired(now, timer);
        }
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
