//! The network, and what it changes in the handshake.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::plan::{Disturbance, Lacks, PathMtu, Random};

const HEADER: usize = 12;
/// RFC 9260 §3.3.2, RFC 3758 §3.1, RFC 9653 §4.1, RFC 5061 §4.2.7.
const INIT: u8 = 1;
const INIT_ACK: u8 = 2;
const FORWARD_TSN_SUPPORTED: u16 = 0xc000;
const ZERO_CHECKSUM: u16 = 0x8001;
const SUPPORTED_EXTENSIONS: u16 = 0x8008;
/// Skipped without a word by who does not know it (RFC 9260 §3.2.1).
const UNKNOWN: u16 = 0x8fff;
/// Chunk types: RFC 6525 §3.1, RFC 3758 §3.2, RFC 8260 §2; PAD (RFC 4820) stands for nothing.
const RE_CONFIG: u8 = 130;
const FORWARD_TSN: u8 = 192;
const I_DATA: u8 = 64;
const PAD: u8 = 132;

/// The packets on their way.
pub(crate) struct Link {
    start: Instant,
    network: Disturbance,
    lacks: Lacks,
    random: Random,
    flying: BTreeMap<(Instant, u64), (usize, Vec<u8>)>,
    sent: u64,
    /// When each direction has passed on all it was given.
    free_at: [Instant; 2],
    /// Whether the network behaves.
    pub(crate) peace: bool,
    pub(crate) path_mtu: PathMtu,
}

impl Link {
    pub(crate) fn new(start: Instant, network: Disturbance, lacks: Lacks, random: Random) -> Self {
        Self {
            start,
            network,
            lacks,
            random,
            flying: BTreeMap::new(),
            sent: 0,
            free_at: [start; 2],
            peace: false,
            path_mtu: PathMtu {
                first: usize::MAX,
                shrinks: None,
            },
        }
    }

    pub(crate) fn send(&mut self, now: Instant, from: usize, mut packet: Vec<u8>) {
        self.rewrite(from, &mut packet);
        if packet.len() > self.mtu(now) {
            return;
        }
        if self.peace {
            self.fly(now + self.network.delay, 1 - from, packet);
            return;
        }
        let since = now - self.start;
        let dark = |&(first, last): &_| (first..last).contains(&since);
        if self.network.dark.as_ref().is_some_and(dark) || self.random.chance(self.network.lost) {
            return;
        }
        let Some(leaves) = self.queue(now, from, packet.len()) else {
            return;
        };
        if self.random.chance(self.network.doubled) {
            let at = self.arrival(leaves);
            self.fly(at, 1 - from, packet.clone());
        }
        // A packet without a checksum is protected by what is below (RFC 9653).
        if packet[8..HEADER] != [0; 4] && self.random.chance(self.network.corrupted) {
            let at = self.random.below(packet.len());
            packet[at] ^= 1 << self.random.below(8);
        }
        let at = self.arrival(leaves);
        self.fly(at, 1 - from, packet);
    }

    /// The longest packet that passes.
    fn mtu(&self, now: Instant) -> usize {
        let PathMtu { first, shrinks } = self.path_mtu;
        match shrinks {
            Some((at, mtu)) if now >= self.start + at => mtu.min(first),
            _ => first,
        }
    }

    /// When the packet has passed the bottleneck; none: its queue is full.
    fn queue(&mut self, now: Instant, from: usize, length: usize) -> Option<Instant> {
        let Some((rate, room)) = self.network.bottleneck else {
            return Some(now);
        };
        let begins = self.free_at[from].max(now);
        let waiting = (begins - now).as_secs_f64() * rate as f64;
        if waiting > room as f64 {
            return None;
        }
        self.free_at[from] = begins + Duration::from_secs_f64(length as f64 / rate as f64);
        Some(self.free_at[from])
    }

    fn arrival(&mut self, leaves: Instant) -> Instant {
        let jitter = self
            .random
            .below(self.network.jitter.as_micros() as usize + 1);
        leaves + self.network.delay + Duration::from_micros(jitter as u64)
    }

    fn fly(&mut self, at: Instant, to: usize, packet: Vec<u8>) {
        self.sent += 1;
        self.flying.insert((at, self.sent), (to, packet));
    }

    /// When the next packet arrives.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.flying.keys().next().map(|&(at, _)| at)
    }

    /// What has arrived: for which end, and the packet.
    pub(crate) fn arrived(&mut self, now: Instant) -> Option<(usize, Vec<u8>)> {
        let first = self.flying.first_entry()?;
        (first.key().0 <= now).then(|| first.remove())
    }

    /// Takes out of the handshake what an end is made to lack.
    fn rewrite(&self, from: usize, packet: &mut [u8]) {
        if !matches!(packet[HEADER], INIT | INIT_ACK) {
            return;
        }
        let mut at = HEADER + 20;
        while at + 4 <= packet.len() {
            let word = |at: usize| u16::from_be_bytes([packet[at], packet[at + 1]]);
            let (kind, length) = (word(at), usize::from(word(at + 2)));
            let hidden = match kind {
                FORWARD_TSN_SUPPORTED => self.lacks.partial_reliability[from],
                ZERO_CHECKSUM => self.lacks.zero_checksum,
                _ => false,
            };
            if hidden {
                packet[at..at + 2].copy_from_slice(&UNKNOWN.to_be_bytes());
            }
            if kind == SUPPORTED_EXTENSIONS {
                for extension in &mut packet[at + 4..at + length] {
                    let hidden = match *extension {
                        FORWARD_TSN => self.lacks.partial_reliability[from],
                        RE_CONFIG => self.lacks.reconfig[from],
                        I_DATA => self.lacks.interleaving,
                        _ => false,
                    };
                    if hidden {
                        *extension = PAD;
                    }
                }
            }
            at += length.next_multiple_of(4);
        }
        packet[8..HEADER].fill(0);
    }
}
