//! A TURN client and a script: what its server sends, calls and time, in any order.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use rill_ice::turn::{Client, Config, Event, Families, Input, Transport};
use rill_stun::{
    ChannelData, ChannelNumber, Class, IntegrityKey, Message, Method, Padding, PasswordAlgorithm,
    SecurityFeatures, TransactionId, Writer,
};

use crate::script::{EPOCH, Script};

const USERNAME: &str = "user";
const PASSWORD: &str = "password";
const CODES: [u16; 12] = [300, 400, 403, 420, 437, 438, 440, 441, 442, 486, 500, 508];

/// The longest script that is played.
const MAX_STEPS: usize = 200;

/// The client sends sound messages, at a bounded rate; it hands on data only of peers that were
/// asked for, from inside what it was given; data that it does not take are left as they were; it
/// allocates once and ends once, and comes to rest; and the same script makes the same bytes.
pub fn turn(data: &[u8]) {
    assert_eq!(play(data), play(data), "the same script, and other bytes");
}

/// Plays the script to its end, and gives a digest of everything that came out.
fn play(data: &[u8]) -> u64 {
    let mut script = Script::new(data);
    let mut world = World::new(script.byte());
    for _ in 0..MAX_STEPS {
        if script.is_empty() {
            break;
        }
        world.step(&mut script);
        world.observe();
    }
    world.client.close(world.now);
    world.observe();
    world.pass(Duration::from_secs(20));
    assert!(world.ended, "it never ends");
    assert_eq!(
        world.client.poll_timeout(),
        None,
        "it does not come to rest"
    );
    world.trace.finish()
}

struct World {
    client: Client,
    now: Instant,
    stream: bool,
    /// What the client asked, the last first.
    requests: Vec<Vec<u8>>,
    wanted: BTreeSet<IpAddr>,
    allocated: bool,
    ended: bool,
    trace: DefaultHasher,
}

impl World {
    fn new(flags: u8) -> Self {
        let stream = flags & 1 != 0;
        let config = Config {
            transport: if stream {
                Transport::Stream
            } else {
                Transport::Datagram
            },
            families: [Families::Both, Families::V4, Families::V6][usize::from(flags >> 1) % 3],
            ..Config::new(USERNAME, PASSWORD)
        };
        let mut world = Self {
            client: Client::new(*EPOCH, config, ChaCha20Rng::seed_from_u64(1)),
            now: *EPOCH,
            stream,
            requests: Vec::new(),
            wanted: BTreeSet::new(),
            allocated: false,
            ended: false,
            trace: DefaultHasher::new(),
        };
        world.observe();
        world
    }

    fn step(&mut self, script: &mut Script<'_>) {
        match script.below(14) {
            0 => self.challenge(script.byte()),
            1 | 2 => self.succeed(script.byte()),
            3 => self.refuse(CODES[script.below(CODES.len())], script.flag()),
            4 => {
                let length = script.below(80);
                self.receive(script.bytes(length));
            }
            5 => self.pass(Duration::from_millis(100) * u32::from(script.byte())),
            6 => self.pass(Duration::from_secs(10) * u32::from(script.byte())),
            7 => {
                let peer = peer(script.byte());
                self.wanted.insert(peer.ip());
                self.client.permit(self.now, peer.ip());
            }
            8 => {
                let peer = peer(script.byte());
                self.wanted.insert(peer.ip());
                self.client.bind_channel(self.now, peer);
            }
            9 => self.wrap(peer(script.byte()), script.word()),
            10 => {
                let (peer, length) = (peer(script.byte()), script.below(9));
                let mut bytes = Vec::new();
                Writer::new(
                    &mut bytes,
                    Class::Indication,
                    Method::DATA,
                    TransactionId([3; 12]),
                )
                .xor_peer_address(peer)
                .data(script.bytes(length))
                .finish();
                self.receive(&bytes);
            }
            11 => {
                let number = ChannelNumber::MIN.number() + u16::from(script.byte());
                let length = script.below(9);
                let mut bytes = script.bytes(length).to_vec();
                let number = ChannelNumber::new(number).expect("there are 4096");
                ChannelData::wrap(number, &mut bytes, Padding::ToFourBytes).expect("it is short");
                self.receive(&bytes);
            }
            12 => {
                let asked = self.requests.len();
                self.requests.rotate_left(asked.min(1));
            }
            _ => self.client.close(self.now),
        }
    }

    /// A 401 or 438 to the request.
    fn challenge(&mut self, flags: u8) {
        let features = SecurityFeatures {
            password_algorithms: flags & 1 != 0,
            username_anonymity: flags & 2 != 0,
        };
        let list =
            [PasswordAlgorithm::Sha256, PasswordAlgorithm::Md5].map(PasswordAlgorithm::encode);
        let nonce = [&features.cookie()[..], &[b'0' + flags % 10]].concat();
        self.answer(Class::Error, false, |writer| {
            let writer = writer.error_code(if flags & 4 != 0 { 438 } else { 401 }, "");
            let writer = writer.realm(if flags & 8 != 0 { b"other" } else { b"realm" });
            let writer = writer.nonce(if flags & 16 != 0 {
                &b"no cookie"[..]
            } else {
                &nonce
            });
            match flags & 32 != 0 {
                true => writer,
                false if features.password_algorithms => {
                    writer.password_algorithms(list.as_flattened())
                }
                false => writer,
            }
        });
    }

    fn succeed(&mut self, flags: u8) {
        let lifetime = [600, 0, 1, u32::MAX][usize::from(flags & 3)];
        self.answer(Class::Success, flags & 128 == 0, |writer| {
            let mut writer = writer.lifetime(lifetime);
            if flags & 4 == 0 {
                writer = writer.xor_mapped_address(address("198.51.100.7:7"));
            }
            if flags & 8 == 0 {
                writer = writer.xor_relayed_address(address("192.0.2.15:50000"));
            }
            if flags & 16 == 0 {
                writer = writer.xor_relayed_address(address("[2001:db8::15]:50001"));
            }
            writer
        });
    }

    fn refuse(&mut self, code: u16, is_protected: bool) {
        self.answer(Class::Error, is_protected, |writer| {
            writer
                .error_code(code, "no\r\n")
                .alternate_server(address("192.0.2.99:3478"))
        });
    }

    /// Answers the first request of the list, which leaves it.
    fn answer(
        &mut self,
        class: Class,
        is_protected: bool,
        fill: impl Fn(Writer<'_>) -> Writer<'_>,
    ) {
        if self.requests.is_empty() {
            return;
        }
        let request = self.requests.remove(0);
        let message = Message::parse(&request).expect("it was looked at");
        let mut bytes = Vec::new();
        let id = message.transaction_id();
        let writer = fill(Writer::new(&mut bytes, class, message.method(), id));
        match (message.realm(), is_protected) {
            (Some(realm), true) => {
                let algorithm = message.password_algorithm();
                let algorithm = algorithm.unwrap_or(PasswordAlgorithm::Md5);
                let key = IntegrityKey::long_term(algorithm, USERNAME, realm, PASSWORD);
                match message.password_algorithms() {
                    Some(_) => writer.message_integrity_sha256_with(&key).finish(),
                    None => writer.message_integrity_with(&key).finish(),
                };
            }
            _ => {
                writer.finish();
            }
        }
        self.receive(&bytes);
    }

    fn receive(&mut self, bytes: &[u8]) {
        if self.stream {
            self.client.handle_stream(self.now, bytes);
            let mut datagram = Vec::new();
            while let Some(data) = self.client.poll_stream_data(&mut datagram) {
                self.look_at_data(data.peer, data.relayed);
            }
            return;
        }
        let input = self.client.handle_datagram(self.now, &mut bytes.to_vec());
        if let Input::Data {
            peer,
            relayed,
            range,
        } = input
        {
            assert!(bytes.get(range).is_some(), "not inside the datagram");
            self.look_at_data(peer, relayed);
        }
    }

    fn look_at_data(&self, peer: SocketAddr, relayed: SocketAddr) {
        assert!(self.allocated, "data without an allocation");
        assert!(self.wanted.contains(&peer.ip()), "data of a stranger");
        assert_eq!(peer.is_ipv4(), relayed.is_ipv4());
    }

    fn wrap(&mut self, peer: SocketAddr, length: u16) {
        let data = vec![7; usize::from(length)];
        let mut wrapped = data.clone();
        match self.client.wrap(peer, &mut wrapped) {
            Ok(()) => {
                assert!(self.wanted.contains(&peer.ip()), "data to a stranger");
                let added = wrapped.len() - data.len();
                assert!(
                    (4..=Client::max_overhead()).contains(&added),
                    "{added} bytes more"
                );
            }
            Err(_) => assert_eq!(wrapped, data),
        }
    }

    /// Lets time pass, deadline by deadline.
    fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        let mut turns = 0;
        while let Some(at) = self.client.poll_timeout().filter(|at| *at <= end) {
            self.now = self.now.max(at);
            self.client.handle_timeout(self.now);
            self.observe();
            turns += 1;
            assert!(turns < 10_000, "too many deadlines");
        }
        self.now = end;
    }

    /// Takes out everything there is.
    fn observe(&mut self) {
        let mut buffer = Vec::new();
        while self.client.poll_transmit(self.now, &mut buffer) {
            let message = Message::parse(&buffer).expect("a sound message");
            let gives_up = message.lifetime() == Some(0);
            assert!(!self.ended || gives_up, "it sends after its end");
            assert_eq!(message.class(), Class::Request);
            buffer.hash(&mut self.trace);
            self.requests.insert(0, buffer.clone());
            self.requests.truncate(16);
        }
        while let Some(event) = self.client.poll_event() {
            assert!(!self.ended, "it speaks after its end: {event:?}");
            format!("{event:?}").hash(&mut self.trace);
            match event {
                Event::Allocated { relayed, .. } => {
                    assert!(!self.allocated && !relayed.is_empty());
                    self.allocated = true;
                }
                Event::Permitted(peer) | Event::PermissionRefused { peer, .. } => {
                    assert!(self.wanted.contains(&peer));
                }
                Event::Lost(_) => {
                    assert!(self.allocated);
                    self.ended = true;
                }
                Event::Failed(_) | Event::Redirected { .. } => {
                    assert!(!self.allocated);
                    self.ended = true;
                }
                Event::Closed => self.ended = true,
            }
        }
    }
}

fn peer(number: u8) -> SocketAddr {
    let port = 1 + u16::from(number >> 6);
    match number % 2 {
        0 => SocketAddr::new(IpAddr::from([192, 0, 2, number & 63]), port),
        _ => SocketAddr::new(
            IpAddr::from([0x2001, 0xdb8, 0, 0, 0, 0, 0, u16::from(number & 63)]),
            port,
        ),
    }
}

fn address(text: &str) -> SocketAddr {
    text.parse().expect("a literal")
}
