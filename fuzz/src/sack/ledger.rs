//! What was sent, and what of it was acknowledged, in numbers that count from the first.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use rill_sctp::{Reliability, SendOptions};

use crate::packet::{Chunk, kind, words};

const END: u8 = 1;
const BEGINNING: u8 = 2;
const UNORDERED: u8 = 4;
/// How far beyond what was seen there may be numbers that stand for what never left.
const HIDDEN: u32 = 256;

/// A SACK. Its cumulative number is how many numbers it acknowledges.
#[derive(Clone, Debug)]
pub(super) struct Sack {
    pub(super) cumulative: u32,
    /// First and last, counted from the last that is acknowledged.
    pub(super) gaps: Vec<(u16, u16)>,
    pub(super) window: u32,
    pub(super) duplicates: Vec<u32>,
}

impl Sack {
    pub(super) fn chunk(&self, first_tsn: u32) -> Chunk {
        let tsn = |count: u32| first_tsn.wrapping_add(count).wrapping_sub(1);
        let lengths = (self.gaps.len() as u32) << 16 | self.duplicates.len() as u32;
        let mut value = words(&[tsn(self.cumulative), self.window, lengths]);
        for (first, last) in &self.gaps {
            value.extend(words(&[u32::from(*first) << 16 | u32::from(*last)]));
        }
        for duplicate in &self.duplicates {
            value.extend(words(&[tsn(*duplicate)]));
        }
        Chunk::new(kind::SACK, 0, value)
    }

    /// How many numbers there must be for it.
    fn reach(&self) -> u32 {
        let highest = self.gaps.last().map_or(0, |(_, last)| *last);
        self.cumulative.saturating_add(u32::from(highest))
    }

    /// Its ranges are those of a receiver.
    fn is_sound(&self) -> bool {
        let mut before = 0;
        self.gaps.iter().all(|&(first, last)| {
            let sound = first > before && last >= first;
            before = last;
            sound
        })
    }
}

struct Message {
    at: Instant,
    stream: u16,
    options: SendOptions,
    payload: Vec<u8>,
    /// How much of it has left.
    left: usize,
}

/// A number that was used.
struct Sent {
    chunk: Chunk,
    message: u32,
    transmissions: u32,
}

pub(super) struct Ledger {
    first_tsn: u32,
    interleaved: bool,
    /// Messages can be given up (RFC 3758).
    gives_up: bool,
    messages: BTreeMap<u32, Message>,
    /// None: it stands for the end of a message, which never left.
    numbers: Vec<Option<Sent>>,
    /// The messages that have begun to leave, by what their fragments have in common.
    begun: BTreeMap<(u16, bool, u32), u32>,
    acknowledged: u32,
    beyond: BTreeSet<u32>,
    /// Of those beyond, what may have been thrown away (RFC 9260 §6.2.1 D.iii).
    doubtful: BTreeSet<u32>,
}

impl Ledger {
    pub(super) fn new(first_tsn: u32, interleaved: bool, gives_up: bool) -> Self {
        Self {
            first_tsn,
            interleaved,
            gives_up,
            messages: BTreeMap::new(),
            numbers: Vec::new(),
            begun: BTreeMap::new(),
            acknowledged: 0,
            beyond: BTreeSet::new(),
            doubtful: BTreeSet::new(),
        }
    }

    /// How many numbers are acknowledged.
    pub(super) fn acknowledged(&self) -> u32 {
        self.acknowledged
    }

    /// How many numbers are used.
    pub(super) fn count(&self) -> u32 {
        self.numbers.len() as u32
    }

    /// What is acknowledged behind a gap.
    pub(super) fn beyond(&self) -> &BTreeSet<u32> {
        &self.beyond
    }

    /// A SACK for everything.
    pub(super) fn all(&self, window: u32) -> Sack {
        Sack {
            cumulative: self.count(),
            gaps: Vec::new(),
            window,
            duplicates: Vec::new(),
        }
    }

    /// A message that says which one it is.
    pub(super) fn next_payload(&self, length: usize) -> Vec<u8> {
        let number = self.messages.len() as u32;
        let mut payload = words(&[number]);
        payload.extend((0..length).map(|at| (at ^ at >> 8) as u8 ^ number as u8));
        payload
    }

    pub(super) fn queued(
        &mut self,
        at: Instant,
        stream: u16,
        payload: Vec<u8>,
        options: SendOptions,
    ) {
        let message = Message {
            at,
            stream,
            options,
            payload,
            left: 0,
        };
        self.messages.insert(self.messages.len() as u32, message);
    }

    /// Whether it can be said what the SACK means: not if there may be numbers that were not seen.
    pub(super) fn is_decidable(&self, sack: &Sack) -> bool {
        let reach = sack.reach();
        !self.gives_up || reach <= self.count() || reach > self.count() + HIDDEN
    }

    /// A SACK is on its way to the association.
    pub(super) fn heard(&mut self, sack: &Sack) {
        let old = sack.cumulative < self.acknowledged;
        if old || sack.reach() > self.count() || !sack.is_sound() {
            return;
        }
        self.acknowledged = sack.cumulative;
        for &(first, last) in &sack.gaps {
            for offset in first..=last {
                let number = sack.cumulative + u32::from(offset) - 1;
                self.beyond.insert(number);
                self.doubtful.remove(&number);
            }
        }
        self.beyond = self.beyond.split_off(&self.acknowledged);
        self.doubtful = self.doubtful.split_off(&self.acknowledged);
    }

    /// Time has passed, with what is next told of already.
    pub(super) fn timeout(&mut self) {
        if self.beyond.contains(&self.acknowledged) {
            self.doubtful.clone_from(&self.beyond);
        }
    }

    /// The association has sent this.
    pub(super) fn sent(&mut self, now: Instant, chunk: &Chunk) {
        let Some(number) = chunk.word(0).map(|tsn| tsn.wrapping_sub(self.first_tsn)) else {
            return;
        };
        match chunk.kind {
            kind::DATA | kind::I_DATA => {
                assert_eq!(chunk.kind == kind::I_DATA, self.interleaved);
                if number < self.count() {
                    self.sent_again(now, number, chunk);
                } else {
                    self.sent_first(now, number, chunk);
                }
            }
            kind::FORWARD_TSN | kind::I_FORWARD_TSN => self.forwarded(number),
            _ => {}
        }
    }

    fn sent_first(&mut self, now: Instant, number: u32, chunk: &Chunk) {
        self.skip_to(number);
        let header = if self.interleaved { 16 } else { 12 };
        let payload = &chunk.value[header..];
        let stream = chunk.half(4).expect("data has a stream");
        let unordered = chunk.flags & UNORDERED != 0;
        let name = if self.interleaved {
            chunk.word(8).expect("data has a message")
        } else {
            0
        };
        let key = (stream, unordered, name);
        let id = if chunk.flags & BEGINNING == 0 {
            self.begun[&key]
        } else {
            u32::from_be_bytes(payload[..4].try_into().expect("no less is cut"))
        };
        self.begun.insert(key, id);
        let message = self.messages.get_mut(&id).expect("it was queued");
        assert_eq!(message.left == 0, chunk.flags & BEGINNING != 0);
        assert_eq!(message.options.ordered, !unordered);
        assert_eq!(message.stream, stream);
        let rest = &message.payload[message.left..];
        assert!(rest.starts_with(payload), "message {id} is mixed up");
        assert_eq!(rest.len() == payload.len(), chunk.flags & END != 0);
        message.left += payload.len();
        self.numbers.push(Some(Sent {
            chunk: chunk.clone(),
            message: id,
            transmissions: 0,
        }));
        self.count_transmission(now, number);
    }

    fn sent_again(&mut self, now: Instant, number: u32, chunk: &Chunk) {
        let sent = self.numbers[number as usize].as_ref();
        let sent = sent.expect("what never left does not leave again");
        assert_eq!(&sent.chunk, chunk, "the same number, and other data");
        assert!(number >= self.acknowledged, "{number} is acknowledged");
        let known = self.beyond.contains(&number) && !self.doubtful.contains(&number);
        assert!(!known, "{number} is acknowledged behind a gap");
        self.count_transmission(now, number);
    }

    /// No more often and no longer than the message may be tried (RFC 7496 §3.2, RFC 3758 §4.1).
    fn count_transmission(&mut self, now: Instant, number: u32) {
        let sent = self.numbers[number as usize].as_mut().expect("it is sent");
        sent.transmissions += 1;
        let message = &self.messages[&sent.message];
        let may = match message.options.reliability {
            Reliability::MaxRetransmits(count) => sent.transmissions <= u32::from(count) + 1,
            Reliability::MaxLifetime(lifetime) => now <= message.at + lifetime,
            Reliability::Reliable => true,
        };
        assert!(may || !self.gives_up, "message {} again", sent.message);
    }

    fn skip_to(&mut self, number: u32) {
        assert!(
            number == self.count() || self.gives_up,
            "a number is left out"
        );
        assert!(number < self.count() + HIDDEN, "many numbers are left out");
        self.numbers.resize_with(number as usize, || None);
    }

    /// The peer need not wait for anything up to there: nothing of it was to be kept.
    fn forwarded(&mut self, number: u32) {
        assert!(self.gives_up, "the peer does not know what this is");
        if number >= self.count() {
            self.skip_to(number + 1);
        }
        for number in self.acknowledged..=number {
            let sent = self.numbers[number as usize].as_ref();
            let kept = sent.is_some_and(|sent| {
                let message = &self.messages[&sent.message];
                message.options.reliability == Reliability::Reliable
            });
            assert!(
                !kept || self.beyond.contains(&number),
                "{number} was to be kept"
            );
        }
    }

    /// What waits on each stream is what was queued and has not left, or less where messages are given
    /// up.
    pub(super) fn check_buffered(&self, buffered: impl Iterator<Item = usize>) {
        for (stream, buffered) in (0..).zip(buffered) {
            let of_it = self
                .messages
                .values()
                .filter(|message| message.stream == stream);
            let (mut kept, mut all) = (0, 0);
            for message in of_it {
                let waits = message.payload.len() - message.left;
                all += waits;
                if message.options.reliability == Reliability::Reliable || !self.gives_up {
                    kept += waits;
                }
            }
            assert!((kept..=all).contains(&buffered), "{kept} {buffered} {all}");
        }
    }

    /// Everything that was to be kept has left.
    pub(super) fn check_all_sent(&self) {
        for message in self.messages.values() {
            let kept = message.options.reliability == Reliability::Reliable || !self.gives_up;
            assert!(!kept || message.left == message.payload.len());
        }
    }
}
