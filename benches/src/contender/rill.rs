//! rill on tokio, trickling, with no option set.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use ::rill::{Configuration, DataChannel, DataChannelInit, Event, PeerConnection};
use bytes::Bytes;
use tokio::runtime::Runtime;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::{Contender, Load, Transferred, in_a_task};

/// The sender pauses above this many buffered bytes and goes on below half of it.
const BUFFERED: usize = 1 << 20;

pub(crate) struct Rill {
    runtime: Runtime,
    held: Vec<Pair>,
}

impl Rill {
    pub(crate) fn new() -> Self {
        Self {
            runtime: Runtime::new().expect("threads can be started"),
            held: Vec::new(),
        }
    }
}

impl Contender for Rill {
    fn set_up(&mut self) -> Duration {
        in_a_task(&self.runtime, async {
            let start = Instant::now();
            let pair = Pair::connect(DataChannelInit::default()).await;
            let elapsed = start.elapsed();
            pair.close();
            elapsed
        })
    }

    fn transfer(&mut self, load: Load) -> Transferred {
        in_a_task(&self.runtime, transfer(load))
    }

    fn round_trips(&mut self, message: usize, limit: Duration) -> Vec<Duration> {
        in_a_task(&self.runtime, round_trips(message, limit))
    }

    fn hold(&mut self, pairs: usize) {
        self.runtime.block_on(async {
            for _ in 0..pairs {
                self.held
                    .push(Pair::connect(DataChannelInit::default()).await);
            }
        });
    }
}

async fn round_trips(message: usize, limit: Duration) -> Vec<Duration> {
    let Pair {
        peers,
        outgoing,
        incoming,
    } = Pair::connect(DataChannelInit::default()).await;
    let echo = tokio::spawn(async move {
        while let Some(message) = incoming.recv().await {
            let _ = incoming.send_message(message);
        }
    });
    let payload = Bytes::from(vec![0x5A; message]);
    let mut times = Vec::new();
    let start = Instant::now();
    while start.elapsed() < limit {
        let sent = Instant::now();
        outgoing.send(payload.clone()).expect("an open channel");
        outgoing.recv().await.expect("an open channel");
        times.push(sent.elapsed());
    }
    echo.abort();
    peers.iter().for_each(PeerConnection::close);
    times
}

async fn transfer(load: Load) -> Transferred {
    let mut init = DataChannelInit::default();
    if !load.reliable {
        init.ordered = false;
        init.max_retransmits = Some(0);
    }
    let Pair {
        peers,
        outgoing,
        incoming,
    } = Pair::connect(init).await;
    let sent = Arc::new(AtomicUsize::new(0));
    let start = Instant::now();
    let sender = tokio::spawn(send(outgoing, load.message, Arc::clone(&sent)));
    let mut bytes = 0;
    let _ = timeout(load.limit, async {
        while bytes < load.total {
            let Some(message) = incoming.recv().await else {
                break;
            };
            bytes += message.len();
        }
    })
    .await;
    let mut elapsed = start.elapsed();
    sender.abort();
    while let Some(patience) = load.patience()
        && let Ok(Some(message)) = timeout(patience, incoming.recv()).await
    {
        bytes += message.len();
        elapsed = start.elapsed();
    }
    peers.iter().for_each(PeerConnection::close);
    Transferred {
        sent: sent.load(Ordering::Relaxed),
        bytes,
        elapsed,
    }
}

async fn send(channel: DataChannel, size: usize, sent: Arc<AtomicUsize>) {
    let payload = Bytes::from(vec![0x5A; size]);
    while channel.send(payload.clone()).is_ok() {
        sent.fetch_add(1, Ordering::Relaxed);
        if channel.buffered_amount() > BUFFERED {
            channel.drained(BUFFERED / 2).await;
        }
    }
}

/// Two connected peers and both ends of their channel.
struct Pair {
    peers: [PeerConnection; 2],
    outgoing: DataChannel,
    incoming: DataChannel,
}

impl Pair {
    async fn connect(init: DataChannelInit) -> Self {
        let [offerer, answerer] = [(); 2].map(|()| {
            PeerConnection::new(Configuration::default()).expect("the default configuration")
        });
        let outgoing = offerer
            .create_data_channel("bench", init)
            .expect("a new connection");
        offerer
            .set_local_description(None)
            .await
            .expect("a new connection");
        let offer = offerer.local_description().expect("set above");
        answerer
            .set_remote_description(offer)
            .await
            .expect("its own kind's offer");
        answerer
            .set_local_description(None)
            .await
            .expect("there is an offer");
        let answer = answerer.local_description().expect("set above");
        offerer
            .set_remote_description(answer)
            .await
            .expect("its own kind's answer");

        let (channels, mut announced) = unbounded_channel();
        let relays = [
            relay(offerer.clone(), answerer.clone(), channels.clone()),
            relay(answerer.clone(), offerer.clone(), channels),
        ];
        let incoming = announced
            .recv()
            .await
            .expect("the channel that was offered");
        outgoing
            .opened()
            .await
            .expect("nobody disturbs this session");
        incoming
            .opened()
            .await
            .expect("nobody disturbs this session");
        relays.iter().for_each(JoinHandle::abort);
        Self {
            peers: [offerer, answerer],
            outgoing,
            incoming,
        }
    }

    fn close(self) {
        self.peers.iter().for_each(PeerConnection::close);
    }
}

fn relay(
    from: PeerConnection,
    to: PeerConnection,
    channels: UnboundedSender<DataChannel>,
) -> JoinHandle<()> {
    tokio::spawn(async move {
        while let Some(event) = from.next_event().await {
            match event {
                Event::IceCandidate(Some(candidate)) => {
                    // A connection that is being closed takes no more of them.
                    let _ = to.add_ice_candidate(candidate.to_init()).await;
                }
                Event::DataChannel(channel) => {
                    let _ = channels.send(channel);
                }
                _ => {}
            }
        }
    })
}
