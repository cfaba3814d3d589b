//! What happens in a walk, in words, for the one that is shown.

use std::{cell::RefCell, rc::Rc};

/// Lines that both sides write to, or nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Log(Option<Rc<RefCell<Vec<String>>>>);

impl Log {
    pub(crate) fn kept() -> Self {
        Self(Some(Rc::default()))
    }

    pub(crate) fn say(&self, line: impl FnOnce() -> String) {
        if let Some(lines) = &self.0 {
            lines.borrow_mut().push(line());
        }
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.0
            .as_ref()
            .map_or_else(Vec::new, |lines| lines.borrow().clone())
    }
}
