//! Everything a change must pass, and what came of it.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::build_node::{self, Profile};
use crate::install;
use crate::interop;
use crate::proof;
use crate::run::{Outcome, Tally, cargo, first_line, npm, run, run_suite};

const PARTS: [&str; 4] = ["lint", "rust", "node", "interop"];
/// What is built beside other stacks, so that the product's lock file holds none of them.
const OTHER_WORKSPACES: [&str; 2] = ["benches/Cargo.toml", "interop/peers/rust/Cargo.toml"];

pub(crate) fn chore(arguments: &[String]) -> Outcome {
    if let Some(unknown) = arguments
        .iter()
        .find(|part| !PARTS.contains(&part.as_str()))
    {
        return Err(format!(
            "there is no part named {unknown:?}; the parts: {}",
            PARTS.join(", ")
        ));
    }
    let wanted = |part: &str| arguments.is_empty() || arguments.iter().any(|given| given == part);
    let mut report = Report::default();
    if wanted("lint") {
        lint(&mut report);
    }
    if wanted("rust") {
        if let Err(error) = install::network_tools() {
            report.note(&format!(
                "tests on real servers and NATs are skipped: {error}"
            ));
        }
        report.suite("Rust tests", || {
            Ok(cargo(["test", "--workspace", "--locked", "--no-fail-fast"]))
        });
    }
    if wanted("node") || wanted("interop") {
        node(&mut report, wanted("node"), wanted("interop"));
    }
    report.finish()
}

fn lint(report: &mut Report) {
    report.check("format", || {
        run(&mut cargo(["fmt", "--all", "--check"]))?;
        let fmt = ["fmt", "--all", "--check", "--manifest-path"];
        OTHER_WORKSPACES
            .iter()
            .try_for_each(|manifest| run(cargo(fmt).arg(manifest)))
    });
    report.check("trickle behaviours", || proof::check(&proof::TRICKLE));
    report.check("reliability", || proof::check(&proof::RELIABILITY));
    report.check("clippy", || {
        let clippy = [
            "clippy",
            "--workspace",
            "--all-targets",
            "--locked",
            "--",
            "-D",
            "warnings",
        ];
        run(&mut cargo(clippy))
    });
    report.check("lock files", || {
        let update = [
            "update",
            "--workspace",
            "--locked",
            "--quiet",
            "--manifest-path",
        ];
        OTHER_WORKSPACES
            .iter()
            .try_for_each(|manifest| run(cargo(update).arg(manifest)))
    });
    report.check("docs", || {
        let doc = ["doc", "--workspace", "--no-deps", "--locked"];
        run(cargo(doc).env("RUSTDOCFLAGS", "-D warnings"))
    });
    if wasm_target_installed() {
        report.check("core crates on wasm32", || {
            let check = ["check", "--locked", "--target", "wasm32-unknown-unknown"];
            run(cargo(check).args(["-p", "rill-stun", "-p", "rill-sdp", "-p", "rill-ice"]))
        });
    } else {
        report.note("wasm32 not checked: rustup target add wasm32-unknown-unknown");
    }
}

/// The npm package, its own tests, and the interop suites that load it.
fn node(report: &mut Report, own: bool, interop: bool) {
    let built = report.check("build addon and rill", || {
        build_node::build_with_cli(Profile::Release)
    }) && report.check("npm package", || build_node::package(Profile::Release));
    if own {
        report.suite_if(built, "Node tests", || {
            install::node()?;
            let mut tests = npm(&build_node::directory(), ["--silent", "test"]);
            // What it says when nobody reads along is three times as long.
            tests.env("NODE_OPTIONS", "--test-reporter=spec");
            Ok(tests)
        });
    }
    if interop {
        report.suite_if(built, "interop tests", || interop::suite(Profile::Release));
    }
}

fn wasm_target_installed() -> bool {
    first_line(Command::new("rustc").args(["--print", "sysroot"])).is_some_and(|sysroot| {
        std::path::Path::new(&sysroot)
            .join("lib/rustlib/wasm32-unknown-unknown")
            .is_dir()
    })
}

/// What ran, in order.
#[derive(Default)]
struct Report {
    steps: Vec<Step>,
    notes: Vec<String>,
}

struct Step {
    name: &'static str,
    elapsed: Duration,
    tally: Tally,
    outcome: Outcome,
}

impl Report {
    /// A step that passes or fails as one.
    fn check(&mut self, name: &'static str, step: impl FnOnce() -> Outcome) -> bool {
        self.step(name, || {
            let outcome = step();
            let (passed, failed) = if outcome.is_ok() { (1, 0) } else { (0, 1) };
            (
                Tally {
                    passed,
                    failed,
                    ignored: 0,
                },
                outcome,
            )
        })
    }

    /// A step whose tests are counted.
    fn suite(&mut self, name: &'static str, prepare: impl FnOnce() -> Outcome<Command>) -> bool {
        self.step(name, || match prepare() {
            Ok(mut command) => run_suite(&mut command),
            Err(message) => (
                Tally {
                    failed: 1,
                    ..Tally::default()
                },
                Err(message),
            ),
        })
    }

    /// The same, but failed without running if what it needs was not built.
    fn suite_if(
        &mut self,
        ready: bool,
        name: &'static str,
        prepare: impl FnOnce() -> Outcome<Command>,
    ) {
        self.suite(name, || {
            if ready {
                prepare()
            } else {
                Err("not run: not built".to_owned())
            }
        });
    }

    fn note(&mut self, text: &str) {
        println!("\n{text}");
        self.notes.push(text.to_owned());
    }

    fn step(&mut self, name: &'static str, step: impl FnOnce() -> (Tally, Outcome)) -> bool {
        println!("\n=== {name}");
        let start = Instant::now();
        let (tally, outcome) = step();
        let elapsed = start.elapsed();
        match &outcome {
            Ok(()) => println!("=== {name}: ok, {:.1} s", elapsed.as_secs_f32()),
            Err(message) => println!(
                "=== {name}: FAILED, {:.1} s: {message}",
                elapsed.as_secs_f32()
            ),
        }
        let passed = outcome.is_ok();
        self.steps.push(Step {
            name,
            elapsed,
            tally,
            outcome,
        });
        passed
    }

    /// Prints the summary; its last line is `N passed, N failed`.
    fn finish(self) -> Outcome {
        println!("\n=== summary");
        for Step {
            name,
            elapsed,
            tally,
            outcome,
        } in &self.steps
        {
            let word = if outcome.is_ok() { "ok" } else { "FAILED" };
            print!(
                "{word:6} {:7.1} s  {name}: {} passed",
                elapsed.as_secs_f32(),
                tally.passed
            );
            match (tally.failed, tally.ignored) {
                (0, 0) => println!(),
                (failed, 0) => println!(", {failed} failed"),
                (failed, ignored) => println!(", {failed} failed, {ignored} ignored"),
            }
        }
        self.notes.iter().for_each(|note| println!("note: {note}"));
        let total =
            |count: fn(&Tally) -> u64| self.steps.iter().map(|step| count(&step.tally)).sum();
        let (passed, failed): (u64, u64) =
            (total(|tally| tally.passed), total(|tally| tally.failed));
        println!("{passed} passed, {failed} failed");
        match self.steps.iter().find(|step| step.outcome.is_err()) {
            None => Ok(()),
            Some(step) => Err(format!("the first step that failed: {}", step.name)),
        }
    }
}
