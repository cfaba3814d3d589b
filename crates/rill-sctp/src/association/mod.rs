//! The association: routes between its user, the network and the protocol.

mod handshake;
mod input;
mod output;
mod path_mtu;
mod shutdown;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bytes::Bytes;

use self::{handshake::Handshake, output::Control, path_mtu::PathMtu, shutdown::Shutdown};
use crate::config::Config;
use crate::event::Event;
use crate::message::{Message, Ppid, SendError, SendOptions, StreamId};
use crate::receive::{Inbound, Received, Reset};
use crate::reconfig::Reconfiguration;
use crate::send::{Outbound, Queued};
use crate::state::State;
use crate::wire::{Cause, CookieKey, Init, Tsn};

/// How many streams we offer to send on and to receive on: as many as there are identifiers for
/// (RFC 8831 §6.2).
const STREAMS: u16 = 65_535;

/// One SCTP association, in one DTLS connection.
///
/// Commands, [`handle_packet`](Self::handle_packet) and [`handle_timeout`](Self::handle_timeout) may
/// come in any order. Afterwards take what there is from [`poll_transmit`](Self::poll_transmit),
/// [`poll_event`](Self::poll_event) and [`poll_message`](Self::poll_message), also in any order, and
/// call `handle_timeout` at [`poll_timeout`](Self::poll_timeout). Each `now` should be no earlier
/// than the one before; an earlier one counts as the latest known.
///
/// Packets given in must come from the DTLS connection: the association relies on DTLS for integrity
/// (RFC 9653).
#[derive(Debug)]
pub struct Association {
    config: Config,
    random: fastrand::Rng,
    key: CookieKey,
    start: Instant,
    /// The latest time known.
    now: Instant,
    state: State,
    /// What we say of ourselves.
    local: Init,
    handshake: Handshake,
    peer: Option<Init>,
    inbound: Option<Inbound>,
    outbound: Outbound,
    path_mtu: PathMtu,
    reconfig: Reconfiguration,
    /// A reset of the peer's that had to wait and was then done; it may ask for it again.
    deferred: Option<Reset>,
    shutdown: Shutdown,
    control: VecDeque<Control>,
    events: VecDeque<Event>,
    max_streams: Option<(u16, u16)>,
}

/// Commands.
impl Association {
    /// An association that is not connected. `rng_seed` decides its verification tag and first
    /// sequence number: it must be hard to guess, and different for each association.
    pub fn new(config: Config, rng_seed: u64, now: Instant) -> Self {
        let mut random = fastrand::Rng::with_seed(rng_seed);
        let mut key = [0; 32];
        random.fill(&mut key);
        let window = config.effective_window();
        let local = Init {
            tag: random.u32(1..),
            // The configuration bounds it.
            window: u32::try_from(window).unwrap_or(u32::MAX),
            outbound_streams: STREAMS,
            max_inbound_streams: STREAMS,
            first_tsn: Tsn(random.u32(..)),
            partial_reliability: true,
            reconfig: true,
            interleaving: true,
            zero_checksum: true,
            padding: true,
        };
        let base = config.effective_mtu();
        let controller = config.congestion_control.controller(base, random.u64(..));
        Self {
            outbound: Outbound::new(local.first_tsn, base, controller),
            path_mtu: PathMtu::new(base, config.effective_max_mtu()),
            reconfig: Reconfiguration::new(local.first_tsn),
            config,
            random,
            key: CookieKey(key),
            start: now,
            now,
            state: State::New,
            local,
            handshake: Handshake::Idle,
            peer: None,
            inbound: None,
            deferred: None,
            shutdown: Shutdown::No,
            control: VecDeque::new(),
            events: VecDeque::new(),
            max_streams: None,
        }
    }

    /// Sends INIT. In WebRTC both sides do so (RFC 8831 §6.2): the handshakes join (RFC 9260
    /// §5.2.1). Repeated without end until the peer answers. Does nothing unless
    /// [`State::New`].
    pub fn connect(&mut self, now: Instant) {
        self.advance(now);
        if self.state == State::New {
            self.state = State::Connecting;
            self.send_init();
        }
    }

    /// Queues a message. Before the association is established it is kept; its lifetime, if it has
    /// one, counts from now.
    ///
    /// # Errors
    ///
    /// - [`SendError::BufferFull`] when [`Config::send_buffer_limit`] is reached.
    /// - [`SendError::Empty`] for a message without payload.
    /// - [`SendError::Resetting`] after `reset_streams` for this stream and before its completion.
    /// - [`SendError::NoSuchStream`] when the peer does not accept that many streams.
    /// - [`SendError::Closed`] after `shutdown`, `abort` or the end of the association.
    pub fn send(
        &mut self,
        now: Instant,
        stream: StreamId,
        ppid: Ppid,
        payload: Bytes,
        options: SendOptions,
    ) -> Result<(), SendError> {
        self.advance(now);
        if payload.is_empty() {
            return Err(SendError::Empty);
        }
        if self.shutdown != Shutdown::No || self.state == State::Closed {
            return Err(SendError::Closed);
        }
        if self.reconfig.resets.contains(stream) {
            return Err(SendError::Resetting(stream));
        }
        if let Some((_, limit)) = self.max_streams
            && stream.0 >= limit
        {
            return Err(SendError::NoSuchStream { stream, limit });
        }
        let (buffered, limit) = (self.total_buffered(), self.config.send_buffer_limit);
        if buffered >= limit {
            return Err(SendError::BufferFull { buffered, limit });
        }
        let message = Queued::new(self.now, ppid, payload, options);
        self.outbound.queue.push(stream, message);
        Ok(())
    }

    /// Resets our side of these streams (RFC 6525), each after all that was sent on it before.
    /// Ends in [`Event::OutgoingReset`] or [`Event::OutgoingResetFailed`]. Before the association is
    /// established, waits for that.
    pub fn reset_streams(&mut self, now: Instant, streams: &[StreamId]) {
        self.advance(now);
        if self.state != State::Closed {
            for &stream in streams {
                self.reconfig.resets.add(stream);
            }
        }
    }

    /// Sets the weight of a stream when streams compete: 128 below normal, 256 normal, 512 high,
    /// 1024 extra high (RFC 8831 §6.4). Normal until set. Without message interleaving (RFC 8260)
    /// on both sides, streams take turns by whole messages.
    pub fn set_priority(&mut self, stream: StreamId, priority: u16) {
        self.outbound.queue.set_weight(stream, priority);
    }

    /// Sets when [`Event::BufferedAmountLow`] is reported: when the stream's buffered amount falls
    /// to this many bytes from above. Zero until set.
    pub fn set_buffered_amount_low_threshold(&mut self, stream: StreamId, bytes: usize) {
        self.outbound.queue.set_low_threshold(stream, bytes);
    }

    /// Ends the association after everything sent is delivered (RFC 9260 §9.2); reported by
    /// [`Event::Closed`]. Data channels have no use for it: they are closed by resets, and the
    /// association then by `abort`.
    pub fn shutdown(&mut self, now: Instant) {
        self.advance(now);
        match self.state {
            State::Connected => self.begin_shutdown(),
            // Before the handshake there is nothing to shut down.
            State::New | State::Connecting => self.close(Event::Closed),
            State::ShuttingDown | State::Closed => {}
        }
    }

    /// Ends the association at once, with an ABORT to the peer (RFC 9260 §9.1) that is left in
    /// `poll_transmit`. What is queued is lost.
    pub fn abort(&mut self, now: Instant) {
        self.advance(now);
        if self.state != State::Closed {
            self.send_abort(&Cause::UserAbort);
            self.close(Event::Closed);
        }
    }
}

/// The driver.
impl Association {
    /// Gives back the memory that a busier time has taken. For when nothing was sent or received for a
    /// while: what comes next takes it anew.
    pub fn rest(&mut self) {
        self.outbound.rest();
        self.inbound.iter_mut().for_each(Inbound::rest);
        self.control.shrink_to_fit();
        self.events.shrink_to_fit();
    }

    /// Runs the timers that are due.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.advance(now);
        if self.state == State::Closed {
            return;
        }
        self.handle_handshake_timeout();
        self.handle_shutdown_timeout();
        if self.handshake == Handshake::Done {
            self.outbound.handle_timeout(self.now);
        }
    }

    /// The next event.
    pub fn poll_event(&mut self) -> Option<Event> {
        if let Some(stream) = self.outbound.queue.poll_low()
            && self.state != State::Closed
        {
            self.events.push_back(Event::BufferedAmountLow(stream));
        }
        self.events.pop_front()
    }

    /// The next received message, over all streams in the order of completion.
    ///
    /// What is not taken stays in the receive window; when that is full, the peer stops sending on
    /// all streams. Messages can still be taken after the end of the association.
    pub fn poll_message(&mut self, now: Instant) -> Option<Message> {
        self.advance(now);
        loop {
            match self.inbound.as_mut()?.next()? {
                Received::Message(message) => return Some(message),
                Received::TooLarge { stream, length } => {
                    self.events
                        .push_back(Event::MessageTooLarge { stream, length });
                }
            }
        }
    }

    /// When `handle_timeout` is to be called, if nothing else is called before.
    pub fn poll_timeout(&self) -> Option<Instant> {
        if self.state == State::Closed {
            return None;
        }
        let established = self.handshake == Handshake::Done;
        let inbound = self.inbound.as_ref().and_then(|inbound| {
            // A reader may have made room since.
            let due = inbound.owes_sack(self.now).then_some(self.now);
            due.or_else(|| inbound.poll_timeout())
        });
        let data = [
            inbound,
            self.outbound.poll_timeout(self.now),
            self.reconfig.poll_timeout(),
        ];
        let data = data.into_iter().filter(|_| established);
        [self.handshake.due(), self.shutdown.due()]
            .into_iter()
            .chain(data)
            .flatten()
            .min()
    }
}

/// Getters.
impl Association {
    /// Where the association is in its life.
    pub fn state(&self) -> State {
        self.state
    }

    /// How many streams there are, (incoming, outgoing): valid identifiers are below. Known once
    /// connected, and kept afterwards.
    pub fn max_streams(&self) -> Option<(u16, u16)> {
        self.max_streams
    }

    /// The bytes queued on a stream that were not yet sent for the first time.
    pub fn buffered_amount(&self, stream: StreamId) -> usize {
        self.outbound.queue.buffered_on(stream)
    }

    /// Whether everything that was sent has arrived, or was given up.
    pub fn is_done(&self) -> bool {
        self.outbound.is_done()
    }

    /// The bytes queued on all streams that were not yet sent for the first time.
    pub fn total_buffered(&self) -> usize {
        self.outbound.queue.buffered()
    }
}

impl Association {
    fn advance(&mut self, now: Instant) {
        self.now = self.now.max(now);
    }

    /// Time since the association was made: what cookies are dated with.
    fn age(&self) -> Duration {
        self.now.saturating_duration_since(self.start)
    }

    /// Both sides have agreed.
    fn established(&mut self) {
        if self.handshake == Handshake::Done || self.state == State::Closed {
            return;
        }
        self.handshake = Handshake::Done;
        self.state = State::Connected;
        let (incoming, outgoing) = self.max_streams.unwrap_or_default();
        self.outbound.queue.retain_below(outgoing);
        self.events.push_back(Event::Connected {
            max_incoming: incoming,
            max_outgoing: outgoing,
        });
    }

    fn close(&mut self, event: Event) {
        if self.state == State::Closed {
            return;
        }
        self.state = State::Closed;
        self.outbound.queue.clear();
        self.reconfig.clear();
        self.events.push_back(event);
    }
}
