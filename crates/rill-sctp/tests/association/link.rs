//! Two associations and the link between them.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use bytes::Bytes;
use rill_sctp::{
    Association, Config, Event, Message, Ppid, Reliability, SendOptions, State, StreamId,
};

pub(crate) const DELAY: Duration = Duration::from_millis(20);
/// [`Config::mtu`].
pub(crate) const BASE: usize = 1112;
pub(crate) const HEARTBEAT: u8 = 4;
pub(crate) const HEARTBEAT_ACK: u8 = 5;
pub(crate) const PAD: u8 = 132;
pub(crate) const RELIABLE: SendOptions = SendOptions {
    ordered: true,
    reliability: Reliability::Reliable,
};

#[expect(
    clippy::disallowed_methods,
    reason = "an Instant can be made in no other way"
)]
pub(crate) fn epoch() -> Instant {
    Instant::now()
}

/// One end, and what it has reported.
pub(crate) struct End {
    pub(crate) association: Association,
    pub(crate) events: Vec<Event>,
    pub(crate) messages: Vec<Message>,
    /// Whether messages are taken as they come.
    pub(crate) reads: bool,
    pub(crate) packets: usize,
    pub(crate) longest: usize,
    /// The lengths of its probes of the path's MTU.
    pub(crate) probes: Vec<usize>,
    /// The longest of its packets that has arrived; what is longer must be a probe.
    proved: usize,
}

/// Both ends. What end 0 sends arrives at end 1 after [`DELAY`], and the other way round.
pub(crate) struct Link {
    pub(crate) now: Instant,
    pub(crate) ends: [End; 2],
    /// Of 1000 packets, how many are lost.
    pub(crate) loss: usize,
    /// Longer packets vanish.
    pub(crate) mtu: usize,
    /// What becomes of the packets of either end.
    pub(crate) rewrite: fn(Vec<u8>) -> Option<Vec<u8>>,
    flying: BTreeMap<(Instant, u64), (usize, Vec<u8>)>,
    sent: u64,
    random: Random,
}

/// Numbers that look random and are the same each time (xorshift64).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(0x9e37_79b9_7f4a_7c15 ^ seed)
    }

    /// The next, below `limit`.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }
}

impl Link {
    pub(crate) fn new() -> Self {
        Self::with(Config::default(), Config::default())
    }

    pub(crate) fn with(first: Config, second: Config) -> Self {
        let now = epoch();
        let end = |config, seed| End {
            association: Association::new(config, seed, now),
            events: Vec::new(),
            messages: Vec::new(),
            reads: true,
            packets: 0,
            longest: 0,
            probes: Vec::new(),
            proved: 0,
        };
        Self {
            now,
            ends: [end(first, 1), end(second, 2)],
            loss: 0,
            mtu: usize::MAX,
            rewrite: Some,
            flying: BTreeMap::new(),
            sent: 0,
            random: Random::new(0),
        }
    }

    /// Connected from both sides.
    pub(crate) fn connected() -> Self {
        Self::connected_with(Config::default(), Config::default())
    }

    pub(crate) fn connected_with(first: Config, second: Config) -> Self {
        let mut link = Self::with(first, second);
        link.connect();
        link
    }

    pub(crate) fn connect(&mut self) {
        for end in &mut self.ends {
            end.association.connect(self.now);
        }
        self.run_until(|ends| ends.iter().all(|end| end.state() == State::Connected));
        self.run_for(Duration::from_millis(500));
        self.ends.iter_mut().for_each(|end| end.events.clear());
    }

    /// Runs until `done`, for at most ten minutes of virtual time.
    pub(crate) fn run_until(&mut self, done: impl Fn(&[End; 2]) -> bool) {
        let deadline = self.now + Duration::from_secs(600);
        self.collect();
        while !done(&self.ends) {
            assert!(self.step(deadline), "not reached in ten minutes");
        }
    }

    pub(crate) fn run_for(&mut self, time: Duration) {
        let deadline = self.now + time;
        self.collect();
        while self.step(deadline) {}
        self.now = deadline;
    }

    /// Goes to the next thing that happens until then; false when nothing does.
    fn step(&mut self, deadline: Instant) -> bool {
        let arrival = self.flying.keys().next().map(|&(at, _)| at);
        let timeouts = self
            .ends
            .iter()
            .filter_map(|end| end.association.poll_timeout());
        let Some(next) = timeouts
            .chain(arrival)
            .min()
            .filter(|&next| next <= deadline)
        else {
            return false;
        };
        self.now = self.now.max(next);
        while let Some(entry) = self
            .flying
            .first_entry()
            .filter(|entry| entry.key().0 <= self.now)
        {
            let (to, packet) = entry.remove();
            let from = &mut self.ends[1 - to];
            from.proved = from.proved.max(packet.len());
            self.ends[to].association.handle_packet(self.now, &packet);
        }
        for end in &mut self.ends {
            if end
                .association
                .poll_timeout()
                .is_some_and(|at| at <= self.now)
            {
                end.association.handle_timeout(self.now);
            }
        }
        self.collect();
        true
    }

    /// Takes what the ends have to say.
    pub(crate) fn collect(&mut self) {
        let mut packet = Vec::new();
        for from in 0..2 {
            self.ends[from].collect(self.now);
            while self.ends[from]
                .association
                .poll_transmit(self.now, &mut packet)
            {
                let end = &mut self.ends[from];
                end.packets += 1;
                end.longest = end.longest.max(packet.len());
                end.note_probe(&packet);
                self.sent += 1;
                let passes = packet.len() <= self.mtu && !self.loses();
                if let Some(packet) = passes.then(|| (self.rewrite)(packet.clone())).flatten() {
                    let at = (self.now + DELAY, self.sent);
                    self.flying.insert(at, (1 - from, packet));
                }
            }
            self.ends[from].collect(self.now);
        }
    }

    fn loses(&mut self) -> bool {
        self.random.below(1000) < self.loss
    }

    pub(crate) fn send(&mut self, from: usize, stream: u16, payload: &[u8]) {
        self.send_with(from, stream, payload, RELIABLE);
    }

    pub(crate) fn send_with(
        &mut self,
        from: usize,
        stream: u16,
        payload: &[u8],
        options: SendOptions,
    ) {
        let payload = Bytes::copy_from_slice(payload);
        let sent = self.ends[from].association.send(
            self.now,
            StreamId(stream),
            Ppid::BINARY,
            payload,
            options,
        );
        sent.expect("the message is accepted");
    }
}

impl End {
    pub(crate) fn state(&self) -> State {
        self.association.state()
    }

    pub(crate) fn payloads(&self) -> Vec<&[u8]> {
        self.messages
            .iter()
            .map(|message| message.payload.as_ref())
            .collect()
    }

    pub(crate) fn has(&self, event: &Event) -> bool {
        self.events.contains(event)
    }

    /// Nothing but a probe may be longer than what has arrived.
    fn note_probe(&mut self, packet: &[u8]) {
        let kinds = kinds(packet);
        if kinds == [HEARTBEAT, PAD] {
            self.probes.push(packet.len());
        } else {
            let most = self.proved.max(BASE);
            assert!(packet.len() <= most, "{} of {kinds:?}", packet.len());
        }
    }

    fn collect(&mut self, now: Instant) {
        while let Some(message) = self
            .reads
            .then(|| self.association.poll_message(now))
            .flatten()
        {
            self.messages.push(message);
        }
        self.events
            .extend(std::iter::from_fn(|| self.association.poll_event()));
    }
}

/// The kinds of a packet's chunks.
pub(crate) fn kinds(packet: &[u8]) -> Vec<u8> {
    let mut kinds = Vec::new();
    let mut at = 12;
    while at + 4 <= packet.len() {
        kinds.push(packet[at]);
        let length = u16::from_be_bytes([packet[at + 2], packet[at + 3]]);
        at += usize::from(length).next_multiple_of(4);
    }
    kinds
}

/// Bytes that differ with the place.
pub(crate) fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at % 251) as u8).collect()
}
