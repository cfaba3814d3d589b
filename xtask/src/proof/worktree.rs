//! A copy of the last commit in which lines may be broken.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use crate::run::{Outcome, first_line, root, run, target_dir};

/// Lives beside what cargo builds, always at the same path, so that builds stay incremental; it goes
/// with this value.
#[derive(Debug)]
pub(crate) struct Worktree {
    path: PathBuf,
}

impl Worktree {
    pub(crate) fn of_head() -> Outcome<Self> {
        let path = target_dir().join("proof/tree");
        let tree = Self { path };
        // What an interrupted run left.
        tree.remove();
        let add = ["worktree", "add", "--quiet", "--force", "--detach"];
        run(git().args(add).arg(&tree.path).arg("HEAD"))?;
        tree.link_packages()?;
        let commit = first_line(git().args(["log", "-1", "--format=%h %s"]));
        println!("in a copy of {}", commit.unwrap_or_default());
        Ok(tree)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Breaks a line; it is whole again when the result goes.
    pub(crate) fn replace(&self, path: &str, snippet: &str, with: &str) -> Outcome<Broken> {
        let file = self.path.join(path);
        let whole = std::fs::read_to_string(&file)
            .map_err(|error| format!("{path} cannot be read: {error}"))?;
        let broken = whole.replacen(snippet, with, 1);
        std::fs::write(&file, broken)
            .map_err(|error| format!("{path} cannot be written: {error}"))?;
        Ok(Broken { file, whole })
    }

    /// The npm packages of the checkout serve the copy too.
    fn link_packages(&self) -> Outcome {
        let installed = root().join("bindings/node/node_modules");
        if !installed.is_dir() {
            return Ok(());
        }
        #[cfg(unix)]
        std::os::unix::fs::symlink(&installed, self.path.join("bindings/node/node_modules"))
            .map_err(|error| format!("cannot link {}: {error}", installed.display()))?;
        Ok(())
    }

    fn remove(&self) {
        if self.path.exists() {
            let _ = std::fs::remove_dir_all(&self.path);
        }
        let _ = git().args(["worktree", "prune"]).status();
    }
}

impl Drop for Worktree {
    fn drop(&mut self) {
        self.remove();
    }
}

/// A file with a broken line.
#[derive(Debug)]
pub(crate) struct Broken {
    file: PathBuf,
    whole: String,
}

impl Drop for Broken {
    fn drop(&mut self) {
        if let Err(error) = std::fs::write(&self.file, &self.whole) {
            eprintln!("{} stays broken: {error}", self.file.display());
        }
    }
}

fn git() -> Command {
    let mut command = Command::new("git");
    command.current_dir(root());
    command
}
