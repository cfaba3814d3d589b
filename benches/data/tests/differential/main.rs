//! The simulation of `crates/rill-sctp/tests/simulation` with another stack at one of the ends:
//! `cargo xtask sim sctp --peer dcsctp`.

#[path = "../../../../crates/rill-sctp/tests/simulation/link.rs"]
mod link;
#[path = "../../../../crates/rill-sctp/tests/simulation/plan.rs"]
mod plan;
#[path = "../../../../crates/rill-sctp/tests/simulation/seeds.rs"]
mod seeds;
#[path = "../../../../crates/rill-sctp/tests/simulation/stack.rs"]
mod stack;
#[path = "../../../../crates/rill-sctp/tests/simulation/traffic.rs"]
mod traffic;
#[path = "../../../../crates/rill-sctp/tests/simulation/world.rs"]
mod world;

mod dcsctp;

use std::ops::Range;
use std::time::Instant;

use dcsctp::dcsctp;
use stack::{Make, rill};

fn play(seeds: Range<u64>, stacks: [Make; 2]) {
    seeds::play(seeds, stacks, Instant::now(), "--peer dcsctp");
}

#[test]
fn rill_and_dcsctp() {
    play(0..200, [rill, dcsctp]);
}

#[test]
fn dcsctp_and_rill() {
    play(0..200, [dcsctp, rill]);
}

#[test]
#[ignore = "takes minutes: cargo xtask sim sctp --peer dcsctp"]
fn many_seeds_of_rill_and_dcsctp() {
    play(seeds::asked_for(), [rill, dcsctp]);
}

#[test]
#[ignore = "takes minutes: cargo xtask sim sctp --peer dcsctp"]
fn many_seeds_of_dcsctp_and_rill() {
    play(seeds::asked_for(), [dcsctp, rill]);
}
