//! Two connections in one process, over the loopback interface.

use std::time::Duration;

use rill::{
    Configuration, ConnectionState, DataChannel, DataChannelInit, Event, GatheringOutcome,
    GatheringWait, GoodEnough, IceCandidateInit, IceServer, Loopback, Message, OfferOptions,
    PeerConnection, SdpType, SessionDescription,
};
use tokio::{sync::mpsc, time::timeout};

const LONG: Duration = Duration::from_secs(10);

fn peer() -> PeerConnection {
    peer_with(Vec::new())
}

fn peer_with(ice_servers: Vec<IceServer>) -> PeerConnection {
    let configuration = Configuration {
        ice_servers,
        loopback: Loopback::Always,
        ..Configuration::default()
    };
    PeerConnection::new(configuration).unwrap()
}

/// Passes candidates on as they come; gives out the peer's channels.
fn trickle(from: &PeerConnection, to: &PeerConnection) -> mpsc::UnboundedReceiver<DataChannel> {
    let (from, to) = (from.clone(), to.clone());
    let (channels, received) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Some(event) = from.next_event().await {
            match event {
                Event::IceCandidate(Some(candidate)) => {
                    to.add_ice_candidate(candidate.to_init()).await.unwrap();
                }
                Event::DataChannel(channel) => drop(channels.send(channel)),
                _ => {}
            }
        }
    });
    received
}

fn without_trickle(offer: &SessionDescription) -> SessionDescription {
    SessionDescription::new(offer.kind, offer.sdp.replace("trickle ", ""))
}

#[tokio::test]
async fn two_peers_connect_with_full_trickle_and_exchange_messages() {
    let (a, b) = (peer(), peer());
    let channel = a
        .create_data_channel("chat", DataChannelInit::default())
        .unwrap();
    a.set_local_description(None).await.unwrap();
    assert_eq!(b.can_trickle_ice_candidates(), None);
    b.set_remote_description(a.local_description().unwrap())
        .await
        .unwrap();
    assert_eq!(b.can_trickle_ice_candidates(), Some(true));
    b.set_local_description(None).await.unwrap();
    a.set_remote_description(b.local_description().unwrap())
        .await
        .unwrap();
    let _none = trickle(&a, &b);
    let mut channels = trickle(&b, &a);

    timeout(LONG, channel.opened()).await.unwrap().unwrap();
    let other = timeout(LONG, channels.recv()).await.unwrap().unwrap();
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
    let outcome = timeout(Duration::from_secs(2), wait).await.unwrap();
    assert_eq!(outcome, GatheringOutcome::Complete);
    let answer = b.local_description().unwrap();
    assert!(answer.sdp.contains("a=candidate:"));
    assert_eq!(answer.sdp.matches("a=end-of-candidates").count(), 1);
    a.set_remote_description(answer).await.unwrap();
    timeout(LONG, channel.opened()).await.unwrap().unwrap();
}

#[tokio::test]
async fn dropping_the_last_handle_tells_the_peer() {
    let (a, b) = (peer(), peer());
    let channel = a
        .create_data_channel("x", DataChannelInit::default())
        .unwrap();
    a.set_local_description(None).await.unwrap();
    a.gathering_complete(GatheringWait::default()).await;
    b.set_remote_description(a.local_description().unwrap())
        .await
        .unwrap();
    b.set_local_description(None).await.unwrap();
    b.gathering_complete(GatheringWait::default()).await;
    a.set_remote_description(b.local_description().unwrap())
        .await
        .unwrap();
    timeout(LONG, channel.opened()).await.unwrap().unwrap();
    drop(b);
    timeout(LONG, channel.closed()).await.unwrap();
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
async fn nothing_fires_after_close() {
    let a = peer();
    let _channel = a
        .create_data_channel("x", DataChannelInit::default())
        .unwrap();
    a.set_local_description(None).await.unwrap();
    a.close();
    let rest = async { while a.next_event().await.is_some() {} };
    timeout(LONG, rest).await.unwrap();
    assert_eq!(a.connection_state(), ConnectionState::Closed);
    assert!(a.create_offer(OfferOptions::default()).await.is_err());
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

#[test]
fn the_goodbye_is_on_its_way_when_close_returns() {
    let runtime = || {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap()
    };
    let (staying, leaving) = (runtime(), runtime());
    let (a, b) = (
        staying.block_on(async { peer() }),
        leaving.block_on(async { peer() }),
    );
    let channel = a
        .create_data_channel("x", DataChannelInit::default())
        .unwrap();
    staying.block_on(async {
        a.set_local_description(None).await.unwrap();
        a.gathering_complete(GatheringWait::default()).await;
        b.set_remote_description(a.local_description().unwrap())
            .await
            .unwrap();
        b.set_local_description(None).await.unwrap();
        b.gathering_complete(GatheringWait::default()).await;
        a.set_remote_description(b.local_description().unwrap())
            .await
            .unwrap();
        timeout(LONG, channel.opened()).await.unwrap().unwrap();
    });
    // Nothing of the peer runs any more, as when a process exits right after it closed.
    let entered = leaving.enter();
    b.close();
    drop(entered);
    leaving.shutdown_background();
    staying.block_on(async { timeout(LONG, channel.closed()).await.unwrap() });
}

/// Two peers with a channel from the first that is open on both sides.
async fn connected() -> (PeerConnection, PeerConnection, DataChannel, DataChannel) {
    let (a, b) = (peer(), peer());
    let channel = a
        .create_data_channel("chat", DataChannelInit::default())
        .unwrap();
    a.set_local_description(None).await.unwrap();
    b.set_remote_description(a.local_description().unwrap())
        .await
        .unwrap();
    b.set_local_description(None).await.unwrap();
    a.set_remote_description(b.local_description().unwrap())
        .await
        .unwrap();
    let _none = trickle(&a, &b);
    let mut channels = trickle(&b, &a);
    timeout(LONG, channel.opened()).await.unwrap().unwrap();
    let other = timeout(LONG, channels.recv()).await.unwrap().unwrap();
    (a, b, channel, other)
}

#[tokio::test]
async fn each_waits_for_its_own_amount_to_drain() {
    let (_a, _b, channel, other) = connected().await;
    for _ in 0..16 {
        channel.send(vec![0; 128 * 1024]).unwrap();
    }
    tokio::spawn(async move { while other.recv().await.is_some() {} });
    let both = async { tokio::join!(channel.drained(0), channel.drained(1 << 20)) };
    timeout(LONG, both).await.unwrap();
    assert_eq!(channel.buffered_amount(), 0);
}
