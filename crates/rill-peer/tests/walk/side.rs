//! One connection on its host, watched: the driver's part is played in an order that the dice choose.

use std::{net::SocketAddr, time::Instant};

use rill_peer::{
    Event, IceCandidateInit, Path, PeerConnection, Request, Response, SdpType, SocketId, Task,
};
use rill_sim::{Datagram, Driver, Endpoint, Host};

use crate::{
    dice::Dice,
    letter::Letter,
    model::{self, Expected, Operation},
    refusal::Refusal,
    snapshot::{Attribute, Subject},
    watch::Watch,
};

/// One side of a walk.
#[derive(Debug)]
pub(crate) struct Side {
    pub(crate) pc: PeerConnection,
    pub(crate) driver: Driver,
    pub(crate) watch: Watch,
    buffer: Vec<u8>,
    dice: Dice,
    /// Tasks are run only when an action says so.
    pub(crate) lazy: bool,
    /// Messages are taken as they come.
    pub(crate) reads: bool,
    unread: usize,
    /// The candidates to signal; `None` is the null candidate.
    pub(crate) candidates: Vec<Option<IceCandidateInit>>,
    /// The descriptions to signal.
    pub(crate) letters: Vec<Letter>,
}

impl Side {
    pub(crate) fn new(name: &'static str, host: Host, pc: PeerConnection, dice: Dice) -> Self {
        Self {
            watch: Watch::new(name, &pc),
            pc,
            driver: Driver::new(host),
            buffer: Vec::new(),
            dice,
            lazy: false,
            reads: true,
            unread: 0,
            candidates: Vec::new(),
            letters: Vec::new(),
        }
    }

    /// Plays the driver until nothing is left, in any order.
    pub(crate) fn settle(&mut self, now: Instant) {
        loop {
            let first = self.dice.below(4);
            if !(first..first + 4).any(|kind| self.poll(now, kind)) {
                return;
            }
        }
    }

    /// One poll of a kind. Whether there was something.
    pub(crate) fn poll(&mut self, now: Instant, kind: usize) -> bool {
        match kind % 4 {
            0 => self.serve_one(now),
            1 => self.respond_one(now),
            2 => !self.lazy && self.run_task(now),
            _ => self.transmit_one(now),
        }
    }

    pub(crate) fn run_task(&mut self, now: Instant) -> bool {
        self.watch.check_unchanged(&self.pc, "between two tasks");
        let Some(task) = self.pc.poll_task() else {
            return false;
        };
        let completed = task.completed;
        let events: Vec<Event> = Task::into_events(task).collect();
        let operation = self.watch.judge(&self.pc, &events, completed);
        self.write_letter(operation);
        self.watch.model.foul &= !self.watch.is_stable();
        for event in events {
            self.handle_event(now, event);
        }
        true
    }

    /// What was applied is signalled as the page reads it in the reaction of its promise.
    fn write_letter(&mut self, operation: Option<Operation>) {
        let description = match operation {
            Some(Operation::Describe(model::Side::Local, kind)) => match kind {
                SdpType::Offer | SdpType::Pranswer => self.pc.pending_local_description(),
                SdpType::Answer => self.pc.current_local_description(),
                SdpType::Rollback => None,
            },
            _ => None,
        };
        let Some(description) = description else {
            return;
        };
        let current = |name| self.watch.last.get(Subject::Description, name);
        let before = match description.kind {
            SdpType::Answer => self.watch.before_answer.each_ref().map(String::as_str),
            _ => [current("currentLocal"), current("currentRemote")],
        };
        let mut letter = Letter::new(&self.pc, description, before);
        letter.honest = !self.watch.model.foul;
        self.letters.push(letter);
    }

    /// Calls. The outcome must be one that the text gives, only what W3C changes at once may change,
    /// and nothing where the call is refused.
    pub(crate) fn call<T>(
        &mut self,
        name: &str,
        expected: Expected,
        allowed: impl Fn(Attribute) -> bool,
        call: impl FnOnce(&mut PeerConnection) -> Result<T, Refusal>,
    ) -> Option<T> {
        self.watch
            .check_unchanged(&self.pc, &format!("what came before {name}"));
        let outcome = call(&mut self.pc);
        let refusal = outcome.as_ref().err();
        self.watch.note(|| match refusal {
            None => format!("{name}: done"),
            Some(Refusal { exception, text }) => format!("{name}: {exception}: {text}"),
        });
        let exception = refusal.map(|refusal| refusal.exception.name());
        if !expected.allows(exception) {
            let detail = format!("{expected:?}, and it is {refusal:?}");
            let rule = format!("{name} ends as the text says, not with {exception:?}");
            self.watch.fault(rule, detail);
        }
        let done = outcome.is_ok();
        self.watch
            .check_changes(&self.pc, name, |attribute| done && allowed(attribute));
        self.watch.known.learn(&self.pc);
        outcome.ok()
    }

    fn handle_event(&mut self, now: Instant, event: Event) {
        match event {
            Event::IceCandidate(candidate) => {
                let init = candidate.map(|candidate| candidate.to_init());
                self.candidates.push(init);
            }
            Event::Message(_, message) => {
                self.unread += message.weight();
                if self.reads {
                    self.read(now);
                }
            }
            _ => {}
        }
    }

    /// Takes what piled up.
    pub(crate) fn read(&mut self, now: Instant) {
        let unread = std::mem::take(&mut self.unread);
        self.pc.consumed(now, unread);
        self.watch.dirty = true;
    }

    pub(crate) fn serve_one(&mut self, now: Instant) -> bool {
        // The last datagrams leave before their sockets close.
        while self.pc.is_closed() && self.transmit_one(now) {}
        let request = self.pc.poll_request();
        self.watch.dirty |= request.is_some();
        match request {
            None => return false,
            Some(Request::BindUdp { socket, .. }) if self.is_bound(socket) => {
                self.watch
                    .fault("a socket has one name", format!("{socket:?}"));
            }
            Some(Request::CloseSocket { socket }) if !self.is_bound(socket) => {
                self.watch
                    .fault("only bound sockets are closed", format!("{socket:?}"));
            }
            // Nobody listens, and nobody is asked for a name of ours.
            Some(Request::ConnectStream { id, .. }) => {
                let refusal = Response::Failed("the connection was refused".to_owned());
                self.driver.respond(now, id, refusal);
            }
            Some(Request::CloseStream { .. }) => {}
            Some(request @ Request::RegisterMdns { .. }) => {
                self.watch
                    .fault("only what exists is asked for", format!("{request:?}"));
            }
            Some(request) => self.driver.serve(now, request),
        }
        true
    }

    fn is_bound(&self, socket: SocketId) -> bool {
        self.driver.sockets().contains_key(&socket)
    }

    fn respond_one(&mut self, now: Instant) -> bool {
        let Some((id, response)) = self.driver.poll_response(now) else {
            return false;
        };
        self.pc.handle_response(now, id, response);
        self.watch.dirty = true;
        true
    }

    /// Takes the next datagrams apart and queues them.
    pub(crate) fn transmit_one(&mut self, now: Instant) -> bool {
        let Some(transmit) = self.pc.poll_transmit(now, &mut self.buffer) else {
            return false;
        };
        self.watch.dirty = true;
        let to = transmit.to.path().expect("no server relays");
        if !self.is_bound(to.socket) {
            self.watch
                .fault("datagrams leave by bound sockets", format!("{to:?}"));
        }
        self.driver.transmit(transmit, &self.buffer);
        true
    }

    /// Any path: of a socket that is there, if one is.
    pub(crate) fn any_path(&self, remote: SocketAddr) -> Option<Path> {
        let local = *self.driver.sockets().values().next()?;
        self.driver.path(local, remote)
    }

    /// Nothing is left to do for a closed connection.
    pub(crate) fn check_gone(&mut self, now: Instant) {
        if !self.driver.sockets().is_empty() {
            let left = format!("{:?}", self.driver.sockets());
            self.watch
                .fault("every socket is closed after close()", left);
        }
        let says = [
            ("poll_task", self.pc.poll_task().is_some()),
            ("poll_request", self.pc.poll_request().is_some()),
            (
                "poll_transmit",
                self.pc.poll_transmit(now, &mut self.buffer).is_some(),
            ),
            ("poll_timeout", self.pc.poll_timeout().is_some()),
            ("has_task", self.pc.has_task()),
        ];
        for (what, _) in says.into_iter().filter(|(_, any)| *any) {
            let rule = "a closed connection has nothing more to say";
            self.watch.fault(rule, what);
        }
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
            self.watch.dirty = true;
        }
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.pc.handle_timeout(now);
        self.watch.dirty = true;
    }

    fn poll_transmit(&mut self, now: Instant) -> Option<Datagram> {
        loop {
            if let Some(datagram) = self.driver.poll_transmit() {
                return Some(datagram);
            }
            self.settle(now);
            if !self.driver.has_datagram() {
                return None;
            }
        }
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
            self.watch.dirty = true;
        }
    }
}
