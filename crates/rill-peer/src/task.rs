use std::{collections::VecDeque, net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use rill_ice::{CandidatePair, ServerOutcome, TransportId};
use smallvec::SmallVec;

use crate::{
    ConnectionState, IceCandidate, IceConnectionState, IceGatheringState, SignalingState,
    TransceiverId,
};

/// Names one asynchronous operation, so that its completion can be recognised among the tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OperationId(pub(crate) u64);

impl OperationId {
    /// The bare number, for bindings that carry it through another language.
    #[must_use]
    pub const fn value(self) -> u64 {
        self.0
    }
}

/// Names one data channel of a connection; never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChannelId(pub(crate) u32);

impl ChannelId {
    /// The bare number, for bindings that carry it through another language.
    #[must_use]
    pub const fn value(self) -> u32 {
        self.0
    }

    /// The name behind a number that [`Self::value`] gave.
    #[must_use]
    pub const fn from_value(value: u32) -> Self {
        Self(value)
    }
}

/// One W3C task: what changed together, the events to dispatch in this order, and then the
/// operation, if one, that is settled by it.
#[derive(Debug, Default)]
pub struct Task {
    pub(crate) events: SmallVec<[Event; 1]>,
    /// The operation whose promise is resolved after the events.
    pub completed: Option<OperationId>,
}

impl Task {
    /// The events, in the order in which they fire.
    pub fn events(&self) -> impl Iterator<Item = &Event> {
        self.events.iter()
    }

    /// The events, in the order in which they fire.
    pub fn into_events(self) -> impl Iterator<Item = Event> {
        self.events.into_iter()
    }
}

/// What a W3C task fires.
#[derive(Clone, Debug)]
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
    /// `icecandidate`; `None` is the event whose candidate is null, after all gathering is done.
    IceCandidate(Option<IceCandidate>),
    /// `icecandidateerror`
    IceCandidateError(IceCandidateError),
    /// How a STUN server fared; not a W3C event.
    Server(ServerReport),
    /// `gatheringstatechange` on an ICE transport.
    IceTransportGatheringStateChange(TransportId),
    /// `selectedcandidatepairchange` on an ICE transport.
    SelectedCandidatePairChange(TransportId, Box<CandidatePair>),
    /// `selectedcandidatepairchange` on an ICE transport that has no pair any more.
    SelectedCandidatePairLost(TransportId),
    /// `statechange` on an ICE transport.
    IceTransportStateChange(TransportId),
    /// `error` on a DTLS transport.
    TransportError(TransportId, TransportError),
    /// `statechange` on a DTLS transport.
    DtlsTransportStateChange(TransportId),
    /// `statechange` on the SCTP transport.
    SctpTransportStateChange,
    /// `track`: the peer offers to send on this transceiver, in these streams.
    Track {
        /// The transceiver.
        transceiver: TransceiverId,
        /// The ids of the streams that its track belongs to.
        streams: Vec<String>,
    },
    /// The received track was added to a stream (`addtrack` on the stream).
    StreamAdded {
        /// The transceiver.
        transceiver: TransceiverId,
        /// The stream's id.
        stream: String,
    },
    /// The received track was taken out of a stream (`removetrack` on the stream).
    StreamRemoved {
        /// The transceiver.
        transceiver: TransceiverId,
        /// The stream's id.
        stream: String,
    },
    /// `mute` on the received track: the peer stopped sending.
    Mute(TransceiverId),
    /// `ended` on the received track: its transceiver was stopped by the peer.
    Ended(TransceiverId),
    /// `datachannel`: the peer created this channel.
    DataChannel(ChannelId),
    /// `open` on a channel.
    Open(ChannelId),
    /// `message` on a channel.
    Message(ChannelId, Message),
    /// `bufferedamountlow` on a channel.
    BufferedAmountLow(ChannelId),
    /// `closing` on a channel: the peer began to close it.
    Closing(ChannelId),
    /// `error` on a channel.
    Error(ChannelId, ChannelError),
    /// `close` on a channel; the last event of a channel.
    Close(ChannelId),
}

/// A message of a data channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// Text; bytes that are not UTF-8 arrive as replacement characters.
    Text(String),
    /// Bytes.
    Binary(Bytes),
}

impl Message {
    /// The payload's length in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Binary(bytes) => bytes.len(),
        }
    }

    /// Whether the payload is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What the message counts against the room for unread messages, in bytes: its length and a flat
    /// charge, so that empty ones are not free.
    #[must_use]
    pub fn weight(&self) -> usize {
        /// About what a queued message needs beside its payload.
        const CHARGE: usize = 128;
        self.len() + CHARGE
    }
}

/// `RTCPeerConnectionIceErrorEvent`: a server could not be used from one address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IceCandidateError {
    /// The local address from which the server was asked, where it may be told.
    pub address: Option<SocketAddr>,
    /// The server.
    pub url: String,
    /// The STUN error code, or 701 when the server could not be reached.
    pub code: u16,
    /// What went wrong, in words.
    pub text: String,
}

impl IceCandidateError {
    /// The code of a server that could not be reached (webrtc-pc §4.8.3).
    pub(crate) const UNREACHABLE: u16 = 701;
}

/// How one STUN server fared.
#[derive(Clone, Debug)]
pub struct ServerReport {
    /// The server.
    pub url: String,
    /// What came of it.
    pub outcome: ServerOutcome,
    /// From the start of gathering until this outcome.
    pub elapsed: Duration,
}

/// Why a DTLS transport failed (`RTCErrorDetailType`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TransportError {
    /// The peer's certificate is not the one that its description announced.
    Fingerprint,
    /// The handshake or the association failed.
    Dtls {
        /// What happened, in words.
        reason: String,
        /// The alert that the peer sent, where it sent one.
        received_alert: Option<u8>,
    },
}

impl core::fmt::Display for TransportError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Fingerprint => f.write_str(
                "the peer's certificate does not match the fingerprint in its description",
            ),
            Self::Dtls { reason, .. } => write!(f, "DTLS failed: {reason}"),
        }
    }
}

/// Why a data channel ended with an `error` event (`RTCErrorDetailType`).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChannelError {
    /// No stream could be had for the channel (`data-channel-failure`).
    #[error("no stream could be had for this channel: {0}")]
    DataChannel(String),
    /// The SCTP association ended with an error (`sctp-failure`).
    #[error("the data transport failed: {0}")]
    Sctp(String),
}

impl ChannelError {
    /// The string of `RTCErrorDetailType`.
    #[must_use]
    pub const fn detail(&self) -> &'static str {
        match self {
            Self::DataChannel(_) => "data-channel-failure",
            Self::Sctp(_) => "sctp-failure",
        }
    }
}

/// The queue of tasks that wait to be polled, in order.
#[derive(Debug, Default)]
pub(crate) struct TaskQueue {
    queue: VecDeque<Change>,
}

impl TaskQueue {
    pub(crate) fn push(&mut self, change: Change) {
        self.queue.push_back(change);
    }

    pub(crate) fn pop(&mut self) -> Option<Change> {
        self.queue.pop_front()
    }

    pub(crate) fn len(&self) -> usize {
        self.queue.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Gives back the room of what was polled.
    pub(crate) fn rest(&mut self) {
        self.queue.shrink_to_fit();
    }

    /// After `close()` nothing fires and no promise settles (webrtc-pc §4.4.2).
    pub(crate) fn clear(&mut self) {
        self.queue.clear();
    }
}

/// The pair that a transport selected.
#[derive(Debug)]
pub(crate) enum Selection {
    Pair(Box<CandidatePair>),
    /// The last one lost consent, or failed.
    None,
}

/// What a task changes when it is polled.
#[derive(Debug)]
pub(crate) enum Change {
    /// A description was applied.
    Describe(Box<crate::view::Described>),
    /// A remote candidate, or end of candidates, was taken.
    RemoteCandidate(Box<crate::view::RemoteCandidateAdded>),
    /// A local candidate, or the end of them, is surfaced.
    LocalCandidate(Box<crate::view::LocalCandidateFound>),
    /// A server could not be used.
    CandidateError(Box<IceCandidateError>),
    /// A server's outcome is known.
    Server(Box<ServerReport>),
    /// Only these transports are left.
    Transports(Vec<TransportId>),
    /// A transport's gathering state.
    Gathering(TransportId, rill_ice::GatheringState),
    /// A transport's ICE state, with what became of its pair at the same time.
    Ice(TransportId, rill_ice::TransportState, Option<Selection>),
    /// A transport has another pair, or none, without changing its state.
    SelectedPair(TransportId, Selection),
    /// The pair of a transport is nominated now, which is no other pair.
    Nominated(TransportId),
    /// A transport's DTLS state.
    Dtls(Box<DtlsChange>),
    /// The association's state, and how many channels it has room for.
    Sctp(crate::SctpTransportState, Option<u16>),
    /// A role conflict was settled by taking this role.
    Role(rill_ice::Role),
    /// The negotiation-needed flag is to be updated.
    NegotiationNeeded,
    /// Something of a data channel.
    Channel(ChannelId, ChannelChange),
}

/// What a task changes in one DTLS transport.
#[derive(Debug)]
pub(crate) struct DtlsChange {
    pub(crate) transport: TransportId,
    pub(crate) state: crate::DtlsTransportState,
    pub(crate) error: Option<TransportError>,
    /// The certificate that the peer showed, once it was verified.
    pub(crate) certificate: Option<Arc<[u8]>>,
}

/// What a task changes in one data channel.
#[derive(Debug)]
pub(crate) enum ChannelChange {
    /// The peer created it.
    Announced,
    /// It is open.
    Opened,
    /// A message arrived.
    Message(Message),
    /// Queued bytes were handed to the transport.
    Sent,
    /// The peer began to close it.
    Closing,
    /// It is closed, with the error that closed it.
    Closed(Option<ChannelError>),
}
