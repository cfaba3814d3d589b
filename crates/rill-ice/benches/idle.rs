//! What connected agents cost that have nothing to say but consent checks (RFC 7675): memory and CPU, in
//! virtual time. `cargo xtask bench idle` runs it; it fails above 1 ms of CPU for a minute of an agent.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::net::{IpAddr, SocketAddr};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use allocation_counter::measure;
use rill_ice::{
    Agent, Config, Event, Interface, Pacer, Path, Protocol, RemoteAddress, RemoteCandidate,
    Request, Response, Role, SocketId, TransportId, TransportState,
};
use rill_sim::Seed;

/// Agents in pairs of two.
const AGENTS: usize = 10_000;

/// How long they are idle, unless the first argument says other minutes.
const MINUTES: u64 = 10;

/// What a minute of an agent may cost.
const LIMIT: Duration = Duration::from_millis(1);

/// One way.
const DELAY: Duration = Duration::from_millis(10);

/// An agent with one address, that of its number.
struct Side {
    agent: Agent,
    transport: TransportId,
    socket: SocketId,
    /// The deadline that stands in the heap for it.
    due: Option<Instant>,
}

/// What happens, and when. The number keeps the order of what happens at one time.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    at: Instant,
    number: u64,
    what: What,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Timeout(usize),
    Arrival(usize, Vec<u8>),
}

/// All of them, and the line between each pair.
struct World {
    sides: Vec<Side>,
    heap: BinaryHeap<Reverse<Entry>>,
    now: Instant,
    entries: u64,
    datagrams: u64,
}

fn address(index: usize) -> IpAddr {
    let [_, high, middle, low] = u32::try_from(index).expect("few").to_be_bytes();
    [10, high, middle, low].into()
}

/// The other one of the pair.
fn peer(index: usize) -> usize {
    index ^ 1
}

impl World {
    fn new(now: Instant) -> Self {
        let pacer = Pacer::default();
        let side = |index: usize| {
            let role = [Role::Controlling, Role::Controlled][index % 2];
            let config = Config {
                pacer: pacer.clone(),
                ..Config::default()
            };
            let seed = Seed::new(u64::try_from(index).expect("few"));
            let mut agent = Agent::new(config, role, seed.rng(0));
            Side {
                transport: agent.add_transport(),
                agent,
                socket: SocketId(0),
                due: None,
            }
        };
        Self {
            sides: (0..AGENTS).map(side).collect(),
            heap: BinaryHeap::new(),
            now,
            entries: 0,
            datagrams: 0,
        }
    }

    /// Connects all of them; pairs begin 100 ms apart, for they share one pace.
    fn connect(&mut self) {
        for first in (0..AGENTS).step_by(2) {
            for index in [first, first + 1] {
                let (now, other) = (self.now, &self.sides[peer(index)]);
                let (_, remote) = other
                    .agent
                    .local_credentials(other.transport)
                    .expect("it exists");
                let remote = remote.clone();
                let side = &mut self.sides[index];
                side.agent
                    .set_remote_credentials(now, side.transport, remote);
                side.agent.gather(now, side.transport);
            }
            self.drive(first);
            self.drive(first + 1);
            self.run(Duration::from_millis(100));
        }
        // The last of the negotiation.
        self.run(Duration::from_secs(10));
        for side in &self.sides {
            let state = side.agent.state(side.transport);
            assert_eq!(state, TransportState::Completed);
        }
    }

    /// Lets time pass, in which only those act whose time has come.
    fn run(&mut self, duration: Duration) {
        let end = self.now + duration;
        while let Some(Reverse(entry)) = self.heap.peek() {
            if entry.at > end {
                break;
            }
            let Reverse(Entry { at, what, .. }) = self.heap.pop().expect("it was looked at");
            self.now = at;
            match what {
                // Another deadline has taken its place.
                What::Timeout(index) if self.sides[index].due != Some(at) => {}
                What::Timeout(index) => {
                    self.sides[index].due = None;
                    self.sides[index].agent.handle_timeout(at);
                    self.drive(index);
                }
                What::Arrival(index, bytes) => self.arrive(index, bytes),
            }
        }
        self.now = end;
    }

    fn arrive(&mut self, index: usize, mut bytes: Vec<u8>) {
        let side = &mut self.sides[index];
        let path = Path {
            socket: side.socket,
            local_ip: None,
            remote: SocketAddr::new(address(peer(index)), 5000),
            ecn: None,
        };
        side.agent.handle_datagram(self.now, path, &mut bytes);
        self.drive(index);
    }

    /// Takes everything that an agent has to say.
    fn drive(&mut self, index: usize) {
        self.serve(index);
        self.signal(index);
        let mut buffer = Vec::new();
        while self.sides[index]
            .agent
            .poll_transmit(self.now, &mut buffer)
            .is_some()
        {
            self.datagrams += 1;
            let what = What::Arrival(peer(index), std::mem::take(&mut buffer));
            self.push(self.now + DELAY, what);
        }
        let side = &mut self.sides[index];
        let due = side.agent.poll_timeout().map(|at| at.max(self.now));
        if due != side.due
            && let Some(at) = due
        {
            side.due = due;
            self.push(at, What::Timeout(index));
        }
    }

    fn push(&mut self, at: Instant, what: What) {
        self.entries += 1;
        let number = self.entries;
        self.heap.push(Reverse(Entry { at, number, what }));
    }

    fn serve(&mut self, index: usize) {
        let side = &mut self.sides[index];
        while let Some(request) = side.agent.poll_request() {
            let (id, response) = match request {
                Request::ListInterfaces { id } => {
                    let interface = Interface {
                        name: "eth0".into(),
                        address: address(index),
                        loopback: false,
                    };
                    (id, Response::Interfaces(vec![interface]))
                }
                Request::BindUdp {
                    id,
                    socket,
                    address,
                    ..
                } => {
                    side.socket = socket;
                    (id, Response::Bound((address, 5000).into()))
                }
                other => panic!("not asked for: {other:?}"),
            };
            side.agent.handle_response(self.now, id, response);
        }
    }

    /// Signals at once.
    fn signal(&mut self, index: usize) {
        while let Some(event) = self.sides[index].agent.poll_event() {
            let now = self.now;
            let other = &mut self.sides[peer(index)];
            match event {
                Event::LocalCandidate { candidate, .. } => {
                    let candidate = RemoteCandidate {
                        foundation: candidate.foundation,
                        component: 1,
                        protocol: Protocol::Udp,
                        priority: candidate.priority,
                        kind: candidate.kind,
                        address: RemoteAddress::Ip(candidate.address),
                        ufrag: None,
                    };
                    let added = other
                        .agent
                        .add_remote_candidate(now, other.transport, candidate);
                    added.expect("there is room for one");
                }
                Event::LocalEndOfCandidates { .. } => {
                    other
                        .agent
                        .end_of_remote_candidates(now, other.transport, None);
                }
                _ => {}
            }
        }
    }
}

/// Time that this process has had on a processor; the clock's where the system does not say.
fn cpu(since: Instant) -> Duration {
    let schedule = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    let nanoseconds = schedule
        .split(' ')
        .next()
        .and_then(|first| first.parse().ok());
    nanoseconds.map_or_else(|| since.elapsed(), Duration::from_nanos)
}

#[expect(
    clippy::disallowed_methods,
    reason = "virtual time has to begin somewhere, and the processor's is measured"
)]
fn main() -> ExitCode {
    let start = Instant::now();
    let minutes = std::env::args()
        .find_map(|word| word.parse().ok())
        .unwrap_or(MINUTES);
    let mut world = None;
    let fresh = measure(|| world = Some(World::new(start))).bytes_current;
    let mut world = world.expect("it was made");
    let connected = fresh + measure(|| world.connect()).bytes_current;
    let (datagrams, before) = (world.datagrams, cpu(start));
    let idle = connected + measure(|| world.run(Duration::from_secs(60 * minutes))).bytes_current;
    let spent = cpu(start).saturating_sub(before);
    let agents = u32::try_from(AGENTS).expect("few");
    let per_minute = spent / agents / u32::try_from(minutes).expect("few");
    let each = |bytes: i64| bytes / i64::from(agents);
    println!(
        "{AGENTS} agents in {} pairs, idle for {minutes} minutes of virtual time",
        AGENTS / 2
    );
    println!("  CPU        {per_minute:?} for a minute of an agent, {spent:?} in all");
    println!(
        "  datagrams  {} a minute and agent",
        (world.datagrams - datagrams) / minutes / u64::from(agents)
    );
    println!(
        "  memory     {} bytes an agent when new, {} connected, {} after that time",
        each(fresh),
        each(connected),
        each(idle)
    );
    println!(
        "             of which {} are the agent itself",
        size_of::<Agent>()
    );
    for side in &world.sides {
        assert_eq!(side.agent.state(side.transport), TransportState::Completed);
    }
    if per_minute > LIMIT {
        eprintln!("more than {LIMIT:?}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
