//! `--break`: whether a guarded line, broken, turns exactly its guards red.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    behaviour::Number,
    catalogue::{Catalogue, Proof},
    guard::Guard,
    list::List,
    marker::Test,
    suite::{Name, Suite, red},
    worktree::Worktree,
};
use crate::run::Outcome;

/// One way to break one line.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Mutation {
    guard: Guard,
    snippet: String,
    replacement: String,
}

/// Breaks every line that the proofs of these behaviours say how to break.
pub(crate) fn run(list: &List, numbers: &[Number]) -> Outcome {
    let tree = Worktree::of_head()?;
    let catalogue = Catalogue::read(tree.path(), list)?;
    let mut experiment = Experiment {
        tree,
        catalogue,
        before: BTreeMap::new(),
    };
    let mut missed = Vec::new();
    for &number in numbers {
        let mutations = experiment.mutations(number);
        if mutations.is_empty() {
            let advice = "no marker says how to break its line: add ` => `replacement`` to one";
            missed.push(format!("{number}: {advice}"));
        }
        for mutation in mutations {
            println!("\n{number} {}:{}", mutation.guard.path, mutation.guard.line);
            println!("  `{}` => `{}`", mutation.snippet, mutation.replacement);
            match experiment.run(&mutation) {
                Ok(true) => {}
                Ok(false) => missed.push(format!("{number}: other tests turned red")),
                Err(problem) => {
                    println!("  {problem}");
                    missed.push(format!("{number}: {problem}"));
                }
            }
        }
    }
    if missed.is_empty() {
        println!("\nexactly the tests that name each line turned red");
        return Ok(());
    }
    Err(missed.join("\n"))
}

struct Experiment {
    tree: Worktree,
    catalogue: Catalogue,
    /// The red tests of each suite while every line is whole.
    before: BTreeMap<Suite, BTreeSet<Name>>,
}

impl Experiment {
    fn mutations(&self, number: Number) -> BTreeSet<Mutation> {
        let mutation = |proof: &Proof| {
            let replacement = proof.claim.replacement.clone()?;
            Some(Mutation {
                guard: proof.guard.clone(),
                snippet: proof.claim.snippet.clone(),
                replacement,
            })
        };
        self.catalogue.of(number).filter_map(mutation).collect()
    }

    /// Whether exactly the tests that name the line turn red.
    fn run(&mut self, mutation: &Mutation) -> Outcome<bool> {
        let named = self.guards_against(mutation);
        let suites = self.suites(&mutation.guard, &named);
        for suite in &suites {
            if !self.before.contains_key(suite) {
                let verdicts = suite.run(self.tree.path())?;
                self.before.insert(suite.clone(), red(&verdicts));
            }
        }
        let broken = self.tree.replace(
            &mutation.guard.path,
            &mutation.snippet,
            &mutation.replacement,
        )?;
        let mut turned = BTreeSet::new();
        for suite in &suites {
            let verdicts = suite.run(self.tree.path())?;
            turned.extend(red(&verdicts).difference(&self.before[suite]).cloned());
        }
        drop(broken);
        Ok(self.report(&named, &turned))
    }

    fn report(&self, named: &BTreeSet<Test>, turned: &BTreeSet<Name>) -> bool {
        let root = self.tree.path();
        let is = |(suite, name): &Name, test: &Test| suite.is(root, name, test);
        let mut exact = true;
        for test in named {
            let found = turned.iter().any(|name| is(name, test));
            let runs = Suite::of(root, &test.file).is_some();
            let word = match (found, runs) {
                (true, _) => "red",
                (false, true) => "GREEN, though it names the line",
                (false, false) => "not run",
            };
            println!("  {word}: {} ({})", test.name, test.file);
            exact &= found || !runs;
        }
        for name in turned {
            if !named.iter().any(|test| is(name, test)) {
                println!(
                    "  RED, though it does not name the line: {} ({})",
                    name.1, name.0
                );
                exact = false;
            }
        }
        exact
    }

    /// The tests that name the line, for this way to break it or for any.
    fn guards_against(&self, mutation: &Mutation) -> BTreeSet<Test> {
        let is_meant = |proof: &&Proof| {
            let claim = &proof.claim;
            let same = claim.snippet == mutation.snippet
                && claim.replacement.as_ref() == Some(&mutation.replacement);
            proof.guard == mutation.guard && (same || claim.replacement.is_none())
        };
        let proofs = self.catalogue.proofs.iter().filter(is_meant);
        proofs.map(|proof| proof.test.clone()).collect()
    }

    /// Those of the broken file, and of the tests that name the line.
    fn suites(&self, guard: &Guard, named: &BTreeSet<Test>) -> BTreeSet<Suite> {
        let files = named.iter().map(|test| &test.file).chain([&guard.path]);
        files
            .filter_map(|file| Suite::of(self.tree.path(), file))
            .collect()
    }
}
