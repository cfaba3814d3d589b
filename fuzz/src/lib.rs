//! Fuzz targets as plain functions, which need no fuzzer: a test replays the committed corpus and
//! a fixed number of mutated inputs, and the binary goes on for as long as it is told.
//!
//! Each target takes any bytes, and panics when an invariant of the crate under test is broken.

#![forbid(unsafe_code)]

mod candidate;
mod checksum;
mod corpus;
mod ice;
mod mdns;
mod mutator;
mod packet;
mod pair;
mod peer;
mod sack;
mod script;
mod sctp;
mod sctp_packet;
mod sdp;
mod stun;
mod target;
mod turn;
mod victim;

pub use candidate::candidate;
pub use corpus::{corpus, corpus_directory};
pub use ice::ice;
pub use mdns::mdns;
pub use mutator::Mutator;
pub use pair::pair;
pub use peer::peer;
pub use sack::sack;
pub use sctp::sctp;
pub use sctp_packet::sctp_packet;
pub use sdp::sdp;
pub use stun::stun;
pub use target::{Failure, TARGETS, Target};
pub use turn::turn;
