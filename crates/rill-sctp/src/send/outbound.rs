//! The sending half of an association (RFC 9260 §6.1).

use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use super::{
    acknowledged::Change,
    outstanding::{GivenUp, Outstanding},
    queue::{LEAST, Queue},
    timer::{Expired, RetransmissionTimer},
};
use crate::recovery::{
    Pacer, Rtt,
    congestion::{Acked, Controller},
};
use crate::wire::{
    DATA_HEADER, ForwardTsn, HEADER, I_DATA_HEADER, Sack, Tsn, Writer, write_data, write_padding,
};

/// How often the peer is told what it need not wait for, while it does not answer.
const FORWARD_INTERVAL: Duration = Duration::from_millis(100);

/// Less room is not filled with a fragment of a longer message.
const MAX_PADDING: usize = I_DATA_HEADER + LEAST;

/// RFC 3758 §3.5 F3.
const MAX_FORWARD_INTERVAL: Duration = Duration::from_millis(500);

/// What waits, what is on its way, and when what leaves.
#[derive(Debug)]
pub(crate) struct Outbound {
    pub(crate) queue: Queue,
    outstanding: Outstanding,
    rtt: Rtt,
    controller: Box<dyn Controller>,
    pacer: Pacer,
    timer: RetransmissionTimer,
    interleaved: bool,
    /// The largest packet that every path is taken to carry. No chunk is longer: once it has a number it
    /// cannot be cut again, and the path may carry less one day.
    base: usize,
    /// The largest packet that this one carries.
    mtu: usize,
    /// The room that the peer has told of.
    peer_window: usize,
    /// Packets that may leave whatever is on its way.
    probes: u32,
    /// What the peer was told last that it need not wait for.
    forwarded: Option<(Instant, Tsn)>,
    forward_due: bool,
}

impl Outbound {
    pub(crate) fn new(first_tsn: Tsn, base: usize, controller: Box<dyn Controller>) -> Self {
        Self {
            queue: Queue::default(),
            outstanding: Outstanding::new(first_tsn),
            rtt: Rtt::new(),
            controller,
            pacer: Pacer::new(),
            timer: RetransmissionTimer::default(),
            interleaved: false,
            base,
            mtu: base,
            peer_window: 0,
            probes: 0,
            forwarded: None,
            forward_due: false,
        }
    }

    /// The peer is known.
    pub(crate) fn agree(&mut self, interleaved: bool, partial_reliability: bool, window: u32) {
        self.interleaved = interleaved;
        self.queue.agree(interleaved, partial_reliability);
        self.peer_window = window as usize;
    }

    /// Gives back the room of what has left and arrived.
    pub(crate) fn rest(&mut self) {
        self.queue.rest();
        self.outstanding.rest();
    }

    /// The path carries packets of this size.
    pub(crate) fn set_mtu(&mut self, now: Instant, mtu: usize) {
        if mtu != self.mtu {
            self.mtu = mtu;
            self.controller.set_mtu(mtu);
            self.outstanding.restart_full_packets(now);
        }
    }

    /// The path has ceased to carry packets of this size.
    pub(crate) fn full_packets_vanish(&self) -> bool {
        self.outstanding.full_packets_vanish()
    }

    /// The last number that was used.
    pub(crate) fn last_tsn(&self) -> Tsn {
        self.outstanding.next_tsn().minus(1)
    }

    /// The peer is asked to count the messages of a stream anew behind what has left.
    pub(crate) fn numbers_begin_anew(&mut self) {
        self.outstanding.numbers_begin_anew();
    }

    /// Everything has left and arrived.
    pub(crate) fn is_done(&self) -> bool {
        self.queue.is_empty() && self.outstanding.is_empty()
    }

    /// The peer has everything up to there, which it said without telling of room or gaps.
    pub(crate) fn handle_cumulative(&mut self, now: Instant, cumulative: Tsn) {
        let sack = Sack {
            cumulative,
            window: u32::try_from(self.peer_window).unwrap_or(u32::MAX),
            gaps: Vec::new(),
            duplicates: Vec::new(),
        };
        self.handle_sack(now, &sack);
    }

    /// The retransmission time-out, for other chunks too.
    pub(crate) fn timeout(&self) -> Duration {
        self.rtt.timeout()
    }

    pub(crate) fn handle_sack(&mut self, now: Instant, sack: &Sack<Vec<RangeInclusive<u16>>>) {
        let before = self.outstanding.in_flight();
        let Some(change) = self.outstanding.handle_sack(now, sack, &mut self.rtt) else {
            return;
        };
        self.peer_window = sack.window as usize;
        if change.progress {
            self.rtt.progress();
            self.timer.progress(now, self.outstanding.is_empty());
        }
        if change.spurious {
            self.controller.undo();
        }
        self.learn(now, before, &change);
        self.give_up(now, change.given_up);
        self.forward(now);
        self.note_idleness();
    }

    /// There is less to send than could be: the rate says nothing of the path.
    fn note_idleness(&mut self) {
        if self.window_is_open() && !self.has_something() {
            self.outstanding.limited(!self.queue.is_empty());
        }
    }

    /// What the congestion controller has to know.
    fn learn(&mut self, now: Instant, in_flight_before: usize, change: &Change) {
        if change.congestion {
            self.controller.congestion();
        }
        let (Some(smoothed_rtt), Some(min_rtt)) = (self.rtt.smoothed(), self.rtt.min()) else {
            return;
        };
        if change.acked == 0 && change.lost == 0 {
            return;
        }
        self.controller.acked(&Acked {
            now,
            bytes: change.acked,
            lost: change.lost,
            in_flight_before,
            in_flight: self.outstanding.in_flight(),
            rtt: change.rtt,
            smoothed_rtt,
            min_rtt,
            delivered: self.outstanding.delivered(),
            round_started: change.round_started,
            rate: change.rate,
            limited_by_window: in_flight_before * 4 >= self.controller.window() * 3,
        });
    }

    fn give_up(&mut self, now: Instant, given_up: Vec<GivenUp>) {
        for message in given_up {
            let (stream, unordered, number) = message;
            if self.queue.abandon(stream, unordered, number) {
                self.outstanding.give_up_rest(now, message);
            }
        }
    }

    /// RFC 3758 §3.5 C3, F: the peer is told at once, and then not too often.
    fn forward(&mut self, now: Instant) {
        let Some(advanced) = self.outstanding.advanced() else {
            self.forward_due = false;
            return;
        };
        let smoothed = self.rtt.smoothed();
        let interval = smoothed.map_or(FORWARD_INTERVAL, |rtt| (rtt * 2).min(MAX_FORWARD_INTERVAL));
        let told = self.forwarded.is_some_and(|(at, tsn)| {
            tsn == advanced && now.saturating_duration_since(at) < interval
        });
        self.forward_due |= !told;
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        if self
            .outstanding
            .reordering_until()
            .is_some_and(|at| at <= now)
        {
            let before = self.outstanding.in_flight();
            let change = self.outstanding.handle_reordering_timeout(now, &self.rtt);
            self.learn(now, before, &change);
            self.give_up(now, change.given_up);
            self.forward(now);
        }
        match self.timer_due() {
            Some((at, Expired::Probe)) if at <= now => self.probe(now),
            Some((at, Expired::Everything)) if at <= now => self.start_over(now),
            _ => {}
        }
    }

    fn timer_due(&self) -> Option<(Instant, Expired)> {
        let may_probe = self.outstanding.in_flight() > 0 && self.peer_window > 0;
        self.timer
            .due(&self.rtt, may_probe, self.outstanding.is_alone())
    }

    /// RFC 8985 §7.3: something new, or the last again.
    fn probe(&mut self, now: Instant) {
        self.timer.expired(now);
        self.probes = 1;
        if self.outstanding.has_lost() {
            return;
        }
        if self.queue.is_empty() || !self.peer_has_room() {
            self.outstanding.probe_last(now);
        }
    }

    /// RFC 9260 §6.3.3.
    fn start_over(&mut self, now: Instant) {
        self.timer.expired(now);
        self.rtt.back_off();
        let flying = self.outstanding.in_flight() > 0;
        let given_up = self.outstanding.all_lost(now);
        // A peer without room is no congestion (§6.1 A).
        if flying && self.peer_window > 0 {
            self.controller.timeout();
        }
        self.give_up(now, given_up);
        self.pacer.restart();
        self.probes = 1;
        self.forward_due = self.outstanding.advanced().is_some();
    }

    pub(crate) fn poll_timeout(&self, now: Instant) -> Option<Instant> {
        let timer = self.timer_due().map(|(at, _)| at);
        let paced = (self.has_something() && self.window_is_open())
            .then(|| self.pacer.wait(now))
            .flatten();
        [timer, self.outstanding.reordering_until(), paced]
            .into_iter()
            .flatten()
            .min()
    }

    /// Whether a packet could be filled now.
    pub(crate) fn is_ready(&self, now: Instant) -> bool {
        let may = self.probes > 0 || self.window_is_open() && self.pacer.wait(now).is_none();
        self.forward_due || self.has_something() && may
    }

    fn has_something(&self) -> bool {
        self.outstanding.has_lost() && self.may_repeat()
            || !self.queue.is_empty() && self.peer_has_room() && self.outstanding.has_room()
    }

    /// RFC 9260 §6.1 A, for what the peer had no room for.
    fn may_repeat(&self) -> bool {
        self.peer_window > 0 || self.outstanding.in_flight() == 0
    }

    fn window_is_open(&self) -> bool {
        self.outstanding.in_flight() < self.controller.window()
    }

    /// RFC 9260 §6.1 A: without room one chunk may be on its way, to learn when there is.
    fn peer_has_room(&self) -> bool {
        let payload = self.outstanding.in_flight_payload();
        payload == 0 || payload < self.peer_window
    }

    /// Fills what room the packet has, which has that of the smallest so far.
    pub(crate) fn write(&mut self, now: Instant, writer: &mut Writer<'_>) {
        self.write_forward_tsn(now, writer);
        if self.probes == 0 {
            if self.pacer.wait(now).is_some() {
                return;
            }
            // What is to find out whether anything arrives stays small.
            writer.extend(self.mtu);
        }
        let before = writer.room();
        self.outstanding.begin_packet();
        // RFC 9260 §6.1 B: the window may be exceeded by what makes the packet full.
        if self.probes > 0 || self.window_is_open() {
            while self.write_lost(now, writer) || self.write_new(now, writer) {}
        }
        self.finish_packet(writer, before);
        let written = before - writer.room();
        if written > 0 || !self.has_something() {
            self.probes = 0;
        }
        if written > 0 {
            self.timer.sent(now);
            if let Some(rate) = self.controller.pacing_rate() {
                self.pacer.sent(now, written + HEADER, rate);
            }
        }
        self.note_idleness();
    }

    /// What has to be known of a packet larger than every path carries.
    fn finish_packet(&mut self, writer: &mut Writer<'_>, before: usize) {
        let rest = writer.room();
        if self.probes > 0 || self.mtu == self.base || rest == before {
            return;
        }
        // Datagrams that leave together are of one length (segmentation offload): what is too small for a
        // fragment is padded when more follows. The peer has answered a padded probe.
        if rest < MAX_PADDING && !self.queue.is_empty() && self.peer_has_room() {
            write_padding(writer);
        }
        // In others a few fragments may have been left over.
        if writer.room() < self.mtu / 4 && self.mtu - writer.room() > self.base {
            self.outstanding.packet_is_full();
        }
    }

    fn write_forward_tsn(&mut self, now: Instant, writer: &mut Writer<'_>) {
        let capacity = ForwardTsn::capacity(self.interleaved, writer.room());
        let Some(capacity) = capacity.filter(|&capacity| capacity > 0) else {
            return;
        };
        if std::mem::take(&mut self.forward_due) && self.outstanding.advanced().is_some() {
            let forward = self.outstanding.forward_tsn(self.interleaved, capacity);
            self.forwarded = Some((now, forward.cumulative));
            forward.write(self.interleaved, writer);
            // RFC 3758 §3.5 C5: it may be lost as data may.
            self.timer.sent(now);
        }
    }

    fn room(&self, writer: &Writer<'_>) -> Option<usize> {
        let header = if self.interleaved {
            I_DATA_HEADER
        } else {
            DATA_HEADER
        };
        // Chunks end at multiples of four. Beside a chunk of the smallest packet a second one fills an
        // Ethernet frame: 276 bytes more of payload for 20 of header, which makes no difference on the
        // wire, but of five packets it saves one.
        (writer.room().min(self.base - HEADER) & !3)
            .checked_sub(header)
            .filter(|&room| room > 0)
    }

    fn write_lost(&mut self, now: Instant, writer: &mut Writer<'_>) -> bool {
        let Some(room) = self.room(writer).filter(|_| self.may_repeat()) else {
            return false;
        };
        // RFC 3758 §4.1: its time may be over meanwhile.
        let given_up = self.outstanding.give_up_first_lost(now);
        if !given_up.is_empty() {
            self.give_up(now, given_up);
            self.forward(now);
        }
        let Some(data) = self.outstanding.retransmit(now, room) else {
            return false;
        };
        write_data(writer, self.interleaved, &data);
        true
    }

    fn write_new(&mut self, now: Instant, writer: &mut Writer<'_>) -> bool {
        let Some(room) = self.room(writer).filter(|_| self.peer_has_room()) else {
            return false;
        };
        if !self.outstanding.has_room() || self.outstanding.has_lost() {
            return false;
        }
        // RFC 3758 §4.1, TR4.
        while let Some(late) = self.queue.late(now) {
            self.outstanding.give_up_begun(late);
            self.give_up(now, vec![late]);
            self.forward(now);
        }
        let room = match self.outstanding.in_flight_payload() {
            0 => room,
            payload => room.min(self.peer_window - payload),
        };
        let tsn = self.outstanding.next_tsn();
        if self.outstanding.in_flight() == 0 {
            self.controller.restart(now);
        }
        let Some((data, limit)) = self.queue.fragment(now, tsn, room) else {
            return false;
        };
        write_data(writer, self.interleaved, &data);
        self.outstanding.sent(now, data, limit);
        true
    }
}

#[cfg(test)]
mod tests;
