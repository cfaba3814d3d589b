//! What a SACK says of what was sent (RFC 9260 §6.2.1, RFC 8985).

use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use super::outstanding::{Fate, GivenUp, Mark, Outstanding, Recovery};
use crate::recovery::{Rtt, SentAt, Verdict, congestion::RateSample};
use crate::wire::{Sack, Tsn};

/// What changed.
#[derive(Debug, Default)]
pub(crate) struct Change {
    /// Newly acknowledged bytes, and those newly untold.
    pub(crate) acked: usize,
    /// Something has changed for the better.
    pub(crate) progress: bool,
    /// Bytes found lost.
    pub(crate) lost: usize,
    /// Of the newest chunk, when that was sent once.
    pub(crate) rtt: Option<Duration>,
    pub(crate) rate: Option<RateSample>,
    pub(crate) round_started: bool,
    /// Something was lost that was sent since the last reduction.
    pub(crate) congestion: bool,
    /// The last reduction was for nothing.
    pub(crate) spurious: bool,
    pub(crate) given_up: Vec<GivenUp>,
    newest: Option<Newest>,
}

/// The chunk that was sent last of those that were acknowledged.
#[derive(Clone, Copy, Debug)]
struct Newest {
    sent_at: Instant,
    mark: Mark,
}

impl Outstanding {
    /// Takes a SACK. None: it is an old one, or acknowledges what was never sent.
    pub(crate) fn handle_sack(
        &mut self,
        now: Instant,
        sack: &Sack<Vec<RangeInclusive<u16>>>,
        rtt: &mut Rtt,
    ) -> Option<Change> {
        // Counted from where we are: an old one is ahead by more than there can be chunks.
        let ahead = sack.cumulative.since(self.cumulative) as usize;
        let highest = sack.gaps.last().map_or(0, |gap| usize::from(*gap.end()));
        if ahead.saturating_add(highest) > self.chunks.len() {
            return None;
        }
        let mut change = Change {
            progress: sack.cumulative != self.cumulative,
            ..Change::default()
        };
        self.acknowledge_through(now, sack.cumulative, rtt, &mut change);
        for gap in &sack.gaps {
            let first = sack.cumulative.plus(u32::from(*gap.start()));
            let last = sack.cumulative.plus(u32::from(*gap.end()));
            self.acknowledge_beyond(now, first, last, rtt, &mut change);
        }
        if !sack.duplicates.is_empty() && self.recovery.is_some() {
            // RFC 8985 §6.2, step 4: something was sent again for nothing.
            self.rack.spurious(sack.cumulative, self.next_tsn());
        }
        self.conclude(now, rtt, &mut change);
        self.find_lost(now, rtt, &mut change);
        Some(change)
    }

    fn acknowledge_through(
        &mut self,
        now: Instant,
        cumulative: Tsn,
        rtt: &Rtt,
        change: &mut Change,
    ) {
        for index in 0..cumulative.since(self.cumulative) as usize {
            self.acknowledge(now, index, rtt, change);
        }
        let count = cumulative.since(self.cumulative) as usize;
        self.chunks.drain(..count);
        self.cumulative = cumulative;
        self.beyond.remove_through(cumulative);
        if cumulative.is_after(self.advanced) {
            self.advanced = cumulative;
        }
    }

    fn acknowledge_beyond(
        &mut self,
        now: Instant,
        first: Tsn,
        last: Tsn,
        rtt: &Rtt,
        change: &mut Change,
    ) {
        let mut beyond = std::mem::take(&mut self.beyond);
        beyond.insert(first, last, |first, last| {
            for offset in 0..=last.since(first) {
                if let Some(index) = self.index(first.plus(offset)) {
                    self.acknowledge(now, index, rtt, change);
                }
            }
        });
        self.beyond = beyond;
    }

    fn acknowledge(&mut self, now: Instant, index: usize, rtt: &Rtt, change: &mut Change) {
        let chunk = &self.chunks[index];
        let size = chunk.size();
        let retransmitted = chunk.transmissions > 1;
        let (sent_at, mark) = (chunk.sent_at, chunk.mark);
        let sent = SentAt {
            at: sent_at,
            tsn: chunk.data.tsn,
        };
        let was_untold = chunk.fate == Fate::Untold;
        match chunk.fate {
            // Of what was given up nothing is kept; it may have arrived all the same.
            Fate::Acknowledged | Fate::Abandoned => return,
            Fate::InFlight | Fate::Untold => {}
            Fate::Lost => {
                let next = self.next_tsn();
                self.rack.spurious(sent.tsn, next);
                if let Some(recovery) = &mut self.recovery {
                    recovery.spurious += 1;
                }
            }
        }
        if chunk.in_full_packet {
            self.full_packets.arrived(sent_at);
        }
        self.land(index, Fate::Acknowledged);
        change.progress = true;
        if !was_untold {
            change.acked += size;
            self.delivered += size as u64;
        }
        self.rack.acknowledged(now, sent, retransmitted, rtt);
        if change.newest.is_none_or(|newest| newest.sent_at <= sent_at) {
            change.newest = Some(Newest { sent_at, mark });
            change.rtt = (!retransmitted).then(|| now.saturating_duration_since(sent_at));
        }
    }

    /// The round trip, the rate of delivery, and whether the last reduction was right.
    fn conclude(&mut self, now: Instant, rtt: &mut Rtt, change: &mut Change) {
        if let Some(sample) = change.rtt {
            rtt.sample(now, sample);
        }
        if let Some(newest) = change.newest {
            change.rate = self.rate(now, newest, rtt);
            self.first_sent_at = Some(newest.sent_at);
            self.delivered_at = Some(now);
            if newest.mark.delivered >= self.round_end {
                self.round_end = self.delivered;
                change.round_started = true;
            }
        }
        if let Some(recovery) = self.recovery {
            // RFC 5682 §3.1, step 3: what was not repeated since the time-out arrives.
            let enough = if recovery.timeout { 1 } else { recovery.lost };
            change.spurious = recovery.lost > 0 && recovery.spurious >= enough;
            if change.spurious || !recovery.point.is_after(self.cumulative) {
                self.recovery = None;
            }
            if change.spurious {
                self.revive();
            }
        }
    }

    /// draft-cheng-iccrg-delivery-rate-estimation §3.3.
    fn rate(&self, now: Instant, newest: Newest, rtt: &Rtt) -> Option<RateSample> {
        let Newest { sent_at, mark } = newest;
        let sending = sent_at.saturating_duration_since(mark.first_sent_at);
        let arriving = now.saturating_duration_since(mark.delivered_at);
        let interval = sending.max(arriving);
        if interval.is_zero() || rtt.min().is_some_and(|min| interval < min) {
            return None;
        }
        let bytes = self.delivered - mark.delivered;
        Some(RateSample {
            rate: (bytes as f64 / interval.as_secs_f64()) as u64,
            limited_by_application: mark.limited_by_application,
            limited_by_peer: mark.limited_by_peer,
            in_flight_then: mark.in_flight,
        })
    }

    /// All that was thought lost is on its way after all.
    fn revive(&mut self) {
        for tsn in std::mem::take(&mut self.lost) {
            let Some(index) = self
                .index(tsn)
                .filter(|&at| self.chunks[at].fate == Fate::Lost)
            else {
                continue;
            };
            let chunk = &mut self.chunks[index];
            chunk.fate = Fate::InFlight;
            self.in_flight += chunk.size();
            self.in_flight_payload += chunk.data.payload.len();
            self.in_flight_chunks += 1;
            if chunk.packet == self.packet {
                self.in_last_packet += 1;
            }
        }
        self.by_time.clear();
        let flying = self
            .chunks
            .iter()
            .filter(|chunk| chunk.fate == Fate::InFlight);
        let mut sent: Vec<_> = flying
            .map(|chunk| SentAt {
                at: chunk.sent_at,
                tsn: chunk.data.tsn,
            })
            .collect();
        sent.sort_by_key(|sent| sent.at);
        self.by_time.extend(sent);
    }

    /// The time for reordering is over.
    pub(crate) fn handle_reordering_timeout(&mut self, now: Instant, rtt: &Rtt) -> Change {
        let mut change = Change::default();
        self.find_lost(now, rtt, &mut change);
        change
    }

    /// When the time for reordering is over.
    pub(crate) fn reordering_until(&self) -> Option<Instant> {
        self.reordering_until
    }

    fn find_lost(&mut self, now: Instant, rtt: &Rtt, change: &mut Change) {
        self.reordering_until = None;
        let mut lost = self.find_lost_untold(change);
        while let Some(&sent) = self.by_time.front() {
            let Some(index) = self.current(sent, Fate::InFlight) else {
                self.by_time.pop_front();
                continue;
            };
            match self.rack.judge(now, sent, rtt) {
                Verdict::Unknown => break,
                Verdict::LostAt(at) => {
                    self.reordering_until = Some(at);
                    break;
                }
                Verdict::Lost => {
                    self.by_time.pop_front();
                    if self.may_be_untold(sent.tsn) {
                        self.leave_untold(index, sent, change);
                    } else {
                        self.lose(index, change);
                        lost.push(sent.tsn);
                    }
                }
            }
        }
        let given_up = self.give_up_over(now, lost);
        change.given_up.extend(given_up);
    }

    pub(super) fn lose(&mut self, index: usize, change: &mut Change) {
        let (tsn, size) = (self.chunks[index].data.tsn, self.chunks[index].size());
        self.note_lost(index);
        self.land(index, Fate::Lost);
        self.lost.push_back(tsn);
        change.lost += size;
        match &mut self.recovery {
            Some(recovery) if !tsn.is_after(recovery.point) => recovery.lost += 1,
            recovery => {
                change.congestion = true;
                *recovery = Some(Recovery {
                    point: self.cumulative.plus(self.chunks.len() as u32),
                    lost: 1,
                    spurious: 0,
                    timeout: false,
                });
            }
        }
    }
}
