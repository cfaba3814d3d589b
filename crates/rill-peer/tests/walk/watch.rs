//! What is known of one connection, and what must hold of it at every moment.

use std::collections::{BTreeMap, BTreeSet};

use rill_peer::{ChannelId, Event, Message, OperationId, PeerConnection, SdpType};

use crate::{
    judge::{Judge, word},
    log::Log,
    model::{Flag, Model, Operation},
    negotiation, rules,
    snapshot::{Attribute, Known, Snapshot, Subject},
    violation::Violation,
};

/// The eye on one connection.
#[derive(Debug)]
pub(crate) struct Watch {
    pub(crate) name: &'static str,
    pub(crate) model: Model,
    pub(crate) known: Known,
    pub(crate) last: Snapshot,
    /// Something was called since the last snapshot that may change nothing.
    pub(crate) dirty: bool,
    /// The first rule that did not hold.
    pub(crate) violation: Option<Violation>,
    pub(crate) log: Log,
    candidates: BTreeSet<(String, String)>,
    ended: BTreeSet<String>,
    /// The number of the last message of each sender.
    received: BTreeMap<(ChannelId, String), u64>,
    closed_channels: BTreeSet<ChannelId>,
    messages: u64,
    /// How many transceivers and channels the last snapshot has.
    shown: (usize, usize),
    /// The current descriptions, local and remote, before the last answer.
    pub(crate) before_answer: [String; 2],
}

impl Watch {
    pub(crate) fn new(name: &'static str, pc: &PeerConnection) -> Self {
        let known = Known::default();
        Self {
            name,
            model: Model::default(),
            last: Snapshot::of(pc, &known),
            known,
            dirty: false,
            violation: None,
            log: Log::default(),
            candidates: BTreeSet::new(),
            ended: BTreeSet::new(),
            received: BTreeMap::new(),
            closed_channels: BTreeSet::new(),
            messages: 0,
            shown: (0, 0),
            before_answer: Default::default(),
        }
    }

    pub(crate) fn fault(&mut self, rule: impl Into<String>, detail: impl Into<String>) {
        self.report(Err(Violation::new(rule, detail)));
    }

    pub(crate) fn report(&mut self, found: Result<(), Violation>) {
        if let Err(mut violation) = found {
            violation.detail = format!("{}: {}", self.name, violation.detail);
            self.violation.get_or_insert(violation);
        }
    }

    pub(crate) fn note(&self, line: impl FnOnce() -> String) {
        self.log.say(|| format!("    {}: {}", self.name, line()));
    }

    /// No attribute changes but with a task or by a call that says so.
    pub(crate) fn check_unchanged(&mut self, pc: &PeerConnection, when: &str) {
        if std::mem::take(&mut self.dirty) {
            self.check_changes(pc, when, |_| false);
        }
    }

    /// After a call: only what W3C changes at once may be different.
    pub(crate) fn check_changes(
        &mut self,
        pc: &PeerConnection,
        when: &str,
        allowed: impl Fn(Attribute) -> bool,
    ) {
        let after = Snapshot::of(pc, &self.known);
        let changes = self.last.changes(&after);
        let wrong = changes.iter().find(|(attribute, ..)| !allowed(*attribute));
        let found = wrong.map(|((subject, name), before, after)| {
            Violation::new(
                format!("no attribute runs ahead of its task: {name} in {when}"),
                format!("{subject:?} {name}: {before:?} -> {after:?}"),
            )
        });
        self.report(found.map_or(Ok(()), Err));
        self.last = after;
    }

    /// The application got to know a transceiver or a channel.
    pub(crate) fn refresh(&mut self, pc: &PeerConnection) {
        self.known.learn(pc);
        let known = (self.known.transceivers.len(), self.known.channels.len());
        if std::mem::replace(&mut self.shown, known) != known {
            self.last = Snapshot::of(pc, &self.known);
        }
    }

    /// A task was polled.
    pub(crate) fn judge(
        &mut self,
        pc: &PeerConnection,
        events: &[Event],
        completed: Option<OperationId>,
    ) -> Option<Operation> {
        self.note(|| {
            let words: Vec<_> = events.iter().map(word).collect();
            let number = completed.map(OperationId::value);
            format!("task {words:?} completed {number:?}")
        });
        if self.model.is_closed() {
            self.fault("no event after close()", format!("{events:?}"));
        }
        let operation = self.complete(completed);
        self.follow_exchange(pc, operation);
        let rolls_back = events
            .iter()
            .any(|event| matches!(event, Event::SignalingStateChange(_)));
        let after = Snapshot::of(pc, &self.known);
        let found = Judge {
            events,
            before: &self.last,
            after: &after,
            describes: rolls_back || matches!(operation, Some(Operation::Describe(..))),
            adds_candidate: operation == Some(Operation::Candidate),
        }
        .check();
        self.report(found);
        let describes = Subject::Description;
        let changes = self.last.changes(&after);
        let described = changes
            .iter()
            .any(|((subject, _), ..)| *subject == describes);
        self.last = after;
        for event in events {
            let found = self.follow(pc, event);
            self.report(found);
        }
        if rolls_back && self.is_stable() {
            self.model.needed = Flag::Clear;
        }
        if events.is_empty() && completed.is_none() {
            self.may_clear_flag(pc);
        }
        self.refresh(pc);
        if described {
            let found = rules::check(pc, &self.last);
            self.report(found);
        }
        operation
    }

    /// Operations settle in the order in which they began, each once.
    fn complete(&mut self, completed: Option<OperationId>) -> Option<Operation> {
        let completed = completed?;
        let next = self.model.operations.pop_front();
        if next.map(|(id, _)| id) != Some(completed) {
            let detail = format!("{completed:?} where {next:?} is next");
            self.fault("operations settle in order", detail);
        }
        next.map(|(_, operation)| operation)
    }

    /// What one event says, compared with all before it.
    fn follow(&mut self, pc: &PeerConnection, event: &Event) -> Result<(), Violation> {
        match event {
            Event::NegotiationNeeded => self.follow_negotiation_needed(pc),
            Event::IceCandidate(Some(candidate)) => {
                let ufrag = candidate.username_fragment.clone();
                let line = candidate.candidate.clone();
                let late = self.ended.contains(&ufrag);
                if line.is_empty() {
                    self.ended.insert(ufrag.clone());
                }
                if late || !self.candidates.insert((ufrag, line)) {
                    let rule = "each candidate once, and none after the end of its generation";
                    return Err(Violation::new(rule, format!("{candidate:?}")));
                }
                rules::check_candidate(pc, candidate)
            }
            Event::DataChannel(id) => {
                self.known.learn_channel(*id);
                Ok(())
            }
            Event::Message(id, message) => self.follow_message(*id, message),
            Event::Close(id) => {
                self.closed_channels.insert(*id);
                Ok(())
            }
            Event::Open(id) | Event::Closing(id) if self.closed_channels.contains(id) => Err(
                Violation::new("close is a channel's last event", format!("{event:?}")),
            ),
            _ => Ok(()),
        }
    }

    pub(crate) fn is_stable(&self) -> bool {
        self.last.get(Subject::Connection, "signalingState") == "stable"
    }

    /// What a completed exchange settles; both descriptions before it are kept.
    fn follow_exchange(&mut self, pc: &PeerConnection, operation: Option<Operation>) {
        if let Some(Operation::Describe(..)) = operation {
            // What was rolled back is forgotten: it may be applied again, and gather again.
            let used = negotiation::used_ufrags(pc);
            self.ended.retain(|ufrag| used.contains(ufrag));
            self.candidates.retain(|(ufrag, _)| used.contains(ufrag));
        }
        let Some(Operation::Describe(_, SdpType::Answer)) = operation else {
            return;
        };
        let slot = |name| self.last.get(Subject::Description, name).to_owned();
        self.before_answer = [slot("currentLocal"), slot("currentRemote")];
        // webrtc-pc §4.4.1.5: none of the credentials to replace is left.
        let used = negotiation::current_ufrags(pc);
        if let Some(restarts) = &mut self.model.restarts
            && !restarts.iter().any(|ufrag| used.contains(ufrag))
        {
            restarts.clear();
        }
    }

    /// Whether negotiation is needed, by the W3C's check; `None` where it cannot be told.
    pub(crate) fn needs_negotiation(&self, pc: &PeerConnection) -> Option<bool> {
        let restarts = self.model.restarts.as_ref()?;
        let has_channels = !self.known.channels.is_empty();
        Some(negotiation::is_needed(pc, has_channels, restarts))
    }

    fn follow_negotiation_needed(&mut self, pc: &PeerConnection) -> Result<(), Violation> {
        let before = std::mem::replace(&mut self.model.needed, Flag::Set);
        let state = (
            before,
            self.is_stable(),
            self.model.chain,
            self.needs_negotiation(pc),
        );
        let (_, stable, chain, needed) = state;
        let stopping = negotiation::has_stopping(pc);
        let needless = needed == Some(false) && !stopping;
        if before == Flag::Set || !stable || chain > 0 || needless {
            let rule = "negotiationneeded fires once, when needed and stable, with an empty chain";
            return Err(Violation::new(rule, format!("{state:?}")));
        }
        Ok(())
    }

    /// A task without events may have updated the flag.
    fn may_clear_flag(&mut self, pc: &PeerConnection) {
        if self.model.needed == Flag::Set && self.needs_negotiation(pc) != Some(true) {
            self.model.needed = Flag::Unknown;
        }
    }

    /// How many messages arrived.
    pub(crate) fn messages(&self) -> u64 {
        self.messages
    }

    /// Messages of one sender come in order and whole; those of a reliable channel all come.
    fn follow_message(&mut self, id: ChannelId, message: &Message) -> Result<(), Violation> {
        self.messages += 1;
        let Message::Text(text) = message else {
            return Ok(());
        };
        let mut words = text.split(' ');
        let (Some(sender), Some(number), Some(kind)) = (words.next(), words.next(), words.next())
        else {
            return Err(Violation::new("messages arrive whole", format!("{text:?}")));
        };
        let number: u64 = number.parse().unwrap_or(u64::MAX);
        let last = self.received.insert((id, sender.to_owned()), number);
        let fits = match (kind, last) {
            ("reliable", Some(last)) => number == last + 1,
            ("reliable", None) => number == 0,
            ("ordered", Some(last)) => number > last,
            _ => true,
        };
        match fits && !self.closed_channels.contains(&id) {
            true => Ok(()),
            false => Err(Violation::new(
                "messages arrive in order, and before close",
                format!("{text:.40} after {last:?}"),
            )),
        }
    }
}
