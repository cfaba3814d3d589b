//! rill beside other stacks, in a workspace of its own.

use crate::run::{Outcome, cargo, run};

pub(crate) fn chore(arguments: &[String]) -> Outcome {
    if arguments.is_empty() {
        return Err("usage: cargo xtask bench setup|data [--rounds N] ...".to_owned());
    }
    let build = ["run", "--quiet", "--release"];
    run(cargo(build)
        .args(["--manifest-path", "benches/Cargo.toml", "--"])
        .args(arguments))
}
