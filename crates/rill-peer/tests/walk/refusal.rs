//! A call that was refused, whatever its error type is.

use core::fmt;

use rill_peer::{
    AddIceCandidateError, ConfigurationError, CreateAnswerError, CreateDataChannelError,
    CreateOfferError, Exception, SendError, SetDescriptionError, TransceiverError,
};

/// What W3C would throw, and the words.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    pub(crate) exception: Exception,
    pub(crate) text: String,
}

impl Refusal {
    fn new(exception: Exception, error: &impl fmt::Display) -> Self {
        Self {
            exception,
            text: error.to_string(),
        }
    }
}

macro_rules! refusals {
    ($($error:ty),+ $(,)?) => {
        $(impl From<$error> for Refusal {
            fn from(error: $error) -> Self {
                Self::new(error.exception(), &error)
            }
        })+
    };
}

refusals!(
    AddIceCandidateError,
    ConfigurationError,
    CreateAnswerError,
    CreateDataChannelError,
    CreateOfferError,
    SendError,
    SetDescriptionError,
    TransceiverError,
);
