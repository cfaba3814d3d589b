//! The stream of events.

use std::sync::Arc;

use rill_peer::TransceiverId;

use super::PeerConnection;
use crate::{DataChannel, Event, Transceiver, shared::Face};

impl PeerConnection {
    /// The next event; `None` once the connection is closed and every event was read. Several
    /// readers share the stream.
    pub async fn next_event(&self) -> Option<Event> {
        loop {
            let news = self.shared().events.notified();
            tokio::pin!(news);
            news.as_mut().enable();
            let next = match &mut self.shared().lock().face {
                Face::Inbox(inbox) => inbox.next_event(),
                Face::Binding { .. } => Some(None),
            };
            match next {
                Some(Some(event)) => {
                    if let Some(event) = self.to_event(event) {
                        return Some(event);
                    }
                }
                Some(None) => return None,
                None => news.await,
            }
        }
    }

    fn to_event(&self, event: rill_peer::Event) -> Option<Event> {
        use rill_peer::Event as E;
        let handle = |transceiver| self.transceiver(transceiver);
        Some(match event {
            E::SignalingStateChange(state) => Event::SignalingStateChange(state),
            E::IceGatheringStateChange(state) => Event::IceGatheringStateChange(state),
            E::IceConnectionStateChange(state) => Event::IceConnectionStateChange(state),
            E::ConnectionStateChange(state) => Event::ConnectionStateChange(state),
            E::NegotiationNeeded => Event::NegotiationNeeded,
            E::IceCandidate(candidate) => Event::IceCandidate(candidate),
            E::IceCandidateError(error) => Event::IceCandidateError(error),
            E::Server(report) => Event::Server(report),
            E::IceTransportGatheringStateChange(id) => Event::IceTransportGatheringStateChange(id),
            E::SelectedCandidatePairChange(id, pair) => {
                Event::SelectedCandidatePairChange(id, pair)
            }
            E::SelectedCandidatePairLost(id) => Event::SelectedCandidatePairLost(id),
            E::IceTransportStateChange(id) => Event::IceTransportStateChange(id),
            E::TransportError(id, error) => Event::TransportError(id, error),
            E::DtlsTransportStateChange(id) => Event::DtlsTransportStateChange(id),
            E::SctpTransportStateChange => Event::SctpTransportStateChange,
            E::Track {
                transceiver,
                streams,
            } => Event::Track {
                transceiver: handle(transceiver),
                streams,
            },
            E::StreamAdded {
                transceiver,
                stream,
            } => Event::StreamAdded {
                transceiver: handle(transceiver),
                stream,
            },
            E::StreamRemoved {
                transceiver,
                stream,
            } => Event::StreamRemoved {
                transceiver: handle(transceiver),
                stream,
            },
            E::Mute(transceiver) => Event::Mute(handle(transceiver)),
            E::Ended(transceiver) => Event::Ended(handle(transceiver)),
            E::DataChannel(id) => {
                Event::DataChannel(DataChannel::new(Arc::clone(&self.handle), id))
            }
            // What happens on a channel is read from its handle.
            _ => return None,
        })
    }

    pub(super) fn transceiver(&self, id: TransceiverId) -> Transceiver {
        Transceiver::new(Arc::clone(&self.handle), id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DataChannelInit;

    #[tokio::test]
    async fn a_pair_that_is_lost_is_told() {
        let pc = PeerConnection::new(crate::Configuration::default()).unwrap();
        let _channel = pc.create_data_channel("x", DataChannelInit::default());
        pc.set_local_description(None).await.unwrap();
        let id = pc.transports()[0];
        let told = pc.to_event(rill_peer::Event::SelectedCandidatePairLost(id));
        let is_told = matches!(told, Some(Event::SelectedCandidatePairLost(lost)) if lost == id);
        assert!(is_told, "{told:?}");
    }
}
