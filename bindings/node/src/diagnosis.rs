use std::time::Instant;

use napi_derive::napi;
use rill::Cause;

use crate::connection::NativePeerConnection;

/// rill's own, and not of the W3C.
#[napi]
impl NativePeerConnection {
    /// Why it does not connect, or by what it is connected, as JSON. A closed connection knows no more
    /// than that it is closed.
    #[napi]
    pub fn diagnose(&self) -> String {
        self.read(
            |core| core.diagnose(Instant::now()).to_json(),
            |_| {
                let (sentence, cause) = (Cause::Closed.sentence(), Cause::Closed.code());
                format!(r#"{{"sentence":"{sentence}","cause":"{cause}","trouble":true,"transports":[]}}"#)
            },
        )
    }
}
