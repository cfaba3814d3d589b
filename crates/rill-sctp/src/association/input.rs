//! What arrives (RFC 9260 §6.10, §8.4, §8.5).

use std::time::Instant;

use super::{Association, STREAMS, output::Control, shutdown::Shutdown};
use crate::event::{AbortReason, Event};
use crate::receive::{Inbound, NoUserData, Reset};
use crate::reconfig::{Answered, Duty};
use crate::state::State;
use crate::wire::{
    Cause, Chunk, Data, ForwardTsn, HEADER, Header, Outcome, Probe, Reconfig, Request, Sack,
    Unknown, checksum_is_right, chunks, kind, parse_takes,
};

/// RFC 9260 §8.5.1: the tag is the receiver's own.
const REFLECTED: u8 = 1;
/// How much of a chunk that is not understood is sent back.
const ECHO: usize = 512;

/// Whether the next chunk of the packet is looked at.
type GoOn = bool;

impl Association {
    /// Takes one SCTP packet, as it came out of DTLS. What is not understood is ignored.
    pub fn handle_packet(&mut self, now: Instant, packet: &[u8]) {
        self.advance(now);
        let Some(header) = Header::parse(packet) else {
            return;
        };
        if self.state == State::Closed || !checksum_is_right(packet) {
            // A cookie that arrives late would start a new association.
            return;
        }
        for (place, chunk) in chunks(&packet[HEADER..]).enumerate() {
            if !self.handle_chunk(place, header.verification_tag, chunk) {
                break;
            }
        }
        if let Some(inbound) = &mut self.inbound {
            inbound.end_of_packet(self.now);
        }
        self.perform_due_reset();
    }

    fn handle_chunk(&mut self, place: usize, tag: u32, chunk: Chunk<'_>) -> GoOn {
        if chunk.kind == kind::INIT {
            // RFC 9260 §8.5.1 A: alone, and with no tag.
            if tag == 0 && place == 0 {
                self.handle_init(chunk.value);
            }
            return false;
        }
        if chunk.kind == kind::COOKIE_ECHO {
            return place == 0 && self.handle_cookie_echo(tag, chunk.value);
        }
        let reflected = chunk.flags & REFLECTED != 0 && self.peer_tag() == Some(tag);
        match chunk.kind {
            // RFC 9260 §8.5.1 B, C.
            kind::ABORT if reflected || self.is_our_tag(tag) => {
                self.aborted(chunk.value);
                return false;
            }
            kind::SHUTDOWN_COMPLETE if reflected || self.is_our_tag(tag) => {
                self.handle_shutdown_complete();
                return false;
            }
            _ if !self.is_our_tag(tag) => return false,
            kind::INIT_ACK => self.handle_init_ack(chunk.value),
            kind::COOKIE_ACK => self.handle_cookie_ack(),
            kind::ERROR if Cause::is_stale_cookie(chunk.value) => self.handle_stale_cookie(),
            kind::ERROR => tracing::debug!(causes = Cause::describe(chunk.value), "SCTP ERROR"),
            _ if self.inbound.is_none() => return false,
            // RFC 9260 §5.1 D: the peer sends data once it has our cookie; its answer is late.
            kind::DATA | kind::I_DATA => {
                self.established();
                return self.handle_data_chunk(chunk);
            }
            kind::HEARTBEAT => self.echo(chunk.value),
            kind::HEARTBEAT_ACK => {
                if let Some(probe) = Probe::parse(chunk.value) {
                    self.path_mtu.answered(probe);
                }
            }
            kind::PAD => self.handle_padding(chunk.value),
            kind::SHUTDOWN => self.handle_shutdown(chunk.value),
            kind::SHUTDOWN_ACK => self.handle_shutdown_ack(),
            _ => return self.handle_data_chunk(chunk),
        }
        self.state != State::Closed
    }

    fn handle_data_chunk(&mut self, chunk: Chunk<'_>) -> GoOn {
        let interleaved = self.is_interleaved();
        match chunk.kind {
            kind::DATA | kind::I_DATA => {
                if (chunk.kind == kind::I_DATA) != interleaved {
                    // RFC 8260 §2.2.3.
                    return self.violated("DATA and I-DATA mixed");
                }
                return self.handle_data(interleaved, chunk);
            }
            kind::FORWARD_TSN | kind::I_FORWARD_TSN => {
                if (chunk.kind == kind::I_FORWARD_TSN) != interleaved {
                    // RFC 8260 §2.3.1.
                    return self.violated("FORWARD-TSN and I-FORWARD-TSN mixed");
                }
                let forward = ForwardTsn::parse(interleaved, chunk.value);
                if let (Some(forward), Some(inbound)) = (forward, &mut self.inbound) {
                    inbound.handle_forward_tsn(&forward);
                }
            }
            kind::SACK => {
                if let Some(sack) = Sack::parse(chunk.value) {
                    self.outbound.handle_sack(self.now, &sack);
                    self.continue_shutdown();
                }
            }
            kind::RE_CONFIG => {
                for part in Reconfig::parse(chunk.value).collect::<Vec<_>>() {
                    self.handle_reconfig(part);
                }
            }
            _ => return self.handle_unknown(chunk),
        }
        true
    }

    fn handle_data(&mut self, interleaved: bool, chunk: Chunk<'_>) -> GoOn {
        let Some(data) = Data::parse(interleaved, chunk.flags, chunk.value) else {
            return self.violated("a DATA chunk is too short");
        };
        // Identifiers are below it.
        if data.stream.0 == STREAMS {
            return self.violated("a stream that does not exist");
        }
        // RFC 9260 §6: data SHOULD be discarded once the peer has shut down, which has none left then.
        if matches!(
            self.shutdown,
            Shutdown::Received | Shutdown::Answered { .. }
        ) {
            return true;
        }
        let Some(inbound) = &mut self.inbound else {
            return false;
        };
        match inbound.handle_data(&data) {
            Ok(()) => {
                self.repeat_shutdown();
                true
            }
            Err(NoUserData(tsn)) => {
                self.send_abort(&Cause::NoUserData(tsn.0));
                self.violation("a DATA chunk without data")
            }
        }
    }

    /// RFC 9260 §3.2.
    fn handle_unknown(&mut self, chunk: Chunk<'_>) -> GoOn {
        let Unknown { stop, report } = Unknown::of(chunk.kind);
        if report && let Some(tag) = self.peer_tag() {
            let value = &chunk.value[..chunk.value.len().min(ECHO)];
            let length = (value.len() + 4) as u16;
            let mut reported = vec![chunk.kind, chunk.flags];
            reported.extend(length.to_be_bytes());
            reported.extend(value);
            self.push_control(Control::error(tag, &Cause::UnrecognizedChunk(&reported)));
        }
        !stop
    }

    /// RFC 9260 §8.3.
    fn echo(&mut self, value: &[u8]) {
        if let Some(tag) = self.peer_tag() {
            // What we are not able to send back in one packet was never meant for us.
            if value.len() <= self.config.effective_mtu() - HEADER - 4 {
                self.push_control(Control::heartbeat_ack(tag, value));
            }
        }
    }

    /// A HEARTBEAT with padding is a probe of the path's MTU; its sender may want to know how large packets
    /// it can try.
    fn handle_padding(&mut self, padding: &[u8]) {
        if let Some(size) = parse_takes(padding) {
            self.path_mtu.peer_takes(size);
        } else if self.control.back().is_some_and(Control::is_heartbeat_ack)
            && let Some(tag) = self.peer_tag()
        {
            let size = self.config.effective_max_mtu();
            self.push_control(Control::takes(tag, size));
        }
    }

    fn aborted(&mut self, causes: &[u8]) {
        if self.inbound.is_none() && self.state != State::Connecting {
            return;
        }
        self.close(Event::Aborted {
            reason: AbortReason::Peer(Cause::describe(causes)),
        });
    }

    fn violated(&mut self, what: &'static str) -> GoOn {
        self.send_abort(&Cause::ProtocolViolation(what));
        self.violation(what)
    }

    fn violation(&mut self, what: &'static str) -> GoOn {
        self.close(Event::Aborted {
            reason: AbortReason::ProtocolViolation(what.into()),
        });
        false
    }

    fn handle_reconfig(&mut self, part: Reconfig) {
        match part {
            Reconfig::Response { sequence, outcome } => {
                match self.reconfig.handle_response(self.now, sequence, outcome) {
                    Some(Answered::Done { streams, last_tsn }) => {
                        self.outbound.handle_cumulative(self.now, last_tsn);
                        streams.iter().for_each(|&id| self.outbound.queue.reset(id));
                        self.events.push_back(Event::OutgoingReset(streams));
                    }
                    Some(Answered::Refused(streams)) => {
                        self.events.push_back(Event::OutgoingResetFailed(streams));
                    }
                    None => {}
                }
            }
            Reconfig::Request { sequence, request } => {
                if self.reconfig.handle_request(sequence) == Duty::Perform {
                    self.perform(request);
                }
            }
        }
    }

    fn perform(&mut self, request: Request) {
        let outcome = match request {
            Request::Outgoing {
                last_tsn, streams, ..
            } => self.reset_incoming(Reset::new(last_tsn, streams)),
            // RFC 6525 §5.2.3; all streams at once has no use here.
            Request::Incoming { streams } if !streams.is_empty() => {
                streams.iter().for_each(|&id| self.reconfig.resets.add(id));
                Outcome::Performed
            }
            // All there can be are taken (RFC 9260 §6.5 is for receivers that count them).
            Request::AddOutgoing => Outcome::Performed,
            Request::Incoming { .. } | Request::Other => Outcome::Denied,
        };
        self.reconfig.answer(outcome);
    }

    fn reset_incoming(&mut self, reset: Reset) -> Outcome {
        // Asked again under another number, after it had to wait.
        if self
            .deferred
            .take_if(|deferred| *deferred == reset)
            .is_some()
        {
            return Outcome::Performed;
        }
        let streams = reset.streams().to_vec();
        let Some(inbound) = &mut self.inbound else {
            return Outcome::Denied;
        };
        if !inbound.reset(reset) {
            return Outcome::InProgress;
        }
        self.events.push_back(Event::StreamsReset(streams));
        Outcome::Performed
    }

    /// RFC 6525 §5.2.2 E2 to E6: what a reset waited for has arrived.
    fn perform_due_reset(&mut self) {
        let due = self.inbound.as_mut().and_then(Inbound::take_due_reset);
        if let Some(reset) = due {
            let outcome = self.reset_incoming(reset.clone());
            self.reconfig.answer(outcome);
            self.deferred = Some(reset);
        }
    }

    /// Data while we have said that we are done: the peer has not heard it (RFC 9260 §9.2).
    fn repeat_shutdown(&mut self) {
        if matches!(self.shutdown, Shutdown::Sent { .. }) {
            self.send_shutdown();
        }
    }
}
