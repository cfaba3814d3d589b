//! The catalogue as people and programs read it.

use std::{collections::BTreeSet, fmt::Write as _};

use super::{
    behaviour::{Behaviour, Number, Waiting},
    catalogue::{Catalogue, Proof},
};

/// For each behaviour its text, then its tests with the lines they guard, or what it waits for.
pub(crate) fn text(catalogue: &Catalogue, wanted: impl Fn(Number) -> bool) -> String {
    let mut out = String::new();
    for behaviour in &catalogue.behaviours {
        if !wanted(behaviour.number) {
            continue;
        }
        let number = behaviour.number.to_string();
        let _ = writeln!(out, "{number:4} {}", behaviour.text);
        if let Some(remark) = remark(&behaviour.waiting) {
            let _ = writeln!(out, "     {remark}");
        }
        let mut last = None;
        for Proof { test, guard, .. } in catalogue.of(behaviour.number) {
            if last != Some(test) {
                let _ = writeln!(out, "     {} ({})", test.name, test.file);
            }
            let _ = writeln!(out, "          guards {}:{}", guard.path, guard.line);
            last = Some(test);
        }
    }
    let _ = writeln!(out, "{}", summary(catalogue));
    out
}

fn remark(waiting: &Waiting) -> Option<String> {
    match waiting {
        Waiting::Nothing => None,
        Waiting::InPart(capability) => Some(format!("in part waits for {capability}")),
        Waiting::Wholly(capability) => Some(format!("waits for {capability}")),
    }
}

/// The figures in one line.
pub(crate) fn summary(catalogue: &Catalogue) -> String {
    let all = &catalogue.behaviours;
    let is_waiting = |behaviour: &&Behaviour| matches!(behaviour.waiting, Waiting::Wholly(_));
    let waiting = all.iter().filter(is_waiting).count();
    let proved = all
        .iter()
        .filter(|behaviour| catalogue.of(behaviour.number).next().is_some())
        .count();
    let tests: BTreeSet<_> = catalogue.proofs.iter().map(|proof| &proof.test).collect();
    let lines: BTreeSet<_> = catalogue.proofs.iter().map(|proof| &proof.guard).collect();
    format!(
        "{} behaviours: {proved} proved by {} tests that guard {} lines, {waiting} waiting",
        all.len(),
        tests.len(),
        lines.len()
    )
}

/// The same as JSON.
pub(crate) fn json(catalogue: &Catalogue, wanted: impl Fn(Number) -> bool) -> String {
    let behaviours = catalogue.behaviours.iter();
    let rows: Vec<_> = behaviours
        .filter(|behaviour| wanted(behaviour.number))
        .map(|behaviour| json_row(catalogue, behaviour))
        .collect();
    format!("[\n{}\n]", rows.join(",\n"))
}

fn json_row(catalogue: &Catalogue, behaviour: &Behaviour) -> String {
    let (waits, in_part) = match &behaviour.waiting {
        Waiting::Nothing => ("null".to_owned(), "null".to_owned()),
        Waiting::InPart(capability) => ("null".to_owned(), quoted(capability)),
        Waiting::Wholly(capability) => (quoted(capability), "null".to_owned()),
    };
    let proof = |proof: &Proof| {
        format!(
            "{{\"test\":{},\"file\":{},\"guards\":{},\"line\":{},\"breaks\":{}}}",
            quoted(&proof.test.name),
            quoted(&proof.test.file),
            quoted(&proof.guard.path),
            proof.guard.line,
            proof
                .claim
                .replacement
                .as_deref()
                .map_or_else(|| "null".to_owned(), quoted),
        )
    };
    let proofs: Vec<_> = catalogue.of(behaviour.number).map(proof).collect();
    format!(
        "{{\"number\":\"{}\",\"behaviour\":{},\"waitsFor\":{waits},\"inPartWaitsFor\":{in_part},\"proofs\":[{}]}}",
        behaviour.number,
        quoted(&behaviour.text),
        proofs.join(",")
    )
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => out.extend(['\\', letter]),
            control if control.is_control() => {
                let _ = write!(out, "\\u{:04x}", u32::from(control));
            }
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_quoted_for_json() {
        assert_eq!(quoted("a \"b\"\\\n"), r#""a \"b\"\\\u000a""#);
    }
}
