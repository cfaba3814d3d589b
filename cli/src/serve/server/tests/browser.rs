//! A Rust peer that stands for the browser.

use rill::{
    Configuration, DataChannel, DataChannelInit, IceCandidateInit, Loopback, PeerConnection,
    SdpType, SessionDescription,
};
use serde_json::{Value, json};
use tokio::time::timeout;

use super::{PATIENCE, Page};

/// A Rust peer in the browser's place, with its echo channel.
pub(super) struct Browser {
    pub(super) connection: PeerConnection,
    pub(super) channel: DataChannel,
}

impl Browser {
    pub(super) fn new() -> Self {
        let configuration = Configuration {
            loopback: Loopback::Always,
            ..Default::default()
        };
        let connection = PeerConnection::new(configuration).expect("a peer");
        let channel = connection
            .create_data_channel("echo", DataChannelInit::default())
            .expect("a new connection takes channels");
        Self {
            connection,
            channel,
        }
    }

    pub(super) async fn offer(&self) -> String {
        self.connection
            .set_local_description(None)
            .await
            .expect("an offer");
        self.connection
            .local_description()
            .expect("just applied")
            .sdp
    }

    pub(super) async fn take_answer(&self, answer: &Value) {
        let sdp = answer["sdp"].as_str().expect("an answer has SDP");
        let description = SessionDescription::new(SdpType::Answer, sdp);
        self.connection
            .set_remote_description(description)
            .await
            .expect("a good answer");
    }

    pub(super) async fn take_candidate(&self, candidate: &Value) {
        let text = |name: &str| candidate[name].as_str().map(str::to_owned);
        let init = (!candidate.is_null()).then(|| IceCandidateInit {
            candidate: text("candidate").expect("a candidate has its line"),
            sdp_mid: text("sdpMid"),
            sdp_m_line_index: candidate["sdpMLineIndex"]
                .as_u64()
                .map(|index| index as u16),
            username_fragment: text("usernameFragment"),
        });
        self.connection
            .add_ice_candidate(init)
            .await
            .expect("a good candidate");
    }

    pub(super) async fn check_echo(&self) {
        let echo = async {
            self.channel.opened().await.expect("the channel opens");
            for message in [
                rill::Message::Text("text".to_owned()),
                rill::Message::Binary(bytes::Bytes::from_static(&[0, 255])),
                rill::Message::Text(String::new()),
                rill::Message::Binary(vec![7; 65_536].into()),
            ] {
                self.channel
                    .send_message(message.clone())
                    .expect("an open channel");
                assert_eq!(self.channel.recv().await, Some(message));
            }
        };
        timeout(PATIENCE, echo).await.expect("the echo in time");
    }

    /// Connects through the page's signalling, and checks the echo.
    pub(super) async fn connect(&self, page: &mut Page) {
        let offer = self.offer().await;
        page.send(json!({"type": "offer", "sdp": offer})).await;
        let answer = page.until("answer").await;
        self.take_answer(&answer).await;
        self.take_candidates(page).await;
        self.check_echo().await;
    }

    /// Takes rill's candidates up to their end, the null. Says how many had a text.
    pub(super) async fn take_candidates(&self, page: &mut Page) -> usize {
        let mut found = 0;
        loop {
            let message = page.until("candidate").await;
            self.take_candidate(&message["candidate"]).await;
            match message["candidate"]["candidate"].as_str() {
                Some(line) => found += usize::from(!line.is_empty()),
                None => return found,
            }
        }
    }
}
