#![forbid(unsafe_code)]
//! A sans-IO SCTP association for WebRTC data channels.
//!
//! One [`Association`] runs inside one DTLS connection. It has no socket, no clock and no thread:
//! packets and the time go in, packets, events and messages come out.
//!
//! Standards: SCTP (RFC 9260), partial reliability (RFC 3758 and, for limited retransmission and
//! lifetime, RFC 7496), stream reset (RFC 6525), user message interleaving (RFC 8260), zero
//! checksum (RFC 9653), path MTU discovery (RFC 8899) with padding (RFC 4820), all as WebRTC profiles them (RFC 8831) and over DTLS (RFC 8261).

mod association;
mod config;
mod event;
mod message;
mod ranges;
mod receive;
mod reconfig;
mod recovery;
mod reset;
mod send;
mod state;
#[cfg(test)]
mod testing;
mod wire;

pub use association::Association;
pub use config::{Config, CongestionControl};
pub use event::{AbortReason, Event};
pub use message::{Message, Ppid, Reliability, SendError, SendOptions, StreamId};
pub use state::State;
