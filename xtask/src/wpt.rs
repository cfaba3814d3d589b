//! The W3C's own tests of `webrtc/` through the Node package; `wpt/README.md` has the details.

use std::process::Command;

use crate::build_node;
use crate::install;
use crate::run::{Outcome, root, run};

/// Takes the options of `wpt/run.mjs`. Without `--package` the package is built and taken.
pub(crate) fn chore(arguments: &[String]) -> Outcome {
    let mut command = Command::new("node");
    command.arg(root().join("wpt/run.mjs")).args(arguments);
    let given = |option: &str| {
        arguments.iter().any(|argument| {
            let rest = argument.strip_prefix(option);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
        })
    };
    if !given("--wpt") {
        return Err(USAGE.to_owned());
    }
    if given("--package") {
        install::node()?;
    } else {
        build_node::chore(&[])?;
        command.arg("--package").arg(build_node::directory());
    }
    run(&mut command)
}

const USAGE: &str = "\
usage: cargo xtask wpt --wpt DIR [--filter PATTERN] [--json OUT] [--browsers FILE]
                       [--package DIR] [--jobs N] [--update]

  --wpt DIR         a checkout of web-platform-tests
  --filter PATTERN  only files whose path matches, a regular expression
  --json OUT        writes every result and message
  --browsers FILE   shows what browsers do beside it: file -> { group, subtests: [[name, ...]] }
  --package DIR     a built rill-rtc; without it the one in bindings/node is built and taken
  --jobs N          files at a time
  --update          rewrites wpt/expectations.json from this run";
