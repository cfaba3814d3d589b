//! Both sides, their signalling, the time, and the peace in the end.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use rill_ice::{Path, Role, SocketId, TransportState};

use super::line::{Datagram, Line};
use super::side::{Side, Signal};
use crate::script::EPOCH;

/// Long enough for consent to end, for checks to fail, and for patience.
const PEACE: u64 = 90_000;

pub(super) struct World {
    pub(super) line: Line,
    sides: [Side; 2],
    /// What was signalled and has not arrived, by its sender.
    signals: [VecDeque<Signal>; 2],
    /// Between an offer and the end of its answer's way.
    exchanging: bool,
    /// Whether a restart was needed in the end.
    restarted: bool,
    now: Instant,
    recent: VecDeque<Datagram>,
    /// How often each named a deadline that had passed, and did nothing.
    idle: [u32; 2],
    hasher: DefaultHasher,
}

impl World {
    pub(super) fn new(flags: u8) -> Self {
        let is_set = |bit: u8| flags >> bit & 1 == 1;
        let addresses = |has_v6: bool| {
            let more = [(1, has_v6), (2, is_set(3))];
            let more = more
                .into_iter()
                .filter_map(|(index, has)| has.then_some(index));
            std::iter::once(0).chain(more).collect::<Vec<_>>()
        };
        let roles = match flags >> 4 & 3 {
            0 | 1 => [Role::Controlling, Role::Controlled],
            2 => [Role::Controlling; 2],
            _ => [Role::Controlled; 2],
        };
        let mut world = Self {
            line: Line::new(flags),
            sides: [
                Side::new(0, &addresses(is_set(1)), roles[0], is_set(6)),
                Side::new(1, &addresses(is_set(2)), roles[1], is_set(7)),
            ],
            signals: [VecDeque::new(), VecDeque::new()],
            exchanging: true,
            restarted: false,
            now: *EPOCH,
            recent: VecDeque::new(),
            idle: [0; 2],
            hasher: DefaultHasher::new(),
        };
        world.offer(0);
        if is_set(0) {
            let side = &mut world.sides[1];
            side.agent.gather(world.now, side.transport);
        }
        world.poll();
        world
    }

    pub(super) fn states(&self) -> [TransportState; 2] {
        [self.sides[0].state(), self.sides[1].state()]
    }

    #[cfg(test)]
    pub(super) fn was_restarted(&self) -> bool {
        self.restarted
    }

    fn offer(&mut self, number: usize) {
        let side = &mut self.sides[number];
        self.signals[number].push_back(Signal::Offer(side.credentials()));
        side.agent.gather(self.now, side.transport);
    }

    /// Begins a restart, unless one is under way.
    pub(super) fn restart(&mut self, number: usize) {
        if !std::mem::replace(&mut self.exchanging, true) {
            self.sides[number].restart(self.now);
            self.offer(number);
            self.poll();
        }
    }

    /// So many signals of each side arrive.
    pub(super) fn signal(&mut self, count: usize) {
        for number in [0, 1] {
            for _ in 0..count {
                let Some(signal) = self.signals[number].pop_front() else {
                    break;
                };
                self.take_signal(1 - number, signal);
                self.poll();
            }
        }
    }

    fn take_signal(&mut self, number: usize, signal: Signal) {
        let now = self.now;
        let side = &mut self.sides[number];
        let id = side.transport;
        match signal {
            Signal::Offer(credentials) => {
                if side.agent.remote_credentials(id).is_some() {
                    side.restart(now);
                }
                side.agent.set_remote_credentials(now, id, credentials);
                side.agent.confirm_restart(now, id);
                self.signals[number].push_back(Signal::Answer(side.credentials()));
                side.agent.gather(now, id);
            }
            Signal::Answer(credentials) => {
                side.agent.set_remote_credentials(now, id, credentials);
                side.agent.confirm_restart(now, id);
                self.exchanging = false;
            }
            Signal::Candidate(candidate) => {
                // One for a generation that is gone is refused.
                let _ = side.agent.add_remote_candidate(now, id, candidate);
            }
            Signal::End(ufrag) => side.agent.end_of_remote_candidates(now, id, Some(&ufrag)),
        }
    }

    pub(super) fn send(&mut self, number: usize) {
        if let Some(datagram) = self.sides[number].send(self.now) {
            self.line.send(self.now, &datagram);
        }
    }

    pub(super) fn set_role(&mut self, number: usize, role: Role) {
        self.sides[number].agent.set_role(self.now, role);
        self.poll();
    }

    /// Something that was sent lately comes once more, perhaps from another place.
    pub(super) fn replay(&mut self, choice: u8, from: u8) {
        let index = usize::from(choice) % self.recent.len().max(1);
        if let Some(mut datagram) = self.recent.get(index).cloned() {
            if from & 1 == 1 {
                datagram.from = stranger(from);
            }
            self.deliver(datagram);
            self.poll();
        }
    }

    /// A stranger sends something.
    pub(super) fn inject(&mut self, number: usize, from: u8, bytes: Vec<u8>) {
        if let Some(to) = self.sides[number].any_address() {
            let from = stranger(from);
            self.sides[number].receive(self.now, Datagram { from, to, bytes }, false);
            self.poll();
        }
    }

    pub(super) fn send_error(&mut self, number: usize) {
        let sent = self
            .recent
            .iter()
            .find(|datagram| self.sides[number].has(datagram.from));
        let Some(datagram) = sent else {
            return;
        };
        let port = datagram.from.port();
        let path = Path {
            socket: SocketId(u32::from(port).saturating_sub(40_000)),
            local_ip: None,
            remote: datagram.to,
            ecn: None,
        };
        self.sides[number].agent.handle_send_error(self.now, &path);
        self.poll();
    }

    pub(super) fn end_candidates(&mut self, number: usize) {
        let side = &mut self.sides[number];
        side.agent
            .end_of_remote_candidates(self.now, side.transport, None);
        self.poll();
    }

    /// Lets some milliseconds pass, and does what is due in them.
    pub(super) fn pass(&mut self, milliseconds: u64) {
        let until = self.now + Duration::from_millis(milliseconds);
        loop {
            let timeouts = self.sides.each_ref().map(|side| side.agent.poll_timeout());
            let next = timeouts
                .into_iter()
                .chain([self.line.next_at()])
                .flatten()
                .min();
            let Some(next) = next.filter(|next| *next <= until) else {
                break;
            };
            self.now = self.now.max(next);
            while let Some(datagram) = self.line.take(self.now) {
                self.deliver(datagram);
            }
            for side in &mut self.sides {
                if side.agent.poll_timeout().is_some_and(|at| at <= self.now) {
                    side.agent.handle_timeout(self.now);
                }
            }
            let was_busy = self.poll();
            for (number, side) in self.sides.iter().enumerate() {
                let is_late = side.agent.poll_timeout().is_some_and(|at| at <= self.now);
                let is_idle = is_late && !was_busy[number];
                self.idle[number] = if is_idle { self.idle[number] + 1 } else { 0 };
                assert!(
                    self.idle[number] < 2,
                    "it spins: {timeouts:?} at {:?}",
                    self.now
                );
            }
        }
        self.now = until;
    }

    fn deliver(&mut self, datagram: Datagram) {
        let by_peer = self.sides.iter().any(|side| side.has(datagram.from));
        if let Some(side) = self.sides.iter_mut().find(|side| side.has(datagram.to)) {
            side.receive(self.now, datagram, by_peer);
        }
    }

    /// Takes everything that there is; which of the two had anything.
    fn poll(&mut self) -> [bool; 2] {
        let mut was_busy = [false; 2];
        for (number, was_busy) in was_busy.iter_mut().enumerate() {
            for round in 0.. {
                assert!(round < 10_000, "outputs without end");
                if !self.poll_one(number) {
                    break;
                }
                *was_busy = true;
            }
        }
        was_busy
    }

    fn poll_one(&mut self, number: usize) -> bool {
        let side = &mut self.sides[number];
        if side.serve(self.now) {
            return true;
        }
        if let Some(event) = side.hear() {
            format!("{event:?}").hash(&mut self.hasher);
            self.signals[number].append(&mut side.outbox);
            return true;
        }
        let Some(datagram) = side.transmit(self.now) else {
            return false;
        };
        (datagram.from, datagram.to, &datagram.bytes).hash(&mut self.hasher);
        self.line.send(self.now, &datagram);
        self.recent.push_front(datagram);
        self.recent.truncate(16);
        true
    }

    /// What holds at any time.
    pub(super) fn observe(&self) {
        self.sides
            .iter()
            .for_each(|side| side.check_limits(self.now));
    }

    /// Leaves them in peace: they agree, or do after a restart.
    pub(super) fn settle(&mut self) {
        self.line.mend();
        self.rest();
        if !self.is_up() {
            self.restarted = true;
            // As descriptions would have it.
            self.set_role(0, Role::Controlling);
            self.set_role(1, Role::Controlled);
            self.restart(0);
            self.rest();
        }
        assert!(self.is_up(), "in peace they are {:?}", self.states());
        let agreed = self.sides.each_ref().map(Side::agreed);
        let [Some((left, to_right)), Some((right, to_left))] = agreed else {
            panic!("one has no nominated pair: {agreed:?}");
        };
        assert_eq!((left, right), (to_left, to_right), "they do not agree");
        let [left, right] = self.sides.each_ref().map(|side| side.agent.role());
        assert_ne!(left, right, "both have one role");
        for number in [0, 1] {
            let before = self.sides[1 - number].received;
            self.send(number);
            self.pass(1000);
            assert_eq!(
                self.sides[1 - number].received,
                before + 1,
                "data of {number}"
            );
        }
    }

    fn rest(&mut self) {
        // The answer to what arrives now, and its candidates, come after.
        for _ in 0..4 {
            self.signal(usize::MAX);
            self.pass(3000);
            self.observe();
        }
        self.pass(PEACE);
        self.observe();
    }

    fn is_up(&self) -> bool {
        let up = |state: &TransportState| {
            matches!(state, TransportState::Connected | TransportState::Completed)
        };
        self.states().iter().all(up)
    }

    pub(super) fn trace(&self) -> u64 {
        self.hasher.finish()
    }
}

/// Where strangers are.
fn stranger(choice: u8) -> SocketAddr {
    ([203, 0, 113, choice & 7], 4000).into()
}
