use std::time::Duration;

use rill_peer::{Loopback, SdpType};
use tokio::{
    task::yield_now,
    time::{sleep, timeout},
};

use super::*;
use crate::{DataChannel, Event, GatheringWait, PeerConnection};

/// Whatever takes longer hangs.
const LONG: Duration = Duration::from_secs(30);

/// Later than a first retransmission is due.
const FAR: Duration = Duration::from_secs(3);

fn peer() -> PeerConnection {
    let configuration = Configuration {
        loopback: Loopback::Always,
        ..Configuration::default()
    };
    PeerConnection::new(configuration).expect("the configuration is sound")
}

/// The description with every candidate in it.
async fn described(pc: &PeerConnection) -> rill_peer::SessionDescription {
    pc.set_local_description(None).await.expect("it fits");
    pc.gathering_complete(GatheringWait::default()).await;
    pc.local_description().expect("it was applied")
}

/// Two connections, and a channel between them.
async fn connected() -> ([PeerConnection; 2], [DataChannel; 2]) {
    let [one, other] = [peer(), peer()];
    let channel = one
        .create_data_channel("chat", DataChannelInit::default())
        .expect("a new connection");
    let offer = described(&one).await;
    other.set_remote_description(offer).await.expect("it fits");
    let answer = described(&other).await;
    assert_eq!(answer.kind, SdpType::Answer);
    one.set_remote_description(answer).await.expect("it fits");
    let theirs = async {
        loop {
            let event = other.next_event().await.expect("it is open");
            if let Event::DataChannel(channel) = event {
                return channel;
            }
        }
    };
    let theirs = timeout(LONG, theirs).await.expect("they connect");
    let opened = timeout(LONG, channel.opened()).await;
    opened.expect("they connect").expect("it opens");
    ([one, other], [channel, theirs])
}

/// Waits until the driver has nothing to wake up for soon: what it was busy with needs no timer any more.
async fn driver_sleeps(shared: &Shared) {
    let sleeps = async {
        loop {
            let is_far = {
                let state = shared.lock();
                let is_done = state.peer.is_sending_done();
                is_done && !state.alarm.covers(Some(Instant::now() + FAR))
            };
            if is_far {
                return;
            }
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(LONG, sleeps).await.expect("it rests");
}

/// On one thread, so that the driver runs when the test lets it, and not before.
#[tokio::test]
async fn a_lone_message_that_is_lost_is_sent_again_by_a_driver_that_slept() {
    let (peers, [channel, theirs]) = connected().await;
    let shared = peers[0].shared();
    driver_sleeps(shared).await;
    // A handle's sockets go nowhere; the driver's are its own.
    let doors = std::mem::take(&mut shared.lock().doors);
    channel.send_text("lost once").expect("it is open");
    {
        let mut state = shared.lock();
        let rest = state.peer.poll_transmit(Instant::now(), &mut Vec::new());
        assert!(rest.is_none(), "{rest:?} is left to the driver");
        let due = state.peer.poll_timeout();
        assert!(due.is_some() && !state.alarm.covers(due), "it sleeps");
        state.doors = doors;
    }
    yield_now().await;
    {
        let state = shared.lock();
        let is_soon = state.alarm.covers(state.peer.poll_timeout());
        assert!(is_soon, "the driver sleeps beyond the retransmission");
    }
    let received = timeout(LONG, theirs.recv()).await.expect("it arrives");
    assert_eq!(received, Some(Message::Text("lost once".to_owned())));
}
