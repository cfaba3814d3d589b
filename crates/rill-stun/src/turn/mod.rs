//! What TURN adds to STUN's messages (RFC 8656 §18).

mod address_error_code;
mod icmp;
mod message;
mod send_indication;
mod writer;

pub use address_error_code::AddressErrorCode;
pub use icmp::Icmp;
pub use send_indication::{SEND_INDICATION_OVERHEAD, TooLarge, wrap_send_indication};
