//! Beginning streams anew, both ways (RFC 6525).

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::message::StreamId;
use crate::reset::Resets;
use crate::wire::{Outcome, Reconfig, Request, Tsn};

/// How many answers wait to leave; the peer repeats what it asked.
const ANSWERS: usize = 8;
/// The longest wait before a request is repeated.
const MAX_WAIT: Duration = Duration::from_secs(3);

/// Our requests and the peer's.
#[derive(Debug)]
pub(crate) struct Reconfiguration {
    pub(crate) resets: Resets,
    next_sequence: u32,
    asked: Option<Asked>,
    peer_next: u32,
    /// What the peer's last request came to.
    last_outcome: Outcome,
    answers: VecDeque<Reconfig>,
}

/// A request of ours that is not answered.
#[derive(Debug)]
struct Asked {
    sequence: u32,
    streams: Vec<StreamId>,
    last_tsn: Tsn,
    /// When it leaves, again.
    due: Instant,
    wait: Duration,
}

/// How a request of ours ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answered {
    Done {
        streams: Vec<StreamId>,
        /// The peer has everything up to there.
        last_tsn: Tsn,
    },
    Refused(Vec<StreamId>),
}

/// What to do about a request of the peer's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Duty {
    /// It is new: do it, and say what came of it by `answer`.
    Perform,
    /// It was answered before, or out of turn.
    None,
}

impl Reconfiguration {
    /// RFC 6525 §4.1: sequence numbers begin with the first TSNs.
    pub(crate) fn new(local: Tsn) -> Self {
        Self {
            resets: Resets::default(),
            next_sequence: local.0,
            asked: None,
            peer_next: 0,
            last_outcome: Outcome::NothingToDo,
            answers: VecDeque::new(),
        }
    }

    pub(crate) fn agree(&mut self, peer: Tsn) {
        self.peer_next = peer.0;
    }

    /// Asks for the streams that are due, if nothing is asked yet; whether there are any.
    pub(crate) fn ask(
        &mut self,
        now: Instant,
        last_tsn: Tsn,
        timeout: Duration,
        has_data: impl Fn(StreamId) -> bool,
    ) -> bool {
        if self.asked.is_some() {
            return false;
        }
        let streams = self.resets.request(has_data);
        if streams.is_empty() {
            return false;
        }
        self.asked = Some(Asked {
            sequence: self.next_sequence,
            streams,
            last_tsn,
            due: now,
            wait: timeout,
        });
        self.next_sequence = self.next_sequence.wrapping_add(1);
        true
    }

    /// All that is asked or waits is refused: the peer cannot.
    pub(crate) fn refuse(&mut self) -> Vec<StreamId> {
        let streams = self.resets.request(|_| false);
        self.resets.answered(&streams);
        streams
    }

    /// An answer of the peer's (RFC 6525 §5.2.7).
    pub(crate) fn handle_response(
        &mut self,
        now: Instant,
        sequence: u32,
        outcome: Outcome,
    ) -> Option<Answered> {
        let asked = self
            .asked
            .as_mut()
            .filter(|asked| asked.sequence == sequence)?;
        if matches!(outcome, Outcome::InProgress | Outcome::AlreadyInProgress) {
            // H2: it is asked again later. Under another number, for there are peers that repeat their
            // old answer to an old one (dcsctp).
            asked.sequence = self.next_sequence;
            self.next_sequence = self.next_sequence.wrapping_add(1);
            asked.due = now + asked.wait;
            return None;
        }
        let Asked {
            streams, last_tsn, ..
        } = self.asked.take()?;
        self.resets.answered(&streams);
        Some(match outcome {
            Outcome::NothingToDo | Outcome::Performed => Answered::Done { streams, last_tsn },
            _ => Answered::Refused(streams),
        })
    }

    /// A request of the peer's (RFC 6525 §5.2.1).
    pub(crate) fn handle_request(&mut self, sequence: u32) -> Duty {
        if sequence == self.peer_next {
            self.peer_next = self.peer_next.wrapping_add(1);
            return Duty::Perform;
        }
        let outcome = if sequence == self.peer_next.wrapping_sub(1) {
            self.last_outcome
        } else {
            Outcome::BadSequence
        };
        self.push(sequence, outcome);
        Duty::None
    }

    /// What the peer's last request came to, now.
    pub(crate) fn answer(&mut self, outcome: Outcome) {
        self.last_outcome = outcome;
        self.push(self.peer_next.wrapping_sub(1), outcome);
    }

    fn push(&mut self, sequence: u32, outcome: Outcome) {
        if self.answers.len() < ANSWERS {
            self.answers
                .push_back(Reconfig::Response { sequence, outcome });
        }
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.asked.as_ref().map(|asked| asked.due)
    }

    pub(crate) fn is_ready(&self, now: Instant) -> bool {
        !self.answers.is_empty() || self.asked.as_ref().is_some_and(|asked| asked.due <= now)
    }

    /// What there is to say.
    pub(crate) fn poll(&mut self, now: Instant) -> Option<Reconfig> {
        if let Some(answer) = self.answers.pop_front() {
            return Some(answer);
        }
        let response = self.peer_next.wrapping_sub(1);
        let asked = self.asked.as_mut().filter(|asked| asked.due <= now)?;
        asked.due = now + asked.wait;
        asked.wait = (asked.wait * 2).min(MAX_WAIT);
        Some(Reconfig::Request {
            sequence: asked.sequence,
            request: Request::Outgoing {
                response,
                last_tsn: asked.last_tsn,
                streams: asked.streams.clone(),
            },
        })
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        self.resets.clear();
        self.asked = None;
        self.answers.clear();
    }
}

#[cfg(test)]
mod tests;
