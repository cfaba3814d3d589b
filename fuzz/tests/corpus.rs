//! The corpus, and a fixed number of inputs made from it, break nothing.

use rill_fuzz::{Mutator, TARGETS, Target, corpus};

/// Inputs that are made for each target.
const MUTATIONS: usize = 2000;

fn replay(name: &str) {
    let target = Target::find(name).expect("one of the targets");
    let corpus = corpus(name).expect("its corpus");
    assert!((20..=60).contains(&corpus.len()), "{} inputs", corpus.len());
    for (file, input) in &corpus {
        if let Err(failure) = target.run(input) {
            panic!("corpus/{name}/{file}: {failure}");
        }
    }
    let mut mutator = Mutator::new(2026);
    for number in 0..MUTATIONS {
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
    ($($target:ident),* $(,)?) => {
        $(
            #[test]
            fn $target() {
                replay(stringify!($target));
            }
        )*

        #[test]
        fn every_target_is_replayed() {
            let names: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
            assert_eq!(names, [$(stringify!($target)),*]);
        }
    };
}

replay!(stun, sdp, candidate, ice, sctp);
