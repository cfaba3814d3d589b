//! What a peer may say of what an association has sent: SACKs in any order, also impossible ones.

mod ledger;
mod receiver;

use std::time::Duration;

use bytes::Bytes;
use rill_sctp::{Config, CongestionControl, Ppid, Reliability, SendOptions, State, StreamId};

use self::ledger::{Ledger, Sack};
use self::receiver::Receiver;
use crate::script::Script;
use crate::victim::{Peer, Victim};

/// The longest script that is played.
const MAX_STEPS: usize = 200;
const MTU: usize = 1160;
const STREAMS: u16 = 8;
/// The second begins ten numbers before they wrap.
const SEEDS: [u64; 2] = [1, 115_903_002];
/// Half of all numbers, and other distances that no SACK tells of.
const FAR: [u32; 8] = [
    1 << 31,
    (1 << 31) - 1,
    (1 << 31) + 1,
    u32::MAX,
    65_535,
    65_536,
    1 << 16 | 1,
    1000,
];

/// Whatever is acknowledged: it was sent, and is not sent again; what waits and what has left is
/// counted to the byte; nothing is given up that was to be kept; and with a peer that tells the truth
/// in the end everything arrives or is given up, and the association is as ready as a new one.
pub fn sack(data: &[u8]) {
    let mut script = Script::new(data);
    let mut play = Play::new(script.byte());
    for _ in 0..MAX_STEPS {
        if script.is_empty() {
            break;
        }
        play.step(&mut script);
        play.observe();
    }
    play.finish();
}

struct Play {
    victim: Victim,
    ledger: Ledger,
    /// What the peer has in truth, once it tells that.
    receiver: Option<Receiver>,
    /// The peer throws away in the end what it has told of beyond the cumulative number.
    forgets: bool,
}

impl Play {
    fn new(flags: u8) -> Self {
        let has = |bit: u8| flags & 1 << bit != 0;
        let config = Config {
            mtu: MTU,
            max_mtu: if has(5) { 8192 } else { MTU },
            send_buffer_limit: 1 << 16,
            congestion_control: match flags >> 3 & 3 {
                0 | 1 => CongestionControl::Model,
                2 => CongestionControl::Cubic,
                _ => CongestionControl::NewReno,
            },
            ..Config::default()
        };
        let peer = Peer {
            interleaving: has(0),
            extensions: !has(1),
            zero_checksum: true,
            window: if has(6) { 1500 } else { 1 << 16 },
            first_tsn: 0,
        };
        let mut victim = Victim::new(config, SEEDS[usize::from(has(2))], &peer);
        victim.establish();
        let ledger = Ledger::new(victim.first_tsn, peer.interleaving, peer.extensions);
        Self {
            victim,
            ledger,
            receiver: None,
            forgets: has(7),
        }
    }

    fn step(&mut self, script: &mut Script<'_>) {
        let operation = script.byte();
        let rest = operation >> 4;
        match operation & 15 {
            0..=3 => {
                let length = 17 * usize::from(script.byte());
                self.send(script.byte(), length);
            }
            4 | 5 => {
                let sack = self.near(rest, script);
                self.acknowledge(sack);
            }
            6 => {
                let sack = self.at_the_end(rest, script);
                self.acknowledge(sack);
            }
            7 => {
                let sack = self.far(rest, script);
                self.acknowledge(sack);
            }
            8 | 9 => self.acknowledge(self.ledger.all(u32::from(script.byte()) << 8)),
            10 | 11 => self.pass(Duration::from_millis(u64::from(script.byte()))),
            12 => self.pass(Duration::from_millis(20) * u32::from(script.byte())),
            13 => self.victim.association.rest(),
            14 => self.victim.association.path_changed(self.victim.now),
            _ => {
                let stream = StreamId(u16::from(rest) % STREAMS);
                let weight = script.word();
                self.victim.association.set_priority(stream, weight);
            }
        }
    }

    fn send(&mut self, choice: u8, length: usize) {
        let stream = u16::from(choice) % STREAMS;
        let reliability = match choice >> 4 & 3 {
            0 | 1 => Reliability::Reliable,
            2 => Reliability::MaxRetransmits(u16::from(choice >> 6)),
            _ => Reliability::MaxLifetime(Duration::from_millis(u64::from(choice))),
        };
        let options = SendOptions {
            ordered: choice & 8 == 0,
            reliability,
        };
        let payload = self.ledger.next_payload(length);
        let taken = self.victim.association.send(
            self.victim.now,
            StreamId(stream),
            Ppid::BINARY,
            Bytes::from(payload.clone()),
            options,
        );
        if taken.is_ok() {
            self.ledger
                .queued(self.victim.now, stream, payload, options);
        }
    }

    /// Of what is on its way.
    fn near(&self, gaps: u8, script: &mut Script<'_>) -> Sack {
        let cumulative = self.ledger.acknowledged() + u32::from(script.byte() % 8);
        self.told(cumulative, gaps % 8, script)
    }

    /// Around the last that was sent.
    fn at_the_end(&self, gaps: u8, script: &mut Script<'_>) -> Sack {
        let back = u32::from(script.byte() % 32);
        let cumulative = (self.ledger.count() + 4).wrapping_sub(back);
        self.told(cumulative, gaps % 4, script)
    }

    fn far(&self, which: u8, script: &mut Script<'_>) -> Sack {
        let ahead = FAR[usize::from(which) % FAR.len()];
        let cumulative = self.ledger.acknowledged().wrapping_add(ahead);
        let back = u32::from(script.byte() % 8);
        self.told(cumulative.wrapping_sub(back), which / 8, script)
    }

    fn told(&self, cumulative: u32, gaps: u8, script: &mut Script<'_>) -> Sack {
        let choice = script.byte();
        let mut place = 0_u16;
        let mut next = |script: &mut Script<'_>| {
            // Mostly in order and close together.
            let step = script.byte();
            place = match step {
                0xf0.. => u16::from(step) << 8,
                0xe0.. => place.wrapping_sub(u16::from(step & 15)),
                _ => place.wrapping_add(u16::from(step & 15)),
            };
            place
        };
        let gaps = (0..gaps).map(|_| (next(script).wrapping_add(1), next(script).wrapping_add(1)));
        Sack {
            cumulative,
            gaps: gaps.collect(),
            window: match choice & 7 {
                0 => 0,
                1 => u32::from(choice),
                2 => u32::MAX,
                _ => u32::from(choice) << 8,
            },
            duplicates: (0..u32::from(choice >> 6))
                .map(|n| cumulative.wrapping_add(n))
                .collect(),
        }
    }

    fn acknowledge(&mut self, sack: Sack) {
        if !self.ledger.is_decidable(&sack) {
            return;
        }
        self.ledger.heard(&sack);
        let chunk = sack.chunk(self.victim.first_tsn);
        self.victim.give(self.victim.tag, vec![chunk]);
        self.observe();
    }

    /// Lets time pass, timeout by timeout.
    fn pass(&mut self, time: Duration) {
        let until = self.victim.now + time;
        while let Some(at) = self.victim.next_timeout(until) {
            self.ledger.timeout();
            self.victim.timeout(at);
            self.observe();
        }
        self.victim.now = until;
    }

    /// Looks at what has left.
    fn observe(&mut self) {
        let now = self.victim.now;
        let packets = self.victim.take();
        for chunk in packets.iter().flat_map(|packet| &packet.chunks) {
            self.ledger.sent(now, chunk);
            if let Some(receiver) = &mut self.receiver {
                receiver.take(chunk, self.victim.first_tsn);
            }
        }
        let association = &self.victim.association;
        assert_eq!(association.state(), State::Connected);
        let buffered = |id| association.buffered_amount(StreamId(id));
        self.ledger.check_buffered((0..STREAMS).map(buffered));
        let sum: usize = (0..STREAMS).map(buffered).sum();
        assert_eq!(association.total_buffered(), sum);
    }

    /// From now on the peer tells the truth.
    fn finish(&mut self) {
        self.receiver = Some(Receiver::new(&self.ledger, self.forgets));
        for round in 0.. {
            assert!(round < 1000, "it never comes to an end");
            let now = self.victim.now;
            let next = self.victim.next_timeout(now + Duration::from_secs(10));
            self.pass(next.map_or(Duration::from_millis(1), |at| at - now));
            self.observe();
            self.acknowledge_truly(1 << 16);
            if self.is_all_acknowledged() {
                break;
            }
        }
        self.ledger.check_all_sent();
        self.pass(Duration::from_secs(60));
        assert_eq!(self.victim.association.poll_timeout(), None);
        assert!(self.is_all_acknowledged(), "it had more to say");
        self.acknowledge_truly(0);
        self.begin_anew();
    }

    /// Acknowledges what has arrived.
    fn acknowledge_truly(&mut self, window: u32) {
        let receiver = self.receiver.as_ref().expect("it is the end");
        self.acknowledge(receiver.sack(window));
    }

    fn is_all_acknowledged(&self) -> bool {
        let nothing_waits = self.victim.association.total_buffered() == 0;
        nothing_waits && self.ledger.acknowledged() == self.ledger.count()
    }

    /// Nothing counts as on its way any more: without room one chunk leaves at once, and with room as
    /// much as a window holds.
    fn begin_anew(&mut self) {
        self.send(0, 4000);
        let before = self.ledger.count();
        self.observe();
        assert_eq!(self.ledger.count() - before, 1, "a probe of the window");
        self.acknowledge_truly(1 << 16);
        self.pass(Duration::from_millis(250));
        assert!(
            self.ledger.count() - before >= 2,
            "a packet may always leave"
        );
    }
}
