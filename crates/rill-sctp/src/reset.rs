//! Streams on their way to being reset.

use std::collections::BTreeSet;

use crate::message::StreamId;

/// How many streams are being reset at a time. The request must fit in one packet: two bytes a
/// stream (RFC 6525 §4.1).
const AT_A_TIME: usize = 256;

/// The outgoing streams that are to be reset, and those whose reset the peer has not answered yet.
///
/// A stream is reset only when all that was queued on it before has left: closing a data channel
/// delivers it (RFC 8831 §6.7).
#[derive(Debug, Default)]
pub(crate) struct Resets {
    waiting: BTreeSet<StreamId>,
    requested: BTreeSet<StreamId>,
}

impl Resets {
    /// The stream is to be reset.
    pub(crate) fn add(&mut self, stream: StreamId) {
        if !self.requested.contains(&stream) {
            self.waiting.insert(stream);
        }
    }

    /// Whether nothing may be sent on the stream.
    pub(crate) fn contains(&self, stream: StreamId) -> bool {
        self.waiting.contains(&stream) || self.requested.contains(&stream)
    }

    /// The streams to request now, given which of them still have data to send.
    pub(crate) fn request(&mut self, has_data: impl Fn(StreamId) -> bool) -> Vec<StreamId> {
        let room = AT_A_TIME.saturating_sub(self.requested.len());
        let streams: Vec<_> = self
            .waiting
            .iter()
            .copied()
            .filter(|&stream| !has_data(stream))
            .take(room)
            .collect();
        for stream in &streams {
            self.waiting.remove(stream);
            self.requested.insert(*stream);
        }
        streams
    }

    /// The peer has answered for these streams.
    pub(crate) fn answered(&mut self, streams: &[StreamId]) {
        for stream in streams {
            self.requested.remove(stream);
        }
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        self.waiting.clear();
        self.requested.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_with_data_waits() {
        let mut resets = Resets::default();
        resets.add(StreamId(1));
        resets.add(StreamId(2));
        assert_eq!(
            resets.request(|stream| stream == StreamId(1)),
            [StreamId(2)]
        );
        assert!(resets.contains(StreamId(1)) && resets.contains(StreamId(2)));
        resets.answered(&[StreamId(2)]);
        assert!(!resets.contains(StreamId(2)));
        assert_eq!(resets.request(|_| false), [StreamId(1)]);
    }

    #[test]
    fn requests_fit_in_a_packet() {
        let mut resets = Resets::default();
        (0..1000).for_each(|stream| resets.add(StreamId(stream)));
        let first = resets.request(|_| false);
        assert_eq!(first.len(), AT_A_TIME);
        assert!(resets.request(|_| false).is_empty());
        resets.answered(&first);
        assert_eq!(resets.request(|_| false).len(), AT_A_TIME);
    }

    #[test]
    fn a_reset_asked_for_twice_is_one_request() {
        let mut resets = Resets::default();
        resets.add(StreamId(1));
        assert_eq!(resets.request(|_| false).len(), 1);
        resets.add(StreamId(1));
        assert!(resets.request(|_| false).is_empty());
    }
}
