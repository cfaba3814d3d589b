//! What leaves: messages wait in their streams, become fragments when a packet has room, and are
//! kept until they are acknowledged or given up.

mod acknowledged;
mod full_packets;
mod given_up;
mod outbound;
mod outstanding;
mod queue;
mod timer;
mod untold;

pub(crate) use outbound::Outbound;
pub(crate) use outstanding::{GivenUp, Limit};
pub(crate) use queue::Queued;
