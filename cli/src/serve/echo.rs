//! The echo on a data channel.

use rill::{DataChannel, SendError};

use super::limits::ECHO_BUFFER;

/// Sends every message back as it came, text as text, until the channel closes.
///
/// While much waits to leave nothing more is read: the back-pressure reaches the browser.
pub(super) async fn echo(channel: &DataChannel) -> Result<(), SendError> {
    while let Some(message) = channel.recv().await {
        match channel.send_message(message) {
            // Closed by the browser, or with the session, while this message was on its way.
            Err(SendError::NotOpen(_)) => return Ok(()),
            sent => sent?,
        }
        if channel.buffered_amount() > ECHO_BUFFER {
            channel.drained(ECHO_BUFFER / 2).await;
        }
    }
    Ok(())
}
