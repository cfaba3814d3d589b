//! Numbered lists: which test proves each item, and which line that test guards.
//!
//! `TRICKLE.md` and `RELIABILITY.md` number them. A test names what it proves in a marker, a comment
//! directly above it:
//!
//! ```text
//! Trickle B4, B5: crates/x/src/y.rs: `a part of the guarded line` => `what breaks it`
//! ```
//!
//! The part behind the arrow is optional: `--break` puts it in the snippet's place and looks
//! whether exactly those tests turn red that name the line, with the same replacement or with none.

mod behaviour;
mod catalogue;
mod experiment;
mod guard;
mod list;
mod marker;
mod suite;
mod table;
mod worktree;

pub(crate) use self::list::{List, RELIABILITY, TRICKLE};
use self::{behaviour::Number, catalogue::Catalogue};
use crate::run::{Outcome, root};

fn usage(list: &List) -> String {
    let List {
        chore,
        example,
        file,
        ..
    } = list;
    format!(
        "\
usage: cargo xtask {chore} [--json] [--number {example}]
       cargo xtask {chore} --break {example} [...]

  --json       {file} as a table in JSON
  --number {example}  only this item
  --break {example}   breaks the lines that its tests guard, one by one, in a copy of the last commit, and
               reports which tests turn red"
    )
}

pub(crate) fn chore(list: &List, arguments: &[String]) -> Outcome {
    if let Some((first, numbers)) = arguments.split_first()
        && first == "--break"
        && !numbers.is_empty()
    {
        let numbers = numbers.iter().map(|text| read_number(list, text));
        return experiment::run(list, &numbers.collect::<Outcome<Vec<Number>>>()?);
    }
    let (mut json, mut only) = (false, None);
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match (argument.as_str(), rest.as_slice().first()) {
            ("--json", _) => json = true,
            ("--number", Some(number)) => {
                only = Some(read_number(list, number)?);
                rest.next();
            }
            _ => return Err(usage(list)),
        }
    }
    let catalogue = Catalogue::read(&root(), list)?;
    if only.is_some_and(|number| catalogue.behaviour(number).is_none()) {
        return Err(format!("{} has no such number", list.file));
    }
    let wanted = |number| only.is_none_or(|only| only == number);
    if json {
        println!("{}", table::json(&catalogue, wanted));
    } else {
        print!("{}", table::text(&catalogue, wanted));
    }
    catalogue.verdict()
}

/// Whether every item is proved or waits, without the table.
pub(crate) fn check(list: &List) -> Outcome {
    let catalogue = Catalogue::read(&root(), list)?;
    println!("{}", table::summary(&catalogue));
    catalogue.verdict()
}

fn read_number(list: &List, text: &str) -> Outcome<Number> {
    let complaint = || {
        let (example, usage) = (list.example, usage(list));
        format!("{text:?} is not a number such as {example}\n\n{usage}")
    };
    list.number(text).ok_or_else(complaint)
}
