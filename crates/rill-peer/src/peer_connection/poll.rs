use rill_ice::TransportId;
use smallvec::SmallVec;

use crate::{
    Event, PeerConnection, SdpType, SignalingState, Task, task::Change, transceiver::TrackEvents,
    view::Described,
};

impl PeerConnection {
    /// The next W3C task: the getters change with it, then its events are to be dispatched in order
    /// and its operation is to be settled.
    ///
    /// After a message was dispatched, tell [`Self::consumed`].
    pub fn poll_task(&mut self) -> Option<Task> {
        let change = self.tasks.pop()?;
        let mut task = Task::default();
        let events = &mut task.events;
        match change {
            Change::Describe(described) => {
                task.completed = described.operation;
                for &(id, stream) in &described.assigned {
                    if let Some(channel) = self.channels.get_mut(id) {
                        channel.init.id = Some(stream);
                    }
                }
                self.show(*described, events);
            }
            Change::RemoteCandidate(added) => {
                task.completed = Some(added.operation);
                self.view.add_remote_candidate(&added);
            }
            Change::LocalCandidate(found) => self.view.surface(*found, events),
            Change::CandidateError(error) => self.view.fail_server(*error, events),
            Change::Server(report) => events.push(Event::Server(*report)),
            Change::Transports(live) => {
                self.view.retire_transports(&live, events);
                self.count_transports(&live, events);
            }
            Change::Gathering(id, state) => self.view.set_gathering(id, state, events),
            Change::Ice(id, state, pair) => {
                self.view.set_ice(id, state, pair, events);
            }
            Change::SelectedPair(id, pair) => self.view.select(id, pair, events),
            Change::Nominated(id) => self.view.nominate(id),
            Change::Dtls(change) => self.view.set_dtls(*change, events),
            Change::Sctp(state, channels) => self.view.set_sctp(state, channels, events),
            Change::Role(role) => self.view.role = Some(role),
            Change::NegotiationNeeded => {
                if self.negotiation_needed_now() {
                    events.push(Event::NegotiationNeeded);
                }
            }
            Change::Channel(id, change) => self.channels.apply(id, change, events),
        }
        Some(task)
    }

    /// The task of an applied description.
    fn show(&mut self, described: Described, events: &mut SmallVec<[Event; 1]>) {
        let kind = described.description.kind;
        let transports = described.transports.clone();
        let mut tracks = TrackEvents::default();
        self.describe_transceivers(&described, &mut tracks);
        self.view.describe(described, events);
        if kind == SdpType::Answer {
            self.settle_transceivers();
            if let Some(current) = &self.view.descriptions.current_local {
                self.restart.settle(&current.session());
            }
        }
        // webrtc-pc §4.4.1.5: stable again, the flag is cleared before it is updated.
        if self.signaling_state() == SignalingState::Stable {
            self.operations.negotiation_needed = false;
        }
        tracks.flush(events);
        if kind != SdpType::Rollback {
            self.view.retire_transports(&transports, events);
        }
        self.count_transports(&transports, events);
    }

    fn count_transports(&mut self, live: &[TransportId], events: &mut SmallVec<[Event; 1]>) {
        let transceivers = self.transceivers.listed();
        let of_media = transceivers.filter_map(|transceiver| transceiver.shown.transport);
        let of_media: Vec<_> = of_media.collect();
        self.view.count_transports(&of_media, live, events);
    }

    /// How many tasks wait to be polled.
    #[must_use]
    pub fn waiting_tasks(&self) -> usize {
        self.tasks.len()
    }

    /// Whether a task waits to be polled.
    #[must_use]
    pub fn has_task(&self) -> bool {
        !self.tasks.is_empty()
    }
}
