//! A connection on a simulated host that counts what goes in and out of it.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet, VecDeque},
    net::{IpAddr, SocketAddr},
    rc::Rc,
    time::{Duration, Instant},
};

use rill_peer::{
    ChannelId, Event, IceCandidateInit, OperationId, PeerConnection, Request, Response, SdpType,
    SessionDescription,
};
use rill_sim::{Datagram, Delayed, Driver, Endpoint, Host};

/// The names of the link, as multicast DNS has them.
pub(crate) type Names = Rc<RefCell<BTreeMap<String, IpAddr>>>;

#[derive(Clone, Debug)]
pub(crate) enum Signal {
    Description(SessionDescription),
    Candidate(IceCandidateInit),
}

/// What went between two addresses, as their datagrams say.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counted {
    pub(crate) packets_sent: u64,
    pub(crate) bytes_sent: u64,
    pub(crate) packets_received: u64,
    pub(crate) bytes_received: u64,
    pub(crate) last_sent: Option<Instant>,
    pub(crate) last_received: Option<Instant>,
    /// By their transaction ids, so that one sent again counts once.
    pub(crate) requests_sent: BTreeSet<Vec<u8>>,
    pub(crate) requests_received: u64,
    pub(crate) responses_sent: u64,
    pub(crate) responses_received: u64,
}

/// The first two bytes of Binding requests and success responses (RFC 8489 §5).
const REQUEST: [u8; 2] = [0x00, 0x01];
const SUCCESS: [u8; 2] = [0x01, 0x01];

impl Counted {
    fn sent(&mut self, now: Instant, bytes: &[u8]) {
        match bytes {
            [first, second, ..] if [*first, *second] == REQUEST => {
                self.requests_sent.insert(bytes[8..20].to_vec());
            }
            [first, second, ..] if [*first, *second] == SUCCESS => self.responses_sent += 1,
            [0..=3, ..] => {}
            _ => {
                self.packets_sent += 1;
                self.bytes_sent += bytes.len() as u64;
                self.last_sent = Some(now);
            }
        }
    }

    fn received(&mut self, now: Instant, bytes: &[u8]) {
        match bytes {
            [first, second, ..] if [*first, *second] == REQUEST => self.requests_received += 1,
            [first, second, ..] if [*first, *second] == SUCCESS => self.responses_received += 1,
            [0..=3, ..] => {}
            _ => {
                self.packets_received += 1;
                self.bytes_received += bytes.len() as u64;
                self.last_received = Some(now);
            }
        }
    }
}

/// One side.
pub(crate) struct Adapter {
    pub(crate) pc: PeerConnection,
    pub(crate) driver: Driver,
    names: Names,
    pub(crate) outbox: VecDeque<Signal>,
    pub(crate) inbox: Delayed<Signal>,
    /// The channels of the peer, in order.
    pub(crate) announced: Vec<ChannelId>,
    pub(crate) messages: u64,
    offers: BTreeSet<OperationId>,
    buffer: Vec<u8>,
    /// By our address and the other one.
    pub(crate) counted: BTreeMap<(SocketAddr, SocketAddr), Counted>,
}

impl Adapter {
    pub(crate) fn new(host: Host, pc: PeerConnection, names: Names) -> Self {
        Self {
            pc,
            driver: Driver::new(host),
            names,
            outbox: VecDeque::new(),
            inbox: Delayed::new(),
            announced: Vec::new(),
            messages: 0,
            offers: BTreeSet::new(),
            buffer: Vec::new(),
            counted: BTreeMap::new(),
        }
    }

    /// Describes itself: an offer, or the answer.
    pub(crate) fn describe(&mut self, now: Instant) {
        let operation = self.pc.set_local_description(now, None);
        let operation = operation.expect("a description of our own fits");
        self.offers.insert(operation);
    }

    fn take_signal(&mut self, now: Instant, signal: Signal) {
        match signal {
            Signal::Description(description) => {
                let taken = self.pc.set_remote_description(now, &description);
                taken.expect("the other side's description fits");
                self.settle(now);
                if description.kind == SdpType::Offer {
                    self.describe(now);
                }
            }
            Signal::Candidate(candidate) => {
                let taken = self.pc.add_ice_candidate(now, Some(&candidate));
                taken.expect("the other side's candidate fits");
            }
        }
    }

    pub(crate) fn settle(&mut self, now: Instant) {
        loop {
            let response = self.driver.poll_response(now);
            if let Some((id, response)) = response {
                self.pc.handle_response(now, id, response);
            } else if let Some(request) = self.next_request(now) {
                self.serve(now, request);
            } else if !self.run_task(now) {
                return;
            }
        }
    }

    /// The last datagrams leave before their sockets close.
    fn next_request(&mut self, now: Instant) -> Option<Request> {
        while self.pc.is_closed() && self.transmit_one(now) {}
        self.pc.poll_request()
    }

    fn run_task(&mut self, now: Instant) -> bool {
        let Some(task) = self.pc.poll_task() else {
            return false;
        };
        let completed = task.completed;
        for event in task.into_events() {
            match event {
                Event::IceCandidate(Some(candidate)) => {
                    self.outbox
                        .push_back(Signal::Candidate(candidate.to_init()));
                }
                Event::DataChannel(id) => self.announced.push(id),
                Event::Message(_, message) => {
                    self.messages += 1;
                    self.pc.consumed(now, message.weight());
                }
                _ => {}
            }
        }
        if completed.is_some_and(|operation| self.offers.remove(&operation)) {
            let description = self.pc.local_description().expect("it was applied");
            self.outbox.push_back(Signal::Description(description));
        }
        true
    }

    /// Names of both sides are known on the link.
    fn serve(&mut self, now: Instant, request: Request) {
        match request {
            Request::RegisterMdns { id, name, address } => {
                self.names.borrow_mut().insert(name, address);
                self.driver.respond(now, id, Response::Registered);
            }
            Request::ResolveMdns { id, name } => {
                let found = self.names.borrow().get(&name).copied();
                let none = || Response::Failed("nobody answers".into());
                let response = found.map_or_else(none, |ip| Response::Resolved(vec![ip]));
                let delay = Duration::from_millis(20);
                self.driver.respond(now + delay, id, response);
            }
            request => self.driver.serve(now, request),
        }
    }

    fn transmit_one(&mut self, now: Instant) -> bool {
        let Some(transmit) = self.pc.poll_transmit(now, &mut self.buffer) else {
            return false;
        };
        self.driver.transmit(transmit, &self.buffer);
        true
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
        let Some(path) = self.driver.path(local, remote) else {
            return;
        };
        let counted = self.counted.entry((local, remote)).or_default();
        counted.received(now, bytes);
        self.pc.handle_datagram(now, path, bytes);
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
                let between = (datagram.local, datagram.remote);
                let counted = self.counted.entry(between).or_default();
                counted.sent(now, &datagram.bytes);
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
}
