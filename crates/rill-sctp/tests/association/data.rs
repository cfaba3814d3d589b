use std::time::Duration;

use bytes::Bytes;
use rill_sctp::{Config, Event, Ppid, Reliability, SendError, SendOptions, StreamId};

use crate::link::{DELAY, Link, RELIABLE, pattern};

const STREAM: StreamId = StreamId(1);

#[test]
fn messages_keep_stream_kind_and_payload() {
    let mut link = Link::connected();
    let sent = [
        (0, Ppid::DCEP, 1),
        (1, Ppid::STRING, 1199),
        (7, Ppid::BINARY, 70_000),
    ];
    for (stream, ppid, length) in sent {
        let payload = Bytes::from(pattern(length));
        let association = &mut link.ends[0].association;
        association
            .send(link.now, StreamId(stream), ppid, payload, RELIABLE)
            .unwrap();
    }
    link.run_until(|ends| ends[1].messages.len() == 3);
    for (stream, ppid, length) in sent {
        let mut messages = link.ends[1].messages.iter();
        let message = messages
            .find(|message| message.stream == StreamId(stream))
            .unwrap();
        assert_eq!(message.ppid, ppid);
        assert_eq!(message.payload, pattern(length));
    }
}

#[test]
fn the_largest_message_arrives_whole_both_ways() {
    let mut link = Link::connected();
    let message = pattern(256 * 1024);
    link.send(0, 1, &message);
    link.send(1, 1, &message);
    link.run_until(|ends| ends.iter().all(|end| end.messages.len() == 1));
    assert!(
        link.ends
            .iter()
            .all(|end| end.messages[0].payload == message)
    );
}

#[test]
fn packets_leave_room_for_dtls() {
    let small = Config {
        max_mtu: 0,
        ..Config::default()
    };
    let mut link = Link::connected_with(small, Config::default());
    link.send(0, 1, &pattern(256 * 1024));
    link.run_until(|ends| ends[1].messages.len() == 1);
    // 37: the overhead of a DTLS 1.2 record.
    assert!(
        link.ends[0].longest + 37 <= 1200,
        "{}",
        link.ends[0].longest
    );
    assert!(
        link.ends[0].longest > 1100,
        "and are used well: {}",
        link.ends[0].longest
    );
}

#[test]
fn loss_neither_loses_nor_reorders() {
    let mut link = Link::connected();
    link.loss = 50;
    for number in 0..500_u32 {
        let mut payload = number.to_be_bytes().to_vec();
        payload.resize(4 + number as usize * 7, 0);
        link.send(0, 1, &payload);
    }
    link.run_until(|ends| ends[1].messages.len() == 500);
    for (number, payload) in (0_u32..).zip(link.ends[1].payloads()) {
        assert_eq!(payload[..4], number.to_be_bytes());
        assert_eq!(payload.len(), 4 + number as usize * 7);
    }
}

#[test]
fn unordered_messages_overtake_ordered_ones_do_not() {
    for ordered in [true, false] {
        let mut link = Link::connected();
        let options = SendOptions {
            ordered,
            reliability: Reliability::Reliable,
        };
        link.loss = 1000;
        link.send_with(0, 1, b"lost at first", options);
        link.collect();
        link.loss = 0;
        link.send_with(0, 1, b"second", options);
        link.run_until(|ends| ends[1].messages.len() == 2);
        let first: &[u8] = if ordered { b"lost at first" } else { b"second" };
        assert_eq!(link.ends[1].payloads()[0], first);
    }
}

#[test]
fn max_retransmits_zero_is_sent_once() {
    let mut link = Link::connected();
    let once = SendOptions {
        ordered: true,
        reliability: Reliability::MaxRetransmits(0),
    };
    link.loss = 1000;
    link.send_with(0, 1, b"lost for ever", once);
    link.collect();
    link.loss = 0;
    link.run_for(Duration::from_secs(10));
    link.send_with(0, 1, b"next", once);
    link.run_until(|ends| !ends[1].messages.is_empty());
    link.run_for(Duration::from_secs(10));
    assert_eq!(link.ends[1].payloads(), [b"next"]);
}

#[test]
fn max_lifetime_ends_the_retransmissions() {
    let mut link = Link::connected();
    let short = Reliability::MaxLifetime(Duration::from_millis(800));
    link.loss = 1000;
    link.send_with(
        0,
        1,
        b"lost",
        SendOptions {
            ordered: false,
            reliability: short,
        },
    );
    link.run_for(Duration::from_millis(900));
    link.loss = 0;
    link.send(0, 1, b"next");
    link.run_for(Duration::from_secs(20));
    assert_eq!(link.ends[1].payloads(), [b"next"]);
    // Within its lifetime it is repeated.
    link.loss = 1000;
    link.send_with(
        0,
        1,
        b"lost at first",
        SendOptions {
            ordered: false,
            reliability: short,
        },
    );
    link.collect();
    link.loss = 0;
    link.run_for(Duration::from_secs(20));
    assert_eq!(
        link.ends[1].payloads(),
        [b"next".as_slice(), b"lost at first"]
    );
}

#[test]
fn a_small_message_passes_a_large_one_on_another_stream() {
    let mut link = Link::connected();
    link.send(0, 1, &pattern(256 * 1024));
    link.send(0, 2, b"small");
    link.run_until(|ends| ends[1].messages.len() == 2);
    assert_eq!(link.ends[1].messages[0].stream, StreamId(2), "RFC 8260");
}

#[test]
fn priority_shares_the_capacity() {
    let mut link = Link::connected();
    let [low, high] = [1, 2];
    link.ends[0].association.set_priority(StreamId(low), 128);
    link.ends[0].association.set_priority(StreamId(high), 1024);
    for _ in 0..20 {
        link.send(0, low, &pattern(50_000));
        link.send(0, high, &pattern(50_000));
    }
    link.run_until(|ends| ends[1].messages.len() >= 20);
    let high_ones = link.ends[1]
        .messages
        .iter()
        .filter(|m| m.stream == StreamId(high))
        .count();
    assert!(high_ones >= 16, "{high_ones} of the first 20");
}

#[test]
fn buffered_amount_falls_as_data_leaves() {
    let mut link = Link::connected();
    link.ends[0]
        .association
        .set_buffered_amount_low_threshold(STREAM, 100_000);
    let message = pattern(200_000);
    link.send(0, 1, &message);
    link.send(0, 2, &message);
    link.collect();
    let association = &link.ends[0].association;
    let first = association.buffered_amount(STREAM);
    assert!(
        (100_001..200_000).contains(&first),
        "{first}: the window's worth has left"
    );
    assert!(association.total_buffered() > first);
    link.run_until(|ends| ends[0].has(&Event::BufferedAmountLow(STREAM)));
    assert!(link.ends[0].association.buffered_amount(STREAM) <= 100_000);
    link.run_until(|ends| ends[1].messages.len() == 2);
    assert_eq!(link.ends[0].association.total_buffered(), 0);
}

#[test]
fn sending_stops_at_the_limit_and_goes_on_below_it() {
    let config = Config {
        send_buffer_limit: 300_000,
        ..Config::default()
    };
    for connected in [false, true] {
        let mut link = Link::with(config.clone(), Config::default());
        if connected {
            link.connect();
        } else {
            link.ends
                .iter_mut()
                .for_each(|end| end.association.connect(link.now));
        }
        let message = Bytes::from(pattern(256 * 1024));
        let send = |link: &mut Link| {
            let association = &mut link.ends[0].association;
            association.send(link.now, STREAM, Ppid::BINARY, message.clone(), RELIABLE)
        };
        let accepted = std::iter::from_fn(|| send(&mut link).ok())
            .take(100)
            .count();
        assert_eq!(accepted, 2);
        let full = send(&mut link).unwrap_err();
        assert!(
            matches!(full, SendError::BufferFull { limit: 300_000, .. }),
            "{full}"
        );
        link.run_until(|ends| ends[1].messages.len() == 2);
        assert_eq!(send(&mut link), Ok(()));
    }
}

#[test]
fn what_cannot_be_sent_is_refused() {
    let mut link = Link::connected();
    let mut send = |stream, payload: &'static [u8]| {
        let association = &mut link.ends[0].association;
        let payload = Bytes::from_static(payload);
        association.send(link.now, StreamId(stream), Ppid::BINARY, payload, RELIABLE)
    };
    assert_eq!(send(1, b""), Err(SendError::Empty));
    let stream = StreamId(65535);
    assert_eq!(
        send(65535, b"x"),
        Err(SendError::NoSuchStream {
            stream,
            limit: 65535
        })
    );
    assert_eq!(send(65534, b"x"), Ok(()));
}

#[test]
fn a_message_above_our_limit_is_reported_and_dropped() {
    let small = Config {
        max_message_size: 1000,
        ..Config::default()
    };
    let mut link = Link::connected_with(Config::default(), small);
    link.send(0, 1, &pattern(1001));
    link.send(0, 1, &pattern(1000));
    link.run_until(|ends| !ends[1].messages.is_empty());
    assert_eq!(link.ends[1].messages[0].payload.len(), 1000);
    assert!(link.ends[1].has(&Event::MessageTooLarge {
        stream: STREAM,
        length: 1001
    }));
}

/// `send` is the first call after a long silence, during which nobody called `handle_timeout`: the
/// retransmission timer must count from now.
#[test]
fn a_clock_that_stood_still_causes_no_retransmission() {
    let mut link = Link::connected();
    link.now += Duration::from_secs(25);
    let before = link.ends[0].packets;
    link.send(0, 1, b"after a while");
    link.collect();
    let due = link.ends[0]
        .association
        .poll_timeout()
        .expect("the timer runs");
    assert!(
        due >= link.now + Duration::from_millis(300),
        "due in {:?}",
        due - link.now
    );
    link.run_for(Duration::from_secs(5));
    assert_eq!(link.ends[1].payloads(), [b"after a while"]);
    assert_eq!(link.ends[0].packets, before + 1);
}

#[test]
fn a_clock_that_goes_backwards_is_harmless() {
    let mut link = Link::connected();
    let earlier = link.now - Duration::from_millis(400);
    let association = &mut link.ends[0].association;
    let payload = Bytes::from_static(b"back then");
    association
        .send(earlier, STREAM, Ppid::BINARY, payload, RELIABLE)
        .unwrap();
    link.collect();
    let association = &link.ends[0].association;
    assert!(association.poll_timeout().expect("the timer runs") > link.now);
    link.run_until(|ends| !ends[1].messages.is_empty());
}

/// ICE consent gives the path 30 seconds; so must we, and then go on soon.
#[test]
fn survives_a_dead_link_for_28_seconds() {
    let mut link = Link::connected();
    link.send(0, 1, &pattern(250_000));
    link.run_for(DELAY * 3);
    link.loss = 1000;
    link.run_for(Duration::from_secs(28));
    link.loss = 0;
    let back = link.now;
    link.run_until(|ends| !ends[1].messages.is_empty());
    assert!(
        link.now - back < Duration::from_secs(5),
        "took {:?}",
        link.now - back
    );
    assert_eq!(link.ends[1].messages[0].payload, pattern(250_000));
}

#[test]
fn an_idle_association_is_silent() {
    let mut link = Link::connected();
    let before = link.ends[0].packets + link.ends[1].packets;
    link.run_for(Duration::from_secs(3600));
    assert_eq!(link.ends[0].packets + link.ends[1].packets, before);
    assert_eq!(link.ends[0].association.poll_timeout(), None);
}
