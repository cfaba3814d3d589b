//! List and markers put together, and what is wrong between them.

use std::path::Path;

use super::{
    behaviour::{self, Behaviour, Number, Waiting},
    guard::Guard,
    list::List,
    marker::{self, Claim, Test},
};
use crate::run::Outcome;

/// A test that proves behaviours, and the line it guards.
#[derive(Clone, Debug)]
pub(crate) struct Proof {
    pub(crate) claim: Claim,
    pub(crate) test: Test,
    pub(crate) guard: Guard,
}

/// Every behaviour, every proof, every mistake.
#[derive(Debug)]
pub(crate) struct Catalogue {
    pub(crate) behaviours: Vec<Behaviour>,
    pub(crate) proofs: Vec<Proof>,
    problems: Vec<String>,
}

impl Catalogue {
    pub(crate) fn read(root: &Path, list: &List) -> Outcome<Self> {
        let text = std::fs::read_to_string(root.join(list.file))
            .map_err(|error| format!("{} cannot be read: {error}", list.file))?;
        let behaviours = behaviour::parse(list, &text)?;
        let (markers, mut problems) = marker::all(root, list);
        let mut proofs = Vec::new();
        for marker in markers {
            match Guard::resolve(root, &marker.claim.path, &marker.claim.snippet) {
                Ok(guard) => proofs.push(Proof {
                    claim: marker.claim,
                    test: marker.test,
                    guard,
                }),
                Err(problem) => {
                    problems.push(format!("{}:{}: {problem}", marker.test.file, marker.line));
                }
            }
        }
        let mut catalogue = Self {
            behaviours,
            proofs,
            problems,
        };
        catalogue.compare(list);
        Ok(catalogue)
    }

    pub(crate) fn behaviour(&self, number: Number) -> Option<&Behaviour> {
        self.behaviours
            .iter()
            .find(|behaviour| behaviour.number == number)
    }

    /// The proofs of one behaviour.
    pub(crate) fn of(&self, number: Number) -> impl Iterator<Item = &Proof> {
        self.proofs
            .iter()
            .filter(move |proof| proof.claim.numbers.contains(&number))
    }

    /// The mistakes, all at once.
    pub(crate) fn verdict(&self) -> Outcome {
        if self.problems.is_empty() {
            return Ok(());
        }
        Err(self.problems.join("\n"))
    }

    fn compare(&mut self, list: &List) {
        let mut problems = Vec::new();
        for proof in &self.proofs {
            let unknown = |number: &&Number| self.behaviour(**number).is_none();
            for number in proof.claim.numbers.iter().filter(unknown) {
                let Test { file, name } = &proof.test;
                let absent = format!("which {} lacks", list.file);
                problems.push(format!("{file}: {name} names {number}, {absent}"));
            }
        }
        for Behaviour {
            number, waiting, ..
        } in &self.behaviours
        {
            match (waiting, self.of(*number).next()) {
                (Waiting::Wholly(capability), Some(proof)) => problems.push(format!(
                    "{number} waits for {capability} and is proved by {}",
                    proof.test.name
                )),
                (Waiting::Nothing | Waiting::InPart(_), None) => {
                    problems.push(format!(
                        "{number} is proved by no test and waits for nothing"
                    ));
                }
                _ => {}
            }
        }
        self.problems.extend(problems);
    }
}
