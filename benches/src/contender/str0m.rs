//! str0m has no sockets of its own: a plain driver, one UDP socket and one thread per peer.

use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use ::str0m::channel::ChannelId;
use ::str0m::net::{Protocol, Receive};
use ::str0m::{Candidate, Event, Input, Output, Rtc};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::{Contender, Load, Transferred};

/// How long a thread may sleep before it looks whether it is to stop.
const NAP: Duration = Duration::from_millis(10);
const UNDISTURBED: &str = "nobody disturbs this session";

pub(crate) struct Str0m {
    threads: [Sender<Job>; 2],
}

impl Str0m {
    /// The threads outlive the pairs: a new one costs the cryptographic library a fresh generator.
    pub(crate) fn new() -> Self {
        let threads = [(); 2].map(|()| {
            let (jobs, queue) = channel::<Job>();
            std::thread::spawn(move || queue.into_iter().for_each(Job::run));
            jobs
        });
        Self { threads }
    }

    /// Connects; with a message size the first peer starts to send at once.
    fn connect(&self, message: Option<usize>) -> Pair {
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
        for (peer, thread) in [offerer, answerer].into_iter().zip(&self.threads) {
            let outlets = Outlets {
                opened: opened.clone(),
                arrival: arrival.clone(),
            };
            let job = Job {
                peer,
                stop: Arc::clone(&stop),
                outlets,
            };
            thread.send(job).expect("the thread ends after its queue");
        }
        for _ in 0..2 {
            opens
                .recv()
                .expect("both threads run until they are told to stop");
        }
        Pair { stop, arrived }
    }
}

impl Contender for Str0m {
    fn set_up(&mut self) -> Duration {
        let start = Instant::now();
        let pair = self.connect(None);
        let elapsed = start.elapsed();
        pair.close();
        elapsed
    }

    fn transfer(&mut self, load: Load) -> Transferred {
        let pair = self.connect(Some(load.message));
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

/// Two connected peers, each on its thread.
struct Pair {
    stop: Arc<AtomicBool>,
    arrived: Receiver<usize>,
}

impl Pair {
    /// Tells both threads to drop their peers and waits until they have: then all outlets are gone.
    fn close(self) {
        self.stop.store(true, Ordering::Relaxed);
        self.arrived.into_iter().for_each(drop);
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

/// What a peer tells the outside.
struct Outlets {
    opened: Sender<()>,
    arrival: Sender<usize>,
}

struct Peer {
    rtc: Rtc,
    socket: UdpSocket,
    address: SocketAddr,
    channel: Option<ChannelId>,
    payload: Option<Vec<u8>>,
}

impl Peer {
    fn new() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port on loopback");
        let address = socket.local_addr().expect("the socket is bound");
        socket.set_nonblocking(true).expect("the socket is new");
        let mut rtc = Rtc::new(Instant::now());
        let candidate = Candidate::host(address, Protocol::Udp).expect("an address of this host");
        rtc.add_local_candidate(candidate);
        Self {
            rtc,
            socket,
            address,
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
            match self.rtc.poll_output().expect(UNDISTURBED) {
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

    /// Takes one datagram, or sleeps until one comes or `timeout` has passed.
    fn wait(&mut self, timeout: Instant, buffer: &mut [u8]) {
        let input = match self.socket.recv_from(buffer) {
            Ok((length, source)) => match self.received(source, &buffer[..length]) {
                Some(input) => input,
                None => return,
            },
            Err(_) => {
                let wait = timeout.saturating_duration_since(Instant::now());
                if !wait.is_zero() {
                    self.sleep(wait.min(NAP));
                    return;
                }
                Input::Timeout(Instant::now())
            }
        };
        self.rtc.handle_input(input).expect(UNDISTURBED);
    }

    fn received<'b>(&self, source: SocketAddr, datagram: &'b [u8]) -> Option<Input<'b>> {
        let received = Receive::new(Protocol::Udp, source, self.address, datagram).ok()?;
        Some(Input::Receive(Instant::now(), received))
    }

    /// Unlike a socket's own time limit, `poll` keeps to less than a tick of the kernel.
    fn sleep(&self, wait: Duration) {
        let wait = Timespec {
            tv_sec: 0,
            tv_nsec: wait.subsec_nanos().into(),
        };
        // An early return is no harm: the loop looks again.
        let _ = poll(&mut [PollFd::new(&self.socket, PollFlags::IN)], Some(&wait));
    }
}
