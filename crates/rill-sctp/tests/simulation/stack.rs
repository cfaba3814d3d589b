//! What is at an end.

use std::time::Instant;

use bytes::Bytes;
use rill_sctp::{
    Association, Config, Event, Message, Ppid, SendError, SendOptions, State, StreamId,
};

/// Makes an end: its settings, a seed, the time.
pub(crate) type Make = fn(&Config, u64, Instant) -> Box<dyn Stack>;

/// An association, in the words of this crate.
pub(crate) trait Stack {
    fn connect(&mut self, now: Instant);

    fn send(
        &mut self,
        now: Instant,
        stream: StreamId,
        ppid: Ppid,
        payload: Bytes,
        options: SendOptions,
    ) -> Result<(), SendError>;

    /// Whether a reset has begun, of which an event tells the end.
    fn reset(&mut self, now: Instant, stream: StreamId) -> bool;

    fn set_priority(&mut self, stream: StreamId, weight: u16);

    fn handle_packet(&mut self, now: Instant, packet: &[u8]);

    fn handle_timeout(&mut self, now: Instant);

    /// Puts the next packet in the place of the last.
    fn poll_transmit(&mut self, now: Instant, packet: &mut Vec<u8>) -> bool;

    fn poll_timeout(&self) -> Option<Instant>;

    fn poll_event(&mut self) -> Option<Event>;

    fn poll_message(&mut self, now: Instant) -> Option<Message>;

    fn state(&self) -> State;

    fn total_buffered(&self) -> usize;

    fn shutdown(&mut self, now: Instant);

    fn abort(&mut self, now: Instant);

    /// What it does otherwise than this crate, and is not asked for.
    fn habits(&self) -> Habits {
        Habits::default()
    }
}

/// What a stack may do without being at fault here.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Habits {
    /// A reset drops what is queued on the stream.
    pub(crate) resets_drop: bool,
    /// It repeats what was not lost, and so may give up what only few repetitions were granted.
    pub(crate) repeats_early: bool,
    /// It aborts when it is sent what only the other end takes for negotiated.
    pub(crate) insists: bool,
    /// It drops what waits behind a message that is given up: reliable messages need streams of
    /// their own, as they have in WebRTC.
    pub(crate) drops_behind: bool,
}

/// This crate's own.
pub(crate) fn rill(config: &Config, seed: u64, now: Instant) -> Box<dyn Stack> {
    Box::new(Association::new(config.clone(), seed, now))
}

impl Stack for Association {
    fn connect(&mut self, now: Instant) {
        self.connect(now);
    }

    fn send(
        &mut self,
        now: Instant,
        stream: StreamId,
        ppid: Ppid,
        payload: Bytes,
        options: SendOptions,
    ) -> Result<(), SendError> {
        self.send(now, stream, ppid, payload, options)
    }

    fn reset(&mut self, now: Instant, stream: StreamId) -> bool {
        self.reset_streams(now, &[stream]);
        true
    }

    fn set_priority(&mut self, stream: StreamId, weight: u16) {
        self.set_priority(stream, weight);
    }

    fn handle_packet(&mut self, now: Instant, packet: &[u8]) {
        self.handle_packet(now, packet);
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.handle_timeout(now);
    }

    fn poll_transmit(&mut self, now: Instant, packet: &mut Vec<u8>) -> bool {
        self.poll_transmit(now, packet)
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.poll_timeout()
    }

    fn poll_event(&mut self) -> Option<Event> {
        self.poll_event()
    }

    fn poll_message(&mut self, now: Instant) -> Option<Message> {
        self.poll_message(now)
    }

    fn state(&self) -> State {
        self.state()
    }

    fn total_buffered(&self) -> usize {
        self.total_buffered()
    }

    fn shutdown(&mut self, now: Instant) {
        self.shutdown(now);
    }

    fn abort(&mut self, now: Instant) {
        self.abort(now);
    }
}
