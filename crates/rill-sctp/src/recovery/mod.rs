//! When data is sent again, and how much may be on its way (RFC 9260 §6.3, §7).

pub(crate) mod congestion;
mod pacer;
mod rack;
mod rtt;

pub(crate) use pacer::Pacer;
pub(crate) use rack::{Rack, SentAt, Verdict};
pub(crate) use rtt::Rtt;
