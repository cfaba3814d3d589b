//! The crate `webrtc` on tokio, trickling, as its examples use it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use ::webrtc::data_channel::{DataChannel, DataChannelEvent, RTCDataChannelInit};
use ::webrtc::peer_connection::{
    PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler, RTCIceCandidateInit,
    RTCPeerConnectionIceEvent,
};
use bytes::BytesMut;
use tokio::runtime::Runtime;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::{Contender, Load, Transferred, in_a_task};
use crate::sockets::enlarge_buffers;

/// Pairs that connect at the same time when many are wanted: each waits for its agents' ticks.
const AT_ONCE: usize = 20;

pub(crate) struct Webrtc {
    runtime: Runtime,
    /// What its user gives the sockets; the stack itself leaves them as they are.
    buffers: Option<usize>,
    held: Vec<Pair>,
}

impl Webrtc {
    pub(crate) fn new(buffers: Option<usize>) -> Self {
        Self {
            runtime: Runtime::new().expect("threads can be started"),
            buffers,
            held: Vec::new(),
        }
    }
}

impl Contender for Webrtc {
    fn set_up(&mut self) -> Duration {
        in_a_task(&self.runtime, async {
            let start = Instant::now();
            let pair = Pair::connect(None).await;
            let elapsed = start.elapsed();
            pair.close().await;
            elapsed
        })
    }

    fn transfer(&mut self, load: Load) -> Transferred {
        in_a_task(&self.runtime, transfer(load, self.buffers))
    }

    fn round_trips(&mut self, message: usize, limit: Duration) -> Vec<Duration> {
        in_a_task(&self.runtime, round_trips(message, limit))
    }

    fn hold(&mut self, pairs: usize) {
        self.runtime.block_on(async {
            let mut connecting = JoinSet::new();
            for number in 0..pairs {
                connecting.spawn(Pair::connect(None));
                if number >= AT_ONCE {
                    self.held
                        .extend(connecting.join_next().await.and_then(Result::ok));
                }
            }
            self.held.extend(connecting.join_all().await);
        });
    }
}

async fn round_trips(message: usize, limit: Duration) -> Vec<Duration> {
    let pair = Pair::connect(None).await;
    let incoming = Arc::clone(&pair.incoming);
    let echo = tokio::spawn(async move {
        while let Some(message) = received(&incoming).await {
            let _ = incoming.send(message).await;
        }
    });
    let payload = BytesMut::from(&vec![0x5A; message][..]);
    let mut times = Vec::new();
    let start = Instant::now();
    while start.elapsed() < limit {
        let sent = Instant::now();
        pair.outgoing
            .send(payload.clone())
            .await
            .expect("an open channel");
        received(&pair.outgoing).await.expect("an open channel");
        times.push(sent.elapsed());
    }
    echo.abort();
    pair.close().await;
    times
}

async fn transfer(load: Load, buffers: Option<usize>) -> Transferred {
    let init = (!load.reliable).then(|| RTCDataChannelInit {
        ordered: false,
        max_retransmits: Some(0),
        ..RTCDataChannelInit::default()
    });
    let pair = Pair::connect(init).await;
    if let Some(bytes) = buffers {
        enlarge_buffers(bytes).expect("the sockets are open");
    }
    let sent = Arc::new(AtomicUsize::new(0));
    let outgoing = Arc::clone(&pair.outgoing);
    let sender = tokio::spawn(send(outgoing, load.message, Arc::clone(&sent)));
    let start = Instant::now();
    let mut bytes = 0;
    let _ = timeout(load.limit, async {
        while bytes < load.total {
            let Some(message) = received(&pair.incoming).await else {
                break;
            };
            bytes += message.len();
        }
    })
    .await;
    let mut elapsed = start.elapsed();
    sender.abort();
    while let Some(patience) = load.patience()
        && let Ok(Some(message)) = timeout(patience, received(&pair.incoming)).await
    {
        bytes += message.len();
        elapsed = start.elapsed();
    }
    pair.close().await;
    Transferred {
        sent: sent.load(Ordering::Relaxed),
        bytes,
        elapsed,
    }
}

/// Its `send` waits at its own limit of buffered bytes.
async fn send(channel: Arc<dyn DataChannel>, size: usize, sent: Arc<AtomicUsize>) {
    let payload = BytesMut::from(&vec![0x5A; size][..]);
    while channel.send(payload.clone()).await.is_ok() {
        sent.fetch_add(1, Ordering::Relaxed);
    }
}

async fn received(channel: &Arc<dyn DataChannel>) -> Option<BytesMut> {
    loop {
        if let DataChannelEvent::OnMessage(message) = channel.poll().await? {
            return Some(message.data);
        }
    }
}

/// Two connected peers and both ends of their channel.
struct Pair {
    peers: [Arc<dyn PeerConnection>; 2],
    outgoing: Arc<dyn DataChannel>,
    incoming: Arc<dyn DataChannel>,
}

impl Pair {
    async fn connect(init: Option<RTCDataChannelInit>) -> Self {
        let (offerer, offered, _) = peer().await;
        let (answerer, answered, mut channels) = peer().await;
        let outgoing = offerer
            .create_data_channel("bench", init)
            .await
            .expect("a new connection");
        let offer = offerer.create_offer(None).await.expect("a new connection");
        offerer
            .set_local_description(offer.clone())
            .await
            .expect("its own offer");
        answerer
            .set_remote_description(offer)
            .await
            .expect("its own kind's offer");
        relay(offered, Arc::clone(&answerer));
        let answer = answerer
            .create_answer(None)
            .await
            .expect("there is an offer");
        answerer
            .set_local_description(answer.clone())
            .await
            .expect("its own answer");
        offerer
            .set_remote_description(answer)
            .await
            .expect("its own kind's answer");
        relay(answered, Arc::clone(&offerer));
        let incoming = channels.recv().await.expect("the channel that was offered");
        opened(&outgoing).await;
        opened(&incoming).await;
        Self {
            peers: [offerer, answerer],
            outgoing,
            incoming,
        }
    }

    async fn close(self) {
        for peer in self.peers {
            peer.close().await.expect("an open connection");
        }
    }
}

async fn peer() -> (
    Arc<dyn PeerConnection>,
    UnboundedReceiver<RTCIceCandidateInit>,
    UnboundedReceiver<Arc<dyn DataChannel>>,
) {
    let (candidates, gathered) = unbounded_channel();
    let (channels, announced) = unbounded_channel();
    let peer = PeerConnectionBuilder::new()
        .with_handler(Arc::new(Handler {
            candidates,
            channels,
        }))
        .with_udp_addrs(vec!["127.0.0.1:0".to_owned()])
        .build()
        .await
        .expect("a free port on loopback");
    (Arc::new(peer), gathered, announced)
}

fn relay(mut candidates: UnboundedReceiver<RTCIceCandidateInit>, to: Arc<dyn PeerConnection>) {
    tokio::spawn(async move {
        while let Some(candidate) = candidates.recv().await {
            // A connection that is being closed takes no more of them.
            let _ = to.add_ice_candidate(candidate).await;
        }
    });
}

async fn opened(channel: &Arc<dyn DataChannel>) {
    while !matches!(channel.poll().await, Some(DataChannelEvent::OnOpen)) {}
}

struct Handler {
    candidates: UnboundedSender<RTCIceCandidateInit>,
    channels: UnboundedSender<Arc<dyn DataChannel>>,
}

#[async_trait::async_trait]
impl PeerConnectionEventHandler for Handler {
    async fn on_ice_candidate(&self, event: RTCPeerConnectionIceEvent) {
        if let Ok(candidate) = event.candidate.to_json() {
            let _ = self.candidates.send(candidate);
        }
    }

    async fn on_data_channel(&self, channel: Arc<dyn DataChannel>) {
        let _ = self.channels.send(channel);
    }
}
