//! One connection on its host, watched: the driver's part is played in an order that the dice choose.

use std::{
    collections::{BTreeMap, VecDeque},
    net::{IpAddr, SocketAddr},
    time::Instant,
};

use rill_peer::{
    Event, IceCandidateInit, Interface, Path, PeerConnection, Request, RequestId, Response,
    SdpType, SocketId, Task, Transmit,
};
use rill_sim::{Datagram, Delayed, Endpoint, Host};

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
    pub(crate) host: Host,
    pub(crate) watch: Watch,
    pub(crate) sockets: BTreeMap<SocketId, SocketAddr>,
    responses: Delayed<(RequestId, Response)>,
    to_send: VecDeque<Datagram>,
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
            host,
            sockets: BTreeMap::new(),
            responses: Delayed::new(),
            to_send: VecDeque::new(),
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
            Some(Request::ListInterfaces { id }) => {
                let interfaces = self.host.interfaces().iter().map(|interface| Interface {
                    name: interface.name.clone(),
                    address: interface.address,
                    loopback: interface.loopback,
                });
                let list = Response::Interfaces(interfaces.collect());
                self.responses.push(now, (id, list));
            }
            Some(Request::BindUdp {
                id,
                socket,
                address,
                ..
            }) => {
                let response = self.bind(socket, address);
                self.responses.push(now, (id, response));
            }
            Some(Request::Resolve { id, name } | Request::ResolveMdns { id, name }) => {
                let answer = self.host.resolve(&name);
                let response = match answer.addresses {
                    Ok(addresses) => Response::Resolved(addresses),
                    Err(reason) => Response::Failed(reason),
                };
                self.responses.push(now + answer.delay, (id, response));
            }
            Some(Request::CloseSocket { socket }) => match self.sockets.remove(&socket) {
                Some(bound) => drop(self.host.close(bound)),
                None => self
                    .watch
                    .fault("only bound sockets are closed", format!("{socket:?}")),
            },
            // Nobody listens, and nobody is asked for a name of ours.
            Some(Request::ConnectStream { id, .. }) => {
                let refusal = Response::Failed("the connection was refused".to_owned());
                self.responses.push(now, (id, refusal));
            }
            Some(Request::CloseStream { .. }) => {}
            Some(other) => {
                self.watch
                    .fault("only what exists is asked for", format!("{other:?}"));
            }
        }
        true
    }

    fn bind(&mut self, socket: SocketId, address: IpAddr) -> Response {
        match self.host.bind(address) {
            Ok(bound) => {
                if self.sockets.insert(socket, bound).is_some() {
                    self.watch
                        .fault("a socket has one name", format!("{socket:?}"));
                }
                Response::Bound(bound)
            }
            Err(error) => Response::Failed(error.to_string()),
        }
    }

    fn respond_one(&mut self, now: Instant) -> bool {
        let Some((id, response)) = self.responses.pop(now) else {
            return false;
        };
        self.pc.handle_response(now, id, response);
        self.watch.dirty = true;
        true
    }

    /// Takes the next datagrams apart and queues them.
    pub(crate) fn transmit_one(&mut self, now: Instant) -> bool {
        let Some(Transmit { to, segment }) = self.pc.poll_transmit(now, &mut self.buffer) else {
            return false;
        };
        let to = to.path().expect("no server relays");
        self.watch.dirty = true;
        let Some(&local) = self.sockets.get(&to.socket) else {
            self.watch
                .fault("datagrams leave by bound sockets", format!("{to:?}"));
            return true;
        };
        let length = segment.unwrap_or(self.buffer.len()).max(1);
        for bytes in self.buffer.chunks(length) {
            self.to_send.push_back(Datagram {
                local,
                remote: to.remote,
                bytes: bytes.to_vec(),
            });
        }
        true
    }

    fn path(&self, local: SocketAddr, remote: SocketAddr) -> Option<Path> {
        let mut sockets = self.sockets.iter();
        let (socket, _) = sockets.find(|(_, bound)| **bound == local)?;
        Some(Path {
            socket: *socket,
            local_ip: None,
            remote,
            ecn: None,
        })
    }

    /// Any path: of a socket that is there, if one is.
    pub(crate) fn any_path(&self, remote: SocketAddr) -> Option<Path> {
        let local = *self.sockets.values().next()?;
        self.path(local, remote)
    }

    /// Nothing is left to do for a closed connection.
    pub(crate) fn check_gone(&mut self, now: Instant) {
        if !self.sockets.is_empty() {
            let left = format!("{:?}", self.sockets);
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
        if let Some(path) = self.path(local, remote) {
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
            if let Some(datagram) = self.to_send.pop_front() {
                return Some(datagram);
            }
            self.settle(now);
            if self.to_send.is_empty() {
                return None;
            }
        }
    }

    fn poll_timeout(&mut self) -> Option<Instant> {
        [self.pc.poll_timeout(), self.responses.next_at()]
            .into_iter()
            .flatten()
            .min()
    }

    fn handle_unreachable(&mut self, now: Instant, local: SocketAddr, remote: SocketAddr) {
        if let Some(path) = self.path(local, remote) {
            self.pc.handle_send_error(now, &path);
            self.watch.dirty = true;
        }
    }
}
