//! One kind of path, and those that are simulated.

/// A path, the same in both directions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Cell {
    /// The bottleneck's rate.
    pub(crate) mbits: u32,
    /// The round trip without queues and transmission, in milliseconds.
    pub(crate) rtt: f64,
    /// How much vanishes at random, in per cent, in each direction.
    pub(crate) loss: f64,
    /// The bottleneck's drop-tail queue, in products of rate and `rtt`.
    pub(crate) queue: f64,
}

pub(crate) const RTTS: [f64; 5] = [1.0, 20.0, 40.0, 100.0, 200.0];
pub(crate) const LOSSES: [f64; 5] = [0.0, 0.01, 0.1, 1.0, 3.0];
pub(crate) const RATES: [u32; 4] = [10, 100, 200, 1000];
pub(crate) const QUEUES: [f64; 3] = [0.25, 1.0, 4.0];

/// The cell of which most is asked.
pub(crate) const CENTRE: Cell = Cell {
    mbits: 200,
    rtt: 40.0,
    loss: 0.0,
    queue: 1.0,
};

impl Cell {
    pub(crate) fn round_trip_nanos(&self) -> u64 {
        (self.rtt * 1e6) as u64
    }

    /// How long it is simulated if nothing is said, in seconds: fast links show the same sooner, and
    /// cost more.
    pub(crate) fn seconds(&self) -> f64 {
        match self.mbits {
            0..=99 => 30.0,
            100..=999 => 12.0,
            _ => 4.0,
        }
    }

    /// All combinations.
    pub(crate) fn grid(rates: &[u32], rtts: &[f64], queues: &[f64], losses: &[f64]) -> Vec<Self> {
        let mut cells = Vec::new();
        for &mbits in rates {
            for &rtt in rtts {
                for &queue in queues {
                    cells.extend(losses.iter().map(|&loss| Self {
                        mbits,
                        rtt,
                        loss,
                        queue,
                    }));
                }
            }
        }
        cells
    }

    /// A few that show the most.
    pub(crate) fn few() -> Vec<Self> {
        let mut cells = Self::grid(&[200], &[40.0], &[1.0], &LOSSES);
        cells.extend(Self::grid(&[200], &[40.0], &[0.25, 4.0], &[0.0]));
        cells.extend(Self::grid(&[1000], &[1.0, 100.0], &[1.0], &[0.0, 0.1]));
        cells.extend(Self::grid(&[10], &[20.0, 200.0], &[1.0], &[0.0, 1.0]));
        cells
    }
}
