//! The corpus, and a fixed number of inputs made from it, break nothing.

use rill_fuzz::{Mutator, TARGETS, Target, corpus};

/// Replays the corpus of a target, then this many inputs made from it.
fn replay(name: &str, mutations: usize) {
    let target = Target::find(name).expect("one of the targets");
    let corpus = corpus(name).expect("its corpus");
    assert!(
        (20..=120).contains(&corpus.len()),
        "{} inputs",
        corpus.len()
    );
    for (file, input) in &corpus {
        if let Err(failure) = target.run(input) {
            panic!("corpus/{name}/{file}: {failure}");
        }
    }
    let mut mutator = Mutator::new(2026);
    for number in 0..mutations {
        let input = mutator.mutate(&corpus);
        if let Err(failure) = target.run(&input) {
            panic!(
                "mutation {number} of {name}: {failure}: b\"{}\"",
                input.escape_ascii()
            );
        }
    }
}

macro_rules! replay {
    ($($target:ident: $mutations:literal),* $(,)?) => {
        $(
            #[test]
            fn $target() {
                replay(&stringify!($target).replace('_', "-"), $mutations);
            }
        )*

        #[test]
        fn every_target_is_replayed() {
            let names: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
            assert_eq!(names, [$(stringify!($target).replace('_', "-")),*]);
        }
    };
}

replay!(stun: 2000, sdp: 2000, candidate: 2000, ice: 1500, pair: 150, mdns: 500, turn: 1500, sctp: 1500, sctp_packet: 2000, sack: 1500, peer: 300);
