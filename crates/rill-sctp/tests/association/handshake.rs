use std::time::Duration;

use rill_sctp::{Config, Event, State};

use crate::link::{DELAY, Link};

fn connected_events(link: &Link, end: usize) -> usize {
    let events = link.ends[end].events.iter();
    events
        .filter(|event| matches!(event, Event::Connected { .. }))
        .count()
}

#[test]
fn both_connect_at_the_same_time() {
    let mut link = Link::new();
    let start = link.now;
    for end in &mut link.ends {
        end.association.connect(link.now);
        assert_eq!(end.state(), State::Connecting);
    }
    link.run_until(|ends| ends.iter().all(|end| end.state() == State::Connected));
    assert!(link.now - start <= DELAY * 4, "took {:?}", link.now - start);
    link.run_for(Duration::from_secs(60));
    for end in 0..2 {
        assert_eq!(connected_events(&link, end), 1);
        assert_eq!(link.ends[end].state(), State::Connected);
        assert_eq!(
            link.ends[end].association.max_streams(),
            Some((65535, 65535))
        );
    }
}

#[test]
fn one_side_is_enough() {
    let mut link = Link::new();
    link.ends[0].association.connect(link.now);
    link.run_until(|ends| ends.iter().all(|end| end.state() == State::Connected));
    link.send(1, 3, b"from the passive side");
    link.run_until(|ends| !ends[0].messages.is_empty());
}

#[test]
fn the_second_side_may_connect_much_later() {
    let mut link = Link::new();
    link.ends[0].association.connect(link.now);
    link.loss = 1000;
    link.run_for(Duration::from_secs(60));
    assert_eq!(
        link.ends[0].state(),
        State::Connecting,
        "never gives up by itself"
    );
    link.loss = 0;
    link.ends[1].association.connect(link.now);
    link.run_until(|ends| ends.iter().all(|end| end.state() == State::Connected));
}

#[test]
fn connects_under_heavy_loss() {
    let mut link = Link::new();
    link.loss = 300;
    link.ends
        .iter_mut()
        .for_each(|end| end.association.connect(link.now));
    link.run_until(|ends| ends.iter().all(|end| end.state() == State::Connected));
}

#[test]
fn what_is_sent_early_is_delivered_in_order() {
    let mut link = Link::new();
    for end in &mut link.ends {
        end.association.connect(link.now);
    }
    for from in 0..2 {
        link.send(from, 1, b"first");
        link.send(from, 1, b"second");
        assert_eq!(link.ends[from].association.total_buffered(), 11);
        let stream = rill_sctp::StreamId(1);
        assert_eq!(link.ends[from].association.buffered_amount(stream), 11);
    }
    link.run_until(|ends| ends.iter().all(|end| end.messages.len() == 2));
    for end in &link.ends {
        assert_eq!(end.payloads(), [b"first".as_slice(), b"second"]);
        assert_eq!(end.association.total_buffered(), 0);
    }
}

#[test]
fn the_same_seed_gives_the_same_packets() {
    let first_packets = || {
        let mut link = Link::new();
        let mut packets = Vec::new();
        for end in &mut link.ends {
            end.association.connect(link.now);
            let mut packet = Vec::new();
            assert!(end.association.poll_transmit(link.now, &mut packet));
            packets.push(packet);
        }
        packets
    };
    let packets = first_packets();
    assert_eq!(packets, first_packets());
    assert_ne!(packets[0], packets[1], "other seeds give others");
}

#[test]
fn the_ports_are_those_of_the_configuration() {
    let config = Config {
        local_port: 7,
        remote_port: 9,
        ..Config::default()
    };
    let other = Config {
        local_port: 9,
        remote_port: 7,
        ..Config::default()
    };
    let mut link = Link::with(config, other);
    link.connect();
    link.ends[0].association.abort(link.now);
    let mut packet = Vec::new();
    assert!(
        link.ends[0]
            .association
            .poll_transmit(link.now, &mut packet)
    );
    assert_eq!(packet[..4], [0, 7, 0, 9]);
}

#[test]
fn can_be_given_to_another_thread() {
    fn assert_send<T: Send>(_: &T) {}
    let mut link = Link::connected();
    assert_send(&link.ends[0].association);
    link = std::thread::spawn(move || {
        link.send(0, 1, b"from another thread");
        link.run_until(|ends| !ends[1].messages.is_empty());
        link
    })
    .join()
    .expect("the thread does not panic");
    link.send(1, 1, b"and back");
    link.run_until(|ends| !ends[0].messages.is_empty());
}
