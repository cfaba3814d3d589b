//! What may change with a task, and what an event must find: every attribute changes with its event,
//! and no event fires without its attribute.

use rill_peer::{Event, IceGatheringState, TransportId};

use crate::{
    snapshot::{ABSENT, Attribute, Snapshot, Subject},
    states,
    violation::Violation,
};

/// One task, and the getters before and after it.
pub(crate) struct Judge<'a> {
    pub(crate) events: &'a [Event],
    pub(crate) before: &'a Snapshot,
    pub(crate) after: &'a Snapshot,
    /// The task applies a description.
    pub(crate) describes: bool,
    /// It adds a remote candidate.
    pub(crate) adds_candidate: bool,
}

impl Judge<'_> {
    pub(crate) fn check(&self) -> Result<(), Violation> {
        for (attribute, before, after) in self.before.changes(self.after) {
            if !self.may_change(attribute, before, after) {
                let (subject, name) = attribute;
                return Err(Violation::new(
                    format!("{} changes with its event only", rule_name(subject, name)),
                    format!(
                        "{subject:?} {name}: {before:?} -> {after:?}, events {:?}",
                        self.words()
                    ),
                ));
            }
        }
        for event in self.events {
            self.check_event(event)?;
        }
        self.check_null_candidates()?;
        self.check_order()?;
        self.check_states()
    }

    fn words(&self) -> Vec<String> {
        self.events.iter().map(word).collect()
    }

    fn any(&self, wanted: impl Fn(&Event) -> bool) -> bool {
        self.events.iter().any(wanted)
    }

    fn may_change(&self, (subject, name): Attribute, before: &str, after: &str) -> bool {
        match subject {
            Subject::Connection => self.connection_may_change(name),
            Subject::Description => {
                self.describes || self.adds_candidate || self.any(is_some_candidate)
            }
            Subject::Sctp => {
                self.describes || self.any(|event| matches!(event, Event::SctpTransportStateChange))
            }
            Subject::Transport(id) => self.transport_may_change(id, name, before, after),
            // What the application sets changes at once; here it is the descriptions.
            Subject::Transceiver(_) => self.describes,
            Subject::Channel(id) => self.channel_may_change(id, name, before, after),
        }
    }

    fn connection_may_change(&self, name: &str) -> bool {
        let fired = |event: &Event| match name {
            "signalingState" => matches!(event, Event::SignalingStateChange(_)),
            "iceGatheringState" => matches!(event, Event::IceGatheringStateChange(_)),
            "iceConnectionState" => matches!(event, Event::IceConnectionStateChange(_)),
            "connectionState" => matches!(event, Event::ConnectionStateChange(_)),
            _ => false,
        };
        let silent = matches!(name, "canTrickle" | "maxMessageSize" | "transceivers");
        self.any(fired) || (silent && self.describes)
    }

    fn transport_may_change(&self, id: u32, name: &str, before: &str, after: &str) -> bool {
        let is = |other: &TransportId| other.value() == id;
        if after == ABSENT {
            // webrtc-pc §4.4.1.5: closed, with events.
            return self.any(|event| matches!(event, Event::IceTransportStateChange(t) if is(t)));
        }
        if before == ABSENT {
            return self.describes;
        }
        let fired = |event: &Event| match (name, event) {
            ("state", Event::IceTransportStateChange(t))
            | ("gatheringState", Event::IceTransportGatheringStateChange(t))
            | (
                "selectedPair",
                Event::SelectedCandidatePairChange(t, ..) | Event::SelectedCandidatePairLost(t),
            )
            | ("dtlsState" | "certificates", Event::DtlsTransportStateChange(t)) => is(t),
            ("localCandidates", event) => is_some_candidate(event),
            _ => false,
        };
        match name {
            "remoteCandidates" => self.describes || self.adds_candidate,
            "localCandidates" | "localUfrag" | "remoteUfrag" => self.describes || self.any(fired),
            // A role conflict has no event (§5.6).
            "role" => true,
            _ => self.any(fired),
        }
    }

    fn channel_may_change(&self, id: u32, name: &str, before: &str, after: &str) -> bool {
        let about = |event: &Event, wanted: &str| channel_of(event) == Some((id, wanted));
        match name {
            "readyState" => match (before, after) {
                ("connecting", "open") => self.any(|event| about(event, "open")),
                (_, "closing") => self.any(|event| about(event, "closing")),
                (_, "closed") => self.any(|event| about(event, "close")),
                // A channel that was forgotten goes once it is closed.
                (_, ABSENT) => self.any(|event| about(event, "close")),
                _ => false,
            },
            "id" => self.describes || after == ABSENT,
            _ if after == ABSENT => self.any(|event| about(event, "close")),
            "bufferedAmount" => number(after) < number(before),
            _ => false,
        }
    }

    /// What an event says is what getters show, and was not so before.
    fn check_event(&self, event: &Event) -> Result<(), Violation> {
        let connection = |name, value: String| self.matches(Subject::Connection, name, &value);
        let changed = |id: &TransportId, name| {
            let subject = Subject::Transport(id.value());
            self.before.get(subject, name) != self.after.get(subject, name)
        };
        let right = match event {
            Event::SignalingStateChange(state) => connection("signalingState", state.to_string()),
            Event::IceGatheringStateChange(state) => {
                connection("iceGatheringState", state.to_string())
            }
            Event::IceConnectionStateChange(state) => {
                connection("iceConnectionState", state.to_string())
            }
            Event::ConnectionStateChange(state) => connection("connectionState", state.to_string()),
            Event::IceTransportStateChange(id) => changed(id, "state"),
            Event::IceTransportGatheringStateChange(id) => changed(id, "gatheringState"),
            Event::DtlsTransportStateChange(id) => changed(id, "dtlsState"),
            Event::SelectedCandidatePairChange(id, _) | Event::SelectedCandidatePairLost(id) => {
                changed(id, "selectedPair")
            }
            Event::SctpTransportStateChange => {
                self.before.get(Subject::Sctp, "state") != self.after.get(Subject::Sctp, "state")
            }
            _ => true,
        };
        if right {
            return Ok(());
        }
        Err(Violation::new(
            format!("{} finds what it announces", rule_word(event)),
            format!("{:?}", self.words()),
        ))
    }

    /// The value is there now, and was not before.
    fn matches(&self, subject: Subject, name: &'static str, value: &str) -> bool {
        self.after.get(subject, name) == value && self.before.get(subject, name) != value
    }

    /// Exactly one null candidate per completion, after the state (§5.6).
    fn check_null_candidates(&self) -> Result<(), Violation> {
        let null = |event: &Event| matches!(event, Event::IceCandidate(None));
        let complete = |event: &Event| {
            matches!(
                event,
                Event::IceGatheringStateChange(IceGatheringState::Complete)
            )
        };
        let nulls: Vec<_> = self.events.iter().map(null).collect();
        let completions: Vec<_> = self.events.iter().map(complete).collect();
        // Each completion is followed by its null, and no null stands alone.
        let shifted = [&[false][..], &completions].concat();
        if [&nulls[..], &[false]].concat() == shifted {
            return Ok(());
        }
        let rule = "one null candidate follows each completion";
        Err(Violation::new(rule, format!("{:?}", self.words())))
    }

    /// Transports before the connection, ICE before the whole (§5.6, F20).
    fn check_order(&self) -> Result<(), Violation> {
        let mut subjects: Vec<_> = self.events.iter().filter_map(transport_of).collect();
        subjects.dedup();
        let ranks: Vec<_> = self.events.iter().filter_map(rank).collect();
        if subjects.len() > 1 || ranks.is_sorted() {
            return Ok(());
        }
        let rule = "events of one task come in the W3C's order";
        Err(Violation::new(rule, format!("{:?}", self.words())))
    }

    /// The aggregates are derived from the transports whenever one of those changed (§4.3.2 to
    /// §4.3.4).
    fn check_states(&self) -> Result<(), Violation> {
        let wrong = |name: &'static str, derived: &str| {
            let shown = self.after.get(Subject::Connection, name);
            (shown != derived).then(|| {
                Violation::new(
                    format!("{name} is derived from the transports"),
                    format!("{shown} where {derived} follows, events {:?}", self.words()),
                )
            })
        };
        let ice = self.any(|event| matches!(event, Event::IceTransportStateChange(_)));
        let dtls = self.any(|event| matches!(event, Event::DtlsTransportStateChange(_)));
        let gathering =
            self.any(|event| matches!(event, Event::IceTransportGatheringStateChange(_)));
        let transports = states::Transports::of(self.after);
        let mut found = None;
        if ice {
            found = found.or_else(|| wrong("iceConnectionState", transports.ice()));
        }
        if ice || dtls {
            found = found.or_else(|| wrong("connectionState", transports.connection()));
        }
        if gathering {
            found = found.or_else(|| wrong("iceGatheringState", transports.gathering()));
        }
        found.map_or(Ok(()), Err)
    }
}

fn is_some_candidate(event: &Event) -> bool {
    matches!(event, Event::IceCandidate(Some(_)))
}

fn number(text: &str) -> u64 {
    text.parse().unwrap_or_default()
}

fn transport_of(event: &Event) -> Option<TransportId> {
    match event {
        Event::IceTransportStateChange(id)
        | Event::IceTransportGatheringStateChange(id)
        | Event::SelectedCandidatePairChange(id, _)
        | Event::SelectedCandidatePairLost(id)
        | Event::DtlsTransportStateChange(id)
        | Event::TransportError(id, _) => Some(*id),
        _ => None,
    }
}

fn rank(event: &Event) -> Option<u8> {
    match event {
        Event::SignalingStateChange(_) => Some(0),
        Event::SelectedCandidatePairChange(..)
        | Event::SelectedCandidatePairLost(_)
        | Event::TransportError(..) => Some(1),
        Event::IceTransportStateChange(_)
        | Event::IceTransportGatheringStateChange(_)
        | Event::DtlsTransportStateChange(_) => Some(2),
        Event::IceGatheringStateChange(_) => Some(3),
        Event::IceCandidate(None) => Some(4),
        Event::IceConnectionStateChange(_) => Some(5),
        Event::ConnectionStateChange(_) => Some(6),
        _ => None,
    }
}

/// A channel and the word of the event.
fn channel_of(event: &Event) -> Option<(u32, &'static str)> {
    match event {
        Event::DataChannel(id) => Some((id.value(), "datachannel")),
        Event::Open(id) => Some((id.value(), "open")),
        Event::Message(id, _) => Some((id.value(), "message")),
        Event::BufferedAmountLow(id) => Some((id.value(), "low")),
        Event::Closing(id) => Some((id.value(), "closing")),
        Event::Error(id, _) => Some((id.value(), "error")),
        Event::Close(id) => Some((id.value(), "close")),
        _ => None,
    }
}

fn rule_name(subject: Subject, name: &str) -> String {
    match subject {
        Subject::Connection => name.to_owned(),
        Subject::Description => format!("{name} description"),
        Subject::Sctp => format!("SCTP transport's {name}"),
        Subject::Transport(_) => format!("a transport's {name}"),
        Subject::Transceiver(_) => format!("a transceiver's {name}"),
        Subject::Channel(_) => format!("a channel's {name}"),
    }
}

/// The event without what it carries, so that one fault has one name.
fn rule_word(event: &Event) -> String {
    let text = format!("{event:?}");
    text.split(['(', ' ', '{'])
        .next()
        .unwrap_or_default()
        .to_owned()
}

pub(crate) fn word(event: &Event) -> String {
    match event {
        Event::IceCandidate(None) => "candidate null".into(),
        Event::IceCandidate(Some(candidate)) => {
            let end = if candidate.candidate.is_empty() {
                " end"
            } else {
                ""
            };
            format!(
                "candidate{end} {} {}",
                candidate.sdp_mid, candidate.username_fragment
            )
        }
        Event::SelectedCandidatePairChange(id, _) => format!("pair {}", id.value()),
        Event::Message(id, message) => format!("message {} {}", id.value(), message.len()),
        Event::Server(report) => format!("server {}", report.url),
        other => format!("{other:?}"),
    }
}
