use std::ops::RangeInclusive;
use std::time::Duration;

use super::*;
use crate::message::Ppid;
use crate::recovery::Rtt;
use crate::send::acknowledged::Change;
use crate::testing::epoch;
use crate::wire::{DataFlags, Sack, Skipped};

/// Near the wrap.
const FIRST: Tsn = Tsn(u32::MAX - 1);
const MS: Duration = Duration::from_millis(1);
const RTT: Duration = Duration::from_millis(40);
/// With what counts as its header.
const SIZE: usize = 120;

struct Sender {
    now: Instant,
    rtt: Rtt,
    outstanding: Outstanding,
}

impl Sender {
    /// With so many whole messages on their way, sent a millisecond apart.
    fn with(messages: u32, limit: Limit) -> Self {
        let mut sender = Self {
            now: epoch(),
            rtt: Rtt::new(),
            outstanding: Outstanding::new(FIRST),
        };
        for number in 0..messages {
            sender.send(number, (true, true), limit);
            sender.now += MS;
        }
        sender.now += RTT;
        sender
    }

    fn send(&mut self, message: u32, (beginning, end): (bool, bool), limit: Limit) {
        let data = Data {
            tsn: self.outstanding.next_tsn(),
            stream: StreamId(1),
            flags: DataFlags {
                beginning,
                end,
                ..DataFlags::default()
            },
            message,
            fragment: 0,
            ppid: Ppid::BINARY,
            payload: Bytes::from_static(&[7; 100]),
        };
        self.outstanding.sent(self.now, data, limit);
    }

    /// Takes a SACK for the first `count`, and these beyond.
    fn sack(&mut self, count: u32, gaps: &[RangeInclusive<u16>]) -> Option<Change> {
        let sack = Sack {
            cumulative: FIRST.plus(count).minus(1),
            window: 1 << 20,
            gaps: gaps.to_vec(),
            duplicates: Vec::new(),
        };
        self.outstanding.handle_sack(self.now, &sack, &mut self.rtt)
    }

    /// The numbers of what leaves again, counted from the first.
    fn repeated(&mut self) -> Vec<u32> {
        let again = std::iter::from_fn(|| self.outstanding.retransmit(self.now, 1000));
        again.map(|data| data.tsn.since(FIRST)).collect()
    }
}

#[test]
fn what_is_acknowledged_is_counted_once() {
    let mut sender = Sender::with(6, Limit::None);
    assert_eq!(sender.outstanding.in_flight(), 6 * SIZE);
    let change = sender.sack(1, &[2..=3]).expect("it is news");
    assert_eq!((change.acked, change.progress), (3 * SIZE, true));
    assert_eq!(sender.rtt.smoothed(), change.rtt);
    let change = sender.sack(1, &[2..=3]).expect("it is no old one");
    assert_eq!((change.acked, change.progress), (0, false));
    let change = sender.sack(6, &[]).expect("it is news");
    assert_eq!(change.acked, 3 * SIZE);
    assert!(sender.outstanding.is_empty());
    assert_eq!(sender.outstanding.in_flight(), 0);
    assert_eq!(sender.outstanding.in_flight_payload(), 0);
    assert_eq!(sender.outstanding.delivered(), 6 * SIZE as u64);
}

#[test]
fn old_and_impossible_sacks_change_nothing() {
    let mut sender = Sender::with(4, Limit::None);
    sender.sack(2, &[]);
    let flying = sender.outstanding.in_flight();
    assert!(sender.sack(1, &[]).is_none(), "an old one");
    assert!(sender.sack(5, &[]).is_none(), "of what was never sent");
    assert!(sender.sack(2, &[2..=3]).is_none(), "beyond what was sent");
    assert!(sender.sack(1 << 31, &[]).is_none());
    assert_eq!(sender.outstanding.in_flight(), flying);
}

/// Half of all numbers away a number is neither before nor after (RFC 1982 §3.2).
#[test]
fn a_sack_from_half_of_all_numbers_away_changes_nothing() {
    for messages in [0, 1, 6] {
        let mut sender = Sender::with(messages, Limit::None);
        for away in [(1 << 31) - 1, 1 << 31, (1 << 31) + 1] {
            for from in [0, messages] {
                assert!(sender.sack(from + away, &[]).is_none(), "{from} + {away}");
            }
        }
        let all = sender.sack(messages, &[]).expect("it is the next number");
        assert_eq!(all.acked, messages as usize * SIZE);
    }
}

/// RFC 8985 §6.2: what was sent well before something that has arrived.
#[test]
fn a_gap_is_lost_after_the_time_for_reordering() {
    let mut sender = Sender::with(10, Limit::None);
    let change = sender.sack(0, &[2..=2]).expect("it is news");
    assert_eq!(change.lost, 0, "it may be late");
    let due = sender
        .outstanding
        .reordering_until()
        .expect("it is waited for");
    assert!(due > sender.now && due <= sender.now + RTT);
    sender.now = due;
    let rtt = sender.rtt;
    let change = sender.outstanding.handle_reordering_timeout(due, &rtt);
    assert_eq!((change.lost, change.congestion), (SIZE, true));
    assert_eq!(sender.repeated(), [0]);
    assert_eq!(sender.outstanding.in_flight(), 9 * SIZE);
    // Another loss of the same round is no other congestion.
    sender.now += RTT;
    let change = sender.sack(2, &[8..=8]).expect("it is news");
    assert!(change.lost > 0 && !change.congestion);
}

/// As many gaps as libwebrtc names in a SACK, each of one number.
fn twenty_gaps() -> Vec<RangeInclusive<u16>> {
    (1..=20).map(|number| 2 * number..=2 * number).collect()
}

/// Of 60 messages the peer has every second, but only ever names twenty gaps. What lay between was
/// repeated, and of that it has the first: of all after 41 it has said nothing.
fn with_untold() -> (Sender, Change) {
    let mut sender = Sender::with(60, Limit::None);
    sender.sack(0, &twenty_gaps());
    sender.now += RTT;
    sender.sack(0, &twenty_gaps());
    assert_eq!(sender.repeated().len(), 20);
    sender.now += 2 * RTT;
    let change = sender.sack(2, &twenty_gaps()).expect("it is news");
    (sender, change)
}

/// RFC 8985 §6.2 takes for granted that the peer tells of all that it has.
#[test]
fn what_a_sack_has_no_room_for_is_not_lost() {
    let (mut sender, change) = with_untold();
    assert_eq!(change.lost, SIZE, "40, before the last that it named");
    assert_eq!(sender.repeated(), [40]);
    // 2 to 38 and 40, repeated; the peer may have to find room for the last 18 too.
    assert_eq!(sender.outstanding.in_flight(), 20 * SIZE);
    assert_eq!(sender.outstanding.in_flight_payload(), 38 * 100);
    // The first and 21 others, told of, and 18 that are not.
    assert_eq!(sender.outstanding.delivered(), 40 * SIZE as u64);
    sender.now += RTT;
    let change = sender.sack(60, &[]).expect("it is news");
    assert_eq!(change.acked, 20 * SIZE, "each counts once");
    assert_eq!(sender.outstanding.delivered(), 60 * SIZE as u64);
    assert_eq!(sender.outstanding.in_flight_payload(), 0);
}

#[test]
fn what_a_sack_has_room_for_and_does_not_name_is_lost() {
    let (mut sender, _) = with_untold();
    assert_eq!(sender.repeated(), [40]);
    sender.now += RTT;
    let change = sender.sack(42, &twenty_gaps()[..9]).expect("it is news");
    assert_eq!(change.lost, 9 * SIZE);
    let lost: Vec<_> = (42..60).step_by(2).collect();
    assert_eq!(sender.repeated(), lost);
    assert_eq!(sender.outstanding.in_flight_payload(), 9 * 100);
}

#[test]
fn after_a_timeout_what_is_untold_is_lost_too() {
    let (mut sender, _) = with_untold();
    sender.outstanding.all_lost(sender.now);
    assert_eq!(sender.outstanding.in_flight_payload(), 0);
    // 2 to 38 and 40, and the last 18.
    assert_eq!(sender.repeated().len(), 38);
    sender.now += RTT;
    sender.sack(60, &[]);
    assert!(sender.outstanding.is_empty());
}

/// What was thought lost and arrives without having been repeated: the reduction is undone.
#[test]
fn a_reduction_for_nothing_is_found_out() {
    let mut sender = Sender::with(10, Limit::None);
    let before = sender.sack(0, &[10..=10]).expect("it is news");
    sender.now += RTT;
    let change = sender.sack(0, &[10..=10]).expect("it is no old one");
    assert_eq!(before.lost + change.lost, 9 * SIZE);
    sender.now += MS;
    let change = sender.sack(10, &[]).expect("it is news");
    assert!(change.spurious);
    assert!(sender.outstanding.is_empty());
    assert_eq!(sender.repeated(), [0; 0]);
    assert_eq!(sender.outstanding.in_flight(), 0);
}

#[test]
fn a_real_loss_is_not_undone() {
    let mut sender = Sender::with(10, Limit::None);
    sender.sack(0, &[10..=10]);
    sender.now += RTT;
    sender.sack(0, &[10..=10]);
    assert_eq!(sender.repeated().len(), 9);
    sender.now += RTT;
    let change = sender.sack(10, &[]).expect("it is news");
    assert!(!change.spurious);
}

#[test]
fn after_a_timeout_everything_is_lost() {
    let mut sender = Sender::with(4, Limit::None);
    sender.sack(1, &[2..=2]);
    let given_up = sender.outstanding.all_lost(sender.now);
    assert_eq!(given_up, []);
    assert_eq!(sender.outstanding.in_flight(), 0);
    assert_eq!(sender.repeated(), [1, 3], "but what has arrived");
}

/// RFC 9260 §6.2.1 D.iii: what was told of as arrived and is asked for again.
#[test]
fn a_peer_that_threw_away_what_it_had_gets_it_again() {
    let mut sender = Sender::with(3, Limit::None);
    sender.sack(0, &[2..=3]);
    sender.sack(1, &[]);
    sender.outstanding.all_lost(sender.now);
    assert_eq!(sender.repeated(), [1, 2]);
    sender.now += RTT;
    sender.sack(3, &[]);
    assert!(sender.outstanding.is_empty());
}

#[test]
fn the_last_is_the_probe() {
    let mut sender = Sender::with(3, Limit::None);
    sender.outstanding.probe_last(sender.now);
    assert_eq!(sender.repeated(), [2]);
}

/// RFC 7496 §3.2: a probe is a retransmission.
#[test]
fn what_may_not_be_repeated_is_no_probe() {
    let mut sender = Sender::with(2, Limit::Retransmissions(0));
    sender.outstanding.probe_last(sender.now);
    assert_eq!(sender.repeated(), [0; 0]);
    assert_eq!(sender.outstanding.in_flight(), 2 * SIZE);
}

#[test]
fn a_message_is_given_up_after_its_retransmissions() {
    let mut sender = Sender::with(2, Limit::Retransmissions(2));
    for _ in 0..2 {
        assert_eq!(sender.outstanding.all_lost(sender.now), []);
        assert_eq!(sender.repeated(), [0, 1]);
        sender.now += RTT;
    }
    let given_up = sender.outstanding.all_lost(sender.now);
    assert_eq!(given_up, [(StreamId(1), false, 0), (StreamId(1), false, 1)]);
    assert_eq!(sender.outstanding.advanced(), Some(FIRST.plus(1)));
    let forward = sender.outstanding.forward_tsn(false, 10);
    assert_eq!(forward.cumulative, FIRST.plus(1));
    let last = Skipped {
        stream: StreamId(1),
        unordered: false,
        message: 1,
    };
    assert_eq!(forward.skipped, [last]);
}

/// RFC 3758 §3.5 A3: all fragments of it, also those that have arrived.
#[test]
fn a_message_is_given_up_whole() {
    let mut sender = Sender::with(1, Limit::None);
    let once = Limit::Retransmissions(0);
    for ends in [(true, false), (false, false), (false, true)] {
        sender.send(1, ends, once);
    }
    sender.send(2, (true, true), Limit::None);
    sender.now += RTT;
    sender.sack(1, &[2..=2]);
    assert_eq!(sender.outstanding.all_lost(sender.now).len(), 1);
    assert_eq!(sender.outstanding.advanced(), Some(FIRST.plus(3)));
    assert_eq!(sender.repeated(), [4]);
}

/// What has arrived behind what was given up can be the beginning of a message that goes on: a peer
/// told to skip it would drop it.
#[test]
fn what_has_arrived_is_not_skipped() {
    let mut sender = Sender::with(1, Limit::Retransmissions(0));
    sender.send(1, (true, false), Limit::None);
    sender.now += RTT;
    sender.sack(0, &[2..=2]);
    sender.outstanding.all_lost(sender.now);
    assert_eq!(sender.outstanding.advanced(), Some(FIRST));
    assert_eq!(sender.outstanding.forward_tsn(false, 9).cumulative, FIRST);
}

/// When only the beginning of a message had left, its end has a number too: the peer is told of it
/// even if all that left has arrived.
#[test]
fn the_end_that_never_left_is_skipped() {
    let mut sender = Sender::with(0, Limit::None);
    sender.send(0, (true, false), Limit::Retransmissions(0));
    let given_up = sender.outstanding.all_lost(sender.now);
    sender.outstanding.give_up_rest(sender.now, given_up[0]);
    sender.now += RTT;
    sender.sack(1, &[]);
    assert_eq!(sender.outstanding.advanced(), Some(FIRST.plus(1)));
    let forward = sender.outstanding.forward_tsn(true, 9);
    assert_eq!(forward.skipped.len(), 1);
    sender.sack(2, &[]);
    assert!(sender.outstanding.is_empty());
}

/// A peer that has begun to count anew would take the old numbers for new ones.
#[test]
fn what_is_skipped_does_not_reach_across_a_reset() {
    let mut sender = Sender::with(1, Limit::Retransmissions(0));
    sender.outstanding.numbers_begin_anew();
    sender.send(9, (true, true), Limit::Retransmissions(0));
    sender.outstanding.all_lost(sender.now);
    assert_eq!(sender.outstanding.advanced(), Some(FIRST.plus(1)));
    let forward = sender.outstanding.forward_tsn(false, 9);
    assert_eq!((forward.cumulative, forward.skipped.len()), (FIRST, 1));
    sender.sack(1, &[]);
    let forward = sender.outstanding.forward_tsn(false, 9);
    assert_eq!(forward.cumulative, FIRST.plus(1));
    assert_eq!(forward.skipped[0].message, 9);
}

#[test]
fn a_lifetime_ends_the_retransmissions() {
    let until = epoch() + 2 * RTT;
    let mut sender = Sender::with(1, Limit::Until(until));
    assert_eq!(sender.outstanding.all_lost(sender.now), []);
    assert_eq!(sender.repeated(), [0]);
    sender.now = until + MS;
    assert_eq!(sender.outstanding.all_lost(sender.now).len(), 1);
    assert!(!sender.outstanding.has_lost() || sender.repeated().is_empty());
}

/// RFC 3758 §4.1: also behind one that was given up before, and one after the other.
#[test]
fn nothing_lost_outlives_its_lifetime() {
    let mut sender = Sender::with(1, Limit::Retransmissions(0));
    let over = sender.now + RTT * 2;
    sender.send(1, (true, true), Limit::Until(over));
    sender.send(2, (true, true), Limit::Until(over));
    sender.send(3, (true, true), Limit::None);
    sender.now += 10 * MS;
    sender.send(4, (true, true), Limit::None);
    sender.now += RTT;
    let change = sender.sack(0, &[5..=5]).expect("it is news");
    assert_eq!((change.lost, change.given_up.len()), (4 * SIZE, 1));
    sender.now = over + MS;
    let given_up = sender.outstanding.give_up_first_lost(sender.now);
    assert_eq!(given_up, [1, 2].map(|number| (StreamId(1), false, number)));
    assert_eq!(sender.repeated(), [3]);
}

/// RFC 5682 §3: only what was not repeated tells.
#[test]
fn a_time_out_was_too_early_if_what_was_sent_before_arrives() {
    for (acknowledged, early) in [(2, false), (4, true)] {
        let mut sender = Sender::with(6, Limit::None);
        sender.sack(1, &[]);
        sender.now += 10 * RTT;
        sender.outstanding.all_lost(sender.now);
        let again = sender.outstanding.retransmit(sender.now, 1000);
        assert_eq!(again.map(|data| data.tsn), Some(FIRST.plus(1)));
        // Sooner than what was repeated could be answered.
        sender.now += MS;
        let change = sender.sack(acknowledged, &[]).expect("it is news");
        assert_eq!(change.spurious, early);
        let flying = if early { 6 - acknowledged } else { 0 };
        assert_eq!(sender.outstanding.in_flight(), flying as usize * SIZE);
    }
}
