//! Browsers and other WebRTC stacks against the Node package and `rill serve`.

use std::process::Command;

use crate::build_node::{self, Profile};
use crate::install;
use crate::run::{Outcome, npm, root, run_suite};

pub(crate) fn chore(arguments: &[String]) -> Outcome {
    let pattern = match arguments {
        [] => None,
        [pattern] => Some(pattern.as_str()),
        _ => return Err("usage: cargo xtask interop [PATTERN]".to_owned()),
    };
    build_node::build_with_cli(Profile::Release)?;
    build_node::package(Profile::Release)?;
    let mut command = suite(Profile::Release)?;
    if let Some(pattern) = pattern {
        command
            .arg("--")
            .arg(format!("--test-name-pattern={pattern}"));
    }
    run_suite(&mut command).1
}

/// The suite, ready to run: its packages and both browsers are there.
pub(crate) fn suite(profile: Profile) -> Outcome<Command> {
    let directory = root().join("interop");
    let browsers = install::browsers()?;
    install::npm_packages(&directory)?;
    let mut command = npm(&directory, ["--silent", "test"]);
    command
        .env("RILL_BIN", build_node::cli(profile))
        .env("RILL_CHROMIUM", browsers.chromium)
        .env("RILL_FIREFOX", browsers.firefox);
    Ok(command)
}
