//! Whole connections in simulation: each kind of NAT against each, over bad lines, and what their
//! SCTP carries.

use crate::run::{Outcome, cargo, run, run_suite};

/// What is simulated, and how often.
#[derive(Debug, PartialEq, Eq)]
struct Simulation {
    test: &'static str,
    seeds: Option<u64>,
    first: Option<u64>,
}

pub(crate) fn chore(arguments: &[String]) -> Outcome {
    if let Some(("data", options)) = arguments
        .split_first()
        .map(|(name, options)| (name.as_str(), options))
    {
        return data(options);
    }
    let simulation = parse(arguments)?;
    // Optimized a little: that many take minutes then, not an hour.
    let test = [
        "test",
        "--locked",
        "--config",
        "profile.dev.opt-level=1",
        "-p",
        "rill-peer",
        "--test",
        "sim",
        "--",
        "--ignored",
        "--exact",
        "--nocapture",
        simulation.test,
    ];
    let mut command = cargo(test);
    for (name, value) in [
        ("RILL_SIM_SEEDS", simulation.seeds),
        ("RILL_SIM_FROM", simulation.first),
    ] {
        if let Some(value) = value {
            command.env(name, value.to_string());
        }
    }
    run_suite(&mut command).1
}

/// In the workspace of the rivals: the product's lock file holds none of them.
fn data(options: &[String]) -> Outcome {
    let build = ["run", "--quiet", "--release", "-p", "rill-data-sim"];
    run(cargo(build)
        .args(["--manifest-path", "benches/Cargo.toml", "--"])
        .args(options))
}

fn parse(arguments: &[String]) -> Outcome<Simulation> {
    let mut words = arguments.iter().map(String::as_str);
    let test = match words.next() {
        Some("nat") => "nat",
        Some("connect") => "connect",
        _ => return Err(USAGE.to_owned()),
    };
    let (mut seeds, mut first) = (None, None);
    while let Some(option) = words.next() {
        let value = words.next().ok_or_else(|| USAGE.to_owned())?;
        let number = value
            .parse()
            .map_err(|_| format!("{value:?} is not a number\n\n{USAGE}"))?;
        match option {
            "--seeds" if number > 0 => seeds = Some(number),
            "--from" => first = Some(number),
            _ => return Err(USAGE.to_owned()),
        }
    }
    Ok(Simulation { test, seeds, first })
}

const USAGE: &str = "\
usage: cargo xtask sim nat|connect [--seeds N] [--from N]
       cargo xtask sim data [--all] ...

  nat         each kind of NAT, address family and firewall against each: all connect, directly where
              RFC 4787 allows it
  connect     loss, long ways and disorder: how many connect within 30 s, and how soon
  data        how much SCTP carries over a link, for rill and another stack; --help lists its options
  --seeds N   so many a cell, 20 and 200 if nothing is said
  --from N    the first of them; the others have the numbers after it";

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(words: &str) -> Outcome<Simulation> {
        let words: Vec<_> = words.split_whitespace().map(str::to_owned).collect();
        parse(&words)
    }

    #[test]
    fn the_two_simulations_have_names() {
        let simulation = |test, seeds, first| Ok(Simulation { test, seeds, first });
        assert_eq!(parsed("nat"), simulation("nat", None, None));
        let connect = simulation("connect", Some(7), Some(3));
        assert_eq!(parsed("connect --seeds 7 --from 3"), connect);
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for words in [
            "",
            "what",
            "nat --seeds",
            "nat --seeds 0",
            "nat --seeds x",
            "nat --what 1",
        ] {
            assert!(parsed(words).is_err(), "{words}");
        }
    }
}
