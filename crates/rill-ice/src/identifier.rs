//! What transports and their generations are called.

use std::fmt;

/// A transport of one agent. Never used again after the transport was removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TransportId(pub(crate) u32);

impl TransportId {
    /// The number that stands for it outside, where types cannot go.
    pub fn value(self) -> u32 {
        self.0
    }

    /// The transport of a number. One that was never given out names no transport.
    pub fn from_value(value: u32) -> Self {
        Self(value)
    }
}

/// A generation of a transport: 0 at first, one more with each ICE restart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Generation(pub u32);

/// One generation of one transport: an ICE session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SessionKey {
    pub(crate) transport: TransportId,
    pub(crate) generation: Generation,
}

impl fmt::Display for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.transport.0, self.generation.0)
    }
}
