//! Reading what a server says of credentials.

use std::net::SocketAddr;

use super::{PasswordAlgorithm, PasswordAlgorithms, SecurityFeatures};
use crate::Message;
use crate::attribute::{address, kind};

/// Longest REALM and NONCE that are read (RFC 8489 §14.9, §14.10).
const MAX_TEXT: usize = 763;

/// Longest name in ALTERNATE-DOMAIN (RFC 8489 §14.16).
const MAX_DOMAIN: usize = 255;

impl<'a> Message<'a> {
    /// REALM, as bytes: it is sent back and hashed. `None` above 763 bytes.
    pub fn realm(&self) -> Option<&'a [u8]> {
        self.value(kind::REALM)
            .filter(|value| value.len() <= MAX_TEXT)
    }

    /// NONCE, as bytes: it is sent back. `None` above 763 bytes.
    pub fn nonce(&self) -> Option<&'a [u8]> {
        self.value(kind::NONCE)
            .filter(|value| value.len() <= MAX_TEXT)
    }

    /// What the cookie at the start of NONCE says that the server supports; `None` when there is
    /// none, as from servers older than RFC 8489.
    pub fn security_features(&self) -> Option<SecurityFeatures> {
        SecurityFeatures::from_nonce(self.nonce()?)
    }

    /// USERHASH of a request.
    pub fn userhash(&self) -> Option<[u8; 32]> {
        self.array(kind::USERHASH)
    }

    /// PASSWORD-ALGORITHMS: those that the server can use.
    pub fn password_algorithms(&self) -> Option<PasswordAlgorithms<'a>> {
        self.value(kind::PASSWORD_ALGORITHMS)
            .map(PasswordAlgorithms::new)
    }

    /// PASSWORD-ALGORITHM of a request, if it is one that we know.
    pub fn password_algorithm(&self) -> Option<PasswordAlgorithm> {
        PasswordAlgorithms::new(self.value(kind::PASSWORD_ALGORITHM)?).next()
    }

    /// ALTERNATE-SERVER: where to go instead, of one or both families.
    pub fn alternate_servers(&self) -> impl Iterator<Item = SocketAddr> + use<'a> {
        self.values(kind::ALTERNATE_SERVER)
            .filter_map(address::decode)
    }

    /// ALTERNATE-DOMAIN: the name in the alternate server's certificate. `None` too when it is not
    /// at most 255 letters, digits, hyphens and dots.
    pub fn alternate_domain(&self) -> Option<&'a str> {
        let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
        let value = self.value(kind::ALTERNATE_DOMAIN)?;
        let sound = (1..=MAX_DOMAIN).contains(&value.len()) && value.iter().all(is_name);
        sound.then(|| std::str::from_utf8(value).ok())?
    }
}
