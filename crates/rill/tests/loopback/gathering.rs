//! Waits for candidates.

use std::time::Duration;

use rill::{
    Configuration, DataChannelInit, GatheringOutcome, GatheringWait, GoodEnough, IceServer,
    IceTransportPolicy, Loopback, PeerConnection, SessionDescription,
};
use tokio::time::timeout;

use crate::scene::{LONG, peer, peer_with};

fn without_trickle(offer: &SessionDescription) -> SessionDescription {
    SessionDescription::new(offer.kind, offer.sdp.replace("trickle ", ""))
}

#[tokio::test]
async fn an_offer_without_the_token_is_answered_with_everything_within_two_seconds() {
    // Nobody answers at this port.
    let dead = IceServer {
        urls: vec!["stun:127.0.0.1:9".into()],
        ..IceServer::default()
    };
    let (a, b) = (peer(), peer_with(vec![dead]));
    let channel = a
        .create_data_channel("half", DataChannelInit::default())
        .unwrap();
    a.set_local_description(None).await.unwrap();
    a.gathering_complete(GatheringWait::default()).await;
    let offer = without_trickle(&a.local_description().unwrap());
    b.set_remote_description(offer).await.unwrap();
    assert_eq!(b.can_trickle_ice_candidates(), Some(false));
    b.set_local_description(None).await.unwrap();
    let wait = b.gathering_complete(GatheringWait::default());
    let outcome = timeout(Duration::from_secs(5), wait).await.unwrap();
    assert_eq!(outcome, GatheringOutcome::Complete);
    let answer = b.local_description().unwrap();
    assert!(answer.sdp.contains("a=candidate:"));
    assert_eq!(answer.sdp.matches("a=end-of-candidates").count(), 1);
    a.set_remote_description(answer).await.unwrap();
    timeout(LONG, channel.opened()).await.unwrap().unwrap();
}

/// Gathers with one server that never answers.
async fn gathering() -> PeerConnection {
    let dead = IceServer {
        urls: vec!["stun:127.0.0.1:9".into()],
        ..IceServer::default()
    };
    let pc = peer_with(vec![dead]);
    let _channel = pc
        .create_data_channel("x", DataChannelInit::default())
        .unwrap();
    pc.set_local_description(None).await.unwrap();
    pc
}

#[tokio::test]
async fn a_bounded_wait_ends_when_there_is_enough_or_at_its_deadline() {
    let pc = gathering().await;
    let enough = GatheringWait {
        good_enough: GoodEnough::Any,
        ..GatheringWait::default()
    };
    assert_eq!(
        pc.gathering_complete(enough).await,
        GatheringOutcome::GoodEnough
    );
    let public = GatheringWait {
        good_enough: GoodEnough::Public,
        deadline: Some(Duration::from_millis(50)),
        ..GatheringWait::default()
    };
    assert_eq!(
        pc.gathering_complete(public).await,
        GatheringOutcome::Deadline
    );
    // The grace outlasts the dead server, so everything is there when it ends.
    let patient = GatheringWait {
        good_enough: GoodEnough::Any,
        grace: LONG,
        ..GatheringWait::default()
    };
    assert_eq!(
        pc.gathering_complete(patient).await,
        GatheringOutcome::Complete
    );
    // Complete already: no event is waited for.
    assert_eq!(
        pc.gathering_complete(GatheringWait::default()).await,
        GatheringOutcome::Complete
    );
}

/// What was gathered before a restart does not count after it.
#[tokio::test]
async fn a_restart_begins_the_wait_anew() {
    let pc = gathering().await;
    let any = GatheringWait {
        good_enough: GoodEnough::Any,
        ..GatheringWait::default()
    };
    let outcome = pc.gathering_complete(any).await;
    assert_eq!(outcome, GatheringOutcome::GoodEnough);
    // Nobody answers here either, so that there will be no candidate.
    let dead = IceServer {
        urls: vec!["turn:127.0.0.1:9".into()],
        username: Some("user".into()),
        credential: Some("secret".into()),
    };
    let relayed = Configuration {
        ice_servers: vec![dead],
        ice_transport_policy: IceTransportPolicy::Relay,
        loopback: Loopback::Always,
        ..Configuration::default()
    };
    pc.set_configuration(relayed).unwrap();
    pc.restart_ice();
    pc.set_local_description(None).await.unwrap();
    let outcome = timeout(LONG, pc.gathering_complete(any)).await.unwrap();
    assert_eq!(outcome, GatheringOutcome::Complete);
}

#[tokio::test]
async fn a_wait_for_gathering_ends_with_the_connection() {
    let pc = gathering().await;
    let other = pc.clone();
    let wait =
        tokio::spawn(async move { other.gathering_complete(GatheringWait::default()).await });
    tokio::task::yield_now().await;
    pc.close();
    assert_eq!(
        timeout(LONG, wait).await.unwrap().unwrap(),
        GatheringOutcome::Closed
    );
}
