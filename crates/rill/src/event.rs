use rill_peer::{
    CandidatePair, ConnectionState, IceCandidate, IceCandidateError, IceConnectionState,
    IceGatheringState, ServerReport, SignalingState, TransportError,
};

use crate::DataChannel;

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
    /// `selectedcandidatepairchange` on the ICE transport.
    SelectedCandidatePairChange(Box<CandidatePair>),
    /// `error` on the DTLS transport; the connection has failed.
    TransportError(TransportError),
    /// `datachannel`: the peer opened a channel.
    DataChannel(DataChannel),
}
