//! The key and the user hash of long-term credentials (RFC 8489 §9.2.2, §14.4).

use md5::Md5;
use sha2::{Digest, Sha256};

use super::PasswordAlgorithm;
use crate::IntegrityKey;

impl IntegrityKey {
    /// The key of a user in the realm of a server (RFC 8489 §18.5.1). The texts are taken as they
    /// are: if they are not ASCII, both sides must have prepared them alike (RFC 8265).
    pub fn long_term(
        algorithm: PasswordAlgorithm,
        username: &str,
        realm: &[u8],
        password: &str,
    ) -> Self {
        let parts = [
            unquoted(username.as_bytes()),
            b":",
            unquoted(realm),
            b":",
            without_nulls(password.as_bytes()),
        ];
        match algorithm {
            PasswordAlgorithm::Md5 => Self::new(&digest::<Md5>(&parts)),
            PasswordAlgorithm::Sha256 => Self::new(&digest::<Sha256>(&parts)),
        }
    }
}

/// What stands in USERHASH in place of the username (RFC 8489 §14.4).
pub fn userhash(username: &str, realm: &[u8]) -> [u8; 32] {
    digest::<Sha256>(&[username.as_bytes(), b":", realm]).into()
}

fn digest<D: Digest>(parts: &[&[u8]]) -> sha2::digest::Output<D> {
    parts.iter().fold(D::new(), Digest::chain_update).finalize()
}

/// Without trailing nulls and the quotes around it (RFC 8489 §9.2.2).
fn unquoted(text: &[u8]) -> &[u8] {
    let text = without_nulls(text);
    match text {
        [b'"', inner @ .., b'"'] => inner,
        _ => text,
    }
}

fn without_nulls(text: &[u8]) -> &[u8] {
    let length = text
        .iter()
        .rposition(|byte| *byte != 0)
        .map_or(0, |last| last + 1);
    &text[..length]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Check, Class, Message, Method, TransactionId, Writer};

    /// MD5("user:realm:pass"), the example of RFC 8489 §9.2.2.
    const KEY: [u8; 16] = [
        0x84, 0x93, 0xfb, 0xc5, 0x3b, 0xa5, 0x82, 0xfb, 0x4c, 0x04, 0x4c, 0x45, 0x6b, 0xdc, 0x40,
        0xeb,
    ];

    fn is_example(username: &str, realm: &[u8], password: &str) -> bool {
        let key = IntegrityKey::long_term(PasswordAlgorithm::Md5, username, realm, password);
        let mut buffer = Vec::new();
        let id = TransactionId([0; 12]);
        let message = Writer::new(&mut buffer, Class::Request, Method::REFRESH, id)
            .message_integrity(&KEY)
            .finish();
        Message::parse(message).map(|message| message.verify_integrity_with(&key))
            == Ok(Check::Valid)
    }

    #[test]
    fn the_key_is_that_of_the_example() {
        assert!(is_example("user", b"realm", "pass"));
        assert!(!is_example("user", b"realm", "word"));
        assert!(!is_example("user", b"other", "pass"));
    }

    #[test]
    fn quotes_around_the_realm_and_trailing_nulls_do_not_count() {
        assert!(is_example("user", b"\"realm\"", "pass"));
        assert!(is_example("user\0", b"realm\0\0", "pass\0"));
        assert!(
            !is_example("user", b"\"realm", "pass"),
            "one quote is part of it"
        );
        assert!(
            !is_example("user", b"realm", "\"pass\""),
            "a password may have quotes"
        );
    }
}
