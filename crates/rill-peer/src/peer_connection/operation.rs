use crate::{OperationId, PeerConnection, task::Change};

/// Counts operations: those on the chain of a binding, and the names of all.
#[derive(Debug, Default)]
pub(super) struct Operations {
    next: u64,
    /// The length of the operations chain (webrtc-pc §4.4.1.2).
    chain: usize,
    update_on_empty: bool,
    /// `[[NegotiationNeeded]]`
    pub(super) negotiation_needed: bool,
}

impl Operations {
    pub(super) fn begin(&mut self) -> OperationId {
        self.next += 1;
        OperationId(self.next)
    }
}

impl PeerConnection {
    /// A binding put an operation on its chain. `negotiationneeded` waits until the chain is empty.
    pub fn begin_operation(&mut self) {
        self.operations.chain += 1;
    }

    /// An operation left the chain.
    pub fn end_operation(&mut self) {
        self.operations.chain = self.operations.chain.saturating_sub(1);
        if self.operations.chain == 0 && std::mem::take(&mut self.operations.update_on_empty) {
            self.update_negotiation_needed();
        }
    }

    /// webrtc-pc §4.7.3, "update the negotiation-needed flag".
    pub(super) fn update_negotiation_needed(&mut self) {
        if self.is_closed() {
            return;
        }
        if self.operations.chain > 0 {
            self.operations.update_on_empty = true;
        } else {
            self.tasks.push(Change::NegotiationNeeded);
        }
    }

    /// The steps of that algorithm's queued task. Whether the event fires.
    pub(super) fn negotiation_needed_now(&mut self) -> bool {
        if self.operations.chain > 0 {
            self.operations.update_on_empty = true;
            return false;
        }
        if self.view.descriptions.signaling_state != crate::SignalingState::Stable {
            return false;
        }
        let before = self.operations.negotiation_needed;
        self.operations.negotiation_needed = self.check_negotiation_needed();
        self.operations.negotiation_needed && !before
    }

    /// webrtc-pc §4.7.3, "check if negotiation is needed".
    fn check_negotiation_needed(&self) -> bool {
        let descriptions = &self.view.descriptions;
        let current = descriptions.current_local.as_ref();
        let has_data = current.is_some_and(|local| {
            let session = local.session();
            let mut media = session.media.iter();
            media.any(|media| media.is_data() && !media.is_rejected())
        });
        self.restart.is_pending()
            || (self.channels.is_used() && !has_data)
            || self
                .transceivers
                .listed()
                .any(|transceiver| transceiver.needs_negotiation(descriptions))
    }
}
