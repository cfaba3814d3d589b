//! What the driver and the clock say, and what goes out.

use std::time::Instant;

use rill_ice::{Path, Received, Request, RequestId, Response, StreamId, Transmit};

use crate::{PeerConnection, transport::DtlsTransport};

/// A train of equal-sized datagrams ends at this many bytes: half of the smallest usual receive
/// buffer, so that one train never overflows it (208 KiB on Linux).
const TRAIN: usize = 60 * 1024;
/// The kernel takes at most 64 segments at once.
const SEGMENTS: usize = 60;

impl PeerConnection {
    /// A datagram arrived. Its bytes are of no use to the caller afterwards.
    pub fn handle_datagram(&mut self, now: Instant, path: Path, datagram: &mut [u8]) {
        self.handle_datagrams(now, path, datagram, datagram.len());
    }

    /// Datagrams of `length` bytes each arrived behind each other, the last of which may be shorter:
    /// as [`Self::handle_datagram`] for each of them, for less.
    pub fn handle_datagrams(&mut self, now: Instant, path: Path, train: &mut [u8], length: usize) {
        for datagram in train.chunks_mut(length.max(1)) {
            let received = self.agent.handle_datagram(now, path, datagram);
            let is_data = matches!(received, Received::Application { .. });
            self.take(now, received, datagram);
            // What ICE has to say concerns the datagrams behind it.
            if is_data {
                self.pump_dtls(now);
            } else {
                self.pump(now);
            }
        }
        self.pump(now);
    }

    /// Bytes arrived on a stream that [`Request::ConnectStream`] asked for.
    pub fn handle_stream(&mut self, now: Instant, stream: StreamId, bytes: &[u8]) {
        self.agent.handle_stream(now, stream, bytes);
        let mut datagram = Vec::new();
        while let Some(received) = self.agent.poll_streamed(now, stream, &mut datagram) {
            self.take(now, received, &datagram);
        }
        self.pump(now);
    }

    /// A stream was closed by the other side, or broke, for this reason.
    pub fn handle_stream_closed(&mut self, now: Instant, stream: StreamId, reason: String) {
        self.agent.handle_stream_closed(now, stream, reason);
        self.pump(now);
    }

    /// Hands on what the agent left.
    fn take(&mut self, now: Instant, received: Received, datagram: &[u8]) {
        match received {
            Received::Consumed => {}
            Received::Dropped => self.dropped += 1,
            Received::Application {
                transport,
                path,
                range,
                proof,
            } => {
                let payload = &datagram[range];
                // RFC 7983 §7: DTLS starts with 20 to 63.
                let dtls = matches!(payload.first(), Some(20..=63));
                let transport = self.transports.iter_mut().find(|t| t.id() == transport);
                let taken =
                    dtls && transport.is_some_and(|t| t.handle_datagram(now, path, payload, proof));
                if !taken {
                    self.dropped += 1;
                }
            }
        }
    }

    /// A request of [`Self::poll_request`] was carried out, or failed.
    pub fn handle_response(&mut self, now: Instant, id: RequestId, response: Response) {
        self.agent.handle_response(now, id, response);
        self.pump(now);
    }

    /// A datagram could not be sent: its destination cannot be reached from that socket.
    pub fn handle_send_error(&mut self, now: Instant, path: &Path) {
        self.agent.handle_send_error(now, path);
        self.pump(now);
    }

    /// The time that [`Self::poll_timeout`] gave has come.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.agent.handle_timeout(now);
        for transport in &mut self.transports {
            transport.handle_timeout(now);
        }
        self.channels.handle_timeout(now);
        self.pump(now);
        if self.rests_at().is_some_and(|at| at <= now) {
            self.rest();
        }
    }

    /// When [`Self::handle_timeout`] is to be called, if nothing happens before.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        if self.is_closed() {
            return None;
        }
        let transports = self
            .transports
            .iter()
            .filter_map(DtlsTransport::poll_timeout);
        transports
            .chain(self.agent.poll_timeout())
            .chain(self.channels.poll_timeout())
            .chain(self.rests_at())
            .min()
    }

    /// What the driver is to do: bind, resolve, close.
    pub fn poll_request(&mut self) -> Option<Request> {
        // A goodbye needs its socket.
        if !self.farewell.is_empty() {
            return None;
        }
        self.agent.poll_request()
    }

    /// The next datagrams to send, written into `buffer`: one, or with `segment` a train of
    /// datagrams of that length, of which the last may be shorter.
    pub fn poll_transmit(&mut self, now: Instant, buffer: &mut Vec<u8>) -> Option<Transmit> {
        buffer.clear();
        if let Some((transmit, datagrams)) = self.farewell.pop_front() {
            buffer.extend_from_slice(&datagrams);
            return Some(transmit);
        }
        if let Some(transmit) = self.agent.poll_transmit(now, buffer) {
            return Some(transmit);
        }
        self.poll_flight(buffer)
            .or_else(|| self.poll_data(now, buffer))
    }

    /// A datagram of a DTLS handshake. Without a route it is dropped: DTLS repeats it.
    fn poll_flight(&mut self, buffer: &mut Vec<u8>) -> Option<Transmit> {
        for transport in &mut self.transports {
            while let Some(flight) = transport.poll_flight() {
                if let Some(route) = self.agent.route(transport.id()) {
                    buffer.extend_from_slice(&flight);
                    let transmit = self.agent.transmit(route, None, buffer);
                    if transmit.is_some() {
                        return transmit;
                    }
                    buffer.clear();
                }
            }
        }
        None
    }

    /// SCTP packets, sealed, as one train: equal lengths, the last one shorter at most.
    fn poll_data(&mut self, now: Instant, buffer: &mut Vec<u8>) -> Option<Transmit> {
        let carries = |transport: &DtlsTransport| {
            Some(transport.id()) == self.data_transport && transport.is_connected()
        };
        let index = self.transports.iter().position(carries)?;
        let Some(to) = self.agent.route(self.transports[index].id()) else {
            // As if the network had lost them: SCTP repeats what matters.
            while self.channels.poll_transmit(now, &mut self.packet) {
                self.packet.clear();
            }
            return None;
        };
        let (mut segment, mut count) = (0, 0);
        while count < SEGMENTS && buffer.len() + segment <= TRAIN {
            let end = buffer.len();
            if !self.seal_next(now, index, buffer) {
                break;
            }
            let length = buffer.len() - end;
            if count == 0 {
                segment = length;
            } else if length > segment {
                // It leads the next train.
                self.carry.extend_from_slice(&buffer[end..]);
                buffer.truncate(end);
                break;
            }
            count += 1;
            if length < segment {
                break;
            }
        }
        self.settle_channels(now);
        if count == 0 {
            return None;
        }
        self.busy = Some(now);
        let segment = (count > 1).then_some(segment);
        self.agent.transmit(to, segment, buffer)
    }

    /// Appends the next SCTP packet, sealed. Whether there was one.
    fn seal_next(&mut self, now: Instant, transport: usize, out: &mut Vec<u8>) -> bool {
        if !self.carry.is_empty() {
            out.append(&mut self.carry);
            return true;
        }
        self.packet.clear();
        self.channels.poll_transmit(now, &mut self.packet)
            && self.transports[transport].seal(now, &self.packet, out)
    }

    /// Queues the SCTP ABORT and the DTLS close_notify, then closes the transports.
    pub(super) fn queue_farewell(&mut self, now: Instant) {
        let mut buffer = Vec::new();
        while let Some(transmit) = self.poll_data(now, &mut buffer) {
            self.farewell
                .push_back((transmit, std::mem::take(&mut buffer)));
        }
        for transport in &mut self.transports {
            transport.close(now);
        }
        while let Some(transmit) = self.poll_flight(&mut buffer) {
            self.farewell
                .push_back((transmit, std::mem::take(&mut buffer)));
        }
        self.agent.close(now);
        while let Some(transmit) = self.agent.poll_transmit(now, &mut buffer) {
            self.farewell
                .push_back((transmit, std::mem::take(&mut buffer)));
        }
    }
}
