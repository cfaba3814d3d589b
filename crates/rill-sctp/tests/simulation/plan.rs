//! What a seed decides before it begins.

use std::time::Duration;

use rill_sctp::{Config, CongestionControl};

/// Numbers that look random and are the same each time (SplitMix64).
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `limit`.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }

    /// True in so many of a thousand cases.
    pub(crate) fn chance(&mut self, of_thousand: usize) -> bool {
        self.below(1000) < of_thousand
    }

    pub(crate) fn one_of<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())]
    }
}

/// What the network does; of a thousand packets each.
#[derive(Clone, Debug)]
pub(crate) struct Disturbance {
    pub(crate) lost: usize,
    pub(crate) doubled: usize,
    pub(crate) corrupted: usize,
    pub(crate) delay: Duration,
    /// How much later than others a packet may come: packets overtake.
    pub(crate) jitter: Duration,
    /// Bytes a second, and how many wait for that at most.
    pub(crate) bottleneck: Option<(usize, usize)>,
    /// When nothing passes.
    pub(crate) dark: Option<(Duration, Duration)>,
}

/// The longest packets that pass, also once the network behaves.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PathMtu {
    pub(crate) first: usize,
    /// When it is less, and how much then.
    pub(crate) shrinks: Option<(Duration, usize)>,
}

/// What the ends are made to believe that the other cannot do.
#[derive(Clone, Debug)]
pub(crate) struct Lacks {
    /// RFC 8260, on both sides: each sends what both know.
    pub(crate) interleaving: bool,
    /// RFC 3758, of either end.
    pub(crate) partial_reliability: [bool; 2],
    /// RFC 6525, of either end.
    pub(crate) reconfig: [bool; 2],
    /// RFC 9653, on both sides: all packets have a checksum.
    pub(crate) zero_checksum: bool,
}

/// How the user of an end reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reader {
    AtOnce,
    /// One message now and then.
    Slow,
    /// Nothing until the storm is over.
    Never,
}

#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) random: Random,
    pub(crate) streams: u16,
    /// How many each end sends.
    pub(crate) messages: usize,
    pub(crate) largest: usize,
    pub(crate) configs: [Config; 2],
    pub(crate) network: Disturbance,
    pub(crate) path_mtu: PathMtu,
    pub(crate) lacks: Lacks,
    pub(crate) readers: [Reader; 2],
    pub(crate) connects: [bool; 2],
    /// Of a thousand turns of a user, how many reset a stream.
    pub(crate) resets: usize,
}

/// A window that none of the plans fills.
const ROOMY: usize = 1 << 24;

impl Plan {
    pub(crate) fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let streams = random.one_of(&[1, 2, 3, 6]);
        let largest = random.one_of(&[1, 40, 1500, 1500, 6000, 6000, 20_000, 300 * 1024]);
        let lacks = Lacks {
            interleaving: random.chance(400),
            partial_reliability: [random.chance(150), random.chance(150)],
            reconfig: [random.chance(150), random.chance(150)],
            zero_checksum: random.chance(500),
        };
        let readers = [Reader::AtOnce, Reader::AtOnce, Reader::Slow, Reader::Never];
        Self {
            streams,
            messages: if largest > 20_000 { 4 } else { 40 },
            largest,
            configs: [0, 1].map(|_| config(&mut random, streams, largest)),
            network: disturbance(&mut random),
            path_mtu: path_mtu(&mut random),
            lacks,
            readers: [random.one_of(&readers), random.one_of(&readers)],
            connects: random.one_of(&[[true, true], [true, false], [false, true]]),
            resets: random.one_of(&[0, 0, 20, 100]),
            random,
        }
    }

    /// Nothing is lost, late or doubled, and nobody without room.
    pub(crate) fn is_calm(&self) -> bool {
        let network = &self.network;
        let roomy = |config: &Config| config.receive_window == ROOMY;
        self.configs.iter().all(roomy)
            && network.lost + network.corrupted + network.doubled == 0
            && network.jitter.is_zero()
            && network.bottleneck.is_none()
            && network.dark.is_none()
            && self.path_mtu.shrinks.is_none()
    }
}

fn config(random: &mut Random, streams: u16, largest: usize) -> Config {
    // Beginnings of messages on all streams must fit; see `Config::receive_window`.
    let least = (usize::from(streams) + 1) * (largest + largest / 8) + 8192;
    Config {
        max_message_size: largest,
        mtu: random.one_of(&[1112, 1112, 600]),
        max_mtu: random.one_of(&[0, 16_384, 16_384, 1408]),
        receive_window: random.one_of(&[least, least * 2, ROOMY]),
        send_buffer_limit: random.one_of(&[10_000, 1 << 24]),
        congestion_control: random.one_of(&[
            CongestionControl::Model,
            CongestionControl::Model,
            CongestionControl::Cubic,
            CongestionControl::NewReno,
        ]),
        ..Config::default()
    }
}

fn path_mtu(random: &mut Random) -> PathMtu {
    PathMtu {
        first: random.one_of(&[1112, 1320, 1415, 9000, usize::MAX, usize::MAX]),
        shrinks: random.chance(300).then(|| {
            let at = Duration::from_millis(random.below(2000) as u64);
            (at, random.one_of(&[1112, 1112, 1350, 1415]))
        }),
    }
}

fn disturbance(random: &mut Random) -> Disturbance {
    let delay = Duration::from_millis(random.one_of(&[0, 1, 10, 40, 150]));
    if random.chance(100) {
        return Disturbance {
            lost: 0,
            doubled: 0,
            corrupted: 0,
            delay,
            jitter: Duration::ZERO,
            bottleneck: None,
            dark: None,
        };
    }
    let dark = random.chance(150).then(|| {
        let from = Duration::from_millis(random.below(1000) as u64);
        (
            from,
            from + Duration::from_millis(random.below(6000) as u64),
        )
    });
    let bottleneck = random
        .chance(200)
        .then(|| (random.one_of(&[50_000, 1_000_000]), 30_000));
    Disturbance {
        lost: random.one_of(&[0, 10, 50, 200, 400]),
        doubled: random.one_of(&[0, 0, 20, 300]),
        corrupted: random.one_of(&[0, 0, 20, 200]),
        delay,
        jitter: Duration::from_millis(random.one_of(&[0, 1, 5, 30, 200])),
        bottleneck,
        dark,
    }
}
