//! Child processes: how they are named, run, and how many tests they say they ran.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What a chore hands back; the text says what to do about it.
pub(crate) type Outcome<T = ()> = Result<T, String>;

/// The root of the checkout: cargo tells a running xtask where its own manifest lies.
pub(crate) fn root() -> PathBuf {
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(PathBuf::new, PathBuf::from);
    manifest
        .parent()
        .map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

/// Where cargo puts what it builds: two levels above this very program, whatever the configuration.
pub(crate) fn target_dir() -> PathBuf {
    std::env::current_exe()
        .ok()
        .and_then(|exe| exe.ancestors().nth(2).map(Path::to_path_buf))
        .unwrap_or_else(|| root().join("target"))
}

/// A cargo command in the root, by the same cargo that started xtask.
pub(crate) fn cargo<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    command.current_dir(root()).args(arguments);
    command
}

/// An npm command in `directory`, quiet about funding and audits.
pub(crate) fn npm<S: AsRef<OsStr>>(
    directory: &Path,
    arguments: impl IntoIterator<Item = S>,
) -> Command {
    let mut command = Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" });
    command
        .current_dir(directory)
        .args(arguments)
        .env("npm_config_fund", "false")
        .env("npm_config_audit", "false")
        .env("npm_config_update_notifier", "false");
    command
}

/// Runs to the end with the terminal's own streams.
pub(crate) fn run(command: &mut Command) -> Outcome {
    let status = command
        .status()
        .map_err(|error| cannot_start(command, &error))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("{} ended with {status}", shown(command)))
    }
}

/// The first line a command prints, if it runs and succeeds.
pub(crate) fn first_line(command: &mut Command) -> Option<String> {
    let output = command.stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output
        .status
        .success()
        .then(|| text.lines().next().unwrap_or_default().to_owned())
}

/// How many tests a suite says it ran.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) ignored: u64,
}

impl Tally {
    /// Adds what one line of output says: libtest's `test result:` or the summary of `node --test`.
    fn read(&mut self, line: &str) {
        if let Some(result) = line.strip_prefix("test result: ") {
            for part in result.split(['.', ';']) {
                self.add(part.split_whitespace().rev());
            }
        } else if let Some(entry) = line.strip_prefix("# ").or_else(|| line.strip_prefix("ℹ ")) {
            self.add(entry.split_whitespace());
        }
    }

    /// Takes the two words `passed 12`; anything else is not a count.
    fn add<'a>(&mut self, mut words: impl Iterator<Item = &'a str>) {
        let (Some(what), Some(count), None) = (words.next(), words.next(), words.next()) else {
            return;
        };
        let Ok(count) = count.parse::<u64>() else {
            return;
        };
        match what {
            "passed" | "pass" => self.passed += count,
            // A test that Node cancels has not passed.
            "failed" | "fail" | "cancelled" => self.failed += count,
            "ignored" | "skipped" => self.ignored += count,
            _ => {}
        }
    }
}

/// Runs a test suite, showing its output and counting its tests.
///
/// The tally counts at least one failure when the process fails or no test ran at all.
pub(crate) fn run_suite(command: &mut Command) -> (Tally, Outcome) {
    let mut tally = Tally::default();
    let outcome = stream(command, &mut tally).and_then(|()| match tally {
        Tally {
            passed: 0,
            failed: 0,
            ..
        } => Err(format!("{} ran no tests", shown(command))),
        _ => Ok(()),
    });
    if outcome.is_err() {
        tally.failed = tally.failed.max(1);
    }
    (tally, outcome)
}

fn stream(command: &mut Command, tally: &mut Tally) -> Outcome {
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| cannot_start(command, &error))?;
    let stdout = child
        .stdout
        .take()
        .expect("stdout was piped one line above");
    for line in BufReader::new(stdout).split(b'\n') {
        let line = line.map_err(|error| format!("cannot read {}: {error}", shown(command)))?;
        let line = String::from_utf8_lossy(&line);
        println!("{line}");
        tally.read(line.trim_end());
    }
    let status = child
        .wait()
        .map_err(|error| format!("{}: {error}", shown(command)))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("{} ended with {status}", shown(command)))
    }
}

fn cannot_start(command: &Command, error: &std::io::Error) -> String {
    format!(
        "cannot start {}: {error}; is it installed and in PATH?",
        shown(command)
    )
}

fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program())
        .file_name()
        .unwrap_or_default();
    let words = std::iter::once(program)
        .chain(command.get_args())
        .map(OsStr::to_string_lossy);
    format!("`{}`", words.collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(lines: &[&str]) -> Tally {
        let mut tally = Tally::default();
        lines.iter().for_each(|line| tally.read(line));
        tally
    }

    #[test]
    fn counts_what_libtest_says() {
        let lines = [
            "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s",
            "test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 7 filtered out; finished in 1.20s",
        ];
        assert_eq!(
            tally(&lines),
            Tally {
                passed: 15,
                failed: 2,
                ignored: 1
            }
        );
    }

    #[test]
    fn counts_what_node_says_in_either_format() {
        let spec = [
            "ℹ tests 8",
            "ℹ pass 5",
            "ℹ fail 1",
            "ℹ cancelled 1",
            "ℹ skipped 1",
        ];
        let tap = [
            "# tests 8",
            "# pass 5",
            "# fail 1",
            "# cancelled 1",
            "# skipped 1",
        ];
        let expected = Tally {
            passed: 5,
            failed: 2,
            ignored: 1,
        };
        assert_eq!(tally(&spec), expected);
        assert_eq!(tally(&tap), expected);
    }

    #[test]
    fn other_lines_are_not_counts() {
        let lines = [
            "test a::b ... ok",
            "# Subtest: 3 passed",
            "ℹ pass",
            "# pass many",
            "1 passed",
        ];
        assert_eq!(tally(&lines), Tally::default());
    }
}
