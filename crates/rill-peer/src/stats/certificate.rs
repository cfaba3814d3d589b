//! Certificates.

use std::fmt::Write;

use crate::fingerprint;

/// webrtc-stats, `RTCCertificateStats`, of our certificate or of the peer's.
///
/// There is no `issuerCertificateId`: of what a peer shows only the leaf is known, and ours are
/// self-signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateStats {
    /// The fingerprint's value: octets in capital hexadecimal digits, with colons (RFC 8122 §5).
    pub fingerprint: String,
    /// The hash function of the fingerprint.
    pub fingerprint_algorithm: &'static str,
    /// The certificate in DER, in base64.
    pub base64_certificate: String,
}

impl CertificateStats {
    pub(super) fn of(der: &[u8]) -> Self {
        let mut fingerprint = String::new();
        for (place, octet) in fingerprint::sha256(der).iter().enumerate() {
            let colon = if place == 0 { "" } else { ":" };
            write!(fingerprint, "{colon}{octet:02X}").expect("a String takes everything");
        }
        Self {
            fingerprint,
            fingerprint_algorithm: "sha-256",
            base64_certificate: base64(der),
        }
    }
}

/// RFC 4648 §4.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let octet = |place| u32::from(group.get(place).copied().unwrap_or(0));
        let bits = octet(0) << 16 | octet(1) << 8 | octet(2);
        for place in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * place) & 63) as usize];
            let is_padding = place > group.len();
            text.push(if is_padding { '=' } else { char::from(digit) });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4648 §10.
    #[test]
    fn base64_is_that_of_the_rfc() {
        let vectors = [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ];
        for (bytes, text) in vectors {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
        assert_eq!(base64(&[0xfb, 0xff, 0xbf]), "+/+/");
    }
}
