//! Two associations, a bad network and users that do what they like, all decided by a seed.
//!
//! What is checked: every message comes out as it went in, at most once, on its stream, and in order
//! where that was asked for; once the network behaves, what is reliable has arrived, resets are done,
//! nothing is buffered and no timer runs.
//!
//! All but this file is also part of `benches/data/tests/differential`, where another stack is at one
//! of the ends.

mod link;
mod plan;
mod seeds;
mod stack;
mod traffic;
mod world;

use std::ops::Range;
use std::time::Instant;

use stack::rill;

#[expect(
    clippy::disallowed_methods,
    reason = "an Instant can be made in no other way"
)]
fn play(seeds: Range<u64>) {
    seeds::play(seeds, [rill, rill], Instant::now(), "--peer rill");
}

#[test]
fn two_hundred_seeds() {
    play(0..200);
}

#[test]
#[ignore = "takes minutes: cargo xtask sim sctp --peer rill"]
fn many_seeds() {
    play(seeds::asked_for());
}
