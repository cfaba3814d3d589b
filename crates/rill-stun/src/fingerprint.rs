//! FINGERPRINT (RFC 8489 §14.7).

/// Bytes of the value.
pub(crate) const LENGTH: usize = 4;

/// Keeps a CRC-32 that some other protocol carries from being taken for ours ("STUN").
const MASK: u32 = 0x5354_554e;

/// The value for a message up to the FINGERPRINT attribute, whose header's length field already
/// counts that attribute.
pub(crate) fn compute(covered: &[u8]) -> [u8; LENGTH] {
    (crc32fast::hash(covered) ^ MASK).to_be_bytes()
}
