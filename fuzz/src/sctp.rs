//! Two SCTP associations and a script: what they are told, and what the network does to packets.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use bytes::Bytes;
use rill_sctp::{
    Association, Config, Event, Message, Ppid, Reliability, SendOptions, State, StreamId,
};

use crate::checksum::{SCTP_HEADER, make_right};
use crate::script::{EPOCH, Script};

/// The longest script that is played.
const MAX_STEPS: usize = 200;
const MAX_MESSAGE_SIZE: usize = 4096;
const MTU: usize = 1160;

/// Messages come out as they went in, at most once, and in order where order was asked for; unless
/// the network wrote packets of its own, which must do no worse than end an association.
pub fn sctp(data: &[u8]) {
    let mut script = Script::new(data);
    let mut play = Play::new(script.byte());
    for _ in 0..MAX_STEPS {
        if script.is_empty() {
            break;
        }
        play.step(&mut script);
    }
    play.finish();
}

struct Play {
    now: Instant,
    sides: [Side; 2],
    /// Whether the network has written a packet, or changed one: then nothing is promised.
    forged: bool,
    small_window: bool,
    next_message: u32,
}

struct Side {
    association: Association,
    /// Packets on the way to the other side.
    wire: VecDeque<Vec<u8>>,
    /// Messages sent and not yet received by the other side, by their number.
    sent: BTreeMap<u32, Sent>,
    /// The highest number received on each stream in order.
    received: BTreeMap<StreamId, u32>,
    ended: bool,
    /// The tag of the last packet that was sent, and the number of the last data.
    tag: Option<[u8; 4]>,
    last_tsn: Option<u32>,
}

#[derive(Debug)]
struct Sent {
    stream: StreamId,
    length: usize,
    ordered: bool,
    reliable: bool,
}

impl Play {
    fn new(flags: u8) -> Self {
        let now = *EPOCH;
        let config = Config {
            max_message_size: MAX_MESSAGE_SIZE,
            mtu: MTU,
            max_mtu: MTU,
            receive_window: if flags & 1 == 1 { 0 } else { 1 << 16 },
            send_buffer_limit: 1 << 16,
            ..Config::default()
        };
        let side = |seed| Side::new(config.clone(), seed);
        let mut play = Self {
            now,
            sides: [side(1), side(2)],
            forged: false,
            small_window: flags & 1 == 1,
            next_message: 0,
        };
        for (place, side) in play.sides.iter_mut().enumerate() {
            if flags & (2 << place) == 0 {
                side.association.connect(now);
            }
        }
        if flags & 8 == 0 {
            play.exchange(20);
        }
        play
    }

    fn step(&mut self, script: &mut Script<'_>) {
        let operation = script.byte();
        let from = usize::from(operation & 1);
        match operation >> 1 & 15 {
            0 | 1 => self.send(from, script),
            2 | 3 => self.deliver(from, script.below(16) + 1),
            4 => drop(self.sides[from].wire.pop_front()),
            5 => {
                if let Some(packet) = self.sides[from].wire.front().cloned() {
                    self.sides[from].wire.push_back(packet);
                }
            }
            6 => {
                if let Some(packet) = self.sides[from].wire.pop_front() {
                    self.sides[from].wire.push_back(packet);
                }
            }
            7 | 8 => self.tamper(from, script),
            9 => self.inject(from, script),
            10 | 11 => self.pass(Duration::from_millis(20 * u64::from(script.byte()))),
            12 => {
                let streams: Vec<StreamId> = (0..=script.below(3))
                    .map(|_| StreamId(script.word() % 9))
                    .collect();
                self.sides[from]
                    .association
                    .reset_streams(self.now, &streams);
            }
            13 => self.exchange(script.below(64)),
            14 => match script.below(5) {
                0 => self.sides[from].association.shutdown(self.now),
                1 => self.sides[from].association.abort(self.now),
                2 => self.sides[from].association.connect(self.now),
                3 => self.sides[from]
                    .association
                    .set_priority(StreamId(0), script.word()),
                _ => self.acknowledge(from, script),
            },
            _ => self.read(from),
        }
        self.sides
            .iter_mut()
            .for_each(|side| side.collect(self.now));
    }

    fn send(&mut self, from: usize, script: &mut Script<'_>) {
        let (choice, stream) = (script.byte(), StreamId(u16::from(script.byte() % 9)));
        let length = (usize::from(script.byte()) * 17).clamp(4, MAX_MESSAGE_SIZE);
        let ordered = choice & 1 == 0;
        let reliability = match choice >> 1 & 3 {
            0 | 1 => Reliability::Reliable,
            2 => Reliability::MaxRetransmits(u16::from(choice >> 4)),
            _ => Reliability::MaxLifetime(Duration::from_millis(u64::from(choice))),
        };
        self.next_message += 1;
        let number = self.next_message;
        let mut payload = number.to_be_bytes().to_vec();
        payload.resize(length, choice);
        let side = &mut self.sides[from];
        let options = SendOptions {
            ordered,
            reliability,
        };
        let payload = Bytes::from(payload);
        let taken = side
            .association
            .send(self.now, stream, Ppid::BINARY, payload, options);
        if taken.is_ok() {
            assert!(!side.ended, "an association that has ended took a message");
            side.sent.insert(
                number,
                Sent {
                    stream,
                    length,
                    ordered,
                    reliable: reliability == Reliability::Reliable,
                },
            );
        }
    }

    fn deliver(&mut self, from: usize, packets: usize) {
        for _ in 0..packets {
            let Some(packet) = self.sides[from].wire.pop_front() else {
                return;
            };
            self.sides[1 - from]
                .association
                .handle_packet(self.now, &packet);
            self.sides[1 - from].collect(self.now);
        }
    }

    /// Changes a packet on its way, and makes its checksum right, so that it is believed.
    fn tamper(&mut self, from: usize, script: &mut Script<'_>) {
        let Some(mut packet) = self.sides[from].wire.pop_front() else {
            return;
        };
        for _ in 0..=script.below(4) {
            let place = 12 + usize::from(script.word()) % packet.len().saturating_sub(12).max(1);
            let byte = script.byte();
            if let Some(old) = packet.get_mut(place) {
                *old = byte;
            }
        }
        self.forge(from, packet);
    }

    /// Sends a packet of the script's own, with the verification tag that the receiver wants.
    fn inject(&mut self, from: usize, script: &mut Script<'_>) {
        let tag = self.sides[from].wire.back().map_or([0; 4], |packet| {
            packet[4..8]
                .try_into()
                .expect("a packet has a header of 12 bytes")
        });
        let mut packet = vec![0x13, 0x88, 0x13, 0x88];
        packet.extend(if script.flag() { [0; 4] } else { tag });
        packet.extend([0; 4]);
        let length = script.below(128);
        packet.extend(script.bytes(length));
        self.forge(from, packet);
    }

    /// Sends SACKs of the script's own for about what the receiver has sent.
    fn acknowledge(&mut self, from: usize, script: &mut Script<'_>) {
        let (Some(tag), Some(last)) = (self.sides[from].tag, self.sides[1 - from].last_tsn) else {
            return;
        };
        for _ in 0..=script.below(8) {
            let cumulative = last
                .wrapping_sub(u32::from(script.byte() % 64))
                .wrapping_add(4);
            let window = u32::from(script.byte()) << 8;
            let gaps = script.below(4) as u8;
            let mut packet = vec![0x13, 0x88, 0x13, 0x88];
            packet.extend(tag);
            packet.extend([0; 4]);
            packet.extend([3, 0, 0, 16 + gaps * 4]);
            packet.extend(cumulative.to_be_bytes());
            packet.extend(window.to_be_bytes());
            packet.extend([0, gaps, 0, 0]);
            let mut place = 1;
            for _ in 0..gaps {
                let first = place + u16::from(script.byte() % 8);
                place = first + u16::from(script.byte() % 8);
                packet.extend(first.to_be_bytes());
                packet.extend(place.to_be_bytes());
                place += 2;
            }
            self.forge(from, packet);
        }
    }

    fn forge(&mut self, from: usize, mut packet: Vec<u8>) {
        self.forged = true;
        make_right(&mut packet);
        self.sides[1 - from]
            .association
            .handle_packet(self.now, &packet);
        self.sides[1 - from].collect(self.now);
    }

    fn pass(&mut self, time: Duration) {
        let until = self.now + time;
        for _ in 0..1000 {
            let timeouts = self
                .sides
                .iter()
                .filter_map(|side| side.association.poll_timeout());
            match timeouts.min().filter(|timeout| *timeout <= until) {
                Some(timeout) => self.now = self.now.max(timeout),
                None => {
                    self.now = until;
                    return;
                }
            }
            for side in &mut self.sides {
                side.association.handle_timeout(self.now);
                side.collect(self.now);
            }
        }
        panic!("a thousand timeouts within {time:?}");
    }

    /// Lets the network work for some rounds, without losses.
    fn exchange(&mut self, rounds: usize) {
        for _ in 0..rounds {
            self.sides
                .iter_mut()
                .for_each(|side| side.collect(self.now));
            if self.sides.iter().all(|side| side.wire.is_empty()) {
                return;
            }
            self.deliver(0, usize::MAX);
            self.deliver(1, usize::MAX);
        }
    }

    fn read(&mut self, at: usize) {
        while let Some(message) = self.sides[at].association.poll_message(self.now) {
            assert!(message.payload.len() <= MAX_MESSAGE_SIZE && !message.payload.is_empty());
            if !self.forged {
                let [first, second] = &mut self.sides;
                let (sender, receiver) = if at == 1 {
                    (first, second)
                } else {
                    (second, first)
                };
                check(&message, sender, receiver);
            }
        }
        self.sides[at].collect(self.now);
    }

    /// Once the network works again everything reliable that is left arrives, or an end is told.
    fn finish(&mut self) {
        for _ in 0..40 {
            self.exchange(50);
            self.read(0);
            self.read(1);
            self.pass(Duration::from_secs(10));
        }
        let connected = self
            .sides
            .iter()
            .all(|side| side.association.state() == State::Connected);
        // A window smaller than a message for each stream can be filled by beginnings of messages,
        // which RFC 8260 gives no way out of; see `Config::receive_window`.
        if connected && !self.forged && !self.small_window {
            let lost = self
                .sides
                .iter()
                .flat_map(|side| &side.sent)
                .find(|(_, sent)| sent.reliable);
            assert!(lost.is_none(), "a reliable message never arrived: {lost:?}");
        }
        for side in &self.sides {
            let (state, ended) = (side.association.state(), side.ended);
            assert_eq!(
                state == State::Closed,
                ended,
                "in state {state:?}, end told: {ended}"
            );
            assert!(
                !ended || side.association.poll_timeout().is_none(),
                "a timer after the end"
            );
        }
    }
}

impl Side {
    fn new(config: Config, seed: u64) -> Self {
        Self {
            association: Association::new(config, seed, *EPOCH),
            wire: VecDeque::new(),
            sent: BTreeMap::new(),
            received: BTreeMap::new(),
            ended: false,
            tag: None,
            last_tsn: None,
        }
    }

    /// Remembers what a forged SACK needs to be believed.
    fn note(&mut self, packet: &[u8]) {
        self.tag = word(packet, 4).map(u32::to_be_bytes);
        let mut at = SCTP_HEADER;
        while let Some(header) = word(packet, at) {
            // DATA and I-DATA.
            if matches!(header >> 24, 0 | 64) {
                self.last_tsn = word(packet, at + 4);
            }
            at += (header as usize & 0xffff).next_multiple_of(4).max(4);
        }
    }

    /// Takes what the association has to say and to send.
    fn collect(&mut self, now: Instant) {
        let mut packet = Vec::new();
        while self.association.poll_transmit(now, &mut packet) {
            assert!(
                (12..=MTU).contains(&packet.len()),
                "a packet of {} bytes",
                packet.len()
            );
            assert!(self.wire.len() < 20_000, "a storm of packets");
            self.note(&packet);
            self.wire.push_back(packet.clone());
        }
        while let Some(event) = self.association.poll_event() {
            match event {
                Event::Closed | Event::Aborted { .. } => {
                    assert!(!self.ended, "a second end: {event:?}");
                    self.ended = true;
                }
                // Numbers may begin anew on a stream that was reset.
                Event::StreamsReset(streams) if streams.is_empty() => self.received.clear(),
                Event::StreamsReset(streams) => {
                    self.received.retain(|stream, _| !streams.contains(stream));
                }
                _ => {}
            }
        }
    }
}

/// The four bytes there, as a number.
fn word(packet: &[u8], at: usize) -> Option<u32> {
    let word = packet.get(at..at + 4)?.try_into().ok()?;
    Some(u32::from_be_bytes(word))
}

/// That this message was sent, is whole, and is not received a second time or too late.
fn check(message: &Message, sender: &mut Side, receiver: &mut Side) {
    let number: [u8; 4] = message.payload[..4]
        .try_into()
        .expect("no shorter message is sent");
    let number = u32::from_be_bytes(number);
    let sent = sender
        .sent
        .remove(&number)
        .expect("a message that was sent, for the first time");
    assert_eq!(
        (message.stream, message.payload.len()),
        (sent.stream, sent.length)
    );
    assert!(
        message.payload[4..]
            .windows(2)
            .all(|bytes| bytes[0] == bytes[1]),
        "mixed up"
    );
    if sent.ordered {
        let before = receiver.received.insert(message.stream, number);
        assert!(before < Some(number), "message {number} after {before:?}");
    }
}

#[cfg(test)]
mod tests {
    use allocation_counter::measure;

    use super::*;

    #[test]
    fn without_disturbance_messages_arrive() {
        let mut play = Play::new(0);
        let mut script = Script::new(&[0, 1, 100, 0, 2, 255]);
        play.send(0, &mut script);
        play.send(0, &mut script);
        play.exchange(10);
        assert_eq!(play.sides[0].sent.len(), 2);
        play.read(1);
        assert!(play.sides[0].sent.is_empty(), "both were received");
        play.finish();
    }

    /// RELIABILITY 27: what a peer can make an association hold, in real memory.
    #[test]
    fn single_bytes_stay_within_the_window() {
        // Every second fragment of one message, and whole messages that nobody reads.
        for (flags, step) in [(0, 2), (7, 1)] {
            let peak = peak_of_bytes(flags, step);
            assert!(peak > 1 << 20, "{peak}: they were taken");
            assert!(peak <= BYTES_WINDOW + (1 << 20), "{peak} bytes are held");
        }
    }

    const BYTES_WINDOW: usize = 4 << 20;

    fn peak_of_bytes(flags: u8, step: u32) -> usize {
        let mut play = Play::new(0);
        play.sides[1] = Side::new(
            Config {
                receive_window: BYTES_WINDOW,
                max_message_size: 1 << 16,
                ..Config::default()
            },
            3,
        );
        play.sides[0] = Side::new(Config::default(), 4);
        play.sides[0].association.connect(play.now);
        play.exchange(20);
        play.send(0, &mut Script::new(&[0, 1, 1]));
        play.exchange(1);
        let (tag, tsn) = (play.sides[0].tag, play.sides[0].last_tsn);
        let (tag, tsn) = (tag.expect("it has sent"), tsn.expect("it has sent data"));
        let counted = measure(|| {
            for number in 1..100_000_u32 {
                let mut packet = vec![0x13, 0x88, 0x13, 0x88];
                packet.extend(tag);
                packet.extend([0; 4]);
                packet.extend([64, flags, 0, 21]);
                packet.extend(tsn.wrapping_add(number).to_be_bytes());
                packet.extend([0, 1, 0, 0, 0, 0, 0, 9]);
                packet.extend((number * step).to_be_bytes());
                packet.extend([7, 0, 0, 0]);
                let victim = &mut play.sides[1].association;
                victim.handle_packet(play.now, &packet);
                while victim.poll_transmit(play.now, &mut packet) {}
            }
        });
        usize::try_from(counted.bytes_max).expect("memory is smaller")
    }
}
