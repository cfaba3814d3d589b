//! The TURN client against a small server that does as it is told, in virtual time.

mod allocate;
mod channels;
mod close;
mod credentials;
mod data;
mod hostile;
#[path = "../reliability/turn.rs"]
mod malice;
mod permissions;
mod refresh;
mod scene;
mod server;
mod streams;
mod timeouts;
