//! A peer connection on a simulated host, with the driver's and the page's parts played.

use std::{
    collections::{BTreeMap, VecDeque},
    net::SocketAddr,
    time::{Duration, Instant},
};

use rill_peer::{
    Event, IceCandidateInit, OperationId, PeerConnection, Request, Response, SdpType,
    SessionDescription,
};
use rill_sim::{Arrival, Datagram, Delayed, Driver, Endpoint, Host, StreamEvent, StreamRequest};

/// What one side tells the other beside the network.
#[derive(Clone, Debug)]
pub(crate) enum Signal {
    Description(SessionDescription),
    Candidate(Option<IceCandidateInit>),
}

/// What follows when an operation completes.
#[derive(Clone, Copy, Debug)]
enum Step {
    Tell,
    Answer,
}

/// One side.
pub(crate) struct Side {
    pub(crate) pc: PeerConnection,
    pub(crate) driver: Driver,
    pub(crate) outbox: VecDeque<Signal>,
    pub(crate) inbox: Delayed<Signal>,
    /// Whether names of its own are answered for.
    pub(crate) multicast: bool,
    /// Whether multicast DNS hears anything.
    pub(crate) hears: bool,
    /// Whether offers of the peer are answered.
    pub(crate) answers: bool,
    /// Whether DTLS leaves it.
    pub(crate) handshakes: bool,
    told: bool,
    steps: BTreeMap<OperationId, Step>,
    buffer: Vec<u8>,
}

impl Side {
    pub(crate) fn new(host: Host, pc: PeerConnection) -> Self {
        Self {
            pc,
            driver: Driver::new(host),
            outbox: VecDeque::new(),
            inbox: Delayed::new(),
            multicast: true,
            hears: true,
            answers: true,
            handshakes: true,
            told: false,
            steps: BTreeMap::new(),
            buffer: Vec::new(),
        }
    }

    pub(crate) fn describe(&mut self, now: Instant) {
        let operation = self.pc.set_local_description(now, None);
        let operation = operation.expect("a description of our own fits");
        self.steps.insert(operation, Step::Tell);
    }

    /// Plays the driver and the page until the connection wants nothing more.
    pub(crate) fn settle(&mut self, now: Instant) {
        while self.serve_one(now) || self.respond_one(now) || self.run_task(now) {}
    }

    fn serve_one(&mut self, now: Instant) -> bool {
        while self.pc.is_closed() && self.transmit_one(now) {}
        let request = self.pc.poll_request();
        let any = request.is_some();
        if let Some(request) = request {
            self.serve(now, request);
        }
        any
    }

    fn respond_one(&mut self, now: Instant) -> bool {
        let Some((id, response)) = self.driver.poll_response(now) else {
            return false;
        };
        self.pc.handle_response(now, id, response);
        true
    }

    fn run_task(&mut self, now: Instant) -> bool {
        let Some(task) = self.pc.poll_task() else {
            return false;
        };
        let completed = task.completed;
        for event in task.into_events() {
            if let Event::IceCandidate(candidate) = event
                && self.told
            {
                let init = candidate.map(|candidate| candidate.to_init());
                self.outbox.push_back(Signal::Candidate(init));
            }
        }
        match completed.and_then(|operation| self.steps.remove(&operation)) {
            Some(Step::Answer) if self.answers => self.describe(now),
            Some(Step::Tell) => {
                let description = self.pc.local_description().expect("it was applied");
                self.told = true;
                self.outbox.push_back(Signal::Description(description));
            }
            Some(Step::Answer) | None => {}
        }
        true
    }

    fn take_signal(&mut self, now: Instant, signal: Signal) {
        match signal {
            Signal::Description(description) => {
                let applied = self.pc.set_remote_description(now, &description);
                let operation = applied.expect("the description fits");
                if description.kind == SdpType::Offer {
                    self.steps.insert(operation, Step::Answer);
                }
            }
            // One that signalling mixed up is refused.
            Signal::Candidate(init) => drop(self.pc.add_ice_candidate(now, init.as_ref())),
        }
    }

    fn serve(&mut self, now: Instant, request: Request) {
        match request {
            Request::ResolveMdns { id, .. } if !self.hears => {
                let deaf = "not even our own questions are heard".to_owned();
                self.driver
                    .respond(now + PATIENCE, id, Response::Unheard(deaf));
            }
            Request::RegisterMdns { id, .. } if !self.multicast => {
                let response = Response::Failed("no multicast here".to_owned());
                self.driver.respond(now, id, response);
            }
            request => self.driver.serve(now, request),
        }
    }

    fn transmit_one(&mut self, now: Instant) -> bool {
        let Some(transmit) = self.pc.poll_transmit(now, &mut self.buffer) else {
            return false;
        };
        let is_dtls = matches!(self.buffer.first(), Some(20..=63));
        if self.handshakes || !is_dtls {
            self.driver.transmit(transmit, &self.buffer);
        }
        true
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
        let times = [
            self.pc.poll_timeout(),
            self.inbox.next_at(),
            self.driver.poll_timeout(),
        ];
        times.into_iter().flatten().min()
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

/// How long multicast DNS looks for a name.
const PATIENCE: Duration = Duration::from_secs(4);

/// One way of signalling.
pub(crate) const ONE_WAY: Duration = Duration::from_millis(10);
