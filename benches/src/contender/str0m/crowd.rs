//! Many peers that do nothing, on one thread.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use rustix::buffer::spare_capacity;
use rustix::event::{Timespec, epoll};
use rustix::fd::OwnedFd;
use str0m::channel::ChannelConfig;

use super::peer::{Outlets, Peer, Role};

/// How long the thread may sleep before it looks whether there are more peers.
const NAP: Duration = Duration::from_millis(200);

/// Pairs that connect at the same time.
const AT_ONCE: usize = 20;

/// The thread's other end.
pub(super) struct Crowd {
    newcomers: Sender<[Peer; 2]>,
    opens: Receiver<()>,
}

impl Crowd {
    pub(super) fn new() -> Self {
        let (newcomers, queue) = channel();
        let (outlets, _, opens) = Outlets::new();
        std::thread::spawn(move || Members::new(outlets).run(&queue));
        Self { newcomers, opens }
    }

    /// Returns when all channels are open.
    pub(super) fn add(&self, pairs: usize) {
        let mut left = pairs;
        while left > 0 {
            let now = left.min(AT_ONCE);
            for _ in 0..now {
                let pair = Peer::pair(Role::Quiet, Role::Quiet, ChannelConfig::default());
                self.newcomers.send(pair).expect("the thread never ends");
            }
            for _ in 0..2 * now {
                self.opens.recv().expect("the thread never ends");
            }
            left -= now;
        }
    }
}

struct Members {
    peers: Vec<Peer>,
    /// What each said last; none while it is being called.
    timeouts: Vec<Option<Instant>>,
    /// With entries that are no longer true.
    schedule: BinaryHeap<Reverse<(Instant, usize)>>,
    epoll: OwnedFd,
    outlets: Outlets,
    buffer: Vec<u8>,
}

impl Members {
    fn new(outlets: Outlets) -> Self {
        Self {
            peers: Vec::new(),
            timeouts: Vec::new(),
            schedule: BinaryHeap::new(),
            epoll: epoll::create(epoll::CreateFlags::CLOEXEC).expect("a file more"),
            outlets,
            buffer: vec![0; 2048],
        }
    }

    fn run(mut self, newcomers: &Receiver<[Peer; 2]>) {
        let mut ready = Vec::with_capacity(64);
        loop {
            newcomers
                .try_iter()
                .flatten()
                .for_each(|peer| self.add(peer));
            let now = Instant::now();
            let wait = self.next_timeout().map_or(NAP, |timeout| {
                timeout.saturating_duration_since(now).min(NAP)
            });
            let wait = Timespec {
                tv_sec: 0,
                tv_nsec: wait.subsec_nanos().into(),
            };
            // An early return is no harm: the loop looks again.
            let _ = epoll::wait(&self.epoll, spare_capacity(&mut ready), Some(&wait));
            for event in ready.drain(..) {
                let index = event.data.u64() as usize;
                while self.peers[index].receive(&mut self.buffer) {}
                self.poll(index);
            }
            while let Some(timeout) = self.next_timeout()
                && timeout <= Instant::now()
                && let Some(Reverse((_, index))) = self.schedule.pop()
            {
                self.timeouts[index] = None;
                self.peers[index].handle_timeout();
                self.poll(index);
            }
        }
    }

    fn add(&mut self, peer: Peer) {
        let index = self.peers.len();
        let data = epoll::EventData::new_u64(index as u64);
        epoll::add(&self.epoll, &peer.socket, data, epoll::EventFlags::IN)
            .expect("the socket is new");
        self.peers.push(peer);
        self.timeouts.push(None);
        self.poll(index);
    }

    fn poll(&mut self, index: usize) {
        let timeout = self.peers[index].poll(&self.outlets);
        if self.timeouts[index] != Some(timeout) {
            self.timeouts[index] = Some(timeout);
            self.schedule.push(Reverse((timeout, index)));
        }
    }

    fn next_timeout(&mut self) -> Option<Instant> {
        while let Some(Reverse((timeout, index))) = self.schedule.peek() {
            if self.timeouts[*index] == Some(*timeout) {
                return Some(*timeout);
            }
            self.schedule.pop();
        }
        None
    }
}
