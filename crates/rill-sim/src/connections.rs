//! The streams of all nodes, both ends.

use std::collections::BTreeMap;
use std::mem;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use crate::connection::{Connection, End, State};
use crate::packet::Arrival;
use crate::segment::{Kind, MAX_SEGMENT, Segment, Side};
use crate::transit::Transit;
use crate::{
    Acceptance, Endpoint, Security, StreamError, StreamEvent, StreamId, StreamOffer, StreamRequest,
};

/// What connections act on: the network, and the endpoint of the node that is concerned.
pub(crate) struct Moment<'a> {
    pub(crate) now: Instant,
    pub(crate) transit: &'a mut Transit,
    pub(crate) endpoint: &'a mut dyn Endpoint,
}

/// All streams that are not over at both ends.
#[derive(Debug, Default)]
pub(crate) struct Connections {
    opened: u64,
    table: BTreeMap<u64, Connection>,
    /// Ends that are not over for their endpoint.
    by_id: BTreeMap<(usize, StreamId), (u64, Side)>,
}

impl Connections {
    /// Does what the endpoint of `node` wants.
    pub(crate) fn request(&mut self, node: usize, request: StreamRequest, on: &mut Moment<'_>) {
        let id = match &request {
            StreamRequest::Connect(id, _)
            | StreamRequest::Send(id, _)
            | StreamRequest::Close(id)
            | StreamRequest::Reset(id) => *id,
        };
        if let StreamRequest::Connect(_, security) = request {
            return self.connect(node, id, security, on);
        }
        let Some(&(number, side)) = self.by_id.get(&(node, id)) else {
            return;
        };
        match request {
            StreamRequest::Connect(..) => {}
            StreamRequest::Send(_, bytes) => self.write(number, side, &bytes, on),
            StreamRequest::Close(_) => self.close(number, side, on),
            StreamRequest::Reset(_) => self.reset(number, side, on),
        }
    }

    /// Takes a segment that arrived.
    pub(crate) fn arrive(&mut self, arrival: Arrival, on: &mut Moment<'_>) {
        let (number, from) = (arrival.segment.connection, arrival.segment.from);
        let side = from.other();
        let Some(connection) = self.table.get_mut(&number) else {
            return;
        };
        // A lost segment says nothing of the round trip (RFC 6298 §3).
        let took = on.now - arrival.segment.sent;
        match arrival.segment.kind {
            Kind::Syn if connection.server.is_none() => {
                connection.round_trip = took;
                return self.offer(arrival, on);
            }
            Kind::SynAck if connection.client.expected == 0 => connection.round_trip += took,
            _ => {}
        }
        let Some(end) = connection.end(side) else {
            return;
        };
        let known = end.id.remote == arrival.source && end.state != State::Gone;
        match (known, arrival.segment.kind) {
            (true, Kind::Reset) if end.expected == 0 => {
                self.fail(number, side, StreamError::Refused, on);
            }
            (true, Kind::Reset) => self.fail(number, side, StreamError::Reset, on),
            (false, Kind::Reset) => {}
            (false, _) => Self::answer_stray(&arrival, on),
            (true, kind) => {
                if arrival.segment.sequence >= end.expected {
                    end.early
                        .insert(arrival.segment.sequence, (kind, arrival.bytes));
                }
                self.take_in_order(number, side, on);
            }
        }
    }

    /// Sends a lost segment again, or gives up, or forgets it if its stream is over.
    pub(crate) fn resend(&mut self, mut segment: Segment, bytes: Vec<u8>, on: &mut Moment<'_>) {
        let (number, side) = (segment.connection, segment.from);
        let Some(end) = self.table.get_mut(&number).and_then(|it| it.end(side)) else {
            return;
        };
        if end.state == State::Gone || segment.kind == Kind::Reset {
            return;
        }
        if segment.is_given_up(on.now) {
            return self.fail(number, side, StreamError::TimedOut, on);
        }
        segment.sent = on.now;
        let (node, local, remote) = (end.node, end.local, end.id.remote);
        if on
            .transit
            .send_segment(on.now, node, (local, remote), segment, bytes)
            .is_err()
        {
            self.fail(number, side, StreamError::Reset, on);
        }
    }

    /// A firewall says no to a segment.
    pub(crate) fn refuse(&mut self, segment: &Segment, on: &mut Moment<'_>) {
        let error = match segment.kind {
            Kind::Syn => StreamError::Refused,
            _ => StreamError::Reset,
        };
        self.fail(segment.connection, segment.from, error, on);
    }

    /// The ends that stand on an address.
    pub(crate) fn on_address(&mut self, address: IpAddr) -> Vec<(usize, StreamId)> {
        let ends = self.by_id.iter().filter(|&(_, &(number, side))| {
            let end = self.table.get_mut(&number).and_then(|it| it.end(side));
            end.is_some_and(|end| end.local.ip() == address)
        });
        ends.map(|(&end, _)| end).collect()
    }

    /// Ends a stream at one end without a word to the other.
    pub(crate) fn cut(&mut self, node: usize, id: StreamId, on: &mut Moment<'_>) {
        if let Some(&(number, side)) = self.by_id.get(&(node, id)) {
            self.fail(number, side, StreamError::Reset, on);
        }
    }

    /// The node of the end that a segment comes from.
    pub(crate) fn sender(&mut self, segment: &Segment) -> Option<usize> {
        let connection = self.table.get_mut(&segment.connection)?;
        Some(connection.end(segment.from)?.node)
    }

    fn connect(&mut self, node: usize, id: StreamId, security: Security, on: &mut Moment<'_>) {
        if self.by_id.contains_key(&(node, id)) {
            let error = StreamEvent::Failed(StreamError::AddressInUse);
            return on.endpoint.handle_stream_event(on.now, id, error);
        }
        self.opened += 1;
        let connection = Connection {
            security,
            acceptance: Acceptance::Refuse,
            round_trip: Duration::ZERO,
            client: End::new(node, id),
            server: None,
        };
        let number = self.opened;
        self.table.insert(number, connection);
        self.by_id.insert((node, id), (number, Side::Client));
        self.send(number, Side::Client, Kind::Syn, Vec::new(), on);
    }

    /// Asks the endpoint whether it wants a stream.
    fn offer(&mut self, arrival: Arrival, on: &mut Moment<'_>) {
        let number = arrival.segment.connection;
        let Some(connection) = self.table.get_mut(&number) else {
            return;
        };
        let id = StreamId {
            local: arrival.destination,
            remote: arrival.source,
        };
        let offer = StreamOffer {
            stream: id,
            server_name: connection.server_name(),
        };
        connection.acceptance = match on.endpoint.accept_stream(on.now, &offer) {
            Acceptance::Refuse => return Self::answer_stray(&arrival, on),
            // As lost as a datagram to nobody: the client tries again.
            Acceptance::Ignore => return on.transit.lose_segment(on.now, arrival),
            acceptance => acceptance,
        };
        let mut end = End::new(arrival.node, id);
        end.expected = 1;
        let speaks_first = connection.security == Security::Plain
            && matches!(connection.acceptance, Acceptance::Plain);
        connection.server = Some(end);
        self.by_id
            .insert((arrival.node, id), (number, Side::Server));
        self.send(number, Side::Server, Kind::SynAck, Vec::new(), on);
        if speaks_first {
            self.open(number, Side::Server, on);
        }
    }

    fn take_in_order(&mut self, number: u64, side: Side, on: &mut Moment<'_>) {
        loop {
            let end = self.table.get_mut(&number).and_then(|it| it.end(side));
            let Some(end) = end.filter(|end| end.state != State::Gone) else {
                return;
            };
            let Some((kind, bytes)) = end.early.remove(&end.expected) else {
                return;
            };
            end.expected += 1;
            self.take(number, side, kind, bytes, on);
        }
    }

    fn take(&mut self, number: u64, side: Side, kind: Kind, bytes: Vec<u8>, on: &mut Moment<'_>) {
        let Some(connection) = self.table.get_mut(&number) else {
            return;
        };
        match kind {
            Kind::Syn | Kind::Reset => {}
            Kind::SynAck => match connection.security {
                Security::Plain => self.open(number, side, on),
                Security::Tls { .. } => self.send(number, side, Kind::Hello, Vec::new(), on),
            },
            Kind::Hello => {
                let certificate = match &connection.acceptance {
                    Acceptance::Tls {
                        certificate,
                        expired,
                    } => [&[u8::from(*expired)], certificate.as_bytes()].concat(),
                    _ => Vec::new(),
                };
                self.send(number, side, Kind::Certificate, certificate, on);
            }
            Kind::Certificate => match connection.objection(&bytes) {
                Some(error) => {
                    self.send(number, side, Kind::Reset, Vec::new(), on);
                    self.fail(number, side, error, on);
                }
                None => {
                    self.send(number, side, Kind::Finished, Vec::new(), on);
                    self.open(number, side, on);
                }
            },
            Kind::Finished => self.open(number, side, on),
            Kind::Data => self.read(number, side, bytes, on),
            Kind::Fin => self.end_of(number, side, on),
        }
    }

    fn open(&mut self, number: u64, side: Side, on: &mut Moment<'_>) {
        let end = self.table.get_mut(&number).and_then(|it| it.end(side));
        if let Some(end) = end.filter(|end| end.state == State::Opening) {
            end.state = State::Open;
            let id = end.id;
            on.endpoint
                .handle_stream_event(on.now, id, StreamEvent::Connected);
        }
    }

    fn read(&mut self, number: u64, side: Side, bytes: Vec<u8>, on: &mut Moment<'_>) {
        let end = self.table.get_mut(&number).and_then(|it| it.end(side));
        match end.map(|end| (end.state, end.id)) {
            Some((State::Open, id)) => {
                let event = StreamEvent::Received(bytes);
                on.endpoint.handle_stream_event(on.now, id, event);
            }
            // Not the TLS that was expected.
            Some((State::Opening, _)) => self.reset(number, side, on),
            Some((State::Closed | State::Gone, _)) | None => {}
        }
    }

    /// The other side has sent its last.
    fn end_of(&mut self, number: u64, side: Side, on: &mut Moment<'_>) {
        self.finish(number, side, Some(StreamEvent::Closed), on);
        let other = self.table.get_mut(&number);
        if let Some(end) = other.and_then(|it| it.end(side.other()))
            && end.state == State::Closed
        {
            end.state = State::Gone;
        }
        self.forget(number);
    }

    fn write(&mut self, number: u64, side: Side, bytes: &[u8], on: &mut Moment<'_>) {
        for chunk in bytes.chunks(MAX_SEGMENT) {
            self.send(number, side, Kind::Data, chunk.to_vec(), on);
        }
    }

    fn close(&mut self, number: u64, side: Side, on: &mut Moment<'_>) {
        let end = self.table.get_mut(&number).and_then(|it| it.end(side));
        let Some(end) = end.filter(|end| end.state == State::Open) else {
            return self.reset(number, side, on);
        };
        end.state = State::Closed;
        self.by_id.remove(&(end.node, end.id));
        self.send(number, side, Kind::Fin, Vec::new(), on);
    }

    fn reset(&mut self, number: u64, side: Side, on: &mut Moment<'_>) {
        let connection = self.table.get(&number);
        if connection.is_some_and(|it| it.server.is_some()) {
            self.send(number, side, Kind::Reset, Vec::new(), on);
        }
        self.finish(number, side, None, on);
    }

    fn fail(&mut self, number: u64, side: Side, error: StreamError, on: &mut Moment<'_>) {
        self.finish(number, side, Some(StreamEvent::Failed(error)), on);
    }

    /// Ends a stream at one end and tells its endpoint, if it knows of the stream.
    fn finish(&mut self, number: u64, side: Side, event: Option<StreamEvent>, on: &mut Moment<'_>) {
        let end = self.table.get_mut(&number).and_then(|it| it.end(side));
        let Some(end) = end else {
            return;
        };
        let known = match mem::replace(&mut end.state, State::Gone) {
            State::Opening => side == Side::Client,
            State::Open => true,
            State::Closed | State::Gone => false,
        };
        let (node, id) = (end.node, end.id);
        if self.by_id.get(&(node, id)) == Some(&(number, side)) {
            self.by_id.remove(&(node, id));
        }
        self.forget(number);
        if let Some(event) = event.filter(|_| known) {
            on.endpoint.handle_stream_event(on.now, id, event);
        }
    }

    /// Forgets a connection that is over at both ends.
    fn forget(&mut self, number: u64) {
        if self.table.get(&number).is_some_and(Connection::is_over) {
            self.table.remove(&number);
        }
    }

    fn send(&mut self, number: u64, side: Side, kind: Kind, bytes: Vec<u8>, on: &mut Moment<'_>) {
        let Some(connection) = self.table.get_mut(&number) else {
            return;
        };
        let (round_trip, tls) = (connection.round_trip, connection.server_name().is_some());
        let Some(end) = connection.end(side) else {
            return;
        };
        let segment = Segment {
            connection: number,
            from: side,
            kind,
            sequence: end.next_sequence,
            tls,
            round_trip,
            first_sent: on.now,
            sent: on.now,
            losses: 0,
        };
        end.next_sequence += 1;
        let addresses = (end.local, end.id.remote);
        let sent = on
            .transit
            .send_segment(on.now, end.node, addresses, segment, bytes);
        match sent {
            Ok(source) => end.local = source,
            Err(error) => self.fail(number, side, error, on),
        }
    }

    /// An operating system that knows nothing of a segment's stream says so.
    fn answer_stray(arrival: &Arrival, on: &mut Moment<'_>) {
        let segment = Segment {
            from: arrival.segment.from.other(),
            kind: Kind::Reset,
            ..arrival.segment.clone()
        };
        let addresses = (arrival.destination, arrival.source);
        // If it cannot, the other side is left to its timeout.
        let _ = on
            .transit
            .send_segment(on.now, arrival.node, addresses, segment, Vec::new());
    }
}
