//! A peer connection on a simulated host, with the driver's and the page's parts played.

use std::{
    collections::{BTreeMap, VecDeque},
    net::SocketAddr,
    sync::OnceLock,
    time::{Duration, Instant, SystemTime},
};

use rand_chacha::{ChaCha20Rng, rand_core::Rng};
use rill_peer::{
    Certificate, CertificateOptions, ChannelId, Event, IceGatheringState, Message, OperationId,
    PeerConnection, SdpType, SessionDescription,
};
use rill_sim::{Datagram, Delayed, Driver, Endpoint, Host};

use crate::{
    diary::{Diary, Happening},
    signal::{Manner, Signal, without_lines},
};

/// What follows when an operation completes.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// The local description goes to the peer.
    Send,
    /// The remote offer is answered.
    Answer,
}

/// One side of a session.
pub(crate) struct Adapter {
    pub(crate) pc: PeerConnection,
    pub(crate) driver: Driver,
    pub(crate) manner: Manner,
    pub(crate) diary: Diary,
    pub(crate) outbox: VecDeque<Signal>,
    pub(crate) inbox: Delayed<Signal>,
    /// What was refused of what the peer signalled.
    pub(crate) refusals: Vec<String>,
    /// The messages of each channel.
    pub(crate) received: BTreeMap<ChannelId, Vec<Message>>,
    /// Channels of the peer, in order.
    pub(crate) announced: Vec<ChannelId>,
    /// Whether messages are taken; if not, they pile up.
    pub(crate) reads: bool,
    unread: usize,
    /// The order of polls is drawn from it, if there is one.
    pub(crate) shuffle: Option<ChaCha20Rng>,
    /// Whether a shuffled one leaves tasks for later now and then.
    pub(crate) lazy: bool,
    /// When it comes back to them.
    later: Option<Instant>,
    steps: BTreeMap<OperationId, Step>,
    /// The description waits for all candidates.
    waiting: bool,
    /// The description is with the peer: candidates follow it.
    told: bool,
    buffer: Vec<u8>,
}

impl Adapter {
    pub(crate) fn new(host: Host, pc: PeerConnection, manner: Manner) -> Self {
        Self {
            pc,
            driver: Driver::new(host),
            manner,
            diary: Diary::default(),
            outbox: VecDeque::new(),
            inbox: Delayed::new(),
            refusals: Vec::new(),
            received: BTreeMap::new(),
            announced: Vec::new(),
            reads: true,
            unread: 0,
            shuffle: None,
            lazy: false,
            later: None,
            steps: BTreeMap::new(),
            waiting: false,
            told: false,
            buffer: Vec::new(),
        }
    }

    /// Makes an offer and lets the rest take its course.
    pub(crate) fn offer(&mut self, now: Instant) {
        self.set_local(now);
    }

    /// Takes what piled up, and reads from now on.
    pub(crate) fn resume(&mut self, now: Instant) {
        self.reads = true;
        let unread = std::mem::take(&mut self.unread);
        self.pc.consumed(now, unread);
    }

    pub(crate) fn texts(&self, id: ChannelId) -> Vec<String> {
        let messages = self.received.get(&id).into_iter().flatten();
        messages
            .map(|message| match message {
                Message::Text(text) => text.clone(),
                Message::Binary(bytes) => format!("{} bytes", bytes.len()),
            })
            .collect()
    }

    /// Plays the driver until the connection wants nothing more, in one order or another.
    pub(crate) fn settle(&mut self, now: Instant) {
        if let Some(rng) = self.shuffle.take() {
            self.shuffle = Some(self.churn(now, rng));
        } else {
            self.pump(now);
        }
    }

    fn pump(&mut self, now: Instant) {
        loop {
            let did = self.serve_one(now) || self.respond_one(now) || self.run_task(now);
            if !did {
                return;
            }
        }
    }

    fn serve_one(&mut self, now: Instant) -> bool {
        // The last datagrams leave before their sockets close.
        while self.pc.is_closed() && self.transmit_one(now) {}
        let request = self.pc.poll_request();
        let any = request.is_some();
        if let Some(request) = request {
            self.driver.serve(now, request);
        }
        any
    }

    fn respond_one(&mut self, now: Instant) -> bool {
        let response = self.driver.poll_response(now);
        let any = response.is_some();
        if let Some((id, response)) = response {
            self.pc.handle_response(now, id, response);
        }
        any
    }

    fn run_task(&mut self, now: Instant) -> bool {
        let Some(task) = self.pc.poll_task() else {
            return false;
        };
        let number = self.diary.next_task();
        let completed = task.completed;
        for event in task.into_events() {
            let what = Happening::Event(event.clone());
            self.diary.note(now, number, what, &self.pc);
            self.handle_event(now, event);
        }
        if let Some(operation) = completed {
            let what = Happening::Completed(operation);
            self.diary.note(now, number, what, &self.pc);
            self.continue_after(now, operation);
        }
        true
    }

    fn handle_event(&mut self, now: Instant, event: Event) {
        match event {
            Event::IceCandidate(candidate) if self.told && self.peer_trickles() => {
                let init = candidate.map(|candidate| candidate.to_init());
                self.outbox.push_back(Signal::Candidate(init));
            }
            Event::IceGatheringStateChange(IceGatheringState::Complete)
                if std::mem::take(&mut self.waiting) =>
            {
                self.tell();
            }
            Event::DataChannel(id) => self.announced.push(id),
            Event::Message(id, message) => {
                let weight = message.weight();
                self.received.entry(id).or_default().push(message);
                if self.reads {
                    self.pc.consumed(now, weight);
                } else {
                    self.unread += weight;
                }
            }
            _ => {}
        }
    }

    fn peer_trickles(&self) -> bool {
        self.manner != Manner::Vanilla && self.pc.can_trickle_ice_candidates() != Some(false)
    }

    fn set_local(&mut self, now: Instant) {
        let operation = self.pc.set_local_description(now, None);
        let operation = operation.expect("a description of our own fits");
        self.steps.insert(operation, Step::Send);
    }

    /// Asks for a restart and offers it.
    pub(crate) fn restart(&mut self, now: Instant) {
        self.pc.restart_ice(now);
        self.offer(now);
    }

    fn continue_after(&mut self, now: Instant, operation: OperationId) {
        match self.steps.remove(&operation) {
            Some(Step::Answer) => self.set_local(now),
            Some(Step::Send) if self.may_tell() => self.tell(),
            Some(Step::Send) => {
                self.told = false;
                self.waiting = true;
            }
            None => {}
        }
    }

    /// The page's rule: a peer that cannot trickle gets the description when it is complete.
    fn may_tell(&self) -> bool {
        let answers = self.pc.signaling_state() == rill_peer::SignalingState::Stable;
        let now = match self.manner {
            Manner::Trickle => !answers || self.peer_trickles(),
            Manner::Half => answers && self.peer_trickles(),
            Manner::Vanilla => false,
        };
        now || self.pc.ice_gathering_state() == IceGatheringState::Complete
    }

    fn tell(&mut self) {
        let mut description = self.pc.local_description().expect("it was applied");
        if self.manner == Manner::Vanilla {
            description.sdp = without_lines(&description.sdp, "a=ice-options");
        }
        self.told = true;
        self.outbox.push_back(Signal::Description(description));
    }

    fn take_signal(&mut self, now: Instant, signal: Signal) {
        match signal {
            Signal::Description(description) => self.take_description(now, &description),
            Signal::Candidate(init) => {
                if let Err(error) = self.pc.add_ice_candidate(now, init.as_ref()) {
                    self.refusals.push(error.to_string());
                }
            }
        }
    }

    fn take_description(&mut self, now: Instant, description: &SessionDescription) {
        match self.pc.set_remote_description(now, description) {
            Ok(operation) if description.kind == SdpType::Offer => {
                self.steps.insert(operation, Step::Answer);
            }
            Ok(_) => {}
            Err(error) => self.refusals.push(error.to_string()),
        }
    }

    /// Hands the next datagrams to the driver.
    fn transmit_one(&mut self, now: Instant) -> bool {
        let transmit = self.pc.poll_transmit(now, &mut self.buffer);
        let any = transmit.is_some();
        if let Some(transmit) = transmit {
            self.driver.transmit(transmit, &self.buffer);
        }
        any
    }

    /// Polls in an order of the generator's choice, with needless timeouts, until nothing is left.
    fn churn(&mut self, now: Instant, mut rng: ChaCha20Rng) -> ChaCha20Rng {
        let mut idle = 0_u32;
        let put_off = self.lazy && self.later.is_none() && rng.next_u32().is_multiple_of(3);
        if put_off {
            self.later = Some(now + Duration::from_millis(3));
        }
        let resting = self.later.is_some_and(|later| now < later);
        if !resting {
            self.later = None;
        }
        // Every kind must have said five times or so that it has nothing.
        while idle < 20 {
            let did = match rng.next_u32() % 5 {
                0 => self.serve_one(now),
                1 => self.respond_one(now),
                2 => !resting && self.run_task(now),
                3 => self.transmit_one(now),
                _ => {
                    self.pc.handle_timeout(now);
                    false
                }
            };
            idle = if did { 0 } else { idle + 1 };
        }
        // What the dice have not reached.
        if !resting {
            self.pump(now);
        }
        rng
    }
}

impl Endpoint for Adapter {
    fn handle_datagram(
        &mut self,
        now: Instant,
        local: SocketAddr,
        remote: SocketAddr,
        bytes: &mut [u8],
    ) {
        if let Some(path) = self.driver.path(local, remote) {
            self.pc.handle_datagram(now, path, bytes);
        }
    }

    fn handle_timeout(&mut self, now: Instant) {
        while let Some(signal) = self.inbox.pop(now) {
            self.take_signal(now, signal);
        }
        self.pc.handle_timeout(now);
    }

    fn poll_transmit(&mut self, now: Instant) -> Option<Datagram> {
        loop {
            if let Some(datagram) = self.driver.poll_transmit() {
                return Some(datagram);
            }
            self.settle(now);
            let resting = self.later.is_some();
            let idle = resting || !self.pc.has_task();
            if !self.driver.has_datagram() && !self.transmit_one(now) && idle {
                return None;
            }
        }
    }

    fn poll_timeout(&mut self) -> Option<Instant> {
        [
            self.pc.poll_timeout(),
            self.inbox.next_at(),
            self.driver.poll_timeout(),
            self.later,
        ]
        .into_iter()
        .flatten()
        .min()
    }

    fn handle_unreachable(&mut self, now: Instant, local: SocketAddr, remote: SocketAddr) {
        if let Some(path) = self.driver.path(local, remote) {
            self.pc.handle_send_error(now, &path);
        }
    }
}

/// The certificate of a side: the same in every scene, for making one is not for free.
pub(crate) fn certificate(side: usize) -> Certificate {
    static CERTIFICATES: OnceLock<[Certificate; 3]> = OnceLock::new();
    let make = || {
        let new_year = SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600);
        let made = Certificate::generate(CertificateOptions::new(new_year));
        made.expect("the time is a sane one")
    };
    CERTIFICATES.get_or_init(|| [make(), make(), make()])[side].clone()
}
