//! Which seeds are played, and how one is played again.

use std::ops::Range;
use std::time::Instant;

use crate::{plan::Plan, stack::Make, world::World};

/// Which seeds the long runs play: `first..last`.
const SEEDS: &str = "RILL_SCTP_SEEDS";

/// The seeds of a long run.
pub(crate) fn asked_for() -> Range<u64> {
    let seeds = std::env::var(SEEDS).unwrap_or_else(|_| "0..10000".into());
    let (first, last) = seeds.split_once("..").expect("first..last");
    let number = |text: &str| text.parse().expect("a number");
    number(first)..number(last)
}

/// Begins at `start`; `again` is the option of the chore that plays the same stacks.
pub(crate) fn play(seeds: Range<u64>, stacks: [Make; 2], start: Instant, again: &'static str) {
    for seed in seeds {
        let named = Named { seed, again };
        World::new(Plan::new(seed), stacks, start).play();
        drop(named);
    }
}

/// Says how a failure is played again.
struct Named {
    seed: u64,
    again: &'static str,
}

impl Drop for Named {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let Self { seed, again } = self;
            eprintln!("again: cargo xtask sim sctp --from {seed} --seeds 1 {again}");
        }
    }
}
