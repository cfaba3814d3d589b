//! An SCTP association, and a peer of it that is written by hand.

use std::time::{Duration, Instant};

use rill_sctp::{Association, Config, Event, State};

use crate::packet::{Checksum, Chunk, Packet, kind, words};
use crate::script::EPOCH;

/// The peer's tag.
pub(crate) const TAG: u32 = 7;

/// More packets at a time are a storm.
const STORM: usize = 2000;

/// What the peer says of itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer {
    pub(crate) interleaving: bool,
    /// Partial reliability, resets and padding.
    pub(crate) extensions: bool,
    pub(crate) zero_checksum: bool,
    pub(crate) window: u32,
    pub(crate) first_tsn: u32,
}

impl Peer {
    fn init(&self) -> Chunk {
        let mut value = words(&[TAG, self.window, u32::MAX, self.first_tsn]);
        if self.zero_checksum {
            value.extend([0x80, 1, 0, 8, 0, 0, 0, 1]);
        }
        let mut known = Vec::new();
        if self.extensions {
            known.extend([kind::RE_CONFIG, kind::FORWARD_TSN, kind::PAD]);
        }
        if self.interleaving {
            known.push(kind::I_DATA);
        }
        value.extend([0x80, 8, 0, 4 + known.len() as u8]);
        value.extend(&known);
        value.resize(value.len().next_multiple_of(4), 0);
        Chunk::new(kind::INIT, 0, value)
    }
}

/// An association, and what came out of it.
pub(crate) struct Victim {
    pub(crate) association: Association,
    pub(crate) now: Instant,
    mtu: usize,
    /// Its tag and its first number.
    pub(crate) tag: u32,
    pub(crate) first_tsn: u32,
    /// What it wants to see again.
    pub(crate) cookie: Vec<u8>,
    pub(crate) heartbeat: Vec<u8>,
    /// All that it has sent since it was last asked.
    sent: Vec<Packet>,
    pub(crate) ended: bool,
}

impl Victim {
    /// One that knows of no peer, but has been asked for a cookie.
    pub(crate) fn new(config: Config, seed: u64, peer: &Peer) -> Self {
        let mut victim = Self {
            mtu: config.max_mtu,
            association: Association::new(config, seed, *EPOCH),
            now: *EPOCH,
            tag: 0,
            first_tsn: 0,
            cookie: Vec::new(),
            heartbeat: Vec::new(),
            sent: Vec::new(),
            ended: false,
        };
        victim.give(0, vec![peer.init()]);
        let answer = victim.take().remove(0).chunks.remove(0);
        assert_eq!(answer.kind, kind::INIT_ACK);
        victim.tag = answer.word(0).expect("its tag");
        victim.first_tsn = answer.word(12).expect("its first number");
        victim.cookie = cookie_of(&answer);
        victim
    }

    /// The peer brings the cookie back.
    pub(crate) fn establish(&mut self) {
        let cookie = Chunk::new(kind::COOKIE_ECHO, 0, self.cookie.clone());
        self.give(self.tag, vec![cookie]);
        assert_eq!(self.association.state(), State::Connected);
        self.take();
    }

    /// The peer sends these.
    pub(crate) fn give(&mut self, tag: u32, chunks: Vec<Chunk>) {
        self.receive(&Packet { tag, chunks }.write(Checksum::Right));
    }

    pub(crate) fn receive(&mut self, packet: &[u8]) {
        self.association.handle_packet(self.now, packet);
        self.collect();
    }

    /// What was sent since this was last asked.
    pub(crate) fn take(&mut self) -> Vec<Packet> {
        self.collect();
        std::mem::take(&mut self.sent)
    }

    /// Takes what the association has to say and to send.
    pub(crate) fn collect(&mut self) {
        let mut bytes = Vec::new();
        while self.association.poll_transmit(self.now, &mut bytes) {
            assert!(bytes.len() <= self.mtu, "a packet of {}", bytes.len());
            let packet = Packet::read(&bytes);
            assert!(!packet.chunks.is_empty(), "a packet of nothing");
            let heartbeat = packet.chunks.iter().find(|c| c.kind == kind::HEARTBEAT);
            if let Some(heartbeat) = heartbeat {
                self.heartbeat.clone_from(&heartbeat.value);
            }
            self.sent.push(packet);
            assert!(self.sent.len() < STORM, "a storm of packets");
        }
        while let Some(event) = self.association.poll_event() {
            if matches!(event, Event::Closed | Event::Aborted { .. }) {
                assert!(!self.ended, "a second end: {event:?}");
                self.ended = true;
            }
        }
        let state = self.association.state();
        assert_eq!(state == State::Closed, self.ended, "{state:?}");
    }

    /// When the next of its timers is due, if that is not after `until`.
    pub(crate) fn next_timeout(&self, until: Instant) -> Option<Instant> {
        let timeout = self.association.poll_timeout();
        assert!(!self.ended || timeout.is_none(), "a timer after the end");
        timeout.filter(|at| *at <= until)
    }

    /// The time has come.
    pub(crate) fn timeout(&mut self, at: Instant) {
        self.now = self.now.max(at);
        self.association.handle_timeout(self.now);
        self.collect();
        let next = self.association.poll_timeout();
        assert!(next.is_none_or(|next| next > self.now), "due again at once");
    }

    /// Lets time pass.
    pub(crate) fn pass(&mut self, time: Duration) {
        let until = self.now + time;
        for turn in 0.. {
            assert!(turn < STORM, "too many timeouts within {time:?}");
            match self.next_timeout(until) {
                Some(at) => self.timeout(at),
                None => break,
            }
        }
        self.now = until;
    }
}

/// The cookie in an INIT ACK.
fn cookie_of(init_ack: &Chunk) -> Vec<u8> {
    let parameters = Packet::parameters(&init_ack.value[16..]);
    let cookie = parameters.into_iter().find(|(kind, _)| *kind == 7);
    cookie.expect("an answer has a cookie").1
}

#[cfg(test)]
mod tests {
    use allocation_counter::measure;

    use super::*;

    const PEER: Peer = Peer {
        interleaving: true,
        extensions: true,
        zero_checksum: true,
        window: 1 << 16,
        first_tsn: 0,
    };

    /// RELIABILITY 27: a stream costs little, also when messages have waited on it.
    #[test]
    fn streams_that_were_used_once_cost_little() {
        for numbers in [&[1, 0][..], &[0]] {
            let mut victim = Victim::new(Config::default(), 1, &PEER);
            victim.establish();
            let mut tsn = 0;
            let counted = measure(|| {
                for stream in 0..65_535 {
                    for number in numbers {
                        let mut value = words(&[tsn, stream << 16, *number, 53]);
                        value.push(7);
                        let data = Chunk::new(kind::I_DATA, 3, value);
                        victim.give(victim.tag, vec![data]);
                        tsn += 1;
                    }
                    victim.take();
                    for _ in numbers {
                        assert!(victim.association.poll_message(victim.now).is_some());
                    }
                }
                victim.association.rest();
            });
            let held = counted.bytes_current;
            assert!(held <= 2 << 20, "{held} bytes are held");
        }
    }
}
