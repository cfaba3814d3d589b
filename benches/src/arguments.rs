//! What the user asks for.

use crate::contender::NAMES;

const USAGE: &str = "\
usage: cargo xtask bench setup|data [options]

  --rounds N       how often each stack takes its turn (5)
  --only A,B       these stacks only
  --pairs N        setup: pairs connected one after the other in each turn (30)
  --mebibytes N    data: at most so much in each turn (256)
  --seconds N      data: at most so long (5)";

/// What is measured.
#[derive(Clone, Copy)]
pub(crate) enum Measure {
    Setup,
    Data,
}

pub(crate) struct Arguments {
    pub(crate) measure: Measure,
    pub(crate) rounds: usize,
    pub(crate) only: Vec<&'static str>,
    pub(crate) pairs: usize,
    pub(crate) mebibytes: usize,
    pub(crate) seconds: usize,
}

impl Arguments {
    pub(crate) fn parse(words: &[String]) -> Result<Self, String> {
        let mut words = words.iter().map(String::as_str);
        let measure = match words.next() {
            Some("setup") => Measure::Setup,
            Some("data") => Measure::Data,
            _ => return Err(USAGE.to_owned()),
        };
        let mut arguments = Self {
            measure,
            rounds: 5,
            only: NAMES.to_vec(),
            pairs: 30,
            mebibytes: 256,
            seconds: 5,
        };
        while let Some(option) = words.next() {
            let value = words.next().ok_or(USAGE)?;
            arguments.set(option, value)?;
        }
        Ok(arguments)
    }

    fn set(&mut self, option: &str, value: &str) -> Result<(), String> {
        let number = || match value.parse() {
            Ok(number) if number > 0 => Ok(number),
            _ => Err(format!(
                "{option} needs a number above 0, not {value:?}\n\n{USAGE}"
            )),
        };
        match option {
            "--rounds" => self.rounds = number()?,
            "--pairs" => self.pairs = number()?,
            "--mebibytes" => self.mebibytes = number()?,
            "--seconds" => self.seconds = number()?,
            "--only" => self.only = names(value)?,
            _ => return Err(format!("there is no option {option}\n\n{USAGE}")),
        }
        Ok(())
    }
}

fn names(list: &str) -> Result<Vec<&'static str>, String> {
    let known = |name: &str| NAMES.into_iter().find(|known| *known == name);
    list.split(',')
        .map(|name| known(name).ok_or_else(|| format!("no stack {name:?}; there are {NAMES:?}")))
        .collect()
}
