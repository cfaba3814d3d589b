//! Faults of a test's own choosing.

use std::fmt;
use std::time::Instant;

use crate::Datagram;

/// What an interceptor decides about a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It goes on, as it now is.
    Pass,
    /// It is lost.
    Drop,
}

type Intercept = dyn FnMut(Instant, &mut Datagram) -> Verdict + Send;

/// Sees every datagram that leaves a host.
pub(crate) struct Interceptor(Box<Intercept>);

impl Interceptor {
    pub(crate) fn new(
        intercept: impl FnMut(Instant, &mut Datagram) -> Verdict + Send + 'static,
    ) -> Self {
        Self(Box::new(intercept))
    }

    pub(crate) fn judge(&mut self, now: Instant, datagram: &mut Datagram) -> Verdict {
        (self.0)(now, datagram)
    }
}

impl fmt::Debug for Interceptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Interceptor")
    }
}
