//! From a walk that breaks a rule to a short one that breaks the same.

use crate::{action::Action, log::Log, script::Script, violation::Violation};

/// Leaves out what is not needed, larger parts first.
pub(crate) fn shorten(script: &Script, found: &Violation) -> Script {
    let breaks = |actions: &[Action]| {
        let outcome = script.with(actions.to_vec()).run(&Log::default());
        outcome.is_err_and(|other| other.rule == found.rule)
    };
    script.with(minimal(script.actions.clone(), breaks))
}

/// The fewest that still fulfil `holds`, as far as leaving out one after another finds them.
fn minimal<T: Clone>(mut kept: Vec<T>, holds: impl Fn(&[T]) -> bool) -> Vec<T> {
    let mut size = kept.len().div_ceil(2).max(1);
    loop {
        let mut start = 0;
        let before = kept.len();
        while start < kept.len() {
            let end = (start + size).min(kept.len());
            let rest = [&kept[..start], &kept[end..]].concat();
            if holds(&rest) {
                kept = rest;
            } else {
                start = end;
            }
        }
        if size == 1 && kept.len() == before {
            return kept;
        }
        size = (size / 2).max(1);
    }
}

#[test]
fn what_is_not_needed_is_left_out() {
    let all: Vec<u32> = (0..50).collect();
    let needs = |kept: &[u32]| kept.contains(&7) && kept.contains(&33);
    assert_eq!(minimal(all.clone(), needs), [7, 33]);
    assert_eq!(minimal(all, |_| true), []);
}
