//! dcsctp, the stack of libwebrtc: NewReno as RFC 9260 has it. Its own settings, but packets, windows
//! and buffers as large as rill's.

use std::time::Instant;

use bytes::Bytes;
use dcsctp::api::{
    DcSctpSocket, Message, Options, PpId, SendOptions, Socket, SocketEvent, SocketTime, StreamId,
    ZERO_CHECKSUM_ALTERNATE_ERROR_DETECTION_METHOD_LOWER_LAYER_DTLS,
};

use super::{BINARY, Endpoint, MTU, RECEIVE_WINDOW, SEND_BUFFER, STREAM};

pub(crate) struct Dcsctp {
    socket: Socket,
    start: Instant,
}

impl Dcsctp {
    pub(crate) fn new(seed: u64, now: Instant) -> Self {
        // Its tags come from the generator of the thread, and are drawn when it connects.
        fastrand::seed(seed);
        let options = Options {
            mtu: MTU,
            max_receiver_window_buffer_size: RECEIVE_WINDOW,
            max_send_buffer_size: SEND_BUFFER,
            per_stream_send_queue_limit: SEND_BUFFER,
            enable_message_interleaving: true,
            zero_checksum_alternate_error_detection_method:
                ZERO_CHECKSUM_ALTERNATE_ERROR_DETECTION_METHOD_LOWER_LAYER_DTLS,
            max_retransmissions: None,
            max_init_retransmits: None,
            ..Options::default()
        };
        Self {
            socket: Socket::new("", &options),
            start: now,
        }
    }

    /// Without it the socket would take the time of the last call for the present.
    fn advance(&mut self, now: Instant) {
        self.socket
            .advance_time(SocketTime::zero() + now.duration_since(self.start));
    }
}

impl Endpoint for Dcsctp {
    fn connect(&mut self, now: Instant) {
        self.advance(now);
        self.socket.connect();
    }

    fn handle_datagram(&mut self, now: Instant, datagram: &[u8]) {
        self.advance(now);
        self.socket.handle_input(datagram);
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.advance(now);
    }

    fn poll_transmit(&mut self, now: Instant, train: &mut Vec<Vec<u8>>) {
        self.advance(now);
        while let Some(event) = self.socket.poll_event() {
            match event {
                SocketEvent::SendPacket(packet) => train.push(packet),
                SocketEvent::OnClosed() | SocketEvent::OnAborted(..) => {
                    panic!("nobody ends this association: {event:?}")
                }
                _ => {}
            }
        }
    }

    fn poll_timeout(&self) -> Option<Instant> {
        let time = self.socket.poll_timeout();
        if time == SocketTime::infinite_future() {
            return None;
        }
        self.start.checked_add(time - SocketTime::zero())
    }

    fn send(&mut self, now: Instant, message: Bytes) {
        self.advance(now);
        let message = Message::new(StreamId(STREAM), PpId(BINARY), message.to_vec());
        self.socket
            .send(message, &SendOptions::default())
            .expect("less is queued than may be");
    }

    fn buffered(&self) -> usize {
        self.socket.buffered_amount(StreamId(STREAM))
    }

    fn receive(&mut self, _now: Instant) -> Option<Bytes> {
        self.socket
            .get_next_message()
            .map(|message| message.payload.into())
    }
}
