//! One connection on its host: the driver's part is played, and tasks are run only when the stage says
//! so, as a binding runs them.

use std::{collections::BTreeMap, net::SocketAddr, time::Instant};

use rill_peer::{
    ChannelId, Event, OperationId, PeerConnection, Request, Response, SessionDescription, Task,
};
use rill_sim::{Datagram, Driver, Endpoint, Host};

use crate::{
    lines::Line,
    shown::{Objects, State},
};

/// One side of a scenario.
#[derive(Debug)]
pub(crate) struct Peer {
    pub(crate) pc: PeerConnection,
    driver: Driver,
    buffer: Vec<u8>,
    pub(crate) objects: Objects,
    /// What handlers saw and was not printed yet.
    pub(crate) lines: Vec<Line>,
    tasks: u64,
    /// The events so far, by name.
    pub(crate) counts: BTreeMap<&'static str, usize>,
    /// How often steps have waited for the end of gathering.
    pub(crate) completions: usize,
    /// The event in whose handler the page closes the connection.
    pub(crate) close_when: Option<String>,
    completed: Vec<OperationId>,
    /// A local description that is to be signalled later.
    pub(crate) kept: Option<SessionDescription>,
    /// The candidates that were surfaced, by generation.
    pub(crate) candidates: Vec<rill_peer::IceCandidate>,
    /// The credentials of every generation of this side.
    pub(crate) credentials: Vec<(String, String)>,
}

impl Peer {
    pub(crate) fn new(host: Host, pc: PeerConnection) -> Self {
        Self {
            pc,
            driver: Driver::new(host),
            buffer: Vec::new(),
            objects: Objects::default(),
            lines: Vec::new(),
            tasks: 0,
            counts: BTreeMap::new(),
            completions: 0,
            close_when: None,
            completed: Vec::new(),
            kept: None,
            candidates: Vec::new(),
            credentials: Vec::new(),
        }
    }

    pub(crate) fn count(&self, name: &str) -> usize {
        self.counts.get(name).copied().unwrap_or_default()
    }

    pub(crate) fn has_completed(&self, operation: OperationId) -> bool {
        self.completed.contains(&operation)
    }

    /// What a handler sees at this moment.
    pub(crate) fn note(&mut self, text: impl Into<String>) {
        self.objects.discover(&self.pc);
        let state = State::of(&self.pc, &self.objects);
        self.lines.push(Line::new(text.into(), self.tasks, state));
    }

    /// Runs one task, if there is one.
    pub(crate) fn run_task(&mut self, now: Instant) -> bool {
        let Some(task) = self.pc.poll_task() else {
            return false;
        };
        self.tasks += 1;
        let completed = task.completed;
        self.objects.discover(&self.pc);
        for event in Task::into_events(task) {
            if self.pc.is_closed() {
                break;
            }
            self.handle_event(now, &event);
        }
        self.completed.extend(completed);
        self.learn_credentials();
        true
    }

    fn handle_event(&mut self, now: Instant, event: &Event) {
        match event {
            Event::DataChannel(id) => self.objects.channel = Some(*id),
            Event::Message(_, message) => {
                self.pc.consumed(now, message.weight());
            }
            Event::IceCandidate(Some(candidate)) => self.candidates.push(candidate.clone()),
            _ => {}
        }
        let Some((name, text)) = self.objects.words(event) else {
            return;
        };
        self.note(text);
        *self.counts.entry(name).or_default() += 1;
        if self.close_when.as_deref() == Some(name) {
            self.close(now);
        }
    }

    pub(crate) fn close(&mut self, now: Instant) {
        self.pc.close(now);
        self.close_when = None;
    }

    /// Remembers the credentials of our descriptions, so that an old generation can be named.
    pub(crate) fn learn_credentials(&mut self) {
        let sdp = |description: Option<SessionDescription>| {
            description.map_or_else(String::new, |description| description.sdp)
        };
        let sdp = sdp(self.pc.local_description());
        let mut ufrags = sdp
            .lines()
            .filter_map(|line| line.strip_prefix("a=ice-ufrag:"));
        let mut pwds = sdp
            .lines()
            .filter_map(|line| line.strip_prefix("a=ice-pwd:"));
        while let (Some(ufrag), Some(pwd)) = (ufrags.next(), pwds.next()) {
            let pair = (ufrag.to_owned(), pwd.to_owned());
            if !self.credentials.contains(&pair) {
                self.credentials.push(pair);
            }
        }
    }

    /// The generations of both candidates of the first transport's selected pair.
    pub(crate) fn selected_pair(&self) -> String {
        let first = self.pc.transports().into_iter().next();
        let pair = first.and_then(|id| self.pc.ice_transport(id)?.selected_candidates);
        pair.map_or_else(
            || "null".to_owned(),
            |(local, remote)| {
                format!(
                    "‹{}›-‹{}›",
                    local.username_fragment, remote.username_fragment
                )
            },
        )
    }

    pub(crate) fn created_channel(&mut self, id: ChannelId) {
        self.objects.channel.get_or_insert(id);
    }

    fn settle(&mut self, now: Instant) {
        while self.serve_one(now) || self.respond_one(now) || self.transmit_one(now) {}
    }

    fn serve_one(&mut self, now: Instant) -> bool {
        while self.pc.is_closed() && self.transmit_one(now) {}
        match self.pc.poll_request() {
            None => return false,
            Some(Request::ResolveMdns { id, .. }) => {
                let silence = Response::Failed("nobody answers for it".to_owned());
                self.driver.respond(now, id, silence);
            }
            Some(request) => self.driver.serve(now, request),
        }
        true
    }

    fn respond_one(&mut self, now: Instant) -> bool {
        let Some((id, response)) = self.driver.poll_response(now) else {
            return false;
        };
        self.pc.handle_response(now, id, response);
        true
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

impl Endpoint for Peer {
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
        self.pc.handle_timeout(now);
    }

    fn poll_transmit(&mut self, now: Instant) -> Option<Datagram> {
        self.settle(now);
        self.driver.poll_transmit()
    }

    fn poll_timeout(&mut self) -> Option<Instant> {
        [self.pc.poll_timeout(), self.driver.poll_timeout()]
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
