//! The closing procedure (RFC 8831 §6.7): what is queued is sent, then both directions are reset.

use std::time::Instant;

use rill_sctp::StreamId;

use super::{
    DataChannels, LOWEST,
    channel::{Phase, Reset},
};
use crate::{
    ChannelError, ChannelId, DataChannelState,
    task::{Change, ChannelChange, TaskQueue},
};

impl DataChannels {
    /// webrtc-pc §6.2, `close()`: the state changes at once, the rest follows.
    pub(crate) fn close(&mut self, now: Instant, id: ChannelId, tasks: &mut TaskQueue) {
        let Some(channel) = self.channels.get_mut(&id) else {
            return;
        };
        if matches!(
            channel.ready_state,
            DataChannelState::Closing | DataChannelState::Closed
        ) {
            return;
        }
        self.tally
            .advance(&mut channel.ready_state, DataChannelState::Closing);
        match channel.phase {
            Phase::Waiting => self.finish(id, None, tasks),
            Phase::Open { .. } => {
                channel.phase = Phase::Closing {
                    ours: Reset::Draining,
                    theirs: false,
                };
                self.busy.insert(id);
                self.settle(now, tasks);
            }
            Phase::Closing { .. } | Phase::Closed => {}
        }
    }

    /// The peer reset its direction; ours follows once what is queued was sent.
    pub(super) fn peer_reset(&mut self, stream: u16, tasks: &mut TaskQueue) {
        // The reset of the channel before was known when something was held.
        if self.is_held(stream) {
            return self.hold_reset(stream);
        }
        let Some(&id) = self.by_stream.get(&stream) else {
            return;
        };
        let Some(channel) = self.channels.get_mut(&id) else {
            return;
        };
        match channel.phase {
            Phase::Open { .. } => {
                channel.phase = Phase::Closing {
                    ours: Reset::Draining,
                    theirs: true,
                };
                self.busy.insert(id);
                tasks.push(Change::Channel(id, ChannelChange::Closing));
            }
            Phase::Closing {
                ours: Reset::Done, ..
            } => self.finish(id, None, tasks),
            Phase::Closing { ours, .. } => channel.phase = Phase::Closing { ours, theirs: true },
            Phase::Waiting | Phase::Closed => {}
        }
    }

    /// The peer agreed to the reset of our direction.
    pub(super) fn our_reset_done(&mut self, stream: u16, tasks: &mut TaskQueue) {
        let Some(&id) = self.by_stream.get(&stream) else {
            return;
        };
        let Some(channel) = self.channels.get_mut(&id) else {
            return;
        };
        match channel.phase {
            Phase::Closing { theirs: true, .. } => self.finish(id, None, tasks),
            Phase::Closing { .. } => {
                channel.phase = Phase::Closing {
                    ours: Reset::Done,
                    theirs: false,
                };
            }
            Phase::Waiting | Phase::Open { .. } | Phase::Closed => {}
        }
    }

    /// Looks at the busy channels: lowers their buffered amounts and resets the drained ones.
    pub(super) fn settle(&mut self, now: Instant, tasks: &mut TaskQueue) {
        self.send_waiting_dcep(now);
        let Some(association) = &mut self.association else {
            return;
        };
        let mut drained = Vec::new();
        self.busy.retain(|id| {
            let Some(channel) = self.channels.get_mut(id) else {
                return false;
            };
            let held = channel
                .stream
                .map_or(0, |s| association.buffered_amount(StreamId(s)));
            if held < channel.queued {
                channel.queued = held;
                if !std::mem::replace(&mut channel.sent_pending, true) {
                    tasks.push(Change::Channel(*id, ChannelChange::Sent));
                }
            }
            if let Phase::Closing {
                ours: ours @ Reset::Draining,
                ..
            } = &mut channel.phase
            {
                let waits = |(stream, _): &(StreamId, _)| channel.stream == Some(stream.0);
                if held > 0 || self.unsent.iter().any(waits) {
                    return true;
                }
                *ours = Reset::Sent;
                drained.extend(channel.stream.map(StreamId));
            }
            channel.queued > 0
        });
        if !drained.is_empty() {
            association.reset_streams(now, &drained);
        }
    }

    /// The association is gone: every channel is closed abruptly (webrtc-pc §6.2).
    pub(crate) fn close_all(&mut self, error: Option<&ChannelError>, tasks: &mut TaskQueue) {
        let open: Vec<_> = self
            .channels
            .iter()
            .filter(|(_, channel)| channel.phase != Phase::Closed)
            .map(|(id, _)| *id)
            .collect();
        for id in open {
            self.finish(id, error.cloned(), tasks);
        }
        self.unsent.clear();
        self.drop_held();
        self.streams = None;
    }

    /// The negotiation ended the association (webrtc-pc §6.1.1): its channels are closed, and another
    /// may be established.
    pub(crate) fn remove_association(&mut self, tasks: &mut TaskQueue) {
        if self.association.take().is_some() {
            self.close_all(None, tasks);
            self.parity = None;
            self.stalled.clear();
        }
    }

    /// Every channel closed without an event: `close()` of the connection (webrtc-pc §4.4.2).
    pub(crate) fn close_silently(&mut self) {
        for channel in self.channels.values_mut() {
            channel.phase = Phase::Closed;
            self.tally
                .advance(&mut channel.ready_state, DataChannelState::Closed);
        }
        self.by_stream.clear();
        self.lowest_free = LOWEST;
        self.busy.clear();
        self.unsent.clear();
        self.drop_held();
        self.streams = None;
    }

    /// No stream could be had (webrtc-pc §6.2, "error on creating data channels").
    pub(super) fn fail(&mut self, id: ChannelId, reason: String, tasks: &mut TaskQueue) {
        self.finish(id, Some(ChannelError::DataChannel(reason)), tasks);
    }

    fn finish(&mut self, id: ChannelId, error: Option<ChannelError>, tasks: &mut TaskQueue) {
        let Some(channel) = self.channels.get_mut(&id) else {
            return;
        };
        channel.phase = Phase::Closed;
        if let Some(stream) = channel.stream {
            self.by_stream.remove(&stream);
            let lowest = &mut self.lowest_free[usize::from(stream % 2)];
            *lowest = stream.min(*lowest);
        }
        self.busy.remove(&id);
        tasks.push(Change::Channel(id, ChannelChange::Closed(error)));
    }
}
