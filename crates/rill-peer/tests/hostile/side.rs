//! A peer connection on a simulated host, with a driver and an application that keep nothing.

use std::{
    net::SocketAddr,
    time::{Duration, Instant, SystemTime},
};

use rill_peer::{
    Certificate, CertificateOptions, ChannelId, Configuration, DataChannelInit, DataChannelState,
    Event, IceGatheringState, Message, PeerConnection, SdpType, SessionDescription,
};
use rill_sim::{Datagram, Driver, Endpoint, Host};

use crate::memory::Held;

/// What the application does about messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// It takes each.
    Eager,
    /// It polls nothing.
    Never,
}

/// A peer connection, and what its application saw.
pub(crate) struct Side {
    pub(crate) pc: PeerConnection,
    pub(crate) reading: Reading,
    pub(crate) held: Held,
    /// Channels of the peer, in order.
    pub(crate) announced: Vec<ChannelId>,
    pub(crate) closed: Vec<ChannelId>,
    /// Channels that ended by an error.
    pub(crate) failed: Vec<ChannelId>,
    /// The last message, and how many there were.
    pub(crate) last: Option<(ChannelId, Message)>,
    pub(crate) messages: usize,
    /// How many datagrams it sent.
    pub(crate) sent: usize,
    driver: Driver,
    buffer: Vec<u8>,
}

impl Side {
    pub(crate) fn new(host: Host, now: Instant, seed: u8) -> Self {
        let new_year = SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600);
        let certificate = Certificate::generate(CertificateOptions::new(new_year));
        let configuration = Configuration {
            certificates: vec![certificate.expect("the time is a sane one")],
            ..Configuration::default()
        };
        let mut held = Held::default();
        let pc = held.count(|| PeerConnection::new(now, configuration, [seed; 32]));
        Self {
            pc: pc.expect("the configuration is a good one"),
            reading: Reading::Eager,
            held,
            announced: Vec::new(),
            closed: Vec::new(),
            failed: Vec::new(),
            last: None,
            messages: 0,
            sent: 0,
            driver: Driver::new(host),
            buffer: Vec::new(),
        }
    }

    /// Does something with the connection, and what follows.
    pub(crate) fn act<T>(&mut self, now: Instant, act: impl FnOnce(&mut PeerConnection) -> T) -> T {
        let mut held = self.held;
        let done = held.count(|| act(&mut self.pc));
        self.held = held;
        self.pump(now);
        done
    }

    pub(crate) fn create(&mut self, now: Instant, init: DataChannelInit) -> ChannelId {
        self.act(now, |pc| pc.create_data_channel(now, "chat", init))
            .expect("the channel is a good one")
    }

    pub(crate) fn is_open(&self, channel: ChannelId) -> bool {
        self.pc.data_channel_state(channel) == DataChannelState::Open
    }

    pub(crate) fn send(&mut self, now: Instant, channel: ChannelId, text: &str) {
        let send = |pc: &mut PeerConnection| pc.send(now, channel, Message::Text(text.to_owned()));
        self.act(now, send).expect("the channel takes it");
    }

    /// Offers or answers, with all candidates in it: there is no server to wait for.
    pub(crate) fn describe(&mut self, now: Instant) -> SessionDescription {
        self.act(now, |pc| pc.set_local_description(now, None))
            .expect("it fits");
        assert_eq!(self.pc.ice_gathering_state(), IceGatheringState::Complete);
        self.pc.local_description().expect("it was applied")
    }

    pub(crate) fn take(&mut self, now: Instant, kind: SdpType, sdp: &str) {
        let description = SessionDescription::new(kind, sdp);
        self.act(now, |pc| pc.set_remote_description(now, &description))
            .expect("it fits");
    }

    fn pump(&mut self, now: Instant) {
        let mut held = self.held;
        while held.count(|| self.serve_one(now) || self.run_task(now)) {}
        self.held = held;
    }

    fn serve_one(&mut self, now: Instant) -> bool {
        let Some(request) = self.pc.poll_request() else {
            return false;
        };
        self.driver.serve(now, request);
        while let Some((id, response)) = self.driver.poll_response(now) {
            self.pc.handle_response(now, id, response);
        }
        true
    }

    fn run_task(&mut self, now: Instant) -> bool {
        if self.reading == Reading::Never {
            return false;
        }
        let Some(task) = self.pc.poll_task() else {
            return false;
        };
        for event in task.into_events() {
            match event {
                Event::DataChannel(id) => self.announced.push(id),
                Event::Close(id) => self.closed.push(id),
                Event::Error(id, _) => self.failed.push(id),
                Event::Message(id, message) => {
                    self.pc.consumed(now, message.weight());
                    self.messages += 1;
                    self.last = Some((id, message));
                }
                _ => {}
            }
        }
        true
    }

    /// Takes the next datagrams apart and queues them.
    fn transmit_one(&mut self, now: Instant) -> bool {
        let mut held = self.held;
        let next = held.count(|| self.pc.poll_transmit(now, &mut self.buffer));
        self.held = held;
        let Some(transmit) = next else {
            return false;
        };
        let length = transmit.segment.unwrap_or(self.buffer.len()).max(1);
        self.sent += self.buffer.len().div_ceil(length);
        self.driver.transmit(transmit, &self.buffer);
        true
    }
}

impl Endpoint for Side {
    fn handle_datagram(
        &mut self,
        now: Instant,
        local: SocketAddr,
        remote: SocketAddr,
        bytes: &mut [u8],
    ) {
        if let Some(path) = self.driver.path(local, remote) {
            self.act(now, |pc| pc.handle_datagram(now, path, bytes));
        }
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.act(now, |pc| pc.handle_timeout(now));
    }

    fn poll_transmit(&mut self, now: Instant) -> Option<Datagram> {
        loop {
            if let Some(datagram) = self.driver.poll_transmit() {
                return Some(datagram);
            }
            self.pump(now);
            if !self.transmit_one(now) {
                return None;
            }
        }
    }

    fn poll_timeout(&mut self) -> Option<Instant> {
        self.pc.poll_timeout()
    }
}
