//! A line between two peers: it delays, loses, and carries so much and no more.

use std::{
    collections::VecDeque,
    net::{Ipv4Addr, SocketAddr, UdpSocket},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

/// One way.
const DELAY: Duration = Duration::from_millis(25);
/// In bytes per second: 200 Mbit/s.
const RATE: f64 = 25e6;
/// What waits for longer before the bottleneck is dropped: the product of rate and round trip.
const QUEUE: Duration = Duration::from_millis(50);
/// What IPv4 and UDP need.
const HEADERS: usize = 28;

/// What becomes of packets.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fate {
    /// IP packets of more bytes vanish.
    pub(crate) mtu: usize,
    /// Of so many one is lost.
    pub(crate) loss: Option<u64>,
}

/// Two sockets: what comes to either leaves from the other. Ends when it is dropped.
pub(crate) struct Relay {
    sockets: [UdpSocket; 2],
    pub(crate) ports: [u16; 2],
    fate: Fate,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    over: AtomicBool,
    came: AtomicUsize,
    lost: AtomicUsize,
    too_long: AtomicUsize,
}

impl Relay {
    pub(crate) fn bind(fate: Fate) -> Self {
        let bind = |_| UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
        let sockets = [(); 2].map(bind);
        let port = |socket: &UdpSocket| socket.local_addr().expect("it is bound").port();
        Self {
            ports: sockets.each_ref().map(port),
            sockets,
            fate,
            state: Arc::default(),
        }
    }

    /// Carries between these two, the first of which sends to the first socket.
    pub(crate) fn start(&self, peers: [SocketAddr; 2]) {
        let copy = |side: usize| self.sockets[side].try_clone().expect("there is room");
        for side in 0..2 {
            let line = Line {
                from: copy(side),
                source: peers[side],
                to: copy(1 - side),
                destination: peers[1 - side],
                fate: self.fate,
                state: Arc::clone(&self.state),
                random: 1 + side as u64,
                free: Instant::now(),
                flying: VecDeque::new(),
            };
            thread::spawn(|| line.run());
        }
    }

    /// How many packets came, how many of them were lost, and how many were too long.
    pub(crate) fn counts(&self) -> [usize; 3] {
        let State {
            came,
            lost,
            too_long,
            ..
        } = &*self.state;
        [came, lost, too_long].map(|count| count.load(Ordering::Relaxed))
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.state.over.store(true, Ordering::Relaxed);
    }
}

/// One direction.
struct Line {
    from: UdpSocket,
    source: SocketAddr,
    to: UdpSocket,
    destination: SocketAddr,
    fate: Fate,
    state: Arc<State>,
    random: u64,
    /// When the bottleneck is.
    free: Instant,
    flying: VecDeque<(Instant, Vec<u8>)>,
}

impl Line {
    fn run(mut self) {
        let mut buffer = vec![0; 1 << 16];
        while !self.state.over.load(Ordering::Relaxed) {
            let next = self.flying.front().map(|(at, _)| *at);
            let idle = Duration::from_millis(100);
            let wait = next.map_or(idle, |at| at.saturating_duration_since(Instant::now()));
            if wait.is_zero() {
                let (_, packet) = self.flying.pop_front().expect("it was looked at");
                // A peer may be gone.
                drop(self.to.send_to(&packet, self.destination));
                continue;
            }
            let patience = self.from.set_read_timeout(Some(wait));
            patience.expect("it is not zero");
            if let Ok((length, source)) = self.from.recv_from(&mut buffer)
                && source == self.source
            {
                self.take(&buffer[..length]);
            }
        }
    }

    fn take(&mut self, packet: &[u8]) {
        let now = Instant::now();
        self.state.came.fetch_add(1, Ordering::Relaxed);
        let length = packet.len() + HEADERS;
        if length > self.fate.mtu {
            self.state.too_long.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let begins = self.free.max(now);
        let number = next(&mut self.random);
        let is_lost = self.fate.loss.is_some_and(|of| number.is_multiple_of(of));
        if is_lost || begins > now + QUEUE {
            self.state.lost.fetch_add(1, Ordering::Relaxed);
            return;
        }
        self.free = begins + Duration::from_secs_f64(length as f64 / RATE);
        self.flying.push_back((self.free + DELAY, packet.to_vec()));
    }
}

/// Marsaglia's xorshift64.
pub(crate) fn next(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}
