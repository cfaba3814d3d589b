//! What went over a pair or a transport, STUN apart.

use std::time::Instant;

/// Counts of datagrams that are not STUN. Bytes are those of their payloads: without IP, UDP and what
/// a relay wraps around them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Datagrams handed to the driver.
    pub packets_sent: u64,
    /// Their bytes.
    pub bytes_sent: u64,
    /// Datagrams from where the peer's authenticated checks came.
    pub packets_received: u64,
    /// Their bytes.
    pub bytes_received: u64,
    /// When the last one was sent.
    pub last_sent: Option<Instant>,
    /// When the last one was received.
    pub last_received: Option<Instant>,
}

impl Traffic {
    /// Adds what was sent.
    pub(crate) fn sent(&mut self, sent: &Self) {
        self.packets_sent += sent.packets_sent;
        self.bytes_sent += sent.bytes_sent;
        self.last_sent = sent.last_sent;
    }

    /// Adds a datagram that was received.
    pub(crate) fn received(&mut self, now: Instant, length: usize) {
        self.packets_received += 1;
        self.bytes_received += length as u64;
        self.last_received = Some(now);
    }

    /// Datagrams that are about to be sent: one, or a train.
    pub(crate) fn of_train(at: Option<Instant>, length: usize, segment: Option<usize>) -> Self {
        let packets = segment.map_or(1, |segment| length.div_ceil(segment.max(1)));
        Self {
            packets_sent: packets as u64,
            bytes_sent: length as u64,
            last_sent: at,
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_train_is_as_many_datagrams_as_it_is_cut_into() {
        let packets = |length, segment| Traffic::of_train(None, length, segment).packets_sent;
        assert_eq!(packets(100, None), 1);
        assert_eq!(packets(100, Some(100)), 1);
        assert_eq!(packets(101, Some(100)), 2);
        assert_eq!(packets(300, Some(100)), 3);
    }
}
