//! Writing credentials, and a server's demand for them.

use std::net::SocketAddr;

use super::PasswordAlgorithm;
use crate::Writer;
use crate::attribute::{address, kind};

impl Writer<'_> {
    /// REALM, as the server gave it.
    pub fn realm(self, realm: &[u8]) -> Self {
        self.raw(kind::REALM, realm)
    }

    /// NONCE, as the server gave it.
    pub fn nonce(self, nonce: &[u8]) -> Self {
        self.raw(kind::NONCE, nonce)
    }

    /// USERHASH, made by [`userhash`](crate::userhash).
    pub fn userhash(self, hash: &[u8; 32]) -> Self {
        self.raw(kind::USERHASH, hash)
    }

    /// PASSWORD-ALGORITHMS: the server's list, or as a client
    /// [`PasswordAlgorithms::as_bytes`](crate::PasswordAlgorithms::as_bytes) of what it sent.
    pub fn password_algorithms(self, list: &[u8]) -> Self {
        self.raw(kind::PASSWORD_ALGORITHMS, list)
    }

    /// PASSWORD-ALGORITHM: the one that made the key.
    pub fn password_algorithm(self, algorithm: PasswordAlgorithm) -> Self {
        self.raw(kind::PASSWORD_ALGORITHM, &algorithm.encode())
    }

    /// ALTERNATE-SERVER: one that is to be tried instead.
    pub fn alternate_server(self, server: SocketAddr) -> Self {
        let mut value = [0; address::MAX_LENGTH];
        self.raw(kind::ALTERNATE_SERVER, address::encode(server, &mut value))
    }

    /// ALTERNATE-DOMAIN: the name in its certificate, at most 255 ASCII characters.
    pub fn alternate_domain(self, domain: &str) -> Self {
        self.raw(kind::ALTERNATE_DOMAIN, domain.as_bytes())
    }
}
