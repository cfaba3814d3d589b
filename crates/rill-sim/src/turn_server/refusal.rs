//! Error responses.

use std::net::SocketAddr;

use rill_stun::Writer;

use super::authentication::encoded_algorithms;
use super::config::Config;

/// Why a request is refused.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) code: u16,
    reason: String,
    /// Whether the response asks for credentials.
    pub(super) challenges: bool,
    alternate: Option<(SocketAddr, Option<String>)>,
    unknown: Vec<u16>,
}

impl Refusal {
    pub(super) fn new(code: u16, reason: &str) -> Self {
        Self {
            code,
            reason: reason.to_owned(),
            challenges: false,
            alternate: None,
            unknown: Vec::new(),
        }
    }

    pub(super) fn challenge(code: u16, reason: &str) -> Self {
        Self {
            challenges: true,
            ..Self::new(code, reason)
        }
    }

    pub(super) fn unknown(unknown: Vec<u16>) -> Self {
        Self {
            unknown,
            ..Self::new(rill_stun::ErrorCode::UNKNOWN_ATTRIBUTE, "Unknown attribute")
        }
    }

    pub(super) fn redirect(to: SocketAddr, domain: Option<String>) -> Self {
        Self {
            alternate: Some((to, domain)),
            ..Self::new(rill_stun::ErrorCode::TRY_ALTERNATE, "Try alternate")
        }
    }

    pub(super) fn write<'b>(
        &self,
        writer: Writer<'b>,
        config: &Config,
        nonce: Option<&[u8]>,
    ) -> Writer<'b> {
        let mut writer = writer.error_code(self.code, &self.reason);
        if !self.unknown.is_empty() {
            writer = writer.unknown_attributes(&self.unknown);
        }
        if let Some((to, domain)) = &self.alternate {
            writer = writer.alternate_server(*to);
            if let Some(domain) = domain {
                writer = writer.alternate_domain(domain);
            }
        }
        let Some(nonce) = nonce else {
            return writer;
        };
        writer = writer.realm(config.realm.as_bytes()).nonce(nonce);
        if config.features.password_algorithms {
            writer = writer.password_algorithms(&encoded_algorithms());
        }
        writer
    }
}
