//! One task per connection: it carries out what the core asks for, and feeds it what arrives.

mod beat;
mod connect;
mod interface;
mod mdns;
mod outbox;
mod receive;
#[cfg(test)]
mod server;
mod socket;
mod stream;
mod tls;

use std::{
    collections::BTreeMap,
    future::poll_fn,
    net::IpAddr,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
    time::Instant,
};

use rill_peer::{Request, RequestId, Response, SocketId, StreamId};
use tokio::{
    task::{AbortHandle, JoinSet},
    time::Sleep,
};

pub(crate) use self::outbox::{Doors, Outbox};
use self::{
    beat::Beat,
    mdns::{Mdns, Registration},
    socket::Socket,
    stream::Stream,
};
use crate::shared::Shared;

/// Drives a connection until it is closed.
pub(crate) async fn run(shared: Arc<Shared>) {
    let mut driver = Driver {
        shared,
        beat: Beat::join(),
        doors: Doors::default(),
        names: Vec::new(),
        connecting: BTreeMap::new(),
        answers: JoinSet::new(),
    };
    driver.run().await;
}

struct Driver {
    shared: Arc<Shared>,
    beat: Beat,
    doors: Doors,
    /// The names that are answered for.
    names: Vec<Registration>,
    /// The tasks that connect.
    connecting: BTreeMap<StreamId, AbortHandle>,
    /// The tasks that resolve names and connect. They end with the driver.
    answers: JoinSet<Answer>,
}

/// A request that was carried out elsewhere.
enum Answer {
    Response(RequestId, Response),
    Connected(RequestId, StreamId, Box<Stream>),
}

/// All that was ready when the driver looked. Nothing is first among these: whatever never rests, a
/// busy sender or a flood of datagrams, would starve the others.
struct Wake {
    /// A handle commanded something.
    command: bool,
    /// A request was carried out elsewhere.
    answer: Option<Answer>,
    /// These sockets may have datagrams.
    readable: Vec<SocketId>,
    /// These streams may have bytes, or take some.
    streams: Vec<StreamId>,
    /// The core's timeout has come.
    timeout: bool,
}

impl Wake {
    fn is_empty(&self) -> bool {
        !self.command
            && self.answer.is_none()
            && self.readable.is_empty()
            && self.streams.is_empty()
            && !self.timeout
    }
}

impl Driver {
    async fn run(&mut self) {
        let mut outbox = Outbox::default();
        let mut sleep = pin!(tokio::time::sleep_until(Instant::now().into()));
        loop {
            let (more, timeout, closed) = self.step(&mut outbox).await;
            if closed && !more {
                return;
            }
            if more {
                tokio::task::yield_now().await;
            }
            let alarm = timeout.map(|timeout| {
                let wake = self.beat.at_or_before(timeout, Instant::now()).into();
                if sleep.deadline() != wake {
                    sleep.as_mut().reset(wake);
                }
                sleep.as_mut()
            });
            let wake = self.wait(alarm, !more).await;
            if let Some(answer) = wake.answer {
                self.take_answer(answer);
            }
            for stream in wake.streams {
                self.serve_stream(stream);
            }
            if !wake.readable.is_empty() {
                self.receive(&wake.readable);
            }
            if wake.timeout {
                self.shared.feed(rill_peer::PeerConnection::handle_timeout);
            }
        }
    }

    /// Takes what the core wants done and does it. Says whether there is more, when the core wants
    /// to be woken, and whether it is closed.
    async fn step(&mut self, outbox: &mut Outbox) -> (bool, Option<Instant>, bool) {
        let mut requests = Vec::new();
        let (more, timeout, closed) = {
            let mut state = self.shared.lock();
            let now = Instant::now();
            let more = outbox.fill(&mut state.peer, now);
            requests.extend(std::iter::from_fn(|| state.peer.poll_request()));
            state.deliver(&self.shared);
            let timeout = state.peer.poll_timeout();
            let alarm = state.alarm.set(now, timeout);
            (more, alarm, state.peer.is_closed())
        };
        for (path, error) in poll_fn(|context| outbox.poll_send(context, &self.doors)).await {
            tracing::debug!(%error, "datagram not sent");
            self.shared
                .feed(|peer, now| peer.handle_send_error(now, &path));
        }
        let busy = !requests.is_empty();
        for request in requests {
            self.carry_out(request);
        }
        (more || (busy && !closed), timeout, closed)
    }

    fn carry_out(&mut self, request: Request) {
        let (id, response) = match request {
            Request::ListInterfaces { id } => (id, interface::list()),
            Request::BindUdp {
                id,
                socket,
                address,
                ports,
            } => match Socket::bind(address, ports) {
                Ok(bound) => {
                    let address = bound.local_address();
                    self.keep(socket, bound);
                    (id, Response::Bound(address))
                }
                Err(error) => (id, Response::Failed(error.to_string())),
            },
            Request::Resolve { id, name } => return self.resolve(id, name),
            Request::ResolveMdns { id, name } => return self.resolve_mdns(id, &name),
            Request::RegisterMdns { id, name, address } => {
                return self.register(id, &name, address);
            }
            Request::ConnectStream {
                id,
                stream,
                address,
                server_name,
            } => return self.connect(id, stream, address, server_name),
            Request::CloseSocket { socket } => {
                self.doors.sockets.remove(&socket);
                self.shared.lock().doors.sockets.remove(&socket);
                return;
            }
            Request::CloseStream { stream } => {
                if let Some(task) = self.connecting.remove(&stream) {
                    task.abort();
                }
                self.forget_stream(stream);
                return;
            }
            // Requests of later capabilities, which the agent does not make yet.
            _ => return,
        };
        self.shared
            .feed(|peer, now| peer.handle_response(now, id, response));
    }

    /// A socket is also the handles', unless they closed the connection meanwhile.
    fn keep(&mut self, id: SocketId, socket: Socket) {
        let socket = Arc::new(socket);
        let mut state = self.shared.lock();
        if !state.peer.is_closed() {
            state.doors.sockets.insert(id, Arc::clone(&socket));
        }
        self.doors.sockets.insert(id, socket);
    }

    fn resolve(&mut self, id: RequestId, name: String) {
        self.answers.spawn(async move {
            let response = match tokio::net::lookup_host((name.as_str(), 0)).await {
                Ok(addresses) => {
                    Response::Resolved(addresses.map(|address| address.ip()).collect())
                }
                Err(error) => Response::Failed(error.to_string()),
            };
            Answer::Response(id, response)
        });
    }

    fn resolve_mdns(&mut self, id: RequestId, name: &str) {
        let resolving = Mdns::process().resolve(name);
        self.answers.spawn(async move {
            let response = match resolving.await {
                Ok(addresses) => Response::Resolved(addresses),
                Err(unfound) => unfound.into(),
            };
            Answer::Response(id, response)
        });
    }

    /// Answers for a name as long as the connection lives.
    fn register(&mut self, id: RequestId, name: &str, address: IpAddr) {
        let ready = name.parse().map(|name| {
            let (registration, ready) = Mdns::process().register(name, address);
            self.names.push(registration);
            ready
        });
        self.answers.spawn(async move {
            let response = match ready {
                Ok(ready) => {
                    ready.await;
                    Response::Registered
                }
                Err(error) => Response::Failed(error.to_string()),
            };
            Answer::Response(id, response)
        });
    }

    /// Looks for commands, answers, datagrams and the timeout. With `rest` it waits for one of them.
    async fn wait(&mut self, mut sleep: Option<Pin<&mut Sleep>>, rest: bool) -> Wake {
        let shared = Arc::clone(&self.shared);
        let mut commanded = pin!(shared.commanded.notified());
        poll_fn(|context| {
            let command = commanded.as_mut().poll(context).is_ready();
            let answer = self.poll_answer(context);
            let timeout = sleep
                .as_mut()
                .is_some_and(|sleep| sleep.as_mut().poll(context).is_ready());
            let wake = Wake {
                command,
                answer,
                readable: self.readable(context),
                streams: self.ready_streams(context),
                timeout,
            };
            if rest && wake.is_empty() {
                return Poll::Pending;
            }
            Poll::Ready(wake)
        })
        .await
    }

    /// The answer of a task that is done; those that were stopped have none.
    fn poll_answer(&mut self, context: &mut Context<'_>) -> Option<Answer> {
        while let Poll::Ready(Some(done)) = self.answers.poll_join_next(context) {
            if let Ok(answer) = done {
                return Some(answer);
            }
        }
        None
    }

    fn readable(&self, context: &mut Context<'_>) -> Vec<SocketId> {
        let ready = self
            .doors
            .sockets
            .iter()
            .filter(|(_, socket)| socket.poll_readable(context));
        ready.map(|(id, _)| *id).collect()
    }
}
