//! A line between a host and its network.

use std::time::{Duration, Instant};

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::Seed;
use crate::trace::Fate;

/// How the line of one interface behaves, in each direction apart. Probabilities are 0 to 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// One way; the way between two hosts has two links.
    pub delay: Duration,
    /// Extra delay, uniform from nothing to this. It does not reorder.
    pub jitter: Duration,
    /// Probability that a packet is lost.
    pub loss: f64,
    /// Probability that a packet comes twice.
    pub duplication: f64,
    /// Probability that a packet is held back by `reordering_delay` while later ones pass it.
    pub reordering: f64,
    /// How long a reordered packet is held back.
    pub reordering_delay: Duration,
    /// Largest IP packet in bytes, headers included (20 or 40, and 8); larger ones vanish.
    pub mtu: usize,
    /// Bandwidth; unlimited if `None`.
    pub rate: Option<Rate>,
}

impl Default for Link {
    /// 5 ms, an MTU of 1500, and no trouble.
    fn default() -> Self {
        Self {
            delay: Duration::from_millis(5),
            jitter: Duration::ZERO,
            loss: 0.0,
            duplication: 0.0,
            reordering: 0.0,
            reordering_delay: Duration::from_millis(10),
            mtu: 1500,
            rate: None,
        }
    }
}

/// A bandwidth with a queue before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Bytes of IP packets per second; at least 1.
    pub bytes_per_second: u64,
    /// Bytes that may wait; what exceeds them is dropped at the tail.
    pub queue: u64,
}

/// What a link did with a packet.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Passage {
    Dropped(Fate),
    /// The times at which it comes out: once or twice.
    Through(Instant, Option<Instant>),
}

/// One direction of a link.
#[derive(Clone, Debug)]
pub(crate) struct Direction {
    link: Link,
    rng: ChaCha20Rng,
    free_at: Option<Instant>,
    last_out: Option<Instant>,
}

impl Direction {
    /// `stream` tells the directions of one simulation apart.
    pub(crate) fn new(link: Link, seed: Seed, stream: u64) -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(seed.value());
        rng.set_stream(stream);
        Self {
            link,
            rng,
            free_at: None,
            last_out: None,
        }
    }

    /// Changes the behaviour for packets to come.
    pub(crate) fn set_link(&mut self, link: Link) {
        self.link = link;
    }

    /// Sends an IP packet of `size` bytes in.
    pub(crate) fn pass(&mut self, now: Instant, size: usize) -> Passage {
        let draws = self.draw();
        if size > self.link.mtu {
            return Passage::Dropped(Fate::TooLarge);
        }
        if draws.loss < self.link.loss {
            return Passage::Dropped(Fate::Lost);
        }
        let Some(sent) = self.serialize(now, size as u64) else {
            return Passage::Dropped(Fate::QueueFull);
        };
        let out = sent + self.link.delay + self.link.jitter.mul_f64(draws.jitter);
        if draws.reordering < self.link.reordering {
            return Passage::Through(out + self.link.reordering_delay, None);
        }
        // Jitter alone keeps the order.
        let out = self.last_out.map_or(out, |last| last.max(out));
        self.last_out = Some(out);
        Passage::Through(
            out,
            (draws.duplication < self.link.duplication).then_some(out),
        )
    }

    /// When the last bit of the packet has left, or `None` if the queue is full.
    fn serialize(&mut self, now: Instant, size: u64) -> Option<Instant> {
        let Some(rate) = self.link.rate else {
            return Some(now);
        };
        let per_second = rate.bytes_per_second.max(1);
        let start = self.free_at.map_or(now, |free| free.max(now));
        let waiting = (start - now).as_nanos() * u128::from(per_second) / 1_000_000_000;
        if waiting + u128::from(size) > u128::from(rate.queue) {
            return None;
        }
        let end = start + Duration::from_nanos(size * 1_000_000_000 / per_second);
        self.free_at = Some(end);
        Some(end)
    }

    /// The draws of the next packet: always four, so that they depend on its index only.
    fn draw(&mut self) -> Draws {
        let mut fraction = || (self.rng.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
        Draws {
            loss: fraction(),
            duplication: fraction(),
            reordering: fraction(),
            jitter: fraction(),
        }
    }
}

/// Numbers from 0 to below 1.
struct Draws {
    loss: f64,
    duplication: f64,
    reordering: f64,
    jitter: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn direction(link: Link) -> Direction {
        Direction::new(link, Seed::new(7), 0)
    }

    fn outs(direction: &mut Direction, now: Instant, count: usize) -> Vec<Option<Duration>> {
        (0..count)
            .map(|_| match direction.pass(now, 100) {
                Passage::Through(out, _) => Some(out - now),
                Passage::Dropped(_) => None,
            })
            .collect()
    }

    #[test]
    fn a_good_link_only_delays() {
        let now = Instant::now();
        let passage = direction(Link::default()).pass(now, 1500);
        assert_eq!(
            passage,
            Passage::Through(now + Duration::from_millis(5), None)
        );
    }

    #[test]
    fn packets_above_the_mtu_vanish() {
        let passage = direction(Link::default()).pass(Instant::now(), 1501);
        assert_eq!(passage, Passage::Dropped(Fate::TooLarge));
    }

    #[test]
    fn loss_comes_near_its_probability_and_repeats() {
        let now = Instant::now();
        let link = Link {
            loss: 0.25,
            ..Link::default()
        };
        let first = outs(&mut direction(link.clone()), now, 4000);
        let lost = first.iter().filter(|out| out.is_none()).count();
        assert!((900..1100).contains(&lost), "{lost} of 4000 lost");
        assert_eq!(outs(&mut direction(link), now, 4000), first);
    }

    #[test]
    fn the_fate_of_a_packet_depends_on_its_index_only() {
        let now = Instant::now();
        let link = Link {
            loss: 0.5,
            ..Link::default()
        };
        let all = outs(&mut direction(link.clone()), now, 100);
        let mut other = direction(Link {
            jitter: Duration::from_millis(9),
            ..link.clone()
        });
        outs(&mut other, now, 50);
        other.set_link(link);
        other.last_out = None;
        assert_eq!(outs(&mut other, now, 50), all[50..]);
    }

    #[test]
    fn jitter_keeps_the_order() {
        let link = Link {
            jitter: Duration::from_millis(50),
            ..Link::default()
        };
        let outs = outs(&mut direction(link), Instant::now(), 200);
        assert!(outs.is_sorted());
        assert!(outs.last() > outs.first());
    }

    #[test]
    fn reordered_packets_are_overtaken() {
        let link = Link {
            reordering: 0.3,
            ..Link::default()
        };
        let outs = outs(&mut direction(link), Instant::now(), 200);
        assert!(!outs.is_sorted());
    }

    #[test]
    fn duplicates_come_out_twice() {
        let now = Instant::now();
        let out = now + Duration::from_millis(5);
        let passage = direction(Link {
            duplication: 1.0,
            ..Link::default()
        })
        .pass(now, 100);
        assert_eq!(passage, Passage::Through(out, Some(out)));
    }

    #[test]
    fn a_rate_spaces_packets_and_its_queue_overflows() {
        let rate = Rate {
            bytes_per_second: 100_000,
            queue: 300,
        };
        let link = Link {
            rate: Some(rate),
            ..Link::default()
        };
        let outs = outs(&mut direction(link), Instant::now(), 4);
        let milliseconds = |n| Some(Duration::from_millis(n));
        assert_eq!(
            outs,
            [milliseconds(6), milliseconds(7), milliseconds(8), None]
        );
    }
}
