//! Random walks over the public API of two connections: whatever is called, in whatever order, only
//! what the W3C's text allows happens.
//!
//! `cargo xtask walk` goes many of them; a failing one prints the line that repeats it, and the
//! shortest list of actions that still fails.

mod action;
mod calls;
mod candidates;
mod channels;
mod dice;
mod disturb;
mod finish;
mod judge;
mod letter;
mod log;
mod mangle;
mod media;
mod model;
mod negotiation;
mod refusal;
mod report;
mod rules;
mod script;
mod setting;
mod settings;
mod shorten;
mod side;
mod snapshot;
mod states;
mod violation;
mod walk;
mod watch;

use rill_sim::Seed;

#[test]
fn a_walk_breaks_no_rule() {
    let mut seeds = Seed::many(200).map(Seed::value);
    let first = seeds.next().unwrap_or_default();
    let count = 1 + seeds.count() as u64;
    report::go_all(first, count, |_| {}).finish();
}

/// As many as `RILL_WALKS` says, from `RILL_WALK_FROM` on, on every core.
#[test]
#[ignore = "takes minutes: cargo xtask walk"]
fn many_walks_break_no_rule() {
    report::go_many().finish();
}
