use std::{
    collections::BTreeMap,
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::Arc,
    time::{Duration, Instant},
};

use rill_peer::mdns::{Event, InterfaceAddress, Mdns, Name, QueryId};
use tokio::sync::{mpsc::UnboundedReceiver, oneshot};

use super::{Shared, Unfound, interfaces, socket::Socket};

/// How long the thread waits for more to do.
const LINGER: Duration = Duration::from_secs(2);

/// Interfaces are listed no more often.
const LISTING: Duration = Duration::from_secs(1);

/// Takes any datagram, and the few that a kernel may put together.
const BUFFER: usize = 65_536;

/// Datagrams that are taken before anything else gets its turn.
const BATCH: usize = 32;

/// To whoever asked.
type Answer = oneshot::Sender<Result<Vec<IpAddr>, Unfound>>;

/// What the handles want.
pub(super) enum Command {
    Resolve {
        name: Name,
        answer: Answer,
    },
    Register {
        name: Name,
        address: IpAddr,
        done: oneshot::Sender<()>,
    },
    Unregister {
        name: Name,
    },
}

/// Starts the thread.
pub(super) fn start(shared: Arc<Shared>, commands: UnboundedReceiver<Command>) -> io::Result<()> {
    let thread = std::thread::Builder::new().name("rill-mdns".to_owned());
    thread.spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        match runtime {
            Ok(runtime) => runtime.block_on(async { Service::new(shared, commands).run().await }),
            Err(error) => {
                tracing::debug!(%error, "no runtime for multicast DNS");
                shared.lock().commands = None;
            }
        }
    })?;
    Ok(())
}

struct Service {
    shared: Arc<Shared>,
    commands: UnboundedReceiver<Command>,
    core: Mdns,
    sockets: Vec<Socket>,
    /// Those on which the group could be joined.
    own: Vec<InterfaceAddress>,
    listed: Option<Instant>,
    waiting: BTreeMap<QueryId, (Name, Answer)>,
    /// Why there is no multicast, or not everywhere.
    trouble: Option<String>,
    buffer: Vec<u8>,
}

/// What there is to do.
enum Wake {
    Command(Option<Command>),
    Readable(usize),
    Timeout,
}

impl Service {
    fn new(shared: Arc<Shared>, commands: UnboundedReceiver<Command>) -> Self {
        let (mut sockets, mut trouble) = (Vec::new(), None);
        bind(&mut sockets, &mut trouble);
        let sole = sockets.iter().all(Socket::is_sole);
        tracing::debug!(sockets = sockets.len(), sole, "multicast DNS starts");
        Self {
            shared,
            commands,
            core: Mdns::new(sole),
            sockets,
            own: Vec::new(),
            listed: None,
            waiting: BTreeMap::new(),
            trouble,
            buffer: vec![0; BUFFER],
        }
    }

    async fn run(mut self) {
        let mut idle_since = Instant::now();
        loop {
            self.flush().await;
            let now = Instant::now();
            if !self.core.is_idle() {
                idle_since = now;
            }
            let end = idle_since + LINGER;
            if end <= now && self.end() {
                return;
            }
            let timeout = self.core.poll_timeout(now);
            match self.wait(timeout.unwrap_or(end).min(now + LINGER)).await {
                Wake::Command(Some(command)) => self.carry_out(command),
                Wake::Command(None) => return,
                Wake::Readable(socket) => self.receive(socket),
                Wake::Timeout => self.core.handle_timeout(Instant::now()),
            }
        }
    }

    /// Ends, unless a command came meanwhile.
    fn end(&self) -> bool {
        let mut state = self.shared.lock();
        let end = self.commands.is_empty();
        if end {
            state.commands = None;
            let counters = self.core.counters();
            tracing::debug!(?counters, "multicast DNS ends");
        }
        end
    }

    async fn wait(&mut self, until: Instant) -> Wake {
        let [first, second] = [self.sockets.first(), self.sockets.get(1)];
        tokio::select! {
            command = self.commands.recv() => Wake::Command(command),
            () = readable(first) => Wake::Readable(0),
            () = readable(second) => Wake::Readable(1),
            () = tokio::time::sleep_until(until.into()) => Wake::Timeout,
        }
    }

    fn carry_out(&mut self, command: Command) {
        let now = Instant::now();
        match command {
            Command::Resolve { name, answer } => {
                self.list_interfaces(now);
                match self.core.resolve(now, name) {
                    Ok(query) => {
                        self.waiting.insert(query, (name, answer));
                        self.answer();
                        self.give_up(query);
                    }
                    Err(error) => drop(answer.send(Err(Unfound::Absent(error.to_string())))),
                }
            }
            Command::Register {
                name,
                address,
                done,
            } => {
                self.list_interfaces(now);
                if let Err(error) = self.core.register(name, address) {
                    self.trouble = Some(error.to_string());
                }
                // Whoever registered it may be gone.
                let _ = done.send(());
            }
            Command::Unregister { name } => self.core.unregister(now, name),
        }
    }

    /// Where nothing can be asked, nothing is waited for.
    fn give_up(&mut self, query: QueryId) {
        if self.own.is_empty()
            && let Some((name, answer)) = self.waiting.remove(&query)
        {
            self.core.cancel(query);
            let trouble = self.trouble.as_deref();
            let reason = trouble.unwrap_or("no network interface is up");
            let reason = format!("{name} cannot be looked for: {reason}");
            drop(answer.send(Err(Unfound::Deaf(reason))));
        }
    }

    /// Looks which interfaces there are, and joins the group on those that are new.
    fn list_interfaces(&mut self, now: Instant) {
        if self.listed.is_some_and(|listed| now < listed + LISTING) {
            return;
        }
        self.listed = Some(now);
        bind(&mut self.sockets, &mut self.trouble);
        let all = match interfaces::list() {
            Ok(all) => all,
            Err(error) => {
                self.trouble = Some(format!("the network interfaces cannot be listed: {error}"));
                return;
            }
        };
        for socket in &mut self.sockets {
            socket.keep(&all);
        }
        let mut own = Vec::new();
        for address in all {
            let served = |socket: &&mut Socket| socket.serves(address.address);
            let Some(socket) = self.sockets.iter_mut().find(served) else {
                continue;
            };
            match socket.join(address.interface) {
                Ok(()) => own.push(address),
                Err(error) => {
                    let interface = address.interface.0;
                    self.trouble = Some(format!("no multicast on interface {interface}: {error}"));
                }
            }
        }
        self.core.set_interfaces(own.clone());
        self.own = own;
    }

    fn receive(&mut self, socket: usize) {
        let now = Instant::now();
        for _ in 0..BATCH {
            let core = &mut self.core;
            let received = self.sockets[socket].receive(&mut self.buffer, |received, bytes| {
                core.handle_datagram(now, received, bytes);
            });
            match received {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) => {
                    self.trouble = Some(format!("nothing can be received: {error}"));
                    return;
                }
            }
        }
    }

    /// Sends what is to be sent, tells what was found.
    async fn flush(&mut self) {
        while let Some(transmit) = self.core.poll_transmit(Instant::now()) {
            let served = |socket: &&Socket| socket.serves(transmit.destination.ip());
            let Some(socket) = self.sockets.iter().find(served) else {
                continue;
            };
            if let Err(error) = socket.send(&transmit, &self.own).await {
                let interface = transmit.interface.0;
                self.trouble = Some(format!(
                    "nothing goes out on interface {interface}: {error}"
                ));
            }
        }
        self.answer();
    }

    fn answer(&mut self) {
        while let Some(event) = self.core.poll_event() {
            let (query, outcome) = match event {
                Event::Resolved { query, addresses } => (query, Ok(addresses)),
                Event::Failed { query, heard } => (query, Err(heard)),
            };
            if let Some((name, answer)) = self.waiting.remove(&query) {
                let outcome = outcome.map_err(|heard| self.unfound(name, heard));
                // Whoever asked may be gone.
                drop(answer.send(outcome));
            }
        }
    }

    /// Nobody answered for a name, and perhaps nobody could have.
    fn unfound(&self, name: Name, heard: bool) -> Unfound {
        if heard {
            return Unfound::Absent(format!("nobody on the local network answers for {name}"));
        }
        let deaf = "not even our own questions are heard".to_owned();
        Unfound::Deaf(match &self.trouble {
            Some(trouble) => format!("{deaf}; {trouble}"),
            None => deaf,
        })
    }
}

/// Binds the port in the families that do not have it yet.
fn bind(sockets: &mut Vec<Socket>, trouble: &mut Option<String>) {
    for (any, family) in [
        (IpAddr::from(Ipv4Addr::UNSPECIFIED), "IPv4"),
        (Ipv6Addr::UNSPECIFIED.into(), "IPv6"),
    ] {
        if !sockets.iter().any(|socket| socket.serves(any)) {
            match Socket::bind(any) {
                Ok(socket) => sockets.push(socket),
                Err(error) => {
                    *trouble = Some(format!("UDP port 5353 of {family} cannot be had: {error}"));
                }
            }
        }
    }
}

async fn readable(socket: Option<&Socket>) {
    match socket {
        Some(socket) => socket.readable().await,
        None => std::future::pending().await,
    }
}
