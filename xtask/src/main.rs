//! The chores of the repository: `cargo xtask` without arguments lists them.
#![forbid(unsafe_code)]

mod bench;
mod build_node;
mod coverage;
mod install;
mod interop;
mod leak;
mod proof;
mod run;
mod sim;
mod test;
mod walk;
mod wpt;

use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask <chore>

  test [lint] [rust] [node] [interop]  everything a change must pass, or only the parts named
  build-node [--debug]                 build the npm package rill-rtc in bindings/node
  interop [--peer NAME]... [--json]    browsers and other WebRTC stacks against the Node package, as a
                                       table; builds or installs the peers first
  interop bulk [--megabytes N] ...     100 MB each way, checked by their hash
  bench setup|data|rtt|unreliable|memory|idle-pairs [--rounds N] [--node] ...
                                       rill beside str0m and webrtc, and with --node beside stacks
                                       for Node, interleaved in one run
  bench idle [MINUTES]                 CPU and memory of 10,000 agents that only keep consent, in virtual time
  coverage CRATE [--least PERCENT]     how many lines of a crate its tests run
  leak                                 1,000 connect-and-close cycles in one process, Rust and Node
  sim nat|connect [--seeds N] [--from N]
                                       each kind of NAT against each, and bad lines: whether
                                       and how soon simulated connections form
  sim sctp [--seeds N] [--peer dcsctp] what SCTP keeps when packets are lost, late, doubled and
                                       corrupted, with rill or dcsctp at the other end
  sim data [--all] [--rtt MS] ...      what SCTP carries over simulated links, for rill and dcsctp
  trickle [--json] [--number B4]       each behaviour of TRICKLE.md with its tests and the lines they
                                       guard; --break B4 breaks those lines and looks what turns red
  reliability [--json] [--number 4]    the same of RELIABILITY.md: what attacks are survived
  walk [--sequences N] [--node N]      random walks over the public API, in simulation and through Node
  wpt --wpt DIR [--filter PATTERN] ... the W3C's own tests through the Node package, from a checkout
                                       of web-platform-tests";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (chore, rest) = match arguments.split_first() {
        Some((chore, rest)) => (chore.as_str(), rest),
        None => ("help", &[][..]),
    };
    let outcome = match chore {
        "test" => test::chore(rest),
        "build-node" => build_node::chore(rest),
        "interop" => interop::chore(rest),
        "bench" => bench::chore(rest),
        "coverage" => coverage::chore(rest),
        "leak" => leak::chore(rest),
        "sim" => sim::chore(rest),
        "trickle" => proof::chore(&proof::TRICKLE, rest),
        "reliability" => proof::chore(&proof::RELIABILITY, rest),
        "walk" => walk::chore(rest),
        "wpt" => wpt::chore(rest),
        "help" | "--help" | "-h" => {
            println!("{USAGE}");
            Ok(())
        }
        unknown => Err(format!("there is no chore named {unknown:?}\n\n{USAGE}")),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("xtask: {message}");
            ExitCode::FAILURE
        }
    }
}
