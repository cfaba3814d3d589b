//! A time description, `t=` with its `r=` and `z=` (RFC 8866 §5.9 to §5.11).

use crate::error::FieldError;
use crate::grammar::{Fields, number};
use crate::line::Line;

/// When the session is active. WebRTC sends `0 0` and ignores what it receives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timing {
    /// Seconds since 1900, or 0.
    pub start: u64,
    /// Seconds since 1900, or 0.
    pub stop: u64,
    /// The `r=` and `z=` lines that follow, word for word.
    pub lines: Vec<Line>,
}

impl Timing {
    pub(crate) fn parse(text: &str) -> Result<Self, FieldError> {
        let mut fields = Fields::new(text);
        let start = number("start-time", fields.next("start-time")?, 0..=u64::MAX)?;
        let stop = number("stop-time", fields.next("stop-time")?, 0..=u64::MAX)?;
        fields.finish("stop-time")?;
        Ok(Self {
            start,
            stop,
            lines: Vec::new(),
        })
    }
}
