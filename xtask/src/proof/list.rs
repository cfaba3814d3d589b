//! The lists that tests prove.

use super::behaviour::Number;

/// A numbered list: a file in the root, Markdown for people.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct List {
    pub(crate) file: &'static str,
    /// What a marker begins with.
    pub(crate) word: &'static str,
    /// The chore that prints it.
    pub(crate) chore: &'static str,
    /// A number as the list writes them: with a letter in front, or without.
    pub(crate) example: &'static str,
}

/// The behaviours of trickle ICE.
pub(crate) const TRICKLE: List = List {
    file: "TRICKLE.md",
    word: "Trickle",
    chore: "trickle",
    example: "B4",
};

/// The attacks that are survived.
pub(crate) const RELIABILITY: List = List {
    file: "RELIABILITY.md",
    word: "Reliability",
    chore: "reliability",
    example: "4",
};

impl List {
    /// A number of this list's form.
    pub(crate) fn number(&self, text: &str) -> Option<Number> {
        let form = Number::parse(self.example).map(Number::is_grouped);
        Number::parse(text).filter(|number| Some(number.is_grouped()) == form)
    }

    /// What a marker looks like.
    pub(crate) fn marker_form(&self) -> String {
        let Self { word, example, .. } = self;
        format!(
            "a marker is `{word} {example}: path: `snippet``, or with ` => `replacement`` behind it"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_list_has_its_own_form_of_number() {
        let numbers =
            |list: &List| ["B4", "4", "b4", "0", "B"].map(|text| list.number(text).is_some());
        assert_eq!(numbers(&TRICKLE), [true, false, false, false, false]);
        assert_eq!(numbers(&RELIABILITY), [false, true, false, false, false]);
    }
}
