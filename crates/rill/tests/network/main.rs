//! Real servers and real NATs: coturn on loopback, and peers in network namespaces. A machine that
//! lacks what a test needs skips it and says why.
#![cfg(target_os = "linux")]

mod authority;
mod coturn;
mod lab;
mod logged;
mod namespace;
mod nat;
mod outage;
mod pair;
mod peer;
mod privacy;
mod process;
mod refusal;
mod relay;
mod secrets;
mod session;
mod signal;
mod trust;

use std::io::Write;

/// Says on the terminal why tests are skipped. Not by `println!`, which nobody sees of a test that
/// passes.
fn skipped(why: &str) {
    // Without a terminal nobody is told.
    drop(writeln!(std::io::stderr(), "skipped: {why}"));
}
