#![forbid(unsafe_code)]
//! `rill`: the command line of the WebRTC stack of the same name.
//!
//! `rill serve` shows a page on which this browser and a Rust peer connect with full trickle;
//! `rill gather` prints ICE candidates as they trickle; `rill doctor` says what works and what would
//! not. This file only routes.

mod command;
mod doctor;
mod gather;
mod serve;
mod server_arguments;
mod server_outcome;
mod stun_url;
mod turn_url;

use std::process::ExitCode;

fn main() -> ExitCode {
    command::run()
}
