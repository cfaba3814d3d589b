//! The crate `webrtc` as a peer, on tokio and with the settings it comes with.
#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use bytes::BytesMut;
use interop_protocol::{Candidate, Command, commands, content, description, digest, emit, reply};
use serde_json::{Value, json};
use tokio::sync::mpsc::unbounded_channel;
use webrtc::data_channel::{DataChannel, DataChannelEvent, RTCDataChannelInit};
use webrtc::error::{Error, Result};
use webrtc::peer_connection::{
    PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler, RTCIceCandidateInit,
    RTCIceGatheringState, RTCPeerConnectionIceEvent, RTCPeerConnectionState, RTCSessionDescription,
};

#[tokio::main]
async fn main() {
    let (sender, mut received) = unbounded_channel();
    std::thread::spawn(move || {
        for command in commands() {
            let _ = sender.send(command);
        }
    });
    emit(&json!({ "event": "ready" }));
    let peer = Peer::new().await.expect("there is an address to bind");
    while let Some(command) = received.recv().await {
        let id = command.id;
        let outcome = peer.perform(command).await;
        reply(id, outcome.map_err(|error| error.to_string()));
    }
}

type Channels = Arc<Mutex<BTreeMap<String, Arc<dyn DataChannel>>>>;

struct Peer {
    connection: Arc<dyn PeerConnection>,
    channels: Channels,
}

impl Peer {
    async fn new() -> Result<Self> {
        let channels = Channels::default();
        let connection = PeerConnectionBuilder::new()
            .with_handler(Arc::new(Handler {
                channels: Arc::clone(&channels),
            }))
            .with_udp_addrs(vec!["0.0.0.0:0".to_owned(), "[::]:0".to_owned()])
            .build()
            .await?;
        Ok(Self {
            connection: Arc::new(connection),
            channels,
        })
    }

    async fn perform(&self, command: Command) -> Result<Value> {
        match command.name.as_str() {
            "channel" => {
                let init = RTCDataChannelInit {
                    ordered: command.ordered,
                    ..RTCDataChannelInit::default()
                };
                let channel = self
                    .connection
                    .create_data_channel(&command.label, Some(init))
                    .await?;
                adopt(&self.channels, command.label, channel);
            }
            "offer" => {
                // The options of an offer are a type that it does not export.
                if command.ice_restart {
                    self.connection.restart_ice().await?;
                }
                let offer = self.connection.create_offer(None).await?;
                self.connection.set_local_description(offer).await?;
                return self.local().await;
            }
            "answer" => {
                let offer = RTCSessionDescription::offer(command.description.sdp)?;
                self.connection.set_remote_description(offer).await?;
                let answer = self.connection.create_answer(None).await?;
                self.connection.set_local_description(answer).await?;
                return self.local().await;
            }
            "accept" => {
                let answer = RTCSessionDescription::answer(command.description.sdp)?;
                self.connection.set_remote_description(answer).await?;
            }
            "local" => return self.local().await,
            "candidate" => self.add_candidate(command.candidate).await?,
            "restart" => self.connection.restart_ice().await?,
            "send" => return self.send(&command).await,
            "closeChannel" => self.channel(&command.label)?.close().await?,
            "close" => self.connection.close().await?,
            _ => {}
        }
        Ok(json!({}))
    }

    async fn local(&self) -> Result<Value> {
        let local = self.connection.local_description().await;
        let local =
            local.ok_or_else(|| Error::Other("there is no local description".to_owned()))?;
        Ok(description(&local.sdp_type.to_string(), &local.sdp))
    }

    async fn add_candidate(&self, given: Option<Candidate>) -> Result<()> {
        // It has no mark for the end.
        let Some(given) = given.filter(|given| !given.candidate.is_empty()) else {
            return Ok(());
        };
        let init = RTCIceCandidateInit {
            candidate: given.candidate,
            sdp_mid: given.sdp_mid,
            sdp_mline_index: given.sdp_mline_index,
            username_fragment: given.username_fragment,
            url: None,
        };
        self.connection.add_ice_candidate(init).await
    }

    async fn send(&self, command: &Command) -> Result<Value> {
        let (is_text, bytes) = content(command);
        let reply = json!({ "digest": digest(is_text, &bytes) });
        let channel = self.channel(&command.label)?;
        if is_text {
            let text = String::from_utf8(bytes).expect("hexadecimal digits");
            channel.send_text(&text).await?;
        } else {
            channel.send(BytesMut::from(&bytes[..])).await?;
        }
        Ok(reply)
    }

    fn channel(&self, label: &str) -> Result<Arc<dyn DataChannel>> {
        let channels = self.channels.lock().expect("no holder panics");
        channels
            .get(label)
            .cloned()
            .ok_or_else(|| Error::Other(format!("there is no channel {label}")))
    }
}

/// Reports what happens on a channel, until it is closed.
fn adopt(channels: &Channels, label: String, channel: Arc<dyn DataChannel>) {
    let mut known = channels.lock().expect("no holder panics");
    known.insert(label.clone(), Arc::clone(&channel));
    tokio::spawn(async move {
        while let Some(event) = channel.poll().await {
            match event {
                DataChannelEvent::OnOpen => {
                    let ordered = channel.ordered().await.ok();
                    emit(&json!({ "event": "open", "label": label, "ordered": ordered }));
                }
                DataChannelEvent::OnMessage(message) => {
                    let digest = digest(message.is_string, &message.data);
                    emit(&json!({ "event": "message", "label": label, "digest": digest }));
                }
                DataChannelEvent::OnClose => emit(&json!({ "event": "closed", "label": label })),
                _ => {}
            }
        }
    });
}

struct Handler {
    channels: Channels,
}

#[async_trait::async_trait]
impl PeerConnectionEventHandler for Handler {
    async fn on_ice_candidate(&self, event: RTCPeerConnectionIceEvent) {
        match event.candidate.to_json() {
            Ok(candidate) => emit(&json!({ "event": "candidate", "candidate": candidate })),
            Err(error) => eprintln!("webrtc: a candidate cannot be written: {error}"),
        }
    }

    async fn on_ice_gathering_state_change(&self, state: RTCIceGatheringState) {
        emit(&json!({ "event": "gathering", "state": state.to_string() }));
    }

    async fn on_connection_state_change(&self, state: RTCPeerConnectionState) {
        emit(&json!({ "event": "connection", "state": state.to_string() }));
    }

    async fn on_data_channel(&self, channel: Arc<dyn DataChannel>) {
        match channel.label().await {
            Ok(label) => adopt(&self.channels, label, channel),
            Err(error) => eprintln!("webrtc: a channel is gone: {error}"),
        }
    }
}
