//! One way, much or little reliable, over a link that loses, delays, reorders and doubles: rows 9 and
//! 10 of the score card.

use std::time::{Duration, Instant};

use bytes::Bytes;
use rill_sctp::{Association, Config, Message, Ppid, Reliability, SendOptions, State, StreamId};
use sha2::{Digest, Sha256};

use crate::link::Link;
use crate::plan::{Disturbance, Lacks, Random};

const STREAM: StreamId = StreamId(1);
const SENDER: usize = 0;
const RECEIVER: usize = 1;

/// Of a thousand packets each: lost, doubled, damaged; and 20 ms each way, up to 10 more.
fn bad(lost: usize) -> Disturbance {
    Disturbance {
        lost,
        doubled: 10,
        corrupted: 10,
        delay: Duration::from_millis(20),
        jitter: Duration::from_millis(10),
        bottleneck: None,
        dark: None,
    }
}

/// Two ends, and a link between them.
struct Transfer {
    now: Instant,
    link: Link,
    ends: [Association; 2],
}

impl Transfer {
    fn connected(now: Instant, network: Disturbance) -> Self {
        let lacks = Lacks {
            interleaving: false,
            partial_reliability: [false; 2],
            reconfig: [false; 2],
            // Damage is found by checksums.
            zero_checksum: true,
        };
        let mut transfer = Self {
            now,
            link: Link::new(now, network, lacks, Random::new(5)),
            ends: [1, 2].map(|seed| Association::new(Config::default(), seed, now)),
        };
        transfer.ends[SENDER].connect(now);
        while transfer.ends[SENDER].state() != State::Connected {
            assert!(transfer.step(), "nothing more happens");
        }
        transfer
    }

    /// Goes to the next thing that happens; false when nothing does.
    fn step(&mut self) -> bool {
        self.transmit();
        let timeouts = self.ends.iter().filter_map(Association::poll_timeout);
        let Some(next) = timeouts.chain(self.link.next()).min() else {
            return false;
        };
        self.now = self.now.max(next);
        while let Some((to, packet)) = self.link.arrived(self.now) {
            self.ends[to].handle_packet(self.now, &packet);
        }
        for end in &mut self.ends {
            if end.poll_timeout().is_some_and(|at| at <= self.now) {
                end.handle_timeout(self.now);
            }
        }
        self.transmit();
        true
    }

    fn transmit(&mut self) {
        let mut packet = Vec::new();
        for from in [SENDER, RECEIVER] {
            while self.ends[from].poll_transmit(self.now, &mut packet) {
                self.link.send(self.now, from, packet.clone());
            }
        }
    }

    fn received(&mut self) -> Option<Message> {
        self.ends[RECEIVER].poll_message(self.now)
    }
}

/// As many bytes as asked for, reliable and in order: what arrives has the hash of what was sent.
pub(crate) fn keeps_its_hash(now: Instant, bytes: usize) {
    const MESSAGE: usize = 16 << 10;
    let mut transfer = Transfer::connected(now, bad(20));
    let mut random = Random::new(9);
    let [mut sent, mut received] = [(); 2].map(|()| Sha256::new());
    let (mut left, mut missing) = (bytes, bytes);
    while missing > 0 {
        while left > 0 && transfer.ends[SENDER].total_buffered() < 1 << 20 {
            let words = (0..MESSAGE / 8).flat_map(|_| random.next().to_le_bytes());
            let message: Bytes = words.take(left).collect();
            sent.update(&message);
            left -= message.len();
            transfer.ends[SENDER]
                .send(
                    transfer.now,
                    STREAM,
                    Ppid::BINARY,
                    message,
                    SendOptions::default(),
                )
                .expect("less is buffered than may be");
        }
        assert!(transfer.step(), "{missing} bytes never arrive");
        while let Some(message) = transfer.received() {
            received.update(&message.payload);
            missing -= message.payload.len();
        }
    }
    assert_eq!(sent.finalize(), received.finalize());
    let took = (transfer.now - now).as_secs_f64();
    println!("{bytes} bytes in {took:.1} s of the simulation");
}

/// What does not survive is at most what the link loses and 2 % more; the rest is whole, comes once, and
/// in order if that was asked for.
pub(crate) fn loses_little_more_than_the_link(now: Instant, options: SendOptions) {
    const COUNT: u32 = 10_000;
    /// Of a thousand.
    const LOST: usize = 50;
    let payload = |number: u32| Bytes::from(number.to_be_bytes().repeat(250));
    let mut network = bad(LOST);
    // Each of them would be one more that is lost.
    network.corrupted = 0;
    let mut transfer = Transfer::connected(now, network);
    let mut seen = vec![false; COUNT as usize];
    let mut last = None;
    let mut next = 0;
    let mut due = transfer.now;
    loop {
        if next < COUNT && due <= transfer.now {
            let ppid = Ppid(next);
            transfer.ends[SENDER]
                .send(transfer.now, STREAM, ppid, payload(next), options)
                .expect("little is buffered");
            next += 1;
            due += Duration::from_millis(1);
        }
        let goes_on = transfer.step();
        if next < COUNT {
            transfer.now = transfer.now.max(due);
        }
        while let Some(message) = transfer.received() {
            let number = message.ppid.0;
            assert_eq!(message.payload, payload(number), "{number} is whole");
            let again = std::mem::replace(&mut seen[number as usize], true);
            assert!(!again, "{number} comes again");
            if options.ordered {
                assert!(last < Some(number), "{number} after {last:?}");
                last = Some(number);
            }
        }
        if !goes_on && next == COUNT {
            break;
        }
    }
    let lost = seen.iter().filter(|seen| !**seen).count();
    println!("{lost} of {COUNT} lost: {options:?}");
    let most = COUNT as usize * (LOST + 20) / 1000;
    assert!(lost <= most, "{lost} of {COUNT} are lost, {options:?}");
    let is_limited = options.reliability == Reliability::MaxRetransmits(0);
    assert!(!is_limited || lost > 0, "none is lost: what limits it?");
}
