//! What arrives: which fragments did, the messages they make, and what the peer is told of it
//! (RFC 9260 §6.2, §6.9, §7.2.4).

mod acknowledgement;
mod order;
mod reassembly;

use std::collections::VecDeque;
use std::time::Instant;

use self::{
    acknowledgement::Acknowledgement,
    order::Order,
    reassembly::{Complete, Reassembly},
};
use crate::message::{Message, StreamId};
use crate::ranges::TsnRanges;
use crate::wire::{Data, ForwardTsn, Sack, Tsn, Writer};

/// How far beyond the cumulative number a chunk may be: a SACK has 16 bits for it.
const MAX_DISTANCE: u32 = 65_535;
/// How many ranges beyond the cumulative number are remembered.
const MAX_RANGES: usize = 1024;
/// What the window may be exceeded by: chunks that fill gaps, and what the peer had on its way.
const SLACK: usize = 1024 * 1024;
/// What a message or a piece of one costs beside its payload.
const OVERHEAD: usize = 64;
/// What a message costs that waits for its reader: an allocation, and a place in a queue that has
/// doubled.
const WAITING: usize = 192;
/// Room for so few bytes is no room: the peer would send crumbs (RFC 9260 §6.2).
const CRUMBS: usize = 4096;

/// The receiving half of an association.
#[derive(Debug)]
pub(crate) struct Inbound {
    interleaved: bool,
    window: usize,
    max_message_size: usize,
    /// The last number before the first that is missing, counted on beyond 32 bits.
    cumulative: u64,
    beyond: TsnRanges,
    reassembly: Reassembly,
    order: Order,
    ready: VecDeque<Received>,
    /// Bytes of messages that wait for their reader, with what they cost.
    unread: usize,
    acknowledgement: Acknowledgement,
    duplicates: Vec<Tsn>,
    /// The window that the peer was told last.
    told: usize,
    /// A reset that waits for what was sent before it.
    deferred: Option<Reset>,
}

/// What the peer broke so that the association cannot go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NoUserData(pub(crate) Tsn);

/// Something for the reader, in the order in which it became complete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Received {
    Message(Message),
    /// A message above the limit; its bytes were not kept.
    TooLarge {
        stream: StreamId,
        length: usize,
    },
}

/// The peer's streams begin anew behind a number; no stream: all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reset {
    pub(crate) last_tsn: Tsn,
    streams: Vec<StreamId>,
}

impl Reset {
    pub(crate) fn new(last_tsn: Tsn, mut streams: Vec<StreamId>) -> Self {
        // While it waits, each chunk behind it is looked up.
        streams.sort_unstable();
        streams.dedup();
        Self { last_tsn, streams }
    }

    pub(crate) fn streams(&self) -> &[StreamId] {
        &self.streams
    }

    fn affects(&self, stream: StreamId) -> bool {
        self.streams.is_empty() || self.streams.binary_search(&stream).is_ok()
    }
}

impl Inbound {
    /// Gives back the room of what has been read.
    pub(crate) fn rest(&mut self) {
        self.ready.shrink_to_fit();
        self.duplicates.shrink_to_fit();
        self.beyond.rest();
    }

    pub(crate) fn new(
        first_tsn: Tsn,
        interleaved: bool,
        window: usize,
        max_message_size: usize,
    ) -> Self {
        Self {
            interleaved,
            window,
            max_message_size,
            // Far from zero, so that nothing is before the beginning.
            cumulative: (1 << 32) + u64::from(first_tsn.minus(1).0),
            beyond: TsnRanges::default(),
            reassembly: Reassembly::new(max_message_size),
            order: Order::new(interleaved),
            ready: VecDeque::new(),
            unread: 0,
            acknowledgement: Acknowledgement::default(),
            duplicates: Vec::new(),
            told: window,
            deferred: None,
        }
    }

    /// The cumulative number.
    pub(crate) fn cumulative(&self) -> Tsn {
        // The wire has the lower half.
        Tsn(self.cumulative as u32)
    }

    /// A fragment. It is dropped, unacknowledged, when there is no room or when it belongs behind a
    /// reset that waits; the peer repeats it.
    pub(crate) fn handle_data(&mut self, data: &Data<&[u8]>) -> Result<(), NoUserData> {
        if data.payload.is_empty() {
            // RFC 9260 §3.3.1: MUST be aborted.
            return Err(NoUserData(data.tsn));
        }
        self.acknowledgement.data(data.flags.immediate);
        let cumulative = self.cumulative();
        if !data.tsn.is_after(cumulative) || self.beyond.contains(data.tsn) {
            self.acknowledgement.at_once();
            self.duplicates.push(data.tsn);
            self.duplicates.truncate(32);
            return Ok(());
        }
        if !self.has_room(data) || self.is_behind_reset(data) {
            self.acknowledgement.at_once();
            return Ok(());
        }
        let place = self.cumulative + u64::from(data.tsn.since(cumulative));
        self.arrived(data.tsn);
        if let Some(complete) = self.reassemble(place, data) {
            self.deliver(complete, data);
        }
        Ok(())
    }

    fn has_room(&self, data: &Data<&[u8]>) -> bool {
        let cumulative = self.cumulative();
        if data.tsn.since(cumulative) > MAX_DISTANCE {
            return false;
        }
        let highest = self.beyond.last().unwrap_or(cumulative);
        // RFC 9260 §6.2: without room only what fills a gap is taken.
        let limit = if data.tsn.is_after(highest) {
            self.window
        } else {
            self.window + SLACK
        };
        let has_place = self.beyond.len() < MAX_RANGES || self.adds_no_range(data.tsn);
        self.held() < limit && has_place
    }

    fn adds_no_range(&self, tsn: Tsn) -> bool {
        tsn == self.cumulative().plus(1) || self.beyond.touches(tsn)
    }

    fn is_behind_reset(&self, data: &Data<&[u8]>) -> bool {
        let behind =
            |reset: &Reset| data.tsn.is_after(reset.last_tsn) && reset.affects(data.stream);
        self.deferred.as_ref().is_some_and(behind)
    }

    fn arrived(&mut self, tsn: Tsn) {
        if tsn == self.cumulative().plus(1) {
            self.cumulative += 1;
            let next = self.cumulative().plus(1);
            if let Some(last) = self.beyond.take_first_at(next) {
                self.cumulative += 1 + u64::from(last.since(next));
            }
        } else {
            self.beyond.insert(tsn, tsn, |_, _| {});
        }
        if !self.beyond.is_empty() {
            // RFC 9260 §6.7: as long as something is missing.
            self.acknowledgement.at_once();
        }
    }

    fn reassemble(&mut self, place: u64, data: &Data<&[u8]>) -> Option<Complete> {
        if !self.interleaved {
            return self.reassembly.insert(reassembly::Key::by_tsn(place), data);
        }
        let message = self.order.place(data)?;
        let key = reassembly::Key::by_message(data, message);
        self.reassembly.insert(key, data)
    }

    fn deliver(&mut self, complete: Complete, data: &Data<&[u8]>) {
        let Complete {
            message,
            ppid,
            length,
            payload,
        } = complete;
        let stream = data.stream;
        let received = if length > self.max_message_size {
            Received::TooLarge { stream, length }
        } else {
            Received::Message(Message {
                stream,
                ppid,
                payload,
            })
        };
        if data.flags.unordered {
            self.unread += received.cost();
            self.ready.push_back(received);
        } else {
            let unread = &mut self.unread;
            let ready = &mut self.ready;
            self.order.insert(stream, message, received, |received| {
                *unread += received.cost();
                ready.push_back(received);
            });
        }
    }

    /// The peer gave messages up (RFC 3758 §3.6, RFC 8260 §2.3.1).
    pub(crate) fn handle_forward_tsn(&mut self, forward: &ForwardTsn) {
        self.acknowledgement.data(true);
        let cumulative = self.cumulative();
        if !forward.cumulative.is_after(cumulative) {
            self.acknowledgement.at_once();
            return;
        }
        let distance = forward.cumulative.since(cumulative);
        if distance > MAX_DISTANCE {
            return;
        }
        self.cumulative += u64::from(distance);
        self.beyond.remove_through(forward.cumulative);
        let next = self.cumulative().plus(1);
        if let Some(last) = self.beyond.take_first_at(next) {
            self.cumulative += 1 + u64::from(last.since(next));
        }
        if !self.interleaved {
            let through = self.cumulative - u64::from(self.cumulative().since(forward.cumulative));
            self.reassembly.remove_through(through);
        }
        for skipped in &forward.skipped {
            if self.interleaved {
                let through = self.order.extend(skipped);
                self.reassembly
                    .remove_messages(skipped.stream, skipped.unordered, through);
            }
            if !skipped.unordered {
                let unread = &mut self.unread;
                let ready = &mut self.ready;
                self.order.skip(skipped, |received| {
                    *unread += received.cost();
                    ready.push_back(received);
                });
            }
        }
    }

    /// The peer asks to begin streams anew (RFC 6525 §5.2.2): whether that is done, or waits.
    pub(crate) fn reset(&mut self, reset: Reset) -> bool {
        if reset.last_tsn.is_after(self.cumulative()) {
            self.deferred = Some(reset);
            return false;
        }
        self.deferred = None;
        if reset.streams.is_empty() {
            self.order.clear();
        }
        for &stream in &reset.streams {
            // Everything up to there has arrived: what is left can never become whole. Without
            // interleaving it cannot be told from what other streams still wait for.
            if self.interleaved {
                self.reassembly.remove_stream(stream);
            }
            self.order.reset(stream);
        }
        true
    }

    /// The reset that waits, if it need not any more.
    pub(crate) fn take_due_reset(&mut self) -> Option<Reset> {
        let due = |reset: &mut Reset| !reset.last_tsn.is_after(Tsn(self.cumulative as u32));
        self.deferred.take_if(due)
    }

    /// A packet is over.
    pub(crate) fn end_of_packet(&mut self, now: Instant) {
        self.acknowledgement.end_of_packet(now);
    }

    /// What is complete, for the reader.
    pub(crate) fn next(&mut self) -> Option<Received> {
        let received = self.ready.pop_front()?;
        self.unread -= received.cost();
        self.announce_room();
        Some(received)
    }

    /// Tells a peer that stopped for want of room when there is some again.
    fn announce_room(&mut self) {
        let room = self.room();
        let starved = self.told < self.window / 2;
        let much = room >= self.told + self.window / 4;
        let last = self.ready.is_empty() && self.told < CRUMBS && room > self.told;
        if starved && (much || last) {
            self.acknowledgement.window_opened();
        }
    }

    fn held(&self) -> usize {
        self.unread + self.order.waiting() + self.reassembly.held()
    }

    fn room(&self) -> usize {
        self.window.saturating_sub(self.held())
    }

    /// When a SACK has to leave although nothing else does.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.acknowledgement.deadline()
    }

    /// Whether a SACK has to leave now.
    pub(crate) fn owes_sack(&self, now: Instant) -> bool {
        self.acknowledgement.is_due(now)
    }

    /// Whether a SACK could go along.
    pub(crate) fn may_sack(&self) -> bool {
        self.acknowledgement.is_pending()
    }

    /// Appends a SACK; false: there is no room for it.
    pub(crate) fn write_sack(&mut self, writer: &mut Writer<'_>) -> bool {
        let room = self.room();
        let sack = Sack {
            cumulative: self.cumulative(),
            window: u32::try_from(room).unwrap_or(u32::MAX),
            gaps: self.beyond.offsets(self.cumulative()),
            duplicates: std::mem::take(&mut self.duplicates),
        };
        let written = sack.write(writer);
        if written {
            self.told = room;
            self.acknowledgement.sent();
        }
        written
    }
}

impl Received {
    fn cost(&self) -> usize {
        match self {
            Self::Message(message) => message.payload.len() + WAITING,
            Self::TooLarge { .. } => WAITING,
        }
    }
}

#[cfg(test)]
mod tests;
