//! The one place that knows dcsctp: its options, its clock, its randomness and its events.
//!
//! Known costs of it: every packet is formatted in hexadecimal for a log line even when nothing is
//! logged, and payload is copied three times on the way out.

use std::time::{Duration, Instant};

use bytes::Bytes;
use dcsctp::api::{
    DcSctpSocket, ErrorKind, Options, ResetStreamsError, SendError, Socket, SocketEvent,
    SocketState, SocketTime, ZERO_CHECKSUM_ALTERNATE_ERROR_DETECTION_METHOD_LOWER_LAYER_DTLS,
};

use crate::config::Config;
use crate::event::AbortReason;
use crate::message::{Message, Ppid, Reliability, SendOptions, StreamId};
use crate::state::State;
use crate::wire;

/// How often the INIT and the cookie are repeated at first; the interval doubles. RFC 9260 §16
/// says one second, for paths of which nothing is known; ours has just carried a DTLS handshake.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_millis(500);
/// Less could not hold a handshake: INIT ACK carries a cookie.
const MIN_MTU: usize = 512;
/// The longest wait between two retransmissions of data. Whether the path is dead is decided by ICE
/// consent (RFC 7675), 30 seconds; a path that comes back before that should be used soon.
const MAX_RETRANSMISSION_TIMEOUT: Duration = Duration::from_secs(3);

/// A dcsctp socket, driven by our clock and our randomness.
pub(crate) struct Bridge {
    socket: Sendable,
    start: Instant,
    now: Instant,
    seed: u64,
    ports: (u16, u16),
}

struct Sendable(Socket);

// SAFETY: `Socket` is not `Send` only because it holds `Rc`s: `Rc<RefCell<dyn EventSink>>` for its
// event queue and `Rc<RefCell<SocketTime>>` for its clock. Read in full for dcsctp 0.1.16 (pinned
// by Cargo.toml; read again before raising the version):
// - All clones of both are made in `Socket::new`, `SendQueue`, `OutgoingStream` (in its low-buffer
//   closures), `TransmissionControlBlock` and `RetransmissionQueue`, each owned by the `Socket`. None
//   is returned: events, messages, options and metrics are values without `Rc`. So all clones move
//   to another thread together, and no count or cell is ever touched by two threads.
// - The sink's only types, `Events` and `LoggingEvents`, hold a `VecDeque<SocketEvent>`, a `String`
//   and such `Rc`s; the boxed closures hold such an `Rc` and a number. All of it is otherwise `Send`.
// - It keeps nothing in thread-local storage; `fastrand`'s generator is set before each use (below).
// `Sync` is not claimed: a `&Bridge` stays on one thread at a time.
#[expect(unsafe_code, reason = "dcsctp's Rc never leave the socket; see above")]
unsafe impl Send for Sendable {}

/// What the socket has to say.
#[derive(Debug)]
pub(crate) enum Output {
    Packet(Vec<u8>),
    Connected,
    Closed,
    Aborted(AbortReason),
    Restarted,
    BufferedAmountLow(StreamId),
    IncomingReset(Vec<StreamId>),
    OutgoingReset(Vec<StreamId>),
    OutgoingResetFailed(Vec<StreamId>),
}

/// Why the socket does not take a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SendRefused {
    Full,
    Empty,
    Closed,
}

/// Why the socket does not take a reset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ResetRefused {
    NotConnected,
    Unsupported,
}

impl Bridge {
    pub(crate) fn new(config: &Config, seed: u64, now: Instant) -> Self {
        Self {
            socket: Sendable(Socket::new("", &options(config))),
            start: now,
            now,
            seed,
            ports: (config.local_port, config.remote_port),
        }
    }

    /// Sets the clock and runs the timers that are due. Everything that starts a timer must be
    /// preceded by this: a socket whose clock stands still starts its timers in the past, and then
    /// retransmits at once.
    pub(crate) fn advance(&mut self, now: Instant) {
        self.now = self.now.max(now);
        self.socket
            .0
            .advance_time(SocketTime::zero() + self.now.duration_since(self.start));
    }

    /// The latest time known.
    pub(crate) fn now(&self) -> Instant {
        self.now
    }

    pub(crate) fn next_timeout(&self) -> Option<Instant> {
        let time = self.socket.0.poll_timeout();
        if time == SocketTime::infinite_future() {
            return None;
        }
        self.start.checked_add(time - SocketTime::zero())
    }

    pub(crate) fn connect(&mut self) {
        self.with_our_randomness(Socket::connect);
    }

    pub(crate) fn handle_packet(&mut self, packet: &[u8]) {
        self.with_our_randomness(|socket| socket.handle_input(packet));
    }

    /// Queues a message, unless as much is queued as the configuration allows.
    pub(crate) fn send(
        &mut self,
        stream: StreamId,
        ppid: Ppid,
        payload: &Bytes,
        options: SendOptions,
    ) -> Result<(), SendRefused> {
        let (lifetime, max_retransmissions) = match options.reliability {
            Reliability::Reliable => (None, None),
            Reliability::MaxRetransmits(count) => (None, Some(count)),
            Reliability::MaxLifetime(lifetime) => (Some(lifetime), None),
        };
        let message = dcsctp::api::Message::new(
            dcsctp::api::StreamId(stream.0),
            dcsctp::api::PpId(ppid.0),
            payload.to_vec(),
        );
        let options = dcsctp::api::SendOptions {
            unordered: !options.ordered,
            lifetime,
            max_retransmissions,
            lifecycle_id: None,
        };
        self.socket
            .0
            .send(message, &options)
            .map_err(|error| match error {
                SendError::EmptyPayload => SendRefused::Empty,
                SendError::ShuttingDown => SendRefused::Closed,
                SendError::ResourceExhaustion | SendError::MessageTooLarge { .. } => {
                    SendRefused::Full
                }
            })
    }

    pub(crate) fn next_message(&mut self) -> Option<Message> {
        let message = self.socket.0.get_next_message()?;
        Some(Message {
            stream: StreamId(message.stream_id.0),
            ppid: Ppid(message.ppid.0),
            payload: message.payload.into(),
        })
    }

    pub(crate) fn has_messages(&self) -> bool {
        self.socket.0.messages_ready_count() > 0
    }

    pub(crate) fn reset_streams(&mut self, streams: &[StreamId]) -> Result<(), ResetRefused> {
        let streams: Vec<_> = streams
            .iter()
            .map(|stream| dcsctp::api::StreamId(stream.0))
            .collect();
        self.socket
            .0
            .reset_streams(&streams)
            .map_err(|error| match error {
                ResetStreamsError::NotConnected => ResetRefused::NotConnected,
                ResetStreamsError::NotSupported => ResetRefused::Unsupported,
            })
    }

    pub(crate) fn shutdown(&mut self) {
        self.socket.0.shutdown();
    }

    pub(crate) fn abort(&mut self) {
        self.socket.0.close();
    }

    pub(crate) fn buffered_amount(&self, stream: StreamId) -> usize {
        self.socket
            .0
            .buffered_amount(dcsctp::api::StreamId(stream.0))
    }

    pub(crate) fn set_priority(&mut self, stream: StreamId, priority: u16) {
        self.socket
            .0
            .set_stream_priority(dcsctp::api::StreamId(stream.0), priority);
    }

    pub(crate) fn set_buffered_amount_low_threshold(&mut self, stream: StreamId, bytes: usize) {
        self.socket
            .0
            .set_buffered_amount_low_threshold(dcsctp::api::StreamId(stream.0), bytes);
    }

    pub(crate) fn state(&self) -> State {
        match self.socket.0.state() {
            SocketState::Closed => State::Closed,
            SocketState::Connecting => State::Connecting,
            SocketState::Connected => State::Connected,
            SocketState::ShuttingDown => State::ShuttingDown,
        }
    }

    /// Whether data waits to be sent or acknowledged.
    pub(crate) fn has_outstanding_data(&self) -> bool {
        self.socket
            .0
            .get_metrics()
            .is_some_and(|metrics| metrics.unack_data_count > 0)
    }

    /// How many streams there are, incoming and outgoing, once that is negotiated.
    pub(crate) fn max_streams(&self) -> Option<(u16, u16)> {
        let metrics = self.socket.0.get_metrics()?;
        Some((
            metrics.negotiated_maximum_incoming_streams,
            metrics.negotiated_maximum_outgoing_streams,
        ))
    }

    /// Whether this packet of the peer's would end the association, and with it the messages that
    /// the socket still holds.
    pub(crate) fn would_end(&self, packet: &[u8]) -> bool {
        use wire::chunk_type::{ABORT, DATA, I_DATA, SHUTDOWN_ACK, SHUTDOWN_COMPLETE};

        let ours = wire::verification_tag(packet) == Some(self.socket.0.verification_tag());
        let interleaving = self.uses_interleaving();
        let shutting_down = self.socket.0.state() == SocketState::ShuttingDown;
        wire::chunks(packet).any(|chunk| match chunk.kind {
            ABORT => ours || chunk.flags & wire::FLAG_REFLECTED != 0,
            SHUTDOWN_ACK | SHUTDOWN_COMPLETE => shutting_down,
            // RFC 8260 §2.2.3: the wrong kind of data chunk is a protocol violation.
            DATA => ours && interleaving,
            I_DATA => ours && !interleaving,
            _ => false,
        })
    }

    /// Makes the socket send the SACK `told` again, with the window as it is now: it answers a
    /// duplicate at once (RFC 9260 §6.2), so it is given one.
    pub(crate) fn repeat_sack(&mut self, told: wire::Sack) {
        let (local, remote) = self.ports;
        let tag = self.socket.0.verification_tag();
        let duplicate = wire::data(
            (remote, local),
            tag,
            told.cumulative_tsn,
            self.uses_interleaving(),
        );
        self.handle_packet(&duplicate);
    }

    pub(crate) fn poll_output(&mut self) -> Option<Output> {
        loop {
            return Some(match self.socket.0.poll_event()? {
                SocketEvent::SendPacket(packet) => Output::Packet(packet),
                SocketEvent::OnConnected() => Output::Connected,
                SocketEvent::OnClosed() => Output::Closed,
                SocketEvent::OnAborted(kind, text) => Output::Aborted(abort_reason(kind, text)),
                SocketEvent::OnConnectionRestarted() => Output::Restarted,
                SocketEvent::OnBufferedAmountLow(stream) => {
                    Output::BufferedAmountLow(StreamId(stream.0))
                }
                SocketEvent::OnIncomingStreamReset(streams) => {
                    Output::IncomingReset(sorted(&streams))
                }
                SocketEvent::OnStreamsResetPerformed(streams) => {
                    Output::OutgoingReset(sorted(&streams))
                }
                SocketEvent::OnStreamsResetFailed(streams) => {
                    Output::OutgoingResetFailed(sorted(&streams))
                }
                SocketEvent::OnError(kind, text) => {
                    tracing::debug!(?kind, text, "SCTP packet or chunk ignored");
                    continue;
                }
                // Ours counts the total itself, and asks for no life cycles.
                SocketEvent::OnTotalBufferedAmountLow()
                | SocketEvent::OnLifecycleMessageFullySent(_)
                | SocketEvent::OnLifecycleMessageMaybeExpired(_)
                | SocketEvent::OnLifecycleMessageExpired(_)
                | SocketEvent::OnLifecycleMessageDelivered(_)
                | SocketEvent::OnLifecycleEnd(_) => continue,
            });
        }
    }

    fn uses_interleaving(&self) -> bool {
        self.socket
            .0
            .get_metrics()
            .is_some_and(|metrics| metrics.uses_message_interleaving)
    }

    /// dcsctp draws its tags from the thread's `fastrand`. Lending that our own state makes them
    /// depend on our seed alone, and leaves the thread's generator as it was.
    fn with_our_randomness(&mut self, act: impl FnOnce(&mut Socket)) {
        let threads = fastrand::get_seed();
        fastrand::seed(self.seed);
        act(&mut self.socket.0);
        self.seed = fastrand::get_seed();
        fastrand::seed(threads);
    }
}

fn options(config: &Config) -> Options {
    let window = config.effective_window();
    Options {
        local_port: config.local_port,
        remote_port: config.remote_port,
        mtu: config.mtu.max(MIN_MTU),
        max_receiver_window_buffer_size: window,
        // What the peer accepts is for the caller to know (RFC 8841 §6.1).
        max_message_size: usize::MAX,
        // dcsctp also takes the peer's window to be at most this large.
        max_send_buffer_size: config.send_buffer_limit.min(u32::MAX as usize),
        per_stream_send_queue_limit: usize::MAX,
        total_buffered_amount_low_threshold: 0,
        // RFC 8831 §6.1 asks for the first; RFC 9653 allows the second over DTLS.
        enable_message_interleaving: true,
        zero_checksum_alternate_error_detection_method:
            ZERO_CHECKSUM_ALTERNATE_ERROR_DETECTION_METHOD_LOWER_LAYER_DTLS,
        t1_init_timeout: HANDSHAKE_TIMEOUT,
        t1_cookie_timeout: HANDSHAKE_TIMEOUT,
        max_timer_backoff_duration: Some(MAX_RETRANSMISSION_TIMEOUT),
        // ICE consent watches the path; an SCTP that gives up first would only turn a short loss of
        // the link into the end of all channels.
        heartbeat_interval: Duration::ZERO,
        max_retransmissions: None,
        max_init_retransmits: None,
        ..Options::default()
    }
}

fn abort_reason(kind: ErrorKind, text: String) -> AbortReason {
    match kind {
        ErrorKind::PeerReported => AbortReason::Peer(text),
        ErrorKind::TooManyRetries => AbortReason::Unreachable(text),
        ErrorKind::NoError
        | ErrorKind::NotConnected
        | ErrorKind::ParseFailed
        | ErrorKind::WrongSequence
        | ErrorKind::ProtocolViolation
        | ErrorKind::ResourceExhaustion
        | ErrorKind::UnsupportedOperation => AbortReason::ProtocolViolation(text),
    }
}

/// dcsctp lists streams in the order of a hash map.
fn sorted(streams: &[dcsctp::api::StreamId]) -> Vec<StreamId> {
    let mut streams: Vec<_> = streams.iter().map(|stream| StreamId(stream.0)).collect();
    streams.sort_unstable();
    streams
}
