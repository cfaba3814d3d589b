//! Two associations, joined by a link in virtual time.

mod data;
mod end;
mod handshake;
mod link;
mod streams;
mod window;
