//! Why it does not connect.

use std::time::Instant;

use rill_peer::Diagnosis;

use super::PeerConnection;

impl PeerConnection {
    /// What is known, at this moment, of why it does not connect, or of what it is connected by.
    ///
    /// Its [`sentence`](Diagnosis::sentence) names the most likely cause and what to do; printed, it
    /// also tells what that rests on. May be asked at any time, also after a failure.
    ///
    /// ```no_run
    /// # fn show(pc: &rill::PeerConnection) {
    /// if pc.connection_state() == rill::ConnectionState::Failed {
    ///     eprintln!("{}", pc.diagnose().sentence());
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn diagnose(&self) -> Diagnosis {
        self.peer(|peer| peer.diagnose(Instant::now()))
    }
}
