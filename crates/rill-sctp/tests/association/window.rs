use std::time::Duration;

use bytes::Bytes;
use rill_sctp::{Config, Ppid, StreamId};

use crate::link::{DELAY, Link, RELIABLE, pattern};

const WINDOW: usize = 200_000;

fn small_window() -> Config {
    Config {
        max_message_size: 50_000,
        receive_window: WINDOW,
        ..Config::default()
    }
}

#[test]
fn unread_messages_hold_the_sender_back() {
    let mut link = Link::connected_with(Config::default(), small_window());
    link.ends[1].reads = false;
    for _ in 0..40 {
        link.send(0, 1, &pattern(50_000));
    }
    link.run_for(Duration::from_secs(60));
    let buffered = link.ends[0].association.buffered_amount(StreamId(1));
    assert!(
        buffered > 2_000_000 - WINDOW * 2,
        "only {buffered} bytes were held back"
    );
    link.ends[1].reads = true;
    link.run_until(|ends| ends[1].messages.len() == 40);
    assert_eq!(link.ends[0].association.total_buffered(), 0);
}

/// The peer learns at once that there is room, not by its next retransmission.
#[test]
fn reading_opens_the_window_at_once() {
    let mut link = Link::connected_with(Config::default(), small_window());
    link.ends[1].reads = false;
    for _ in 0..8 {
        link.send(0, 1, &pattern(50_000));
    }
    // Until the sender's probes are as rare as they get.
    link.run_for(Duration::from_secs(60));
    let probes = link.ends[0].packets;
    link.run_until(|ends| ends[0].packets > probes);
    link.run_for(DELAY * 3);
    let opened = link.now;
    let [probes, updates] = [link.ends[0].packets, link.ends[1].packets];
    link.ends[1].reads = true;
    link.collect();
    assert!(link.ends[1].packets > updates, "an update is sent");
    link.run_until(|ends| ends[0].packets > probes);
    assert_eq!(link.now - opened, DELAY, "and answered when it arrives");
    link.run_until(|ends| ends[1].messages.len() == 8);
    assert!(
        link.now - opened < Duration::from_secs(2),
        "took {:?}",
        link.now - opened
    );
}

#[test]
fn the_window_holds_the_largest_message_whatever_is_configured() {
    let config = Config {
        receive_window: 1,
        ..Config::default()
    };
    let mut link = Link::connected_with(Config::default(), config);
    link.send(0, 1, &pattern(256 * 1024));
    link.run_until(|ends| ends[1].messages.len() == 1);
}

#[test]
fn many_interleaved_large_messages_fit_in_the_default_window() {
    let mut link = Link::connected();
    let payload = Bytes::from(pattern(256 * 1024));
    for stream in 0..50 {
        let association = &mut link.ends[0].association;
        let sent = association.send(
            link.now,
            StreamId(stream),
            Ppid::BINARY,
            payload.clone(),
            RELIABLE,
        );
        assert_eq!(sent, Ok(()));
    }
    link.run_until(|ends| ends[1].messages.len() == 50);
}
