//! A peer connection on a simulated host, with the driver's and the page's parts played.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::time::Instant;

use rill_peer::{
    ChannelId, DataChannelInit, Event, IceCandidateInit, Message, OperationId, PeerConnection,
    SdpType, SessionDescription,
};
use rill_sim::{Arrival, Datagram, Delayed, Driver, Endpoint, Host, StreamEvent, StreamRequest};

/// One message of signalling.
#[derive(Clone, Debug)]
pub(crate) enum Signal {
    Description(SessionDescription),
    Candidate(Option<IceCandidateInit>),
}

/// What follows when an operation completes.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// The local description goes to the peer.
    Send,
    /// The remote offer is answered.
    Answer,
    /// The answer is applied.
    Note,
}

/// One side of an attempt.
pub(crate) struct Side {
    pub(crate) pc: PeerConnection,
    pub(crate) outbox: VecDeque<Signal>,
    pub(crate) inbox: Delayed<Signal>,
    /// When the answer was applied, if it was the peer's.
    pub(crate) answered: Option<Instant>,
    /// When it was connected.
    pub(crate) connected: Option<Instant>,
    heard: bool,
    driver: Driver,
    steps: BTreeMap<OperationId, Step>,
    /// The description is with the peer: candidates follow it.
    told: bool,
    buffer: Vec<u8>,
}

impl Side {
    pub(crate) fn new(host: Host, pc: PeerConnection) -> Self {
        Self {
            pc,
            outbox: VecDeque::new(),
            inbox: Delayed::new(),
            answered: None,
            connected: None,
            heard: false,
            driver: Driver::new(host),
            steps: BTreeMap::new(),
            told: false,
            buffer: Vec::new(),
        }
    }

    /// Offers a channel.
    pub(crate) fn offer(&mut self, now: Instant) {
        let init = DataChannelInit::default();
        let channel = self.pc.create_data_channel(now, "chat", init);
        channel.expect("the channel is a good one");
        self.set_local(now);
    }

    /// Whether a message of the peer came.
    pub(crate) fn has_heard(&self) -> bool {
        self.heard
    }

    /// Plays the driver until the connection wants nothing more.
    pub(crate) fn settle(&mut self, now: Instant) {
        loop {
            let did = self.serve_one(now) || self.respond_one(now) || self.run_task(now);
            if !did {
                break;
            }
        }
        if self.connected.is_none() && self.is_connected() {
            self.connected = Some(now);
        }
    }

    fn serve_one(&mut self, now: Instant) -> bool {
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
        let completed = task.completed;
        for event in task.into_events() {
            self.handle_event(now, event);
        }
        match completed.and_then(|operation| self.steps.remove(&operation)) {
            Some(Step::Answer) => self.set_local(now),
            Some(Step::Send) => self.tell(),
            Some(Step::Note) => self.answered = Some(now),
            None => {}
        }
        true
    }

    /// Each side says hello on the channel when it is open.
    fn handle_event(&mut self, now: Instant, event: Event) {
        match event {
            Event::IceCandidate(candidate) if self.told => {
                let init = candidate.map(|candidate| candidate.to_init());
                self.outbox.push_back(Signal::Candidate(init));
            }
            Event::Open(id) => self.say_hello(now, id),
            Event::Message(_, message) => {
                self.heard = true;
                self.pc.consumed(now, message.weight());
            }
            _ => {}
        }
    }

    fn say_hello(&mut self, now: Instant, id: ChannelId) {
        let hello = Message::Text("hello".to_owned());
        self.pc.send(now, id, hello).expect("the channel is open");
    }

    fn set_local(&mut self, now: Instant) {
        let operation = self.pc.set_local_description(now, None);
        let operation = operation.expect("a description of our own fits");
        self.steps.insert(operation, Step::Send);
    }

    fn tell(&mut self) {
        let description = self.pc.local_description().expect("it was applied");
        self.told = true;
        self.outbox.push_back(Signal::Description(description));
    }

    fn take_signal(&mut self, now: Instant, signal: Signal) {
        match signal {
            Signal::Description(description) => {
                let operation = self.pc.set_remote_description(now, &description);
                let operation = operation.expect("an honest peer's description fits");
                let step = match description.kind {
                    SdpType::Offer => Step::Answer,
                    _ => Step::Note,
                };
                self.steps.insert(operation, step);
            }
            Signal::Candidate(init) => {
                let added = self.pc.add_ice_candidate(now, init.as_ref());
                added.expect("an honest peer's candidate is taken");
            }
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
}

impl Endpoint for Side {
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
            if !self.transmit_one(now) && !self.pc.has_task() {
                return None;
            }
        }
    }

    fn poll_timeout(&mut self) -> Option<Instant> {
        [
            self.pc.poll_timeout(),
            self.inbox.next_at(),
            self.driver.poll_timeout(),
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

    fn poll_stream_request(&mut self, now: Instant) -> Option<StreamRequest> {
        self.settle(now);
        self.driver.poll_stream_request()
    }

    fn handle_stream_event(
        &mut self,
        now: Instant,
        stream: rill_sim::StreamId,
        event: StreamEvent,
    ) {
        match self.driver.handle_stream_event(now, stream, event) {
            Some(Arrival::Bytes(id, bytes)) => self.pc.handle_stream(now, id, &bytes),
            Some(Arrival::Closed(id, reason)) => self.pc.handle_stream_closed(now, id, reason),
            None => {}
        }
    }
}
