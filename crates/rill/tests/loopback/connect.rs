//! First exchanges, and what goes wrong with them.

use std::time::Duration;

use rill::{
    ConnectionState, IceCandidateInit, Message, PeerConnection, SdpType, SessionDescription,
    StatsObject,
};
use tokio::time::timeout;

use crate::scene::{LONG, Pair, peer, talk};

#[tokio::test]
async fn two_peers_connect_with_full_trickle_and_exchange_messages() {
    let mut pair = Pair::new();
    let [a, b] = pair.peers.each_ref().map(|peer| peer.pc.clone());
    assert_eq!(b.can_trickle_ice_candidates(), None);
    let [channel, other] = pair.channel().await;
    assert_eq!(b.can_trickle_ice_candidates(), Some(true));

    assert_eq!(other.label(), "chat");
    channel.send_text("hello").unwrap();
    assert_eq!(
        timeout(LONG, other.recv()).await.unwrap(),
        Some(Message::Text("hello".into()))
    );
    let large = vec![7; 256 * 1024];
    other.send(large.clone()).unwrap();
    assert_eq!(
        timeout(LONG, channel.recv()).await.unwrap(),
        Some(Message::Binary(large.into()))
    );
    assert_eq!(a.connection_state(), ConnectionState::Connected);
    assert!(channel.send(vec![0; 256 * 1024 + 1]).is_err());

    other.close();
    timeout(LONG, channel.closed()).await.unwrap();
    assert_eq!(timeout(LONG, channel.recv()).await.unwrap(), None);
}

#[tokio::test]
async fn refused_input_says_what_is_wrong_and_changes_nothing() {
    let a = peer();
    let error = a
        .set_remote_description(SessionDescription::new(
            SdpType::Offer,
            "v=0\r\nnonsense\r\n",
        ))
        .await
        .unwrap_err();
    assert_eq!(error.line(), Some(2), "{error}");
    assert_eq!(a.can_trickle_ice_candidates(), None);
    let candidate = IceCandidateInit {
        candidate: "candidate:1".into(),
        ..Default::default()
    };
    assert_eq!(
        a.add_ice_candidate(candidate)
            .await
            .unwrap_err()
            .exception()
            .name(),
        "TypeError"
    );
    assert_eq!(
        a.add_ice_candidate(None)
            .await
            .unwrap_err()
            .exception()
            .name(),
        "InvalidStateError"
    );
}

#[tokio::test]
async fn each_waits_for_its_own_amount_to_drain() {
    let [channel, other] = Pair::new().channel().await;
    for _ in 0..16 {
        channel.send(vec![0; 128 * 1024]).unwrap();
    }
    tokio::spawn(async move { while other.recv().await.is_some() {} });
    let both = async { tokio::join!(channel.drained(0), channel.drained(1 << 20)) };
    timeout(LONG, both).await.unwrap();
    assert_eq!(channel.buffered_amount(), 0);
}

/// Packets that left, whatever the driver, which has no thread of its own here, would send later.
fn packets_sent(pc: &PeerConnection) -> u64 {
    let report = pc.stats();
    let mut sent = report.iter().filter_map(|stats| match &stats.object {
        StatsObject::Transport(transport) => Some(transport.packets_sent),
        _ => None,
    });
    sent.next().expect("it is connected")
}

#[tokio::test]
async fn a_short_message_that_travels_alone_leaves_before_send_returns() {
    let mut pair = Pair::new();
    let a = pair.peers[0].pc.clone();
    let channels = pair.channel().await;
    talk(&channels, "hello").await;
    // Everything is acknowledged when nothing leaves any more.
    let mut quiet = packets_sent(&a);
    loop {
        tokio::time::sleep(Duration::from_millis(400)).await;
        match packets_sent(&a) {
            now if now == quiet => break,
            now => quiet = now,
        }
    }
    let [channel, other] = &channels;
    channel.send_text("alone").unwrap();
    assert_eq!(packets_sent(&a), quiet + 1);
    channel.send_text("in company").unwrap();
    assert_eq!(packets_sent(&a), quiet + 1, "the driver sends trains");
    for text in ["alone", "in company"] {
        let received = timeout(LONG, other.recv()).await.unwrap();
        assert_eq!(received, Some(Message::Text(text.into())));
    }
}
