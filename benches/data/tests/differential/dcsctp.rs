//! dcsctp, the stack of libwebrtc, at an end of the simulation.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bytes::Bytes;
use dcsctp::api::{
    self, DcSctpSocket, Options, PpId, Socket, SocketEvent, SocketState, SocketTime,
    ZERO_CHECKSUM_ALTERNATE_ERROR_DETECTION_METHOD_LOWER_LAYER_DTLS,
};
use rill_sctp::{
    AbortReason, Config, Event, Message, Ppid, Reliability, SendError, SendOptions, State, StreamId,
};

use crate::stack::{Habits, Stack};

/// No plan has more.
const STREAMS: u16 = 6;

/// The longest message that it never sends in two parts: it fills what is left of a packet if that
/// is at least as much.
const UNDIVIDED: usize = 4;

/// More than a plan sends.
const ROOM: usize = 64 << 20;

struct Dcsctp {
    socket: Socket,
    start: Instant,
    send_buffer_limit: usize,
    packets: VecDeque<Vec<u8>>,
    events: VecDeque<Event>,
}

pub(crate) fn dcsctp(config: &Config, seed: u64, now: Instant) -> Box<dyn Stack> {
    // Its tags come from the generator of the thread, and are drawn when it connects.
    fastrand::seed(seed);
    let options = Options {
        local_port: config.local_port,
        remote_port: config.remote_port,
        mtu: config.mtu,
        max_message_size: config.max_message_size,
        // With nine tenths of it taken it drops even what fills a gap (socket/data.rs), and hangs: it is
        // never to have as much.
        max_receiver_window_buffer_size: config.receive_window.max(ROOM),
        max_send_buffer_size: config.send_buffer_limit,
        per_stream_send_queue_limit: config.send_buffer_limit,
        enable_message_interleaving: true,
        zero_checksum_alternate_error_detection_method:
            ZERO_CHECKSUM_ALTERNATE_ERROR_DETECTION_METHOD_LOWER_LAYER_DTLS,
        // As many as it takes, in time for the end of the simulation.
        max_retransmissions: None,
        max_init_retransmits: None,
        max_timer_backoff_duration: Some(Duration::from_secs(5)),
        // An idle association has no timer, as one of rill.
        heartbeat_interval: Duration::ZERO,
        ..Options::default()
    };
    Box::new(Dcsctp {
        socket: Socket::new("", &options),
        start: now,
        send_buffer_limit: config.send_buffer_limit,
        packets: VecDeque::new(),
        events: VecDeque::new(),
    })
}

impl Dcsctp {
    /// Without it the socket would take the time of the last call for the present.
    fn advance(&mut self, now: Instant) {
        self.socket
            .advance_time(SocketTime::zero() + now.duration_since(self.start));
    }

    /// Sorts what it has to say.
    fn sort(&mut self) {
        while let Some(event) = self.socket.poll_event() {
            let ids =
                |streams: Vec<api::StreamId>| streams.iter().map(|id| StreamId(id.0)).collect();
            let told = match event {
                SocketEvent::SendPacket(packet) => {
                    self.packets.push_back(packet);
                    continue;
                }
                SocketEvent::OnConnected() => Event::Connected {
                    max_incoming: u16::MAX,
                    max_outgoing: u16::MAX,
                },
                SocketEvent::OnClosed() => Event::Closed,
                SocketEvent::OnAborted(kind, reason) => Event::Aborted {
                    reason: AbortReason::Peer(format!("{kind:?}: {reason}")),
                },
                SocketEvent::OnStreamsResetPerformed(streams) => Event::OutgoingReset(ids(streams)),
                SocketEvent::OnStreamsResetFailed(streams) => {
                    Event::OutgoingResetFailed(ids(streams))
                }
                SocketEvent::OnIncomingStreamReset(streams) => Event::StreamsReset(ids(streams)),
                SocketEvent::OnConnectionRestarted() => panic!("restarted"),
                // Told of every packet that came corrupted.
                _ => continue,
            };
            self.events.push_back(told);
        }
    }
}

impl Stack for Dcsctp {
    fn connect(&mut self, now: Instant) {
        self.advance(now);
        self.socket.connect();
    }

    fn send(
        &mut self,
        now: Instant,
        stream: StreamId,
        ppid: Ppid,
        payload: Bytes,
        options: SendOptions,
    ) -> Result<(), SendError> {
        self.advance(now);
        let message = api::Message::new(api::StreamId(stream.0), PpId(ppid.0), payload.to_vec());
        let mut given = api::SendOptions {
            unordered: !options.ordered,
            ..api::SendOptions::default()
        };
        match options.reliability {
            Reliability::Reliable => {}
            Reliability::MaxRetransmits(most) => given.max_retransmissions = Some(most),
            // tx/send_queue.rs, get_stream_to_produce_from: the rest of a message that expires half
            // sent is dropped without a FORWARD-TSN, and the stream stands still at the other end.
            Reliability::MaxLifetime(_) if message.payload.len() > UNDIVIDED => {}
            Reliability::MaxLifetime(lifetime) => given.lifetime = Some(lifetime),
        }
        self.socket
            .send(message, &given)
            .map_err(|error| match error {
                api::SendError::ResourceExhaustion => SendError::BufferFull {
                    buffered: self.total_buffered(),
                    limit: self.send_buffer_limit,
                },
                error => panic!("{error}"),
            })
    }

    fn reset(&mut self, now: Instant, stream: StreamId) -> bool {
        self.advance(now);
        self.socket
            .reset_streams(&[api::StreamId(stream.0)])
            .is_ok()
    }

    fn set_priority(&mut self, stream: StreamId, weight: u16) {
        self.socket
            .set_stream_priority(api::StreamId(stream.0), weight);
    }

    fn handle_packet(&mut self, now: Instant, packet: &[u8]) {
        self.advance(now);
        self.socket.handle_input(packet);
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.advance(now);
    }

    fn poll_transmit(&mut self, now: Instant, packet: &mut Vec<u8>) -> bool {
        self.advance(now);
        self.sort();
        let next = self.packets.pop_front();
        let any = next.is_some();
        *packet = next.unwrap_or_default();
        any
    }

    fn poll_timeout(&self) -> Option<Instant> {
        let time = self.socket.poll_timeout();
        if time == SocketTime::infinite_future() {
            return None;
        }
        self.start.checked_add(time - SocketTime::zero())
    }

    fn poll_event(&mut self) -> Option<Event> {
        self.sort();
        self.events.pop_front()
    }

    fn poll_message(&mut self, _now: Instant) -> Option<Message> {
        self.socket.get_next_message().map(|message| Message {
            stream: StreamId(message.stream_id.0),
            ppid: Ppid(message.ppid.0),
            payload: message.payload.into(),
        })
    }

    fn state(&self) -> State {
        match self.socket.state() {
            SocketState::Closed => State::Closed,
            SocketState::Connecting => State::Connecting,
            SocketState::Connected => State::Connected,
            SocketState::ShuttingDown => State::ShuttingDown,
        }
    }

    fn total_buffered(&self) -> usize {
        (0..STREAMS)
            .map(|stream| self.socket.buffered_amount(api::StreamId(stream)))
            .sum()
    }

    fn shutdown(&mut self, now: Instant) {
        self.advance(now);
        self.socket.shutdown();
    }

    fn abort(&mut self, now: Instant) {
        self.advance(now);
        self.socket.close();
    }

    fn habits(&self) -> Habits {
        Habits {
            // tx/send_queue.rs, prepare_reset_stream: "it will throw away all non-partially send
            // messages".
            resets_drop: true,
            // An acknowledgement delayed by 200 ms on a way of 300 ms comes after its first 500 ms.
            repeats_early: true,
            // socket/mod.rs, validate_chunk.
            insists: true,
            // rx/*_reassembly_streams.rs, handle_forward_tsn: all up to the skipped number is
            // erased, also what is whole (RFC 3758 §3.6 has it delivered).
            drops_behind: true,
        }
    }
}
