use napi::{Env, Error, Result, Status};
use rill::Exception;

/// Throws an exception with the name that W3C gives it; the result is for `?`.
pub(crate) fn throw(env: &Env, exception: Exception, message: impl ToString) -> Error {
    throw_with(env, exception, message, None)
}

/// The same for a description that is not SDP: an `RTCError` that names the line, from 1.
pub(crate) fn throw_with(
    env: &Env,
    exception: Exception,
    message: impl ToString,
    sdp_line: Option<usize>,
) -> Error {
    let message = message.to_string();
    match set_pending(env, exception, &message, sdp_line) {
        // napi leaves an exception alone that is pending already.
        Ok(()) => Error::new(Status::PendingException, message),
        Err(error) => error,
    }
}

fn set_pending(
    env: &Env,
    exception: Exception,
    message: &str,
    sdp_line: Option<usize>,
) -> Result<()> {
    let mut error = env.create_error(Error::new(Status::GenericFailure, message))?;
    error.set("name", exception.name())?;
    if let Some(line) = sdp_line {
        error.set("errorDetail", "sdp-syntax-error")?;
        error.set("sdpLineNumber", u32::try_from(line).unwrap_or(u32::MAX))?;
    }
    env.throw(error)
}
