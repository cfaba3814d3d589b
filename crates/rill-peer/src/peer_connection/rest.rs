//! Memory that is needed only while something happens.

use std::time::{Duration, Instant};

use crate::{PeerConnection, transport::DtlsTransport};

/// So long after the last data its buffers and queues are given back. Most connections are idle for most
/// of their life; a busy one keeps them, so that no packet costs an allocation.
const QUIET: Duration = Duration::from_secs(1);

impl PeerConnection {
    /// When what the last data took is to be given back.
    pub(super) fn rests_at(&self) -> Option<Instant> {
        self.busy.map(|at| at + QUIET)
    }

    /// Nothing is lost by it: what comes next takes its memory anew.
    pub(super) fn rest(&mut self) {
        self.busy = None;
        self.agent.rest();
        self.transports.shrink_to_fit();
        self.transports.iter_mut().for_each(DtlsTransport::rest);
        self.channels.rest();
        self.tasks.rest();
        self.view.rest();
        self.carry.shrink_to_fit();
        self.packet = Vec::new();
    }
}
