//! Ends of connections.

use rill::{ConnectionState, DataChannelInit, GatheringWait, OfferOptions};
use tokio::time::timeout;

use crate::scene::{LONG, peer};

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
