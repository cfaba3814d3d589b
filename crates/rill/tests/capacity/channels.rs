//! Every stream that there is.

use std::time::Instant;

use rill::{DataChannel, DataChannelInit, DataChannelState, Event, Message, PeerConnection};
use tokio::time::timeout;

use crate::scene::{LONG, Pair, Peer};

/// How many are opened as they come.
const MANY: usize = 10_000;
/// They are numbered from zero; there is no 65,535 (RFC 8832 §6).
const STREAMS: u16 = 65_535;

fn create(pc: &PeerConnection, init: DataChannelInit) -> DataChannel {
    pc.create_data_channel("", init).expect("a stream is free")
}

async fn announced(peer: &mut Peer) -> DataChannel {
    let channel = |event| match event {
        Event::DataChannel(channel) => Some(channel),
        _ => None,
    };
    peer.event(channel).await
}

fn are_open(channels: &[DataChannel]) -> bool {
    let is_open = |channel: &DataChannel| channel.ready_state() == DataChannelState::Open;
    channels.iter().all(is_open)
}

#[tokio::test]
async fn every_stream_has_its_channel_and_is_used_again() {
    let mut pair = Pair::new();
    let [first, _its_end] = pair.channel().await;
    let [one, other] = &mut pair.peers;
    let start = Instant::now();
    let ours: Vec<_> = (0..MANY)
        .map(|_| create(&one.pc, Default::default()))
        .collect();
    let mut theirs = Vec::new();
    while theirs.len() < MANY {
        theirs.push(announced(other).await);
    }
    println!("{MANY} channels open in {:?}", start.elapsed());
    assert!(are_open(&ours) && are_open(&theirs));
    let mut ids: Vec<_> = ours.iter().map(|channel| channel.id().unwrap()).collect();
    assert!(
        theirs
            .iter()
            .map(|channel| channel.id().unwrap())
            .eq(ids.clone())
    );
    ids.push(first.id().unwrap());

    // The other streams, agreed upon beforehand.
    ids.sort_unstable();
    let negotiated = |id| DataChannelInit {
        negotiated: true,
        id: Some(id),
        ..DataChannelInit::default()
    };
    let is_free = |id: &u16| ids.binary_search(id).is_err();
    let rest: Vec<_> = (0..STREAMS).filter(is_free).collect();
    let [near, far] = [&one.pc, &other.pc]
        .map(|pc| -> Vec<_> { rest.iter().map(|id| create(pc, negotiated(*id))).collect() });
    assert_eq!(near.len() + ours.len() + 1, usize::from(STREAMS));
    for (near, far) in near.iter().zip(&far).step_by(997) {
        timeout(LONG, near.opened()).await.unwrap().unwrap();
        near.send_text("over there").unwrap();
        let text = timeout(LONG, far.recv()).await.unwrap();
        assert_eq!(text, Some(Message::Text("over there".into())));
    }
    let beyond = one.pc.create_data_channel("", DataChannelInit::default());
    assert_eq!(beyond.unwrap_err().exception().name(), "OperationError");

    // A channel gives its stream back.
    let middle = &ours[MANY / 2];
    let id = middle.id();
    middle.close();
    timeout(LONG, middle.closed()).await.unwrap();
    timeout(LONG, theirs[MANY / 2].closed()).await.unwrap();
    let again = create(&one.pc, Default::default());
    assert_eq!(again.id(), id);
    timeout(LONG, again.opened()).await.unwrap().unwrap();
    again.send_text("again").unwrap();
    let arrived = announced(other).await;
    let text = timeout(LONG, arrived.recv()).await.unwrap();
    assert_eq!(text, Some(Message::Text("again".into())));
    assert!(are_open(&near) && are_open(&far));
}
