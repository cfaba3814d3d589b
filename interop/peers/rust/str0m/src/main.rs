//! str0m as a peer: it has no sockets and does not gather, so both are done here.
#![forbid(unsafe_code)]

mod sockets;

use std::collections::{HashMap, VecDeque};
use std::error::Error;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Instant;

use interop_protocol::{Command, commands, content, description, digest, emit, reply};
use serde_json::{Value, json};
use str0m::change::{SdpAnswer, SdpOffer, SdpPendingOffer};
use str0m::channel::{ChannelConfig, ChannelId};
use str0m::net::{Protocol, Receive};
use str0m::{Candidate, Event, IceConnectionState, Input, Output, Rtc, RtcError};

use sockets::{Datagram, Sockets};

/// It takes no message that its buffer cannot hold, and the one it comes with holds 128 KiB.
const BUFFERED: usize = 1 << 20;

/// What wakes the loop.
enum Wake {
    Command(Command),
    Datagram(Datagram),
    End,
}

fn main() {
    let (waker, wakes) = channel();
    let sockets = Sockets::open(&waker, Wake::Datagram);
    std::thread::spawn(move || {
        for command in commands() {
            let _ = waker.send(Wake::Command(command));
        }
        let _ = waker.send(Wake::End);
    });
    emit(&json!({ "event": "ready" }));
    Peer::new(sockets).run(&wakes);
}

struct Peer {
    rtc: Rtc,
    sockets: Sockets,
    /// Channels that the next offer announces.
    planned: Vec<ChannelConfig>,
    pending: Option<SdpPendingOffer>,
    local: Value,
    restart: bool,
    channels: HashMap<String, ChannelId>,
    labels: HashMap<ChannelId, String>,
    /// What str0m had no room for yet.
    outgoing: VecDeque<(ChannelId, bool, Vec<u8>)>,
}

impl Peer {
    fn new(sockets: Sockets) -> Self {
        Self {
            rtc: Rtc::builder()
                .set_sctp_max_buffered_amount(BUFFERED)
                .build(Instant::now()),
            sockets,
            planned: Vec::new(),
            pending: None,
            local: Value::Null,
            restart: false,
            channels: HashMap::new(),
            labels: HashMap::new(),
            outgoing: VecDeque::new(),
        }
    }

    fn run(mut self, wakes: &Receiver<Wake>) {
        loop {
            let timeout = match self.poll() {
                Ok(timeout) => timeout,
                Err(error) => return eprintln!("str0m: {error}"),
            };
            let wait = timeout.saturating_duration_since(Instant::now());
            let outcome = match wakes.recv_timeout(wait) {
                Ok(Wake::Command(command)) => {
                    let id = command.id;
                    reply(id, self.perform(command).map_err(|error| error.to_string()));
                    Ok(())
                }
                Ok(Wake::Datagram(datagram)) => self.receive(&datagram),
                Err(RecvTimeoutError::Timeout) => {
                    self.rtc.handle_input(Input::Timeout(Instant::now()))
                }
                Ok(Wake::End) | Err(RecvTimeoutError::Disconnected) => return,
            };
            if let Err(error) = outcome {
                return eprintln!("str0m: {error}");
            }
        }
    }

    fn perform(&mut self, command: Command) -> Result<Value, Box<dyn Error>> {
        match command.name.as_str() {
            "channel" => self.create_channel(&command),
            "offer" => return self.offer(command.ice_restart),
            "answer" => {
                let offer = SdpOffer::from_sdp_string(&command.description.sdp)?;
                self.gather();
                let answer = self.rtc.sdp_api().accept_offer(offer)?;
                return Ok(self.described("answer", &answer.to_sdp_string()));
            }
            "accept" => {
                let answer = SdpAnswer::from_sdp_string(&command.description.sdp)?;
                if let Some(pending) = self.pending.take() {
                    self.rtc.sdp_api().accept_answer(pending, answer)?;
                }
            }
            "local" => return Ok(self.local.clone()),
            "candidate" => {
                // It has no mark for the end.
                if let Some(given) = command
                    .candidate
                    .filter(|given| !given.candidate.is_empty())
                {
                    let candidate = Candidate::from_sdp_string(&given.candidate)?;
                    self.rtc.add_remote_candidate(candidate);
                }
            }
            "restart" => self.restart = true,
            "send" => {
                let (is_text, bytes) = content(&command);
                let reply = json!({ "digest": digest(is_text, &bytes) });
                self.outgoing
                    .push_back((self.channels[&command.label], !is_text, bytes));
                return Ok(reply);
            }
            "closeChannel" => {
                let id = self.channels[&command.label];
                self.rtc.direct_api().close_data_channel(id);
            }
            "close" => self.rtc.close()?,
            _ => {}
        }
        Ok(json!({}))
    }

    /// Once there is a section for data, a channel needs no offer.
    fn create_channel(&mut self, command: &Command) {
        let config = ChannelConfig {
            label: command.label.clone(),
            ordered: command.ordered,
            ..ChannelConfig::default()
        };
        if self.local.is_null() {
            return self.planned.push(config);
        }
        let mut change = self.rtc.sdp_api();
        let id = change.add_channel_with_config(config);
        let offer = change.apply();
        assert!(offer.is_none(), "there is a section for data");
        self.adopt(command.label.clone(), id);
    }

    fn offer(&mut self, restart: bool) -> Result<Value, Box<dyn Error>> {
        self.gather();
        let mut change = self.rtc.sdp_api();
        let planned: Vec<_> = std::mem::take(&mut self.planned)
            .into_iter()
            .map(|config| (config.label.clone(), change.add_channel_with_config(config)))
            .collect();
        if restart || std::mem::take(&mut self.restart) {
            change.ice_restart(true);
        }
        let Some((offer, pending)) = change.apply() else {
            return Err("there is nothing to offer".into());
        };
        self.pending = Some(pending);
        for (label, id) in planned {
            self.adopt(label, id);
        }
        Ok(self.described("offer", &offer.to_sdp_string()))
    }

    /// What str0m is told before it writes a description is in it.
    fn gather(&mut self) {
        for address in self.sockets.addresses() {
            let candidate =
                Candidate::host(address, Protocol::Udp).expect("an address of this host");
            self.rtc.add_local_candidate(candidate);
        }
    }

    /// The same candidates once more as events, for those who trickle.
    fn described(&mut self, kind: &str, sdp: &str) -> Value {
        let mut lines = sdp.lines();
        let mid = lines.find_map(|line| line.strip_prefix("a=mid:"));
        let mut found: Vec<_> = sdp
            .lines()
            .filter_map(|line| line.strip_prefix("a="))
            .filter(|line| line.starts_with("candidate:"))
            .collect();
        found.dedup();
        emit(&json!({ "event": "gathering", "state": "gathering" }));
        for candidate in found {
            let candidate = json!({ "candidate": candidate, "sdpMid": mid, "sdpMLineIndex": 0 });
            emit(&json!({ "event": "candidate", "candidate": candidate }));
        }
        emit(&json!({ "event": "gathering", "state": "complete" }));
        emit(&json!({ "event": "candidate", "candidate": null }));
        self.local = description(kind, sdp);
        self.local.clone()
    }

    fn adopt(&mut self, label: String, id: ChannelId) {
        self.channels.insert(label.clone(), id);
        self.labels.insert(id, label);
    }

    /// Sends and reports what there is; returns when to come back at the latest.
    fn poll(&mut self) -> Result<Instant, RtcError> {
        loop {
            let timeout = loop {
                match self.rtc.poll_output()? {
                    Output::Timeout(timeout) => break timeout,
                    Output::Transmit(transmit) => self.sockets.send(&transmit),
                    Output::Event(event) => self.tell(event),
                }
            };
            if !self.fill()? {
                return Ok(timeout);
            }
        }
    }

    /// Writes as much as str0m has room for; whether it took anything.
    fn fill(&mut self) -> Result<bool, RtcError> {
        let mut wrote = false;
        while let Some((id, binary, bytes)) = self.outgoing.front() {
            let Some(mut channel) = self.rtc.channel(*id) else {
                break;
            };
            if !channel.write(*binary, bytes)? {
                break;
            }
            self.outgoing.pop_front();
            wrote = true;
        }
        Ok(wrote)
    }

    fn tell(&mut self, event: Event) {
        match event {
            Event::Connected => emit(&json!({ "event": "connection", "state": "connected" })),
            Event::IceConnectionStateChange(IceConnectionState::Disconnected) => {
                emit(&json!({ "event": "connection", "state": "disconnected" }));
            }
            Event::ChannelOpen(id, label) => {
                let config = self
                    .rtc
                    .channel(id)
                    .and_then(|channel| channel.config().cloned());
                let ordered = config.map(|config| config.ordered);
                emit(&json!({ "event": "open", "label": &label, "ordered": ordered }));
                self.adopt(label, id);
            }
            Event::ChannelData(data) => {
                let digest = digest(!data.binary, &data.data);
                let label = &self.labels[&data.id];
                emit(&json!({ "event": "message", "label": label, "digest": digest }));
            }
            Event::ChannelClose(id) => {
                emit(&json!({ "event": "closed", "label": self.labels[&id] }));
            }
            _ => {}
        }
    }

    fn receive(&mut self, datagram: &Datagram) -> Result<(), RtcError> {
        let Datagram {
            local,
            source,
            bytes,
        } = datagram;
        // What is none of the protocols that str0m knows is dropped.
        let Ok(received) = Receive::new(Protocol::Udp, *source, *local, bytes) else {
            return Ok(());
        };
        self.rtc
            .handle_input(Input::Receive(Instant::now(), received))
    }
}
