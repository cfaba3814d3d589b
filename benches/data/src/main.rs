//! How much SCTP carries over a link, in virtual time: `cargo xtask sim data`.
//!
//! One end sends as fast as it may, the other reads at once; between them lie a bottleneck with a
//! drop-tail queue, a propagation delay and random loss. The same seed gives the same figures on any
//! machine, CPU time excepted.
#![forbid(unsafe_code)]

mod arguments;
mod cell;
mod endpoint;
mod flow;
mod link;
mod packet;
mod radio;
mod report;
mod run;
mod simulation;

use std::process::ExitCode;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match arguments::Arguments::parse(&words) {
        Ok(arguments) => {
            let outcomes = run::all(&arguments);
            report::print(&arguments, &outcomes);
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("sim data: {message}");
            ExitCode::FAILURE
        }
    }
}
