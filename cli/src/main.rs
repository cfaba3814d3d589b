#![forbid(unsafe_code)]
//! `rill`: the command line of the WebRTC stack of the same name.
//!
//! `rill serve` shows a page on which this browser and a Rust peer connect with full trickle;
//! `rill gather` prints ICE candidates as they trickle. This file only routes.

mod command;
mod gather;
mod serve;
mod server_outcome;
mod stun_url;

use std::process::ExitCode;

fn main() -> ExitCode {
    command::run()
}
