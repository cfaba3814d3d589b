//! Which lines of a crate its tests run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::run::{Outcome, cargo, first_line, root, run, target_dir};

const USAGE: &str = "\
usage: cargo xtask coverage CRATE [--least PERCENT]

  Runs the crate's tests and prints how many of its lines they run, for each file and in all; those of
  the tests themselves do not count. Fails when it is less than asked for (80).";

pub(crate) fn chore(arguments: &[String]) -> Outcome {
    let (package, least) = parse(arguments)?;
    let tools = Tools::find()?;
    let report = measure(&package, &tools)?;
    let sources = root().join("crates").join(&package).join("src");
    let (mut run, mut all) = (0, 0);
    for (file, lines) in counted(&report, &sources) {
        let covered = lines.iter().filter(|&&hit| hit).count();
        print(&file.display().to_string(), covered, lines.len());
        run += covered;
        all += lines.len();
    }
    if all == 0 {
        return Err(format!("no line of {} was seen", sources.display()));
    }
    print("all", run, all);
    if percent(run, all) < least {
        return Err(format!("less than {least} % of the lines are run by tests"));
    }
    Ok(())
}

fn parse(arguments: &[String]) -> Outcome<(String, f64)> {
    let words: Vec<_> = arguments.iter().map(String::as_str).collect();
    let (package, least) = match words[..] {
        [package] => (package, Some(80.0)),
        [package, "--least", least] => (package, least.parse().ok()),
        _ => return Err(USAGE.to_owned()),
    };
    if package.starts_with('-') {
        return Err(USAGE.to_owned());
    }
    let least = least.ok_or(USAGE)?;
    Ok((package.to_owned(), least))
}

fn print(name: &str, covered: usize, all: usize) {
    println!(
        "{:6.1} %  {covered:5} of {all:5}  {name}",
        percent(covered, all)
    );
}

fn percent(covered: usize, all: usize) -> f64 {
    100.0 * covered as f64 / all.max(1) as f64
}

/// The compiler's own, of the same version: no other reads what it writes.
struct Tools {
    profdata: PathBuf,
    cov: PathBuf,
}

impl Tools {
    fn find() -> Outcome<Self> {
        let sysroot = first_line(Command::new("rustc").args(["--print", "sysroot"]))
            .ok_or("rustc is not in PATH")?;
        let targets = Path::new(&sysroot).join("lib/rustlib").read_dir();
        let tool = |name: &str| format!("{name}{}", std::env::consts::EXE_SUFFIX);
        targets
            .into_iter()
            .flatten()
            .flatten()
            .map(|target| target.path().join("bin"))
            .map(|bin| Self {
                profdata: bin.join(tool("llvm-profdata")),
                cov: bin.join(tool("llvm-cov")),
            })
            .find(|tools| tools.profdata.is_file() && tools.cov.is_file())
            .ok_or_else(|| {
                "it needs the compiler's llvm-profdata and llvm-cov: rustup component add llvm-tools"
                    .to_owned()
            })
    }
}

/// Runs the tests and hands back what llvm-cov says of them in lcov's format.
fn measure(package: &str, tools: &Tools) -> Outcome<String> {
    let folder = target_dir().join("coverage");
    let profiles = folder.join("profiles");
    // Those of the last run would count in this one.
    let _ = std::fs::remove_dir_all(&profiles);
    std::fs::create_dir_all(&profiles)
        .map_err(|error| format!("cannot make {}: {error}", profiles.display()))?;
    let test = |profile: PathBuf| {
        let mut command = cargo(["test", "--locked", "--tests", "--package", package]);
        command
            .arg("--target-dir")
            .arg(&folder)
            .env("RUSTFLAGS", "-C instrument-coverage")
            .env("LLVM_PROFILE_FILE", profile);
        command
    };
    // What build scripts and macros run is nobody's coverage.
    let aside = folder.join("build.profraw");
    let mut build = test(aside.clone());
    let built = output(build.args(["--no-run", "--message-format=json"]))?;
    run(&mut test(profiles.join("%p-%m.profraw")))?;

    let merged = folder.join("merged.profdata");
    run(Command::new(&tools.profdata)
        .args(["merge", "--sparse"])
        .arg(&profiles)
        .arg("--output")
        .arg(&merged))?;
    let mut export = Command::new(&tools.cov);
    export.args(["export", "--format=lcov"]);
    export.arg(format!("--instr-profile={}", merged.display()));
    for program in programs(&built) {
        export.arg(format!("--object={program}"));
    }
    output(&mut export)
}

fn output(command: &mut Command) -> Outcome<String> {
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("cannot start {:?}: {error}", command.get_program()))?;
    if !output.status.success() {
        return Err(format!(
            "{:?} ended with {}",
            command.get_program(),
            output.status
        ));
    }
    String::from_utf8(output.stdout).map_err(|error| error.to_string())
}

/// The test programs that cargo names.
fn programs(messages: &str) -> impl Iterator<Item = &str> {
    messages.lines().filter_map(|line| {
        let (_, rest) = line.split_once(r#""executable":""#)?;
        rest.split('"').next()
    })
}

/// For each file below `sources`, whether each of its lines that is code, and not a test, was run.
fn counted(report: &str, sources: &Path) -> BTreeMap<PathBuf, Vec<bool>> {
    let mut files = BTreeMap::new();
    for record in report.split("end_of_record") {
        let Some(file) = record.lines().find_map(|line| line.strip_prefix("SF:")) else {
            continue;
        };
        let Ok(name) = Path::new(file).strip_prefix(sources) else {
            continue;
        };
        if name.ends_with("tests.rs") || name.ends_with("testing.rs") {
            continue;
        }
        let text = std::fs::read_to_string(file).unwrap_or_default();
        let lines = hits(record, first_of_tests(&text));
        files.insert(name.to_owned(), lines);
    }
    files
}

/// Tests come last in a file; the number of the line where they begin.
fn first_of_tests(text: &str) -> usize {
    let begin = text.find("#[cfg(test)]\nmod tests {");
    begin.map_or(usize::MAX, |at| text[..at].lines().count() + 1)
}

/// `DA:line,hits` for each line of code before `end`.
fn hits(record: &str, end: usize) -> Vec<bool> {
    let data = record.lines().filter_map(|line| line.strip_prefix("DA:"));
    data.filter_map(|entry| {
        let mut numbers = entry.split(',').map(str::parse::<usize>);
        let (Some(Ok(line)), Some(Ok(hits))) = (numbers.next(), numbers.next()) else {
            return None;
        };
        (line < end).then_some(hits > 0)
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_80_unless_another_is_given() {
        let parsed = |words: &str| {
            let words: Vec<_> = words.split_whitespace().map(str::to_owned).collect();
            parse(&words)
        };
        assert_eq!(parsed("rill-ice"), Ok(("rill-ice".to_owned(), 80.0)));
        assert_eq!(
            parsed("rill-ice --least 90.5"),
            Ok(("rill-ice".to_owned(), 90.5))
        );
        for words in ["", "--least 90", "rill-ice --least", "rill-ice --least x"] {
            assert!(parsed(words).is_err(), "{words}");
        }
    }

    #[test]
    fn lines_of_tests_do_not_count() {
        let text = "fn a() {}\n\n#[cfg(test)]\nmod tests {\n    fn b() {}\n}\n";
        let record = "SF:x.rs\nDA:1,7\nDA:2,0\nDA:5,1\n";
        assert_eq!(hits(record, first_of_tests(text)), [true, false]);
        assert_eq!(hits(record, first_of_tests("fn a() {}")).len(), 3);
    }

    #[test]
    fn programs_are_found_in_what_cargo_says() {
        let messages =
            "{\"reason\":\"x\",\"executable\":null}\n{\"executable\":\"/a/b-1\",\"fresh\":true}\n";
        assert_eq!(programs(messages).collect::<Vec<_>>(), ["/a/b-1"]);
    }
}
