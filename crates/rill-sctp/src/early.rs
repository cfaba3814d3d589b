//! Messages sent before the association is established.

use std::time::Instant;

use bytes::Bytes;

use crate::message::{Ppid, Reliability, SendOptions, StreamId};

/// A message that waits for the association.
#[derive(Debug)]
pub(crate) struct Early {
    pub(crate) sent: Instant,
    pub(crate) stream: StreamId,
    pub(crate) ppid: Ppid,
    pub(crate) payload: Bytes,
    pub(crate) options: SendOptions,
}

impl Early {
    /// How to send it at `now`: with what is left of its lifetime, or not at all.
    pub(crate) fn options_at(&self, now: Instant) -> Option<SendOptions> {
        let Reliability::MaxLifetime(lifetime) = self.options.reliability else {
            return Some(self.options);
        };
        let left = lifetime.checked_sub(now.saturating_duration_since(self.sent))?;
        Some(SendOptions {
            reliability: Reliability::MaxLifetime(left),
            ..self.options
        })
    }
}

/// The messages that wait. dcsctp would send them behind its cookie, in packets of their own that
/// the peer cannot accept yet (RFC 9260 §5.1, C).
#[derive(Debug, Default)]
pub(crate) struct EarlyMessages {
    messages: Vec<Early>,
    bytes: usize,
}

impl EarlyMessages {
    pub(crate) fn push(&mut self, message: Early) {
        self.bytes += message.payload.len();
        self.messages.push(message);
    }

    /// All of them, in order.
    pub(crate) fn take(&mut self) -> Vec<Early> {
        self.bytes = 0;
        std::mem::take(&mut self.messages)
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn bytes_on(&self, stream: StreamId) -> usize {
        let on_stream = self
            .messages
            .iter()
            .filter(|message| message.stream == stream);
        on_stream.map(|message| message.payload.len()).sum()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_lifetime_counts_while_waiting() {
        let sent = crate::testing::epoch();
        let early = Early {
            sent,
            stream: StreamId(1),
            ppid: Ppid::BINARY,
            payload: Bytes::from_static(b"x"),
            options: SendOptions {
                ordered: false,
                reliability: Reliability::MaxLifetime(Duration::from_secs(2)),
            },
        };
        let after = |seconds| early.options_at(sent + Duration::from_secs(seconds));
        let left = Reliability::MaxLifetime(Duration::from_secs(1));
        assert_eq!(
            after(1),
            Some(SendOptions {
                ordered: false,
                reliability: left
            })
        );
        assert_eq!(after(3), None);
    }
}
