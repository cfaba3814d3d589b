//! Candidates: addresses at which a side may be reached (RFC 8445 §5.1).

mod foundation;
mod local;
mod port;
mod priority;
mod remote;
mod remote_list;

pub(crate) use foundation::{
    Foundation, FoundationKey, Foundations, PairFoundation, RemoteFoundation,
};
pub use local::LocalCandidate;
pub(crate) use local::{LocalCandidates, LocalId};
pub(crate) use port::is_prohibited;
pub(crate) use priority::{candidate_priority, pair_priority};
pub use remote::{AddCandidateError, Protocol, RemoteAddress, RemoteCandidate};
pub(crate) use remote::{Usability, is_unicast};
pub(crate) use remote_list::{Added, Remote, RemoteCandidates, RemoteId};

/// How a candidate was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// An address of the machine.
    Host,
    /// What a STUN server saw.
    ServerReflexive,
    /// What the peer saw, or where the peer was seen.
    PeerReflexive,
    /// An address of a TURN server.
    Relayed,
}
