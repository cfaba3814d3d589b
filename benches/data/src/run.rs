//! All scenarios, on a few threads.

use std::cmp::Reverse;
use std::io::IsTerminal;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::thread;

use crate::arguments::Arguments;
use crate::cell::{CENTRE, Cell};
use crate::endpoint::Stack;
use crate::simulation::{Figures, Scenario};

/// The link's first two seconds are the handshake and the start.
const START: f64 = 2.0;
/// Two flows are looked at after half of this.
const SHARING: f64 = 60.0;

/// A scenario and what came of it.
pub(crate) struct Outcome {
    pub(crate) scenario: Scenario,
    pub(crate) figures: Figures,
}

/// In the order of the scenarios.
pub(crate) fn all(arguments: &Arguments) -> Vec<Outcome> {
    let scenarios = scenarios(arguments);
    // The longest first, so that no thread ends long after the others.
    let mut order: Vec<usize> = (0..scenarios.len()).collect();
    order.sort_by_key(|&index| Reverse(cost(&scenarios[index])));
    let (next, progress) = (AtomicUsize::new(0), Progress::new(order.len()));
    let (finished, results) = channel();
    thread::scope(|scope| {
        for _ in 0..arguments.threads {
            let finished = finished.clone();
            let (order, scenarios, next) = (&order, &scenarios, &next);
            scope.spawn(move || {
                while let Some(&index) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let _ = finished.send((index, scenarios[index].run()));
                }
            });
        }
        drop(finished);
        let mut figures: Vec<_> = results
            .into_iter()
            .enumerate()
            .map(|(number, result)| {
                progress.show(number + 1);
                result
            })
            .collect();
        figures.sort_by_key(|(index, _)| *index);
        let figures = figures.into_iter().map(|(_, figures)| figures);
        scenarios
            .iter()
            .cloned()
            .zip(figures)
            .map(|(scenario, figures)| Outcome { scenario, figures })
            .collect()
    })
}

fn cost(scenario: &Scenario) -> u64 {
    let Cell { mbits, loss, .. } = scenario.cell;
    (f64::from(mbits) * scenario.seconds / (1.0 + loss)) as u64
}

fn scenarios(arguments: &Arguments) -> Vec<Scenario> {
    let alone = arguments.cells.iter().flat_map(|cell| {
        let stacks = arguments.stacks.iter();
        stacks.map(|&stack| (*cell, vec![stack], START))
    });
    let shared = arguments.shared.iter().flat_map(|cell| {
        let pairs = arguments.pairs.iter();
        pairs.map(|pair| (*cell, pair.to_vec(), SHARING / 2.0))
    });
    let mut scenarios = Vec::new();
    for (cell, stacks, from) in alone.chain(shared) {
        let own = if stacks.len() > 1 {
            SHARING
        } else {
            cell.seconds()
        };
        for seed in arguments.first..arguments.first + arguments.seeds {
            let seconds = arguments.seconds.unwrap_or(own);
            scenarios.push(Scenario {
                cell,
                mtu: arguments.mtu,
                radio: arguments.radio,
                stacks: stacks.clone(),
                seed,
                seconds,
                from: from.min(seconds / 2.0),
            });
        }
    }
    scenarios
}

/// Where two flows are looked at when all is asked for.
pub(crate) fn sharing_cells() -> Vec<Cell> {
    let mut cells = Cell::grid(&[10, 100, 200], &[CENTRE.rtt], &[1.0], &[0.0]);
    cells.extend(Cell::grid(&[100], &[20.0, 100.0], &[1.0], &[0.0]));
    cells
}

/// Each with itself and with each other.
pub(crate) fn pairs(stacks: &[Stack]) -> Vec<[Stack; 2]> {
    let from = |index: usize| {
        stacks[index..]
            .iter()
            .map(move |&other| [stacks[index], other])
    };
    (0..stacks.len()).flat_map(from).collect()
}

/// How far it is, where someone looks.
struct Progress {
    total: usize,
    terminal: bool,
}

impl Progress {
    fn new(total: usize) -> Self {
        let terminal = std::io::stderr().is_terminal();
        Self { total, terminal }
    }

    fn show(&self, finished: usize) {
        if self.terminal {
            let end = if finished == self.total { '\n' } else { '\r' };
            eprint!("{finished} of {} simulated{end}", self.total);
        }
    }
}
