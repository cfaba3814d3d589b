//! Memory that is needed only while something happens.

use std::time::{Duration, Instant};

use crate::{PeerConnection, SignalingState, transport::DtlsTransport};

/// So long after the last data its buffers and queues are given back. Most connections are idle for most
/// of their life; a busy one keeps them, so that no packet costs an allocation.
const QUIET: Duration = Duration::from_millis(100);

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
        self.rest_descriptions();
        self.carry.shrink_to_fit();
        self.packet = Vec::new();
    }

    /// Between two negotiations ours and those that getters show differ by candidates at most, which we
    /// never look for in ours: the texts can be the same.
    fn rest_descriptions(&mut self) {
        let shown = &self.view.descriptions;
        let (own, shown_state) = (&mut self.jsep.descriptions, shown.signaling_state);
        let stable = [own.signaling_state, shown_state] == [SignalingState::Stable; 2];
        if stable && self.tasks.is_empty() {
            own.clone_from(shown);
        } else {
            own.rest();
        }
    }
}
