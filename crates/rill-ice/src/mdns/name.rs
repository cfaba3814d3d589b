use std::fmt;
use std::str::FromStr;

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::Rng;
use thiserror::Error;

/// Where the hyphens of a UUID stand (RFC 9562 §4).
const HYPHENS: [usize; 4] = [8, 13, 18, 23];

/// The length of a UUID in text.
const UUID_LENGTH: usize = 36;

/// The only domain of multicast DNS that candidates use (RFC 6762 §3).
const DOMAIN: &str = "local";

/// The name of a host candidate: a UUID, a dot and `local` (draft-ietf-mmusic-mdns-ice-candidates
/// §3.1.1). Nothing else is a name here, so nobody can make us look for the printer of the office
/// (§3.2.2 there), and what is no name is never asked of any server.
///
/// Kept as the UUID's bits, so that names compare without regard to case (RFC 6762 §16).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(u128);

/// The text is not the name of a candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("only names of the form <uuid>.local are looked up")]
pub struct NotAName;

impl Name {
    /// A fresh name: a UUID of version 4, which is 122 random bits.
    pub fn random(rng: &mut ChaCha20Rng) -> Self {
        let mut bytes = [0; 16];
        rng.fill_bytes(&mut bytes);
        // RFC 9562 §5.4: version 4, variant 10.
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        Self(u128::from_be_bytes(bytes))
    }

    /// The name that these labels spell. Any UUID will do: which version it is protects nobody.
    pub(super) fn from_labels(host: &[u8], domain: &[u8]) -> Option<Self> {
        if host.len() != UUID_LENGTH || !domain.eq_ignore_ascii_case(DOMAIN.as_bytes()) {
            return None;
        }
        let mut uuid = 0;
        for (at, byte) in host.iter().enumerate() {
            if HYPHENS.contains(&at) {
                if *byte != b'-' {
                    return None;
                }
            } else {
                uuid = uuid << 4 | u128::from(char::from(*byte).to_digit(16)?);
            }
        }
        Some(Self(uuid))
    }

    /// The first label.
    pub(super) fn label(self) -> String {
        let digits = format!("{:032x}", self.0);
        let mut label = String::with_capacity(UUID_LENGTH);
        for (at, digit) in digits.chars().enumerate() {
            if [8, 12, 16, 20].contains(&at) {
                label.push('-');
            }
            label.push(digit);
        }
        label
    }

    /// The other label.
    pub(super) const fn domain() -> &'static str {
        DOMAIN
    }
}

impl FromStr for Name {
    type Err = NotAName;

    fn from_str(text: &str) -> Result<Self, NotAName> {
        let (host, domain) = text.split_once('.').ok_or(NotAName)?;
        Self::from_labels(host.as_bytes(), domain.as_bytes()).ok_or(NotAName)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{DOMAIN}", self.label())
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::rand_core::SeedableRng;

    use super::*;

    const TEXT: &str = "1f4712db-ea17-4bcf-a596-105139dfd8bf.local";

    #[test]
    fn a_random_name_is_a_version_4_uuid() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let names: Vec<String> = (0..64)
            .map(|_| Name::random(&mut rng).to_string())
            .collect();
        for name in &names {
            assert_eq!(
                name.parse::<Name>().map(|name| name.to_string()),
                Ok(name.clone())
            );
            assert_eq!(&name[14..15], "4", "{name}");
            assert!(["8", "9", "a", "b"].contains(&&name[19..20]), "{name}");
        }
        let distinct: std::collections::BTreeSet<_> = names.iter().collect();
        assert_eq!(distinct.len(), 64);
    }

    #[test]
    fn case_does_not_matter() {
        assert_eq!(TEXT.to_uppercase().parse(), TEXT.parse::<Name>());
        assert_eq!(TEXT.parse::<Name>().unwrap().to_string(), TEXT);
    }

    #[test]
    fn other_names_are_refused() {
        let long = format!("{}.local", "a".repeat(300));
        for text in [
            "",
            "local",
            ".local",
            "printer.local",
            "example.com",
            "1f4712db-ea17-4bcf-a596-105139dfd8bf",
            "1f4712db-ea17-4bcf-a596-105139dfd8bf.",
            "1f4712db-ea17-4bcf-a596-105139dfd8bf.local.",
            "1f4712db-ea17-4bcf-a596-105139dfd8bf.example.local",
            "1f4712db-ea17-4bcf-a596-105139dfd8bf.com",
            "1f4712db+ea17-4bcf-a596-105139dfd8bf.local",
            "1f4712dbea174bcfa596105139dfd8bf.local",
            "1f4712db-ea17-4bcf-a596-105139dfd8bg.local",
            "+f4712db-ea17-4bcf-a596-105139dfd8bf.local",
            "1f4712db-ea17-4bcf-a596-105139dfd8b.local",
            long.as_str(),
        ] {
            assert_eq!(text.parse::<Name>(), Err(NotAName), "{text}");
        }
    }
}
