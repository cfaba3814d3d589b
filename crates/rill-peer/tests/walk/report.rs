//! Many walks, and what they found.

use std::{
    collections::BTreeMap,
    env,
    io::{self, IsTerminal, Write},
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use rill_sim::{Replay, Seed};

use crate::{log::Log, script::Script, shorten::shorten, violation::Violation};

/// The walk of a seed; what it found, with the script.
fn go(seed: u64) -> Option<(Script, Violation)> {
    let script = Script::draw(seed);
    let found = script.run(&Log::default()).err()?;
    Some((script, found))
}

/// What was found, by rule: the first walk of each, and how many there were.
#[derive(Debug, Default)]
pub(crate) struct Findings(BTreeMap<String, (Script, Violation, u64)>);

impl Findings {
    pub(crate) fn take(&mut self, found: Option<(Script, Violation)>) {
        let Some((script, violation)) = found else {
            return;
        };
        let rule = violation.rule.clone();
        let entry = self.0.entry(rule).or_insert_with_key(|rule| {
            // The others take minutes; what one walk found can be looked at meanwhile.
            eprintln!("\nseed {}: {rule}", script.seed);
            (script.clone(), violation.clone(), 0)
        });
        // Whichever core was first, the lowest seed is told.
        if script.seed < entry.0.seed {
            (entry.0, entry.1) = (script, violation);
        }
        entry.2 += 1;
    }

    /// Prints what was found, shortened; fails if it is anything.
    ///
    /// # Panics
    ///
    /// If there are findings.
    pub(crate) fn finish(self) {
        let count: u64 = self.0.values().map(|(.., count)| count).sum();
        for (script, violation, count) in self.0.values() {
            print(script, violation, *count);
        }
        assert!(
            self.0.is_empty(),
            "{} rules broken in {count} walks",
            self.0.len()
        );
    }
}

fn print(script: &Script, violation: &Violation, count: u64) {
    let short = shorten(script, violation);
    let log = Log::kept();
    let again = short.run(&log).err();
    let shown = again.as_ref().unwrap_or(violation);
    println!("\n=== {}", shown.rule);
    println!("({count} walks; the first is seed {})", script.seed);
    for line in shown.detail.lines().filter(|line| !is_codec(line)) {
        println!("  {line:.400}");
    }
    for line in log.lines() {
        println!("  {line:.400}");
    }
    let replay = Replay::new(Seed::new(script.seed), "rill-peer", Some("walk"));
    println!("replay: {}", replay.command("a_walk_breaks_no_rule"));
    // It speaks in a panic only.
    drop(replay);
}

/// The lines of a description that are many and say little.
fn is_codec(line: &str) -> bool {
    let starts = [
        "a=rtpmap",
        "a=fmtp",
        "a=rtcp",
        "a=extmap",
        "a=fingerprint",
        "a=ice-pwd",
    ];
    starts.iter().any(|start| line.starts_with(start))
}

/// Goes as many walks as the environment says, and looks at what they leave in memory.
pub(crate) fn go_many() -> Findings {
    let count = number("RILL_WALKS", 1000);
    let first = number("RILL_WALK_FROM", 0);
    let (before, early) = (resident(), AtomicU64::new(0));
    let findings = go_all(first, count, |index| {
        if index == count / 10 {
            early.store(resident(), Ordering::Relaxed);
        }
        show(index, count);
    });
    let (early, after) = (early.into_inner(), resident());
    println!("\n{count} walks; resident {before} KiB at first, {early} after a tenth, {after} now");
    // What a tenth of them needs is enough for all; the allocator is given some room.
    assert!(
        count < 1000 || after < early + 32 * 1024,
        "walks leave memory behind"
    );
    findings
}

/// The walks of so many seeds, on every core.
pub(crate) fn go_all(first: u64, count: u64, done: impl Fn(u64) + Sync) -> Findings {
    let (next, findings) = (AtomicU64::new(0), Mutex::new(Findings::default()));
    let work = || {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= count {
                return;
            }
            let found = go(first + index);
            findings.lock().expect("no walk panics outside").take(found);
            done(index);
        }
    };
    let cores = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(work);
        }
    });
    findings.into_inner().expect("no walk panics outside")
}

/// Progress, on a terminal.
fn show(index: u64, count: u64) {
    if (index + 1).is_multiple_of(100) && io::stderr().is_terminal() {
        let _ = write!(io::stderr(), "\r{} of {count} walks", index + 1);
    }
}

fn number(name: &str, default: u64) -> u64 {
    let given = env::var(name).ok();
    given.map_or(default, |text| {
        text.parse()
            .unwrap_or_else(|_| panic!("{name} must be a number, not {text:?}"))
    })
}

/// What of this process is in memory, in KiB; 0 where the system does not say.
fn resident() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = statm
        .split(' ')
        .nth(1)
        .and_then(|pages| pages.parse::<u64>().ok());
    pages.unwrap_or_default() * 4
}
