//! MESSAGE-INTEGRITY and MESSAGE-INTEGRITY-SHA256 (RFC 8489 §14.5, §14.6).

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::Sha256;

/// Bytes of a MESSAGE-INTEGRITY value.
pub(crate) const SHA1_LENGTH: usize = 20;

/// Bytes of a MESSAGE-INTEGRITY-SHA256 value that is not truncated.
pub(crate) const SHA256_LENGTH: usize = 32;

/// The outcome of checking an attribute that protects the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// The attribute is not there.
    Absent,
    /// It is there and right.
    Valid,
    /// It is there and wrong: the key differs, or the message was changed on the way.
    Invalid,
}

impl Check {
    pub(crate) fn from_match(matches: bool) -> Self {
        if matches { Self::Valid } else { Self::Invalid }
    }
}

/// Which attribute protects a message. A response uses the one by which its request was
/// verified (RFC 8489 §9.1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// MESSAGE-INTEGRITY.
    HmacSha1,
    /// MESSAGE-INTEGRITY-SHA256.
    HmacSha256,
}

/// A key whose HMAC state is prepared for SHA-1, which WebRTC uses, so that a message costs no key schedule.
/// Make one per password and keep it.
///
/// For short-term credentials the key is the password (RFC 8489 §9.1.1), for long-term ones see
/// [`IntegrityKey::long_term`].
#[derive(Clone)]
pub struct IntegrityKey {
    sha1: Hmac<Sha1>,
    /// Its state takes 144 bytes and is seldom wanted.
    key: Box<[u8]>,
}

impl IntegrityKey {
    /// Prepares a key of any length.
    pub fn new(key: &[u8]) -> Self {
        Self {
            sha1: sha1_state(key),
            key: key.into(),
        }
    }

    pub(crate) fn sha1(&self) -> Hmac<Sha1> {
        self.sha1.clone()
    }

    pub(crate) fn sha256(&self) -> Hmac<Sha256> {
        sha256_state(&self.key)
    }
}

/// Hides the key.
impl fmt::Debug for IntegrityKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IntegrityKey(..)")
    }
}

pub(crate) fn sha1_state(key: &[u8]) -> Hmac<Sha1> {
    Hmac::new_from_slice(key).expect("HMAC takes keys of any length")
}

pub(crate) fn sha256_state(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("HMAC takes keys of any length")
}

/// Feeds a message up to its integrity attribute, with the header's length field read as `length`:
/// it counts to the end of that attribute, whatever follows it (RFC 8489 §14.5).
pub(crate) fn authenticate<M: Mac>(mac: M, covered: &[u8], length: u16) -> M {
    mac.chain_update(&covered[..2])
        .chain_update(length.to_be_bytes())
        .chain_update(&covered[4..])
}
