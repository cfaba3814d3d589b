use rill_peer::{
    CandidatePair, ConnectionState, IceCandidate, IceCandidateError, IceConnectionState,
    IceGatheringState, ServerReport, SignalingState, TransportError, TransportId,
};

use crate::{DataChannel, Transceiver};

/// What happens on a connection, in the order in which W3C fires it. Messages and what else happens
/// on a channel are had from the [`DataChannel`].
#[derive(Debug)]
#[non_exhaustive]
pub enum Event {
    /// `signalingstatechange`
    SignalingStateChange(SignalingState),
    /// `icegatheringstatechange`
    IceGatheringStateChange(IceGatheringState),
    /// `iceconnectionstatechange`
    IceConnectionStateChange(IceConnectionState),
    /// `connectionstatechange`
    ConnectionStateChange(ConnectionState),
    /// `negotiationneeded`
    NegotiationNeeded,
    /// `icecandidate`: send it to the peer. One with an empty `candidate` says that its transport
    /// has no more; `None` is W3C's null, after all gathering is done, and is not sent.
    IceCandidate(Option<IceCandidate>),
    /// `icecandidateerror`
    IceCandidateError(IceCandidateError),
    /// How a STUN server fared.
    Server(ServerReport),
    /// `gatheringstatechange` on an ICE transport.
    IceTransportGatheringStateChange(TransportId),
    /// `selectedcandidatepairchange` on an ICE transport.
    SelectedCandidatePairChange(TransportId, Box<CandidatePair>),
    /// `selectedcandidatepairchange` on an ICE transport that has no pair any more: consent was
    /// lost, or the pair failed.
    SelectedCandidatePairLost(TransportId),
    /// `statechange` on an ICE transport.
    IceTransportStateChange(TransportId),
    /// `error` on a DTLS transport; it has failed.
    TransportError(TransportId, TransportError),
    /// `statechange` on a DTLS transport.
    DtlsTransportStateChange(TransportId),
    /// `statechange` on the SCTP transport.
    SctpTransportStateChange,
    /// `track`: the peer offers to send on this transceiver.
    Track {
        /// The transceiver.
        transceiver: Transceiver,
        /// The ids of the streams that its track belongs to.
        streams: Vec<String>,
    },
    /// The received track was added to a stream of the peer.
    StreamAdded {
        /// The transceiver.
        transceiver: Transceiver,
        /// The stream's id.
        stream: String,
    },
    /// The received track was taken out of a stream of the peer.
    StreamRemoved {
        /// The transceiver.
        transceiver: Transceiver,
        /// The stream's id.
        stream: String,
    },
    /// `mute` on the received track: the peer stopped sending.
    Mute(Transceiver),
    /// `ended` on the received track: its transceiver was stopped by the peer.
    Ended(Transceiver),
    /// `datachannel`: the peer opened a channel.
    DataChannel(DataChannel),
}
