//! The certificate by which a connection proves its identity (webrtc-pc §4.9).

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use aws_lc_rs::rand;
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, SerialNumber};
use rill_sdp::Fingerprint;

use crate::fingerprint;

/// How long a certificate is valid when nothing is said: 30 days, as webrtc-pc §4.9 has it.
const DEFAULT_LIFETIME: Duration = Duration::from_secs(30 * 24 * 3600);
/// The longest, by webrtc-pc §4.9: 365 days.
const MAX_LIFETIME: Duration = Duration::from_secs(365 * 24 * 3600);
/// How far back the validity begins, for peers whose clock is slow.
const CLOCK_SKEW: Duration = Duration::from_secs(24 * 3600);
/// The year 9000 or so: X.509 has four digits for it.
const LAST_CLOCK: Duration = Duration::from_secs(7000 * 365 * 24 * 3600);
/// The subject. It says nothing of the user, and is what browsers say.
const COMMON_NAME: &str = "WebRTC";
/// How long a serial number is. Random: some peers take certificates of the same issuer and number
/// for the same one.
const SERIAL_BYTES: usize = 16;

/// A self-signed ECDSA P-256 certificate with its private key (W3C `RTCCertificate`). Clones share
/// the key; two are equal when they are the same certificate.
#[derive(Clone)]
pub struct Certificate(Arc<Identity>);

struct Identity {
    der: Vec<u8>,
    private_key: Vec<u8>,
    expires: SystemTime,
}

/// What to make (W3C `RTCCertificateExpiration`, and the time).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CertificateOptions {
    /// The time now.
    pub now: SystemTime,
    /// How long it is valid from now; more than 365 days count as 365 days.
    pub expires: Duration,
}

/// Why no certificate could be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// A certificate cannot express the time: set the system clock.
    #[error("the clock shows a time before 1970 or after 8970: set it to make a certificate")]
    Clock,
    /// The cryptographic library failed; it is out of memory or of entropy.
    #[error("the cryptographic library could not make a certificate: {0}")]
    Crypto(String),
}

impl CertificateOptions {
    /// Valid for 30 days from now.
    #[must_use]
    pub const fn new(now: SystemTime) -> Self {
        Self {
            now,
            expires: DEFAULT_LIFETIME,
        }
    }
}

impl Certificate {
    /// Makes a key and a certificate for it; takes a fraction of a millisecond.
    ///
    /// # Errors
    ///
    /// The clock is absurd, or the cryptographic library fails.
    pub fn generate(options: CertificateOptions) -> Result<Self, CertificateError> {
        let (not_before, expires) = options.validity()?;
        let crypto = |error: &dyn fmt::Display| CertificateError::Crypto(error.to_string());
        let mut serial = [0; SERIAL_BYTES];
        rand::fill(&mut serial).map_err(|error| crypto(&error))?;
        // Positive, and of full length (RFC 5280 §4.1.2.2).
        serial[0] = serial[0] & 0x7f | 0x40;

        let mut params = CertificateParams::default();
        params.not_before = not_before.into();
        params.not_after = expires.into();
        params.serial_number = Some(SerialNumber::from_slice(&serial));
        params.distinguished_name = DistinguishedName::new();
        params
            .distinguished_name
            .push(DnType::CommonName, COMMON_NAME);
        let key = KeyPair::generate().map_err(|error| crypto(&error))?;
        let der = params
            .self_signed(&key)
            .map_err(|error| crypto(&error))?
            .der()
            .to_vec();
        let private_key = key.serialize_der();
        Ok(Self(Arc::new(Identity {
            der,
            private_key,
            expires,
        })))
    }

    /// When it ceases to be valid (W3C `expires`), to the second.
    #[must_use]
    pub fn expires(&self) -> SystemTime {
        self.0.expires
    }

    /// Its fingerprints, as descriptions announce them (W3C `getFingerprints`): one, by SHA-256.
    #[must_use]
    pub fn fingerprints(&self) -> Vec<Fingerprint> {
        vec![fingerprint::of_certificate(self)]
    }

    /// The certificate.
    pub(crate) fn der(&self) -> &[u8] {
        &self.0.der
    }

    /// The private key, in PKCS #8. It belongs in no log line.
    pub(crate) fn private_key_der(&self) -> &[u8] {
        &self.0.private_key
    }
}

impl CertificateOptions {
    /// From when until when.
    fn validity(self) -> Result<(SystemTime, SystemTime), CertificateError> {
        let now = self.now.duration_since(SystemTime::UNIX_EPOCH);
        let now = now
            .ok()
            .filter(|now| (CLOCK_SKEW..LAST_CLOCK).contains(now));
        // X.509 counts whole seconds.
        let now = Duration::from_secs(now.ok_or(CertificateError::Clock)?.as_secs());
        let lifetime = Duration::from_secs(self.expires.min(MAX_LIFETIME).as_secs());
        let time = |since_epoch| SystemTime::UNIX_EPOCH + since_epoch;
        Ok((time(now - CLOCK_SKEW), time(now + lifetime)))
    }
}

impl fmt::Debug for Certificate {
    /// Without the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fingerprint = fingerprint::of_certificate(self).to_string();
        f.debug_struct("Certificate")
            .field("fingerprint", &fingerprint)
            .field("expires", &self.0.expires)
            .finish_non_exhaustive()
    }
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.0.der == other.0.der
    }
}

impl Eq for Certificate {}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-01-01 00:00:00 UTC.
    const NEW_YEAR: Duration = Duration::from_secs(1_767_225_600);

    fn at(since_epoch: Duration) -> SystemTime {
        SystemTime::UNIX_EPOCH + since_epoch
    }

    fn contains(der: &[u8], text: &[u8]) -> bool {
        der.windows(text.len()).any(|window| window == text)
    }

    #[test]
    fn is_valid_from_yesterday_for_thirty_days() {
        let options = CertificateOptions::new(at(NEW_YEAR + Duration::from_millis(1500)));
        let certificate = Certificate::generate(options).unwrap();
        assert_eq!(
            certificate.expires(),
            at(NEW_YEAR + DEFAULT_LIFETIME + Duration::from_secs(1))
        );
        // UTCTime, RFC 5280 §4.1.2.5.1.
        assert!(contains(certificate.der(), b"251231000001Z"), "not before");
        assert!(contains(certificate.der(), b"260131000001Z"), "not after");
        assert!(contains(certificate.der(), COMMON_NAME.as_bytes()));
    }

    #[test]
    fn lifetimes_are_capped_at_a_year() {
        let options = CertificateOptions {
            now: at(NEW_YEAR),
            expires: Duration::MAX,
        };
        let certificate = Certificate::generate(options).unwrap();
        assert_eq!(certificate.expires(), at(NEW_YEAR + MAX_LIFETIME));
        let options = CertificateOptions {
            now: at(NEW_YEAR),
            expires: Duration::ZERO,
        };
        assert_eq!(
            Certificate::generate(options).unwrap().expires(),
            at(NEW_YEAR)
        );
    }

    #[test]
    fn an_absurd_clock_is_an_error() {
        for now in [at(Duration::ZERO), at(LAST_CLOCK)] {
            let made = Certificate::generate(CertificateOptions::new(now));
            assert_eq!(made.unwrap_err(), CertificateError::Clock);
        }
        for now in [at(CLOCK_SKEW), at(LAST_CLOCK - Duration::from_secs(1))] {
            assert!(Certificate::generate(CertificateOptions::new(now)).is_ok());
        }
    }

    #[test]
    fn no_two_are_alike() {
        let make = || Certificate::generate(CertificateOptions::new(at(NEW_YEAR))).unwrap();
        let (first, second) = (make(), make());
        assert_ne!(first, second);
        assert_eq!(first, first.clone());
        assert_ne!(first.fingerprints(), second.fingerprints());
        assert_ne!(first.private_key_der(), second.private_key_der());
    }

    #[test]
    fn its_fingerprint_verifies_it_and_no_other() {
        let make = || Certificate::generate(CertificateOptions::new(at(NEW_YEAR))).unwrap();
        let (first, second) = (make(), make());
        assert!(fingerprint::verify(first.der(), &first.fingerprints()));
        assert!(!fingerprint::verify(second.der(), &first.fingerprints()));
        assert!(first.fingerprints()[0].to_string().starts_with("sha-256 "));
    }

    #[test]
    fn debug_hides_the_key() {
        let certificate = Certificate::generate(CertificateOptions::new(at(NEW_YEAR))).unwrap();
        let text = format!("{certificate:?}");
        assert!(text.contains("sha-256"));
        assert!(!text.contains("private_key"), "{text}");
    }
}
