//! Two homes against each other: whether they connect, in time, and by the right way.

use std::time::Duration;

use rill_sim::{Link, Seed};

use crate::attempt::{Attempt, Outcome};
use crate::home::Home;
use crate::table::{Table, Verdict};
use crate::workers;

/// Two homes, and how long they may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cell {
    pub(crate) homes: [Home; 2],
    pub(crate) limit: Duration,
}

impl Cell {
    /// The first of the two makes the offer, so that each pair is tried both ways.
    pub(crate) fn each_against_each(homes: &[Home], limit: Duration) -> Vec<Self> {
        let rows = homes.iter();
        let cells = rows.flat_map(|one| {
            let columns = homes.iter();
            columns.map(|other| Self {
                homes: [*one, *other],
                limit,
            })
        });
        cells.collect()
    }

    /// What is wrong with an outcome, if anything is.
    fn fault(&self, outcome: &Outcome) -> Option<String> {
        let [one, other] = &self.homes;
        let Some(time) = outcome.data else {
            return Some("no data at both ends".to_owned());
        };
        if time > self.limit {
            return Some(format!("data only after {time:?}"));
        }
        match (outcome.is_relayed, one.can_meet(other)) {
            (true, true) => Some("relayed, though they can meet".to_owned()),
            (false, false) => Some("met, though they cannot".to_owned()),
            _ => None,
        }
    }
}

/// What the seeds of a cell came to.
#[derive(Debug, Default)]
struct Tally {
    times: Vec<Duration>,
    relayed: usize,
}

/// Tries every cell with every seed.
pub(crate) fn check(cells: &[Cell], seeds: &[Seed]) -> Verdict {
    let outcomes = workers::map(cells.len() * seeds.len(), |index| {
        let (cell, seed) = (&cells[index / seeds.len()], seeds[index % seeds.len()]);
        Attempt::new(seed, cell.homes, &link()).run(cell.limit)
    });
    let mut misses = Vec::new();
    let mut tallies = Vec::new();
    for (cell, outcomes) in cells.iter().zip(outcomes.chunks(seeds.len())) {
        let mut tally = Tally::default();
        for (seed, outcome) in seeds.iter().zip(outcomes) {
            if let Some(fault) = cell.fault(outcome) {
                let [one, other] = &cell.homes;
                misses.push(format!("{one} against {other}, seed {seed}: {fault}"));
            }
            tally.times.extend(outcome.data);
            tally.relayed += usize::from(outcome.is_relayed);
        }
        tally.times.sort();
        tallies.push(tally);
    }
    let attempts = outcomes.len();
    let times = outcomes.iter().filter_map(|outcome| outcome.data);
    let relayed = outcomes.iter().filter(|outcome| outcome.is_relayed).count();
    let summary = format!(
        "{attempts} attempts, {} connected, {} direct, {relayed} relayed, the last after {:?}; {} misses",
        times.clone().count(),
        times.clone().count() - relayed,
        times.max().unwrap_or_default(),
        misses.len()
    );
    Verdict {
        table: table(cells, &tallies),
        summary,
        misses,
    }
}

/// Offering homes downwards, answering ones to the right: the way, and the median time to data.
fn table(cells: &[Cell], tallies: &[Tally]) -> Table {
    let mut homes: Vec<Home> = Vec::new();
    for cell in cells {
        if !homes.contains(&cell.homes[1]) {
            homes.push(cell.homes[1]);
        }
    }
    let mut heading = vec![String::new()];
    heading.extend(homes.iter().map(Home::to_string));
    let mut table = Table::new(heading);
    for (row, tallies) in homes.iter().zip(tallies.chunks(homes.len())) {
        let mut cells = vec![row.to_string()];
        cells.extend(tallies.iter().map(shown));
        table.push(cells);
    }
    table
}

fn shown(tally: &Tally) -> String {
    let Some(median) = tally.times.get(tally.times.len() / 2) else {
        return "FAILED".to_owned();
    };
    let way = match tally.relayed {
        0 => "direct",
        some if some == tally.times.len() => "relayed",
        _ => "mixed",
    };
    format!("{way} {} ms", median.as_millis())
}

/// A common line: 40 ms there and back between two sides, with some jitter.
fn link() -> Link {
    Link {
        delay: Duration::from_millis(8),
        jitter: Duration::from_millis(4),
        ..Link::default()
    }
}
