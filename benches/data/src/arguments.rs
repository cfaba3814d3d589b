//! What the user asks for.

use std::str::FromStr;

use crate::cell::{CENTRE, Cell, LOSSES, QUEUES, RATES, RTTS};
use crate::endpoint::Stack;
use crate::link::ETHERNET;
use crate::radio::Radio;
use crate::run;

const USAGE: &str = "\
usage: cargo xtask sim data [options]

  Without options: a few cells, and two flows that share one.

  --all            every cell, and two flows that share some
  --rtt MS,...     these cells only; what is not said is 40 ms, no loss, 200 Mbit/s, 1 BDP
  --loss %,...
  --link MBIT/S,...
  --queue BDP,...
  --mtu BYTES      of the largest IP packet that the path carries (1500)
  --bursts MS      packets arrive all together, every so often, as over radio (0)
  --stalls MS      one in a hundred comes up to so much later, and all behind it (0)
  --stack A,...    these stacks: rill, rill-cubic, rill-new-reno, dcsctp (rill and dcsctp)
  --share A,B      two flows, the second a second later, instead of one
  --seeds N        so many runs of each, of which the median counts (1)
  --from N         the first seed (1)
  --seconds N      how long each runs; the figures begin after two seconds, or half
  --threads N      (2)
  --json           every run as an object";

#[derive(Debug)]
pub(crate) struct Arguments {
    /// For one flow of each stack.
    pub(crate) cells: Vec<Cell>,
    pub(crate) stacks: Vec<Stack>,
    /// For two flows.
    pub(crate) shared: Vec<Cell>,
    pub(crate) pairs: Vec<[Stack; 2]>,
    pub(crate) mtu: usize,
    pub(crate) radio: Radio,
    pub(crate) first: u64,
    pub(crate) seeds: u64,
    pub(crate) seconds: Option<f64>,
    pub(crate) threads: usize,
    pub(crate) json: bool,
    pub(crate) all: bool,
}

/// The values said for each property of a cell.
#[derive(Default)]
struct Filter {
    rtts: Option<Vec<f64>>,
    losses: Option<Vec<f64>>,
    rates: Option<Vec<u32>>,
    queues: Option<Vec<f64>>,
}

impl Filter {
    fn cells(self) -> Option<Vec<Cell>> {
        if let (None, None, None, None) = (&self.rtts, &self.losses, &self.rates, &self.queues) {
            return None;
        }
        let Cell {
            mbits,
            rtt,
            loss,
            queue,
        } = CENTRE;
        Some(Cell::grid(
            &self.rates.unwrap_or_else(|| vec![mbits]),
            &self.rtts.unwrap_or_else(|| vec![rtt]),
            &self.queues.unwrap_or_else(|| vec![queue]),
            &self.losses.unwrap_or_else(|| vec![loss]),
        ))
    }
}

impl Arguments {
    pub(crate) fn parse(words: &[String]) -> Result<Self, String> {
        let mut arguments = Self {
            cells: Vec::new(),
            stacks: vec![Stack::Rill, Stack::Dcsctp],
            shared: Vec::new(),
            pairs: Vec::new(),
            mtu: ETHERNET,
            radio: Radio::default(),
            first: 1,
            seeds: 1,
            seconds: None,
            threads: 2,
            json: false,
            all: false,
        };
        let mut filter = Filter::default();
        let mut words = words.iter().map(String::as_str);
        while let Some(option) = words.next() {
            match option {
                "--all" => arguments.all = true,
                "--json" => arguments.json = true,
                "--help" | "-h" => return Err(USAGE.to_owned()),
                _ => {
                    let value = words.next().ok_or(USAGE)?;
                    arguments.set(&mut filter, option, value)?;
                }
            }
        }
        arguments.choose(filter.cells());
        Ok(arguments)
    }

    fn set(&mut self, filter: &mut Filter, option: &str, value: &str) -> Result<(), String> {
        match option {
            "--rtt" => filter.rtts = Some(numbers(value, 0.01)?),
            "--loss" => filter.losses = Some(numbers(value, 0.0)?),
            "--link" => filter.rates = Some(numbers(value, 1_u32)?),
            "--queue" => filter.queues = Some(numbers(value, 0.0)?),
            "--stack" => self.stacks = stacks(value)?,
            "--share" => match stacks(value)?[..] {
                [one, other] => self.pairs = vec![[one, other]],
                _ => return Err(format!("--share needs two stacks\n\n{USAGE}")),
            },
            "--mtu" => self.mtu = number(value, 1200)?,
            "--bursts" => self.radio.bursts = nanoseconds(value)?,
            "--stalls" => self.radio.stalls = nanoseconds(value)?,
            "--seeds" => self.seeds = number(value, 1)?,
            "--from" => self.first = number(value, 0)?,
            "--seconds" => self.seconds = Some(number(value, 0.1)?),
            "--threads" => self.threads = number(value, 1)?,
            _ => return Err(format!("there is no option {option}\n\n{USAGE}")),
        }
        Ok(())
    }

    /// Which cells, given those asked for.
    fn choose(&mut self, cells: Option<Vec<Cell>>) {
        if !self.pairs.is_empty() {
            self.shared = cells.unwrap_or_else(|| vec![CENTRE]);
            return;
        }
        self.pairs = run::pairs(&self.stacks);
        (self.cells, self.shared) = match cells {
            Some(cells) => (cells, Vec::new()),
            None if self.all => (
                Cell::grid(&RATES, &RTTS, &QUEUES, &LOSSES),
                run::sharing_cells(),
            ),
            None => (Cell::few(), vec![CENTRE]),
        };
    }
}

fn number<T: FromStr + PartialOrd>(word: &str, least: T) -> Result<T, String> {
    word.parse()
        .ok()
        .filter(|number| *number >= least)
        .ok_or_else(|| format!("{word:?} is no number, or too small\n\n{USAGE}"))
}

/// From milliseconds.
fn nanoseconds(word: &str) -> Result<u64, String> {
    Ok((number(word, 0.0)? * 1e6) as u64)
}

fn numbers<T: FromStr + PartialOrd + Copy>(list: &str, least: T) -> Result<Vec<T>, String> {
    list.split(',').map(|word| number(word, least)).collect()
}

fn stacks(list: &str) -> Result<Vec<Stack>, String> {
    let stack = |name| Stack::named(name).ok_or_else(|| format!("no stack {name:?}\n\n{USAGE}"));
    list.split(',').map(stack).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(words: &str) -> Result<Arguments, String> {
        let words: Vec<_> = words.split_whitespace().map(str::to_owned).collect();
        Arguments::parse(&words)
    }

    #[test]
    fn a_cell_is_named_by_what_differs_from_the_centre() {
        let arguments = parsed("--loss 1,3 --seeds 5").expect("it makes sense");
        let cell = |loss| Cell { loss, ..CENTRE };
        assert_eq!(arguments.cells, [cell(1.0), cell(3.0)]);
        assert!(arguments.shared.is_empty());
        assert_eq!(arguments.seeds, 5);
    }

    #[test]
    fn sharing_takes_the_place_of_single_flows() {
        let arguments = parsed("--share rill,dcsctp --rtt 20").expect("it makes sense");
        assert!(arguments.cells.is_empty());
        assert_eq!(
            arguments.shared,
            [Cell {
                rtt: 20.0,
                ..CENTRE
            }]
        );
        assert_eq!(arguments.pairs, [[Stack::Rill, Stack::Dcsctp]]);
    }

    #[test]
    fn all_means_all() {
        let arguments = parsed("--all --stack dcsctp").expect("it makes sense");
        assert_eq!(arguments.cells.len(), 300);
        assert_eq!(arguments.pairs, [[Stack::Dcsctp; 2]]);
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for words in [
            "--what 1",
            "--rtt",
            "--rtt x",
            "--seeds 0",
            "--share rill",
            "--link 0.5",
        ] {
            assert!(parsed(words).is_err(), "{words}");
        }
    }
}
