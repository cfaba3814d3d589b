//! What coturn refuses, and what its users learn of it.

use std::time::Duration;

use rill::{DataChannelInit, IceGatheringState, PairState, PeerConnection};
use tokio::sync::mpsc::unbounded_channel;

use crate::{
    coturn::Coturn,
    pair::{Pair, talk},
    peer::Peer,
};

#[tokio::test]
async fn a_wrong_password_is_told_with_its_code_and_in_words() {
    let Some(server) = Coturn::start("").await else {
        return;
    };
    let mut wrong = server.relay_only("udp");
    wrong.ice_servers[0].credential = Some("guessed".to_owned());
    let mut pair = Pair::new([wrong, server.relay_only("udp")]);
    let _channel = pair.begin().await;
    let peer = &mut pair.peers[0];
    let error = peer.candidate_error().await;
    assert_eq!((error.code, &error.url), (401, &server.url("udp")));
    assert!(error.text.contains("Unauthorized"), "{error:?}");
    peer.until(|pc| pc.remote_description().is_some() && is_complete(pc))
        .await;
    let sentence = peer.pc.diagnose().sentence();
    let expected = format!(
        "The TURN server {} answered 401: wrong username or password?",
        server.url("udp")
    );
    assert_eq!(sentence, expected);
}

#[tokio::test]
async fn a_used_up_quota_is_told_with_its_code_and_in_words() {
    let Some(server) = Coturn::start("user-quota=1").await else {
        return;
    };
    let mut first = Peer::alone(server.relay_only("udp")).await;
    first.until(is_complete).await;
    let gathered = first.pc.local_description().expect("an offer was applied");
    assert!(gathered.sdp.contains(" typ relay "), "{}", gathered.sdp);
    let mut second = Peer::alone(server.relay_only("udp")).await;
    let error = second.candidate_error().await;
    assert_eq!((error.code, &error.url), (486, &server.url("udp")));
    assert!(error.text.contains("as many allocations"), "{error:?}");
    second.until(is_complete).await;
}

#[tokio::test]
async fn a_relay_that_may_not_reach_the_peer_gives_up_its_pairs() {
    // The peer's relay has the same address as our own.
    let Some(mut server) = Coturn::start("denied-peer-ip=127.0.0.0-127.255.255.255").await else {
        return;
    };
    let mut pair = Pair::new([(); 2].map(|()| server.relay_only("udp")));
    let _channel = pair.begin().await;
    server.logs("403").await;
    for peer in &mut pair.peers {
        peer.soon(|pc| {
            let pairs = pc.candidate_pairs();
            !pairs.is_empty() && pairs.iter().all(|pair| pair.state == PairState::Failed)
        })
        .await;
    }
}

#[tokio::test]
async fn a_nonce_that_became_stale_is_renewed() {
    /// How long a nonce is good.
    const LIFETIME: Duration = Duration::from_secs(1);
    let Some(mut server) = Coturn::start("stale-nonce=1").await else {
        return;
    };
    let (to_second, from_first) = unbounded_channel();
    let (to_first, from_second) = unbounded_channel();
    let mut first = Peer::new(server.relay_only("udp"), to_second, from_second);
    let channel = first
        .pc
        .create_data_channel("chat", DataChannelInit::default());
    let channel = channel.expect("a new connection takes a channel");
    first.offer().await;
    first.until(is_complete).await;
    // The server's clock is the subject.
    tokio::time::sleep(2 * LIFETIME).await;
    // Permission for the peer's address is asked for only now.
    let mut second = Peer::new(server.relay_only("udp"), to_first, from_first);
    let other = second.opened_channel().await;
    talk(&[channel, other]).await;
    server.logs("438").await;
}

fn is_complete(pc: &PeerConnection) -> bool {
    pc.ice_gathering_state() == IceGatheringState::Complete
}
