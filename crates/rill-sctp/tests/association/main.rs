//! Two associations, joined by a link in virtual time.

mod data;
mod end;
mod handshake;
mod interleaving;
mod link;
mod mutation;
mod path_mtu;
mod streams;
mod window;
