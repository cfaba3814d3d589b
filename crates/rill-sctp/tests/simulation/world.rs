//! The two ends, their users and the clock.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rill_sctp::{Event, Ppid, Reliability, SendError, SendOptions, State, StreamId};

use crate::{
    link::Link,
    plan::{Plan, Random, Reader},
    stack::{Make, Stack},
    traffic::{self, Traffic},
};

/// How long the users have for what they want to send.
const STORM: Duration = Duration::from_secs(30);
/// How long everything takes to arrive afterwards.
const PATIENCE: Duration = Duration::from_secs(3600);
/// More packets than any of the plans has use for.
const MANY_PACKETS: usize = 200_000;

pub(crate) struct World {
    plan: Plan,
    random: Random,
    now: Instant,
    start: Instant,
    link: Link,
    ends: [End; 2],
    packets: usize,
    /// All messages of a stream have the mode of its first.
    one_mode: bool,
    modes: BTreeMap<(usize, StreamId), Reliability>,
}

struct End {
    association: Box<dyn Stack>,
    /// What this end sends.
    traffic: Traffic,
    /// How many messages it still wants to send.
    left: usize,
    connected: usize,
    ended: Option<Event>,
}

impl World {
    pub(crate) fn new(mut plan: Plan, stacks: [Make; 2], start: Instant) -> Self {
        let mut random = plan.random.clone();
        let ends = [0, 1].map(|end| End {
            association: stacks[end](&plan.configs[end], random.next(), start),
            traffic: Traffic::default(),
            left: plan.messages,
            connected: 0,
            ended: None,
        });
        let habits = [0, 1].map(|end| ends[end].association.habits());
        if habits.iter().any(|habits| habits.insists) {
            let lacks = &mut plan.lacks.partial_reliability;
            *lacks = [lacks[0] || lacks[1]; 2];
        }
        let of_link = Random::new(random.next());
        let mut link = Link::new(start, plan.network.clone(), plan.lacks.clone(), of_link);
        link.path_mtu = plan.path_mtu;
        Self {
            link,
            plan,
            random,
            now: start,
            start,
            ends,
            packets: 0,
            one_mode: habits.iter().any(|habits| habits.drops_behind),
            modes: BTreeMap::new(),
        }
    }

    pub(crate) fn play(mut self) {
        for (end, connects) in self.ends.iter_mut().zip(self.plan.connects) {
            if connects {
                end.association.connect(self.now);
            }
        }
        self.storm();
        self.link.peace = true;
        self.settle();
        self.check(self.plan.is_calm());
        self.last_words();
        self.settle();
        self.check(self.plan.is_calm());
        self.finish();
    }

    /// The users do what they like while the network does its worst.
    fn storm(&mut self) {
        while self.now - self.start < STORM && self.ends.iter().any(|end| end.left > 0) {
            for from in 0..2 {
                self.act(from);
            }
            let turn = self.now + Duration::from_millis(1 + self.random.below(30) as u64);
            self.collect();
            while self.step(turn) {}
            self.now = turn;
        }
    }

    /// A turn of a user.
    fn act(&mut self, from: usize) {
        if self.random.chance(500) {
            for _ in 0..self.random.below(5).min(self.ends[from].left) {
                let stream = StreamId(self.random.below(self.plan.streams.into()) as u16);
                let length = traffic::length(&mut self.random, self.plan.largest);
                let mut options = traffic::options(&mut self.random);
                if self.one_mode {
                    let mode = self.modes.entry((from, stream));
                    options.reliability = *mode.or_insert(options.reliability);
                }
                if self.send(from, stream, length, options) {
                    self.ends[from].left -= 1;
                }
            }
        }
        let end = &mut self.ends[from];
        if self.random.chance(self.plan.resets) {
            let stream = StreamId(self.random.below(self.plan.streams.into()) as u16);
            if end.association.reset(self.now, stream) {
                end.traffic
                    .reset(stream, end.association.habits().resets_drop);
            }
        }
        if self.random.chance(100) {
            let weight = self.random.one_of(&[0, 128, 256, 1024, u16::MAX]);
            end.association.set_priority(StreamId(0), weight);
        }
        if self.plan.readers[from] == Reader::Slow && self.random.chance(200) {
            self.read(from, 1);
        }
    }

    fn send(&mut self, from: usize, stream: StreamId, length: usize, options: SendOptions) -> bool {
        let end = &mut self.ends[from];
        let (number, payload) = end.traffic.next(length);
        match end
            .association
            .send(self.now, stream, Ppid(number), payload, options)
        {
            Ok(()) => {
                end.traffic.sent(stream, length, options);
                true
            }
            Err(SendError::Resetting(_)) => {
                assert!(end.traffic.resetting.contains(&stream));
                false
            }
            Err(SendError::BufferFull { .. }) => false,
            Err(error) => panic!(
                "{error}: {:?}, {:?}",
                end.ended,
                end.association.poll_event()
            ),
        }
    }

    /// Goes to the next thing that happens until then; false when nothing does.
    fn step(&mut self, until: Instant) -> bool {
        let timeouts = self
            .ends
            .iter()
            .filter_map(|end| end.association.poll_timeout());
        let next = timeouts.chain(self.link.next()).min();
        let Some(next) = next.filter(|&next| next <= until) else {
            return false;
        };
        self.now = self.now.max(next);
        while let Some((to, packet)) = self.link.arrived(self.now) {
            self.ends[to].association.handle_packet(self.now, &packet);
            self.packets += 1;
            assert!(self.packets < MANY_PACKETS, "a storm of packets");
        }
        for end in &mut self.ends {
            let due = end.association.poll_timeout();
            if due.is_some_and(|at| at <= self.now) {
                end.association.handle_timeout(self.now);
            }
        }
        self.collect();
        true
    }

    /// Takes what the ends have to say and to send.
    fn collect(&mut self) {
        let mut packet = Vec::new();
        for from in 0..2 {
            if self.link.peace || self.plan.readers[from] == Reader::AtOnce {
                self.read(from, usize::MAX);
            }
            let end = &mut self.ends[from];
            while end.association.poll_transmit(self.now, &mut packet) {
                let config = &self.plan.configs[from];
                let most = config.mtu.max(config.max_mtu);
                assert!(packet.len() <= most, "{}", packet.len());
                self.link.send(self.now, from, packet.clone());
            }
            while let Some(event) = end.association.poll_event() {
                end.handle(event, self.plan.lacks.reconfig[1 - from]);
            }
        }
    }

    fn read(&mut self, at: usize, most: usize) {
        for _ in 0..most {
            let Some(message) = self.ends[at].association.poll_message(self.now) else {
                return;
            };
            self.ends[1 - at].traffic.received(&message);
        }
    }

    /// Until nothing happens any more.
    fn settle(&mut self) {
        self.collect();
        let until = self.now + PATIENCE;
        while self.step(until) {}
        for end in &self.ends {
            let timeout = end.association.poll_timeout();
            assert_eq!(timeout, None, "a timer of an idle association");
        }
        assert_eq!(self.link.next(), None, "still talking");
    }

    fn check(&self, calm: bool) {
        for end in &self.ends {
            assert_eq!(end.association.state(), State::Connected, "{:?}", end.ended);
            assert_eq!(end.connected, 1);
            assert_eq!(end.association.total_buffered(), 0);
            let calm = calm && !end.association.habits().repeats_early;
            end.traffic.check_all_arrived(calm);
        }
    }

    /// Every stream still works.
    fn last_words(&mut self) {
        for from in 0..2 {
            for stream in 0..self.plan.streams {
                let sent = self.send(from, StreamId(stream), 1, SendOptions::default());
                assert!(sent, "stream {stream} of end {from} takes no message");
            }
        }
    }

    fn finish(&mut self) {
        let association = &mut self.ends[0].association;
        if self.random.chance(500) {
            association.shutdown(self.now);
        } else {
            association.abort(self.now);
        }
        self.settle();
        for end in &self.ends {
            assert_eq!(end.association.state(), State::Closed);
            assert!(end.ended.is_some());
        }
    }
}

impl End {
    fn handle(&mut self, event: Event, cannot_reset: bool) {
        match event {
            Event::Connected { .. } => self.connected += 1,
            Event::OutgoingReset(streams) => {
                assert!(!cannot_reset);
                for stream in streams {
                    assert!(self.traffic.resetting.remove(&stream), "{stream} again");
                }
            }
            Event::OutgoingResetFailed(streams) => {
                assert!(cannot_reset);
                for stream in streams {
                    assert!(self.traffic.resetting.remove(&stream), "{stream} again");
                }
            }
            Event::Closed | Event::Aborted { .. } => {
                assert_eq!(self.ended, None);
                self.ended = Some(event);
            }
            Event::StreamsReset(_) | Event::BufferedAmountLow(_) => {}
            event => panic!("{event:?}"),
        }
    }
}
