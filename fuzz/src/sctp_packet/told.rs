//! What the peer has told the association: what may be delivered, and what may be acknowledged.

use std::collections::{BTreeMap, BTreeSet};

use rill_sctp::Message;

use crate::packet::{Chunk, Packet, kind};

const END: u8 = 1;
const BEGINNING: u8 = 2;
const UNORDERED: u8 = 4;
/// An outgoing stream reset request (RFC 6525 §4.1).
const OUTGOING_RESET: u16 = 13;

/// Where a fragment belongs: without interleaving (RFC 8260) its sequence number alone says that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    stream: u16,
    unordered: bool,
    message: u32,
    fragment: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Fragment {
    /// Its number, counted from the peer's first.
    tsn: u32,
    flags: u8,
    stream: u16,
    ppid: u32,
    payload: Vec<u8>,
}

/// Everything that was said in packets that are to be believed.
pub(super) struct Told {
    interleaved: bool,
    first_tsn: u32,
    fragments: BTreeMap<Place, BTreeSet<Fragment>>,
    tsns: BTreeSet<u32>,
    /// How many numbers the peer need not be waited for.
    forwarded: BTreeSet<u32>,
    /// Streams are to begin anew: what is behind that may be left untaken for ever.
    pub(super) resets: bool,
    delivered: BTreeMap<(u16, u32, Vec<u8>), usize>,
    /// How many numbers were acknowledged last.
    acknowledged: u32,
}

impl Told {
    pub(super) fn new(interleaved: bool, first_tsn: u32) -> Self {
        Self {
            interleaved,
            first_tsn,
            fragments: BTreeMap::new(),
            tsns: BTreeSet::new(),
            forwarded: BTreeSet::new(),
            resets: false,
            delivered: BTreeMap::new(),
            acknowledged: 0,
        }
    }

    /// The number behind the last that was acknowledged.
    pub(super) fn next_tsn(&self) -> u32 {
        self.first_tsn.wrapping_add(self.acknowledged)
    }

    pub(super) fn hear(&mut self, chunks: &[Chunk]) {
        for chunk in chunks {
            match chunk.kind {
                kind::DATA if !self.interleaved => drop(self.hear_data(chunk)),
                kind::I_DATA if self.interleaved => drop(self.hear_data(chunk)),
                kind::FORWARD_TSN | kind::I_FORWARD_TSN => {
                    let behind = chunk.word(0).map(|tsn| tsn.wrapping_add(1));
                    let count = behind.map(|tsn| tsn.wrapping_sub(self.first_tsn));
                    self.forwarded.extend(count);
                }
                kind::RE_CONFIG => {
                    let parameters = Packet::parameters(&chunk.value);
                    self.resets |= parameters.iter().any(|(kind, _)| *kind == OUTGOING_RESET);
                }
                _ => {}
            }
        }
    }

    /// RFC 9260 §3.3.1, RFC 8260 §2.1.
    fn hear_data(&mut self, chunk: &Chunk) -> Option<()> {
        let flags = chunk.flags;
        let tsn = chunk.word(0)?.wrapping_sub(self.first_tsn);
        let stream = chunk.half(4)?;
        let (place, ppid, header) = if self.interleaved {
            let last = chunk.word(12)?;
            let is_first = flags & BEGINNING != 0;
            let place = Place {
                stream,
                unordered: flags & UNORDERED != 0,
                message: chunk.word(8)?,
                fragment: if is_first { 0 } else { last },
            };
            (place, last, 16)
        } else {
            let place = Place {
                stream: 0,
                unordered: false,
                message: 0,
                fragment: tsn,
            };
            (place, chunk.word(8)?, 12)
        };
        self.tsns.insert(tsn);
        self.fragments.entry(place).or_default().insert(Fragment {
            tsn,
            flags,
            stream,
            ppid,
            payload: chunk.value[header..].to_vec(),
        });
        Some(())
    }

    /// A message was delivered: the peer has sent it whole, and once more than it was before.
    pub(super) fn check_message(&mut self, message: &Message) {
        let key = (message.stream.0, message.ppid.0, message.payload.to_vec());
        let mut beginnings = BTreeSet::new();
        for (place, fragments) in &self.fragments {
            for fragment in fragments {
                let fits = fragment.flags & BEGINNING != 0 && fragment.ppid == message.ppid.0;
                if fits && self.is_whole(*place, fragment, message) {
                    beginnings.insert(fragment.tsn);
                }
            }
        }
        let times = self.delivered.entry(key).or_default();
        *times += 1;
        assert!(
            *times <= beginnings.len(),
            "it was sent {} times: {message:?}",
            beginnings.len()
        );
    }

    /// Whether the message is this fragment and what follows it. Without interleaving its fragments
    /// may name several streams, which is the peer's mistake: any of them will do.
    fn is_whole(&self, place: Place, first: &Fragment, message: &Message) -> bool {
        let mut seen = BTreeSet::new();
        let mut open = vec![(place, first, 0, false)];
        while let Some((place, fragment, done, named)) = open.pop() {
            let rest = &message.payload[done..];
            if !rest.starts_with(&fragment.payload) {
                continue;
            }
            let named = named || fragment.stream == message.stream.0;
            let done = done + fragment.payload.len();
            if fragment.flags & END != 0 {
                if named && done == message.payload.len() {
                    return true;
                }
                continue;
            }
            let next = Place {
                fragment: place.fragment.wrapping_add(1),
                ..place
            };
            let following = self.fragments.get(&next).into_iter().flatten();
            if seen.insert((next, done, named)) {
                let inner = following.filter(|fragment| fragment.flags & BEGINNING == 0);
                open.extend(inner.map(|fragment| (next, fragment, done, named)));
            }
        }
        false
    }

    /// The association acknowledges: nothing but what was sent, or what it need not wait for.
    pub(super) fn check_sack(&mut self, sack: &Chunk) {
        let field = |at| sack.half(at).expect("a SACK has it");
        let cumulative = sack.word(0).expect("a SACK has a number");
        let count = cumulative.wrapping_add(1).wrapping_sub(self.first_tsn);
        assert!(count >= self.acknowledged, "it takes back what it has said");
        self.acknowledged = count;
        let forwarded = self.forwarded.range(..=count).next_back();
        let from = forwarded.copied().unwrap_or_default();
        self.check_range(from, count);
        for gap in 0..usize::from(field(8)) {
            let (first, last) = (field(12 + gap * 4), field(14 + gap * 4));
            assert!(first > 1, "it is next, and not taken");
            self.check_range(count + u32::from(first) - 1, count + u32::from(last));
        }
    }

    /// The numbers from this one and before that one were sent.
    fn check_range(&self, from: u32, to: u32) {
        let sent = self.tsns.range(from..to).count();
        assert_eq!(sent, (to - from) as usize, "of {from} to {to}");
    }
}
