//! A connection behind a binding, and a peer at the other end of a network that loses nothing.

use std::{
    net::SocketAddr,
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, SystemTime},
};

use rill_peer::{
    Certificate, CertificateOptions, DataChannelInit, DataChannelState, IceCandidateInit,
    Interface, Message, Path, Request, Response, Security, SocketId,
};

use super::*;

/// What a core and its driver have to do with the network.
struct Network {
    peer: Core,
    bound: Connection,
    wakes: Arc<AtomicUsize>,
    /// The channels of the peer.
    channels: Vec<ChannelId>,
    sockets: [Vec<(SocketId, SocketAddr)>; 2],
}

fn core(seed: u8) -> Core {
    let options = CertificateOptions::new(SystemTime::now());
    let configuration = rill_peer::Configuration {
        certificates: vec![Certificate::generate(options).unwrap()],
        security: Security::SimulationOnly,
        ..rill_peer::Configuration::default()
    };
    Core::new(Instant::now(), configuration, [seed; 32]).unwrap()
}

impl Network {
    fn new() -> Self {
        let wakes = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&wakes);
        let face = Face::Binding {
            wake: Arc::new(move || {
                counter.fetch_add(1, Ordering::Relaxed);
            }),
            told: 0,
        };
        Self {
            peer: core(1),
            bound: Connection {
                handle: Handle(Shared::new(core(2), face)),
            },
            wakes,
            channels: Vec::new(),
            sockets: [Vec::new(), Vec::new()],
        }
    }

    /// Connects them with so many channels of the peer, and polls every task.
    fn connect(&mut self, channels: usize) {
        let now = Instant::now();
        let init = DataChannelInit::default;
        self.channels = (0..channels)
            .map(|_| self.peer.create_data_channel(now, "", init()).unwrap())
            .collect();
        self.peer.set_local_description(now, None).unwrap();
        while self.peer.poll_task().is_some() {}
        let offer = self.peer.local_description().unwrap();
        self.bound.command(|core, now| {
            core.set_remote_description(now, &offer).unwrap();
            core.set_local_description(now, None).unwrap();
        });
        self.poll_all();
        let answer = self.bound.read(Core::local_description).unwrap();
        self.peer.set_remote_description(now, &answer).unwrap();
        let last = self.channels[channels - 1];
        self.carry_until(|network| {
            network.poll_all();
            network.peer.data_channel_state(last) == DataChannelState::Open
        });
        self.poll_all();
    }

    fn carry_until(&mut self, done: impl Fn(&mut Self) -> bool) {
        let deadline = Instant::now() + Duration::from_secs(10);
        while !done(self) {
            assert!(Instant::now() < deadline, "not done in time");
            self.carry();
            std::thread::yield_now();
        }
    }

    /// Does what the cores ask for, and takes their datagrams and the peer's candidates across.
    fn carry(&mut self) {
        let now = Instant::now();
        self.peer.handle_timeout(now);
        self.bound.command(Core::handle_timeout);
        answer_requests(&mut self.peer, 1, &mut self.sockets[0]);
        let own = &mut self.sockets[1];
        self.bound.command(|core, _| answer_requests(core, 2, own));
        while let Some(task) = self.peer.poll_task() {
            for event in task.into_events() {
                if let Event::IceCandidate(Some(candidate)) = event {
                    let init: IceCandidateInit = candidate.to_init();
                    let added = self
                        .bound
                        .command(|core, now| core.add_ice_candidate(now, Some(&init)));
                    added.unwrap();
                }
            }
        }
        let [of_peer, of_bound] = &self.sockets;
        for (path, mut datagram) in transmits(&mut self.peer, of_peer, of_bound) {
            self.bound.command(|core, now| {
                core.handle_datagram(now, path, &mut datagram);
            });
        }
        let datagrams = self
            .bound
            .command(|core, _| transmits(core, of_bound, of_peer));
        for (path, mut datagram) in datagrams {
            self.peer.handle_datagram(now, path, &mut datagram);
        }
    }

    fn poll_all(&self) -> Vec<Event> {
        let tasks = std::iter::from_fn(|| {
            let waiting = self.bound.read(Core::waiting_tasks);
            let told = self.wakes.load(Ordering::Relaxed);
            assert_eq!(told, waiting, "a wake-up for each task");
            let task = self.bound.poll_task();
            if task.is_some() {
                self.wakes.fetch_sub(1, Ordering::Relaxed);
            }
            task
        });
        tasks.flat_map(Task::into_events).collect()
    }
}

fn answer_requests(core: &mut Core, number: u8, sockets: &mut Vec<(SocketId, SocketAddr)>) {
    let address = [10, 0, 0, number].into();
    while let Some(request) = core.poll_request() {
        let (id, response) = match request {
            Request::ListInterfaces { id } => {
                let interface = Interface {
                    name: "if0".to_owned(),
                    address,
                    loopback: false,
                };
                (id, Response::Interfaces(vec![interface]))
            }
            Request::BindUdp { id, socket, .. } => {
                let bound = SocketAddr::new(address, 1000);
                sockets.push((socket, bound));
                (id, Response::Bound(bound))
            }
            other => panic!("not asked here: {other:?}"),
        };
        core.handle_response(Instant::now(), id, response);
    }
}

/// What a core sends, as the other side receives it.
fn transmits(
    core: &mut Core,
    from: &[(SocketId, SocketAddr)],
    to: &[(SocketId, SocketAddr)],
) -> Vec<(Path, Vec<u8>)> {
    let mut sent = Vec::new();
    let mut buffer = Vec::new();
    while let Some(transmit) = core.poll_transmit(Instant::now(), &mut buffer) {
        let path = Path {
            socket: to[0].0,
            local_ip: None,
            remote: from[0].1,
            ecn: None,
        };
        let segment = transmit.segment.unwrap_or(buffer.len()).max(1);
        let datagrams = buffer.chunks(segment);
        sent.extend(datagrams.map(|datagram| (path, datagram.to_vec())));
        buffer.clear();
    }
    sent
}

#[test]
fn there_is_one_wake_up_for_each_task() {
    let mut network = Network::new();
    network.connect(1);
    network.bound.command(|core, now| {
        let audio = rill_peer::MediaKind::Audio;
        core.add_transceiver(now, audio, rill_peer::TransceiverInit::default())
            .unwrap();
        core.restart_ice(now);
    });
    assert_eq!(network.bound.read(Core::waiting_tasks), 2);
    assert_eq!(
        network.poll_all().len(),
        1,
        "`negotiationneeded` fires once"
    );
    assert!(network.bound.poll_task().is_none());
    network.bound.command(Core::restart_ice);
    assert_eq!(
        network.wakes.load(Ordering::Relaxed),
        1,
        "a poll too many does no harm"
    );
}

/// The room that they held is the other channel's at once: nothing comes from the network here.
#[test]
fn discarded_messages_make_room_when_they_are_polled() {
    let mut network = Network::new();
    network.connect(2);
    let now = Instant::now();
    let (flood, other) = (network.channels[0], network.channels[1]);
    // As much as waits for a reader, and a little that waits behind it.
    for _ in 0..17 {
        let message = Message::Binary(vec![0; 64 * 1024].into());
        network.peer.send(now, flood, message).unwrap();
    }
    let hello = Message::Text("hello".to_owned());
    network.carry_until(|network| network.peer.buffered_amount(flood) == 0);
    network.peer.send(now, other, hello.clone()).unwrap();
    network.carry_until(|network| network.peer.buffered_amount(other) == 0);
    network.carry();
    let stream = network.peer.data_channel_stream(flood);
    network.bound.command(|core, now| {
        let mut all = (0..).map(ChannelId::from_value);
        let id = all.find(|id| core.data_channel_stream(*id) == stream);
        let id = id.expect("it was announced");
        core.close_data_channel(now, id);
        core.forget_data_channel(id);
    });
    let events = network.poll_all();
    let mut messages = events.iter().filter_map(|event| match event {
        Event::Message(_, message) => Some(message),
        _ => None,
    });
    assert_eq!(messages.next(), Some(&hello));
}

/// Trickle F22: crates/rill/src/configuration.rs: `pacer: PACER.clone(),` => `pacer: Pacer::default(),`
#[test]
fn connections_of_a_process_share_the_pace() {
    let first = Configuration::default().make_peer().unwrap();
    let pace = |core: &Core| format!("{:?}", core.configuration().pacer);
    let before = pace(&first);
    let _second = Configuration::default().make_peer().unwrap();
    assert_ne!(pace(&first), before, "another agent takes part in it");
}
