#![forbid(unsafe_code)]
//! The W3C peer connection as a state machine: no sockets, no clock, no threads.
//!
//! [`PeerConnection`] owns ICE, DTLS, SCTP and the negotiation as plain fields and calls them
//! directly. What W3C does "in a queued task" happens when [`PeerConnection::poll_task`] yields that
//! task.
//!
//! | text | where |
//! |---|---|
//! | webrtc-pc (W3C) | names, states, tasks and their order |
//! | RFC 9429 (JSEP) | offer and answer |
//! | RFC 8838, 8840 (trickle ICE) | candidates as events and in descriptions |
//! | RFC 9143 (BUNDLE), RFC 8841, 8842 | sections, SCTP and DTLS in SDP |
//! | RFC 8831, 8832 | data channels and DCEP |
//! | RFC 7983 | telling STUN, DTLS and RTP apart |

mod candidate;
mod certificate;
mod configuration;
mod data_channel;
mod description;
mod diagnosis;
mod exception;
mod fingerprint;
mod ice_candidate;
mod ice_server;
mod jsep;
mod media;
mod peer_connection;
mod state;
mod stats;
mod task;
mod transceiver;
mod transport;
mod view;

pub use rill_ice::mdns;
pub use rill_ice::{
    Agent, CandidatePair, Destination, ExternalAddress, Family, GatheringState, HostAddresses,
    Interface, Kind, LocalCandidate, Loopback, Pacer, PairCounters, PairInfo, PairState, Path,
    Protocol, Reach, RelayProtocol, RemoteAddress, RemoteCandidate, Request, RequestId, Response,
    Role, ServerOutcome, SocketId, StreamId, Transmit, TransportId, TransportState,
};
pub use rill_sdp::TcpType;

pub use self::{
    certificate::{Certificate, CertificateError, CertificateOptions},
    configuration::{
        BundlePolicy, Configuration, ConfigurationError, IceTransportPolicy, Security, TlsTrust,
    },
    data_channel::{CreateDataChannelError, DataChannelInfo, DataChannelInit, SendError},
    description::{SdpType, SessionDescription, UnknownSdpType},
    diagnosis::{
        Cause, Diagnosis, Fault, Mismatch, RemoteSilence, Route, ServerFault, TransportDiagnosis,
        Unused, UnusedCandidate,
    },
    exception::Exception,
    ice_candidate::{IceCandidate, IceCandidateInit},
    ice_server::{IceServer, IceServerError},
    jsep::{
        AddIceCandidateError, CreateAnswerError, CreateOfferError, SectionProblem,
        SetDescriptionError,
    },
    media::{
        Codec, CodecCapability, HeaderExtension, MediaKind, MediaProblem, codec_capabilities,
        header_extension_capabilities,
    },
    peer_connection::{OfferOptions, PeerConnection},
    state::{
        ConnectionState, DataChannelState, DtlsTransportState, IceConnectionState,
        IceGatheringState, SctpTransportState, SignalingState,
    },
    stats::{
        CandidatePairStats, CandidateStats, CertificateStats, DataChannelStats,
        PeerConnectionStats, Stats, StatsId, StatsObject, StatsReport, TransportStats,
    },
    task::{
        ChannelError, ChannelId, Event, IceCandidateError, Message, OperationId, ServerReport,
        Task, TransportError,
    },
    transceiver::{Direction, TransceiverError, TransceiverId, TransceiverInfo, TransceiverInit},
    transport::DtlsRole,
    view::{DtlsTransportInfo, IceParameters, IceTransportInfo, SctpTransportInfo},
};
