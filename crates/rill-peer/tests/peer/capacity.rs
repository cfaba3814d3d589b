//! How much one connection takes: channels, and messages that nobody reads. Rows 20 and 21 of the score
//! card.

use std::time::Duration;

use bytes::Bytes;
use rill_peer::{ChannelId, DataChannelInit, DataChannelState, Message, SendError};
use rill_sim::HostId;

use crate::{
    adapter::Adapter,
    scene::{LONG, Scene, Setting},
};

/// They are numbered from zero; there is no 65,535 (RFC 8832 §6).
const STREAMS: u16 = 65_535;

fn open(scene: &mut Scene, host: HostId, count: usize) -> Vec<ChannelId> {
    (0..count)
        .map(|_| scene.create(host, "", DataChannelInit::default()))
        .collect()
}

fn are_open(side: &Adapter, ids: &[ChannelId]) -> bool {
    let is_open = |id: &ChannelId| side.pc.data_channel_state(*id) == DataChannelState::Open;
    ids.iter().all(is_open)
}

/// How many are opened as they come.
const MANY: usize = 10_000;

#[test]
fn every_stream_has_its_channel_and_is_used_again() {
    let mut scene = Setting::default().build();
    scene.connect();
    let [alice, bob] = scene.hosts();
    let start = scene.sim.elapsed();
    let ours = open(&mut scene, alice, MANY);
    let announced = scene.run_until(LONG, |_, bob| bob.announced.len() > MANY);
    let took = announced.expect("all are announced") - start;
    assert!(took < Duration::from_secs(10), "{took:?}");

    // The other streams, agreed upon beforehand. Hers are odd, for he is the DTLS client (RFC 8832 §6),
    // and she had one already.
    let negotiated = |id| DataChannelInit {
        negotiated: true,
        id: Some(id),
        ..DataChannelInit::default()
    };
    let rest: Vec<_> = (0..STREAMS)
        .filter(|id| id % 2 == 0 || usize::from(*id) > 2 * (MANY + 1))
        .collect();
    let theirs = scene.bob().announced.len();
    let [hers, his] = [alice, bob].map(|host| -> Vec<_> {
        let create = |id: &u16| scene.create(host, "", negotiated(*id));
        rest.iter().map(create).collect()
    });
    assert_eq!(rest.len() + theirs, usize::from(STREAMS));
    scene.run_for(Duration::from_secs(1));
    assert!(are_open(scene.alice(), &ours) && are_open(scene.alice(), &hers));
    assert!(are_open(scene.bob(), &scene.bob().announced) && are_open(scene.bob(), &his));

    // A channel gives its stream back.
    let middle = ours[MANY / 2];
    let stream = scene.alice().pc.data_channel_stream(middle);
    scene.close(scene.alice, middle);
    scene.run_for(Duration::from_secs(1));
    let again = scene.create(scene.alice, "again", DataChannelInit::default());
    assert_eq!(scene.alice().pc.data_channel_stream(again), stream);
    scene.run_for(Duration::from_secs(1));
    assert!(are_open(scene.alice(), &[again]));
    scene.send_text(scene.alice, again, "a word");
    let last = |bob: &Adapter| bob.announced.last().map(|id| bob.texts(*id));
    let word = scene.run_until(LONG, |_, bob| last(bob) == Some(vec!["a word".into()]));
    assert!(word.is_some(), "it arrives");
}

/// Memory is given back a second after the last data: nothing is missed afterwards.
#[test]
fn a_rested_connection_goes_on() {
    let mut scene = Setting::default().build();
    let channel = scene.connect();
    for round in 0..3 {
        scene.run_for(Duration::from_secs(3));
        scene.send_text(scene.alice, channel.ours, "a word");
        let told = |_: &Adapter, bob: &Adapter| bob.texts(channel.theirs).len() == round + 1;
        assert!(scene.run_until(LONG, told).is_some(), "round {round}");
        let more = scene.create(scene.bob, "more", DataChannelInit::default());
        scene.run_for(Duration::from_secs(3));
        assert!(are_open(scene.bob(), &[more]));
    }
}

#[test]
fn the_buffer_of_who_sends_to_nobody_has_an_end() {
    const MESSAGE: usize = 256 * 1024;
    /// `rill_sctp::Config::send_buffer_limit`; the last message may go beyond.
    const BUFFER: usize = 64 << 20;
    /// The receive window, and what the application is offered.
    const TAKEN: usize = (16 << 20) + (1 << 20);
    let mut scene = Setting::default().build();
    let channel = scene.connect();
    scene.sim.endpoint_mut(scene.bob).reads = false;
    let message = Message::Binary(Bytes::from(vec![7; MESSAGE]));
    let fill = |side: &mut Adapter, now| {
        let mut sent = 0;
        loop {
            match side.pc.send(now, channel.ours, message.clone()) {
                Ok(()) if sent > 2 * BUFFER => panic!("{sent} bytes at once"),
                Ok(()) => sent += MESSAGE,
                Err(error) => return (sent, error),
            }
        }
    };
    let mut total = 0;
    loop {
        let (sent, error) = scene.sim.with(scene.alice, fill);
        assert_eq!(error, SendError::BufferFull);
        assert_eq!(error.exception().name(), "OperationError");
        if sent == 0 {
            break;
        }
        total += sent;
        scene.run_for(Duration::from_secs(20));
    }
    let waiting = scene.alice().pc.buffered_amount(channel.ours);
    assert!((BUFFER..BUFFER + MESSAGE).contains(&waiting), "{waiting}");
    let taken = total - waiting;
    println!("{waiting} bytes wait, {taken} are taken");
    assert!(
        taken <= TAKEN + MESSAGE,
        "{taken} bytes taken by who reads none"
    );
}
