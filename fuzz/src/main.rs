//! `cargo run -p rill-fuzz -- <target> --seconds N`: mutates the corpus for a while.

#![forbid(unsafe_code)]

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use std::{env, fs, io};

use clap::Parser;
use rill_fuzz::{Mutator, TARGETS, Target, corpus};

/// An input that takes longer is kept, to be looked at.
const SLOW: Duration = Duration::from_secs(1);

/// Runs a fuzz target on mutations of its corpus.
#[derive(Debug, Parser)]
struct Arguments {
    /// The target, or `all`.
    target: String,
    /// How long, in seconds, each target.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// The seed; taken from the time if absent.
    #[arg(long)]
    seed: Option<u64>,
    /// Runs the target once, on this file.
    #[arg(long)]
    file: Option<PathBuf>,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("rill-fuzz: {error}");
            ExitCode::from(2)
        }
    }
}

/// Whether no target failed.
fn run(arguments: &Arguments) -> io::Result<bool> {
    let targets: Vec<&Target> = TARGETS
        .iter()
        .filter(|target| [target.name, "all"].contains(&arguments.target.as_str()))
        .collect();
    if targets.is_empty() {
        let names: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
        let known = names.join(", ");
        let message = format!(
            "no target `{}`; there are {known} and all",
            arguments.target
        );
        return Err(io::Error::other(message));
    }
    if let Some(file) = &arguments.file {
        let data = fs::read(file)?;
        return Ok(targets.iter().all(|target| report(target, &data)));
    }
    let time = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let seed = arguments.seed.unwrap_or(time.as_secs());
    let mut sound = true;
    for target in targets {
        sound &= fuzz(target, seed, Duration::from_secs(arguments.seconds))?;
    }
    Ok(sound)
}

/// Runs the target on one file, and says whether it held.
fn report(target: &Target, data: &[u8]) -> bool {
    let outcome = target.run(data);
    match &outcome {
        Ok(()) => println!("{}: holds", target.name),
        Err(failure) => println!("{}: {failure}", target.name),
    }
    outcome.is_ok()
}

/// Mutates until the time is over or something fails, and says whether nothing did.
fn fuzz(target: &Target, seed: u64, time: Duration) -> io::Result<bool> {
    let corpus = corpus(target.name)?;
    let mut mutator = Mutator::new(seed);
    let start = Instant::now();
    let mut executions = 0_u64;
    let mut slowest = (Duration::ZERO, Vec::new());
    while start.elapsed() < time {
        let input = mutator.mutate(&corpus);
        let begun = Instant::now();
        let outcome = target.run(&input);
        if begun.elapsed() > slowest.0 {
            slowest = (begun.elapsed(), input.clone());
        }
        executions += 1;
        if let Err(failure) = outcome {
            let path = keep(target, &format!("{seed}-{executions}"), &input)?;
            println!(
                "{}: {failure}, after {executions} executions of seed {seed}",
                target.name
            );
            println!("the input is in {}", path.display());
            return Ok(false);
        }
    }
    let rate = executions / time.as_secs().max(1);
    let name = target.name;
    let (longest, input) = slowest;
    println!("{name}: {executions} executions, {rate}/s, slowest {longest:?}, seed {seed}: holds");
    if longest > SLOW {
        let path = keep(target, &format!("{seed}-slowest"), &input)?;
        println!("the slowest input is in {}", path.display());
    }
    Ok(true)
}

/// Writes an input where it can be found again.
fn keep(target: &Target, name: &str, input: &[u8]) -> io::Result<PathBuf> {
    let path = env::temp_dir().join(format!("rill-fuzz-{}-{name}", target.name));
    fs::write(&path, input)?;
    Ok(path)
}
