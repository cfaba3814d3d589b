//! Two associations, a bad network and users that do what they like, all decided by a seed.
//!
//! What is checked: every message comes out as it went in, at most once, on its stream, and in order
//! where that was asked for; once the network behaves, what is reliable has arrived, resets are done,
//! nothing is buffered and no timer runs.
//!
//! All but this file and `transfer` is also part of `benches/data/tests/differential`, where another
//! stack is at one of the ends.

mod link;
mod plan;
mod seeds;
mod stack;
mod traffic;
mod transfer;
mod world;

use std::ops::Range;
use std::time::{Duration, Instant};

use rill_sctp::{Reliability, SendOptions};
use stack::rill;

#[expect(
    clippy::disallowed_methods,
    reason = "an Instant can be made in no other way"
)]
fn epoch() -> Instant {
    Instant::now()
}

fn play(seeds: Range<u64>) {
    seeds::play(seeds, [rill, rill], epoch(), "--peer rill");
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

/// Score card 9.
#[test]
fn fifty_megabytes_keep_their_hash_on_a_bad_link() {
    transfer::keeps_its_hash(epoch(), 50_000_000);
}

/// Score card 10.
#[test]
fn what_may_be_lost_is_lost_as_seldom_as_the_link_loses() {
    let sent_once = Reliability::MaxRetransmits(0);
    let for_a_while = Reliability::MaxLifetime(Duration::from_millis(100));
    for reliability in [sent_once, for_a_while] {
        for ordered in [true, false] {
            let options = SendOptions {
                ordered,
                reliability,
            };
            transfer::loses_little_more_than_the_link(epoch(), options);
        }
    }
}
