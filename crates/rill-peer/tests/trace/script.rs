//! A scenario as it stands in `traces/`: steps, and what they led to.

use std::{fs, path::PathBuf};

/// One line of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Item {
    /// A comment or an empty line.
    Comment(String),
    /// `> alice: setLocal offer`: who, what, and the words behind it.
    Step {
        text: String,
        who: String,
        verb: String,
        words: Vec<String>,
    },
}

/// Where the file of a scenario is.
pub(crate) fn path(name: &str) -> PathBuf {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    root.join("traces").join(format!("{name}.txt"))
}

/// The text of a scenario.
///
/// # Panics
///
/// If there is no such file.
pub(crate) fn read(name: &str) -> String {
    fs::read_to_string(path(name)).unwrap_or_else(|error| panic!("traces/{name}.txt: {error}"))
}

/// The comments and steps of a text, without the lines that the steps led to.
pub(crate) fn items(text: &str) -> Vec<Item> {
    text.lines().filter_map(item).collect()
}

fn item(line: &str) -> Option<Item> {
    if line.is_empty() || line.starts_with('#') {
        return Some(Item::Comment(line.to_owned()));
    }
    let step = line.strip_prefix("> ")?;
    let (who, rest) = step
        .split_once(": ")
        .unwrap_or_else(|| panic!("whose step is {line:?}?"));
    let mut words = rest.split(' ').map(str::to_owned);
    let verb = words.next().unwrap_or_default();
    Some(Item::Step {
        text: line.to_owned(),
        who: who.to_owned(),
        verb,
        words: words.collect(),
    })
}
