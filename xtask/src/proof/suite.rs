//! The tests that an experiment runs, and which of them are red.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Command, Stdio},
    sync::mpsc,
    time::{Duration, Instant},
};

use super::marker::Test;
use crate::run::{Outcome, target_dir};

/// The random walks go everywhere: any broken line may turn one red, and none is theirs.
const WALKS: &str = "walk";

/// A broken line may hang a test for ever.
const PATIENCE: Duration = Duration::from_secs(900);

/// Tests that run together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Suite {
    /// A cargo package by its name.
    Package(String),
    /// The tests of the npm package.
    Node,
}

/// A test as its suite names it: `trickle::b4_is_there`, or a title.
pub(crate) type Name = (Suite, String);

impl Suite {
    /// The suite that has a file, where it can run without other stacks and browsers.
    pub(crate) fn of(root: &Path, file: &str) -> Option<Self> {
        if file.starts_with("bindings/node/") {
            return Some(Self::Node);
        }
        let mut folder = Path::new(file).parent();
        while let Some(inside) = folder.filter(|inside| !inside.as_os_str().is_empty()) {
            if let Ok(manifest) = std::fs::read_to_string(root.join(inside).join("Cargo.toml")) {
                let mut lines = manifest.lines();
                let name = lines.find_map(|line| line.strip_prefix("name = \""))?;
                return Some(Self::Package(name.trim_end_matches('"').to_owned()));
            }
            folder = inside.parent();
        }
        None
    }

    /// Whether a name of this suite is that of a test in a file.
    pub(crate) fn is(&self, root: &Path, name: &str, test: &Test) -> bool {
        if Self::of(root, &test.file).as_ref() != Some(self) {
            return false;
        }
        if *self == Self::Node {
            return name == test.name;
        }
        let mut segments: Vec<_> = name.split("::").collect();
        let file = Path::new(&test.file);
        let stem = file.file_stem().unwrap_or_default().to_string_lossy();
        let module = match &*stem {
            "main" | "lib" | "mod" => file.parent().and_then(Path::file_name),
            _ => file.file_stem(),
        };
        let module = module.unwrap_or_default().to_string_lossy();
        // A file directly in `tests` is a binary of its own: its tests have no module.
        let alone = segments.len() == 1;
        segments.pop() == Some(&test.name) && (alone || segments.contains(&&*module))
    }

    /// Runs it in a copy of the repository and gives the verdict on every test.
    pub(crate) fn run(&self, tree: &Path) -> Outcome<BTreeMap<Name, bool>> {
        let lines = match self {
            Self::Package(package) => {
                let arguments = ["test", "--locked", "--no-fail-fast", "-p", package];
                output(cargo_in(tree).args(arguments))?
            }
            Self::Node => {
                let build = ["xtask", "build-node", "--debug"];
                let built = cargo_in(tree).args(build).output();
                if !built.is_ok_and(|built| built.status.success()) {
                    return Err(format!("{self} does not build"));
                }
                output(&mut node_tests(&tree.join("bindings/node"))?)?
            }
        };
        let verdicts: BTreeMap<_, _> = lines
            .iter()
            .filter_map(|line| verdict(line))
            .filter(|(name, _)| !is_walk(name))
            .map(|(name, green)| ((self.clone(), name), green))
            .collect();
        if verdicts.is_empty() {
            return Err(format!("{self} ran no test: it does not compile"));
        }
        Ok(verdicts)
    }
}

impl std::fmt::Display for Suite {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Package(package) => f.write_str(package),
            Self::Node => f.write_str("bindings/node"),
        }
    }
}

/// Whether it is one of cargo's random walks, `a_walk_breaks_no_rule` and the like.
fn is_walk(name: &str) -> bool {
    let mut words = name
        .split("::")
        .last()
        .into_iter()
        .flat_map(|test| test.split('_'));
    words.any(|word| word == WALKS)
}

/// The red ones among some verdicts.
pub(crate) fn red(verdicts: &BTreeMap<Name, bool>) -> BTreeSet<Name> {
    let red = verdicts.iter().filter(|(_, green)| !**green);
    red.map(|(name, _)| name.clone()).collect()
}

/// What a line of libtest or of TAP says of one test.
fn verdict(line: &str) -> Option<(String, bool)> {
    if let Some(rest) = line.strip_prefix("test ") {
        let (name, word) = rest.split_once(" ... ")?;
        return match word {
            "ok" => Some((name.to_owned(), true)),
            "FAILED" => Some((name.to_owned(), false)),
            _ => None,
        };
    }
    let line = line.trim_start();
    let (rest, green) = match line.strip_prefix("not ok ") {
        Some(rest) => (rest, false),
        None => (line.strip_prefix("ok ")?, true),
    };
    let (_, name) = rest.split_once(" - ")?;
    let name = name.split(" # ").next().unwrap_or(name);
    // A file with a test that hung is cancelled: its tests were judged before.
    let is_test = !name.ends_with(".mjs");
    is_test.then(|| (name.to_owned(), green))
}

fn cargo_in(tree: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command
        .current_dir(tree)
        // A folder of its own: cargo cannot tell what the copy built from what the checkout did.
        .env("CARGO_TARGET_DIR", target_dir().join("proof/target"))
        .env_remove("CARGO_MANIFEST_DIR");
    command
}

/// The tests of the npm package, of which none may hang for ever.
fn node_tests(directory: &Path) -> Outcome<Command> {
    let folder = std::fs::read_dir(directory.join("test"))
        .map_err(|error| format!("{} cannot be read: {error}", directory.display()))?;
    let mut files: Vec<_> = folder
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.to_string_lossy().ends_with(".test.mjs"))
        .filter(|path| !path.ends_with(format!("{WALKS}.test.mjs")))
        .collect();
    files.sort();
    let mut command = Command::new("node");
    command
        .current_dir(directory)
        .args(["--test", "--test-reporter=tap", "--test-timeout=60000"])
        .args(files);
    Ok(command)
}

/// The lines that a command prints, whether it succeeds or not. One that does not end is killed; its
/// tests that said nothing are not judged.
fn output(command: &mut Command) -> Outcome<Vec<String>> {
    let program = command.get_program().to_string_lossy().into_owned();
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("cannot start {program}: {error}"))?;
    let stdout = child.stdout.take().expect("stdout was piped just above");
    let (sender, receiver) = mpsc::channel();
    let reader = std::thread::spawn(move || {
        for line in BufReader::new(stdout).split(b'\n').map_while(Result::ok) {
            let _ = sender.send(String::from_utf8_lossy(&line).into_owned());
        }
    });
    let end = Instant::now() + PATIENCE;
    let mut lines = Vec::new();
    while let Some(left) = end.checked_duration_since(Instant::now()) {
        match receiver.recv_timeout(left) {
            Ok(line) => lines.push(line),
            Err(mpsc::RecvTimeoutError::Disconnected) => {
                let _ = child.wait();
                let _ = reader.join();
                return Ok(lines);
            }
            Err(mpsc::RecvTimeoutError::Timeout) => {}
        }
    }
    // With the processes that it started.
    let group = format!("-{}", child.id());
    let _ = Command::new("kill").args(["-9", "--", &group]).status();
    let _ = child.kill();
    let _ = child.wait();
    Err(format!("{program} did not end within {PATIENCE:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts_of_both_runners_are_read() {
        for (line, expected) in [
            ("test a::b ... ok", Some(("a::b", true))),
            ("test a::b ... FAILED", Some(("a::b", false))),
            ("test a::b ... ignored", None),
            ("test result: ok. 1 passed", None),
            ("ok 3 - it holds", Some(("it holds", true))),
            (
                "    not ok 1 - it breaks # time",
                Some(("it breaks", false)),
            ),
            ("not ok 9 - /there/test/page.test.mjs", None),
            ("# ok", None),
        ] {
            let expected = expected.map(|(name, green): (&str, bool)| (name.to_owned(), green));
            assert_eq!(verdict(line), expected, "{line}");
        }
    }
}
