//! What was sent and not acknowledged (RFC 9260 §6.1, §6.3, RFC 3758 §3.5).

use std::collections::VecDeque;
use std::time::Instant;

use bytes::Bytes;

use super::full_packets::FullPackets;
use crate::message::StreamId;
use crate::ranges::TsnRanges;
use crate::recovery::{Rack, SentAt};
use crate::wire::{Data, Tsn};

/// A SACK can tell of so many numbers beyond the cumulative one.
const MAX_CHUNKS: usize = 65_535;

/// How long a message is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Limit {
    None,
    /// RFC 7496 §3.2.
    Retransmissions(u16),
    /// RFC 3758 §4.1.
    Until(Instant),
}

impl Limit {
    pub(super) fn is_over(self, now: Instant) -> bool {
        matches!(self, Self::Until(until) if until < now)
    }

    /// Whether a chunk that was sent so often may be sent again.
    pub(super) fn forbids_another(self, now: Instant, transmissions: u16) -> bool {
        match self {
            Self::None => false,
            Self::Retransmissions(count) => transmissions > count,
            Self::Until(_) => self.is_over(now),
        }
    }
}

/// What became of a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    InFlight,
    /// It has arrived or is lost; SACKs have no room to say which.
    Untold,
    Acknowledged,
    /// To be sent again.
    Lost,
    /// Given up.
    Abandoned,
}

impl Fate {
    /// The peer may have to find room for it yet.
    fn takes_room(self) -> bool {
        matches!(self, Self::InFlight | Self::Untold)
    }
}

/// What the rate of delivery is computed from (draft-cheng-iccrg-delivery-rate-estimation §3.2).
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    pub(super) delivered: u64,
    pub(super) delivered_at: Instant,
    pub(super) first_sent_at: Instant,
    pub(super) limited_by_application: bool,
    pub(super) limited_by_peer: bool,
    pub(super) in_flight: usize,
}

#[derive(Debug)]
pub(super) struct Sent {
    pub(super) data: Data<Bytes>,
    pub(super) limit: Limit,
    pub(super) fate: Fate,
    pub(super) transmissions: u16,
    pub(super) sent_at: Instant,
    pub(super) mark: Mark,
    /// The packet that it left in last, and whether that was as large as it may be.
    pub(super) packet: u64,
    pub(super) in_full_packet: bool,
}

impl Sent {
    /// Which message it is of.
    pub(super) fn message(&self) -> GivenUp {
        let data = &self.data;
        (data.stream, data.flags.unordered, data.message)
    }

    /// What it counts as on its way.
    pub(super) fn size(&self) -> usize {
        self.data.payload.len() + 20
    }
}

/// A message that was given up: its stream, whether it is unordered, and its number.
pub(crate) type GivenUp = (StreamId, bool, u32);

/// The chunks from the first that the peer has not acknowledged, in a row.
#[derive(Debug)]
pub(crate) struct Outstanding {
    /// The number before the first.
    pub(super) cumulative: Tsn,
    pub(super) chunks: VecDeque<Sent>,
    /// What has arrived beyond the cumulative number.
    pub(super) beyond: TsnRanges,
    /// In the order of their times; what has changed since is skipped.
    pub(super) by_time: VecDeque<SentAt>,
    /// The same for what is [`Fate::Untold`].
    pub(super) untold: VecDeque<SentAt>,
    pub(super) lost: VecDeque<Tsn>,
    pub(super) in_flight: usize,
    pub(super) in_flight_payload: usize,
    pub(super) in_flight_chunks: usize,
    /// The number of the last packet, and how many of its chunks are on their way.
    pub(super) packet: u64,
    pub(super) in_last_packet: usize,
    /// What leaves next is in another.
    packet_begins: bool,
    pub(super) full_packets: FullPackets,
    pub(super) delivered: u64,
    pub(super) delivered_at: Option<Instant>,
    pub(super) first_sent_at: Option<Instant>,
    /// Until so much is delivered there was too little to send; or enough, but too little room at the peer.
    pub(super) limited_until: u64,
    limited_by_peer: bool,
    pub(super) round_end: u64,
    /// The last number before the last reduction; how many were lost in it, and how many of these were
    /// not.
    pub(super) recovery: Option<Recovery>,
    pub(super) rack: Rack,
    /// The peer need not wait for anything up to there (RFC 3758 §3.5 C1).
    pub(super) advanced: Tsn,
    /// Behind it the peer may count the messages of a stream anew.
    pub(super) counted_to: Option<Tsn>,
    /// When what waits for later chunks is taken to be lost.
    pub(super) reordering_until: Option<Instant>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Recovery {
    pub(super) point: Tsn,
    pub(super) lost: u32,
    pub(super) spurious: u32,
    /// It was a time-out, after which something is repeated at once: whether that has arrived, or what was
    /// sent before, cannot be told.
    pub(super) timeout: bool,
}

impl Outstanding {
    /// Gives back the room of what has arrived.
    pub(crate) fn rest(&mut self) {
        self.chunks.shrink_to_fit();
        self.by_time.shrink_to_fit();
        self.untold.shrink_to_fit();
        self.lost.shrink_to_fit();
        self.beyond.rest();
    }

    pub(crate) fn new(first: Tsn) -> Self {
        Self {
            cumulative: first.minus(1),
            chunks: VecDeque::new(),
            beyond: TsnRanges::default(),
            by_time: VecDeque::new(),
            untold: VecDeque::new(),
            lost: VecDeque::new(),
            in_flight: 0,
            in_flight_payload: 0,
            in_flight_chunks: 0,
            packet: 0,
            in_last_packet: 0,
            packet_begins: true,
            full_packets: FullPackets::default(),
            delivered: 0,
            delivered_at: None,
            first_sent_at: None,
            limited_until: 0,
            limited_by_peer: false,
            round_end: 0,
            recovery: None,
            rack: Rack::default(),
            advanced: first.minus(1),
            counted_to: None,
            reordering_until: None,
        }
    }

    /// The number of the next chunk.
    pub(crate) fn next_tsn(&self) -> Tsn {
        self.cumulative.plus(self.chunks.len() as u32 + 1)
    }

    pub(crate) fn has_room(&self) -> bool {
        self.chunks.len() < MAX_CHUNKS
    }

    /// Nothing waits for the peer.
    pub(crate) fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// Bytes on their way, with headers.
    pub(crate) fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// Bytes of payload that the peer may have to find room for.
    pub(crate) fn in_flight_payload(&self) -> usize {
        self.in_flight_payload
    }

    /// A single packet is on its way: the peer may wait for another before it answers.
    pub(crate) fn is_alone(&self) -> bool {
        self.in_flight_chunks > 0 && self.in_flight_chunks == self.in_last_packet
    }

    /// What leaves next is in another packet.
    pub(crate) fn begin_packet(&mut self) {
        self.packet_begins = true;
    }

    /// The packet is as large as it may be, and larger than every path is taken to carry.
    pub(crate) fn packet_is_full(&mut self) {
        for place in 1..=self.in_last_packet.min(self.by_time.len()) {
            let tsn = self.by_time[self.by_time.len() - place].tsn;
            if let Some(index) = self.index(tsn) {
                self.chunks[index].in_full_packet = true;
            }
        }
    }

    /// Packets are of another size from now on.
    pub(crate) fn restart_full_packets(&mut self, now: Instant) {
        self.full_packets.restart(now);
    }

    pub(crate) fn full_packets_vanish(&self) -> bool {
        self.full_packets.vanish()
    }

    pub(crate) fn delivered(&self) -> u64 {
        self.delivered
    }

    /// There was less to send than could be sent, or the peer had less room.
    pub(crate) fn limited(&mut self, by_peer: bool) {
        self.limited_until = (self.delivered + self.in_flight as u64).max(1);
        self.limited_by_peer = by_peer;
    }

    /// A new chunk leaves.
    pub(crate) fn sent(&mut self, now: Instant, data: Data<Bytes>, limit: Limit) {
        debug_assert_eq!(data.tsn, self.next_tsn());
        let mark = self.mark(now);
        self.chunks.push_back(Sent {
            data,
            limit,
            fate: Fate::Lost,
            transmissions: 0,
            sent_at: now,
            mark,
            packet: self.packet,
            in_full_packet: false,
        });
        let index = self.chunks.len() - 1;
        self.leaves(now, index);
    }

    pub(super) fn mark(&mut self, now: Instant) -> Mark {
        if self.in_flight == 0 {
            self.first_sent_at = Some(now);
            self.delivered_at = Some(now);
        }
        // Also what leaves first after all of it has arrived.
        let limited = self.limited_until > 0 && self.limited_until >= self.delivered;
        Mark {
            delivered: self.delivered,
            delivered_at: self.delivered_at.unwrap_or(now),
            first_sent_at: self.first_sent_at.unwrap_or(now),
            limited_by_application: limited && !self.limited_by_peer,
            limited_by_peer: limited && self.limited_by_peer,
            in_flight: self.in_flight,
        }
    }

    fn leaves(&mut self, now: Instant, index: usize) {
        if std::mem::take(&mut self.packet_begins) {
            self.packet += 1;
            self.in_last_packet = 0;
        }
        let chunk = &mut self.chunks[index];
        chunk.fate = Fate::InFlight;
        chunk.transmissions = chunk.transmissions.saturating_add(1);
        chunk.sent_at = now;
        chunk.packet = self.packet;
        chunk.in_full_packet = false;
        self.in_flight += chunk.size();
        self.in_flight_payload += chunk.data.payload.len();
        self.in_flight_chunks += 1;
        self.in_last_packet += 1;
        let tsn = chunk.data.tsn;
        self.by_time.push_back(SentAt { at: now, tsn });
    }

    /// The first of the lost chunks, if its payload fits in `room`; it leaves again.
    pub(crate) fn retransmit(&mut self, now: Instant, room: usize) -> Option<Data<Bytes>> {
        loop {
            let tsn = *self.lost.front()?;
            let index = self
                .index(tsn)
                .filter(|&at| self.chunks[at].fate == Fate::Lost);
            let Some(index) = index else {
                self.lost.pop_front();
                continue;
            };
            if self.chunks[index].data.payload.len() > room {
                return None;
            }
            self.lost.pop_front();
            let mark = self.mark(now);
            self.chunks[index].mark = mark;
            self.leaves(now, index);
            return Some(self.chunks[index].data.clone());
        }
    }

    /// Whether anything is to be sent again.
    pub(crate) fn has_lost(&self) -> bool {
        !self.lost.is_empty()
    }

    /// The last chunk on its way that may be sent again leaves again, as a probe (RFC 8985 §7.3).
    pub(crate) fn probe_last(&mut self, now: Instant) {
        let last = self.chunks.iter().rposition(|sent| {
            sent.fate == Fate::InFlight && !sent.limit.forbids_another(now, sent.transmissions)
        });
        if let Some(index) = last {
            self.land(index, Fate::Lost);
            self.lost.push_front(self.chunks[index].data.tsn);
        }
    }

    /// Nothing was acknowledged for a whole time-out: everything on its way is lost.
    pub(crate) fn all_lost(&mut self, now: Instant) -> Vec<GivenUp> {
        // RFC 9260 §6.2.1 D.iii: a peer that has told of the next chunk and still waits for it has
        // thrown away what it had.
        let reneged = self
            .chunks
            .front()
            .is_some_and(|next| next.fate == Fate::Acknowledged);
        if reneged {
            self.beyond = TsnRanges::default();
        }
        self.lost.clear();
        self.by_time.clear();
        self.untold.clear();
        for index in 0..self.chunks.len() {
            match self.chunks[index].fate {
                Fate::InFlight | Fate::Untold => {
                    self.note_lost(index);
                    self.land(index, Fate::Lost);
                }
                Fate::Acknowledged if reneged => self.land(index, Fate::Lost),
                Fate::Acknowledged | Fate::Lost | Fate::Abandoned => {}
            }
            if self.chunks[index].fate == Fate::Lost {
                self.lost.push_back(self.chunks[index].data.tsn);
            }
        }
        self.full_packets.timeout();
        self.recovery = Some(Recovery {
            point: self.next_tsn().minus(1),
            lost: self.lost.len() as u32,
            spurious: 0,
            timeout: true,
        });
        let lost = self.lost.clone();
        self.give_up_over(now, lost)
    }

    pub(super) fn index(&self, tsn: Tsn) -> Option<usize> {
        let index = tsn.since(self.cumulative.plus(1)) as usize;
        (index < self.chunks.len()).then_some(index)
    }

    /// A chunk on its way has arrived, is lost or given up.
    pub(super) fn land(&mut self, index: usize, fate: Fate) {
        let chunk = &mut self.chunks[index];
        if chunk.fate == Fate::InFlight {
            self.in_flight -= chunk.size();
            self.in_flight_chunks -= 1;
            if chunk.packet == self.packet {
                self.in_last_packet -= 1;
            }
        }
        if chunk.fate.takes_room() && !fate.takes_room() {
            self.in_flight_payload -= chunk.data.payload.len();
        }
        chunk.fate = fate;
    }

    /// A chunk is found lost.
    pub(super) fn note_lost(&mut self, index: usize) {
        let chunk = &self.chunks[index];
        if chunk.in_full_packet {
            self.full_packets.lost(chunk.sent_at, chunk.packet);
        }
    }
}

#[cfg(test)]
mod tests;
