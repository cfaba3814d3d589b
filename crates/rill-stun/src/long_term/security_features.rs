//! The cookie at the start of a nonce, which tells what the server supports, so that an attacker
//! who removes an attribute is noticed (RFC 8489 §9.2, §9.2.1).

/// Before the base64 of the 24 feature bits.
const PREFIX: &[u8; 9] = b"obMatJos2";

/// Characters of the whole cookie.
const LENGTH: usize = 13;

/// What a server supports (RFC 8489 §18.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SecurityFeatures {
    /// Bit 0: it gives PASSWORD-ALGORITHMS. A challenge without them was tampered with.
    pub password_algorithms: bool,
    /// Bit 1: it wants USERHASH in place of USERNAME.
    pub username_anonymity: bool,
}

impl SecurityFeatures {
    /// Reads the cookie; `None` when the nonce has none.
    pub fn from_nonce(nonce: &[u8]) -> Option<Self> {
        let digits = nonce.get(..LENGTH)?.strip_prefix(PREFIX)?;
        if digits.iter().any(|digit| sextet(*digit).is_none()) {
            return None;
        }
        // The first six of 24 bits hold both features; others are not assigned.
        let first = sextet(*digits.first()?)?;
        Some(Self {
            password_algorithms: first & 0x20 != 0,
            username_anonymity: first & 0x10 != 0,
        })
    }

    /// The cookie, which a server puts before its nonce.
    pub fn cookie(self) -> [u8; LENGTH] {
        let first = match (self.password_algorithms, self.username_anonymity) {
            (false, false) => b'A',
            (false, true) => b'Q',
            (true, false) => b'g',
            (true, true) => b'w',
        };
        let mut cookie = [b'A'; LENGTH];
        cookie[..PREFIX.len()].copy_from_slice(PREFIX);
        cookie[PREFIX.len()] = first;
        cookie
    }
}

/// The six bits of a base64 digit (RFC 4648 §4).
fn sextet(digit: u8) -> Option<u8> {
    match digit {
        b'A'..=b'Z' => Some(digit - b'A'),
        b'a'..=b'z' => Some(digit - b'a' + 26),
        b'0'..=b'9' => Some(digit - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_survives_a_round_trip() {
        for bits in 0..4 {
            let features = SecurityFeatures {
                password_algorithms: bits & 1 != 0,
                username_anonymity: bits & 2 != 0,
            };
            let nonce = [&features.cookie()[..], b"f//499k954d6OL34oL9FSTvy64sA"].concat();
            assert_eq!(SecurityFeatures::from_nonce(&nonce), Some(features));
        }
    }

    #[test]
    fn the_published_nonce_has_no_features() {
        let nonce = b"obMatJos2AAACf//499k954d6OL34oL9FSTvy64sA";
        let none = SecurityFeatures::default();
        assert_eq!(SecurityFeatures::from_nonce(nonce), Some(none));
        assert_eq!(&none.cookie(), b"obMatJos2AAAA");
    }

    #[test]
    fn bits_that_are_not_assigned_are_ignored() {
        let all = SecurityFeatures {
            password_algorithms: true,
            username_anonymity: true,
        };
        assert_eq!(SecurityFeatures::from_nonce(b"obMatJos2////"), Some(all));
    }

    #[test]
    fn a_nonce_without_a_whole_cookie_has_none() {
        for nonce in [
            &b""[..],
            b"obMatJos2",
            b"obMatJos2gAA",
            b"obMatJos2gA*A",
            b"obmatjos2gAAA",
            b"xobMatJos2gAAA",
        ] {
            assert_eq!(SecurityFeatures::from_nonce(nonce), None);
        }
    }
}
