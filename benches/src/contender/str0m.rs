//! str0m has no sockets of its own: a plain driver, one UDP socket and one thread per peer.

mod crowd;
mod peer;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use ::str0m::channel::{ChannelConfig, Reliability};

use self::crowd::Crowd;
use self::peer::{Outlets, Peer, Role};
use super::{Contender, Load, Transferred};

pub(crate) struct Str0m {
    threads: [Sender<Job>; 2],
    crowd: Option<Crowd>,
}

impl Str0m {
    /// The threads outlive the pairs: a new one costs the cryptographic library a fresh generator.
    pub(crate) fn new() -> Self {
        let threads = [(); 2].map(|()| {
            let (jobs, queue) = channel::<Job>();
            std::thread::spawn(move || queue.into_iter().for_each(Job::run));
            jobs
        });
        Self {
            threads,
            crowd: None,
        }
    }

    /// Connects the two; the first begins to send at once, if that is its role.
    fn connect(&self, peers: [Peer; 2]) -> Pair {
        let stop = Arc::new(AtomicBool::new(false));
        let (outlets, arrivals, opens) = Outlets::new();
        for (peer, thread) in peers.into_iter().zip(&self.threads) {
            let job = Job {
                peer,
                stop: Arc::clone(&stop),
                outlets: outlets.clone(),
            };
            thread.send(job).expect("the thread ends after its queue");
        }
        for _ in 0..2 {
            opens
                .recv()
                .expect("both threads run until they are told to stop");
        }
        Pair { stop, arrivals }
    }
}

impl Contender for Str0m {
    fn set_up(&mut self) -> Duration {
        let start = Instant::now();
        let peers = Peer::pair(Role::Quiet, Role::Quiet, ChannelConfig::default());
        let pair = self.connect(peers);
        let elapsed = start.elapsed();
        pair.close();
        elapsed
    }

    fn transfer(&mut self, load: Load) -> Transferred {
        let reliability = if load.reliable {
            Reliability::Reliable
        } else {
            Reliability::MaxRetransmits { retransmits: 0 }
        };
        let config = ChannelConfig {
            ordered: load.reliable,
            reliability,
            ..ChannelConfig::default()
        };
        let sent = Arc::new(AtomicUsize::new(0));
        let stopped = Arc::new(AtomicBool::new(false));
        let sender = Role::Flood {
            payload: vec![0x5A; load.message],
            sent: Arc::clone(&sent),
            stopped: Arc::clone(&stopped),
        };
        let pair = self.connect(Peer::pair(sender, Role::Sink, config));
        let start = Instant::now();
        let mut bytes = 0;
        while bytes < load.total
            && let Ok(length) = pair
                .arrivals
                .recv_timeout(load.limit.saturating_sub(start.elapsed()))
        {
            bytes += length;
        }
        let mut elapsed = start.elapsed();
        stopped.store(true, Ordering::Relaxed);
        while let Some(patience) = load.patience()
            && let Ok(length) = pair.arrivals.recv_timeout(patience)
        {
            bytes += length;
            elapsed = start.elapsed();
        }
        pair.close();
        Transferred {
            sent: sent.load(Ordering::Relaxed),
            bytes,
            elapsed,
        }
    }

    fn round_trips(&mut self, message: usize, limit: Duration) -> Vec<Duration> {
        let (finished, times) = channel();
        let caller = Role::call(vec![0x5A; message], finished);
        let pair = self.connect(Peer::pair(caller, Role::Echo, ChannelConfig::default()));
        std::thread::sleep(limit);
        pair.close();
        times.into_iter().collect()
    }

    fn hold(&mut self, pairs: usize) {
        self.crowd.get_or_insert_with(Crowd::new).add(pairs);
    }
}

/// Two connected peers, each on its thread.
struct Pair {
    stop: Arc<AtomicBool>,
    arrivals: Receiver<usize>,
}

impl Pair {
    /// Tells both threads to drop their peers and waits until they have: then all outlets are gone.
    fn close(self) {
        self.stop.store(true, Ordering::Relaxed);
        self.arrivals.into_iter().for_each(drop);
    }
}

/// A peer and what its thread needs to run it.
struct Job {
    peer: Peer,
    stop: Arc<AtomicBool>,
    outlets: Outlets,
}

impl Job {
    fn run(self) {
        self.peer.run(&self.stop, &self.outlets);
    }
}
