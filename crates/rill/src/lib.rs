#![forbid(unsafe_code)]
//! The W3C `RTCPeerConnection` outside the browser, with ICE trickling done to the letter.
//!
//! A [`PeerConnection`] lives inside a tokio runtime. Operations are futures that resolve at once;
//! what happens later arrives on one ordered stream, [`PeerConnection::next_event`], and payloads are
//! pulled from each [`DataChannel`]. The last handle that is dropped closes the connection.
//!
//! ```no_run
//! # async fn send(_: rill::SessionDescription) {}
//! # async fn send_candidate(_: rill::IceCandidateInit) {}
//! # async fn answer(offer: rill::SessionDescription) -> Result<(), Box<dyn std::error::Error>> {
//! use rill::{Configuration, Event, GatheringWait, PeerConnection};
//!
//! let pc = PeerConnection::new(Configuration::default())?;
//! pc.set_remote_description(offer).await?;
//! pc.set_local_description(None).await?;
//! if pc.can_trickle_ice_candidates() != Some(true) {
//!     pc.gathering_complete(GatheringWait::default()).await; // the answer must carry everything
//! }
//! send(pc.local_description().expect("just applied")).await;
//! while let Some(event) = pc.next_event().await {
//!     if let Event::IceCandidate(Some(candidate)) = event {
//!         send_candidate(candidate.to_init()).await; // candidates follow the answer
//!     }
//! }
//! # Ok(())
//! # }
//! ```

/// The program in the README, so that it is true.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;

mod alarm;
pub mod binding;
mod configuration;
mod data_channel;
mod driver;
mod error;
mod event;
mod gathering;
mod inbox;
mod peer_connection;
mod shared;
mod transceiver;

pub use rill_peer::{
    AddIceCandidateError, BundlePolicy, CandidatePair, CandidatePairStats, CandidateStats, Cause,
    Certificate, CertificateError, CertificateOptions, CertificateStats, ChannelError, Codec,
    CodecCapability, ConfigurationError, ConnectionState, CreateAnswerError,
    CreateDataChannelError, CreateOfferError, DataChannelInit, DataChannelState, DataChannelStats,
    Diagnosis, Direction, DtlsRole, DtlsTransportInfo, DtlsTransportState, Exception,
    ExternalAddress, Family, GatheringState as IceGathererState, HeaderExtension, HostAddresses,
    IceCandidate, IceCandidateError, IceCandidateInit, IceConnectionState, IceGatheringState,
    IceParameters, IceServer, IceServerError, IceTransportInfo, IceTransportPolicy, Kind,
    LocalCandidate, Loopback, MediaKind, MediaProblem, Message, OfferOptions, PairCounters,
    PairInfo, PairState, PeerConnectionStats, Protocol, Reach, RelayProtocol, RemoteAddress,
    RemoteCandidate, Role, SctpTransportInfo, SctpTransportState, SdpType, SectionProblem,
    SendError, ServerOutcome, ServerReport, SessionDescription, SetDescriptionError,
    SignalingState, Stats, StatsId, StatsObject, StatsReport, TcpType, TlsTrust, TransceiverError,
    TransceiverId, TransceiverInfo, TransceiverInit, TransportDiagnosis, TransportError,
    TransportId, TransportState as IceTransportState, TransportStats, UnknownSdpType,
    codec_capabilities, header_extension_capabilities,
};

pub use self::{
    configuration::Configuration,
    data_channel::DataChannel,
    error::NewError,
    event::Event,
    gathering::{GatheringOutcome, GatheringWait, GoodEnough},
    peer_connection::PeerConnection,
    transceiver::Transceiver,
};
