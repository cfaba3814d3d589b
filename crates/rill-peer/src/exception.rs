use core::fmt;

/// The name of the exception that W3C gives for a caller's mistake.
///
/// Every error of this crate maps to one, so that a binding throws what a browser would throw.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Exception {
    /// The object is in the wrong state for the call.
    InvalidState,
    /// A parameter is not acceptable (for example a server without credentials).
    InvalidAccess,
    /// The description was changed between its creation and its use.
    InvalidModification,
    /// The operation failed for a reason of its own; most errors in descriptions and candidates.
    Operation,
    /// A parameter has the wrong type or is out of range.
    Type,
    /// A URL could not be read.
    Syntax,
    /// rill does not support what was asked for.
    NotSupported,
}

impl Exception {
    /// The name as `DOMException.name` (or the constructor's name for `TypeError`).
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::InvalidState => "InvalidStateError",
            Self::InvalidAccess => "InvalidAccessError",
            Self::InvalidModification => "InvalidModificationError",
            Self::Operation => "OperationError",
            Self::Type => "TypeError",
            Self::Syntax => "SyntaxError",
            Self::NotSupported => "NotSupportedError",
        }
    }
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
