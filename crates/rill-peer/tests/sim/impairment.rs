//! Bad lines: loss, long ways, disorder.

use std::time::Duration;

use rill_sim::{Link, Seed};

use crate::attempt::{Attempt, Outcome};
use crate::table::{Table, Verdict};
use crate::workers;

/// By when the most are to be connected.
const LIMIT: Duration = Duration::from_secs(30);

/// A line with its troubles.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cell {
    /// Of a hundred packets in each direction.
    loss: u8,
    round_trip: Duration,
    /// Whether packets overtake each other and come twice.
    is_disordered: bool,
}

const LOSSES: [u8; 5] = [0, 5, 10, 20, 30];
const ROUND_TRIPS: [u64; 6] = [0, 50, 100, 200, 400, 600];

/// Every line.
pub(crate) fn all() -> Vec<Cell> {
    let mut cells = Vec::new();
    for is_disordered in [false, true] {
        for loss in LOSSES {
            cells.extend(ROUND_TRIPS.map(|milliseconds| Cell {
                loss,
                round_trip: Duration::from_millis(milliseconds),
                is_disordered,
            }));
        }
    }
    cells
}

/// The corners.
pub(crate) fn a_few() -> Vec<Cell> {
    let is_corner = |cell: &Cell| {
        [0, 20].contains(&cell.loss) && [0, 200, 600].contains(&cell.round_trip.as_millis())
    };
    all().into_iter().filter(is_corner).collect()
}

impl Cell {
    fn link(&self) -> Link {
        let rarely = if self.is_disordered { 0.1 } else { 0.0 };
        Link {
            delay: self.round_trip / 2,
            loss: f64::from(self.loss) / 100.0,
            reordering: rarely,
            reordering_delay: (self.round_trip / 4).max(Duration::from_millis(5)),
            duplication: rarely,
            ..Link::default()
        }
    }

    /// How many of a thousand must be connected in time.
    fn least(&self) -> usize {
        if self.loss <= 20 { 995 } else { 950 }
    }

    /// The longest median from the answer to both sides being connected, where nothing is lost.
    fn longest_median(&self) -> Option<Duration> {
        let limit = 3 * self.round_trip + Duration::from_millis(100);
        (self.loss == 0).then_some(limit)
    }
}

/// What the seeds of a cell came to: the times from the answer to the connection, in order.
#[derive(Debug)]
struct Tally {
    attempts: usize,
    times: Vec<Duration>,
}

impl Tally {
    fn new(outcomes: &[Outcome]) -> Self {
        let time = |outcome: &Outcome| {
            let connected = outcome.connected.filter(|at| *at <= LIMIT)?;
            // The answering side may be first; the offering one never is.
            Some(connected.saturating_sub(outcome.answered?))
        };
        let mut times: Vec<Duration> = outcomes.iter().filter_map(time).collect();
        times.sort();
        Self {
            attempts: outcomes.len(),
            times,
        }
    }

    fn quantile(&self, percent: usize) -> Duration {
        let index = self.times.len() * percent / 100;
        let last = self.times.len().saturating_sub(1);
        self.times.get(index.min(last)).copied().unwrap_or(LIMIT)
    }
}

/// Tries every cell with every seed.
pub(crate) fn check(cells: &[Cell], seeds: &[Seed]) -> Verdict {
    let outcomes = workers::map(cells.len() * seeds.len(), |index| {
        let (cell, seed) = (&cells[index / seeds.len()], seeds[index % seeds.len()]);
        let signalling = cell.round_trip / 2;
        Attempt::over(seed, &cell.link(), signalling).connect(LIMIT)
    });
    let heading = ["loss", "RTT", "disorder", "connected", "median", "95 %"];
    let mut table = Table::new(heading.map(str::to_owned).to_vec());
    let mut misses = Vec::new();
    let mut connected = 0;
    for (cell, outcomes) in cells.iter().zip(outcomes.chunks(seeds.len())) {
        let tally = Tally::new(outcomes);
        connected += tally.times.len();
        table.push(row(cell, &tally));
        misses.extend(faults(cell, &tally));
    }
    let summary = format!(
        "{} attempts in {} cells, {connected} connected within {LIMIT:?}; {} misses",
        outcomes.len(),
        cells.len(),
        misses.len()
    );
    Verdict {
        table,
        summary,
        misses,
    }
}

fn row(cell: &Cell, tally: &Tally) -> Vec<String> {
    let disorder = if cell.is_disordered { "yes" } else { "no" };
    vec![
        format!("{} %", cell.loss),
        format!("{} ms", cell.round_trip.as_millis()),
        disorder.to_owned(),
        format!("{}/{}", tally.times.len(), tally.attempts),
        format!("{} ms", tally.quantile(50).as_millis()),
        format!("{} ms", tally.quantile(95).as_millis()),
    ]
}

fn faults(cell: &Cell, tally: &Tally) -> Vec<String> {
    let mut faults = Vec::new();
    if tally.times.len() * 1000 < tally.attempts * cell.least() {
        let connected = tally.times.len();
        faults.push(format!(
            "{cell:?}: {connected} of {} connected, {} of 1000 must be",
            tally.attempts,
            cell.least()
        ));
    }
    let median = tally.quantile(50);
    if let Some(limit) = cell.longest_median().filter(|limit| median > *limit) {
        faults.push(format!("{cell:?}: the median is {median:?}, not {limit:?}"));
    }
    faults
}
