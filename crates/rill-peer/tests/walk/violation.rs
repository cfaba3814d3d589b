//! What a walk found wrong.

use core::fmt;

/// A rule that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    /// The rule, the same for every instance of one fault.
    pub(crate) rule: String,
    /// What was seen.
    pub(crate) detail: String,
}

impl Violation {
    pub(crate) fn new(rule: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            rule: rule.into(),
            detail: detail.into(),
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n  {}", self.rule, self.detail)
    }
}
