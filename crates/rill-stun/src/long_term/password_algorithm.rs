//! How a key is made from a password (RFC 8489 §14.11, §14.12, §18.5).
//!
//! ```text
//! |           Algorithm           |       Parameters Length       |
//! |                    Parameters (variable)                     ..
//! ```

/// A hash that makes the key of long-term credentials. Neither has parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PasswordAlgorithm {
    /// MD5, of servers older than RFC 8489.
    Md5,
    /// SHA-256.
    Sha256,
}

impl PasswordAlgorithm {
    /// Its number in the registry of RFC 8489 §18.5.
    pub const fn number(self) -> u16 {
        match self {
            Self::Md5 => 0x0001,
            Self::Sha256 => 0x0002,
        }
    }

    /// As it stands in PASSWORD-ALGORITHM and, once or more, in PASSWORD-ALGORITHMS.
    pub const fn encode(self) -> [u8; 4] {
        let [high, low] = self.number().to_be_bytes();
        [high, low, 0, 0]
    }

    fn from_number(number: u16) -> Option<Self> {
        [Self::Md5, Self::Sha256]
            .into_iter()
            .find(|algorithm| algorithm.number() == number)
    }
}

/// The algorithms of a list that we know, in the server's order of preference. What follows a
/// broken entry is ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordAlgorithms<'a> {
    list: &'a [u8],
    rest: &'a [u8],
}

impl<'a> PasswordAlgorithms<'a> {
    pub(crate) fn new(list: &'a [u8]) -> Self {
        Self { list, rest: list }
    }

    /// The whole list, which a client sends back as it is (RFC 8489 §9.2.5).
    pub fn as_bytes(&self) -> &'a [u8] {
        self.list
    }
}

impl Iterator for PasswordAlgorithms<'_> {
    type Item = PasswordAlgorithm;

    fn next(&mut self) -> Option<PasswordAlgorithm> {
        while let Some((entry, rest)) = self.rest.split_first_chunk::<4>() {
            let length = usize::from(u16::from_be_bytes([entry[2], entry[3]]));
            // The padding of the last entry may be missing, like that of an attribute's value.
            self.rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
            let known = PasswordAlgorithm::from_number(u16::from_be_bytes([entry[0], entry[1]]));
            // Ours have no parameters: with some it is something that we do not know.
            if let (Some(algorithm), 0) = (known, length) {
                return Some(algorithm);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::PasswordAlgorithm::{Md5, Sha256};
    use super::*;

    fn known(list: &[u8]) -> Vec<PasswordAlgorithm> {
        PasswordAlgorithms::new(list).collect()
    }

    #[test]
    fn the_order_is_the_servers() {
        assert_eq!(known(&[0, 2, 0, 0, 0, 1, 0, 0]), [Sha256, Md5]);
        assert_eq!(
            known(&[Md5.encode(), Sha256.encode()].concat()),
            [Md5, Sha256]
        );
    }

    #[test]
    fn unknown_ones_are_passed_over_with_their_parameters() {
        let list = [0, 9, 0, 5, 1, 2, 3, 4, 5, 0, 0, 0, 0, 2, 0, 0];
        assert_eq!(known(&list), [Sha256]);
        assert_eq!(known(&[0, 2, 0, 4, 1, 2, 3, 4, 0, 1, 0, 0]), [Md5]);
    }

    #[test]
    fn broken_lists_end_early() {
        assert_eq!(known(&[]), []);
        assert_eq!(known(&[0, 1, 0]), []);
        assert_eq!(known(&[0, 1, 0, 0, 0, 9, 0xff, 0xff, 0, 2, 0, 0]), [Md5]);
        let list = PasswordAlgorithms::new(&[0, 1, 0, 0]);
        assert_eq!(list.as_bytes(), [0, 1, 0, 0]);
    }
}
