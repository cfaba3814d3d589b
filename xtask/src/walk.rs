//! Random walks over the public API: in simulation, and through the Node package.

use std::process::Command;

use crate::build_node::{self, Profile};
use crate::run::{Outcome, cargo, run, run_suite};

/// How many walks are gone where, from which seed on.
#[derive(Debug, PartialEq, Eq)]
struct Walks {
    simulated: u64,
    node: u64,
    first: u64,
}

pub(crate) fn chore(arguments: &[String]) -> Outcome {
    let walks = parse(arguments)?;
    if walks.simulated > 0 {
        simulated(&walks)?;
    }
    if walks.node > 0 {
        through_node(&walks)?;
    }
    Ok(())
}

fn simulated(walks: &Walks) -> Outcome {
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
        .env("RILL_WALKS", walks.simulated.to_string())
        .env("RILL_WALK_FROM", walks.first.to_string());
    run_suite(&mut command).1
}

/// With the addon that `cargo xtask test node` builds.
fn through_node(walks: &Walks) -> Outcome {
    build_node::build_with_cli(Profile::Release)?;
    build_node::package(Profile::Release)?;
    let mut command = Command::new("node");
    command
        .current_dir(build_node::directory())
        .args(["--expose-gc", "test/walk/run.mjs"])
        .args(["--walks", &walks.node.to_string()])
        .args(["--seed", &walks.first.to_string()]);
    run(&mut command)
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
    let (simulated, node) = match (simulated, node) {
        (None, None) => (100_000, 5000),
        (simulated, node) => (simulated.unwrap_or(0), node.unwrap_or(0)),
    };
    Ok(Walks {
        simulated,
        node,
        first,
    })
}

const USAGE: &str = "\
usage: cargo xtask walk [--sequences N] [--node N] [--seed N]

  --sequences N   so many in simulation
  --node N        so many through the Node package, on this machine's network
  --seed N        the seed of the first; the others have the numbers after it

If nothing is said: 100000 in simulation and 5000 through the Node package.";

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(words: &str) -> Outcome<Walks> {
        let words: Vec<_> = words.split_whitespace().map(str::to_owned).collect();
        parse(&words)
    }

    #[test]
    fn all_walks_are_gone_unless_some_are_asked_for() {
        let walks = |simulated, node, first| {
            Ok(Walks {
                simulated,
                node,
                first,
            })
        };
        assert_eq!(parsed(""), walks(100_000, 5000, 0));
        assert_eq!(parsed("--seed 7"), walks(100_000, 5000, 7));
        assert_eq!(parsed("--sequences 50 --seed 7"), walks(50, 0, 7));
        assert_eq!(parsed("--node 200"), walks(0, 200, 0));
        assert_eq!(parsed("--node 1 --sequences 2"), walks(2, 1, 0));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for words in ["--sequences", "--sequences many", "--what 1"] {
            assert!(parsed(words).is_err(), "{words}");
        }
    }
}
