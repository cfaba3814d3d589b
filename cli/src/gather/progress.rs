//! A line on a terminal that shows that something is still awaited.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::Duration;

const FRAMES: [char; 4] = ['|', '/', '-', '\\'];

/// Written to standard error, and only if that is a terminal; results go to standard output.
#[derive(Debug)]
pub(super) struct Progress {
    terminal: bool,
    shown: bool,
}

impl Progress {
    /// How often the line moves.
    pub(super) const INTERVAL: Duration = Duration::from_millis(120);

    pub(super) fn new() -> Self {
        Self {
            terminal: io::stderr().is_terminal(),
            shown: false,
        }
    }

    pub(super) fn show(
        &mut self,
        elapsed: Duration,
        candidates: usize,
        waiting: usize,
    ) -> io::Result<()> {
        if !self.terminal {
            return Ok(());
        }
        self.shown = true;
        let mut stderr = io::stderr().lock();
        write!(stderr, "\r\x1b[2K{}", line(elapsed, candidates, waiting))?;
        stderr.flush()
    }

    /// Takes the line away before something is printed in its place.
    pub(super) fn clear(&mut self) -> io::Result<()> {
        if !std::mem::take(&mut self.shown) {
            return Ok(());
        }
        let mut stderr = io::stderr().lock();
        stderr.write_all(b"\r\x1b[2K")?;
        stderr.flush()
    }
}

fn line(elapsed: Duration, candidates: usize, waiting: usize) -> String {
    let step = elapsed.as_millis() / Progress::INTERVAL.as_millis();
    let frame = FRAMES[usize::try_from(step % FRAMES.len() as u128).unwrap_or(0)];
    let servers = match waiting {
        0 => String::new(),
        1 => ", waiting for 1 server".to_owned(),
        many => format!(", waiting for {many} servers"),
    };
    let noun = if candidates == 1 {
        "candidate"
    } else {
        "candidates"
    };
    let seconds = elapsed.as_secs_f64();
    format!("{frame} {seconds:.1} s: {candidates} {noun} so far{servers}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_says_what_is_awaited_and_moves() {
        let first = line(Duration::from_millis(100), 2, 1);
        assert_eq!(first, "| 0.1 s: 2 candidates so far, waiting for 1 server");
        assert_eq!(
            line(Duration::from_millis(130), 1, 0),
            "/ 0.1 s: 1 candidate so far"
        );
    }
}
