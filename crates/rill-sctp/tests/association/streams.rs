use std::time::Duration;

use bytes::Bytes;
use rill_sctp::{Event, Ppid, Reliability, SendError, SendOptions, State, StreamId};

use crate::link::{Link, RELIABLE, pattern};

fn ids(streams: impl IntoIterator<Item = u16>) -> Vec<StreamId> {
    streams.into_iter().map(StreamId).collect()
}

#[test]
fn both_sides_reset_and_the_stream_can_be_used_again() {
    let mut link = Link::connected();
    link.send(0, 1, b"old");
    link.send(1, 1, b"old");
    link.run_until(|ends| ends.iter().all(|end| !end.messages.is_empty()));
    link.ends[0].association.reset_streams(link.now, &ids([1]));
    link.run_until(|ends| ends[1].has(&Event::StreamsReset(ids([1]))));
    link.ends[1].association.reset_streams(link.now, &ids([1]));
    link.run_until(|ends| {
        ends.iter().all(|end| {
            end.has(&Event::OutgoingReset(ids([1]))) && end.has(&Event::StreamsReset(ids([1])))
        })
    });
    link.send(0, 1, b"new");
    link.send(1, 1, b"new");
    link.run_until(|ends| ends.iter().all(|end| end.messages.len() == 2));
    assert!(link.ends.iter().all(|end| end.payloads()[1] == b"new"));
}

#[test]
fn both_sides_may_reset_at_the_same_time() {
    let mut link = Link::connected();
    for end in &mut link.ends {
        end.association.reset_streams(link.now, &ids([4, 2]));
    }
    link.run_until(|ends| {
        ends.iter().all(|end| {
            end.has(&Event::OutgoingReset(ids([2, 4])))
                && end.has(&Event::StreamsReset(ids([2, 4])))
        })
    });
}

#[test]
fn everything_sent_before_is_delivered_before() {
    for loss in [0, 50] {
        let mut link = Link::connected();
        link.loss = loss;
        for _ in 0..20 {
            link.send(0, 1, &pattern(40_000));
        }
        link.ends[0].association.reset_streams(link.now, &ids([1]));
        let refused = link.ends[0].association.send(
            link.now,
            StreamId(1),
            Ppid::BINARY,
            Bytes::from_static(b"too late"),
            RELIABLE,
        );
        assert_eq!(refused, Err(SendError::Resetting(StreamId(1))));
        link.send(0, 2, b"another stream goes on");
        link.run_until(|ends| ends[1].has(&Event::StreamsReset(ids([1]))));
        let of_stream = link.ends[1]
            .messages
            .iter()
            .filter(|m| m.stream == StreamId(1))
            .count();
        assert_eq!(of_stream, 20);
        link.run_until(|ends| ends[0].has(&Event::OutgoingReset(ids([1]))));
        link.send(0, 1, b"again");
    }
}

#[test]
fn more_resets_than_fit_in_a_packet() {
    let mut link = Link::connected();
    link.loss = 50;
    link.ends[0]
        .association
        .reset_streams(link.now, &ids(0..2000));
    let count = |events: &[Event]| -> usize {
        events
            .iter()
            .map(|event| match event {
                Event::StreamsReset(streams) => streams.len(),
                _ => 0,
            })
            .sum()
    };
    link.run_until(|ends| count(&ends[1].events) == 2000);
}

#[test]
fn a_reset_before_the_handshake_waits_for_it() {
    let mut link = Link::new();
    for end in &mut link.ends {
        end.association.connect(link.now);
    }
    link.send(0, 1, b"first");
    link.ends[0].association.reset_streams(link.now, &ids([1]));
    link.run_until(|ends| ends[1].has(&Event::StreamsReset(ids([1]))));
    assert_eq!(link.ends[1].payloads(), [b"first"]);
}

#[test]
fn resets_work_again_and_again() {
    let mut link = Link::connected();
    for round in 1..=50 {
        link.send(0, 1, b"round");
        link.ends[0].association.reset_streams(link.now, &ids([1]));
        link.run_until(|ends| {
            ends[0]
                .events
                .iter()
                .filter(|e| **e == Event::OutgoingReset(ids([1])))
                .count()
                == round
        });
        assert_eq!(link.ends[1].messages.len(), round);
    }
    link.run_for(Duration::from_secs(5));
    let resets = link.ends[1]
        .events
        .iter()
        .filter(|e| **e == Event::StreamsReset(ids([1])));
    assert_eq!(resets.count(), 50);
}

/// What waits on a stream may go by being given up instead of leaving; the reset must not miss it.
#[test]
fn a_reset_follows_a_message_that_expired_unsent() {
    let mut link = Link::connected();
    let short = SendOptions {
        ordered: true,
        reliability: Reliability::MaxLifetime(Duration::from_millis(1)),
    };
    link.send_with(0, 1, b"too late", short);
    link.now += Duration::from_millis(10);
    link.ends[0]
        .association
        .reset_streams(link.now, &[StreamId(1)]);
    link.run_for(Duration::from_secs(1));
    assert!(link.ends[0].has(&Event::OutgoingReset(vec![StreamId(1)])));
    assert!(link.ends[1].messages.is_empty());
    // The end of the association waits for it too.
    link.send_with(0, 1, b"too late", short);
    link.now += Duration::from_millis(10);
    link.ends[0].association.shutdown(link.now);
    link.run_for(Duration::from_secs(1));
    assert!(link.ends.iter().all(|end| end.state() == State::Closed));
}
