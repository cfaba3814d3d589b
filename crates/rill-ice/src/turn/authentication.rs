//! The long-term credential mechanism, a client's side (RFC 8489 §9.2).

use std::fmt;
use std::sync::Arc;

use rill_stun::{Algorithm, Check, IntegrityKey, Message, PasswordAlgorithm, Writer, userhash};

/// Longest PASSWORD-ALGORITHMS that is sent back; there are two algorithms.
const MAX_ALGORITHMS: usize = 256;

/// What signs our requests, from the server's last challenge.
#[derive(Debug)]
pub(super) struct Signature {
    realm: Vec<u8>,
    nonce: Vec<u8>,
    /// PASSWORD-ALGORITHMS, to be sent back as they came.
    algorithms: Option<Vec<u8>>,
    algorithm: PasswordAlgorithm,
    userhash: Option<[u8; 32]>,
    key: IntegrityKey,
}

/// Who we are, and how the server wants to hear it.
pub(super) struct Authentication {
    username: String,
    password: String,
    signature: Option<Arc<Signature>>,
}

impl Authentication {
    pub(super) fn new(username: String, password: String) -> Self {
        Self {
            username,
            password,
            signature: None,
        }
    }

    /// What the next request is signed with; `None` before the first challenge.
    pub(super) fn signature(&self) -> Option<&Arc<Signature>> {
        self.signature.as_ref()
    }

    /// Writes the attributes that say who we are, and protects the request.
    pub(super) fn sign<'b>(&self, writer: Writer<'b>) -> Writer<'b> {
        let Some(signature) = &self.signature else {
            return writer;
        };
        let writer = match &signature.userhash {
            Some(hash) => writer.userhash(hash),
            None => writer.username(&self.username),
        };
        let writer = writer.realm(&signature.realm).nonce(&signature.nonce);
        match &signature.algorithms {
            Some(list) => writer
                .password_algorithms(list)
                .password_algorithm(signature.algorithm)
                .message_integrity_sha256_with(&signature.key),
            None => writer.message_integrity_with(&signature.key),
        }
    }

    /// Takes up the challenge of a 401 or 438 response.
    ///
    /// # Errors
    ///
    /// Why no request may follow it.
    pub(super) fn take_challenge(&mut self, message: &Message<'_>) -> Result<(), String> {
        let before = self.signature.as_deref();
        let known = || before.map(|before| &before.realm[..]);
        let realm = message.realm().or_else(known);
        let (Some(realm), Some(nonce)) = (realm, message.nonce()) else {
            return Err("it asks for credentials without a realm or a nonce".into());
        };
        let features = message.security_features().unwrap_or_default();
        let offered = message.password_algorithms();
        // RFC 8489 §9.2.5: someone on the way took them out.
        if features.password_algorithms && offered.is_none() {
            return Err("its password algorithms were removed on the way".into());
        }
        let (algorithms, algorithm) = match (offered, before) {
            (Some(offered), _) => {
                let list = offered.as_bytes();
                // RFC 8656 §6: SHA-256 if both are there.
                let best = offered.max().filter(|_| list.len() <= MAX_ALGORITHMS);
                let best = best.ok_or("it offers no password algorithm of RFC 8489")?;
                (Some(list.to_vec()), best)
            }
            // Never less than before (RFC 8489 §9.2.5).
            (None, Some(before)) => (before.algorithms.clone(), before.algorithm),
            (None, None) => (None, PasswordAlgorithm::Md5),
        };
        let was_anonymous = before.is_some_and(|before| before.userhash.is_some());
        let anonymous = features.username_anonymity || was_anonymous;
        self.signature = Some(Arc::new(Signature {
            realm: realm.to_vec(),
            nonce: nonce.to_vec(),
            algorithms,
            algorithm,
            userhash: anonymous.then(|| userhash(&self.username, realm)),
            key: IntegrityKey::long_term(algorithm, &self.username, realm, &self.password),
        }));
        Ok(())
    }
}

/// Hides the password.
impl fmt::Debug for Authentication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authentication")
            .field("username", &self.username)
            .field("signature", &self.signature)
            .finish_non_exhaustive()
    }
}

impl Signature {
    /// Whether both tell the server the same user and realm: if it refused the one it will refuse
    /// the other (RFC 8489 §9.2.5).
    pub(super) fn is_same_user(&self, other: &Self) -> bool {
        self.realm == other.realm && self.userhash == other.userhash
    }

    /// Whether the server proved that it knows the password.
    pub(super) fn verifies(&self, message: &Message<'_>) -> bool {
        // SHA-1 does not answer SHA-256 (RFC 8489 §9.2.4).
        let is_weaker =
            self.algorithms.is_some() && message.integrity_algorithm() == Some(Algorithm::HmacSha1);
        !is_weaker && message.verify_integrity_with(&self.key) == Check::Valid
    }
}
