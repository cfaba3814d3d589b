//! What the user asks for.

use crate::contender::Stack;

const USAGE: &str = "\
usage: cargo xtask bench setup|data|rtt|unreliable|memory|idle-pairs [options]

  setup            until one channel is open at both ends
  data             one reliable ordered channel, messages of 16 and of 64 KiB
  rtt              64 bytes there and back
  unreliable       messages of 1 KiB, unordered, never sent again
  memory           what one pair more takes, from 100 to 500 idle ones
  idle-pairs       CPU time of 100 idle pairs

  --rounds N       how often each stack takes its turn (5)
  --only A,B       these stacks only: rill, str0m, webrtc, webrtc-4MiB (with large UDP buffers) and,
                   in Node, rill-node, wrtc, node-datachannel
  --node           those in Node too; needs `cargo xtask build-node`
  --pairs N        setup: pairs connected one after the other in each turn (30);
                   memory: in the end (500); idle-pairs: held (100)
  --message N      data: bytes of a message
  --mebibytes N    data: at most so much in each turn (256)
  --seconds N      at most so long in each turn (5)
  --json           every figure of every round";

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Measure {
    Setup,
    Data,
    RoundTrip,
    Unreliable,
    Memory,
    IdlePairs,
}

#[derive(Debug)]
pub(crate) struct Arguments {
    pub(crate) measure: Measure,
    pub(crate) rounds: usize,
    pub(crate) only: Vec<Stack>,
    pub(crate) pairs: Option<usize>,
    pub(crate) message: Option<usize>,
    pub(crate) mebibytes: usize,
    pub(crate) seconds: usize,
    pub(crate) json: bool,
}

impl Arguments {
    pub(crate) fn parse(words: &[String]) -> Result<Self, String> {
        let mut words = words.iter().map(String::as_str);
        let measure = match words.next() {
            Some("setup") => Measure::Setup,
            Some("data") => Measure::Data,
            Some("rtt") => Measure::RoundTrip,
            Some("unreliable") => Measure::Unreliable,
            Some("memory") => Measure::Memory,
            Some("idle-pairs") => Measure::IdlePairs,
            _ => return Err(USAGE.to_owned()),
        };
        let mut arguments = Self {
            measure,
            rounds: 5,
            only: standard(measure),
            pairs: None,
            message: None,
            mebibytes: 256,
            seconds: 5,
            json: false,
        };
        while let Some(option) = words.next() {
            match option {
                "--json" => arguments.json = true,
                "--node" => {
                    let node = Stack::ALL.into_iter().filter(|stack| stack.in_node());
                    arguments.only.extend(node);
                }
                _ => arguments.set(option, words.next().ok_or(USAGE)?)?,
            }
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
            "--pairs" => self.pairs = Some(number()?),
            "--message" => self.message = Some(number()?),
            "--mebibytes" => self.mebibytes = number()?,
            "--seconds" => self.seconds = number()?,
            "--only" => self.only = stacks(value)?,
            _ => return Err(format!("there is no option {option}\n\n{USAGE}")),
        }
        Ok(())
    }
}

/// Those in Rust; large buffers where they can matter.
fn standard(measure: Measure) -> Vec<Stack> {
    let loaded = matches!(measure, Measure::Data | Measure::Unreliable);
    Stack::ALL
        .into_iter()
        .filter(|stack| !stack.in_node() && (loaded || *stack != Stack::WebrtcTuned))
        .collect()
}

fn stacks(list: &str) -> Result<Vec<Stack>, String> {
    list.split(',')
        .map(|name| Stack::named(name).ok_or_else(|| format!("no stack {name:?}\n\n{USAGE}")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(words: &str) -> Result<Arguments, String> {
        let words: Vec<_> = words.split_whitespace().map(str::to_owned).collect();
        Arguments::parse(&words)
    }

    #[test]
    fn large_buffers_take_part_where_data_flows() {
        let takes_part = |words| {
            let arguments = parsed(words).expect("it makes sense");
            arguments.only.contains(&Stack::WebrtcTuned)
        };
        assert!(takes_part("data") && takes_part("unreliable"));
        assert!(!takes_part("setup") && !takes_part("rtt"));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for words in [
            "",
            "what",
            "data --rounds 0",
            "data --only nobody",
            "rtt --seconds",
        ] {
            assert!(parsed(words).is_err(), "{words}");
        }
    }
}
