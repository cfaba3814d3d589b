//! Any bytes as the packets of a peer: read, written, and given to an association.

mod told;

use std::time::Duration;

use bytes::Bytes;
use rill_sctp::{Config, Ppid, Reliability, SendOptions, State, StreamId};

use self::told::Told;
use crate::packet::{Checksum, Chunk, Packet, around, kind, words};
use crate::script::Script;
use crate::victim::{Peer, TAG, Victim};

/// The longest script that is played.
const MAX_STEPS: usize = 200;
const MAX_MESSAGE_SIZE: usize = 4096;
const MTU: usize = 1160;

/// No packet breaks an association, makes it talk without end, deliver what was not sent whole, or
/// acknowledge what was not sent; and it makes no difference whether it gets the bytes of the script,
/// or the chunks that are in them, written anew.
pub fn sctp_packet(data: &[u8]) {
    let mut script = Script::new(data);
    let mut play = Play::new(script.byte());
    for _ in 0..MAX_STEPS {
        if script.is_empty() {
            break;
        }
        play.step(&mut script);
        play.compare();
    }
    play.finish();
}

struct Play {
    /// Gets the bytes, and gets what is in them written anew.
    victims: [Victim; 2],
    peer: Peer,
    /// None: the peer has said other things of itself in a second handshake.
    told: Option<Told>,
    small_window: bool,
}

impl Play {
    fn new(flags: u8) -> Self {
        let has = |bit: u8| flags & 1 << bit != 0;
        let config = Config {
            max_message_size: MAX_MESSAGE_SIZE,
            mtu: MTU,
            max_mtu: 2 * MTU,
            receive_window: if has(3) { 0 } else { 1 << 20 },
            send_buffer_limit: 1 << 16,
            ..Config::default()
        };
        let peer = Peer {
            interleaving: has(0),
            extensions: !has(1),
            zero_checksum: !has(1),
            window: 1 << 16,
            first_tsn: if has(2) { 0xffff_fffc } else { 0 },
        };
        let mut play = Self {
            victims: [(); 2].map(|()| Victim::new(config.clone(), 1, &peer)),
            peer,
            told: Some(Told::new(peer.interleaving, peer.first_tsn)),
            small_window: has(3),
        };
        match flags >> 6 {
            0 | 1 => play.each(Victim::establish),
            2 => play.each(|victim| victim.association.connect(victim.now)),
            _ => {}
        }
        if has(4) {
            play.send(0, 3000);
            play.send(1, 500);
            play.compare();
        }
        play
    }

    fn each(&mut self, act: impl FnMut(&mut Victim)) {
        self.victims.iter_mut().for_each(act);
    }

    fn step(&mut self, script: &mut Script<'_>) {
        let operation = script.byte();
        match operation & 7 {
            0..=3 => self.packet(operation, script),
            4 => {
                let time = Duration::from_millis(20 * u64::from(script.byte()));
                self.each(|victim| victim.pass(time));
            }
            5 => self.send(operation >> 3, 16 * usize::from(script.byte())),
            6 => self.read(),
            _ => self.command(operation >> 3, script.byte()),
        }
    }

    /// A packet of the script's. Its numbers may count from the first ones, so that they are near those
    /// that the association waits for.
    fn packet(&mut self, operation: u8, script: &mut Script<'_>) {
        let long = operation & 8 != 0;
        let length = if long {
            usize::from(script.word() & 0x7ff)
        } else {
            script.below(256)
        };
        let body = script.bytes(length);
        let (tag, checksum) = match operation >> 4 {
            0..=8 => (self.victims[0].tag, Checksum::Zero),
            9 | 10 => (self.victims[0].tag, Checksum::Right),
            11 => (self.victims[0].tag, Checksum::Wrong),
            12 | 13 => (0, Checksum::Right),
            14 => (TAG, Checksum::Right),
            _ => (u32::from_be_bytes([1, 2, 3, 4]), Checksum::Right),
        };
        let mut packet = Packet {
            tag,
            chunks: Packet::chunks_of(body),
        };
        let mut bytes = around(tag, body, checksum);
        if operation & 1 == 0 {
            let heard = &self.victims[0];
            packet
                .chunks
                .iter_mut()
                .for_each(|c| aim(c, &self.peer, heard));
            bytes = packet.write(checksum);
        }
        let believed = tag == self.victims[0].tag && checksum != Checksum::Wrong;
        self.hear(&packet.chunks, believed);
        self.victims[0].receive(&bytes);
        self.victims[1].receive(&packet.write(checksum));
    }

    fn hear(&mut self, chunks: &[Chunk], believed: bool) {
        let connects = matches!(
            self.victims[0].association.state(),
            State::New | State::Connecting
        );
        let begins = |chunk: &Chunk| matches!(chunk.kind, kind::INIT | kind::INIT_ACK);
        if !connects || !chunks.iter().any(begins) {
            if let Some(told) = self.told.as_mut().filter(|_| believed) {
                told.hear(chunks);
            }
        } else {
            self.told = None;
        }
    }

    fn send(&mut self, choice: u8, length: usize) {
        let payload = Bytes::from(vec![choice; length]);
        let options = SendOptions {
            ordered: choice & 1 == 0,
            reliability: match choice >> 1 & 3 {
                0 | 1 => Reliability::Reliable,
                2 => Reliability::MaxRetransmits(u16::from(choice >> 3)),
                _ => Reliability::MaxLifetime(Duration::from_millis(100)),
            },
        };
        self.each(|victim| {
            let stream = StreamId(u16::from(choice >> 3));
            let (now, payload) = (victim.now, payload.clone());
            let association = &mut victim.association;
            let sent = association.send(now, stream, Ppid::BINARY, payload, options);
            assert!(sent.is_err() || !victim.ended, "taken after the end");
            victim.collect();
        });
    }

    fn command(&mut self, command: u8, stream: u8) {
        self.each(|victim| {
            let (now, stream) = (victim.now, StreamId(u16::from(stream)));
            let association = &mut victim.association;
            match command & 7 {
                0..=3 => association.reset_streams(now, &[stream]),
                4 => association.shutdown(now),
                5 => association.connect(now),
                6 => association.path_changed(now),
                _ => association.rest(),
            }
            victim.collect();
        });
    }

    fn read(&mut self) {
        let [first, second] = &mut self.victims;
        while let Some(message) = first.association.poll_message(first.now) {
            assert!((1..=MAX_MESSAGE_SIZE).contains(&message.payload.len()));
            let other = second.association.poll_message(second.now);
            assert_eq!(Some(&message), other.as_ref());
            if let Some(told) = &mut self.told {
                told.check_message(&message);
            }
        }
        assert_eq!(second.association.poll_message(second.now), None);
        self.each(Victim::collect);
    }

    /// Both say the same, and nothing that is not so.
    fn compare(&mut self) {
        let [first, second] = &mut self.victims;
        let said = first.take();
        assert_eq!(said, second.take());
        let (first, second) = (&first.association, &second.association);
        assert_eq!(first.poll_timeout(), second.poll_timeout());
        assert_eq!(first.total_buffered(), second.total_buffered());
        let chunks = said.iter().flat_map(|packet| &packet.chunks);
        let sacks = chunks.filter(|chunk| chunk.kind == kind::SACK);
        if let Some(told) = &mut self.told {
            sacks.for_each(|sack| told.check_sack(sack));
        }
    }

    /// An association that has not ended goes on with a peer that keeps to the rules.
    fn finish(&mut self) {
        self.read();
        self.each(|victim| victim.pass(Duration::from_secs(60)));
        self.compare();
        let [first, _] = &mut self.victims;
        let goes_on = first.association.state() == State::Connected;
        // A window smaller than a message for each stream can be filled by beginnings of messages.
        let Some(told) = self.told.as_mut().filter(|_| goes_on && !self.small_window) else {
            return;
        };
        if told.resets {
            return;
        }
        let next = told.next_tsn();
        let alive = if self.peer.interleaving {
            let value = [&words(&[next, 9 << 16, 9, 51])[..], b"alive"].concat();
            Chunk::new(kind::I_DATA, 7, value)
        } else {
            let value = [&words(&[next, 9 << 16, 51])[..], b"alive"].concat();
            Chunk::new(kind::DATA, 7, value)
        };
        told.hear(std::slice::from_ref(&alive));
        // With a chunk before it that is padded, and comes back as it was.
        let heartbeat = Chunk::new(kind::HEARTBEAT, 0, vec![0, 1, 0, 5, 9]);
        first.give(first.tag, vec![heartbeat.clone(), alive]);
        let comes_back = |packet: &Packet| {
            let mut chunks = packet.chunks.iter();
            chunks.any(|c| c.kind == kind::HEARTBEAT_ACK && c.value == heartbeat.value)
        };
        assert!(first.take().iter().any(comes_back), "no HEARTBEAT ACK");
        let message = first.association.poll_message(first.now);
        let message = message.expect("it takes what is next");
        assert_eq!(message.payload, b"alive"[..]);
        told.check_message(&message);
    }
}

/// Makes numbers that count from zero those that the association knows, and fills in what only it
/// can have said.
fn aim(chunk: &mut Chunk, peer: &Peer, victim: &Victim) {
    let before = victim.first_tsn.wrapping_sub(1);
    match chunk.kind {
        kind::DATA | kind::I_DATA | kind::FORWARD_TSN | kind::I_FORWARD_TSN => {
            chunk.add(0, peer.first_tsn);
        }
        kind::SACK | kind::SHUTDOWN => chunk.add(0, before),
        // A response's number is one of ours, a request's one of the peer's (RFC 6525 §4).
        kind::RE_CONFIG if chunk.half(0) == Some(16) => chunk.add(4, victim.first_tsn),
        kind::RE_CONFIG => {
            chunk.add(4, peer.first_tsn);
            chunk.add(12, peer.first_tsn);
        }
        kind::COOKIE_ECHO if chunk.value.is_empty() => chunk.value.clone_from(&victim.cookie),
        kind::HEARTBEAT_ACK if chunk.value.is_empty() => {
            chunk.value.clone_from(&victim.heartbeat);
        }
        _ => {}
    }
}
