//! Why a connection did not form: everything that is known of it at one moment, and the most likely
//! cause.

mod cause;
mod json;
mod judge;
mod remote;
mod sentence;
mod server;
mod text;
mod tree;

use std::time::Instant;

use rill_ice::{Counters, Role, TransportReport};

pub use self::cause::{Cause, Fault, Mismatch, RemoteSilence, Route, ServerFault};
use crate::{
    ConnectionState, DtlsTransportState, IceTransportPolicy, PeerConnection, SctpTransportState,
    SignalingState, TransportError,
};

/// What is known of a connection at one moment, for whoever asks why it does not connect.
///
/// It names addresses of this machine, also those that the peer is not told: it is for who runs the
/// program, and not for the peer. It holds no passwords.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Diagnosis {
    /// The most likely cause.
    pub cause: Cause,
    /// Where the offer/answer exchange stands.
    pub signaling: SignalingState,
    /// Whether descriptions were applied: ours, and the peer's.
    pub described: (bool, bool),
    /// Whether the peer can trickle, once it has said so.
    pub can_trickle: Option<bool>,
    /// ICE and DTLS together.
    pub connection: ConnectionState,
    /// Only relayed candidates may be used.
    pub relay_only: bool,
    /// Our role in ICE.
    pub role: Role,
    /// The transports.
    pub transports: Vec<TransportDiagnosis>,
    /// The state of SCTP, once data channels are negotiated.
    pub sctp: Option<SctpTransportState>,
    /// What ICE dropped and refused.
    pub counters: Counters,
    /// Datagrams that nobody wanted.
    pub dropped: u64,
}

/// What is known of one transport.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TransportDiagnosis {
    /// ICE: generations, candidates, servers, pairs.
    pub ice: TransportReport,
    /// Candidate lines of the peer that can make no pair, and why.
    pub unused: Vec<UnusedCandidate>,
    /// DTLS.
    pub dtls: DtlsTransportState,
    /// Why DTLS failed, if it did.
    pub dtls_error: Option<TransportError>,
}

/// A candidate of the peer that can make no pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnusedCandidate {
    /// As it was signalled.
    pub line: String,
    /// Why.
    pub reason: Unused,
}

/// Why a candidate of the peer can make no pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unused {
    /// It is for TCP.
    Tcp,
    /// We have no address of its family.
    Family(rill_ice::Family),
    /// It is of an unknown type or component, or nothing may be sent there.
    Unusable,
}

impl PeerConnection {
    /// What is known at `now` of why it does not connect, or of what it is connected by.
    #[must_use]
    pub fn diagnose(&self, now: Instant) -> Diagnosis {
        let diagnosis = Diagnosis {
            cause: Cause::NothingNegotiated,
            signaling: self.signaling_state(),
            described: (
                self.local_description().is_some(),
                self.remote_description().is_some(),
            ),
            can_trickle: self.can_trickle_ice_candidates(),
            connection: self.connection_state(),
            relay_only: self.configuration().ice_transport_policy == IceTransportPolicy::Relay,
            role: self.agent().role(),
            transports: self.diagnose_transports(now),
            sctp: self.sctp_transport().map(|sctp| sctp.state),
            counters: *self.agent().counters(),
            dropped: self.dropped(),
        };
        Diagnosis {
            cause: judge::cause_of(&diagnosis),
            ..diagnosis
        }
    }
}

impl Diagnosis {
    /// The most likely cause and what to do, in one sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        self.cause.sentence()
    }

    /// All of it as one JSON object.
    #[must_use]
    pub fn to_json(&self) -> String {
        tree::of(self).to_string()
    }
}
