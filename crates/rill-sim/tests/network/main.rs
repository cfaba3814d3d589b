//! The simulated network as its users see it.

mod faults;
mod firewalls;
mod ipv6;
mod links;
mod nats;
mod probe;
mod punching;
mod runs;
mod streams;
mod stun;
mod tls;
mod turn_client;
mod turn_credentials;
mod turn_manners;
mod turn_relay;
mod turn_requests;
