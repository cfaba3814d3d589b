//! A TURN client (RFC 8656) without sockets, clock or threads: one allocation on one server over
//! one 5-tuple.
//!
//! Whoever owns a [`Client`] passes in the time and what the server sends, and takes out what is to
//! be sent, [`Event`]s and the next deadline. Every order of calls is right, and nothing that
//! arrives makes a call fail.
//!
//! ```
//! use std::time::Instant;
//!
//! use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
//! use rill_ice::turn::{Client, Config};
//!
//! let config = Config::new("user", "password");
//! let mut client = Client::new(Instant::now(), config, ChaCha20Rng::seed_from_u64(1));
//! let mut to_the_server = Vec::new();
//! assert!(client.poll_transmit(Instant::now(), &mut to_the_server));
//! ```

mod allocation;
mod authentication;
mod channels;
mod client;
mod config;
mod event;
mod failure;
mod inbound;
mod permissions;
mod requests;
mod responses;
mod stream;
mod timers;
mod transaction;

pub use client::{Client, WrapError};
pub use config::{Config, Families, Timing, Transport};
pub use event::{Data, Event, Input};
pub use failure::Failure;
