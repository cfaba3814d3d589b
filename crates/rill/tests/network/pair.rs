//! Two peers in one process.

use rill::{Configuration, DataChannel, DataChannelInit, Message};
use tokio::{sync::mpsc::unbounded_channel, time::timeout};

use crate::peer::{LONG, Peer};

pub(crate) struct Pair {
    pub(crate) peers: [Peer; 2],
}

impl Pair {
    pub(crate) fn new([first, second]: [Configuration; 2]) -> Self {
        let (to_second, from_first) = unbounded_channel();
        let (to_first, from_second) = unbounded_channel();
        let peers = [
            Peer::new(first, to_second, from_second),
            Peer::new(second, to_first, from_first),
        ];
        Self { peers }
    }

    /// A channel from the first peer that is open on both sides.
    pub(crate) async fn channel(&mut self) -> [DataChannel; 2] {
        let channel = self.begin().await;
        let opened = timeout(LONG, channel.opened()).await;
        opened
            .unwrap_or_else(|_| panic!("not open: {}", self.peers[0].pc.diagnose()))
            .expect("nobody closes it");
        [channel, self.peers[1].opened_channel().await]
    }

    /// The first peer makes an offer with a channel.
    pub(crate) async fn begin(&self) -> DataChannel {
        let [first, _] = &self.peers;
        let channel = first
            .pc
            .create_data_channel("chat", DataChannelInit::default());
        first.offer().await;
        channel.expect("a new connection takes a channel")
    }
}

/// Some messages each way, longer than any frame.
pub(crate) async fn talk([one, other]: &[DataChannel; 2]) {
    for (from, to) in [(one, other), (other, one)] {
        for number in 0..3 {
            let message = Message::Binary(vec![number; 100_000].into());
            from.send_message(message.clone())
                .expect("the channel is open");
            let received = timeout(LONG, to.recv()).await.expect("it arrives");
            assert!(received == Some(message), "it arrives as it was sent");
        }
    }
}
