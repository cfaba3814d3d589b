//! Opening a channel (RFC 8832): ours by an OPEN, the peer's by receiving one.

use std::time::Instant;

use bytes::Bytes;
use rill_sctp::{Ppid, SendOptions, StreamId};

use super::{
    CHANNEL, Channel, DataChannelInit, DataChannels, PEER_CHANNELS, Parity, Phase,
    dcep::{self, Open},
};
use crate::{
    ChannelId,
    task::{Change, ChannelChange, TaskQueue},
};

impl DataChannels {
    /// The association is up: every channel that has a stream opens.
    pub(super) fn announce_all(&mut self, now: Instant, streams: u16, tasks: &mut TaskQueue) {
        self.streams = Some(streams);
        let waiting: Vec<_> = self
            .channels
            .iter()
            .filter(|(_, channel)| channel.phase == Phase::Waiting)
            .map(|(id, _)| *id)
            .collect();
        for id in waiting {
            self.announce(now, id, tasks);
        }
    }

    /// Opens one of our channels on the connected association. Messages may follow the OPEN without
    /// waiting for its acknowledgement (RFC 8832 §6).
    pub(super) fn announce(&mut self, now: Instant, id: ChannelId, tasks: &mut TaskQueue) {
        let (Some(channel), Some(limit)) = (self.channels.get_mut(&id), self.streams) else {
            return;
        };
        let Some(stream) = channel.stream else { return };
        if stream >= limit {
            let reason = format!("the peer accepts {limit} streams, the channel has id {stream}");
            return self.fail(id, reason, tasks);
        }
        channel.phase = Phase::Open {
            acknowledged: channel.init.negotiated,
        };
        if !channel.init.negotiated {
            let open = Open {
                ordered: channel.init.ordered,
                max_packet_life_time: channel.init.max_packet_life_time,
                max_retransmits: channel.init.max_retransmits,
                label: channel.label.clone(),
                protocol: channel.init.protocol.clone(),
            };
            let mut bytes = Vec::new();
            open.write(&mut bytes);
            self.send_dcep(now, stream, bytes);
        }
        tasks.push(Change::Channel(id, ChannelChange::Opened));
    }

    /// Takes a DCEP message of the peer. A malformed one, or one that does not fit, is counted and
    /// its stream closed; other channels are not touched.
    pub(super) fn handle_dcep(
        &mut self,
        now: Instant,
        stream: u16,
        payload: &[u8],
        tasks: &mut TaskQueue,
    ) {
        match dcep::Message::parse(payload) {
            Ok(dcep::Message::Open(open)) => self.handle_open(now, stream, open, tasks),
            Ok(dcep::Message::Ack) => self.handle_ack(stream),
            Err(error) => {
                tracing::debug!(stream, %error, "malformed DCEP message refused");
                self.refuse(now, stream);
            }
        }
    }

    fn handle_open(&mut self, now: Instant, stream: u16, open: Open, tasks: &mut TaskQueue) {
        // RFC 8832 §6: the opener uses ids of its own parity, on a stream that is free.
        let ours = match self.parity {
            Some(Parity::Even) => stream.is_multiple_of(2),
            Some(Parity::Odd) => !stream.is_multiple_of(2),
            None => true,
        };
        if ours || self.by_stream.contains_key(&stream) {
            tracing::debug!(
                stream,
                "DATA_CHANNEL_OPEN on a stream that is not the peer's"
            );
            return self.refuse(now, stream);
        }
        let charge = CHANNEL + open.label.len() + open.protocol.len();
        if self.charged + charge > PEER_CHANNELS {
            tracing::debug!(stream, "no room for another channel of the peer");
            return self.refuse(now, stream);
        }
        let init = DataChannelInit {
            ordered: open.ordered,
            max_packet_life_time: open.max_packet_life_time,
            max_retransmits: open.max_retransmits,
            protocol: open.protocol,
            negotiated: false,
            id: Some(stream),
        };
        let mut channel = Channel::new(open.label, init, Some(stream));
        channel.phase = Phase::Open { acknowledged: true };
        channel.charge = charge;
        self.charged += charge;
        let id = self.insert(channel);
        self.send_dcep(now, stream, dcep::ACK.to_vec());
        tasks.push(Change::Channel(id, ChannelChange::Announced));
        tasks.push(Change::Channel(id, ChannelChange::Opened));
    }

    /// Closes the channel that the peer meant to open, without an acknowledgement (RFC 8832 §6). A
    /// channel that has the stream already is not the peer's to close in this way.
    fn refuse(&mut self, now: Instant, stream: u16) {
        self.dropped += 1;
        let Some(association) = &mut self.association else {
            return;
        };
        if !self.by_stream.contains_key(&stream) {
            association.reset_streams(now, &[StreamId(stream)]);
        }
    }

    fn handle_ack(&mut self, stream: u16) {
        let channel = self
            .by_stream
            .get(&stream)
            .and_then(|id| self.channels.get_mut(id));
        match channel.map(|channel| &mut channel.phase) {
            Some(Phase::Open { acknowledged }) => *acknowledged = true,
            Some(Phase::Closing { .. }) => {}
            Some(Phase::Waiting | Phase::Closed) | None => self.dropped += 1,
        }
    }

    /// OPEN and ACK go reliably and in order (RFC 8832 §5).
    fn send_dcep(&mut self, now: Instant, stream: u16, message: Vec<u8>) {
        self.unsent
            .push_back((StreamId(stream), Bytes::from(message)));
        self.send_waiting_dcep(now);
    }

    /// Sends what waits, as far as there is room.
    pub(super) fn send_waiting_dcep(&mut self, now: Instant) {
        let Some(association) = &mut self.association else {
            return;
        };
        while let Some((stream, message)) = self.unsent.front() {
            let options = SendOptions::default();
            match association.send(now, *stream, Ppid::DCEP, message.clone(), options) {
                Err(rill_sctp::SendError::BufferFull { .. }) => return,
                Ok(()) => {}
                // The association, or the stream, is ending, and the channel with it.
                Err(error) => tracing::debug!(%stream, %error, "DCEP message not sent"),
            }
            self.unsent.pop_front();
        }
    }
}
