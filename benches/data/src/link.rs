//! One direction of a path: a bottleneck with its queue, then a delay, then loss.

use std::collections::VecDeque;

use crate::cell::Cell;
use crate::packet::OVERHEAD;
use crate::radio::Radio;

/// What most paths carry.
pub(crate) const ETHERNET: usize = 1500;

pub(crate) struct Link {
    mbits: u64,
    /// Larger IP packets vanish, as where "packet too big" is filtered.
    mtu: usize,
    delay: u64,
    radio: Radio,
    /// How long a full queue takes to drain, in nanoseconds.
    queue: u64,
    loss: f64,
    random: fastrand::Rng,
    /// When the bottleneck has sent all that it took.
    free: u64,
    under_way: VecDeque<Parcel>,
    /// Queueing delays in microseconds, from `measured_from` on.
    delays: Vec<u32>,
    measured_from: u64,
    pub(crate) dropped: u64,
    pub(crate) lost: u64,
}

/// A datagram under way.
pub(crate) struct Parcel {
    arrival: u64,
    pub(crate) flow: usize,
    pub(crate) datagram: Vec<u8>,
}

impl Link {
    pub(crate) fn new(
        cell: &Cell,
        mtu: usize,
        radio: Radio,
        seed: u64,
        measured_from: u64,
    ) -> Self {
        let mbits = u64::from(cell.mbits);
        let round_trip = cell.round_trip_nanos();
        let queue = (round_trip as f64 * cell.queue) as u64;
        // A queue holds four large packets at least.
        let least = 4 * mtu as u64 * 8000 / mbits;
        Self {
            mbits,
            mtu,
            delay: round_trip / 2,
            radio,
            queue: queue.max(least),
            loss: cell.loss / 100.0,
            random: fastrand::Rng::with_seed(seed),
            free: 0,
            under_way: VecDeque::new(),
            delays: Vec::new(),
            measured_from,
            dropped: 0,
            lost: 0,
        }
    }

    /// Takes a datagram at its bottleneck.
    pub(crate) fn offer(&mut self, now: u64, flow: usize, datagram: Vec<u8>) {
        let bytes = datagram.len() + OVERHEAD;
        let time = bytes as u64 * 8000 / self.mbits;
        let waiting = self.free.saturating_sub(now);
        if bytes > self.mtu || (waiting > 0 && waiting + time > self.queue) {
            self.dropped += 1;
            return;
        }
        if now >= self.measured_from {
            self.delays.push((waiting / 1000) as u32);
        }
        self.free = now + waiting + time;
        if self.random.f64() < self.loss {
            self.lost += 1;
            return;
        }
        let last = self.under_way.back().map_or(0, |last| last.arrival);
        let arrival = self.free + self.delay;
        self.under_way.push_back(Parcel {
            arrival: self.radio.arrival(arrival, last, &mut self.random),
            flow,
            datagram,
        });
    }

    /// When the next datagram arrives: they keep their order.
    pub(crate) fn next_arrival(&self) -> Option<u64> {
        self.under_way.front().map(|parcel| parcel.arrival)
    }

    pub(crate) fn arrive(&mut self) -> Option<Parcel> {
        self.under_way.pop_front()
    }

    /// Median and 95th percentile of the queueing delay, in milliseconds.
    pub(crate) fn delays(&mut self) -> [f64; 2] {
        self.delays.sort_unstable();
        [0.5, 0.95].map(|part| {
            let last = self.delays.len().saturating_sub(1) as f64;
            let delay = self.delays.get((last * part).round() as usize);
            delay.map_or(0.0, |&micros| f64::from(micros) / 1e3)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CELL: Cell = Cell {
        mbits: 100,
        rtt: 40.0,
        loss: 0.0,
        queue: 1.0,
    };
    /// 1250 bytes on the wire: 100 microseconds at 100 Mbit/s.
    const DATAGRAM: usize = 1250 - OVERHEAD;

    #[test]
    fn datagrams_leave_at_the_rate_and_arrive_after_half_a_round_trip() {
        let mut link = Link::new(&CELL, ETHERNET, Radio::default(), 1, 0);
        for _ in 0..3 {
            link.offer(0, 0, vec![0; DATAGRAM]);
        }
        let arrivals = std::iter::from_fn(|| link.arrive());
        let micros: Vec<_> = arrivals.map(|parcel| parcel.arrival / 1000).collect();
        assert_eq!(micros, [20_100, 20_200, 20_300]);
        assert_eq!(link.delays(), [0.1, 0.2]);
    }

    #[test]
    fn what_does_not_fit_the_queue_is_dropped() {
        let mut link = Link::new(&CELL, ETHERNET, Radio::default(), 1, 0);
        // 40 ms at 100 Mbit/s are 400 of these.
        for _ in 0..500 {
            link.offer(0, 0, vec![0; DATAGRAM]);
        }
        assert_eq!(link.dropped, 100);
        link.offer(50_000_000, 0, vec![0; 1500]);
        assert_eq!(link.dropped, 101);
    }

    #[test]
    fn as_many_are_lost_as_the_cell_says() {
        let mut link = Link::new(
            &Cell { loss: 3.0, ..CELL },
            ETHERNET,
            Radio::default(),
            1,
            0,
        );
        for number in 0..100_000 {
            link.offer(number * 1_000_000, 0, vec![0; DATAGRAM]);
        }
        assert!((2_800..3_200).contains(&link.lost), "{}", link.lost);
    }

    #[test]
    fn larger_packets_than_the_path_carries_vanish() {
        let mut link = Link::new(&CELL, ETHERNET, Radio::default(), 1, 0);
        link.offer(0, 0, vec![0; ETHERNET - OVERHEAD]);
        assert_eq!(link.dropped, 0);
        link.offer(0, 0, vec![0; ETHERNET - OVERHEAD + 1]);
        assert_eq!(link.dropped, 1);
    }
}
