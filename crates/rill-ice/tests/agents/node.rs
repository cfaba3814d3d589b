//! An agent on a simulated host, with the driver's part played in virtual time.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use rill_ice::{
    Agent, Credentials, Event, Generation, Kind, LocalCandidate, PairInfo, Path, Protocol,
    Received, RemoteAddress, RemoteCandidate, Request, Response, StreamId, TransportId,
    TransportState,
};
use rill_sim::{Arrival, Datagram, Delayed, Driver, Endpoint, Host, StreamEvent, StreamRequest};

/// What one side signals to the other.
#[derive(Clone, Debug)]
pub(crate) enum Signal {
    Credentials(Credentials),
    Candidate(RemoteCandidate),
    EndOfCandidates { ufrag: String },
}

/// How a node presents its candidates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Presentation {
    /// As they are.
    Plain,
    /// Host candidates as `.local` names, as browsers do.
    Names,
    /// None at all.
    Nothing,
}

/// One side of a session.
pub(crate) struct Node {
    pub(crate) agent: Agent,
    /// For the credentials of restarts.
    rng: ChaCha20Rng,
    pub(crate) transport: TransportId,
    pub(crate) driver: Driver,
    pub(crate) presentation: Presentation,
    /// Whether the end of candidates is signalled.
    pub(crate) says_end: bool,
    /// Whether the peer said that it knows numbered nominations.
    pub(crate) told_renomination: bool,
    /// That of the newest generation.
    pub(crate) ufrag: Option<String>,
    pub(crate) outbox: VecDeque<Signal>,
    pub(crate) inbox: Delayed<Signal>,
    /// How many relays of the peer were known by their checks before they were signalled.
    pub(crate) overtaken: usize,
    /// What was asked of multicast DNS: names registered, and names looked up.
    pub(crate) registered: Vec<String>,
    pub(crate) looked_up: Vec<String>,
    /// What was asked of DNS.
    pub(crate) resolved: Vec<String>,
    /// Whether names can be registered.
    pub(crate) registers: bool,
    pub(crate) events: Vec<(Instant, Event)>,
    pub(crate) payloads: Vec<(rill_ice::Proof, Vec<u8>)>,
    buffer: Vec<u8>,
}

impl Node {
    pub(crate) fn new(host: Host, mut agent: Agent) -> Self {
        let transport = agent.add_transport();
        Self {
            rng: ChaCha20Rng::seed_from_u64(u64::from(host.name() == "alice")),
            agent,
            transport,
            driver: Driver::new(host),
            presentation: Presentation::Plain,
            says_end: true,
            told_renomination: false,
            ufrag: None,
            outbox: VecDeque::new(),
            inbox: Delayed::new(),
            overtaken: 0,
            registered: Vec::new(),
            looked_up: Vec::new(),
            resolved: Vec::new(),
            registers: true,
            events: Vec::new(),
            payloads: Vec::new(),
            buffer: Vec::new(),
        }
    }

    /// Signals the credentials and starts to gather.
    pub(crate) fn start(&mut self, now: Instant) {
        let (_, credentials) = self
            .agent
            .local_credentials(self.transport)
            .expect("it exists");
        let credentials = credentials.clone();
        self.ufrag = Some(credentials.ufrag.clone());
        self.outbox.push_back(Signal::Credentials(credentials));
        self.agent.gather(now, self.transport);
        self.pump(now);
    }

    /// Restarts, signals the new credentials and gathers anew.
    pub(crate) fn restart(&mut self, now: Instant) -> Option<Generation> {
        let credentials = Credentials::generate(&mut self.rng);
        let generation = self.agent.restart(now, self.transport, credentials);
        self.start(now);
        generation
    }

    /// Plays the driver until the agent wants nothing more.
    pub(crate) fn pump(&mut self, now: Instant) {
        while let Some(request) = self.agent.poll_request() {
            self.serve(now, request);
        }
        while let Some((id, response)) = self.driver.poll_response(now) {
            self.agent.handle_response(now, id, response);
            while let Some(request) = self.agent.poll_request() {
                self.serve(now, request);
            }
        }
        while let Some(event) = self.agent.poll_event() {
            self.note(&event);
            self.events.push((now, event));
        }
    }

    pub(crate) fn take_signal(&mut self, now: Instant, signal: Signal) {
        match signal {
            Signal::Credentials(credentials) => {
                self.agent
                    .set_remote_renomination(self.transport, self.told_renomination);
                self.agent
                    .set_remote_credentials(now, self.transport, credentials);
            }
            Signal::Candidate(candidate) => {
                let is_overtaken = |pair: PairInfo| {
                    let known = pair.remote;
                    known.kind == Kind::PeerReflexive && known.address == candidate.address
                };
                let is_known = self.agent.pairs(self.transport).any(is_overtaken);
                let is_relay = candidate.kind == Kind::Relayed;
                self.overtaken += usize::from(is_relay && is_known);
                let added = self
                    .agent
                    .add_remote_candidate(now, self.transport, candidate);
                added.expect("an honest peer's candidate is taken");
            }
            Signal::EndOfCandidates { ufrag } => {
                self.agent
                    .end_of_remote_candidates(now, self.transport, Some(&ufrag));
            }
        }
    }

    pub(crate) fn state(&self) -> TransportState {
        self.agent.state(self.transport)
    }

    /// The states that were reported, in order.
    pub(crate) fn states(&self) -> Vec<TransportState> {
        let state = |(_, event): &(Instant, Event)| match event {
            Event::State { state, .. } => Some(*state),
            _ => None,
        };
        self.events.iter().filter_map(state).collect()
    }

    pub(crate) fn local_candidates(&self) -> Vec<LocalCandidate> {
        let candidate = |(_, event): &(Instant, Event)| match event {
            Event::LocalCandidate { candidate, .. } => Some(candidate.clone()),
            _ => None,
        };
        self.events.iter().filter_map(candidate).collect()
    }

    /// Whether the selected pair is nominated.
    pub(crate) fn is_concluded(&self) -> bool {
        let pair = self.agent.selected_pair(self.transport);
        pair.is_some_and(|pair| pair.nominated)
    }

    /// Sends application data over the route, if there is one.
    pub(crate) fn send(&mut self, payload: &[u8]) -> bool {
        let Some(path) = self.agent.route(self.transport) else {
            return false;
        };
        self.send_over(path, None, payload)
    }

    /// Sends application data, or a train of it, over a path; whether it left.
    pub(crate) fn send_over(&mut self, path: Path, segment: Option<usize>, payload: &[u8]) -> bool {
        let mut bytes = payload.to_vec();
        let Some(transmit) = self.agent.transmit(path, segment, &mut bytes) else {
            return false;
        };
        self.driver.transmit(transmit, &bytes);
        true
    }

    fn serve(&mut self, now: Instant, request: Request) {
        match &request {
            Request::Resolve { name, .. } => self.resolved.push(name.clone()),
            Request::ResolveMdns { name, .. } => self.looked_up.push(name.clone()),
            Request::RegisterMdns { id, name, .. } => {
                self.registered.push(name.clone());
                let response = match self.registers {
                    true => Response::Registered,
                    false => Response::Failed("multicast is blocked".into()),
                };
                return self.driver.respond(now + REGISTRATION, *id, response);
            }
            _ => {}
        }
        self.driver.serve(now, request);
    }

    /// Bytes came by a stream: the datagrams of peers among them are treated like others.
    fn take_stream(&mut self, now: Instant, stream: StreamId, bytes: &[u8]) {
        self.agent.handle_stream(now, stream, bytes);
        let mut datagram = Vec::new();
        while let Some(received) = self.agent.poll_streamed(now, stream, &mut datagram) {
            self.take_received(received, &datagram);
        }
    }

    fn take_received(&mut self, received: Received, bytes: &[u8]) {
        if let Received::Application { range, proof, .. } = received {
            self.payloads.push((proof, bytes[range].to_vec()));
        }
    }

    fn note(&mut self, event: &Event) {
        match event {
            Event::LocalCandidate {
                transport,
                generation,
                candidate,
            } => {
                let ufrag = self.ufrag_of(*transport, *generation);
                if let Some(candidate) = self.present(candidate, ufrag) {
                    self.outbox.push_back(Signal::Candidate(candidate));
                }
            }
            Event::LocalEndOfCandidates {
                transport,
                generation,
            } if self.says_end => {
                let ufrag = self.ufrag_of(*transport, *generation);
                self.outbox.push_back(Signal::EndOfCandidates { ufrag });
            }
            _ => {}
        }
    }

    /// Nothing is said of a generation that is gone.
    fn ufrag_of(&self, transport: TransportId, generation: Generation) -> String {
        let credentials = self.agent.credentials(transport, generation);
        credentials.expect("it lives").ufrag.clone()
    }

    fn present(&self, candidate: &LocalCandidate, ufrag: String) -> Option<RemoteCandidate> {
        let address = match (self.presentation, candidate.kind) {
            (Presentation::Nothing, _) => return None,
            (Presentation::Names, Kind::Host) => RemoteAddress::Name {
                name: hidden_name(self.driver.host.name()),
                port: candidate.address.port(),
            },
            _ => match &candidate.name {
                Some(name) => RemoteAddress::Name {
                    name: name.clone(),
                    port: candidate.address.port(),
                },
                None => RemoteAddress::Ip(candidate.address),
            },
        };
        Some(RemoteCandidate {
            foundation: candidate.foundation.clone(),
            component: 1,
            protocol: Protocol::Udp,
            priority: candidate.priority,
            kind: candidate.kind,
            address,
            ufrag: Some(ufrag),
        })
    }
}

impl Endpoint for Node {
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
        let received = self.agent.handle_datagram(now, path, bytes);
        self.take_received(received, bytes);
        self.pump(now);
    }

    fn handle_timeout(&mut self, now: Instant) {
        while let Some(signal) = self.inbox.pop(now) {
            self.take_signal(now, signal);
        }
        self.agent.handle_timeout(now);
        self.pump(now);
    }

    fn poll_transmit(&mut self, now: Instant) -> Option<Datagram> {
        self.pump(now);
        loop {
            if let Some(datagram) = self.driver.poll_transmit() {
                return Some(datagram);
            }
            let transmit = self.agent.poll_transmit(now, &mut self.buffer)?;
            assert!(self.buffer.len() <= 548, "a check fits the smallest path");
            self.driver.transmit(transmit, &self.buffer);
        }
    }

    fn poll_stream_request(&mut self, now: Instant) -> Option<StreamRequest> {
        // What goodbyes are sent over is closed after them.
        self.pump(now);
        self.driver.poll_stream_request()
    }

    fn handle_stream_event(
        &mut self,
        now: Instant,
        stream: rill_sim::StreamId,
        event: StreamEvent,
    ) {
        match self.driver.handle_stream_event(now, stream, event) {
            Some(Arrival::Bytes(id, bytes)) => self.take_stream(now, id, &bytes),
            Some(Arrival::Closed(id, reason)) => self.agent.handle_stream_closed(now, id, reason),
            None => {}
        }
        self.pump(now);
    }

    fn poll_timeout(&mut self) -> Option<Instant> {
        [
            self.agent.poll_timeout(),
            self.inbox.next_at(),
            self.driver.poll_timeout(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    fn handle_unreachable(&mut self, now: Instant, local: SocketAddr, remote: SocketAddr) {
        if let Some(path) = self.driver.path(local, remote) {
            self.agent.handle_send_error(now, &path);
        }
    }
}

/// The name by which a node of [`Presentation::Names`] is known.
pub(crate) fn hidden_name(host: &str) -> String {
    let letter = host.chars().next().unwrap_or('0');
    format!("{letter}0000000-0000-4000-8000-000000000000.local")
}

/// How long it takes to register a name.
pub(crate) const REGISTRATION: Duration = Duration::from_millis(30);

/// Time that nothing plausible takes.
pub(crate) const LONG: Duration = Duration::from_secs(120);
