#![allow(
    unsafe_code,
    reason = "the macros of napi write the calls between Node and Rust"
)]
#![allow(
    unnameable_types,
    unreachable_pub,
    reason = "napi wants what it exports to be `pub`, and nothing else uses it"
)]
//! The native half of the npm package rill-rtc: `ts/native.ts` says what it offers.
//!
//! All protocol state is behind [`rill::binding`]. The calls here convert values and exceptions;
//! Web IDL, events and promises are in TypeScript.

mod candidate;
mod certificate;
mod closed;
mod codec;
mod configuration;
mod connection;
mod data_channel;
mod description;
mod diagnosis;
mod entrance;
mod exception;
mod open;
mod rill_configuration;
mod runtime;
mod stats;
mod task;
mod transceiver;
mod transport;
mod wake;

pub use self::codec::{check_codec_preferences, codec_capabilities, header_extension_capabilities};
