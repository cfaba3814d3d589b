//! Long-term credentials: what a server and its user share, and the attributes that tell how
//! (RFC 8489 §9.2).

mod key;
mod message;
mod password_algorithm;
mod security_features;
mod writer;

pub use key::userhash;
pub use password_algorithm::{PasswordAlgorithm, PasswordAlgorithms};
pub use security_features::SecurityFeatures;
