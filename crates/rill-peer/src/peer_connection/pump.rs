//! From the parts to the task queue: run after everything that may have made one of them speak.

use std::time::Instant;

use rill_ice::{CandidatePair, Event, Generation, TransportId};

use crate::{
    ChannelError, DtlsTransportState, IceCandidateError, PeerConnection, ServerReport,
    TransportError,
    candidate::to_line,
    task::{Change, DtlsChange, Selection},
    transport::TransportEvent,
    view::LocalCandidateFound,
};

impl PeerConnection {
    pub(super) fn pump(&mut self, now: Instant) {
        if self.is_closed() {
            return;
        }
        self.pump_ice(now);
        self.pump_dtls(now);
        self.channels.pump(now, &mut self.tasks);
    }

    /// Only the amounts: after sending.
    pub(super) fn settle_channels(&mut self, now: Instant) {
        if !self.is_closed() {
            self.channels.pump(now, &mut self.tasks);
        }
    }

    fn pump_ice(&mut self, now: Instant) {
        let mut selected = None;
        while let Some(event) = self.agent.poll_event() {
            match event {
                // The pair and the state it belongs to change in one task (webrtc-pc §5.6).
                Event::State { transport, state } => {
                    let pair = selected.take_if(|(id, _)| *id == transport);
                    let selection = match pair {
                        Some((_, pair)) => Some(self.selection(now, transport, pair)),
                        None => self.lost_selection(transport),
                    };
                    self.tasks.push(Change::Ice(transport, state, selection));
                }
                event => {
                    self.flush_selected(now, &mut selected);
                    if let Event::SelectedPair { transport, pair } = event {
                        selected = Some((transport, Box::new(pair)));
                    } else {
                        self.take_ice_event(now, event);
                    }
                }
            }
        }
        self.flush_selected(now, &mut selected);
        for index in (0..self.selected.len()).rev() {
            let (transport, was_nominated) = self.selected[index];
            if let Some(selection) = self.lost_selection(transport) {
                self.tasks.push(Change::SelectedPair(transport, selection));
            } else if !was_nominated && self.agent.is_nominated(transport) {
                self.selected[index].1 = true;
                self.tasks.push(Change::Nominated(transport));
            }
        }
        self.start_dtls(now);
    }

    fn selection(
        &mut self,
        now: Instant,
        transport: TransportId,
        pair: Box<CandidatePair>,
    ) -> Selection {
        if self.data_transport == Some(transport) {
            self.channels.path_changed(now);
        }
        self.selected.retain(|(id, _)| *id != transport);
        self.selected.push((transport, pair.nominated));
        Selection::Pair(pair)
    }

    /// A transport had a pair, and has none by now: consent was lost, or the pair failed.
    fn lost_selection(&mut self, transport: TransportId) -> Option<Selection> {
        let index = self.selected.iter().position(|(id, _)| *id == transport)?;
        // Asked for every datagram: the route costs nothing.
        let has_pair = || self.agent.selected_pair(transport).is_some();
        if self.agent.route(transport).is_some() || has_pair() {
            return None;
        }
        self.selected.remove(index);
        Some(Selection::None)
    }

    fn flush_selected(
        &mut self,
        now: Instant,
        selected: &mut Option<(TransportId, Box<CandidatePair>)>,
    ) {
        if let Some((transport, pair)) = selected.take() {
            let selection = self.selection(now, transport, pair);
            self.tasks.push(Change::SelectedPair(transport, selection));
        }
    }

    fn take_ice_event(&mut self, now: Instant, event: Event) {
        if let Event::Proved { transport, path } = event {
            if let Some(transport) = self.transport_mut(transport) {
                transport.prove(now, &path);
            }
        } else if let Some(change) = self.change_of(event) {
            self.tasks.push(change);
        }
    }

    /// The task that an event of gathering becomes.
    fn change_of(&self, event: Event) -> Option<Change> {
        Some(match event {
            Event::LocalCandidate {
                transport,
                generation,
                candidate,
            } => Change::LocalCandidate(Box::new(LocalCandidateFound {
                transport,
                ufrag: self.ufrag(transport, generation)?,
                candidate: Some(to_line(&candidate)),
                url: candidate.url,
                relay_protocol: candidate.relay_protocol,
            })),
            Event::LocalEndOfCandidates {
                transport,
                generation,
            } => Change::LocalCandidate(Box::new(LocalCandidateFound {
                transport,
                ufrag: self.ufrag(transport, generation)?,
                candidate: None,
                url: None,
                relay_protocol: None,
            })),
            Event::GatheringState { transport, state } => Change::Gathering(transport, state),
            Event::CandidateError {
                url,
                address,
                code,
                reason: text,
                ..
            } => Change::CandidateError(Box::new(IceCandidateError {
                address,
                url,
                code,
                text,
            })),
            Event::Server {
                url,
                outcome,
                elapsed,
                ..
            } => Change::Server(Box::new(ServerReport {
                url,
                outcome,
                elapsed,
            })),
            Event::Role(role) => Change::Role(role),
            Event::Proved { .. } | Event::State { .. } | Event::SelectedPair { .. } => return None,
        })
    }

    fn ufrag(&self, transport: TransportId, generation: Generation) -> Option<String> {
        let credentials = self.agent.credentials(transport, generation)?;
        Some(credentials.ufrag.clone())
    }

    /// DTLS starts on the first valid pair, not on nomination.
    fn start_dtls(&mut self, now: Instant) {
        for transport in &mut self.transports {
            if transport.is_agreed() && self.agent.route(transport.id()).is_some() {
                transport.start(now, &self.certificate, self.configuration.security);
                self.tasks.push(Change::Dtls(Box::new(DtlsChange {
                    transport: transport.id(),
                    state: DtlsTransportState::Connecting,
                    error: None,
                    certificate: None,
                })));
            }
        }
    }

    pub(super) fn pump_dtls(&mut self, now: Instant) {
        for transport in &mut self.transports {
            let id = transport.id();
            let carries_data = self.data_transport == Some(id);
            while let Some(event) = transport.poll_event(now) {
                let (state, error) = match event {
                    TransportEvent::Data(packet) => {
                        self.busy = Some(now);
                        if carries_data {
                            self.channels.handle_packet(now, &packet);
                        }
                        transport.reuse(packet);
                        continue;
                    }
                    TransportEvent::State(state, error) => (state, error),
                };
                match state {
                    _ if !carries_data => {}
                    DtlsTransportState::Connected => self.channels.connect(now),
                    // What was received can still be read; then its channels close.
                    DtlsTransportState::Closed => self.channels.abort(now),
                    DtlsTransportState::Failed => {
                        let reason = error.as_ref().map(TransportError::to_string);
                        let error = ChannelError::Sctp(reason.unwrap_or_default());
                        self.channels.close_all(Some(&error), &mut self.tasks);
                        self.channels.abort(now);
                    }
                    DtlsTransportState::New | DtlsTransportState::Connecting => {}
                }
                self.tasks.push(Change::Dtls(Box::new(DtlsChange {
                    transport: id,
                    state,
                    error,
                    certificate: transport.remote_certificate(),
                })));
            }
        }
    }
}
