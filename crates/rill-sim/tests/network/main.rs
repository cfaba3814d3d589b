//! The simulated network as its users see it.

mod faults;
mod links;
mod nats;
mod probe;
mod runs;
mod stun;
