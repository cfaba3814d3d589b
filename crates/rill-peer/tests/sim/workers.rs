//! Many simulations on every core.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{env, thread};

use rill_sim::Seed;

/// What `work` makes of the numbers below `count`, in their order.
pub(crate) fn map<T: Send>(count: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::with_capacity(count));
    let run = || {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= count {
                return;
            }
            let result = work(index);
            let mut results = results.lock().expect("no simulation panics");
            results.push((index, result));
        }
    };
    let cores = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(run);
        }
    });
    let mut results = results.into_inner().expect("no simulation panics");
    results.sort_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

/// The seeds that the environment asks for.
pub(crate) fn seeds_from_env(count: u64) -> Vec<Seed> {
    let count = number("RILL_SIM_SEEDS", count);
    let first = number("RILL_SIM_FROM", 1);
    (first..first + count).map(Seed::new).collect()
}

pub(crate) fn print_seeds(seeds: &[Seed]) {
    if let (Some(first), Some(last)) = (seeds.first(), seeds.last()) {
        println!("seeds {first} to {last}, {} a cell", seeds.len());
    }
}

fn number(name: &str, default: u64) -> u64 {
    let given = env::var(name).ok();
    given.map_or(default, |text| {
        text.parse()
            .unwrap_or_else(|_| panic!("{name} must be a number, not {text:?}"))
    })
}
