//! The line that a test guards: found by a part of it, so that it may move.

use std::path::Path;

use crate::run::Outcome;

/// A line of the product.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Guard {
    /// From the root.
    pub(crate) path: String,
    /// From 1.
    pub(crate) line: usize,
}

impl Guard {
    /// The one line of a file of the product that has the snippet.
    pub(crate) fn resolve(root: &Path, path: &str, snippet: &str) -> Outcome<Self> {
        if ["/tests/", "/test/"]
            .iter()
            .any(|folder| path.contains(folder))
        {
            return Err(format!("{path} is a test, which guards nothing"));
        }
        let text = std::fs::read_to_string(root.join(path))
            .map_err(|error| format!("{path} cannot be read: {error}"))?;
        let line = line_of(&text, snippet).map_err(|problem| format!("{path} {problem}"))?;
        Ok(Self {
            path: path.to_owned(),
            line,
        })
    }
}

fn line_of(text: &str, snippet: &str) -> Outcome<usize> {
    let mut found = text.match_indices(snippet);
    let (Some((at, _)), None) = (found.next(), found.next()) else {
        let count = text.matches(snippet).count();
        return Err(format!("has `{snippet}` {count} times instead of once"));
    };
    let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let before = &text[start..at];
    let line = text[start..].lines().next().unwrap_or_default().trim();
    let comment = ["//", "/*", "* "].iter().any(|mark| line.starts_with(mark));
    if comment || before.contains("// ") {
        return Err(format!("has `{snippet}` in a comment, which does nothing"));
    }
    Ok(text[..at].matches('\n').count() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "first();\n    // second, in a comment\nthird(); // and why\n  third_again();\nlast";

    #[test]
    fn the_line_is_where_the_snippet_stands_once() {
        for (snippet, line) in [
            ("first()", 1),
            ("third();", 3),
            ("  third_again();", 4),
            ("third_again", 4),
            ("last", 5),
        ] {
            assert_eq!(line_of(TEXT, snippet), Ok(line), "{snippet}");
        }
    }

    #[test]
    fn what_is_absent_ambiguous_or_a_comment_guards_nothing() {
        for snippet in ["fourth", "third", "second", "and why"] {
            assert!(line_of(TEXT, snippet).is_err(), "{snippet}");
        }
    }
}
