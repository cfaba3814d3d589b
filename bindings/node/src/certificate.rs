use std::time::{Duration, SystemTime};

use napi::{Env, Result};
use napi_derive::napi;
use rill::{Certificate, CertificateOptions, Exception};

use crate::exception::throw;

/// A certificate with its key.
#[napi]
pub struct NativeCertificate {
    pub(crate) certificate: Certificate,
}

/// One line of what descriptions announce.
#[napi(object, object_from_js = false)]
pub struct Fingerprint {
    pub algorithm: String,
    pub value: String,
}

#[napi]
impl NativeCertificate {
    /// Makes an ECDSA P-256 certificate that is valid for so many milliseconds from now.
    #[napi(factory)]
    pub fn generate(env: Env, lifetime: f64) -> Result<Self> {
        let expires = Duration::try_from_secs_f64(lifetime / 1000.0).unwrap_or_default();
        let options = CertificateOptions {
            now: SystemTime::now(),
            expires,
        };
        let certificate = Certificate::generate(options)
            .map_err(|error| throw(&env, Exception::Operation, error))?;
        Ok(Self { certificate })
    }

    /// Milliseconds since 1970.
    #[napi(getter)]
    pub fn expires(&self) -> f64 {
        let since_epoch = self
            .certificate
            .expires()
            .duration_since(SystemTime::UNIX_EPOCH);
        since_epoch.unwrap_or_default().as_secs_f64() * 1000.0
    }

    #[napi(getter)]
    pub fn fingerprints(&self) -> Vec<Fingerprint> {
        let fingerprints = self.certificate.fingerprints();
        let texts = fingerprints.iter().map(ToString::to_string);
        texts
            .filter_map(|text| Fingerprint::from_attribute(&text))
            .collect()
    }
}

impl Fingerprint {
    /// From the value of `a=fingerprint`; W3C writes the digits in lower case (webrtc-pc §4.9.2).
    fn from_attribute(text: &str) -> Option<Self> {
        let (algorithm, value) = text.split_once(' ')?;
        Some(Self {
            algorithm: algorithm.to_owned(),
            value: value.to_ascii_lowercase(),
        })
    }
}
