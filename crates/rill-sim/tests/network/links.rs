//! Delay, loss and their like, end to end.

use std::time::Duration;

use rill_sim::{Fate, Link, Rate};

use crate::probe::{A, B, Probe, SECOND, ip, pair, public, send_numbered, socket};

#[test]
fn a_datagram_takes_the_delay_of_both_links() {
    let (mut simulation, a, b) = pair(1, &Link::default());
    simulation.set_link(
        ip(A),
        &Link {
            delay: Duration::from_millis(30),
            ..Link::default()
        },
    );
    send_numbered(&mut simulation, a, 1);
    let start = simulation.start();
    let received = simulation.endpoint(b).only();
    assert_eq!(received.at - start, Duration::from_millis(35));
    assert_eq!(received.local, socket("198.51.100.2:2"));
    assert_eq!(received.remote, socket("198.51.100.1:1"));
}

#[test]
fn a_good_link_loses_and_reorders_nothing() {
    let jitter = Duration::from_millis(20);
    let (mut simulation, a, b) = pair(
        1,
        &Link {
            jitter,
            ..Link::default()
        },
    );
    send_numbered(&mut simulation, a, 200);
    assert!(simulation.endpoint(b).payloads().is_sorted());
    assert_eq!(simulation.endpoint(b).received.len(), 200);
}

#[test]
fn losses_are_lost_and_traced() {
    let (mut simulation, a, b) = pair(
        1,
        &Link {
            loss: 0.2,
            ..Link::default()
        },
    );
    send_numbered(&mut simulation, a, 200);
    let received = simulation.endpoint(b).received.len();
    assert!(
        (90..160).contains(&received),
        "{received} of 200 passed two links of 20 %"
    );
    assert_eq!(simulation.trace().count(Fate::Lost), 200 - received);
    assert_eq!(simulation.trace().count(Fate::Sent), 200);
}

#[test]
fn duplicates_and_reorderings_arrive() {
    let link = Link {
        duplication: 0.2,
        reordering: 0.2,
        ..Link::default()
    };
    let (mut simulation, a, b) = pair(1, &link);
    send_numbered(&mut simulation, a, 200);
    let payloads = simulation.endpoint(b).payloads();
    assert!(payloads.len() > 240, "{} datagrams", payloads.len());
    assert!(!payloads.is_sorted());
}

#[test]
fn the_mtu_counts_ip_and_udp_headers() {
    let link = Link {
        mtu: 1280,
        ..Link::default()
    };
    let (mut simulation, a, b) = pair(1, &link);
    let c = simulation.add_host(public("c", "2001:db8::1", &link), Probe::new);
    let d = simulation.add_host(public("d", "2001:db8::2", &link), Probe::new);
    let ways = [
        (
            a,
            b,
            socket("198.51.100.1:1"),
            socket("198.51.100.2:2"),
            1252,
        ),
        (
            c,
            d,
            socket("[2001:db8::1]:1"),
            socket("[2001:db8::2]:2"),
            1232,
        ),
    ];
    for (sender, receiver, from, to, largest) in ways {
        simulation
            .endpoint_mut(sender)
            .send(from, to, &vec![0; largest]);
        simulation
            .endpoint_mut(sender)
            .send(from, to, &vec![0; largest + 1]);
        simulation.run_for(SECOND);
        assert_eq!(simulation.endpoint(receiver).only().bytes.len(), largest);
        assert!(
            simulation.endpoint(sender).refused.is_empty(),
            "they vanish silently"
        );
    }
    assert_eq!(simulation.trace().count(Fate::TooLarge), 2);
}

#[test]
fn a_slow_link_delays_and_drops() {
    // 32 bytes per datagram with its headers: 10 ms each, four of them in the queue.
    let rate = Some(Rate {
        bytes_per_second: 2900,
        queue: 116,
    });
    let (mut simulation, a, b) = pair(1, &Link::default());
    simulation.set_link(
        ip(B),
        &Link {
            rate,
            ..Link::default()
        },
    );
    send_numbered(&mut simulation, a, 10);
    let received = simulation.endpoint(b).received.len();
    assert_eq!(simulation.trace().count(Fate::QueueFull), 10 - received);
    assert!((4..=5).contains(&received), "{received}");
    let gaps = simulation
        .endpoint(b)
        .received
        .windows(2)
        .map(|pair| pair[1].at - pair[0].at);
    assert!(gaps.into_iter().all(|gap| gap == Duration::from_millis(10)));
}
