//! Candidates by the hundred thousand.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use allocation_counter::measure;
use rill_ice::{Kind, Protocol, RemoteAddress, RemoteCandidate, Role};

use crate::subject::Subject;

/// What a peer may say about one of its addresses.
fn candidate(number: u32, address: RemoteAddress) -> RemoteCandidate {
    RemoteCandidate {
        foundation: number.to_string(),
        component: 1,
        protocol: Protocol::Udp,
        priority: 2_130_706_431 - number,
        kind: Kind::Host,
        address,
        ufrag: Some("them".into()),
    }
}

fn plain(number: u32) -> SocketAddr {
    let [_, high, middle, low] = number.to_be_bytes();
    SocketAddr::from(([203, high, middle, low], 4000))
}

/// Addresses of everybody and of nobody, and some that lead back to us.
const HOSTILE: [&str; 14] = [
    "224.0.0.1:4000",
    "239.255.255.250:1900",
    "255.255.255.255:4000",
    "0.0.0.0:4000",
    "192.0.2.1:0",
    "[::]:4000",
    "[ff02::1]:4000",
    "[ff02::fb]:5353",
    "[::ffff:192.0.2.1]:4000",
    "[::ffff:224.0.0.1]:4000",
    "127.0.0.1:4000",
    "[::1]:4000",
    "[fe80::1]:4000",
    "[2001:db8::1]:0",
];

/// The flood of one kind.
fn flood(subject: &mut Subject, make: impl Fn(u32) -> RemoteCandidate) -> i64 {
    let counted = measure(|| {
        for number in 0..100_000 {
            let _ =
                subject
                    .agent
                    .add_remote_candidate(subject.now, subject.transport, make(number));
        }
    });
    counted.bytes_current
}

/// Most that 100 candidates and 100 pairs may take.
const ROOM: i64 = 256 * 1024;

/// Reliability 10: crates/rill-ice/src/agent/remote.rs: `let limit = self.ctx.config.limits.remote_candidates;` => `let limit = usize::MAX;`
#[test]
fn a_hundred_thousand_of_each_kind_fill_a_bounded_table() {
    type Make = fn(u32) -> RemoteCandidate;
    let kinds: [(&str, Make); 7] = [
        ("different", |number| {
            candidate(number, RemoteAddress::Ip(plain(number)))
        }),
        ("the same", |number| {
            candidate(number, RemoteAddress::Ip(plain(1)))
        }),
        ("relayed", |number| RemoteCandidate {
            kind: Kind::Relayed,
            ..candidate(number, RemoteAddress::Ip(plain(number)))
        }),
        ("hostile", |number| {
            let address = HOSTILE[number as usize % HOSTILE.len()];
            candidate(
                number,
                RemoteAddress::Ip(address.parse().expect("a literal")),
            )
        }),
        ("of TCP", |number| RemoteCandidate {
            protocol: Protocol::Other,
            ..candidate(number, RemoteAddress::Ip(plain(number)))
        }),
        ("of one port each", |number| {
            let port = u16::try_from(number % 60_000).expect("below") + 1024;
            candidate(number, RemoteAddress::Ip(([203, 0, 113, 5], port).into()))
        }),
        ("names", |number| {
            let name = format!("{number:08x}-0000-4000-8000-000000000000.example");
            candidate(number, RemoteAddress::Name { name, port: 9 })
        }),
    ];
    for (kind, make) in kinds {
        let mut subject = Subject::new(Role::Controlling);
        let grown = flood(&mut subject, make);
        assert!(grown < ROOM, "{kind}: {grown} bytes more are held");
        assert!(subject.pairs().len() <= 100, "{kind}");
        let known = subject.agent.remote_candidates(subject.transport).count();
        assert!(known <= 100, "{kind}: {known}");
    }
}

/// All at once, with the agent's clock going: how many leave in a second, and how many to one address.
///
/// Reliability 10: crates/rill-ice/src/agent/transmit.rs: `if !is_exempt && !self.ctx.turns.take(now) {` => `if false {`
/// Reliability 10: crates/rill-ice/src/session.rs: `Some(Quiet::Silent(count)) => *count < limit,` => `Some(Quiet::Silent(_)) => true,`
#[test]
fn nobody_is_flooded_through_us() {
    let mut subject = Subject::new(Role::Controlling);
    let start = subject.now;
    for address in HOSTILE {
        let address = RemoteAddress::Ip(address.parse().expect("a literal"));
        let _ = subject.try_add(candidate(0, address));
    }
    // Half of them at one victim, half at others; more than there is room for.
    for number in 0..100_000_u32 {
        let address = match number % 2 {
            0 => SocketAddr::from((
                [198, 18, 0, 5],
                1024 + u16::try_from(number % 50_000).expect("below"),
            )),
            _ => plain(number),
        };
        let _ = subject.agent.add_remote_candidate(
            subject.now,
            subject.transport,
            candidate(number, RemoteAddress::Ip(address)),
        );
    }
    let mut times = Vec::new();
    let mut by_address: BTreeMap<IpAddr, u32> = BTreeMap::new();
    while subject.now < start + Duration::from_secs(120) {
        for (to, _) in subject.requests() {
            times.push(subject.now);
            *by_address.entry(to.ip()).or_default() += 1;
            let is_hostile = HOSTILE.iter().any(|hostile| *hostile == to.to_string());
            assert!(!is_hostile, "to {to}");
        }
        subject.advance(Duration::from_millis(5));
    }
    // A burst of 20, then one per 5 ms (RFC 8445 §14.2), whatever is repeated.
    let crowded = times
        .windows(41)
        .find(|window| window[40] - window[0] < Duration::from_millis(95));
    assert_eq!(crowded, None, "41 within 95 ms");
    let victim = by_address.get(&IpAddr::from([198, 18, 0, 5])).copied();
    assert_eq!(victim, Some(100), "the limit");
    assert!(by_address.values().all(|count| *count <= 100));
}
