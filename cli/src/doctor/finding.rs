//! One thing that was examined, and how it is.

use serde::Serialize;

/// What was found of a topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    pub(super) topic: &'static str,
    pub(super) grade: Grade,
    /// A sentence.
    pub(super) text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Grade {
    /// It works.
    Good,
    /// Worth knowing.
    Note,
    /// It does not work.
    Bad,
}

impl Finding {
    pub(super) fn new(topic: &'static str, grade: Grade, text: impl Into<String>) -> Self {
        Self {
            topic,
            grade,
            text: text.into(),
        }
    }

    pub(super) fn is_bad(&self) -> bool {
        self.grade == Grade::Bad
    }
}
