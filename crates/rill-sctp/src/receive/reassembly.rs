//! Fragments become messages (RFC 9260 §6.9, RFC 8260 §2.2.3).

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;

use super::OVERHEAD;
use crate::message::{Ppid, StreamId};
use crate::wire::Data;

/// What a piece costs beside its parts: a place in a tree whose nodes are half full, and a list.
const PLACE: usize = 256;

/// Where a fragment belongs. Fragments of one message differ in `fragment` only, by one each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    stream: StreamId,
    unordered: bool,
    message: u64,
    fragment: u64,
}

impl Key {
    /// Without interleaving the fragments of a message have sequence numbers in a row, so those
    /// alone are the place.
    pub(super) fn by_tsn(place: u64) -> Self {
        Self {
            stream: StreamId(0),
            unordered: false,
            message: 0,
            fragment: place,
        }
    }

    /// With interleaving a fragment names its message and its number in that.
    pub(super) fn by_message(data: &Data<&[u8]>, message: u64) -> Self {
        Self {
            stream: data.stream,
            unordered: data.flags.unordered,
            message,
            fragment: u64::from(data.fragment),
        }
    }

    fn at(self, fragment: u64) -> Self {
        Self { fragment, ..self }
    }
}

/// A whole message.
#[derive(Debug)]
pub(super) struct Complete {
    pub(super) message: u32,
    pub(super) ppid: Ppid,
    /// Of what was sent; `payload` has no bytes when that was too much.
    pub(super) length: usize,
    pub(super) payload: Bytes,
}

/// Fragments in a row of an unfinished message.
#[derive(Debug)]
struct Piece {
    /// Has the message's first fragment.
    beginning: bool,
    /// Has its last.
    end: bool,
    /// The number after its last fragment.
    next: u64,
    message: u32,
    ppid: Ppid,
    length: usize,
    /// Its bytes, in parts: what is joined is not copied before the message is whole.
    parts: VecDeque<Vec<u8>>,
    bytes: usize,
}

/// The unfinished messages of all streams.
#[derive(Debug)]
pub(super) struct Reassembly {
    pieces: BTreeMap<Key, Piece>,
    max_message_size: usize,
    held: usize,
}

impl Reassembly {
    pub(super) fn new(max_message_size: usize) -> Self {
        Self {
            pieces: BTreeMap::new(),
            max_message_size,
            held: 0,
        }
    }

    /// What the pieces cost.
    pub(super) fn held(&self) -> usize {
        self.held
    }

    /// Adds a fragment; the message that it completes.
    pub(super) fn insert(&mut self, key: Key, data: &Data<&[u8]>) -> Option<Complete> {
        if data.flags.beginning && data.flags.end {
            return Some(Complete {
                message: data.message,
                ppid: data.ppid,
                length: data.payload.len(),
                payload: Bytes::copy_from_slice(data.payload),
            });
        }
        let key = self.append(key, data)?;
        self.join(key);
        let piece = self.pieces.get(&key)?;
        if !(piece.beginning && piece.end) {
            return None;
        }
        let piece = self.take(&key)?;
        Some(Complete {
            message: piece.message,
            ppid: piece.ppid,
            length: piece.length,
            payload: piece.whole(),
        })
    }

    /// Puts the fragment behind the piece that it continues, or makes it one; that piece's key.
    fn append(&mut self, key: Key, data: &Data<&[u8]>) -> Option<Key> {
        let limit = self.max_message_size;
        if let Some((&before, piece)) = self.pieces.range_mut(..=key).next_back()
            && before.at(0) == key.at(0)
        {
            if piece.next > key.fragment {
                // A number that was there before, under another sequence number: the peer's mistake.
                return None;
            }
            if piece.next == key.fragment && !piece.end && !data.flags.beginning {
                self.held -= piece.cost();
                piece.push(data.payload, data.flags.end, limit);
                self.held += piece.cost();
                return Some(before);
            }
        }
        let mut piece = Piece {
            beginning: data.flags.beginning,
            end: false,
            next: key.fragment,
            message: data.message,
            ppid: data.ppid,
            length: 0,
            parts: VecDeque::new(),
            bytes: 0,
        };
        piece.push(data.payload, data.flags.end, limit);
        self.held += piece.cost();
        self.pieces.insert(key, piece);
        Some(key)
    }

    /// Joins the piece with the one that continues it.
    fn join(&mut self, key: Key) {
        let Some(piece) = self.pieces.get(&key) else {
            return;
        };
        let (next, ended) = (key.at(piece.next), piece.end);
        if ended || self.pieces.get(&next).is_none_or(|after| after.beginning) {
            return;
        }
        let (Some(after), Some(piece)) = (self.take(&next), self.pieces.get_mut(&key)) else {
            return;
        };
        self.held -= piece.cost();
        piece.extend(after, self.max_message_size);
        self.held += piece.cost();
    }

    /// Drops what is not after this place.
    pub(super) fn remove_through(&mut self, place: u64) {
        let later = self.pieces.split_off(&Key::by_tsn(place + 1));
        for piece in std::mem::replace(&mut self.pieces, later).into_values() {
            self.held -= piece.cost();
        }
    }

    /// Drops the messages of a stream up to this one.
    pub(super) fn remove_messages(
        &mut self,
        stream: StreamId,
        unordered: bool,
        through: Option<u64>,
    ) {
        if let Some(through) = through {
            let key = |message, fragment| Key {
                stream,
                unordered,
                message,
                fragment,
            };
            self.remove_between(key(0, 0), key(through, u64::MAX));
        }
    }

    /// Drops the messages of a stream.
    pub(super) fn remove_stream(&mut self, stream: StreamId) {
        for unordered in [false, true] {
            self.remove_messages(stream, unordered, Some(u64::MAX));
        }
    }

    fn remove_between(&mut self, first: Key, last: Key) {
        while let Some((&key, _)) = self.pieces.range(first..=last).next() {
            self.take(&key);
        }
    }

    fn take(&mut self, key: &Key) -> Option<Piece> {
        let piece = self.pieces.remove(key)?;
        self.held -= piece.cost();
        Some(piece)
    }
}

impl Piece {
    fn push(&mut self, payload: &[u8], end: bool, limit: usize) {
        self.next += 1;
        self.end = end;
        self.length += payload.len();
        match self.parts.back_mut() {
            Some(last) => last.extend_from_slice(payload),
            None => self.parts.push_back(payload.to_vec()),
        }
        self.bytes += payload.len();
        self.keep_within(limit);
    }

    /// The fewer parts move, so that no order of arrival costs more than another.
    fn extend(&mut self, mut after: Self, limit: usize) {
        self.next = after.next;
        self.end = after.end;
        self.length += after.length;
        self.bytes += after.bytes;
        if self.parts.len() < after.parts.len() {
            while let Some(part) = self.parts.pop_back() {
                after.parts.push_front(part);
            }
            self.parts = after.parts;
        } else {
            self.parts.append(&mut after.parts);
        }
        self.keep_within(limit);
    }

    /// A message that is too long is counted and not kept.
    fn keep_within(&mut self, limit: usize) {
        if self.length > limit {
            self.parts = VecDeque::new();
            self.bytes = 0;
        }
    }

    fn whole(mut self) -> Bytes {
        match self.parts.pop_front() {
            Some(only) if self.parts.is_empty() => Bytes::from(only),
            Some(first) => {
                let mut whole = Vec::with_capacity(self.bytes);
                whole.extend(first);
                self.parts
                    .iter()
                    .for_each(|part| whole.extend_from_slice(part));
                Bytes::from(whole)
            }
            None => Bytes::new(),
        }
    }

    fn cost(&self) -> usize {
        self.bytes + PLACE + OVERHEAD * self.parts.len().max(1)
    }
}
