//! The markers above the tests.

use std::path::Path;

use super::{behaviour::Number, list::List};
use crate::run::Outcome;

/// Where tests are, from the root.
const FOLDERS: [&str; 5] = ["bindings/node/test", "cli", "crates", "fuzz", "interop"];
const NOT_OURS: [&str; 3] = ["node_modules", "target", "corpus"];

/// What a marker says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Claim {
    pub(crate) numbers: Vec<Number>,
    /// The guarded file, from the root.
    pub(crate) path: String,
    pub(crate) snippet: String,
    /// What breaks the line when it stands for the snippet.
    pub(crate) replacement: Option<String>,
}

/// A test by its file and name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Test {
    /// From the root.
    pub(crate) file: String,
    pub(crate) name: String,
}

/// A marker and the test below it.
#[derive(Clone, Debug)]
pub(crate) struct Marker {
    pub(crate) claim: Claim,
    pub(crate) test: Test,
    /// The marker's own line, from 1.
    pub(crate) line: usize,
}

/// Every marker of a list in the repository, and what is wrong with those that cannot be read.
pub(crate) fn all(root: &Path, list: &List) -> (Vec<Marker>, Vec<String>) {
    let (mut markers, mut problems) = (Vec::new(), Vec::new());
    for folder in FOLDERS {
        walk(&root.join(folder), &mut |file| {
            let text = std::fs::read_to_string(file).unwrap_or_default();
            let name = file.strip_prefix(root).unwrap_or(file);
            let name = name.to_string_lossy().replace('\\', "/");
            in_text(list, (&name, &text), &mut markers, &mut problems);
        });
    }
    (markers, problems)
}

fn walk(folder: &Path, visit: &mut impl FnMut(&Path)) {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<_> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() && !NOT_OURS.contains(&&*name) {
            walk(&path, visit);
        } else if ["rs", "js", "mjs", "ts"]
            .iter()
            .any(|kind| path.extension().is_some_and(|extension| extension == *kind))
        {
            visit(&path);
        }
    }
}

fn in_text(
    list: &List,
    (file, text): (&str, &str),
    markers: &mut Vec<Marker>,
    problems: &mut Vec<String>,
) {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    for (index, line) in lines.iter().enumerate() {
        let read = match read_claim(list, line) {
            None => continue,
            Some(Err(problem)) => Err(problem),
            Some(Ok(claim)) => test_at(file, &lines, index).map(|name| (claim, name)),
        };
        match read {
            Ok((claim, name)) => markers.push(Marker {
                claim,
                test: Test {
                    file: file.to_owned(),
                    name,
                },
                line: index + 1,
            }),
            Err(problem) => problems.push(format!("{file}:{}: {problem}", index + 1)),
        }
    }
}

/// The claim of a line, if it is a marker.
fn read_claim(list: &List, line: &str) -> Option<Outcome<Claim>> {
    let comment = line
        .strip_prefix("//")?
        .trim_start_matches(['/', '!'])
        .trim();
    let claim = comment.strip_prefix(list.word)?.strip_prefix(' ')?;
    let first = claim.split([',', ':', ' ']).next()?;
    list.number(first)?;
    Some(split_claim(list, claim).ok_or_else(|| list.marker_form()))
}

fn split_claim(list: &List, claim: &str) -> Option<Claim> {
    let (numbers, rest) = claim.split_once(": ")?;
    let numbers: Option<Vec<_>> = numbers.split(", ").map(|text| list.number(text)).collect();
    let (path, rest) = rest.split_once(": `")?;
    let (snippet, rest) = rest.split_once('`')?;
    let replacement = match rest {
        "" => None,
        rest => Some(rest.strip_prefix(" => `")?.strip_suffix('`')?.to_owned()),
    };
    let whole = !snippet.is_empty() && !path.contains([' ', '`']);
    whole.then_some(Claim {
        numbers: numbers?,
        path: path.to_owned(),
        snippet: snippet.to_owned(),
        replacement,
    })
}

/// The name of the test that the comment at `index` belongs to.
fn test_at(file: &str, lines: &[&str], index: usize) -> Outcome<String> {
    let found = if file.ends_with(".rs") {
        rust_test(lines, index)
    } else {
        script_test(&lines[index..])
    };
    found.ok_or_else(|| "no test stands below this marker".to_owned())
}

/// A function of which an attribute above says that it is a test.
fn rust_test(lines: &[&str], index: usize) -> Option<String> {
    let is_head = |line: &&&str| line.starts_with("//") || line.starts_with('#');
    let above = lines[..index].iter().rev().take_while(is_head);
    let below = lines[index..].iter().take_while(is_head);
    let is_test = |line: &&str| {
        line.starts_with("#[") && line.contains("test]") || line.starts_with("#[tokio::test(")
    };
    let count = below.clone().count();
    if !above.chain(below).any(is_test) {
        return None;
    }
    let signature = lines.get(index + count)?;
    let (_, name) = signature.split_once("fn ")?;
    let end = name.find(|letter: char| !letter.is_alphanumeric() && letter != '_')?;
    Some(name[..end].to_owned())
}

/// A call of `test` or `it`, perhaps in a loop.
fn script_test(lines: &[&str]) -> Option<String> {
    let mut lines = lines.iter();
    let call = lines.find(|line| !line.starts_with("//") && !line.starts_with("for "))?;
    let call = call.trim_start_matches("await ").trim_start_matches("t.");
    let arguments = ["test(", "it("]
        .iter()
        .find_map(|start| call.strip_prefix(start))?;
    let name = if arguments.is_empty() {
        lines.next()?
    } else {
        arguments
    };
    let quote = name
        .chars()
        .next()
        .filter(|letter| "'\"`".contains(*letter))?;
    let (name, _) = name[1..].split_once(quote)?;
    Some(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proof::list::TRICKLE;

    fn read(file: &str, text: &str) -> (Vec<Marker>, Vec<String>) {
        let (mut markers, mut problems) = (Vec::new(), Vec::new());
        in_text(&TRICKLE, (file, text), &mut markers, &mut problems);
        (markers, problems)
    }

    fn claims(markers: &[Marker]) -> Vec<(String, &str, &str)> {
        let claim = |marker: &Marker| {
            let numbers = marker.claim.numbers.iter().map(Number::to_string);
            numbers.collect::<Vec<_>>().join(" ")
        };
        let row = |marker| (claim(marker), &*marker.claim.snippet, &*marker.test.name);
        markers.iter().map(row).collect()
    }

    #[test]
    fn markers_belong_to_the_rust_test_below() {
        let text = "/// Prose.\n/// Trickle B4, B5: a/b.rs: `one()`\n// Trickle C1: a/b.rs: `two` => `2`\n#[test]\nfn it_holds() {\n}\n\
            #[tokio::test(start_paused = true)]\n/// Trickle D1: a/b.rs: `three`\nasync fn it_waits() {\n";
        let (markers, problems) = read("x.rs", text);
        assert_eq!(problems, Vec::<String>::new());
        assert_eq!(
            claims(&markers),
            [
                ("B4 B5".to_owned(), "one()", "it_holds"),
                ("C1".to_owned(), "two", "it_holds"),
                ("D1".to_owned(), "three", "it_waits"),
            ]
        );
        assert_eq!(markers[1].claim.replacement.as_deref(), Some("2"));
        assert_eq!(markers[1].line, 3);
    }

    #[test]
    fn markers_belong_to_the_script_test_below() {
        let text = "// Trickle B2: a/b.ts: `one()`\ntest('it holds', async () => {\n});\n\
            // Trickle H4: a/b.rs: `two`\nfor (const peer of peers) {\n  test(\n    `with ${peer}`,\n";
        let (markers, problems) = read("x.mjs", text);
        assert_eq!(problems, Vec::<String>::new());
        assert_eq!(
            claims(&markers),
            [
                ("B2".to_owned(), "one()", "it holds"),
                ("H4".to_owned(), "two", "with ${peer}"),
            ]
        );
    }

    #[test]
    fn what_is_not_quite_a_marker_is_a_mistake() {
        for text in [
            "// Trickle B4: a/b.rs: snippet\n#[test]\nfn x() {",
            "// Trickle B4 a/b.rs: `one`\n#[test]\nfn x() {",
            "// Trickle B4: a/b.rs: `one` -> `two`\n#[test]\nfn x() {",
            "// Trickle B4: a/b.rs: `one`\nfn no_test() {",
            "// Trickle B4: a/b.rs: `one`\n\n#[test]\nfn too_far() {",
        ] {
            let (markers, problems) = read("x.rs", text);
            assert_eq!((markers.len(), problems.len()), (0, 1), "{text}");
        }
        let (markers, problems) = read("x.rs", "// Trickle ICE: what it is\nlet trickle = 1;");
        assert_eq!((markers.len(), problems.len()), (0, 0));
    }
}
