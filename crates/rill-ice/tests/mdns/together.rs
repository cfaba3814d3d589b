//! Two of us on one link that loses and delays.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use rill_ice::mdns::{Event, Received};

use crate::scene::{ETHERNET, OWN, OWN_V6, SECOND, Scene, ip, ms, name};

const OTHER: &str = "192.0.2.2";
const OTHER_V6: &str = "2001:db8::2";

/// Both ends, and what is under way.
struct Wire {
    ends: [Scene; 2],
    addresses: [[&'static str; 2]; 2],
    flying: BTreeMap<(Instant, u64), (usize, Received, Vec<u8>)>,
    count: u64,
    loss: u32,
    rng: ChaCha20Rng,
}

impl Wire {
    fn new(seed: u64, loss: u32) -> Self {
        let addresses = [[OWN, OWN_V6], [OTHER, OTHER_V6]];
        let ends =
            addresses.map(|[v4, v6]| Scene::on(&[(ETHERNET, v4, 24), (ETHERNET, v6, 64)], true));
        let mut wire = Self {
            ends,
            addresses,
            flying: BTreeMap::new(),
            count: 0,
            loss,
            rng: ChaCha20Rng::seed_from_u64(seed),
        };
        wire.ends[1].now = wire.ends[0].now;
        wire
    }

    /// Runs until something happens at the first end. How long it took.
    fn event(&mut self) -> (Duration, Event) {
        let start = self.ends[0].now;
        loop {
            for end in 0..2 {
                self.send(end);
            }
            if let Some(event) = self.ends[0].events().pop() {
                return (self.ends[0].now - start, event);
            }
            let now = self.ends[0].now;
            let timeouts = self
                .ends
                .iter()
                .filter_map(|end| end.mdns.poll_timeout(now));
            let arrival = self.flying.keys().next().map(|(at, _)| *at);
            let next = timeouts.chain(arrival).min().expect("something is to come");
            self.ends.iter_mut().for_each(|end| end.now = next);
            while let Some(entry) = self
                .flying
                .first_entry()
                .filter(|entry| entry.key().0 <= next)
            {
                let (to, received, bytes) = entry.remove();
                self.ends[to].mdns.handle_datagram(next, &received, &bytes);
            }
            self.ends
                .iter_mut()
                .for_each(|end| end.mdns.handle_timeout(next));
        }
    }

    fn send(&mut self, end: usize) {
        for transmit in self.ends[end].sent() {
            let family = usize::from(transmit.destination.is_ipv6());
            let received = Received {
                from: (ip(self.addresses[end][family]), 5353).into(),
                interface: ETHERNET,
                multicast: transmit.is_multicast(),
            };
            if self.rng.next_u32() % 100 >= self.loss {
                self.count += 1;
                let at = self.ends[end].now + ms(1) + ms((self.rng.next_u32() % 5).into());
                self.flying
                    .insert((at, self.count), (1 - end, received, transmit.bytes));
            }
        }
    }
}

#[test]
fn a_name_is_found_in_one_exchange() {
    for address in [OTHER, OTHER_V6] {
        let mut wire = Wire::new(1, 0);
        wire.ends[1].settled(1, address);
        wire.ends[0].now = wire.ends[1].now;
        let now = wire.ends[0].now;
        wire.ends[0].mdns.resolve(now, name(1)).unwrap();
        let (took, event) = wire.event();
        assert!(matches!(&event, Event::Resolved { addresses, .. } if *addresses == [ip(address)]));
        assert!(took <= ms(35), "{took:?}");
    }
}

#[test]
fn a_name_is_found_under_loss() {
    let mut worst = Duration::ZERO;
    for seed in 0..500 {
        let mut wire = Wire::new(seed, 30);
        let now = wire.ends[0].now;
        wire.ends[0].mdns.resolve(now, name(1)).unwrap();
        wire.ends[1].mdns.register(name(1), ip(OTHER)).unwrap();
        let (took, event) = wire.event();
        assert!(
            matches!(event, Event::Resolved { .. }),
            "seed {seed}: {event:?}"
        );
        worst = worst.max(took);
    }
    assert!(worst < 4 * SECOND, "{worst:?}");
}
