//! A message of multicast DNS, and a machine that hears it.

use std::net::SocketAddr;
use std::time::Duration;

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use rill_ice::mdns::{InterfaceAddress, InterfaceId, Mdns, Message, Name, Received};

use crate::script::EPOCH;

const INTERFACE: InterfaceId = InterfaceId(2);

/// A full member of the group, one that asks from another port, and both from afar.
const SENDERS: [&str; 4] = [
    "192.0.2.9:5353",
    "192.0.2.9:4000",
    "[fe80::9]:5353",
    "198.51.100.1:5353",
];

/// Longer than the lifetime of anything that is said or asked.
const LIFE: Duration = Duration::from_secs(300);

/// What is read can be written and read again; a machine that hears it answers little, to those who asked, with what
/// it knows; a search takes five seconds at most, whatever is heard; and afterwards there is silence.
pub fn mdns(data: &[u8]) {
    if let Ok(message) = Message::parse(data) {
        let again = Message::parse(&message.to_bytes()).expect("what we write can be read");
        assert_eq!(again, message);
        assert!(message.questions.len() <= 64 && message.records.len() <= 64);
    }
    for from in SENDERS {
        for multicast in [true, false] {
            hear(from.parse().expect("an address"), multicast, data);
        }
    }
}

/// The names of the corpus: ours of both families, and one that is looked for.
fn name(number: u64) -> Name {
    Name::random(&mut ChaCha20Rng::seed_from_u64(number))
}

fn hear(from: SocketAddr, multicast: bool, data: &[u8]) {
    let mut machine = Mdns::new(true);
    let addresses =
        [("192.0.2.1", 24), ("2001:db8::1", 64)].map(|(address, prefix)| InterfaceAddress {
            interface: INTERFACE,
            address: address.parse().expect("an address"),
            prefix,
        });
    machine.set_interfaces(addresses.to_vec());
    let mut now = *EPOCH;
    for (number, InterfaceAddress { address, .. }) in (1..).zip(addresses) {
        machine
            .register(name(number), address)
            .expect("there is room");
    }
    let query = machine.resolve(now, name(3)).expect("there is room");
    let received = Received {
        from,
        interface: INTERFACE,
        multicast,
    };
    let (start, mut bytes, mut answered) = (now, 0, None);
    for round in 0.. {
        assert!(round < 2000, "it never comes to rest");
        machine.handle_timeout(now);
        while let Some(transmit) = machine.poll_transmit(now) {
            Message::parse(&transmit.bytes).expect("what we say can be read");
            bytes += transmit.bytes.len();
        }
        while machine.poll_event().is_some() {
            assert_eq!(answered.replace(now), None, "one search, one event");
        }
        // Heard at first, while its name is looked for, and once more a little later.
        if round == 0 || round == 3 {
            machine.handle_datagram(now, &received, data);
            continue;
        }
        match machine.poll_timeout(now) {
            Some(at) if at <= start + LIFE => now = now.max(at),
            _ => break,
        }
    }
    machine.cancel(query);
    let answered = answered.expect("each search has an end");
    assert!(
        answered <= start + Duration::from_secs(5),
        "{:?}",
        answered - start
    );
    // Our own questions, and what one message may draw, twice.
    assert!(bytes <= 16_000, "{bytes} bytes for {}", data.len());
}
