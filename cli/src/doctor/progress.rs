//! What is being done, on one line that goes again.

use std::io::{self, IsTerminal as _, Write as _};

/// Written to standard error, and only if that is a terminal; results go to standard output.
#[derive(Debug)]
pub(super) struct Progress {
    terminal: bool,
}

impl Progress {
    pub(super) fn new() -> Self {
        Self {
            terminal: io::stderr().is_terminal(),
        }
    }

    pub(super) fn show(&self, step: &str) -> io::Result<()> {
        self.write(step)
    }

    /// Takes the line away before something is printed in its place.
    pub(super) fn clear(&self) -> io::Result<()> {
        self.write("")
    }

    fn write(&self, line: &str) -> io::Result<()> {
        if !self.terminal {
            return Ok(());
        }
        let mut stderr = io::stderr().lock();
        write!(stderr, "\r\x1b[2K{line}")?;
        stderr.flush()
    }
}
