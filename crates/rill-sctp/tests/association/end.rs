use std::time::Duration;

use bytes::Bytes;
use rill_sctp::{AbortReason, Association, Config, Event, Ppid, SendError, State, StreamId};

use crate::link::{Link, RELIABLE, pattern};

fn aborted_by_peer(events: &[Event]) -> bool {
    events.iter().any(|e| {
        matches!(
            e,
            Event::Aborted {
                reason: AbortReason::Peer(_)
            }
        )
    })
}

#[test]
fn abort_ends_both_sides() {
    let mut link = Link::connected();
    link.ends[0].association.abort(link.now);
    assert_eq!(link.ends[0].state(), State::Closed);
    link.run_until(|ends| ends[1].state() == State::Closed);
    assert_eq!(link.ends[0].events, [Event::Closed]);
    assert!(
        aborted_by_peer(&link.ends[1].events),
        "{:?}",
        link.ends[1].events
    );
    for end in &mut link.ends {
        let payload = Bytes::from_static(b"x");
        let sent = end
            .association
            .send(link.now, StreamId(1), Ppid::BINARY, payload, RELIABLE);
        assert_eq!(sent, Err(SendError::Closed));
        end.association.reset_streams(link.now, &[StreamId(1)]);
        end.association.connect(link.now);
        end.association.abort(link.now);
        assert_eq!(end.association.poll_timeout(), None);
        assert_eq!(end.association.poll_event(), None, "one end, one event");
    }
}

#[test]
fn unread_messages_survive_the_abort() {
    let mut link = Link::connected();
    link.ends[1].reads = false;
    for number in 0..10 {
        link.send(0, 1, &[number]);
    }
    link.run_for(Duration::from_secs(1));
    link.ends[0].association.abort(link.now);
    link.run_until(|ends| ends[1].state() == State::Closed);
    assert!(link.ends[1].messages.is_empty());
    link.ends[1].reads = true;
    link.collect();
    let numbers: Vec<_> = link.ends[1].messages.iter().map(|m| m.payload[0]).collect();
    assert_eq!(numbers, (0..10).collect::<Vec<_>>());
}

#[test]
fn a_forged_abort_is_ignored() {
    let mut link = Link::connected();
    // ABORT with another verification tag; the checksum may be zero (RFC 9653).
    let mut forged = vec![0x13, 0x88, 0x13, 0x88, 1, 2, 3, 4, 0, 0, 0, 0];
    forged.extend([6, 0, 0, 4]);
    link.ends[1].association.handle_packet(link.now, &forged);
    assert_eq!(link.ends[1].state(), State::Connected);
    link.send(0, 1, b"still there");
    link.run_until(|ends| !ends[1].messages.is_empty());
}

#[test]
fn packets_that_arrive_after_the_end_start_nothing() {
    let mut link = Link::new();
    link.ends[0].association.connect(link.now);
    // End 1 answers the INIT; the COOKIE ECHO comes after its end.
    link.run_for(Duration::from_millis(45));
    link.ends[1].association.abort(link.now);
    link.run_for(Duration::from_secs(60));
    assert_eq!(link.ends[1].state(), State::Closed);
    assert_eq!(link.ends[1].events, [Event::Closed]);
}

#[test]
fn abort_before_connect() {
    let mut link = Link::new();
    link.ends[0].association.abort(link.now);
    assert_eq!(link.ends[0].association.poll_event(), Some(Event::Closed));
    assert!(
        !link.ends[0]
            .association
            .poll_transmit(link.now, &mut Vec::new())
    );
    link.ends[0].association.connect(link.now);
    assert_eq!(link.ends[0].state(), State::Closed);
}

#[test]
fn a_peer_that_starts_anew_ends_the_association() {
    let mut link = Link::connected();
    link.ends[0].association = Association::new(Config::default(), 3, link.now);
    link.ends[0].association.connect(link.now);
    link.run_until(|ends| ends[1].state() == State::Closed);
    let restarted = Event::Aborted {
        reason: AbortReason::Restarted,
    };
    assert_eq!(link.ends[1].events, [restarted]);
    link.run_until(|ends| ends[0].state() == State::Closed);
}

#[test]
fn shutdown_delivers_first() {
    let mut link = Link::connected();
    for _ in 0..10 {
        link.send(0, 1, &pattern(100_000));
    }
    link.ends[0].association.shutdown(link.now);
    let payload = Bytes::from_static(b"x");
    let refused =
        link.ends[0]
            .association
            .send(link.now, StreamId(1), Ppid::BINARY, payload, RELIABLE);
    assert_eq!(refused, Err(SendError::Closed));
    link.run_until(|ends| ends.iter().all(|end| end.state() == State::Closed));
    assert_eq!(link.ends[1].messages.len(), 10);
    assert!(link.ends.iter().all(|end| end.has(&Event::Closed)));
}

#[test]
fn shutdown_while_connecting_ends_it() {
    let mut link = Link::new();
    link.ends[0].association.connect(link.now);
    link.ends[0].association.shutdown(link.now);
    assert_eq!(link.ends[0].state(), State::Closed);
    assert_eq!(link.ends[0].association.poll_event(), Some(Event::Closed));
    assert_eq!(link.ends[0].association.poll_event(), None);
}

/// Rubbish, cut packets and changed packets: nothing panics, and what is right still works.
#[test]
fn damaged_packets_do_no_harm() {
    let mut link = Link::connected();
    link.send(0, 1, &pattern(3000));
    let mut packets = Vec::new();
    let mut packet = Vec::new();
    while link.ends[0]
        .association
        .poll_transmit(link.now, &mut packet)
    {
        packets.push(packet.clone());
    }
    let victim = &mut link.ends[1].association;
    for packet in &packets {
        for length in 0..packet.len().min(64) {
            victim.handle_packet(link.now, &packet[..length]);
        }
        for at in 4..8 {
            let mut changed = packet.clone();
            changed[at] ^= 0x40;
            victim.handle_packet(link.now, &changed);
        }
    }
    assert_eq!(victim.state(), State::Connected);
    link.run_until(|ends| ends[1].messages.len() == 1);
    assert_eq!(link.ends[1].messages[0].payload, pattern(3000));
}
