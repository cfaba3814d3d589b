//! rill beside other stacks, in a workspace of its own; and what it costs when nothing happens.

use crate::run::{Outcome, cargo, run};

pub(crate) fn chore(arguments: &[String]) -> Outcome {
    let Some((first, rest)) = arguments.split_first() else {
        let usage = "usage: cargo xtask bench setup|data [--rounds N] ... | idle [MINUTES]";
        return Err(usage.to_owned());
    };
    if first == "idle" {
        let bench = [
            "bench", "--locked", "-p", "rill-ice", "--bench", "idle", "--",
        ];
        return run(cargo(bench).args(rest));
    }
    let build = ["run", "--quiet", "--release"];
    run(cargo(build)
        .args(["--manifest-path", "benches/Cargo.toml", "--"])
        .args(arguments))
}
