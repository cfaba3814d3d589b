//! Connections that come and go leave nothing behind. Alone in its process, because it counts what
//! the process holds.
#![cfg(target_os = "linux")]

use std::time::{Duration, Instant};

use rill::{Configuration, DataChannel, DataChannelInit, Event, Message, PeerConnection};
use tokio::runtime::Handle;

const CYCLES: usize = 1000;
/// Caches are warm and the allocator has its arenas.
const WARM: usize = 200;
/// How much more memory may be resident after the last cycle than after the warm ones, in bytes.
const GROWTH: usize = 1 << 20;
/// How long what a connection held may take to be given back.
const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_connections_leave_nothing_behind() {
    connect_and_close().await;
    let first = settled(None).await;
    let mut warm = 0;
    for cycle in 2..=CYCLES {
        connect_and_close().await;
        if cycle == WARM {
            settled(Some(first)).await;
            warm = resident_bytes();
        }
    }
    let last = settled(Some(first)).await;
    let resident = resident_bytes();
    println!(
        "after {WARM} cycles {} KiB resident, after {CYCLES} {} KiB; {last:?}",
        warm >> 10,
        resident >> 10
    );
    assert_eq!(
        last, first,
        "sockets, threads and tasks are those after the first cycle"
    );
    assert!(
        resident <= warm + GROWTH,
        "{resident} bytes resident after {warm}"
    );
}

/// Two peers connect by trickled candidates, one message goes each way, both close.
async fn connect_and_close() {
    let configuration = Configuration::default;
    let offerer = PeerConnection::new(configuration()).expect("the default configuration");
    let answerer = PeerConnection::new(configuration()).expect("the default configuration");
    let channel = offerer
        .create_data_channel("cycle", DataChannelInit::default())
        .expect("a new connection");
    offerer
        .set_local_description(None)
        .await
        .expect("a new connection");
    let offer = offerer.local_description().expect("set above");
    answerer
        .set_remote_description(offer)
        .await
        .expect("our own offer");
    answerer
        .set_local_description(None)
        .await
        .expect("there is an offer");
    let answer = answerer.local_description().expect("set above");
    offerer
        .set_remote_description(answer)
        .await
        .expect("our own answer");

    let talk = async {
        channel
            .opened()
            .await
            .expect("nobody disturbs this session");
        channel.send_text("ping").expect("the channel is open");
        assert_eq!(channel.recv().await, Some(Message::Text("pong".to_owned())));
    };
    tokio::select! {
        () = talk => {}
        () = relay(&offerer, &answerer) => panic!("the offerer's events ended"),
        () = relay(&answerer, &offerer) => panic!("the answerer's events ended"),
        () = tokio::time::sleep(PATIENCE) => panic!("no connection within {PATIENCE:?}"),
    }
    offerer.close();
    answerer.close();
}

/// Hands candidates on, and answers on the channel that the peer opens.
async fn relay(from: &PeerConnection, to: &PeerConnection) {
    let mut incoming: Option<DataChannel> = None;
    loop {
        let event = match &incoming {
            None => from.next_event().await,
            Some(channel) => tokio::select! {
                event = from.next_event() => event,
                Some(_) = channel.recv() => {
                    channel.send_text("pong").expect("the channel is open");
                    continue;
                }
            },
        };
        match event {
            None => return,
            Some(Event::IceCandidate(Some(candidate))) => {
                to.add_ice_candidate(candidate.to_init())
                    .await
                    .expect("the peer's own candidate");
            }
            Some(Event::DataChannel(channel)) => incoming = Some(channel),
            Some(_) => {}
        }
    }
}

/// What the process holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Held {
    descriptors: usize,
    threads: usize,
    tasks: usize,
}

impl Held {
    fn now() -> Self {
        let entries = |folder| {
            std::fs::read_dir(folder)
                .expect("procfs is mounted")
                .count()
        };
        Self {
            descriptors: entries("/proc/self/fd"),
            threads: entries("/proc/self/task"),
            tasks: Handle::current().metrics().num_alive_tasks(),
        }
    }
}

/// What is held once the drivers of closed connections have ended: when it is `expected`, or without
/// that when no task is left; at the end of patience whatever is held then.
async fn settled(expected: Option<Held>) -> Held {
    let start = Instant::now();
    loop {
        let held = Held::now();
        let done = expected.map_or(held.tasks == 0, |expected| held == expected);
        if done || start.elapsed() > PATIENCE {
            return held;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn resident_bytes() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").expect("procfs is mounted");
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .expect("Linux has VmRSS");
    let kib: usize = line
        .trim()
        .trim_end_matches(" kB")
        .parse()
        .expect("a number of KiB");
    kib << 10
}
