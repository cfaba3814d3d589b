//! Username fragments and passwords (RFC 8445 §5.3).

use std::fmt;

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::Rng;
use rill_stun::IntegrityKey;

/// The 64 ice-chars (RFC 8839 §5.1), so that each takes six random bits.
const ICE_CHARS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// 48 random bits; RFC 8445 §5.3 asks for 24.
const UFRAG_LENGTH: usize = 8;

/// 144 random bits; RFC 8445 §5.3 asks for 128.
const PASSWORD_LENGTH: usize = 24;

/// The short-term credentials of one side of one ICE session. Their form is checked where the
/// description is read.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The username fragment.
    pub ufrag: String,
    /// The password.
    pub pwd: String,
}

impl Credentials {
    /// Fresh random credentials.
    pub fn generate(rng: &mut ChaCha20Rng) -> Self {
        Self {
            ufrag: ice_chars(rng, UFRAG_LENGTH),
            pwd: ice_chars(rng, PASSWORD_LENGTH),
        }
    }
}

/// Hides the password.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("ufrag", &self.ufrag)
            .finish_non_exhaustive()
    }
}

fn ice_chars(rng: &mut ChaCha20Rng, length: usize) -> String {
    let mut bytes = [0; PASSWORD_LENGTH];
    rng.fill_bytes(&mut bytes[..length]);
    bytes[..length]
        .iter()
        .map(|byte| char::from(ICE_CHARS[usize::from(byte & 63)]))
        .collect()
}

/// Our credentials, with the key prepared.
#[derive(Debug)]
pub(crate) struct LocalKey {
    pub(crate) credentials: Credentials,
    pub(crate) integrity: IntegrityKey,
}

impl LocalKey {
    pub(crate) fn new(credentials: Credentials) -> Self {
        Self {
            integrity: IntegrityKey::new(credentials.pwd.as_bytes()),
            credentials,
        }
    }

    /// The peer's fragment in a USERNAME addressed to us, `ours:theirs` (RFC 8445 §7.3).
    pub(crate) fn remote_part<'a>(&self, username: &'a [u8]) -> Option<&'a [u8]> {
        let rest = username.strip_prefix(self.credentials.ufrag.as_bytes())?;
        rest.strip_prefix(b":")
    }
}

/// The peer's credentials, with key and USERNAME prepared.
#[derive(Debug)]
pub(crate) struct RemoteKey {
    pub(crate) credentials: Credentials,
    pub(crate) integrity: IntegrityKey,
    /// `theirs:ours` (RFC 8445 §7.2.2).
    pub(crate) username: String,
}

impl RemoteKey {
    pub(crate) fn new(credentials: Credentials, local: &Credentials) -> Self {
        Self {
            integrity: IntegrityKey::new(credentials.pwd.as_bytes()),
            username: format!("{}:{}", credentials.ufrag, local.ufrag),
            credentials,
        }
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::rand_core::SeedableRng;

    use super::*;

    #[test]
    fn are_long_enough_and_differ() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let (a, b) = (
            Credentials::generate(&mut rng),
            Credentials::generate(&mut rng),
        );
        assert!(a.ufrag.len() * 6 >= 24 && a.pwd.len() * 6 >= 128);
        assert_ne!(a.ufrag, b.ufrag);
        assert_ne!(a.pwd, b.pwd);
    }

    #[test]
    fn debug_hides_the_password() {
        let credentials = Credentials::generate(&mut ChaCha20Rng::seed_from_u64(1));
        let key = RemoteKey::new(credentials.clone(), &credentials);
        assert!(!format!("{credentials:?} {key:?}").contains(&credentials.pwd));
    }

    #[test]
    fn a_username_must_name_us_whole() {
        let key = LocalKey::new(Credentials::generate(&mut ChaCha20Rng::seed_from_u64(1)));
        let ufrag = key.credentials.ufrag.clone();
        let remote = |name: String| key.remote_part(name.as_bytes()).map(<[u8]>::to_vec);
        assert_eq!(remote(format!("{ufrag}:them")), Some(b"them".to_vec()));
        assert_eq!(remote(format!("{ufrag}x:them")), None);
        assert_eq!(remote(ufrag.clone()), None);
        assert_eq!(remote(format!("them:{ufrag}")), None);
    }
}
