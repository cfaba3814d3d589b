//! Data channels over one SCTP association (RFC 8831, RFC 8832, webrtc-pc §6).

mod announce;
mod channel;
mod closing;
mod counts;
pub(crate) mod dcep;
mod held;
mod inbound;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::Instant,
};

use bytes::Bytes;
use rill_sctp::{Association, Config, Ppid, StreamId};

pub use self::channel::{CreateDataChannelError, DataChannelInfo, DataChannelInit, SendError};
use self::held::Held;
pub(crate) use self::{
    channel::{Channel, Phase},
    counts::Tally,
};
use crate::{ChannelId, DataChannelState, Message, task::TaskQueue};

/// Messages of what weight may wait in the task queue and with the application before messages
/// are left in SCTP's receive window, where the peer sees them.
const RECEIVE_QUEUE: usize = 1024 * 1024;

/// How many bytes the peer's channels may take: as many as it has streams with short names, fewer with
/// long ones. More are refused.
const PEER_CHANNELS: usize = 12 * 1024 * 1024;
/// What a channel of the peer takes, beside its names.
const CHANNEL: usize = 300;

/// The first stream of either kind.
const LOWEST: [u16; 2] = [0, 1];

/// Which stream ids are ours to choose: the DTLS client's are even (RFC 8832 §6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Parity {
    /// We are the DTLS client.
    Even,
    /// We are the DTLS server.
    Odd,
}

/// Every data channel of a connection and the association below them.
#[derive(Debug)]
pub(crate) struct DataChannels {
    /// Boxed, because most connections have few: a node has room for eleven.
    channels: BTreeMap<ChannelId, Box<Channel>>,
    by_stream: BTreeMap<u16, ChannelId>,
    /// Below these no even and no odd stream is free.
    lowest_free: [u16; 2],
    /// The channels whose bytes are still with the association: the only ones looked at per packet.
    busy: BTreeSet<ChannelId>,
    next_id: u32,
    /// What the peer's channels take that were not forgotten, in bytes.
    charged: usize,
    association: Option<Association>,
    parity: Option<Parity>,
    /// How many streams the peer accepts, once connected.
    streams: Option<u16>,
    /// The peer's `a=max-message-size`.
    max_message_size: usize,
    /// The weight of the messages that were pulled and not yet consumed.
    undelivered: usize,
    /// Messages were left with the association for want of room.
    full: bool,
    /// DCEP messages for which the association had no room yet. What is sent on their streams comes
    /// after them.
    unsent: VecDeque<(StreamId, Bytes)>,
    /// Events that wait until the messages before them were pulled.
    stalled: VecDeque<rill_sctp::Event>,
    /// What waits until its stream is free.
    held: Vec<Held>,
    tally: Tally,
    /// Channel messages of the peer that were dropped: unknown stream, malformed DCEP.
    pub(crate) dropped: u64,
}

impl DataChannels {
    pub(crate) fn new() -> Self {
        Self {
            channels: BTreeMap::new(),
            by_stream: BTreeMap::new(),
            lowest_free: LOWEST,
            busy: BTreeSet::new(),
            next_id: 0,
            charged: 0,
            association: None,
            parity: None,
            streams: None,
            max_message_size: 65536,
            undelivered: 0,
            full: false,
            unsent: VecDeque::new(),
            stalled: VecDeque::new(),
            held: Vec::new(),
            tally: Tally::default(),
            dropped: 0,
        }
    }

    /// Whether any channel was ever created, which is what makes an offer carry a data section.
    pub(crate) fn is_used(&self) -> bool {
        self.next_id > 0
    }

    pub(crate) fn get(&self, id: ChannelId) -> Option<&Channel> {
        self.channels.get(&id).map(|channel| &**channel)
    }

    pub(crate) fn get_mut(&mut self, id: ChannelId) -> Option<&mut Channel> {
        self.channels.get_mut(&id).map(|channel| &mut **channel)
    }

    /// The channels that the application knows: one of the peer's is announced first.
    pub(crate) fn announced(&self) -> impl Iterator<Item = (ChannelId, &Channel)> {
        let is_known = |channel: &Channel| {
            channel.charge == 0 || channel.ready_state != DataChannelState::Connecting
        };
        let channels = self.channels.iter().map(|(id, channel)| (*id, &**channel));
        channels.filter(move |(_, channel)| is_known(channel))
    }

    pub(crate) fn tally(&self) -> Tally {
        self.tally
    }

    pub(crate) fn max_message_size(&self) -> Option<usize> {
        self.association.as_ref().map(|_| self.max_message_size)
    }

    /// webrtc-pc §6.1, `createDataChannel`, after the check for a closed connection.
    pub(crate) fn create(
        &mut self,
        now: Instant,
        label: &str,
        mut init: DataChannelInit,
        tasks: &mut TaskQueue,
    ) -> Result<ChannelId, CreateDataChannelError> {
        channel::check(label, &init)?;
        let stream = match init.id.take().filter(|_| init.negotiated) {
            Some(id) if self.by_stream.contains_key(&id) => {
                return Err(CreateDataChannelError::IdInUse(id));
            }
            Some(id) => Some(id),
            // The id is ours to choose once the DTLS role is known.
            None => self
                .parity
                .map(|parity| self.free_stream(parity))
                .transpose()?,
        };
        if let (Some(id), Some(limit)) = (stream, self.streams)
            && id >= limit
        {
            return Err(CreateDataChannelError::IdTooLarge { id, limit });
        }
        init.id = stream;
        let id = self.insert(Channel::new(label.to_owned(), init, stream));
        if self.streams.is_some() {
            self.announce(now, id, tasks);
        }
        Ok(id)
    }

    fn insert(&mut self, channel: Channel) -> ChannelId {
        let id = ChannelId(self.next_id);
        self.next_id += 1;
        if let Some(stream) = channel.stream {
            self.by_stream.insert(stream, id);
        }
        self.channels.insert(id, Box::new(channel));
        id
    }

    /// The lowest free id of our parity below what the peer accepts (RFC 8832 §6).
    fn free_stream(&mut self, parity: Parity) -> Result<u16, CreateDataChannelError> {
        let limit = self.streams.unwrap_or(u16::MAX);
        let lowest = &mut self.lowest_free[usize::from(parity == Parity::Odd)];
        let free = (*lowest..limit)
            .step_by(2)
            .find(|id| !self.by_stream.contains_key(id));
        *lowest = free.unwrap_or(*lowest);
        free.ok_or(CreateDataChannelError::NoFreeId)
    }

    /// The negotiation is done: the association can be made, and channels get their ids. Says which
    /// channel got which.
    pub(crate) fn establish(
        &mut self,
        now: Instant,
        config: Config,
        max_message_size: usize,
        seed: u64,
        parity: Parity,
        tasks: &mut TaskQueue,
    ) -> Vec<(ChannelId, u16)> {
        self.max_message_size = max_message_size;
        if self.association.is_none() {
            self.association = Some(Association::new(config, seed, now));
        }
        self.parity = Some(parity);
        let waiting: Vec<_> = self
            .channels
            .iter()
            .filter(|(_, channel)| channel.stream.is_none() && channel.phase == Phase::Waiting)
            .map(|(id, _)| *id)
            .collect();
        let mut assigned = Vec::new();
        for id in waiting {
            match self.free_stream(parity) {
                Ok(stream) => {
                    self.by_stream.insert(stream, id);
                    if let Some(channel) = self.channels.get_mut(&id) {
                        channel.stream = Some(stream);
                    }
                    assigned.push((id, stream));
                }
                Err(error) => self.fail(id, error.to_string(), tasks),
            }
        }
        assigned
    }

    /// DTLS is up: SCTP may speak. Both sides do so at once (RFC 8831 §6.2).
    pub(crate) fn connect(&mut self, now: Instant) {
        if let Some(association) = &mut self.association {
            association.connect(now);
        }
    }

    /// Whether everything that was sent has arrived.
    pub(crate) fn is_sending_done(&self) -> bool {
        self.association.as_ref().is_some_and(Association::is_done)
    }

    /// webrtc-pc §6.2, `send()`.
    pub(crate) fn send(
        &mut self,
        now: Instant,
        id: ChannelId,
        message: Message,
    ) -> Result<(), SendError> {
        self.send_waiting_dcep(now);
        let Some(channel) = self.channels.get_mut(&id) else {
            return Err(SendError::NotOpen(DataChannelState::Closed));
        };
        if channel.ready_state != DataChannelState::Open {
            return Err(SendError::NotOpen(channel.ready_state));
        }
        let size = message.len();
        if size > self.max_message_size {
            return Err(SendError::TooLarge {
                size,
                limit: self.max_message_size,
            });
        }
        // The wire may be ahead of the getters: the peer closed, the task waits.
        let usable = matches!(channel.phase, Phase::Open { .. });
        let (Some(association), Some(stream), true) =
            (&mut self.association, channel.stream, usable)
        else {
            return Ok(());
        };
        if !self.unsent.is_empty() {
            return Err(SendError::BufferFull);
        }
        let (ppid, payload) = encode(message);
        match association.send(now, StreamId(stream), ppid, payload, channel.send_options()) {
            Ok(()) => {
                channel.counts.sent(size);
                channel.buffered_amount += size;
                channel.queued += size;
                self.busy.insert(id);
                Ok(())
            }
            Err(rill_sctp::SendError::BufferFull { .. }) => Err(SendError::BufferFull),
            // The association is ending; the channel's close event is on its way.
            Err(_) => Ok(()),
        }
    }

    /// The application took messages of this weight. Whether there is room again for some that wait.
    pub(crate) fn consumed(&mut self, weight: usize) -> bool {
        self.undelivered = self.undelivered.saturating_sub(weight);
        self.full && self.undelivered < RECEIVE_QUEUE
    }

    /// Drops what is kept of a channel whose last handle is gone, as soon as it is closed.
    pub(crate) fn forget(&mut self, id: ChannelId) {
        let Some(channel) = self.channels.get_mut(&id) else {
            return;
        };
        channel.forgotten = true;
        if channel.ready_state == DataChannelState::Closed {
            self.remove(id);
        }
    }

    fn remove(&mut self, id: ChannelId) {
        if let Some(channel) = self.channels.remove(&id) {
            self.charged -= channel.charge;
        }
    }

    pub(crate) fn handle_packet(&mut self, now: Instant, packet: &[u8]) {
        if let Some(association) = &mut self.association {
            association.handle_packet(now, packet);
        }
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        if let Some(association) = &mut self.association {
            association.handle_timeout(now);
        }
    }

    /// Gives back the memory of busier times.
    pub(crate) fn rest(&mut self) {
        self.association.iter_mut().for_each(Association::rest);
        self.unsent.shrink_to_fit();
        self.stalled.shrink_to_fit();
        if self.busy.is_empty() {
            // A set that has emptied keeps a node.
            self.busy = BTreeSet::new();
        }
    }

    /// What was learnt of the path holds no longer.
    pub(crate) fn path_changed(&mut self, now: Instant) {
        if let Some(association) = &mut self.association {
            association.path_changed(now);
        }
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.association
            .as_ref()
            .and_then(Association::poll_timeout)
    }

    /// One SCTP packet into `out`.
    pub(crate) fn poll_transmit(&mut self, now: Instant, out: &mut Vec<u8>) -> bool {
        self.association
            .as_mut()
            .is_some_and(|association| association.poll_transmit(now, out))
    }

    /// Ends the association with an ABORT, which `poll_transmit` still gives out.
    pub(crate) fn abort(&mut self, now: Instant) {
        if let Some(association) = &mut self.association {
            association.abort(now);
        }
    }
}

/// The payload and its identifier; SCTP has no empty messages (RFC 8831 §6.6).
fn encode(message: Message) -> (Ppid, Bytes) {
    match message {
        Message::Text(text) if text.is_empty() => (Ppid::STRING_EMPTY, Bytes::from_static(&[0])),
        Message::Text(text) => (Ppid::STRING, Bytes::from(text)),
        Message::Binary(bytes) if bytes.is_empty() => {
            (Ppid::BINARY_EMPTY, Bytes::from_static(&[0]))
        }
        Message::Binary(bytes) => (Ppid::BINARY, bytes),
    }
}

#[cfg(test)]
mod tests {
    use rill_sim::{Seed, Silent, Simulation};

    use super::*;
    use crate::DataChannelInit;

    /// webrtc-pc §6.1: known at once while connected.
    #[test]
    fn an_id_beyond_the_peers_streams_is_refused() {
        let now = Simulation::<Silent>::new(Seed::new(1)).start();
        let mut channels = DataChannels::new();
        channels.streams = Some(10);
        let init = DataChannelInit {
            negotiated: true,
            id: Some(10),
            ..DataChannelInit::default()
        };
        let refused = channels.create(now, "", init, &mut TaskQueue::default());
        let (id, limit) = (10, 10);
        assert_eq!(
            refused,
            Err(CreateDataChannelError::IdTooLarge { id, limit })
        );
        assert!(!channels.is_used());
    }
}
