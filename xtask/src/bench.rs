//! rill beside other stacks, in a workspace of its own; and what it costs when nothing happens.

use crate::install;
use crate::run::{Outcome, cargo, root, run};

pub(crate) fn chore(arguments: &[String]) -> Outcome {
    if let Some((first, rest)) = arguments.split_first()
        && first == "idle"
    {
        let bench = [
            "bench", "--locked", "-p", "rill-ice", "--bench", "idle", "--",
        ];
        return run(cargo(bench).args(rest));
    }
    if in_node(arguments) {
        install::node()?;
        install::npm_packages(&root().join("benches/node"))?;
    }
    let build = ["run", "--quiet", "--release", "-p", "rill-benches"];
    run(cargo(build)
        .args(["--manifest-path", "benches/Cargo.toml", "--"])
        .args(arguments))
}

/// Whether stacks for Node are to take part.
fn in_node(arguments: &[String]) -> bool {
    const NAMES: [&str; 3] = ["rill-node", "wrtc", "node-datachannel"];
    arguments
        .iter()
        .any(|word| word == "--node" || word.split(',').any(|name| NAMES.contains(&name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_needed_where_a_stack_for_node_takes_part() {
        let words = |words: &str| words.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert!(in_node(&words("data --node")));
        assert!(in_node(&words("data --only rill,wrtc")));
        assert!(!in_node(&words("data --only rill,webrtc")));
    }
}
