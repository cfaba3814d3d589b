//! Browsers and other WebRTC stacks against the Node package and `rill serve`.

mod peers;

use std::process::Command;

use crate::build_node::{self, Profile};
use crate::install;
use crate::run::{Outcome, npm, root, run};

const BROWSERS: [&str; 2] = ["chromium", "firefox"];
/// The one program that takes part in `bulk`; the others come from npm.
const BULK_PROGRAM: &str = "aiortc";

/// The whole matrix; takes the options of `interop/run.js`.
pub(crate) fn chore(arguments: &[String]) -> Outcome {
    let directory = root().join("interop");
    let mut command = Command::new("node");
    command.arg(directory.join("run.js")).args(arguments);
    if arguments.iter().any(|argument| argument == "--help") {
        return run(&mut command);
    }
    let asked: Vec<_> = asked(arguments).collect();
    let wanted = |name: &str| asked.is_empty() || asked.contains(&name);
    build_node::build_with_cli(Profile::Release)?;
    build_node::package(Profile::Release)?;
    install::npm_packages(&directory)?;
    if BROWSERS.into_iter().any(wanted) {
        name_browsers(&mut command)?;
    }
    let bulk = arguments.iter().any(|argument| argument == "bulk");
    let takes_part = |name: &str| wanted(name) && (!bulk || name == BULK_PROGRAM);
    for peer in peers::ALL.iter().filter(|peer| takes_part(peer.name)) {
        peer.prepare(&mut command);
    }
    run(&mut command)
}

/// The values of `--peer`.
fn asked(arguments: &[String]) -> impl Iterator<Item = &str> {
    let separate = arguments
        .windows(2)
        .filter_map(|pair| (pair[0] == "--peer").then_some(pair[1].as_str()));
    let joined = arguments
        .iter()
        .filter_map(|argument| argument.strip_prefix("--peer="));
    separate.chain(joined)
}

/// The program among the peers of every change; the others come from npm.
const SUITE_PROGRAM: &str = "pion";

/// The tests of every change, ready to run: their packages and both browsers are there. The program takes
/// part where `cargo xtask interop` has installed it: half a gigabyte of packages is too much for them.
pub(crate) fn suite(profile: Profile) -> Outcome<Command> {
    let directory = root().join("interop");
    install::npm_packages(&directory)?;
    let mut command = npm(&directory, ["--silent", "test"]);
    command.env("RILL_BIN", build_node::cli(profile));
    let program = peers::ALL.iter().find(|peer| peer.name == SUITE_PROGRAM);
    match program.filter(|_| peers::has_pion()) {
        Some(peer) => peer.prepare(&mut command),
        None => {
            let reason = "cargo xtask interop --peer pion installs it";
            command.env("RILL_PEER_PION_ABSENT", reason);
        }
    }
    name_browsers(&mut command)?;
    Ok(command)
}

fn name_browsers(command: &mut Command) -> Outcome {
    let browsers = install::browsers()?;
    command
        .env("RILL_CHROMIUM", browsers.chromium)
        .env("RILL_FIREFOX", browsers.firefox);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peers_are_asked_for_in_either_form() {
        let given = ["--json", "--peer", "werift", "--peer=pion"].map(str::to_owned);
        assert_eq!(asked(&given).collect::<Vec<_>>(), ["werift", "pion"]);
        assert_eq!(asked(&given[..2]).count(), 0);
    }
}
