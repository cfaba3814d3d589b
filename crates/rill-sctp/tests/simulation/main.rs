//! Two associations, a bad network and users that do what they like, all decided by a seed.
//!
//! What is checked: every message comes out as it went in, at most once, on its stream, and in order
//! where that was asked for; once the network behaves, what is reliable has arrived, resets are done,
//! nothing is buffered and no timer runs.

mod link;
mod plan;
mod traffic;
mod world;

use std::ops::Range;

use crate::{plan::Plan, world::World};

/// Which seeds the long run plays: `first..last`.
const SEEDS: &str = "RILL_SCTP_SEEDS";

fn play(seeds: Range<u64>) {
    for seed in seeds {
        let named = Named(seed);
        World::new(Plan::new(seed)).play();
        drop(named);
    }
}

/// Says how a failure is played again.
struct Named(u64);

impl Drop for Named {
    fn drop(&mut self) {
        let Self(seed) = *self;
        if std::thread::panicking() {
            let last = seed + 1;
            eprintln!(
                "again: {SEEDS}={seed}..{last} cargo test -p rill-sctp --test simulation -- --ignored"
            );
        }
    }
}

#[test]
fn two_hundred_seeds() {
    play(0..200);
}

#[test]
#[ignore = "takes minutes in a debug build: cargo test --release -p rill-sctp --test simulation -- --ignored"]
fn many_seeds() {
    let seeds = std::env::var(SEEDS).unwrap_or_else(|_| "0..10000".into());
    let (first, last) = seeds.split_once("..").expect("first..last");
    let number = |text: &str| text.parse().expect("a number");
    play(number(first)..number(last));
}
