//! Stacks for Node: `node/measure.js` measures them by the W3C's interface.

use std::path::Path;
use std::process::Command;

use super::Stack;
use crate::measure::{Words, figures};

pub(crate) fn measured(stack: Stack, words: &Words) -> Result<Vec<f64>, String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("node/measure.js");
    figures(
        Command::new("node")
            .arg(script)
            .arg(stack.name())
            .args(words),
    )
}
