//! str0m has no sockets of its own: a plain driver, one blocking UDP socket and thread per peer.

use std::net::UdpSocket;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use ::str0m::channel::ChannelId;
use ::str0m::net::{Protocol, Receive};
use ::str0m::{Candidate, Event, Input, Output, Rtc};

use super::{Contender, Load, Transferred};

/// How long a thread may sleep before it looks whether it is to stop.
const NAP: Duration = Duration::from_millis(10);

pub(crate) struct Str0m;

impl Contender for Str0m {
    fn set_up(&mut self) -> Duration {
        let start = Instant::now();
        let pair = Pair::connect(None);
        let elapsed = start.elapsed();
        pair.close();
        elapsed
    }

    fn transfer(&mut self, load: Load) -> Transferred {
        let pair = Pair::connect(Some(load.message));
        let start = Instant::now();
        let mut bytes = 0;
        while bytes < load.total {
            match pair
                .arrived
                .recv_timeout(load.limit.saturating_sub(start.elapsed()))
            {
                Ok(length) => bytes += length,
                Err(_) => break,
            }
        }
        let elapsed = start.elapsed();
        pair.close();
        Transferred { bytes, elapsed }
    }
}

/// Two peers, each on its thread.
struct Pair {
    stop: Arc<AtomicBool>,
    threads: [JoinHandle<()>; 2],
    arrived: Receiver<usize>,
}

impl Pair {
    /// Connects; with a message size the first peer starts to send at once.
    fn connect(message: Option<usize>) -> Self {
        let (mut offerer, mut answerer) = (Peer::new(), Peer::new());
        let mut change = offerer.rtc.sdp_api();
        change.add_channel("bench".to_owned());
        let (offer, pending) = change.apply().expect("a channel was added");
        let answer = answerer
            .rtc
            .sdp_api()
            .accept_offer(offer)
            .expect("its own kind's offer");
        offerer
            .rtc
            .sdp_api()
            .accept_answer(pending, answer)
            .expect("its own kind's answer");

        offerer.payload = message.map(|size| vec![0x5A; size]);
        let stop = Arc::new(AtomicBool::new(false));
        let (opened, opens) = channel();
        let (arrival, arrived) = channel();
        let threads = [offerer, answerer].map(|peer| {
            let outlets = Outlets {
                opened: opened.clone(),
                arrival: arrival.clone(),
            };
            let stop = Arc::clone(&stop);
            std::thread::spawn(move || peer.run(&stop, &outlets))
        });
        for _ in 0..2 {
            opens
                .recv()
                .expect("both threads run until they are told to stop");
        }
        Self {
            stop,
            threads,
            arrived,
        }
    }

    fn close(self) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads {
            thread.join().expect("a peer's thread does not panic");
        }
    }
}

/// What a peer tells the outside.
struct Outlets {
    opened: Sender<()>,
    arrival: Sender<usize>,
}

struct Peer {
    rtc: Rtc,
    socket: UdpSocket,
    channel: Option<ChannelId>,
    payload: Option<Vec<u8>>,
}

impl Peer {
    fn new() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port on loopback");
        let address = socket.local_addr().expect("the socket is bound");
        let mut rtc = Rtc::new(Instant::now());
        let candidate = Candidate::host(address, Protocol::Udp).expect("an address of this host");
        rtc.add_local_candidate(candidate);
        Self {
            rtc,
            socket,
            channel: None,
            payload: None,
        }
    }

    fn run(mut self, stop: &AtomicBool, outlets: &Outlets) {
        let mut buffer = vec![0; 2048];
        while !stop.load(Ordering::Relaxed) {
            let timeout = self.poll(outlets);
            if self.fill() {
                continue;
            }
            self.wait(timeout, &mut buffer);
        }
    }

    /// Sends and reports what there is; returns when to come back at the latest.
    fn poll(&mut self, outlets: &Outlets) -> Instant {
        loop {
            match self
                .rtc
                .poll_output()
                .expect("nobody disturbs this session")
            {
                Output::Timeout(timeout) => return timeout,
                Output::Transmit(transmit) => {
                    // Whatever the kernel does not take is lost, as on any network.
                    let _ = self
                        .socket
                        .send_to(&transmit.contents, transmit.destination);
                }
                Output::Event(Event::ChannelOpen(channel, _)) => {
                    self.channel = Some(channel);
                    let _ = outlets.opened.send(());
                }
                Output::Event(Event::ChannelData(data)) => {
                    let _ = outlets.arrival.send(data.data.len());
                }
                Output::Event(_) => {}
            }
        }
    }

    /// Writes until str0m's own buffer is full; whether anything was written.
    fn fill(&mut self) -> bool {
        let (Some(id), Some(payload)) = (self.channel, &self.payload) else {
            return false;
        };
        let mut wrote = false;
        while let Some(mut channel) = self.rtc.channel(id) {
            if !channel.write(true, payload).expect("the channel is open") {
                break;
            }
            wrote = true;
        }
        wrote
    }

    fn wait(&mut self, timeout: Instant, buffer: &mut [u8]) {
        let wait = timeout.saturating_duration_since(Instant::now()).min(NAP);
        if !wait.is_zero() {
            self.socket
                .set_read_timeout(Some(wait))
                .expect("the wait is not zero");
            if let Ok((length, source)) = self.socket.recv_from(buffer) {
                let destination = self.socket.local_addr().expect("the socket is bound");
                let received = Receive::new(Protocol::Udp, source, destination, &buffer[..length]);
                if let Ok(received) = received {
                    let input = Input::Receive(Instant::now(), received);
                    self.rtc
                        .handle_input(input)
                        .expect("nobody disturbs this session");
                }
                return;
            }
        }
        let input = Input::Timeout(Instant::now());
        self.rtc
            .handle_input(input)
            .expect("nobody disturbs this session");
    }
}
