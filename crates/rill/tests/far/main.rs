//! Much data over a bad line between real sockets: rows 9 and 11 of the score card.

mod relay;

use std::{
    env,
    net::{Ipv4Addr, SocketAddr},
    time::{Duration, Instant},
};

use md5::{Digest, Md5};
use rill::{Configuration, Loopback, SessionDescription};
use rill::{DataChannel, DataChannelInit, Event, GatheringWait, Message, PeerConnection, SdpType};
use tokio::time::timeout;

use relay::{Fate, Relay};

/// Whatever stands still for so long hangs.
const LONG: Duration = Duration::from_secs(60);
/// How much is sent, if `RILL_FAR_BYTES` says nothing else.
const BYTES: usize = if cfg!(debug_assertions) {
    8_000_000
} else {
    50_000_000
};
const MESSAGE: usize = 16 * 1024;
/// How much waits to be sent at most.
const QUEUE: usize = 1 << 20;

fn peer() -> PeerConnection {
    let configuration = Configuration {
        loopback: Loopback::Always,
        ..Configuration::default()
    };
    PeerConnection::new(configuration).expect("the configuration is sound")
}

/// The description with every candidate in it.
async fn described(pc: &PeerConnection) -> String {
    pc.set_local_description(None).await.expect("it fits");
    pc.gathering_complete(GatheringWait::default()).await;
    pc.local_description().expect("it was applied").sdp
}

/// A candidate line at 127.0.0.1, and its port.
fn port(line: &str) -> Option<u16> {
    let words: Vec<_> = line.strip_prefix("a=candidate:")?.split(' ').collect();
    (words[4] == "127.0.0.1").then(|| words[5].parse().expect("a port"))
}

/// The address of a peer, and its description with the relay's port for the only one.
fn redirected(sdp: &str, to: u16) -> (SocketAddr, String) {
    let own = sdp.lines().find_map(port).expect("loopback is offered");
    let is_kept = |line: &&str| !line.starts_with("a=candidate:") || port(line) == Some(own);
    let lines = sdp.lines().filter(is_kept).map(|line| match port(line) {
        Some(_) => line.replace(&format!(" {own} "), &format!(" {to} ")),
        None => line.to_owned(),
    });
    let sdp = lines.map(|line| line + "\r\n").collect();
    ((Ipv4Addr::LOCALHOST, own).into(), sdp)
}

/// A channel through the relay, both ends of it.
async fn connected(relay: &Relay) -> ([PeerConnection; 2], [DataChannel; 2]) {
    let peers = [peer(), peer()];
    let [one, other] = &peers;
    let channel = one
        .create_data_channel("far", DataChannelInit::default())
        .expect("a new connection");
    let (first, offer) = redirected(&described(one).await, relay.ports[1]);
    let offer = SessionDescription::new(SdpType::Offer, offer);
    other.set_remote_description(offer).await.expect("it fits");
    let (second, answer) = redirected(&described(other).await, relay.ports[0]);
    relay.start([first, second]);
    let answer = SessionDescription::new(SdpType::Answer, answer);
    one.set_remote_description(answer).await.expect("it fits");
    let theirs = async {
        loop {
            match other.next_event().await {
                Some(Event::DataChannel(channel)) => return channel,
                Some(_) => {}
                None => panic!("it is closed"),
            }
        }
    };
    let theirs = timeout(LONG, theirs).await.expect("they connect");
    timeout(LONG, channel.opened())
        .await
        .expect("it opens")
        .expect("it opens");
    (peers, [channel, theirs])
}

/// Sends so much and compares what arrives; how long it took.
async fn transfer(relay: &Relay, bytes: usize) -> Duration {
    let (peers, [channel, theirs]) = connected(relay).await;
    let start = Instant::now();
    let sending = tokio::spawn(async move {
        let mut sent = Md5::new();
        let mut state = 1_u64;
        let mut left = bytes;
        while left > 0 {
            let words = (0..MESSAGE / 8).flat_map(|_| relay::next(&mut state).to_le_bytes());
            let message: Vec<u8> = words.take(left).collect();
            left -= message.len();
            sent.update(&message);
            channel.send(message).expect("less waits than may");
            channel.drained(QUEUE).await;
        }
        (channel, sent.finalize())
    });
    let mut received = Md5::new();
    let mut missing = bytes;
    while missing > 0 {
        match timeout(LONG, theirs.recv()).await.expect("more arrives") {
            Some(Message::Binary(message)) => {
                received.update(&message);
                missing -= message.len();
            }
            other => panic!("{other:?}"),
        }
    }
    let took = start.elapsed();
    let (_channel, sent) = sending.await.expect("all is sent");
    assert_eq!(sent, received.finalize());
    drop(peers);
    took
}

/// 25 ms each way, 1 % lost, and a bottleneck of 200 Mbit/s.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn much_data_keeps_its_hash_on_a_bad_line() {
    let bytes = env::var("RILL_FAR_BYTES").map_or(BYTES, |bytes| bytes.parse().expect("a number"));
    let relay = Relay::bind(Fate {
        mtu: 1500,
        loss: Some(100),
    });
    let took = transfer(&relay, bytes).await.as_secs_f64();
    let [came, lost, _] = relay.counts();
    let rate = bytes as f64 * 8.0 / took / 1e6;
    println!("{bytes} bytes in {took:.2} s, {rate:.1} Mbit/s; {lost} of {came} packets lost");
    assert!(lost > came / 200, "{lost} of {came} packets were lost");
}

/// Nobody says that a packet was too long. Only those are lost by that which were to find it out.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn data_passes_where_long_packets_vanish() {
    let mut vanished = 0;
    for mtu in [1200, 1280, 1400, 1500] {
        let relay = Relay::bind(Fate { mtu, loss: None });
        transfer(&relay, 1_000_000).await;
        let [came, _, too_long] = relay.counts();
        println!("at {mtu}: {too_long} of {came} packets too long");
        assert!(too_long < 20, "at {mtu}: {too_long} of {came}");
        vanished += too_long;
    }
    assert!(vanished > 0, "none was too long");
}
