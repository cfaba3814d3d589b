//! The states of a connection, made of those of its transports (webrtc-pc §4.3).

use rill_ice::{GatheringState, TransportId, TransportState};

use super::{Events, TransportView, View};
use crate::{ConnectionState, DtlsTransportState, Event, IceConnectionState, IceGatheringState};

/// The aggregated states, as last announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct States {
    pub(crate) gathering: IceGatheringState,
    pub(crate) ice: IceConnectionState,
    pub(crate) connection: ConnectionState,
}

impl Default for States {
    fn default() -> Self {
        Self {
            gathering: IceGatheringState::New,
            ice: IceConnectionState::New,
            connection: ConnectionState::New,
        }
    }
}

impl View {
    /// What transceivers and the SCTP transport refer to counts, and nothing else (webrtc-pc §4.3.2 to
    /// §4.3.4). What a rollback leaves counts until it is retired, in a task of its own.
    pub(crate) fn count_transports(
        &mut self,
        of_media: &[TransportId],
        live: &[TransportId],
        events: &mut Events,
    ) {
        let of_data = self.sctp.map(|sctp| sctp.transport);
        for transport in &mut self.transports {
            let id = transport.id;
            let leaves = !live.contains(&id);
            transport.counts =
                of_media.contains(&id) || of_data == Some(id) || leaves && transport.counts;
        }
        self.announce_states(events);
    }

    fn counted(&self) -> impl Iterator<Item = &TransportView> {
        self.transports.iter().filter(|transport| transport.counts)
    }

    /// Fires what changed, in the order of webrtc-pc §5.6: ICE before the whole.
    pub(super) fn announce_states(&mut self, events: &mut Events) {
        let now = States {
            gathering: self.gathering_state(),
            ice: self.ice_state(),
            connection: self.connection_state(),
        };
        let before = std::mem::replace(&mut self.states, now);
        if before.gathering != now.gathering {
            if before.gathering == IceGatheringState::Gathering {
                self.unreachable.clear();
            }
            events.push(Event::IceGatheringStateChange(now.gathering));
            // Exactly one null candidate per completion, after the state (webrtc-pc #2893).
            if now.gathering == IceGatheringState::Complete {
                events.push(Event::IceCandidate(None));
            }
        }
        if before.ice != now.ice {
            events.push(Event::IceConnectionStateChange(now.ice));
        }
        if before.connection != now.connection {
            events.push(Event::ConnectionStateChange(now.connection));
        }
    }

    /// webrtc-pc, `RTCIceGatheringState`.
    fn gathering_state(&self) -> IceGatheringState {
        let any = |state| self.counted().any(|t| t.gathering == state);
        if any(GatheringState::Gathering) {
            IceGatheringState::Gathering
        } else if any(GatheringState::Complete) && !any(GatheringState::New) {
            IceGatheringState::Complete
        } else {
            IceGatheringState::New
        }
    }

    /// webrtc-pc, `RTCIceConnectionState`; the rules apply from the top down.
    fn ice_state(&self) -> IceConnectionState {
        use TransportState as T;
        let any = |states: &[T]| self.counted().any(|t| states.contains(&t.ice));
        let all = |states: &[T]| self.counted().all(|t| states.contains(&t.ice));
        if any(&[T::Failed]) {
            IceConnectionState::Failed
        } else if any(&[T::Disconnected]) {
            IceConnectionState::Disconnected
        } else if all(&[T::New, T::Closed]) {
            IceConnectionState::New
        } else if any(&[T::New, T::Checking]) {
            IceConnectionState::Checking
        } else if all(&[T::Completed, T::Closed]) {
            IceConnectionState::Completed
        } else {
            IceConnectionState::Connected
        }
    }

    /// webrtc-pc, `RTCPeerConnectionState`; the rules apply from the top down.
    fn connection_state(&self) -> ConnectionState {
        use DtlsTransportState as D;
        use TransportState as T;
        let any_ice = |states: &[T]| self.counted().any(|t| states.contains(&t.ice));
        let any_dtls = |states: &[D]| self.counted().any(|t| states.contains(&t.dtls));
        let all_new = self
            .counted()
            .all(|t| matches!(t.ice, T::New | T::Closed) && matches!(t.dtls, D::New | D::Closed));
        if any_ice(&[T::Failed]) || any_dtls(&[D::Failed]) {
            ConnectionState::Failed
        } else if any_ice(&[T::Disconnected]) {
            ConnectionState::Disconnected
        } else if all_new {
            ConnectionState::New
        } else if any_ice(&[T::New, T::Checking]) || any_dtls(&[D::New, D::Connecting]) {
            ConnectionState::Connecting
        } else {
            ConnectionState::Connected
        }
    }
}
