//! Whole connections in simulation: each kind of NAT against each, over bad lines, and what their
//! SCTP carries and keeps.

use std::process::Command;

use crate::run::{Outcome, cargo, run, run_suite};

/// What is simulated, and how often.
#[derive(Debug, PartialEq, Eq)]
struct Simulation {
    subject: Subject,
    seeds: Option<u64>,
    first: Option<u64>,
}

#[derive(Debug, PartialEq, Eq)]
enum Subject {
    /// The test of that name.
    Connections(&'static str),
    /// With dcsctp at one end.
    Sctp { dcsctp: bool },
}

pub(crate) fn chore(arguments: &[String]) -> Outcome {
    if let Some(("data", options)) = arguments
        .split_first()
        .map(|(name, options)| (name.as_str(), options))
    {
        return data(options);
    }
    let Simulation {
        subject,
        seeds,
        first,
    } = parse(arguments)?;
    run_suite(&mut match subject {
        Subject::Connections(test) => connections(test, seeds, first),
        Subject::Sctp { dcsctp } => sctp(dcsctp, seeds, first),
    })
    .1
}

fn connections(test: &str, seeds: Option<u64>, first: Option<u64>) -> Command {
    let mut command = long_test(["-p", "rill-peer", "--test", "sim"]);
    command.args(["--", "--ignored", "--exact", "--nocapture", test]);
    for (name, value) in [("RILL_SIM_SEEDS", seeds), ("RILL_SIM_FROM", first)] {
        if let Some(value) = value {
            command.env(name, value.to_string());
        }
    }
    command
}

fn sctp(dcsctp: bool, seeds: Option<u64>, first: Option<u64>) -> Command {
    let mut command = if dcsctp {
        // In the workspace of the rivals: the product's lock file holds none of them.
        let mut command = long_test(["-p", "rill-data-sim", "--test", "differential"]);
        command.args(["--manifest-path", "benches/Cargo.toml"]);
        command
    } else {
        long_test(["-p", "rill-sctp", "--test", "simulation"])
    };
    let first = first.unwrap_or(0);
    let last = first.saturating_add(seeds.unwrap_or(10_000));
    command
        .args(["--", "--ignored", "--nocapture", "many_seeds"])
        .env("RILL_SCTP_SEEDS", format!("{first}..{last}"));
    command
}

/// Optimized a little: that many seeds take minutes then, not an hour.
fn long_test<const N: usize>(which: [&str; N]) -> Command {
    let mut command = cargo(["test", "--locked", "--config", "profile.dev.opt-level=1"]);
    command.args(which);
    command
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
    let mut subject = match words.next() {
        Some("nat") => Subject::Connections("nat"),
        Some("connect") => Subject::Connections("connect"),
        Some("sctp") => Subject::Sctp { dcsctp: false },
        _ => return Err(USAGE.to_owned()),
    };
    let (mut seeds, mut first) = (None, None);
    while let Some(option) = words.next() {
        let value = words.next().ok_or_else(|| USAGE.to_owned())?;
        if let ("--peer", Subject::Sctp { dcsctp }) = (option, &mut subject) {
            *dcsctp = match value {
                "rill" => false,
                "dcsctp" => true,
                _ => return Err(USAGE.to_owned()),
            };
            continue;
        }
        let number = value
            .parse()
            .map_err(|_| format!("{value:?} is not a number\n\n{USAGE}"))?;
        match option {
            "--seeds" if number > 0 => seeds = Some(number),
            "--from" => first = Some(number),
            _ => return Err(USAGE.to_owned()),
        }
    }
    Ok(Simulation {
        subject,
        seeds,
        first,
    })
}

const USAGE: &str = "\
usage: cargo xtask sim nat|connect [--seeds N] [--from N]
       cargo xtask sim sctp [--seeds N] [--from N] [--peer rill|dcsctp]
       cargo xtask sim data [--all] ...

  nat         each kind of NAT, address family and firewall against each: all connect, directly where
              RFC 4787 allows it
  connect     loss, long ways and disorder: how many connect within 30 s, and how soon
  sctp        two associations that send what they like while packets are lost, late, doubled and
              corrupted: nothing is lost, doubled or mixed beyond what its mode allows; with another
              stack at one end if that is named, both ways
  data        how much SCTP carries over a link, for rill and another stack; --help lists its options
  --seeds N   so many, of a cell if there are cells; 20, 200 and 10,000 if nothing is said
  --from N    the first of them; the others have the numbers after it";

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(words: &str) -> Outcome<Simulation> {
        let words: Vec<_> = words.split_whitespace().map(str::to_owned).collect();
        parse(&words)
    }

    #[test]
    fn the_two_simulations_of_connections_have_names() {
        let simulation = |subject, seeds, first| {
            Ok(Simulation {
                subject,
                seeds,
                first,
            })
        };
        let nat = Subject::Connections("nat");
        assert_eq!(parsed("nat"), simulation(nat, None, None));
        let connect = simulation(Subject::Connections("connect"), Some(7), Some(3));
        assert_eq!(parsed("connect --seeds 7 --from 3"), connect);
    }

    #[test]
    fn sctp_is_played_with_rill_or_another_at_the_other_end() {
        for (words, dcsctp) in [
            ("sctp", false),
            ("sctp --peer rill", false),
            ("sctp --peer dcsctp", true),
        ] {
            let sctp = Subject::Sctp { dcsctp };
            assert_eq!(parsed(words).expect("it makes sense").subject, sctp);
        }
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
            "nat --peer dcsctp",
            "sctp --peer usrsctp",
        ] {
            assert!(parsed(words).is_err(), "{words}");
        }
    }
}
