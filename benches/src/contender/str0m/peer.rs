//! One peer, its socket, and what it does with its channel.

use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use str0m::channel::{ChannelConfig, ChannelId};
use str0m::net::{Protocol, Receive};
use str0m::{Candidate, Event, Input, Output, Rtc};

/// How long a thread may sleep before it looks whether it is to stop.
const NAP: Duration = Duration::from_millis(10);
const UNDISTURBED: &str = "nobody disturbs this session";

/// What a peer does with its channel.
pub(super) enum Role {
    Quiet,
    /// Reports how long each message is.
    Sink,
    /// Sends as much as is taken.
    Flood {
        payload: Vec<u8>,
        sent: Arc<AtomicUsize>,
        stopped: Arc<AtomicBool>,
    },
    /// Sends back what comes.
    Echo,
    /// Sends a message, and the next when it has come back.
    Call {
        payload: Vec<u8>,
        since: Option<Instant>,
        times: Sender<Duration>,
    },
}

impl Role {
    pub(super) fn call(payload: Vec<u8>, times: Sender<Duration>) -> Self {
        Self::Call {
            payload,
            since: None,
            times,
        }
    }
}

/// What a peer tells the outside.
#[derive(Clone)]
pub(super) struct Outlets {
    opened: Sender<()>,
    arrival: Sender<usize>,
}

impl Outlets {
    /// With the lengths of messages that arrive and the openings of channels.
    pub(super) fn new() -> (Self, Receiver<usize>, Receiver<()>) {
        let (opened, opens) = channel();
        let (arrival, arrivals) = channel();
        (Self { opened, arrival }, arrivals, opens)
    }
}

pub(super) struct Peer {
    rtc: Rtc,
    pub(super) socket: UdpSocket,
    address: SocketAddr,
    channel: Option<ChannelId>,
    role: Role,
}

impl Peer {
    /// Two that have exchanged offer and answer.
    pub(super) fn pair(offers: Role, answers: Role, config: ChannelConfig) -> [Self; 2] {
        let (mut offerer, mut answerer) = (Self::new(offers), Self::new(answers));
        let mut change = offerer.rtc.sdp_api();
        change.add_channel_with_config(ChannelConfig {
            label: "bench".to_owned(),
            ..config
        });
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
        [offerer, answerer]
    }

    fn new(role: Role) -> Self {
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
            role,
        }
    }

    /// Until it is told to stop.
    pub(super) fn run(mut self, stop: &AtomicBool, outlets: &Outlets) {
        let mut buffer = vec![0; 2048];
        while !stop.load(Ordering::Relaxed) {
            let timeout = self.poll(outlets);
            if self.fill() {
                continue;
            }
            if !self.receive(&mut buffer) {
                self.wait(timeout);
            }
        }
    }

    /// Sends and reports what there is; returns when to come back at the latest.
    pub(super) fn poll(&mut self, outlets: &Outlets) -> Instant {
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
                Output::Event(Event::ChannelData(data)) => self.arrived(&data.data, outlets),
                Output::Event(_) => {}
            }
        }
    }

    fn arrived(&mut self, data: &[u8], outlets: &Outlets) {
        match &mut self.role {
            Role::Quiet | Role::Flood { .. } => {}
            Role::Sink => {
                let _ = outlets.arrival.send(data.len());
            }
            Role::Echo => {
                self.write(data);
            }
            Role::Call { since, times, .. } => {
                if let Some(since) = since.take() {
                    let _ = times.send(since.elapsed());
                }
            }
        }
    }

    /// Writes what its role has to say now; whether that was anything.
    fn fill(&mut self) -> bool {
        if self.channel.is_none() {
            return false;
        }
        match &mut self.role {
            Role::Flood { stopped, .. } if stopped.load(Ordering::Relaxed) => false,
            Role::Flood { payload, sent, .. } => {
                let (payload, sent) = (std::mem::take(payload), Arc::clone(sent));
                let mut count = 0;
                while self.write(&payload) {
                    count += 1;
                }
                sent.fetch_add(count, Ordering::Relaxed);
                if let Role::Flood { payload: empty, .. } = &mut self.role {
                    *empty = payload;
                }
                count > 0
            }
            Role::Call { payload, since, .. } if since.is_none() => {
                let payload = payload.clone();
                *since = Some(Instant::now());
                self.write(&payload)
            }
            _ => false,
        }
    }

    /// Whether str0m's own buffer had room.
    fn write(&mut self, payload: &[u8]) -> bool {
        self.channel
            .and_then(|id| self.rtc.channel(id))
            .is_some_and(|mut channel| channel.write(true, payload).expect("the channel is open"))
    }

    /// Takes one datagram, if there is one.
    pub(super) fn receive(&mut self, buffer: &mut [u8]) -> bool {
        let Ok((length, source)) = self.socket.recv_from(buffer) else {
            return false;
        };
        if let Ok(received) = Receive::new(Protocol::Udp, source, self.address, &buffer[..length]) {
            let input = Input::Receive(Instant::now(), received);
            self.rtc.handle_input(input).expect(UNDISTURBED);
        }
        true
    }

    pub(super) fn handle_timeout(&mut self) {
        let input = Input::Timeout(Instant::now());
        self.rtc.handle_input(input).expect(UNDISTURBED);
    }

    /// Until a datagram comes or `timeout` has passed.
    fn wait(&mut self, timeout: Instant) {
        let wait = timeout.saturating_duration_since(Instant::now());
        if wait.is_zero() {
            self.handle_timeout();
            return;
        }
        // Unlike a socket's own time limit, `poll` keeps to less than a tick of the kernel.
        let wait = Timespec {
            tv_sec: 0,
            tv_nsec: wait.min(NAP).subsec_nanos().into(),
        };
        // An early return is no harm: the loop looks again.
        let _ = poll(&mut [PollFd::new(&self.socket, PollFlags::IN)], Some(&wait));
    }
}
