use std::time::Duration;

use super::*;
use crate::message::Ppid;
use crate::testing::epoch;
use crate::wire::{DataFlags, HEADER, Header, Skipped, chunks};

/// Near the wrap.
const FIRST: Tsn = Tsn(u32::MAX - 1);
const WINDOW: usize = 10_000;
const LARGEST: usize = 4000;

fn inbound(interleaved: bool) -> Inbound {
    Inbound::new(FIRST, interleaved, WINDOW, LARGEST)
}

/// The first but so many chunks.
fn tsn(place: u32) -> Tsn {
    FIRST.plus(place)
}

/// A whole ordered message on stream 1.
fn whole(place: u32, message: u32, payload: &[u8]) -> Data<&[u8]> {
    fragment(place, 1, message, (true, true), payload)
}

fn fragment(
    place: u32,
    stream: u16,
    message: u32,
    (beginning, end): (bool, bool),
    payload: &[u8],
) -> Data<&[u8]> {
    Data {
        tsn: tsn(place),
        stream: StreamId(stream),
        flags: DataFlags {
            beginning,
            end,
            ..DataFlags::default()
        },
        message,
        fragment: 0,
        ppid: Ppid::BINARY,
        payload,
    }
}

fn unordered(mut data: Data<&[u8]>) -> Data<&[u8]> {
    data.flags.unordered = true;
    data
}

fn numbered(mut data: Data<&[u8]>, fragment: u32) -> Data<&[u8]> {
    data.fragment = fragment;
    data
}

fn take(inbound: &mut Inbound, data: &Data<&[u8]>) {
    inbound.handle_data(data).expect("it has a payload");
}

fn payloads(inbound: &mut Inbound) -> Vec<Vec<u8>> {
    let received = std::iter::from_fn(|| inbound.next());
    received
        .map(|received| match received {
            Received::Message(message) => message.payload.to_vec(),
            Received::TooLarge { .. } => b"too large".to_vec(),
        })
        .collect()
}

fn sack(inbound: &mut Inbound) -> Sack<Vec<std::ops::RangeInclusive<u16>>> {
    let mut out = Vec::new();
    let header = Header {
        source_port: 1,
        destination_port: 2,
        verification_tag: 3,
    };
    let mut writer = Writer::new(&mut out, header, 1200);
    assert!(inbound.write_sack(&mut writer));
    writer.finish(false);
    let chunk = chunks(&out[HEADER..]).next().expect("a chunk");
    Sack::parse(chunk.value).expect("a SACK")
}

#[test]
fn gaps_are_told_and_close() {
    let mut inbound = inbound(false);
    for place in [1, 2, 4, 7] {
        take(&mut inbound, &unordered(whole(place, 0, b"x")));
    }
    let told = sack(&mut inbound);
    assert_eq!(told.cumulative, tsn(0).minus(1));
    assert_eq!(told.gaps, [2..=3, 5..=5, 8..=8]);
    for place in [0, 3] {
        take(&mut inbound, &unordered(whole(place, 0, b"x")));
    }
    let told = sack(&mut inbound);
    assert_eq!((told.cumulative, told.gaps), (tsn(4), vec![3..=3]));
}

/// What fills a gap makes ranges fewer, and what goes on behind the last no more: a sender that has lost
/// much would else repeat it all in vain.
#[test]
fn only_what_adds_a_range_is_refused_when_there_are_too_many() {
    let mut inbound = inbound(false);
    inbound.window = 1 << 20;
    let take = |inbound: &mut Inbound, place| {
        take(inbound, &unordered(whole(place, 0, b"x")));
        inbound.beyond.contains(tsn(place))
    };
    let last = 3 * MAX_RANGES as u32;
    for place in 1..=MAX_RANGES as u32 {
        assert!(take(&mut inbound, 3 * place), "{place}");
    }
    assert!(!take(&mut inbound, last + 2), "a range more");
    assert!(take(&mut inbound, last + 1), "the last goes on");
    assert!(take(&mut inbound, 5), "another begins earlier");
    assert!(take(&mut inbound, 4), "a gap is filled");
    assert!(take(&mut inbound, last + 3), "there is one fewer");
}

#[test]
fn what_comes_twice_is_told_at_once_and_delivered_once() {
    let now = epoch();
    let mut inbound = inbound(false);
    take(&mut inbound, &whole(0, 0, b"a"));
    take(&mut inbound, &unordered(whole(2, 1, b"b")));
    inbound.end_of_packet(now);
    assert_eq!(sack(&mut inbound).duplicates, []);
    for place in [0, 2] {
        take(&mut inbound, &whole(place, 0, b"again"));
    }
    inbound.end_of_packet(now);
    assert!(inbound.owes_sack(now));
    assert_eq!(sack(&mut inbound).duplicates, [tsn(0), tsn(2)]);
    assert_eq!(payloads(&mut inbound), [b"a", b"b"]);
}

/// RFC 9260 §5.1, §6.2: the first at once, then at least every second packet, and soon.
#[test]
fn every_second_packet_is_acknowledged_at_once() {
    let now = epoch();
    let mut inbound = inbound(false);
    let arrives = |inbound: &mut Inbound, number| {
        take(inbound, &whole(number, number, b"x"));
        inbound.end_of_packet(now);
    };
    arrives(&mut inbound, 0);
    assert!(inbound.owes_sack(now));
    sack(&mut inbound);
    arrives(&mut inbound, 1);
    assert!(inbound.may_sack() && !inbound.owes_sack(now));
    let due = inbound.poll_timeout().expect("it is owed later");
    assert!(due > now && due <= now + Duration::from_millis(500));
    assert!(inbound.owes_sack(due));
    arrives(&mut inbound, 2);
    assert!(inbound.owes_sack(now));
    sack(&mut inbound);
    assert!(!inbound.may_sack());
    assert_eq!(inbound.poll_timeout(), None);
    // RFC 7053, and RFC 9260 §6.7: a sender that asks for it, and a gap.
    let mut asks = whole(3, 3, b"x");
    asks.flags.immediate = true;
    take(&mut inbound, &asks);
    inbound.end_of_packet(now);
    assert!(inbound.owes_sack(now));
    sack(&mut inbound);
    arrives(&mut inbound, 5);
    assert!(inbound.owes_sack(now));
}

#[test]
fn ordered_messages_wait_and_unordered_do_not() {
    for interleaved in [false, true] {
        let mut inbound = inbound(interleaved);
        take(&mut inbound, &whole(1, 1, b"second"));
        take(&mut inbound, &unordered(whole(2, 0, b"free")));
        assert_eq!(payloads(&mut inbound), [b"free"]);
        take(&mut inbound, &whole(0, 0, b"first"));
        assert_eq!(payloads(&mut inbound), [&b"first"[..], b"second"]);
    }
}

/// Stream sequence numbers have 16 bits.
#[test]
fn sequence_numbers_wrap() {
    let mut inbound = inbound(false);
    for number in 0..70_000_u32 {
        take(&mut inbound, &whole(number, number & 0xffff, b"x"));
        assert_eq!(payloads(&mut inbound).len(), 1, "{number}");
    }
}

#[test]
fn fragments_join_in_any_order() {
    let places: [[u32; 4]; 4] = [[0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 0, 2], [2, 0, 3, 1]];
    for interleaved in [false, true] {
        for order in places {
            let mut inbound = inbound(interleaved);
            for place in order {
                let ends = (place == 0, place == 3);
                let payload = [b'a' + place as u8];
                let data = fragment(place, 1, 0, ends, &payload);
                take(&mut inbound, &numbered(data, place));
            }
            assert_eq!(payloads(&mut inbound), [b"abcd"], "{order:?}");
            assert_eq!(inbound.held(), 0);
        }
    }
}

#[test]
fn messages_interleave_by_stream() {
    let mut inbound = inbound(true);
    let (first, last) = ((true, false), (false, true));
    take(&mut inbound, &fragment(0, 1, 0, first, b"a"));
    take(&mut inbound, &fragment(1, 2, 0, first, b"c"));
    take(&mut inbound, &unordered(fragment(2, 1, 0, first, b"e")));
    take(&mut inbound, &numbered(fragment(3, 1, 0, last, b"b"), 1));
    let last_free = unordered(numbered(fragment(4, 1, 0, last, b"f"), 1));
    take(&mut inbound, &last_free);
    take(&mut inbound, &numbered(fragment(5, 2, 0, last, b"d"), 1));
    assert_eq!(payloads(&mut inbound), [b"ab", b"ef", b"cd"]);
}

#[test]
fn without_room_only_gaps_are_filled() {
    let mut inbound = inbound(false);
    let payload = [7; 1000];
    for number in 0..20 {
        // Number 3 is late.
        if number != 3 {
            take(&mut inbound, &whole(number, number, &payload));
        }
    }
    let told = sack(&mut inbound);
    assert_eq!(told.window, 0);
    let (cumulative, last) = (told.cumulative, told.gaps[0].end());
    assert_eq!(cumulative, tsn(2));
    let held = usize::from(*last) * 1000;
    assert!((WINDOW - 4000..WINDOW + 2000).contains(&held), "{held}");
    take(&mut inbound, &whole(3, 3, &payload));
    assert_eq!(sack(&mut inbound).cumulative, tsn(2 + u32::from(*last)));
    assert_eq!(payloads(&mut inbound).len(), 3 + usize::from(*last));
    assert_eq!(sack(&mut inbound).window as usize, WINDOW);
}

/// RFC 9260 §6.2: the peer is told of room when there is some worth telling of.
#[test]
fn reading_tells_of_room() {
    let now = epoch();
    let mut inbound = inbound(false);
    for number in 0..12 {
        take(&mut inbound, &whole(number, number, &[7; 1000]));
    }
    inbound.end_of_packet(now);
    let told = sack(&mut inbound).window;
    assert_eq!(told, 0);
    inbound.next();
    assert!(!inbound.owes_sack(now), "not of crumbs");
    for _ in 0..4 {
        inbound.next();
    }
    assert!(inbound.owes_sack(now));
}

#[test]
fn numbers_too_far_ahead_are_dropped() {
    let mut inbound = inbound(false);
    take(&mut inbound, &unordered(whole(65_535, 0, b"x")));
    assert_eq!(sack(&mut inbound).gaps, []);
    take(&mut inbound, &unordered(whole(65_534, 0, b"x")));
    assert_eq!(sack(&mut inbound).gaps, [65_535..=65_535]);
}

#[test]
fn a_message_above_the_limit_is_counted_and_not_kept() {
    let mut inbound = inbound(false);
    let payload = [7; 1000];
    for place in 0..9 {
        let ends = (place == 0, place == 8);
        take(&mut inbound, &fragment(place, 1, 0, ends, &payload));
        assert!(inbound.held() <= LARGEST + 1000);
    }
    let too_large = Received::TooLarge {
        stream: StreamId(1),
        length: 9000,
    };
    assert_eq!(inbound.next(), Some(too_large));
    take(&mut inbound, &whole(9, 1, b"next"));
    assert_eq!(payloads(&mut inbound), [b"next"]);
}

fn forward(place: u32, skipped: &[(u16, bool, u32)]) -> ForwardTsn {
    let skipped = skipped.iter().map(|&(stream, unordered, message)| Skipped {
        stream: StreamId(stream),
        unordered,
        message,
    });
    ForwardTsn {
        cumulative: tsn(place),
        skipped: skipped.collect(),
    }
}

/// RFC 3758 §3.6: what waited for what was given up is delivered, what was begun is dropped.
#[test]
fn what_is_given_up_is_not_waited_for() {
    for interleaved in [false, true] {
        let mut inbound = inbound(interleaved);
        take(&mut inbound, &fragment(0, 1, 0, (true, false), b"part"));
        take(&mut inbound, &whole(2, 1, b"second"));
        take(&mut inbound, &whole(4, 3, b"fourth"));
        inbound.handle_forward_tsn(&forward(1, &[(1, false, 0)]));
        assert_eq!(inbound.cumulative(), tsn(2));
        assert_eq!(payloads(&mut inbound), [b"second"]);
        inbound.handle_forward_tsn(&forward(3, &[(1, false, 2)]));
        assert_eq!(payloads(&mut inbound), [b"fourth"]);
        assert_eq!((inbound.cumulative(), inbound.held()), (tsn(4), 0));
        // An old one, and one again.
        inbound.handle_forward_tsn(&forward(3, &[(1, false, 9)]));
        take(&mut inbound, &whole(5, 4, b"fifth"));
        assert_eq!(payloads(&mut inbound), [b"fifth"]);
    }
}

/// Only what is ahead, and not too far, is gone along with (RFC 3758 §3.6).
#[test]
fn a_peer_gives_up_what_is_next_and_neither_before_nor_far_away() {
    // Counted from the cumulative number: where it is then, and whether what waited behind the
    // message that was given up is delivered.
    let (half, delivered) = (1 << 31, true);
    for (ahead, cumulative, third) in [
        (0, 0, !delivered),
        (1, 2, delivered),
        (2, 2, delivered),
        (3, 3, delivered),
        (65_535, 65_535, delivered),
        (65_536, 0, !delivered),
        (half - 1, 0, !delivered),
        (half, 0, !delivered),
        (half + 1, 0, !delivered),
        (u32::MAX, 0, !delivered),
    ] {
        for interleaved in [false, true] {
            let mut inbound = inbound(interleaved);
            take(&mut inbound, &whole(0, 0, b"first"));
            take(&mut inbound, &whole(2, 2, b"third"));
            assert_eq!(payloads(&mut inbound), [b"first"]);
            inbound.handle_forward_tsn(&forward(ahead, &[(1, false, 1)]));
            assert_eq!(sack(&mut inbound).cumulative, tsn(cumulative), "{ahead}");
            let expected: &[&[u8]] = if third { &[b"third"] } else { &[] };
            assert_eq!(payloads(&mut inbound), expected, "{ahead}");
            // The association goes on.
            let next = cumulative.wrapping_add(1);
            take(&mut inbound, &unordered(whole(next, 0, b"next")));
            assert_eq!(payloads(&mut inbound).pop(), Some(b"next".to_vec()));
        }
    }
}

#[test]
fn given_up_unordered_messages_are_dropped_by_number() {
    let mut inbound = inbound(true);
    let part = |place, stream| unordered(fragment(place, stream, 0, (true, false), b"part"));
    take(&mut inbound, &part(0, 1));
    take(&mut inbound, &part(1, 2));
    inbound.handle_forward_tsn(&forward(2, &[(1, true, 0)]));
    let last = numbered(fragment(3, 2, 0, (false, true), b"s"), 1);
    take(&mut inbound, &unordered(last));
    assert_eq!(payloads(&mut inbound), [b"parts"]);
    assert_eq!(inbound.held(), 0);
}

fn reset(place: u32, streams: &[u16]) -> Reset {
    Reset::new(tsn(place), streams.iter().copied().map(StreamId).collect())
}

/// RFC 6525 §5.2.2: a reset waits for what was sent before it, and what is behind it for the reset.
#[test]
fn a_reset_is_deferred_until_all_has_arrived() {
    let mut inbound = inbound(false);
    take(&mut inbound, &whole(0, 0, b"a"));
    assert!(!inbound.reset(reset(1, &[1])));
    assert_eq!(inbound.take_due_reset(), None);
    take(&mut inbound, &whole(2, 0, b"new"));
    take(&mut inbound, &fragment(3, 2, 0, (true, true), b"other"));
    assert_eq!(sack(&mut inbound).gaps, [3..=3], "of the other stream only");
    take(&mut inbound, &whole(1, 1, b"b"));
    let due = inbound.take_due_reset().expect("it is due");
    assert!(inbound.reset(due));
    take(&mut inbound, &whole(2, 0, b"new"));
    let all = [&b"a"[..], b"other", b"b", b"new"];
    assert_eq!(payloads(&mut inbound), all);
}

#[test]
fn a_reset_of_no_stream_is_one_of_all() {
    let mut inbound = inbound(true);
    for (place, stream) in [(0, 1), (1, 2)] {
        take(
            &mut inbound,
            &fragment(place, stream, 0, (true, true), b"old"),
        );
    }
    assert!(inbound.reset(reset(1, &[])));
    for (place, stream) in [(2, 1), (3, 2)] {
        take(
            &mut inbound,
            &fragment(place, stream, 0, (true, true), b"new"),
        );
    }
    assert_eq!(payloads(&mut inbound), [b"old", b"old", b"new", b"new"]);
}

#[test]
fn a_chunk_without_payload_is_refused() {
    let mut inbound = inbound(false);
    let empty = whole(0, 0, b"");
    assert_eq!(inbound.handle_data(&empty), Err(NoUserData(tsn(0))));
}
