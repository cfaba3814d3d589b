//! Connect-and-close cycles in one process, with their figures shown: in Rust, then in Node.

use crate::build_node;
use crate::run::{Outcome, cargo, npm, run, run_suite};

pub(crate) fn chore(arguments: &[String]) -> Outcome {
    if !arguments.is_empty() {
        return Err("usage: cargo xtask leak".to_owned());
    }
    let test = [
        "test",
        "--locked",
        "-p",
        "rill-rtc",
        "--test",
        "cycles",
        "--",
        "--nocapture",
    ];
    run_suite(&mut cargo(test)).1?;
    build_node::chore(&[])?;
    run(&mut npm(
        &build_node::directory(),
        ["run", "--silent", "test:leak"],
    ))
}
