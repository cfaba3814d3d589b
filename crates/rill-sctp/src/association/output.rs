//! What leaves (RFC 9260 §6.10).

use std::collections::VecDeque;
use std::time::Instant;

use super::{Association, handshake::Handshake};
use crate::event::Event;
use crate::state::State;
use crate::wire::{Cause, Header, Init, Tsn, Writer, kind, takes};

/// How many control chunks wait; the peer can cause most of them, and asks again.
const MAX_CONTROL: usize = 64;

/// A chunk that is not data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Control {
    /// The tag of its packet.
    tag: u32,
    kind: u8,
    value: Vec<u8>,
}

impl Control {
    fn new(tag: u32, kind: u8, write: impl FnOnce(&mut Vec<u8>)) -> Self {
        let mut value = Vec::new();
        write(&mut value);
        Self { tag, kind, value }
    }

    pub(super) fn init(init: &Init) -> Self {
        Self::new(0, kind::INIT, |out| init.write(out))
    }

    pub(super) fn init_ack(tag: u32, init: &Init, cookie: &[u8], answered: &[u8]) -> Self {
        Self::new(tag, kind::INIT_ACK, |out| {
            init.write_ack(out, cookie, answered);
        })
    }

    pub(super) fn cookie_echo(tag: u32, cookie: &[u8]) -> Self {
        Self::new(tag, kind::COOKIE_ECHO, |out| out.extend_from_slice(cookie))
    }

    pub(super) fn cookie_ack(tag: u32) -> Self {
        Self::new(tag, kind::COOKIE_ACK, |_| {})
    }

    pub(super) fn heartbeat_ack(tag: u32, value: &[u8]) -> Self {
        Self::new(tag, kind::HEARTBEAT_ACK, |out| out.extend_from_slice(value))
    }

    pub(super) fn is_heartbeat_ack(&self) -> bool {
        self.kind == kind::HEARTBEAT_ACK
    }

    /// Padding that tells how large packets we take.
    pub(super) fn takes(tag: u32, size: usize) -> Self {
        Self::new(tag, kind::PAD, |out| out.extend(takes(size)))
    }

    pub(super) fn error(tag: u32, cause: &Cause<'_>) -> Self {
        Self::new(tag, kind::ERROR, |out| cause.write(out))
    }

    pub(super) fn abort(tag: u32, cause: &Cause<'_>) -> Self {
        Self::new(tag, kind::ABORT, |out| cause.write(out))
    }

    pub(super) fn shutdown(tag: u32, cumulative: Tsn) -> Self {
        Self::new(tag, kind::SHUTDOWN, |out| {
            out.extend(cumulative.0.to_be_bytes());
        })
    }

    pub(super) fn shutdown_ack(tag: u32) -> Self {
        Self::new(tag, kind::SHUTDOWN_ACK, |_| {})
    }

    pub(super) fn shutdown_complete(tag: u32) -> Self {
        Self::new(tag, kind::SHUTDOWN_COMPLETE, |_| {})
    }

    /// RFC 9260 §6.10: these share their packet with no other chunk.
    fn is_alone(&self) -> bool {
        matches!(
            self.kind,
            kind::INIT | kind::INIT_ACK | kind::SHUTDOWN_COMPLETE | kind::ABORT
        )
    }

    fn length(&self) -> usize {
        crate::wire::padded(4 + self.value.len())
    }

    /// RFC 9653 §5.2: what leaves before the peer has agreed has a checksum.
    fn needs_checksum(&self) -> bool {
        matches!(
            self.kind,
            kind::INIT | kind::INIT_ACK | kind::COOKIE_ECHO | kind::ABORT
        )
    }
}

impl Association {
    pub(super) fn push_control(&mut self, control: Control) {
        if self.control.len() < MAX_CONTROL {
            self.control.push_back(control);
        }
    }

    pub(super) fn send_abort(&mut self, cause: &Cause<'_>) {
        if let Some(tag) = self.peer_tag() {
            // The last word, before anything that waits.
            self.control.clear();
            self.push_control(Control::abort(tag, cause));
        }
    }

    /// Writes the next packet to send into `out`, which is cleared first. False: there is none.
    pub fn poll_transmit(&mut self, now: Instant, out: &mut Vec<u8>) -> bool {
        self.advance(now);
        // What is dropped may have been the last that a reset or the end waits for.
        self.outbound.queue.drop_expired(self.now);
        self.continue_shutdown();
        self.request_resets();
        self.follow_path();
        out.clear();
        let data = self.handshake == Handshake::Done && self.state != State::Closed;
        if data && self.write_probe(out) {
            return true;
        }
        let Some(tag) = self.next_tag(data) else {
            return false;
        };
        let header = self.header(tag);
        // What is not data stays small: nobody finds out that it vanishes.
        let mut writer = Writer::new(out, header, self.config.effective_mtu());
        let mut checksum = self.peer.is_none_or(|peer| !peer.zero_checksum);
        let alone = write_control(&mut self.control, tag, &mut writer, &mut checksum);
        if data && !alone {
            self.write_data(&mut writer);
        }
        let empty = writer.is_empty();
        writer.finish(checksum);
        self.continue_shutdown();
        !empty
    }

    fn header(&self, tag: u32) -> Header {
        Header {
            source_port: self.config.local_port,
            destination_port: self.config.remote_port,
            verification_tag: tag,
        }
    }

    /// A probe of the path's MTU, a packet of its own (RFC 8899 §6.2.1.2). Neither the window nor the pacer
    /// counts it (§3, item 7).
    fn write_probe(&mut self, out: &mut Vec<u8>) -> bool {
        if !self.control.is_empty() {
            return false;
        }
        let Some(peer) = self.peer.filter(|peer| peer.padding) else {
            return false;
        };
        let Some(probe) = self.poll_probe() else {
            return false;
        };
        let mut writer = Writer::new(out, self.header(peer.tag), probe.size);
        probe.write(&mut writer);
        writer.finish(!peer.zero_checksum);
        true
    }

    /// The tag of the next packet, if there is one.
    fn next_tag(&self, data: bool) -> Option<u32> {
        if let Some(control) = self.control.front() {
            return Some(control.tag);
        }
        let now = self.now;
        let inbound = self.inbound.as_ref().filter(|_| data)?;
        let ready =
            inbound.owes_sack(now) || self.reconfig.is_ready(now) || self.outbound.is_ready(now);
        self.peer_tag().filter(|_| ready)
    }

    fn write_data(&mut self, writer: &mut Writer<'_>) {
        let now = self.now;
        if let Some(inbound) = &mut self.inbound
            && inbound.may_sack()
            && (inbound.owes_sack(now) || self.outbound.is_ready(now))
        {
            inbound.write_sack(writer);
        }
        while self.reconfig.is_ready(now) && writer.room() >= RE_CONFIG {
            let Some(reconfig) = self.reconfig.poll(now) else {
                break;
            };
            reconfig.write(writer);
        }
        self.outbound.write(now, writer);
    }

    /// Streams whose messages have left can be asked for.
    fn request_resets(&mut self) {
        if self.handshake != Handshake::Done || self.state == State::Closed {
            return;
        }
        if self.peer.is_some_and(|peer| !peer.reconfig) {
            let streams = self.reconfig.refuse();
            if !streams.is_empty() {
                self.events.push_back(Event::OutgoingResetFailed(streams));
            }
            return;
        }
        let (last_tsn, timeout) = (self.outbound.last_tsn(), self.outbound.timeout());
        let queue = &self.outbound.queue;
        let has_data = |id| queue.buffered_on(id) > 0;
        if self.reconfig.ask(self.now, last_tsn, timeout, has_data) {
            self.outbound.numbers_begin_anew();
        }
    }
}

/// The longest RE-CONFIG of ours: 256 streams.
const RE_CONFIG: usize = 4 + 16 + 512;

/// Writes what waits for this tag; whether nothing else may follow.
fn write_control(
    control: &mut VecDeque<Control>,
    tag: u32,
    writer: &mut Writer<'_>,
    checksum: &mut bool,
) -> bool {
    while let Some(next) = control.front() {
        let first = writer.is_empty();
        let alone = next.is_alone() || next.kind == kind::COOKIE_ECHO;
        let fits = first || !alone && next.length() <= writer.room();
        if next.tag != tag || !fits {
            return true;
        }
        *checksum |= next.needs_checksum();
        writer.chunk(next.kind, 0, |out| out.extend_from_slice(&next.value));
        control.pop_front();
        if alone {
            return true;
        }
    }
    false
}
