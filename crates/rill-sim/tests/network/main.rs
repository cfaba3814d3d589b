//! The simulated network as its users see it.

mod faults;
mod firewalls;
mod ipv6;
mod links;
mod nats;
mod probe;
mod runs;
mod streams;
mod stun;
mod tls;
