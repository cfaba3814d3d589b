//! The behaviours of trickle ICE: which test proves each, and which line that test guards.
//!
//! `TRICKLE.md` numbers them. A test names what it proves in a marker, a comment directly above it:
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
mod marker;
mod suite;
mod table;
mod worktree;

use self::{behaviour::Number, catalogue::Catalogue};
use crate::run::{Outcome, root};

const USAGE: &str = "\
usage: cargo xtask trickle [--json] [--number B4]
       cargo xtask trickle --break B4 [B5 ...]

  --json       the table as JSON
  --number B4  only this behaviour
  --break B4   breaks the lines that B4's tests guard, one by one, in a copy of the last commit, and
               reports which tests turn red";

pub(crate) fn chore(arguments: &[String]) -> Outcome {
    if let Some((first, numbers)) = arguments.split_first()
        && first == "--break"
        && !numbers.is_empty()
    {
        let numbers: Outcome<Vec<Number>> = numbers.iter().map(|text| read_number(text)).collect();
        return experiment::run(&numbers?);
    }
    let (mut json, mut only) = (false, None);
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match (argument.as_str(), rest.as_slice().first()) {
            ("--json", _) => json = true,
            ("--number", Some(number)) => {
                only = Some(read_number(number)?);
                rest.next();
            }
            _ => return Err(USAGE.to_owned()),
        }
    }
    let catalogue = Catalogue::read(&root())?;
    if only.is_some_and(|number| catalogue.behaviour(number).is_none()) {
        return Err("TRICKLE.md has no such number".to_owned());
    }
    let wanted = |number| only.is_none_or(|only| only == number);
    if json {
        println!("{}", table::json(&catalogue, wanted));
    } else {
        print!("{}", table::text(&catalogue, wanted));
    }
    catalogue.verdict()
}

/// Whether every behaviour is proved or waits, without the table.
pub(crate) fn check() -> Outcome {
    let catalogue = Catalogue::read(&root())?;
    println!("{}", table::summary(&catalogue));
    catalogue.verdict()
}

fn read_number(text: &str) -> Outcome<Number> {
    Number::parse(text).ok_or_else(|| format!("{text:?} is not a number such as B4\n\n{USAGE}"))
}
