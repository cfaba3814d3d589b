//! The end after everything is delivered (RFC 9260 §9.2).

use std::time::{Duration, Instant};

use super::{Association, output::Control};
use crate::event::Event;
use crate::receive::Inbound;
use crate::state::State;
use crate::wire::Tsn;

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shutdown {
    No,
    /// What was sent is still to be delivered.
    Pending,
    /// SHUTDOWN has left; repeated when due.
    Sent {
        due: Instant,
    },
    /// The peer's SHUTDOWN has come; what was sent is still to be delivered.
    Received,
    /// SHUTDOWN ACK has left; repeated when due.
    Answered {
        due: Instant,
    },
}

impl Shutdown {
    pub(super) fn due(self) -> Option<Instant> {
        match self {
            Self::Sent { due } | Self::Answered { due } => Some(due),
            Self::No | Self::Pending | Self::Received => None,
        }
    }
}

impl Association {
    pub(super) fn begin_shutdown(&mut self) {
        self.shutdown = Shutdown::Pending;
        self.state = State::ShuttingDown;
        self.continue_shutdown();
    }

    /// The next step, once everything is delivered.
    pub(super) fn continue_shutdown(&mut self) {
        if !self.outbound.is_done() {
            return;
        }
        match self.shutdown {
            Shutdown::Pending => self.send_shutdown(),
            Shutdown::Received => self.send_shutdown_ack(),
            Shutdown::No | Shutdown::Sent { .. } | Shutdown::Answered { .. } => {}
        }
    }

    pub(super) fn send_shutdown(&mut self) {
        let cumulative = self.inbound.as_ref().map(Inbound::cumulative);
        if let (Some(tag), Some(cumulative)) = (self.peer_tag(), cumulative) {
            self.push_control(Control::shutdown(tag, cumulative));
        }
        self.shutdown = Shutdown::Sent {
            due: self.now + self.shutdown_interval(),
        };
    }

    fn send_shutdown_ack(&mut self) {
        if let Some(tag) = self.peer_tag() {
            self.push_control(Control::shutdown_ack(tag));
        }
        self.shutdown = Shutdown::Answered {
            due: self.now + self.shutdown_interval(),
        };
    }

    fn shutdown_interval(&self) -> Duration {
        self.outbound.timeout()
    }

    pub(super) fn handle_shutdown_timeout(&mut self) {
        if self.shutdown.due().is_none_or(|due| due > self.now) {
            return;
        }
        match self.shutdown {
            Shutdown::Sent { .. } => self.send_shutdown(),
            Shutdown::Answered { .. } => self.send_shutdown_ack(),
            Shutdown::No | Shutdown::Pending | Shutdown::Received => {}
        }
    }

    pub(super) fn handle_shutdown(&mut self, value: &[u8]) {
        let Some(&[a, b, c, d]) = value.first_chunk() else {
            return;
        };
        let cumulative = Tsn(u32::from_be_bytes([a, b, c, d]));
        self.outbound.handle_cumulative(self.now, cumulative);
        match self.shutdown {
            Shutdown::No | Shutdown::Pending => {
                self.shutdown = Shutdown::Received;
                self.state = State::ShuttingDown;
                self.continue_shutdown();
            }
            Shutdown::Sent { .. } | Shutdown::Answered { .. } => self.send_shutdown_ack(),
            Shutdown::Received => self.continue_shutdown(),
        }
    }

    pub(super) fn handle_shutdown_ack(&mut self) {
        if matches!(
            self.shutdown,
            Shutdown::Sent { .. } | Shutdown::Answered { .. }
        ) {
            if let Some(tag) = self.peer_tag() {
                self.push_control(Control::shutdown_complete(tag));
            }
            self.close(Event::Closed);
        }
    }

    pub(super) fn handle_shutdown_complete(&mut self) {
        if matches!(self.shutdown, Shutdown::Answered { .. }) {
            self.close(Event::Closed);
        }
    }
}
