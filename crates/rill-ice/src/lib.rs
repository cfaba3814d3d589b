#![forbid(unsafe_code)]
//! An ICE agent that trickles to the letter, without sockets, clock or threads.
//!
//! An [`Agent`] serves one peer connection. It has a transport per bundle group, each transport
//! has a generation per ICE restart, and each generation is one ICE session: credentials,
//! candidates and a check list. Whoever owns the agent passes in the time, the datagrams and the
//! answers to its [`Request`]s, and takes out datagrams, events and the next deadline.
//!
//! # Standards
//!
//! - RFC 8445, ICE for full agents: gathering of host, server-reflexive and relayed candidates, check
//!   lists, checks, role conflicts, regular nomination (aggressive nomination by the peer is
//!   understood), keepalives.
//! - RFC 8838, trickle ICE, in both directions; RFC 8863, patience before failure.
//! - RFC 7675, consent freshness. RFC 8421, IPv4 and IPv6 intermingled.
//! - W3C WebRTC 1.0 §5.6: the states of `RTCIceTransport`.
//! - RFC 8656, TURN over UDP, TCP and TLS: [`turn`]. RFC 6762, as far as names of host candidates go:
//!   [`mdns`].
//! - Not yet: TCP candidates (RFC 6544).
//!
//! # Example
//!
//! ```
//! use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
//! use rill_ice::{Agent, Config, Request, Role};
//!
//! let mut agent = Agent::new(Config::default(), Role::Controlling, ChaCha20Rng::seed_from_u64(1));
//! let transport = agent.add_transport();
//! agent.gather(std::time::Instant::now(), transport);
//! assert!(matches!(agent.poll_request(), Some(Request::ListInterfaces { .. })));
//! ```

mod agent;
mod candidate;
mod check_list;
mod config;
mod context;
mod counters;
mod credentials;
mod event;
mod gather;
mod generator;
mod identifier;
mod map;
pub mod mdns;
mod pacer;
mod pair;
mod path;
mod reply;
mod report;
mod request;
mod role;
mod session;
mod socket;
mod timer;
mod traffic;
mod transaction;
mod transport;
pub mod turn;

pub use agent::{
    Agent, GenerationSnapshot, LocalSnapshot, PairSnapshot, RemoteSnapshot, TransportSnapshot,
};
pub use candidate::{
    AddCandidateError, Kind, LocalCandidate, Protocol, RemoteAddress, RemoteCandidate,
};
pub use config::{
    CandidatePolicy, Config, ExternalAddress, Family, HostAddresses, Limits, Loopback, Reach,
    RelayProtocol, ServerConfig, ServerHost, Service, Timing, TurnAccess,
};
pub use counters::Counters;
pub use credentials::Credentials;
pub use event::{Event, GatheringState, ServerOutcome, TransportState};
pub use generator::Generator;
pub use identifier::{Generation, TransportId};
pub use pacer::Pacer;
pub use pair::{CandidatePair, PairCounters, PairInfo, PairState};
pub use path::{Destination, Path, Proof, Received, SocketId, Transmit};
pub use report::{
    AskedServer, GenerationReport, NameFate, PairReport, RefusedChecks, RefusedPeer, RemoteEnd,
    RemoteReport, TransportReport,
};
pub use request::{Interface, Request, RequestId, Response, StreamId};
pub use role::Role;
pub use traffic::Traffic;
