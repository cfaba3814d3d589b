//! Messages that follow each other in a stream, and the datagrams that were inside them.

use std::collections::VecDeque;

use rill_stun::{FrameError, frame_length};

use super::Data;

/// Bytes of datagrams that wait to be fetched; what comes beyond is lost, as datagrams are.
const MAX_WAITING: usize = 1 << 22;

/// Datagrams that wait to be fetched, whose bytes may be none.
const MAX_READY: usize = 1 << 13;

/// The receiving side of a stream.
#[derive(Debug, Default)]
pub(super) struct Stream {
    /// What came and is not a whole message yet, from `read` on.
    bytes: Vec<u8>,
    read: usize,
    /// Datagrams one behind the other, from `fetched` on.
    datagrams: Vec<u8>,
    fetched: usize,
    /// Whose they are, and how long.
    ready: VecDeque<(Data, usize)>,
}

impl Stream {
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.bytes.drain(..self.read);
        self.read = 0;
        self.datagrams.drain(..self.fetched);
        self.fetched = 0;
        self.bytes.extend_from_slice(bytes);
    }

    /// Takes the next message that is whole.
    pub(super) fn next(&mut self, message: &mut Vec<u8>) -> Result<bool, FrameError> {
        let rest = &self.bytes[self.read..];
        let whole = frame_length(rest)?.and_then(|length| rest.get(..length));
        let Some(whole) = whole else { return Ok(false) };
        message.clear();
        message.extend_from_slice(whole);
        self.read += whole.len();
        Ok(true)
    }

    pub(super) fn store(&mut self, data: Data, datagram: &[u8]) {
        let fits = self.datagrams.len() + datagram.len() <= MAX_WAITING;
        if fits && self.ready.len() < MAX_READY {
            self.datagrams.extend_from_slice(datagram);
            self.ready.push_back((data, datagram.len()));
        }
    }

    /// Takes the oldest datagram.
    pub(super) fn fetch(&mut self, buffer: &mut Vec<u8>) -> Option<Data> {
        let (data, length) = self.ready.pop_front()?;
        let end = self.fetched + length;
        buffer.clear();
        buffer.extend_from_slice(&self.datagrams[self.fetched..end]);
        self.fetched = end;
        Some(data)
    }
}
