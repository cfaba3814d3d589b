//! The association: routes between its user, the network and the protocol.

use std::collections::{BTreeSet, VecDeque};
use std::time::Instant;

use bytes::Bytes;

use crate::bridge::{Bridge, Output, ResetRefused, SendRefused};
use crate::config::Config;
use crate::early::{Early, EarlyMessages};
use crate::event::{AbortReason, Event};
use crate::message::{Message, Ppid, SendError, SendOptions, StreamId};
use crate::reset::Resets;
use crate::state::State;
use crate::window::WindowUpdate;
use crate::wire;

/// How many packets wait for `poll_transmit`; more are dropped, as a full network queue would drop
/// them, and retransmitted.
const MAX_PACKETS: usize = 4096;

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
pub struct Association {
    config: Config,
    bridge: Bridge,
    state: State,
    shutdown: bool,
    early: EarlyMessages,
    resets: Resets,
    /// The streams that have been sent on.
    sending: BTreeSet<StreamId>,
    window: WindowUpdate,
    packets: VecDeque<Vec<u8>>,
    events: VecDeque<Event>,
    /// Messages taken over from the socket because it was about to end.
    rescued: VecDeque<Message>,
    max_streams: Option<(u16, u16)>,
}

impl std::fmt::Debug for Association {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Association")
            .field("state", &self.state)
            .field("max_streams", &self.max_streams)
            .finish_non_exhaustive()
    }
}

/// Commands.
impl Association {
    /// An association that is not connected. `rng_seed` decides its verification tag and first
    /// sequence number: it must be hard to guess, and different for each association.
    pub fn new(config: Config, rng_seed: u64, now: Instant) -> Self {
        Self {
            bridge: Bridge::new(&config, rng_seed, now),
            state: State::New,
            shutdown: false,
            early: EarlyMessages::default(),
            resets: Resets::default(),
            sending: BTreeSet::new(),
            window: WindowUpdate::new(config.effective_window()),
            packets: VecDeque::new(),
            events: VecDeque::new(),
            rescued: VecDeque::new(),
            max_streams: None,
            config,
        }
    }

    /// Sends INIT. In WebRTC both sides do so (RFC 8831 §6.2): the handshakes join (RFC 9260
    /// §5.2.1). Repeated without end until the peer answers. Does nothing unless
    /// [`State::New`].
    pub fn connect(&mut self, now: Instant) {
        self.bridge.advance(now);
        if self.state == State::New {
            self.state = State::Connecting;
            self.bridge.connect();
        }
        self.settle();
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
        self.bridge.advance(now);
        self.settle();
        if payload.is_empty() {
            return Err(SendError::Empty);
        }
        if self.shutdown || matches!(self.state, State::ShuttingDown | State::Closed) {
            return Err(SendError::Closed);
        }
        if self.resets.contains(stream) {
            return Err(SendError::Resetting(stream));
        }
        if let Some((_, limit)) = self.max_streams
            && stream.0 >= limit
        {
            return Err(SendError::NoSuchStream { stream, limit });
        }
        if self.state == State::Connected {
            self.bridge
                .send(stream, ppid, &payload, options)
                .map_err(|refused| match refused {
                    SendRefused::Full => self.buffer_full(),
                    SendRefused::Empty => SendError::Empty,
                    SendRefused::Closed => SendError::Closed,
                })?;
            self.sending.insert(stream);
        } else {
            if self.early.bytes() >= self.config.send_buffer_limit {
                return Err(self.buffer_full());
            }
            self.early.push(Early {
                sent: now,
                stream,
                ppid,
                payload,
                options,
            });
        }
        self.settle();
        Ok(())
    }

    /// Resets our side of these streams (RFC 6525), each after all that was sent on it before.
    /// Ends in [`Event::OutgoingReset`] or [`Event::OutgoingResetFailed`]. Before the association is
    /// established, waits for that.
    pub fn reset_streams(&mut self, now: Instant, streams: &[StreamId]) {
        self.bridge.advance(now);
        if self.state != State::Closed {
            streams.iter().for_each(|&stream| self.resets.add(stream));
        }
        self.settle();
    }

    /// Sets the weight of a stream when streams compete: 128 below normal, 256 normal, 512 high,
    /// 1024 extra high (RFC 8831 §6.4). Normal until set. Without message interleaving (RFC 8260)
    /// on both sides, streams take turns instead.
    pub fn set_priority(&mut self, stream: StreamId, priority: u16) {
        // The scheduler divides by it.
        self.bridge.set_priority(stream, priority.max(1));
    }

    /// Sets when [`Event::BufferedAmountLow`] is reported: when the stream's buffered amount falls
    /// to this many bytes from above. Zero until set.
    pub fn set_buffered_amount_low_threshold(&mut self, stream: StreamId, bytes: usize) {
        self.bridge.set_buffered_amount_low_threshold(stream, bytes);
        self.drain();
    }

    /// Ends the association after everything sent is delivered (RFC 9260 §9.2); reported by
    /// [`Event::Closed`]. Data channels have no use for it: they are closed by resets, and the
    /// association then by `abort`.
    pub fn shutdown(&mut self, now: Instant) {
        self.bridge.advance(now);
        self.shutdown = true;
        self.settle();
    }

    /// Ends the association at once, with an ABORT to the peer (RFC 9260 §9.1) that is left in
    /// `poll_transmit`. What is queued is lost.
    pub fn abort(&mut self, now: Instant) {
        self.bridge.advance(now);
        self.rescue();
        self.bridge.abort();
        self.drain();
        self.close(Event::Closed);
    }
}

/// The network and the driver.
impl Association {
    /// Takes one SCTP packet, as it came out of DTLS. What is not understood is ignored.
    pub fn handle_packet(&mut self, now: Instant, packet: &[u8]) {
        if self.state == State::Closed {
            // A cookie that arrives late would start a new association.
            return;
        }
        self.bridge.advance(now);
        self.drain();
        if self.bridge.would_end(packet) {
            self.rescue();
        }
        self.window.arrives(packet);
        self.bridge.handle_packet(packet);
        self.settle();
    }

    /// Runs the timers that are due.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.bridge.advance(now);
        self.settle();
    }

    /// Writes the next packet to send into `out`, which is cleared first. False: there is none.
    pub fn poll_transmit(&mut self, now: Instant, out: &mut Vec<u8>) -> bool {
        if self.packets.is_empty() {
            self.bridge.advance(now);
            self.settle();
        }
        out.clear();
        let Some(packet) = self.packets.pop_front() else {
            return false;
        };
        out.extend_from_slice(&packet);
        true
    }

    /// The next event.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// The next received message, over all streams in the order of completion.
    ///
    /// What is not taken stays in the receive window; when that is full, the peer stops sending on
    /// all streams. Messages can still be taken after the end of the association.
    pub fn poll_message(&mut self, now: Instant) -> Option<Message> {
        self.bridge.advance(now);
        self.settle();
        while let Some(message) = self.next_message() {
            let length = message.payload.len();
            if length <= self.config.max_message_size {
                return Some(message);
            }
            self.events.push_back(Event::MessageTooLarge {
                stream: message.stream,
                length,
            });
        }
        None
    }

    /// When `handle_timeout` is to be called, if nothing else is called before.
    pub fn poll_timeout(&self) -> Option<Instant> {
        if self.state == State::Closed {
            return None;
        }
        self.bridge.next_timeout()
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
        self.early.bytes_on(stream) + self.bridge.buffered_amount(stream)
    }

    /// The bytes queued on all streams that were not yet sent for the first time. Takes time in
    /// proportion to the number of streams in use.
    pub fn total_buffered(&self) -> usize {
        let sending: usize = self
            .sending
            .iter()
            .map(|&stream| self.bridge.buffered_amount(stream))
            .sum();
        self.early.bytes() + sending
    }
}

impl Association {
    fn buffer_full(&self) -> SendError {
        SendError::BufferFull {
            buffered: self.total_buffered(),
            limit: self.config.send_buffer_limit,
        }
    }

    fn next_message(&mut self) -> Option<Message> {
        if let Some(message) = self.rescued.pop_front() {
            return Some(message);
        }
        let message = self.bridge.next_message()?;
        self.window.read(message.payload.len());
        self.update_window();
        Some(message)
    }

    fn update_window(&mut self) {
        let due = |association: &Self| association.window.due(association.bridge.has_messages());
        if due(self).is_none() {
            return;
        }
        if let Some(packet) = self.window.take_refused() {
            self.bridge.handle_packet(&packet);
            self.drain();
        }
        // Unless that packet was acknowledged at once.
        if let Some(told) = due(self) {
            self.bridge.repeat_sack(told);
            self.drain();
        }
    }

    /// The socket forgets its messages when it ends: take them over. Not more than a window of them,
    /// for a peer can announce its end again and again.
    fn rescue(&mut self) {
        if self.rescued.is_empty() {
            self.rescued
                .extend(std::iter::from_fn(|| self.bridge.next_message()));
        }
    }

    /// Takes what the socket has to say, then does what was waiting for it.
    fn settle(&mut self) {
        self.drain();
        if self.state == State::Connected {
            self.request_resets();
            if self.shutdown && !self.bridge.has_outstanding_data() {
                // dcsctp sends SHUTDOWN as soon as nothing is in flight, even if data is queued.
                self.bridge.shutdown();
            }
            self.drain();
        } else if self.shutdown && matches!(self.state, State::New | State::Connecting) {
            self.bridge.shutdown();
            self.drain();
            // Before the handshake there is nothing to shut down.
            self.close(Event::Closed);
        }
    }

    fn request_resets(&mut self) {
        let bridge = &self.bridge;
        let streams = self
            .resets
            .request(|stream| bridge.buffered_amount(stream) > 0);
        if streams.is_empty() {
            return;
        }
        match self.bridge.reset_streams(&streams) {
            Ok(()) => {}
            Err(ResetRefused::Unsupported) => {
                self.resets.answered(&streams);
                self.events.push_back(Event::OutgoingResetFailed(streams));
            }
            Err(ResetRefused::NotConnected) => {
                self.resets.answered(&streams);
                streams
                    .into_iter()
                    .for_each(|stream| self.resets.add(stream));
            }
        }
    }

    fn drain(&mut self) {
        while let Some(output) = self.bridge.poll_output() {
            self.handle_output(output);
        }
        if self.state == State::Connected && self.bridge.state() == State::ShuttingDown {
            self.state = State::ShuttingDown;
        }
    }

    fn handle_output(&mut self, output: Output) {
        if self.state == State::Closed && !matches!(output, Output::Packet(_)) {
            return;
        }
        match output {
            Output::Packet(packet) => self.enqueue(packet),
            Output::Connected => self.connected(),
            Output::Closed => self.close(Event::Closed),
            Output::Aborted(reason) => self.close(Event::Aborted { reason }),
            Output::Restarted => {
                self.bridge.abort();
                self.close(Event::Aborted {
                    reason: AbortReason::Restarted,
                });
            }
            Output::BufferedAmountLow(stream) => {
                self.events.push_back(Event::BufferedAmountLow(stream));
            }
            Output::IncomingReset(streams) => self.events.push_back(Event::StreamsReset(streams)),
            Output::OutgoingReset(streams) => {
                self.resets.answered(&streams);
                streams.iter().for_each(|stream| {
                    self.sending.remove(stream);
                });
                self.events.push_back(Event::OutgoingReset(streams));
            }
            Output::OutgoingResetFailed(streams) => {
                self.resets.answered(&streams);
                self.events.push_back(Event::OutgoingResetFailed(streams));
            }
        }
    }

    fn enqueue(&mut self, packet: Vec<u8>) {
        if let Some(sack) = wire::sack(&packet) {
            self.window.sent(sack);
        }
        if self.packets.len() < MAX_PACKETS {
            self.packets.push_back(packet);
        }
    }

    fn connected(&mut self) {
        if !matches!(self.state, State::New | State::Connecting) {
            return;
        }
        self.state = State::Connected;
        self.max_streams = self.bridge.max_streams();
        let (max_incoming, max_outgoing) = self.max_streams.unwrap_or_default();
        self.events.push_back(Event::Connected {
            max_incoming,
            max_outgoing,
        });
        for early in self.early.take() {
            let Early {
                stream,
                ppid,
                payload,
                ..
            } = &early;
            let Some(options) = early.options_at(self.bridge.now()) else {
                continue;
            };
            if stream.0 < max_outgoing && self.bridge.send(*stream, *ppid, payload, options).is_ok()
            {
                self.sending.insert(*stream);
            }
        }
    }

    fn close(&mut self, event: Event) {
        if self.state == State::Closed {
            return;
        }
        self.state = State::Closed;
        self.early.take();
        self.resets.clear();
        self.events.push_back(event);
    }
}
