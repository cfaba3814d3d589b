use std::time::Duration;

use super::*;
use crate::testing::epoch;

const MS: Duration = Duration::from_millis(1);

fn queue(interleaved: bool) -> Queue {
    let mut queue = Queue::default();
    queue.agree(interleaved, true);
    queue
}

fn push(queue: &mut Queue, now: Instant, stream: u16, length: usize, reliability: Reliability) {
    let options = SendOptions {
        ordered: true,
        reliability,
    };
    let payload = Bytes::from(vec![7; length]);
    let message = Queued::new(now, Ppid::BINARY, payload, options);
    queue.push(StreamId(stream), message);
}

fn reliable(queue: &mut Queue, stream: u16, length: usize) {
    push(queue, epoch(), stream, length, Reliability::Reliable);
}

/// The next fragment: stream, message and length.
fn next(queue: &mut Queue, now: Instant, room: usize) -> Option<(u16, u32, usize)> {
    let (data, _) = queue.fragment(now, Tsn(0), room)?;
    Some((data.stream.0, data.message, data.payload.len()))
}

#[test]
fn fragments_fill_the_room_and_tell_their_place() {
    let mut queue = queue(true);
    reliable(&mut queue, 3, 2500);
    let fragments: Vec<_> = [1000, 1000, 1000]
        .into_iter()
        .map(|room| queue.fragment(epoch(), Tsn(0), room).expect("a fragment").0)
        .collect();
    let places: Vec<_> = fragments
        .iter()
        .map(|data| {
            let flags = data.flags;
            (
                flags.beginning,
                flags.end,
                data.fragment,
                data.payload.len(),
            )
        })
        .collect();
    let expected = [
        (true, false, 0, 1000),
        (false, false, 1, 1000),
        (false, true, 2, 500),
    ];
    assert_eq!(places, expected);
    assert!(queue.is_empty() && queue.buffered() == 0);
}

#[test]
fn no_crumbs_are_cut() {
    let mut queue = queue(true);
    reliable(&mut queue, 1, 1000);
    assert_eq!(next(&mut queue, epoch(), LEAST - 1), None);
    assert_eq!(next(&mut queue, epoch(), LEAST), Some((1, 0, LEAST)));
    // What is whole may be small.
    let mut queue = self::queue(true);
    reliable(&mut queue, 1, 5);
    assert_eq!(next(&mut queue, epoch(), 4), None);
    assert_eq!(next(&mut queue, epoch(), 5), Some((1, 0, 5)));
}

#[test]
fn streams_share_by_their_weights() {
    for interleaved in [true, false] {
        let mut queue = queue(interleaved);
        queue.set_weight(StreamId(1), 128);
        queue.set_weight(StreamId(2), 512);
        for _ in 0..100 {
            reliable(&mut queue, 1, 1000);
            reliable(&mut queue, 2, 1000);
        }
        let first: Vec<_> = std::iter::from_fn(|| next(&mut queue, epoch(), 500))
            .take(200)
            .collect();
        let of_two = first.iter().filter(|(stream, ..)| *stream == 2).count();
        assert!((155..=165).contains(&of_two), "{of_two} of 200");
    }
}

/// RFC 8260 §3: without interleaving a message goes on to its end, with it streams take turns.
#[test]
fn messages_interleave_only_where_agreed() {
    for interleaved in [true, false] {
        let mut queue = queue(interleaved);
        reliable(&mut queue, 1, 3000);
        reliable(&mut queue, 2, 3000);
        let streams: Vec<_> = std::iter::from_fn(|| next(&mut queue, epoch(), 1000))
            .map(|(stream, ..)| stream)
            .collect();
        let expected = if interleaved {
            [1, 2, 1, 2, 1, 2]
        } else {
            [1, 1, 1, 2, 2, 2]
        };
        assert_eq!(streams, expected);
    }
}

#[test]
fn an_idle_stream_saves_nothing_up() {
    let mut queue = queue(true);
    reliable(&mut queue, 1, 100_000);
    for _ in 0..50 {
        next(&mut queue, epoch(), 1000);
    }
    reliable(&mut queue, 2, 50_000);
    let streams: Vec<_> = std::iter::from_fn(|| next(&mut queue, epoch(), 1000))
        .take(20)
        .collect();
    let of_two = streams.iter().filter(|(stream, ..)| *stream == 2).count();
    assert!((9..=11).contains(&of_two), "{of_two} of 20");
}

#[test]
fn what_expires_before_it_leaves_is_not_sent() {
    let now = epoch();
    let mut queue = queue(false);
    push(&mut queue, now, 1, 10, Reliability::MaxLifetime(MS));
    push(&mut queue, now, 1, 20, Reliability::MaxLifetime(3 * MS));
    // It has no number: none is missing to the peer.
    assert_eq!(next(&mut queue, now + 2 * MS, 100), Some((1, 0, 20)));
    assert_eq!(queue.buffered_on(StreamId(1)), 0);
}

#[test]
fn what_has_begun_to_leave_does_not_expire_here() {
    let now = epoch();
    let mut queue = queue(false);
    push(&mut queue, now, 1, 500, Reliability::MaxLifetime(MS));
    assert_eq!(next(&mut queue, now, 400), Some((1, 0, 400)));
    assert_eq!(next(&mut queue, now + 2 * MS, 400), Some((1, 0, 100)));
}

/// RFC 3758: to a peer that cannot be told, everything is reliable.
#[test]
fn nothing_expires_without_partial_reliability() {
    let now = epoch();
    let mut queue = Queue::default();
    queue.agree(true, false);
    push(&mut queue, now, 1, 10, Reliability::MaxLifetime(MS));
    let (_, limit) = queue
        .fragment(now + 2 * MS, Tsn(0), 100)
        .expect("it leaves");
    assert_eq!(limit, Limit::None);
}

#[test]
fn the_rest_of_a_message_is_abandoned_by_its_number() {
    for interleaved in [false, true] {
        let now = epoch();
        let mut queue = queue(interleaved);
        push(&mut queue, now, 1, 3000, Reliability::MaxRetransmits(0));
        reliable(&mut queue, 1, 10);
        next(&mut queue, now, 1000);
        let one = StreamId(1);
        assert!(!queue.abandon(one, false, 1), "another");
        assert!(!queue.abandon(one, true, 0), "another kind");
        assert!(queue.abandon(one, false, 0));
        assert!(!queue.abandon(one, false, 0), "it is gone");
        assert_eq!(next(&mut queue, now, 1000), Some((1, 1, 10)));
    }
}

#[test]
fn falling_to_the_threshold_is_told_once() {
    let mut queue = queue(true);
    let one = StreamId(1);
    queue.set_low_threshold(one, 500);
    reliable(&mut queue, 1, 1000);
    next(&mut queue, epoch(), 400);
    assert_eq!(queue.poll_low(), None);
    next(&mut queue, epoch(), 200);
    assert_eq!(queue.poll_low(), Some(one));
    next(&mut queue, epoch(), 400);
    assert_eq!(queue.poll_low(), None);
}

#[test]
fn a_reset_begins_the_numbers_anew() {
    let mut queue = queue(true);
    for number in [0, 1] {
        reliable(&mut queue, 1, 10);
        assert_eq!(next(&mut queue, epoch(), 100), Some((1, number, 10)));
    }
    queue.reset(StreamId(1));
    reliable(&mut queue, 1, 10);
    assert_eq!(next(&mut queue, epoch(), 100), Some((1, 0, 10)));
}

/// RFC 3758 §4.1: what is next is known once what has expired before it is gone.
#[test]
fn what_is_late_is_found_behind_what_has_expired() {
    let mut queue = queue(true);
    let now = epoch();
    let lifetime = Reliability::MaxLifetime(10 * MS);
    push(&mut queue, now, 1, 2000, lifetime);
    assert_eq!(next(&mut queue, now, 1000), Some((1, 0, 1000)));
    push(&mut queue, now, 2, 100, lifetime);
    assert_eq!(queue.late(now + 10 * MS), None);
    let late = (StreamId(1), false, 0);
    assert_eq!(queue.late(now + 11 * MS), Some(late));
    assert!(queue.abandon(late.0, late.1, late.2));
    assert!(queue.is_empty());
}
