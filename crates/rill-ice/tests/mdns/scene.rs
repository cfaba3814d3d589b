//! One machine on a link, and what it says there.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use rill_ice::mdns::{
    Event, InterfaceAddress, InterfaceId, Kind, Mdns, Message, Name, Only, Question, Received,
    Record, Transmit,
};

pub(crate) const ETHERNET: InterfaceId = InterfaceId(2);
pub(crate) const WIRELESS: InterfaceId = InterfaceId(3);

/// Our own addresses on [`ETHERNET`].
pub(crate) const OWN: &str = "192.0.2.1";
pub(crate) const OWN_V6: &str = "2001:db8::1";

/// A neighbour's port 5353.
pub(crate) const NEIGHBOUR: &str = "192.0.2.9:5353";

pub(crate) const SECOND: Duration = Duration::from_secs(1);

pub(crate) const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

pub(crate) fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

/// The numbered name of the test.
pub(crate) fn name(number: u64) -> Name {
    Name::random(&mut ChaCha20Rng::seed_from_u64(number))
}

pub(crate) struct Scene {
    pub(crate) mdns: Mdns,
    pub(crate) now: Instant,
    start: Instant,
}

impl Scene {
    /// On an Ethernet with an IPv4 address.
    pub(crate) fn new() -> Self {
        Self::on(&[(ETHERNET, OWN, 24)], true)
    }

    /// On an Ethernet with addresses of both families.
    pub(crate) fn dual() -> Self {
        Self::on(&[(ETHERNET, OWN, 24), (ETHERNET, OWN_V6, 64)], true)
    }

    pub(crate) fn on(addresses: &[(InterfaceId, &str, u8)], unicast: bool) -> Self {
        #[expect(
            clippy::disallowed_methods,
            reason = "virtual time has to begin somewhere"
        )]
        let start = Instant::now();
        let mut scene = Self {
            mdns: Mdns::new(unicast),
            now: start,
            start,
        };
        scene.interfaces(addresses);
        scene
    }

    pub(crate) fn interfaces(&mut self, addresses: &[(InterfaceId, &str, u8)]) {
        let addresses = addresses.iter().map(|(interface, address, prefix)| {
            let (interface, address, prefix) = (*interface, ip(address), *prefix);
            InterfaceAddress {
                interface,
                address,
                prefix,
            }
        });
        self.mdns.set_interfaces(addresses.collect());
    }

    /// Registers a name that was multicast a while ago.
    pub(crate) fn settled(&mut self, number: u64, address: &str) -> Name {
        let name = name(number);
        let registered = self.mdns.register(name, ip(address));
        registered.expect("there is room");
        self.hear(NEIGHBOUR, &qm(name, Kind::Any));
        self.run(3 * SECOND);
        name
    }

    /// What is sent at this moment.
    pub(crate) fn sent(&mut self) -> Vec<Transmit> {
        std::iter::from_fn(|| self.mdns.poll_transmit(self.now)).collect()
    }

    /// The messages of this moment.
    pub(crate) fn said(&mut self) -> Vec<Message> {
        self.sent().iter().map(message).collect()
    }

    /// Lets time pass. What is sent meanwhile, and how many milliseconds after the start.
    pub(crate) fn run(&mut self, duration: Duration) -> Vec<(u64, Transmit)> {
        let end = self.now + duration;
        let mut all = Vec::new();
        loop {
            self.mdns.handle_timeout(self.now);
            let at = self.elapsed();
            all.extend(self.sent().into_iter().map(|transmit| (at, transmit)));
            match self.mdns.poll_timeout(self.now) {
                Some(timeout) if timeout <= end => {
                    assert!(timeout > self.now, "a timeout that never ends");
                    self.now = timeout;
                }
                _ => break,
            }
        }
        self.now = end;
        all
    }

    pub(crate) fn elapsed(&self) -> u64 {
        u64::try_from((self.now - self.start).as_millis()).expect("a short test")
    }

    /// A message to the group.
    pub(crate) fn hear(&mut self, from: &str, message: &Message) {
        self.receive(from, true, message);
    }

    /// A message to us alone.
    pub(crate) fn get(&mut self, from: &str, message: &Message) {
        self.receive(from, false, message);
    }

    pub(crate) fn events(&mut self) -> Vec<Event> {
        std::iter::from_fn(|| self.mdns.poll_event()).collect()
    }

    fn receive(&mut self, from: &str, multicast: bool, message: &Message) {
        let from: SocketAddr = from.parse().expect("an address");
        let received = Received {
            from,
            interface: ETHERNET,
            multicast,
        };
        self.mdns
            .handle_datagram(self.now, &received, &message.to_bytes());
    }
}

pub(crate) fn message(transmit: &Transmit) -> Message {
    Message::parse(&transmit.bytes).expect("what we say can be read")
}

pub(crate) fn question(name: Name, kind: Kind) -> Question {
    let unicast = false;
    Question {
        name,
        kind,
        unicast,
    }
}

/// A question of a full member of the group.
pub(crate) fn qm(name: Name, kind: Kind) -> Message {
    let questions = vec![question(name, kind)];
    Message {
        questions,
        ..Message::default()
    }
}

/// The same for a unicast answer.
pub(crate) fn qu(name: Name, kind: Kind) -> Message {
    let unicast = true;
    let questions = vec![Question {
        unicast,
        ..question(name, kind)
    }];
    Message {
        questions,
        ..Message::default()
    }
}

pub(crate) fn record(name: Name, address: &str) -> Record {
    Record {
        name,
        address: ip(address),
        ttl: 120,
        flush: true,
    }
}

/// What we say of a name.
pub(crate) fn told(name: Name, address: &str) -> Message {
    let record = record(name, address);
    Message {
        only: vec![Only {
            name,
            ipv6: record.address.is_ipv6(),
            ttl: record.ttl,
            flush: true,
        }],
        ..response(&[record])
    }
}

/// A response of a neighbour.
pub(crate) fn response(records: &[Record]) -> Message {
    Message {
        response: true,
        records: records.to_vec(),
        ..Message::default()
    }
}
