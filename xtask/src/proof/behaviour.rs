//! The behaviours of a list: Markdown for people, one item each for this.

use std::fmt;

use super::list::List;
use crate::run::Outcome;

/// The name of a behaviour: `B4`, or `4` where there are no groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Number {
    group: Option<char>,
    index: u32,
}

impl Number {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let group = text.chars().next().filter(char::is_ascii_uppercase);
        let digits = &text[usize::from(group.is_some())..];
        let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
        let index = digits.parse().ok().filter(|index| plain && *index > 0)?;
        Some(Self { group, index })
    }

    pub(crate) fn is_grouped(self) -> bool {
        self.group.is_some()
    }

    /// The one that must stand before it in its group.
    fn previous(self) -> Option<Self> {
        let index = self.index.checked_sub(1).filter(|index| *index > 0)?;
        Some(Self { index, ..self })
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(group) = self.group {
            write!(f, "{group}")?;
        }
        write!(f, "{}", self.index)
    }
}

/// What keeps a behaviour from being proved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Waiting {
    Nothing,
    /// A part of it needs a capability; the rest is proved.
    InPart(String),
    /// All of it needs a capability.
    Wholly(String),
}

/// One behaviour of the list.
#[derive(Clone, Debug)]
pub(crate) struct Behaviour {
    pub(crate) number: Number,
    pub(crate) text: String,
    pub(crate) waiting: Waiting,
}

/// Reads the list: items `- B4: text` and `- B21 (waits for mDNS): text`, which may go on in indented
/// lines. All else is for people.
pub(crate) fn parse(list: &List, text: &str) -> Outcome<Vec<Behaviour>> {
    let List { file, example, .. } = list;
    let mut behaviours: Vec<Behaviour> = Vec::new();
    let mut open = false;
    for (index, line) in text.lines().enumerate() {
        if let Some(item) = line.strip_prefix("- ") {
            let behaviour = read_item(list, item).ok_or_else(|| {
                format!(
                    "{file}:{}: an item is `- {example}: text` or `- {example} (waits for X): text`",
                    index + 1
                )
            })?;
            check_place(list, &behaviours, behaviour.number)?;
            behaviours.push(behaviour);
            open = true;
        } else if let Some(last) = behaviours.last_mut()
            && open
            && line.starts_with("  ")
        {
            last.text.push(' ');
            last.text.push_str(line.trim());
        } else {
            open = false;
        }
    }
    Ok(behaviours)
}

fn read_item(list: &List, item: &str) -> Option<Behaviour> {
    let (head, text) = item.split_once(": ")?;
    let (number, waiting) = match head.split_once(' ') {
        None => (head, Waiting::Nothing),
        Some((number, remark)) => (number, read_remark(remark)?),
    };
    Some(Behaviour {
        number: list.number(number)?,
        text: text.to_owned(),
        waiting,
    })
}

fn read_remark(remark: &str) -> Option<Waiting> {
    let remark = remark.strip_prefix('(')?.strip_suffix(')')?;
    if let Some(capability) = remark.strip_prefix("waits for ") {
        return Some(Waiting::Wholly(capability.to_owned()));
    }
    let capability = remark.strip_prefix("in part waits for ")?;
    Some(Waiting::InPart(capability.to_owned()))
}

fn check_place(list: &List, before: &[Behaviour], number: Number) -> Outcome {
    let file = list.file;
    let has = |wanted| before.iter().any(|behaviour| behaviour.number == wanted);
    if has(number) {
        return Err(format!("{file}: {number} stands there twice"));
    }
    match number.previous() {
        Some(previous) if !has(previous) => {
            Err(format!("{file}: {previous} is missing before {number}"))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proof::list::{RELIABILITY, TRICKLE};

    fn items(list: &str) -> Vec<(String, String, Waiting)> {
        let behaviours = parse(&TRICKLE, list).expect("the list is well-formed");
        let item = |behaviour: Behaviour| {
            let number = behaviour.number.to_string();
            (number, behaviour.text, behaviour.waiting)
        };
        behaviours.into_iter().map(item).collect()
    }

    #[test]
    fn items_are_read_and_prose_is_not() {
        let list = "# B9: no item\n\n- A1: it is null\n  at first\n\n  aside\n- A2 (waits for TURN): relayed\n";
        let mdns = "- B1 (in part waits for mDNS): names\n";
        assert_eq!(
            items(&format!("{list}{mdns}")),
            [
                ("A1", "it is null at first", Waiting::Nothing),
                ("A2", "relayed", Waiting::Wholly("TURN".into())),
                ("B1", "names", Waiting::InPart("mDNS".into())),
            ]
            .map(|(number, text, waiting)| (
                number.to_owned(),
                text.to_owned(),
                waiting
            ))
        );
    }

    #[test]
    fn what_is_no_item_is_refused() {
        for list in [
            "- A1 it is null\n",
            "- a1: it is null\n",
            "- A0: it is null\n",
            "- A1 (needs TURN): relayed\n",
            "- A1: once\n- A1: twice\n",
            "- A1: first\n- A3: third\n",
        ] {
            assert!(parse(&TRICKLE, list).is_err(), "{list}");
        }
    }

    #[test]
    fn a_list_may_have_no_groups() {
        let behaviours = parse(
            &RELIABILITY,
            "- 1: a flood\n- 2 (waits for TURN): a storm\n",
        );
        let numbers = behaviours.map(|all| all.iter().map(|one| one.number.to_string()).collect());
        assert_eq!(numbers, Ok(vec!["1".to_owned(), "2".to_owned()]));
        for list in ["- A1: a flood\n", "- 2: a storm\n"] {
            assert!(parse(&RELIABILITY, list).is_err(), "{list}");
        }
    }
}
