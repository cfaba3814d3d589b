//! A peer that says what a test wants it to say.

use std::time::{Duration, Instant};

use rill_sctp::{Association, Config, Event, State};

pub(crate) const DATA: u8 = 0;
pub(crate) const INIT: u8 = 1;
pub(crate) const INIT_ACK: u8 = 2;
pub(crate) const SACK: u8 = 3;
pub(crate) const ABORT: u8 = 6;
pub(crate) const SHUTDOWN: u8 = 7;
pub(crate) const ERROR: u8 = 9;
pub(crate) const COOKIE_ECHO: u8 = 10;
pub(crate) const COOKIE_ACK: u8 = 11;
pub(crate) const I_DATA: u8 = 64;
pub(crate) const RE_CONFIG: u8 = 130;
pub(crate) const FORWARD_TSN: u8 = 192;
pub(crate) const I_FORWARD_TSN: u8 = 194;

/// Flags of DATA: a whole message, its first fragment, one in its middle, its last.
pub(crate) const WHOLE: u8 = 3;
pub(crate) const FIRST: u8 = 2;
pub(crate) const MIDDLE: u8 = 0;
pub(crate) const LAST: u8 = 1;
/// A whole message that waits for no other.
const UNORDERED: u8 = 7;

pub(crate) const TAG: u32 = 0x0a0b_0c0d;
/// The first number of the peer's, near the wrap.
pub(crate) const TSN: u32 = u32::MAX - 2;
const COOKIE: u16 = 7;

#[expect(
    clippy::disallowed_methods,
    reason = "an Instant can be made in no other way"
)]
pub(crate) fn epoch() -> Instant {
    Instant::now()
}

/// An association, and its peer.
pub(crate) struct Peer {
    pub(crate) victim: Association,
    pub(crate) now: Instant,
    /// The victim's tag and first number.
    pub(crate) tag: u32,
    pub(crate) tsn: u32,
}

impl Peer {
    pub(crate) fn new(config: Config) -> Self {
        let now = epoch();
        Self {
            victim: Association::new(config, 1, now),
            now,
            tag: 0,
            tsn: 0,
        }
    }

    /// With the handshake done; both can interleave or not.
    pub(crate) fn connected(config: Config, interleaving: bool) -> Self {
        let mut peer = Self::new(config);
        let cookie = peer.cookie(interleaving);
        peer.send(&[chunk(COOKIE_ECHO, 0, &cookie)]);
        assert_eq!(peer.answers(), [(COOKIE_ACK, Vec::new())]);
        assert_eq!(peer.victim.state(), State::Connected);
        assert!(matches!(
            peer.victim.poll_event(),
            Some(Event::Connected { .. })
        ));
        peer
    }

    /// Asks for a cookie, and learns the victim's tag and number.
    pub(crate) fn cookie(&mut self, interleaving: bool) -> Vec<u8> {
        self.give(0, &[init(TAG, interleaving)]);
        let (kind, value) = self.answers().pop().expect("an answer to INIT");
        assert_eq!(kind, INIT_ACK);
        self.tag = word(&value, 0);
        self.tsn = word(&value, 12);
        cookie_of(&value)
    }

    pub(crate) fn send(&mut self, chunks: &[Vec<u8>]) {
        self.give(self.tag, chunks);
    }

    pub(crate) fn give(&mut self, tag: u32, chunks: &[Vec<u8>]) {
        let packet = packet(tag, chunks);
        self.victim.handle_packet(self.now, &packet);
    }

    /// All that the victim has to say: kinds and values of chunks.
    pub(crate) fn answers(&mut self) -> Vec<(u8, Vec<u8>)> {
        let mut answers = Vec::new();
        let mut packet = Vec::new();
        while self.victim.poll_transmit(self.now, &mut packet) {
            let mut at = 12;
            while at + 4 <= packet.len() {
                let length = usize::from(u16::from_be_bytes([packet[at + 2], packet[at + 3]]));
                answers.push((packet[at], packet[at + 4..at + length].to_vec()));
                at += length.next_multiple_of(4);
            }
        }
        answers
    }

    /// Lets time pass, with the victim's timers; all that it says.
    pub(crate) fn wait(&mut self, time: Duration) -> Vec<(u8, Vec<u8>)> {
        let until = self.now + time;
        let mut answers = self.answers();
        while let Some(at) = self.victim.poll_timeout().filter(|&at| at <= until) {
            self.now = self.now.max(at);
            self.victim.handle_timeout(self.now);
            answers.extend(self.answers());
            assert!(answers.len() < 100_000, "it talks without end");
        }
        self.now = until;
        answers
    }

    /// The cumulative number and the window that the victim tells next.
    pub(crate) fn told(&mut self) -> (u32, u32) {
        let answers = self.wait(Duration::from_secs(1));
        let last = answers.iter().rfind(|(kind, _)| *kind == SACK);
        let (_, sack) = last.expect("a SACK");
        (word(sack, 0), word(sack, 4))
    }

    /// That the association goes on, and takes a message under this number.
    pub(crate) fn assert_alive(&mut self, interleaving: bool, tsn: u32) {
        assert_eq!(self.victim.state(), State::Connected);
        let last = 9;
        let data = if interleaving {
            i_data(tsn, last, UNORDERED, 0, 1, b"alive")
        } else {
            data(tsn, last, UNORDERED, 0, b"alive")
        };
        self.send(&[data]);
        let message = self.victim.poll_message(self.now).expect("a message");
        assert_eq!(message.payload.as_ref(), b"alive");
    }
}

pub(crate) fn word(value: &[u8], at: usize) -> u32 {
    u32::from_be_bytes(value[at..at + 4].try_into().expect("four bytes"))
}

/// The cookie in the value of an INIT ACK.
pub(crate) fn cookie_of(init_ack: &[u8]) -> Vec<u8> {
    let mut at = 16;
    while at + 4 <= init_ack.len() {
        let half = |at: usize| u16::from_be_bytes([init_ack[at], init_ack[at + 1]]);
        let length = usize::from(half(at + 2));
        if half(at) == COOKIE {
            return init_ack[at + 4..at + length].to_vec();
        }
        at += length.next_multiple_of(4);
    }
    panic!("no cookie");
}

/// A packet without a checksum (RFC 9653).
pub(crate) fn packet(tag: u32, chunks: &[Vec<u8>]) -> Vec<u8> {
    let mut packet = vec![0x13, 0x88, 0x13, 0x88];
    packet.extend(tag.to_be_bytes());
    packet.extend([0; 4]);
    packet.extend(chunks.concat());
    packet
}

pub(crate) fn chunk(kind: u8, flags: u8, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(value.len() + 4).expect("a short chunk");
    let mut chunk = vec![kind, flags];
    chunk.extend(length.to_be_bytes());
    chunk.extend(value);
    chunk.resize(chunk.len().next_multiple_of(4), 0);
    chunk
}

pub(crate) fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_be_bytes()).collect()
}

pub(crate) fn init(tag: u32, interleaving: bool) -> Vec<u8> {
    let streams = u32::MAX;
    let mut value = words(&[tag, 1 << 20, streams, TSN]);
    let data = if interleaving { I_DATA } else { 0 };
    value.extend([0x80, 8, 0, 8, RE_CONFIG, FORWARD_TSN, data, I_FORWARD_TSN]);
    chunk(INIT, 0, &value)
}

pub(crate) fn data(tsn: u32, stream: u16, flags: u8, number: u16, payload: &[u8]) -> Vec<u8> {
    let place = u32::from(stream) << 16 | u32::from(number);
    let mut value = words(&[tsn, place, 53]);
    value.extend(payload);
    chunk(DATA, flags, &value)
}

/// `last`: the kind of a first fragment, or the number of another.
pub(crate) fn i_data(
    tsn: u32,
    stream: u16,
    flags: u8,
    message: u32,
    last: u32,
    payload: &[u8],
) -> Vec<u8> {
    let mut value = words(&[tsn, u32::from(stream) << 16, message, last]);
    value.extend(payload);
    chunk(I_DATA, flags, &value)
}

pub(crate) fn sack(cumulative: u32, window: u32, gaps: &[(u16, u16)]) -> Vec<u8> {
    let mut value = words(&[cumulative, window, (gaps.len() as u32) << 16]);
    for (first, last) in gaps {
        value.extend(first.to_be_bytes());
        value.extend(last.to_be_bytes());
    }
    chunk(SACK, 0, &value)
}

/// An outgoing stream reset request (RFC 6525 §4.1).
pub(crate) fn reset(sequence: u32, last_tsn: u32, stream: u16) -> Vec<u8> {
    let mut value = vec![0, 13, 0, 18];
    value.extend(words(&[sequence, 0, last_tsn]));
    value.extend(stream.to_be_bytes());
    chunk(RE_CONFIG, 0, &value)
}
