//! The npm package rill-rtc: native addon and compiled TypeScript in `bindings/node`.

use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::path::PathBuf;

use crate::install;
use crate::run::{Outcome, cargo, npm, root, run, target_dir};

/// How the addon is compiled.
#[derive(Clone, Copy)]
pub(crate) enum Profile {
    /// What users get.
    Release,
    /// Quick to rebuild while working on it.
    Debug,
}

impl Profile {
    fn directory(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Debug => "debug",
        }
    }

    fn flags(self) -> &'static [&'static str] {
        match self {
            Self::Release => &["--release"],
            Self::Debug => &[],
        }
    }
}

pub(crate) fn chore(arguments: &[String]) -> Outcome {
    let profile = match arguments {
        [] => Profile::Release,
        [flag] if flag == "--debug" => Profile::Debug,
        _ => return Err("usage: cargo xtask build-node [--debug]".to_owned()),
    };
    run(cargo(["build", "--locked", "-p", "rill-node"]).args(profile.flags()))?;
    package(profile)
}

/// Builds the addon and the `rill` binary together: one set of features, so one build of what they
/// share.
pub(crate) fn build_with_cli(profile: Profile) -> Outcome {
    let packages = ["build", "--locked", "-p", "rill-node", "-p", "rill-cli"];
    run(cargo(packages).args(profile.flags()))
}

/// Puts the addon that was built in its place and compiles the TypeScript around it.
pub(crate) fn package(profile: Profile) -> Outcome {
    install::node()?;
    let library = format!("{DLL_PREFIX}rill_node{DLL_SUFFIX}");
    let built = target_dir().join(profile.directory()).join(library);
    let addon = directory().join("rill.node");
    // A new file, not new content: a process that has the old one mapped must not see it change.
    let fresh = directory().join("rill.node.new");
    std::fs::copy(&built, &fresh)
        .and_then(|_| std::fs::rename(&fresh, &addon))
        .map_err(|error| format!("cannot copy {} to bindings/node: {error}", built.display()))?;
    install::npm_packages(&directory())?;
    run(&mut npm(&directory(), ["run", "--silent", "build:ts"]))
}

/// The folder of the npm package.
pub(crate) fn directory() -> PathBuf {
    root().join("bindings").join("node")
}

/// The `rill` binary of that profile.
pub(crate) fn cli(profile: Profile) -> PathBuf {
    target_dir()
        .join(profile.directory())
        .join(format!("rill{}", std::env::consts::EXE_SUFFIX))
}
