//! The crate `webrtc` on tokio, trickling, as its examples use it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ::webrtc::data_channel::{DataChannel, DataChannelEvent};
use ::webrtc::peer_connection::{
    PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler, RTCIceCandidateInit,
    RTCPeerConnectionIceEvent,
};
use bytes::BytesMut;
use tokio::runtime::Runtime;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::timeout;

use super::{Contender, Load, Transferred};

pub(crate) struct Webrtc {
    runtime: Runtime,
}

impl Webrtc {
    pub(crate) fn new() -> Self {
        Self {
            runtime: Runtime::new().expect("threads can be started"),
        }
    }
}

impl Contender for Webrtc {
    fn set_up(&mut self) -> Duration {
        self.runtime.block_on(async {
            let start = Instant::now();
            let pair = Pair::connect().await;
            let elapsed = start.elapsed();
            pair.close().await;
            elapsed
        })
    }

    fn transfer(&mut self, load: Load) -> Transferred {
        self.runtime.block_on(async {
            let pair = Pair::connect().await;
            let sender = tokio::spawn(send(Arc::clone(&pair.outgoing), load.message));
            let start = Instant::now();
            let mut bytes = 0;
            let _ = timeout(load.limit, async {
                while bytes < load.total {
                    match pair.incoming.poll().await {
                        Some(DataChannelEvent::OnMessage(message)) => bytes += message.data.len(),
                        Some(_) => {}
                        None => break,
                    }
                }
            })
            .await;
            let elapsed = start.elapsed();
            sender.abort();
            pair.close().await;
            Transferred { bytes, elapsed }
        })
    }
}

/// Its `send` waits at its own limit of buffered bytes.
async fn send(channel: Arc<dyn DataChannel>, size: usize) {
    let payload = BytesMut::from(&vec![0x5A; size][..]);
    while channel.send(payload.clone()).await.is_ok() {}
}

/// Two connected peers and both ends of their channel.
struct Pair {
    peers: [Arc<dyn PeerConnection>; 2],
    outgoing: Arc<dyn DataChannel>,
    incoming: Arc<dyn DataChannel>,
}

impl Pair {
    async fn connect() -> Self {
        let (offerer, offered, _) = peer().await;
        let (answerer, answered, mut channels) = peer().await;
        let outgoing = offerer
            .create_data_channel("bench", None)
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
