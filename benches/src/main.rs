//! rill beside other stacks: `cargo xtask bench`.
//!
//! Each measurement runs in a process of its own, so that threads, buffers and CPU time of one stack
//! are not another's; the stacks take turns within each round, because only figures of one run on
//! one machine compare.
#![forbid(unsafe_code)]

mod arguments;
mod contender;
mod measure;
mod sockets;
mod table;

use std::process::ExitCode;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match words.first().map(String::as_str) {
        // What this program starts itself with.
        Some("measure") => measure::in_this_process(&words[1..]),
        _ => arguments::Arguments::parse(&words).and_then(|arguments| table::print(&arguments)),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("bench: {message}");
            ExitCode::FAILURE
        }
    }
}
