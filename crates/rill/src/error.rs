use rill_peer::{ConfigurationError, Exception};

/// Why a connection was not made.
#[derive(Debug, thiserror::Error)]
pub enum NewError {
    /// The configuration was refused.
    #[error(transparent)]
    Configuration(#[from] ConfigurationError),
    /// There is no runtime to drive the connection.
    #[error("a peer connection needs a tokio runtime: create it inside one")]
    NoRuntime,
    /// The operating system gave no random bytes.
    #[error("the operating system gave no random bytes: {0}")]
    Random(String),
    /// No key could be made.
    #[error("no certificate could be made: {0}")]
    Certificate(String),
}

impl NewError {
    /// The exception that W3C gives for it.
    #[must_use]
    pub const fn exception(&self) -> Exception {
        match self {
            Self::Configuration(error) => error.exception(),
            Self::NoRuntime | Self::Random(_) | Self::Certificate(_) => Exception::Operation,
        }
    }
}
