//! A client and its server, with a clock that a test moves.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use rill_ice::turn::{Client, Config, Event, Failure, Families, Input, Transport};
use rill_stun::{Class, Message, Method};

use crate::server::{PASSWORD, Server, USERNAME};

pub(crate) struct Scene {
    pub(crate) start: Instant,
    pub(crate) now: Instant,
    pub(crate) client: Client,
    pub(crate) server: Server,
    /// Whether the server hears the client.
    pub(crate) connected: bool,
    /// All requests that were sent, and when.
    pub(crate) sent: Vec<(Duration, Vec<u8>)>,
    pub(crate) events: VecDeque<Event>,
    transport: Transport,
}

pub(crate) fn config() -> Config {
    Config::new(USERNAME, PASSWORD)
}

impl Scene {
    pub(crate) fn new(server: Server) -> Self {
        Self::with(server, config())
    }

    pub(crate) fn stream(server: Server) -> Self {
        let transport = Transport::Stream;
        Self::with(
            server,
            Config {
                transport,
                ..config()
            },
        )
    }

    pub(crate) fn families(server: Server, families: Families) -> Self {
        Self::with(
            server,
            Config {
                families,
                ..config()
            },
        )
    }

    pub(crate) fn with(server: Server, config: Config) -> Self {
        let start = origin();
        let transport = config.transport;
        Self {
            start,
            now: start,
            client: Client::new(start, config, ChaCha20Rng::seed_from_u64(7)),
            server,
            connected: true,
            sent: Vec::new(),
            events: VecDeque::new(),
            transport,
        }
    }

    /// With an allocation, its event taken.
    pub(crate) fn allocated(server: Server) -> Self {
        let mut scene = Self::new(server);
        scene.settle();
        assert!(matches!(scene.event(), Some(Event::Allocated { .. })));
        scene
    }

    /// Carries messages to and fro until there are none.
    pub(crate) fn settle(&mut self) {
        let mut buffer = Vec::new();
        for _ in 0..10_000 {
            while let Some(event) = self.client.poll_event() {
                self.events.push_back(event);
            }
            if !self.client.poll_transmit(self.now, &mut buffer) {
                return;
            }
            self.sent.push((self.now - self.start, buffer.clone()));
            if self.connected {
                let answer = self.server.answer(&buffer);
                self.receive(&answer);
            }
        }
        panic!("the client never falls silent");
    }

    /// The client receives something.
    pub(crate) fn receive(&mut self, bytes: &[u8]) -> Input {
        match self.transport {
            Transport::Datagram => self.client.handle_datagram(self.now, &mut bytes.to_vec()),
            Transport::Stream => {
                self.client.handle_stream(self.now, bytes);
                Input::Consumed
            }
        }
    }

    /// Lets time pass, deadline by deadline.
    pub(crate) fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        self.settle();
        while let Some(at) = self.client.poll_timeout().filter(|at| *at <= end) {
            self.now = self.now.max(at);
            self.client.handle_timeout(self.now);
            self.settle();
        }
        self.now = end;
        self.settle();
    }

    pub(crate) fn pass_seconds(&mut self, seconds: u64) {
        self.pass(Duration::from_secs(seconds));
    }

    pub(crate) fn event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// The only event there is: that there will be no allocation.
    pub(crate) fn failure(&mut self) -> Failure {
        let events: Vec<Event> = self.events.drain(..).collect();
        match events.as_slice() {
            [Event::Failed(failure)] => failure.clone(),
            other => panic!("not a failure: {other:?}"),
        }
    }

    /// The last event: that the allocation is gone.
    pub(crate) fn loss(&mut self) -> Failure {
        match self.events.pop_back() {
            Some(Event::Lost(failure)) => failure,
            other => panic!("not a loss: {other:?}"),
        }
    }

    /// When requests of a method were sent, in milliseconds.
    pub(crate) fn times(&self, method: Method) -> Vec<u128> {
        let sent = self.sent.iter();
        sent.filter(|(_, bytes)| parse(bytes).method() == method)
            .map(|(at, _)| at.as_millis())
            .collect()
    }

    pub(crate) fn count(&self, method: Method) -> usize {
        self.times(method).len()
    }

    /// The last request.
    pub(crate) fn last(&self) -> Message<'_> {
        parse(&self.sent.last().expect("something was sent").1)
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "an origin for virtual time, whatever it is"
)]
pub(crate) fn origin() -> Instant {
    Instant::now()
}

pub(crate) fn parse(bytes: &[u8]) -> Message<'_> {
    let message = Message::parse(bytes).expect("clients send sound messages");
    assert_eq!(message.class(), Class::Request);
    message
}
