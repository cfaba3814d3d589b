//! Random walks over the public API: in simulation, or through the Node package.

use std::process::Command;

use crate::build_node;
use crate::run::{Outcome, cargo, run, run_suite};

/// What walks are gone where.
#[derive(Debug, PartialEq, Eq)]
enum Walks {
    Simulated { count: u64, first: u64 },
    Node { count: u64, first: u64 },
}

pub(crate) fn chore(arguments: &[String]) -> Outcome {
    match parse(arguments)? {
        Walks::Simulated { count, first } => {
            // Optimized a little: that many take minutes then, not an hour.
            let test = [
                "test",
                "--locked",
                "--config",
                "profile.dev.opt-level=1",
                "-p",
                "rill-peer",
                "--test",
                "walk",
                "--",
                "--ignored",
                "--nocapture",
            ];
            let mut command = cargo(test);
            command
                .env("RILL_WALKS", count.to_string())
                .env("RILL_WALK_FROM", first.to_string());
            run_suite(&mut command).1
        }
        Walks::Node { count, first } => {
            build_node::chore(&[])?;
            let mut command = Command::new("node");
            command
                .current_dir(build_node::directory())
                .args(["--expose-gc", "test/walk/run.mjs"])
                .args(["--walks", &count.to_string()])
                .args(["--seed", &first.to_string()]);
            run(&mut command)
        }
    }
}

fn parse(arguments: &[String]) -> Outcome<Walks> {
    let (mut simulated, mut node, mut first) = (None, None, 0);
    let mut rest = arguments.iter();
    while let Some(option) = rest.next() {
        let value = rest.next().ok_or_else(|| USAGE.to_owned())?;
        let number = value
            .parse()
            .map_err(|_| format!("{value:?} is not a number\n\n{USAGE}"))?;
        match option.as_str() {
            "--sequences" => simulated = Some(number),
            "--node" => node = Some(number),
            "--seed" => first = number,
            _ => return Err(USAGE.to_owned()),
        }
    }
    match (simulated, node) {
        (Some(_), Some(_)) => Err(USAGE.to_owned()),
        (None, Some(count)) => Ok(Walks::Node { count, first }),
        (count, None) => Ok(Walks::Simulated {
            count: count.unwrap_or(100_000),
            first,
        }),
    }
}

const USAGE: &str = "\
usage: cargo xtask walk [--sequences N | --node N] [--seed N]

  --sequences N   so many in simulation, 100000 if nothing is said
  --node N        so many through the Node package, on this machine's network
  --seed N        the seed of the first; the others have the numbers after it";

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(words: &str) -> Outcome<Walks> {
        let words: Vec<_> = words.split_whitespace().map(str::to_owned).collect();
        parse(&words)
    }

    #[test]
    fn walks_are_simulated_unless_node_is_asked_for() {
        let simulated = |count, first| Ok(Walks::Simulated { count, first });
        assert_eq!(parsed(""), simulated(100_000, 0));
        assert_eq!(parsed("--sequences 50 --seed 7"), simulated(50, 7));
        let node = Walks::Node {
            count: 5000,
            first: 0,
        };
        assert_eq!(parsed("--node 5000"), Ok(node));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for words in [
            "--sequences",
            "--sequences many",
            "--node 1 --sequences 1",
            "--what 1",
        ] {
            assert!(parsed(words).is_err(), "{words}");
        }
    }
}
