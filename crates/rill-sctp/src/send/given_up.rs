//! Messages that are not tried any longer (RFC 3758 §3.5).

use std::collections::BTreeMap;
use std::time::Instant;

use bytes::Bytes;

use super::outstanding::{Fate, GivenUp, Limit, Outstanding, Sent};
use crate::message::Ppid;
use crate::wire::{Data, DataFlags, ForwardTsn, Skipped, Tsn};

impl Outstanding {
    /// Gives up the messages of these lost chunks that have reached their limit.
    pub(super) fn give_up_over(
        &mut self,
        now: Instant,
        lost: impl IntoIterator<Item = Tsn>,
    ) -> Vec<GivenUp> {
        let mut given_up = Vec::new();
        for tsn in lost {
            let Some(index) = self.index(tsn) else {
                continue;
            };
            let chunk = &self.chunks[index];
            if chunk.fate == Fate::Lost && chunk.limit.forbids_another(now, chunk.transmissions) {
                given_up.push(self.give_up(index));
            }
        }
        self.advance();
        given_up
    }

    /// Gives up what would be repeated first while its time is over.
    pub(super) fn give_up_first_lost(&mut self, now: Instant) -> Vec<GivenUp> {
        let mut given_up = Vec::new();
        while let Some(&tsn) = self.lost.front() {
            let lost = |&index: &usize| self.chunks[index].fate == Fate::Lost;
            let Some(index) = self.index(tsn).filter(lost) else {
                self.lost.pop_front();
                continue;
            };
            let Sent {
                limit,
                transmissions,
                ..
            } = self.chunks[index];
            if !limit.forbids_another(now, transmissions) {
                break;
            }
            given_up.push(self.give_up(index));
        }
        self.advance();
        given_up
    }

    /// Gives up what has left of a message.
    pub(crate) fn give_up_begun(&mut self, message: GivenUp) {
        let of_it = |chunk: &Sent| chunk.message() == message;
        if let Some(index) = self.chunks.iter().rposition(of_it) {
            self.give_up(index);
        }
    }

    /// RFC 3758 §3.5 A3: with a chunk its whole message. The fragments lie around it.
    fn give_up(&mut self, index: usize) -> GivenUp {
        let message = self.chunks[index].message();
        let mut first = index;
        while !(self.chunks[first].message() == message && self.chunks[first].data.flags.beginning)
        {
            let Some(before) = first.checked_sub(1) else {
                break;
            };
            first = before;
        }
        for at in first..self.chunks.len() {
            if self.chunks[at].message() != message {
                continue;
            }
            self.land(at, Fate::Abandoned);
            self.chunks[at].data.payload.clear();
            if self.chunks[at].data.flags.end {
                break;
            }
        }
        message
    }

    /// The rest of the message has not left and never will. A number stands for it: should all that
    /// has left arrive after all, the peer has to be told of the message even so, for what comes
    /// after it in its stream would wait for it.
    pub(super) fn give_up_rest(&mut self, now: Instant, message: GivenUp) {
        let (stream, unordered, message) = message;
        let data = Data {
            tsn: self.next_tsn(),
            stream,
            flags: DataFlags {
                unordered,
                end: true,
                ..DataFlags::default()
            },
            message,
            fragment: 0,
            ppid: Ppid(0),
            payload: Bytes::new(),
        };
        let mark = self.mark(now);
        self.chunks.push_back(Sent {
            data,
            limit: Limit::None,
            fate: Fate::Abandoned,
            transmissions: 0,
            sent_at: now,
            mark,
            packet: 0,
            in_full_packet: false,
        });
        self.advance();
    }

    /// RFC 3758 §3.5 C2: how far the peer need not wait. No further than the last that was given up:
    /// what has arrived behind it can be the beginning of a message that goes on.
    fn advance(&mut self) {
        let mut next = self.advanced.plus(1);
        while let Some(index) = self.index(next) {
            match self.chunks[index].fate {
                Fate::Abandoned => self.advanced = next,
                Fate::Acknowledged => {}
                Fate::InFlight | Fate::Untold | Fate::Lost => break,
            }
            next = next.plus(1);
        }
    }

    /// How far the peer need not wait, if it does.
    pub(crate) fn advanced(&self) -> Option<Tsn> {
        self.advanced
            .is_after(self.cumulative)
            .then_some(self.advanced)
    }

    /// The peer is asked to count the messages of a stream anew behind what has left.
    pub(super) fn numbers_begin_anew(&mut self) {
        self.counted_to = Some(self.next_tsn().minus(1));
    }

    /// What tells the peer, naming at most so many messages. It does not reach across a reset: a peer
    /// that has done it would take the old numbers for new ones.
    pub(crate) fn forward_tsn(&self, interleaved: bool, capacity: usize) -> ForwardTsn {
        let mut skipped = BTreeMap::new();
        let mut cumulative = self.cumulative;
        let before_reset = self.counted_to.filter(|tsn| tsn.is_after(self.cumulative));
        let end = match before_reset {
            Some(reset) if self.advanced.is_after(reset) => reset,
            _ => self.advanced,
        };
        for chunk in &self.chunks {
            if chunk.data.tsn.is_after(end) {
                break;
            }
            let data = &chunk.data;
            let key = (data.stream, data.flags.unordered);
            // RFC 3758 §3.2: without interleaving, unordered messages have no number to name.
            let named = chunk.fate == Fate::Abandoned && (interleaved || !data.flags.unordered);
            if named {
                if skipped.len() == capacity && !skipped.contains_key(&key) {
                    break;
                }
                skipped.insert(key, data.message);
            }
            if chunk.fate == Fate::Abandoned {
                cumulative = data.tsn;
            }
        }
        let skipped = skipped
            .into_iter()
            .map(|((stream, unordered), message)| Skipped {
                stream,
                unordered,
                message,
            });
        ForwardTsn {
            cumulative,
            skipped: skipped.collect(),
        }
    }
}
